"""The contract on PostgreSQL and MariaDB, where a server is at hand: a look ahead, they are promised later."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, metadata, open_engine
from goodwill.testing.store import Ledgers, OwnTransactions, StoreContract

PREFIX = f"gwt{os.getpid()}_"


@contextmanager
def tables_on(url: str) -> Iterator[Engine]:
    """An engine on a server, with tables of our own for a while; skips the test where there is none."""
    try:
        engine = open_engine(url)
        engine.connect().close()
    except (ModuleNotFoundError, SQLAlchemyError) as missing:
        pytest.skip(f"no server to try it on: {str(missing).splitlines()[0]}")
    create_all(engine, prefix=PREFIX)
    try:
        yield engine
    finally:
        metadata(PREFIX).drop_all(engine)
        engine.dispose()


class ServerContract(StoreContract, OwnTransactions):
    url: str

    @contextmanager
    def open(self) -> Iterator[Ledgers]:
        with tables_on(self.url) as engine:
            yield lambda name: SQLAlchemyStore(engine, ledger=name, prefix=PREFIX)


@pytest.mark.slow
class TestPostgreSQL(ServerContract):
    url = os.environ.get("GOODWILL_POSTGRESQL_URL", "postgresql+psycopg://postgres@127.0.0.1/test")


@pytest.mark.slow
class TestMariaDB(ServerContract):
    url = os.environ.get("GOODWILL_MARIADB_URL", "mariadb+pymysql://root@127.0.0.1/test?charset=utf8mb4")
