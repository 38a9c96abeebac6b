"""Every store passes the one contract."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from goodwill.stores import MemoryStore
from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, open_engine
from goodwill.testing.store import Ledgers, OwnTransactions, StoreContract


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


class TestSQLiteFile(StoreContract, OwnTransactions):
    @contextmanager
    def open(self) -> Iterator[Ledgers]:
        with tempfile.TemporaryDirectory() as folder:
            engine = open_engine(f"sqlite:///{Path(folder) / 'goodwill.db'}")
            create_all(engine)
            yield lambda name: SQLAlchemyStore(engine, ledger=name)
            engine.dispose()


class TestHostSession(StoreContract):
    @contextmanager
    def open(self) -> Iterator[Ledgers]:
        engine = create_engine("sqlite://")
        create_all(engine)
        with Session(engine) as session:
            yield lambda name: SQLAlchemyStore(session, ledger=name)
        engine.dispose()


class TestHostConnection(StoreContract):
    @contextmanager
    def open(self) -> Iterator[Ledgers]:
        engine = create_engine("sqlite://")
        engine.dialect.insert_returning = False  # as SQLite before 3.35
        with engine.connect() as connection:
            create_all(connection, prefix="shop_")
            yield lambda name: SQLAlchemyStore(connection, ledger=name, prefix="shop_")
        engine.dispose()
