"""Engines that goodwill owns: how its own transactions begin, wait and end. A host's engine is left as it is."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import URL, AsyncAdaptedQueuePool, Connection, Engine, QueuePool, create_engine, event, make_url
from sqlalchemy.exc import OperationalError

from goodwill.domain.errors import RetryTransaction
from goodwill.stores.sqlalchemy.failures import is_busy

__all__ = ["open_engine", "reading", "writing"]

WRITES = "goodwill_writes"
PATIENCE_S = 30.0
BUSY_READ_MS = 5_000


def open_engine(url: str | URL, *, patience: float = PATIENCE_S) -> Engine:
    """An engine of goodwill's own, with the transactions that its store wants.

    SQLite: a transaction that will write begins with BEGIN IMMEDIATE, since the driver's default transactions lose
    updates, and waits for other writers in short random naps, since SQLite's own wait starves some of them. Files are
    kept in WAL mode, where readers do not wait for the writer. A database in memory lives as long as the engine and
    is used by one thread at a time. PostgreSQL and MariaDB: READ COMMITTED, and a connection that the server closed
    meanwhile is replaced.

    Args:
        url: an SQLAlchemy URL, like "sqlite:///goodwill.db".
        patience: how many seconds to wait for SQLite's write lock before `RetryTransaction`.

    Example:
        >>> with open_engine("sqlite://").connect() as connection:
        ...     connection.exec_driver_sql("SELECT 1").scalar()
        1
    """
    made, options = engine_options(url)
    engine = create_engine(made, **options)
    if made.get_backend_name() == "sqlite":
        teach_sqlite(engine, patience)
    return engine


def engine_options(url: str | URL) -> tuple[URL, dict[str, Any]]:
    """The URL, and what an engine on it is made with."""
    url = make_url(url)
    if url.get_backend_name() != "sqlite":
        return url, {"isolation_level": "READ COMMITTED", "pool_pre_ping": True}
    options: dict[str, Any] = {"connect_args": {"check_same_thread": False}}
    if not url.database or ":memory:" in url.database or "mode=memory" in str(url):
        # One connection that every thread may borrow: a second one would open another, empty database.
        pool = AsyncAdaptedQueuePool if url.get_dialect().is_async else QueuePool
        options |= {"poolclass": pool, "pool_size": 1, "max_overflow": 0}
    return url, options


def teach_sqlite(engine: Engine, patience: float, nap: Callable[[float], None] = time.sleep) -> None:
    """Have every transaction of an engine begin as the store wants it; `nap` waits for other writers."""
    event.listen(engine, "connect", prepare_sqlite)
    event.listen(engine, "begin", lambda connection: begin_sqlite(connection, patience, nap))


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that may write, committed at the end, rolled back on any error."""
    with engine.connect() as connection:
        connection.execution_options(**{WRITES: True})
        with connection.begin():
            yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads; there is nothing to commit."""
    with engine.connect() as connection:
        yield connection


def prepare_sqlite(dbapi_connection: Any, _record: object) -> None:
    """Leave BEGIN to `begin_sqlite`, and let readers read beside the writer."""
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_READ_MS}")
    cursor.execute("PRAGMA foreign_keys = ON")
    # A file that cannot be written, or that another process is just switching, is read as it is.
    with suppress(sqlite3.OperationalError):
        cursor.execute("PRAGMA journal_mode = WAL")
    cursor.close()


def begin_sqlite(connection: Connection, patience: float, nap: Callable[[float], None] = time.sleep) -> None:
    """Begin; for writing take the write lock at once, however many others want it too."""
    if not connection.get_execution_options().get(WRITES):
        connection.exec_driver_sql("BEGIN")
        return
    connection.exec_driver_sql("PRAGMA busy_timeout = 0")
    try:
        take_write_lock(connection, patience, nap)
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {BUSY_READ_MS}")


def take_write_lock(connection: Connection, patience: float, nap: Callable[[float], None]) -> None:
    """BEGIN IMMEDIATE, again and again after short random naps, until `patience` seconds have passed."""
    deadline = time.monotonic() + patience
    while True:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except OperationalError as error:
            if not is_busy(error):
                raise
            if time.monotonic() > deadline:
                raise RetryTransaction(
                    f"another writer held the database for {patience:g} s; try the whole transaction again"
                ) from error
            nap(random.uniform(0.0002, 0.002))  # noqa: S311 - jitter, not a secret
        else:
            return
