"""Entries in partitions by account on PostgreSQL: the contract of every store, and what was there before."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from goodwill.domain.errors import InvalidDatabase, InvalidEntry, ReferenceConflict
from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, metadata, open_engine
from goodwill.stores.sqlalchemy.migrations import check
from goodwill.stores.sqlalchemy.partitioning import partition, partition_ddl
from goodwill.stores.sqlalchemy.statements import LATEST, statements
from goodwill.testing.asking import append, listed, raised
from goodwill.testing.drafts import deposit, draft, reversal_of
from goodwill.testing.store import Ledgers, OwnTransactions, StoreContract
from goodwill.testing.store_purging import put

PREFIX = "parts_"


@pytest.fixture(scope="module")
def engine(databases: Callable[[str], str]) -> Iterator[Engine]:
    """PostgreSQL with tables in four partitions."""
    engine = open_engine(databases("postgresql"))
    create_all(engine, prefix=PREFIX)
    with engine.begin() as connection:
        partition(connection, partitions=4, prefix=PREFIX)
    yield engine
    drop(engine, PREFIX)
    engine.dispose()


def drop(engine: Engine, prefix: str) -> None:
    """Drop the tables, and what is theirs alone."""
    with engine.begin() as connection:
        metadata(prefix).drop_all(connection)
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {prefix}keys")
        for name in ("entries_know", "keys_refuse"):
            connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {prefix}{name}()")


class TestPartitioned(StoreContract, OwnTransactions):
    @pytest.fixture(autouse=True)
    def _on(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def open(self) -> Iterator[Ledgers]:
        run = uuid.uuid4().hex[:12]
        yield lambda name: SQLAlchemyStore(self.engine, ledger=f"{run}-{name}"[:64], prefix=PREFIX)

    def test_an_id_is_that_of_one_entry(self) -> None:
        """The one promise that changes: an id, which the door makes at random, is unique in its account alone."""
        with self.fresh() as store:
            once = draft(deposit(note="once"))
            assert {each.id for each in append(store, once) + append(store, once)} == {once.entry.id}
            raised(InvalidEntry, append, store, draft(deposit(id=once.entry.id, magnitude=Decimal(2))))
            assert listed(store) == [once.entry]


def test_entries_are_spread_over_the_partitions(engine: Engine) -> None:
    store = SQLAlchemyStore(engine, ledger="spread", prefix=PREFIX)
    append(store, *(draft(deposit(f"c{number}")) for number in range(200)))
    counted = "SELECT tableoid::regclass::text, count(*) FROM parts_entries WHERE ledger = 'spread' GROUP BY 1"
    with engine.connect() as connection:
        found = {str(row[0]): int(row[1]) for row in connection.execute(text(counted))}
    assert len(found) == 4
    assert min(found.values()) > 20


def test_a_reading_of_one_account_looks_into_one_partition(engine: Engine) -> None:
    store = SQLAlchemyStore(engine, ledger="pruned", prefix=PREFIX)
    append(store, *(draft(deposit(f"c{number}")) for number in range(40)))
    query = statements(PREFIX, None, "postgresql", returning=True).facts.params(
        ledger="pruned", names=["c7"], as_of_us=LATEST, known_us=LATEST
    )
    text_of = query.compile(engine, compile_kwargs={"literal_binds": True, "render_postcompile": True})
    with engine.connect() as connection:
        for other in ("hashjoin", "mergejoin", "seqscan"):  # which tempt the planner while tables are small
            connection.exec_driver_sql(f"SET LOCAL enable_{other} = off")
        plan = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, COSTS OFF) {text_of}").scalars().all()
    scans = [line for line in plan if re.search(r"Scan.* on parts_entries_p\d", line)]
    assert len(scans) == 4
    assert sum("never executed" not in line for line in scans) == 1


def test_what_is_there_moves_along_and_is_known_again(databases: Callable[[str], str]) -> None:
    engine = open_engine(databases("postgresql"))
    try:
        create_all(engine, prefix="moving_")
        store = SQLAlchemyStore(engine, prefix="moving_")
        kept = [draft(deposit(f"c{number}", reference=f"r{number}", note="n"), "x") for number in range(20)]
        before = append(store, *kept)
        (reversal,) = append(store, draft(reversal_of(before[0])))
        put(store, [before[1]], account="c1")
        listed_before = listed(store)
        with engine.begin() as connection:
            partition(connection, partitions=3, prefix="moving_")
        assert listed(store) == listed_before
        assert append(store, draft(deposit("c5", reference="r5"), "x"))[0].replayed
        raised(ReferenceConflict, append, store, draft(deposit("somebody else", reference="r5"), "y"))
        assert append(store, draft(deposit("c5")))[0].seq > reversal.seq
        with engine.connect() as connection:
            assert check(connection, prefix="moving_").lacking == ["constraint moving_details_entry_fkey"]
    finally:
        drop(engine, "moving_")
        engine.dispose()


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM parts_entries",
        "UPDATE parts_entries SET actor = 'eve'",
        "TRUNCATE parts_entries",
        "TRUNCATE parts_entries_p1",
        "DELETE FROM parts_entries_p1",
        "TRUNCATE parts_keys_p1",
        "DELETE FROM parts_keys",
    ],
)
def test_no_partition_lets_an_entry_be_changed_or_deleted(engine: Engine, change: str) -> None:
    store = SQLAlchemyStore(engine, ledger="guarded", prefix=PREFIX)
    append(store, *(draft(deposit(f"c{number}", reference=change + str(number))) for number in range(40)))
    with engine.connect() as connection, pytest.raises(DBAPIError, match="never changed or deleted"):
        connection.execute(text(change))


def test_other_databases_and_numbers_of_partitions_are_refused() -> None:
    with open_engine("sqlite://").connect() as connection, pytest.raises(InvalidDatabase, match="PostgreSQL"):
        partition(connection)
    for number in (0, 1, 1025):
        with pytest.raises(ValueError, match="2 to 1024"):
            partition_ddl(partitions=number)
