"""The contract on PostgreSQL and MariaDB, and what their transactions add to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from goodwill.domain.errors import AlreadyReversed, ReferenceConflict, RetryTransaction, SchemaMissing
from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, metadata, open_engine
from goodwill.testing.asking import append, listed, raised
from goodwill.testing.drafts import deposit, draft, reversal_of, withdrawal
from goodwill.testing.store import Ledgers, OwnTransactions, StoreContract

PREFIX = "gwt_"


@contextmanager
def tables_on(url: str) -> Iterator[Engine]:
    """An engine on a database, with our tables for a while."""
    engine = open_engine(url)
    create_all(engine, prefix=PREFIX)
    try:
        yield engine
    finally:
        metadata(PREFIX).drop_all(engine)
        engine.dispose()


class ServerContract(StoreContract, OwnTransactions):
    @contextmanager
    def open(self) -> Iterator[Ledgers]:
        with tables_on(self.url) as engine:
            yield lambda name: SQLAlchemyStore(engine, ledger=name, prefix=PREFIX)


@pytest.mark.slow
class TestPostgreSQL(ServerContract):
    @pytest.fixture(autouse=True)
    def place(self, postgresql: str) -> None:
        self.url = postgresql


@pytest.mark.slow
class TestMariaDB(ServerContract):
    @pytest.fixture(autouse=True)
    def place(self, mariadb: str) -> None:
        self.url = mariadb


def host_engine(engine: Engine, **options: str) -> Engine:
    """An engine as a host would have it, on the same server."""
    return create_engine(engine.url, **options)


def test_a_host_meets_what_another_committed_since_it_began(server: str) -> None:
    with tables_on(server) as engine:
        host = host_engine(engine)
        others = SQLAlchemyStore(engine, prefix=PREFIX)
        (late,) = append(others, draft(withdrawal()))
        with Session(host) as session:
            mine = SQLAlchemyStore(session, prefix=PREFIX)
            assert len(listed(mine)) == 1  # on MariaDB, this reader now sees this instant only
            (theirs,) = append(others, draft(deposit("new", reference="r", note="theirs"), "x"))
            (reversal,) = append(others, draft(reversal_of(late)))
            (again,) = append(mine, draft(deposit("new", reference="r"), "x"))
            assert (again.id, again.replayed, again.note) == (theirs.id, True, "theirs")
            raised(ReferenceConflict, append, mine, draft(deposit("new", reference="r"), "y"))
            error = raised(AlreadyReversed, append, mine, draft(reversal_of(late)))
            assert reversal.id in str(error)
            append(mine, draft(deposit("new")))
            session.commit()
        assert len(listed(others)) == 4
        host.dispose()


def test_above_read_committed_postgresql_asks_for_a_retry(postgresql: str) -> None:
    with tables_on(postgresql) as engine:
        host = host_engine(engine, isolation_level="REPEATABLE READ")
        others = SQLAlchemyStore(engine, prefix=PREFIX)
        append(others, draft(deposit()))
        with Session(host) as session:
            mine = SQLAlchemyStore(session, prefix=PREFIX)
            listed(mine)
            append(others, draft(deposit(reference="r"), "x"))
            raised(RetryTransaction, append, mine, draft(deposit(reference="r"), "x"))
            session.rollback()
            (again,) = append(mine, draft(deposit(reference="r"), "x"))
            assert again.replayed
        host.dispose()


def test_missing_tables_are_named_on_every_database(server: str) -> None:
    with tables_on(server) as engine:
        raised(SchemaMissing, listed, SQLAlchemyStore(engine, prefix="gw_nowhere_"))
