"""The schema: which tables a ledger's entries live in, on SQLite, PostgreSQL and MariaDB the same.

`entries` holds the immutable facts in typed columns: instants as microseconds since the epoch in UTC, magnitudes in
millionths, money in minor units with the exponent that the currency had. What is personal lives beside that row, the
customer's id in `accounts` and notes and attributes in `details`, so that they can be erased and the facts stay whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Double,
    Engine,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from goodwill.stores.sqlalchemy.engine import writing
from goodwill.stores.sqlalchemy.guards import guard

__all__ = ["Tables", "create_all", "metadata", "tables"]

PREFIX = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,27}")
LONGEST_NAME = 255
"""Characters that an account id, a reference, an actor or a channel may have."""

# MariaDB folds case and ignores trailing spaces unless told otherwise: `A1`, `a1` and `a1 ` are three customers.
EXACT_ON_MARIADB = "utf8mb4_nopad_bin"
# Bytes, not the order of some language: pages of accounts come in the same order everywhere.
EXACT_ON_POSTGRESQL = "C"


@dataclass(frozen=True)
class Tables:
    """The tables under one prefix, in one schema."""

    metadata: MetaData
    accounts: Table
    entries: Table
    details: Table
    merges: Table
    audit: Table


def metadata(prefix: str = "goodwill_", schema: str | None = None) -> MetaData:
    """The MetaData of goodwill's tables, for a host's own migrations (Alembic's `target_metadata` takes a list).

    Raises:
        ValueError: if the prefix is not letters, digits and underscores, or longer than 28 characters.

    Example:
        >>> sorted(metadata("gw_").tables)
        ['gw_accounts', 'gw_audit', 'gw_details', 'gw_entries', 'gw_merges']
    """
    return tables(prefix, schema).metadata


def create_all(bind: Session | Connection | Engine, *, prefix: str = "goodwill_", schema: str | None = None) -> None:
    """Create the tables that are not there yet. With a session or connection, nothing is committed.

    The schema itself, where one is named, must exist.

    Example:
        >>> from sqlalchemy import create_engine, inspect
        >>> engine = create_engine("sqlite://")
        >>> create_all(engine)
        >>> inspect(engine).has_table("goodwill_entries")
        True
    """
    wanted = metadata(prefix, schema)
    if isinstance(bind, Engine):
        with writing(bind) as connection:
            wanted.create_all(connection)
    else:
        wanted.create_all(bind.connection() if isinstance(bind, Session) else bind)


@lru_cache(maxsize=64)
def tables(prefix: str, schema: str | None) -> Tables:
    """The tables under a prefix, in a schema; the same objects whenever it is asked."""
    if not PREFIX.fullmatch(prefix):
        raise ValueError(f"a prefix is up to 28 letters, digits and underscores, like 'goodwill_', not {prefix!r}")
    meta = MetaData(schema=schema)
    accounts = accounts_table(meta, prefix)
    entries = entries_table(meta, prefix, accounts)
    details, merges = details_table(meta, prefix, entries), merges_table(meta, prefix, accounts)
    return Tables(meta, accounts, entries, details, merges, audit_table(meta, prefix, accounts))


def accounts_table(meta: MetaData, prefix: str) -> Table:
    """One row per customer and ledger. `name` is the customer's id as the host writes it, until it is erased."""
    name = f"{prefix}accounts"
    return Table(
        name,
        meta,
        Column("id", number(), Identity(), primary_key=True),
        Column("ledger", text(64), nullable=False),
        Column("name", text(LONGEST_NAME)),
        Column("created_us", BigInteger, nullable=False),
        Column("closed_us", BigInteger),
        Column("restricted_us", BigInteger),
        UniqueConstraint("ledger", "name", name=f"{name}_name_key"),
        sqlite_autoincrement=True,
        mysql_engine="InnoDB",
    )


def entries_table(meta: MetaData, prefix: str, accounts: Table) -> Table:
    """One row per entry, never changed."""
    name = f"{prefix}entries"
    table = Table(
        name,
        meta,
        Column("seq", number(), Identity(), primary_key=True),
        Column("id", text(64), nullable=False),
        Column("ledger", text(64), nullable=False),
        Column("account_id", number(), ForeignKey(accounts.c.id, name=f"{name}_account_fkey"), nullable=False),
        Column("type", text(16), nullable=False),
        Column("kind", text(64), nullable=False),
        Column("magnitude_e6", BigInteger),
        Column("currency", text(16)),
        Column("cost_minor", BigInteger),
        Column("cost_currency", text(16)),
        Column("cost_exponent", SmallInteger),
        Column("occurred_us", BigInteger, nullable=False),
        Column("recorded_us", BigInteger, nullable=False),
        Column("reference", text(LONGEST_NAME)),
        Column("revision", Integer, nullable=False),
        Column("response_id", text(64)),
        Column("response_ref", text(LONGEST_NAME)),
        Column("due_us", BigInteger),
        Column("recurs", text(LONGEST_NAME)),
        Column("tz", text(64)),
        Column("reverses", text(64)),
        Column("amends", text(64)),
        Column("sincerity", Double),
        Column("severity", Double),
        Column("dimensions", long_text()),
        Column("channel", text(LONGEST_NAME)),
        Column("actor", text(LONGEST_NAME)),
        Column("backfilled", Boolean, nullable=False),
        Column("request_digest", digest(), nullable=False),
        UniqueConstraint("ledger", "id", name=f"{name}_id_key"),
        UniqueConstraint("ledger", "reference", "revision", name=f"{name}_reference_key"),
        sqlite_autoincrement=True,
        mysql_engine="InnoDB",
    )
    columns = table.c
    reversal = columns.reverses.is_not(None)
    Index(
        f"{name}_reverses_key", columns.ledger, columns.reverses, unique=True,
        sqlite_where=reversal, postgresql_where=reversal,
    )  # fmt: skip
    Index(f"{name}_account_idx", columns.account_id, columns.occurred_us, columns.seq)
    Index(f"{name}_occurred_idx", columns.ledger, columns.occurred_us, columns.seq)
    guard(table)
    return table


def details_table(meta: MetaData, prefix: str, entries: Table) -> Table:
    """What is free and personal of an entry: a row only where there is any; erasure deletes it."""
    name = f"{prefix}details"
    return Table(
        name,
        meta,
        Column(
            "seq", number(), ForeignKey(entries.c.seq, name=f"{name}_entry_fkey"),
            primary_key=True, autoincrement=False,
        ),
        Column("note", long_text()),
        Column("attributes", long_text()),
        mysql_engine="InnoDB",
    )  # fmt: skip


def merges_table(meta: MetaData, prefix: str, accounts: Table) -> Table:
    """One row per merge of two names of a customer, never changed; a name merged into itself is its own again."""
    name = f"{prefix}merges"
    table = Table(
        name,
        meta,
        Column("seq", number(), Identity(), primary_key=True),
        Column("ledger", text(64), nullable=False),
        Column("account_id", number(), ForeignKey(accounts.c.id, name=f"{name}_account_fkey"), nullable=False),
        Column("into_id", number(), ForeignKey(accounts.c.id, name=f"{name}_into_fkey"), nullable=False),
        Column("recorded_us", BigInteger, nullable=False),
        Column("actor", text(LONGEST_NAME)),
        Column("backfilled", Boolean, nullable=False),
        sqlite_autoincrement=True,
        mysql_engine="InnoDB",
    )
    Index(f"{name}_account_idx", table.c.account_id)
    Index(f"{name}_into_idx", table.c.into_id)
    guard(table)
    return table


def audit_table(meta: MetaData, prefix: str, accounts: Table) -> Table:
    """One row per operation on an account as a whole, never changed."""
    name = f"{prefix}audit"
    table = Table(
        name,
        meta,
        Column("seq", number(), Identity(), primary_key=True),
        Column("ledger", text(64), nullable=False),
        Column("account_id", number(), ForeignKey(accounts.c.id, name=f"{name}_account_fkey"), nullable=False),
        Column("operation", text(16), nullable=False),
        Column("recorded_us", BigInteger, nullable=False),
        Column("actor", text(LONGEST_NAME)),
        Column("reason", text(LONGEST_NAME)),
        sqlite_autoincrement=True,
        mysql_engine="InnoDB",
    )
    Index(f"{name}_account_idx", table.c.account_id)
    guard(table)
    return table


def number() -> TypeEngine[int]:
    """A key that the database counts up. SQLite counts only what it calls INTEGER."""
    return BigInteger().with_variant(Integer(), "sqlite")


def text(length: int) -> TypeEngine[str]:
    """Text that is compared exactly, byte by byte, on every database."""
    exact = String(length, collation=EXACT_ON_MARIADB)
    return (
        String(length)
        .with_variant(String(length, collation=EXACT_ON_POSTGRESQL), "postgresql")
        .with_variant(exact, "mysql", "mariadb")
    )


def long_text() -> TypeEngine[str]:
    """Text without a bound. JSON is kept in it too: a host may have taught its engine another JSON."""
    return Text().with_variant(mysql.LONGTEXT(collation=EXACT_ON_MARIADB), "mysql", "mariadb")


def digest() -> TypeEngine[bytes]:
    """The 32 bytes of a SHA-256."""
    return LargeBinary(32).with_variant(mysql.BINARY(32), "mysql", "mariadb")
