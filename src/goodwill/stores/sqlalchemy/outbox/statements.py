"""The SQL of the outbox: what the store writes beside facts, and how the relay claims, reads and settles."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Table, bindparam, literal_column

__all__ = ["database_now", "event_values"]

NOW: Final = {
    "sqlite": "CAST((julianday('now') - 2440587.5) * 86400000000.0 AS INTEGER)",
    "postgresql": "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)",
    "mariadb": "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))",
}


def database_now(family: str) -> ColumnElement[int]:
    """What time it is for the database, in microseconds since the epoch: one clock for whoever shares it."""
    return literal_column(NOW[family], BigInteger)


def event_values(outbox: Table, family: str) -> dict[str, ColumnElement[Any]]:
    """What an insert into the outbox fills, by column."""
    given = ("ledger", "account_id", "bucket", "event_id", "type", "seq", "document")
    bound: dict[str, ColumnElement[Any]] = {name: bindparam(name, type_=outbox.c[name].type) for name in given}
    return bound | {"created_us": database_now(family), "attempts": literal_column("0", outbox.c.attempts.type)}
