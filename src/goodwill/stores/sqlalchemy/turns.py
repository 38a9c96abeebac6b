"""One at a time: whoever makes or changes tables waits for whoever is doing so. Who writes entries never waits here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from goodwill.domain.errors import RetryTransaction

__all__ = ["one_at_a_time", "settle"]

PATIENCE_S = 600


@contextmanager
def one_at_a_time(connection: Connection, prefix: str, schema: str | None) -> Iterator[None]:
    """Hold off others that want to change the same tables, for as long as the block runs.

    PostgreSQL: an advisory lock, until the transaction ends. MariaDB, where DDL ends transactions: a named lock, which
    a lost connection lets go too. SQLite has one writer at a time, and CockroachDB no advisory locks: there the
    transactions of the two decide.

    Raises:
        RetryTransaction: if MariaDB's lock was not free for ten minutes.
    """
    place = f"{schema or connection.dialect.default_schema_name}.{prefix}"
    key = hashlib.sha256(f"goodwill tables {place}".encode()).digest()
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(int.from_bytes(key[:8], signed=True))))
        yield
    elif connection.dialect.name in {"mysql", "mariadb"}:
        with named_lock(connection, f"goodwill {key.hex()[:16]}", place):
            yield
    else:
        yield


@contextmanager
def named_lock(connection: Connection, name: str, place: str) -> Iterator[None]:
    """MariaDB's lock of that name; names are of the whole server."""
    if not connection.scalar(select(func.get_lock(name, PATIENCE_S))):
        raise RetryTransaction(
            f"somebody else has been changing the tables {place}* for {PATIENCE_S} s; try again when that is done"
        )
    try:
        yield
    finally:
        with suppress(SQLAlchemyError):  # a connection that was lost holds no lock, and its own error says more
            connection.execute(select(func.release_lock(name)))


def settle(connection: Connection) -> None:
    """On MariaDB, where the DDL before it was committed by itself, also commit what was written down of it.

    Whoever waits for the lock reads that next, and the lock is let go before the transaction ends.
    """
    if connection.dialect.name in {"mysql", "mariadb"}:
        connection.exec_driver_sql("COMMIT")
