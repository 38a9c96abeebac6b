"""Every store passes the one contract."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from goodwill.stores import MemoryStore
from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, open_engine
from goodwill.testing.store import Ledgers, OwnTransactions, StoreContract
from tests.databases import Database


class TestMemory(StoreContract, OwnTransactions):
    @contextmanager
    def open(self) -> Iterator[Ledgers]:
        yield cache(MemoryStore)


class TestSQLiteInMemory(StoreContract, OwnTransactions):
    @contextmanager
    def open(self) -> Iterator[Ledgers]:
        engine = open_engine("sqlite://")
        create_all(engine)
        yield lambda name: SQLAlchemyStore(engine, ledger=name)
        engine.dispose()


@pytest.mark.usefixtures("few_examples")
class OnEachDatabase(StoreContract):
    """The contract on all three databases."""

    @pytest.fixture(autouse=True)
    def _on(self, database: Database) -> None:
        self.database = database


class TestDatabase(OnEachDatabase, OwnTransactions):
    @contextmanager
    def open(self) -> Iterator[Ledgers]:
        yield lambda name: self.database.store(ledger=name)


@pytest.mark.slow
class TestHostSession(OnEachDatabase):
    @contextmanager
    def open(self) -> Iterator[Ledgers]:
        with self.database.host() as engine, Session(engine) as session:
            yield lambda name: self.database.store(session, ledger=name)


@pytest.mark.slow
class TestHostConnection(OnEachDatabase):
    @contextmanager
    def open(self) -> Iterator[Ledgers]:
        with self.database.host() as engine, engine.connect() as connection:
            yield lambda name: self.database.store(connection, ledger=name)


class TestOldSQLite(StoreContract):
    @contextmanager
    def open(self) -> Iterator[Ledgers]:
        engine = create_engine("sqlite://")
        engine.dialect.insert_returning = False  # as SQLite before 3.35
        with engine.connect() as connection:
            create_all(connection, prefix="shop_")
            yield lambda name: SQLAlchemyStore(connection, ledger=name, prefix="shop_")
        engine.dispose()
