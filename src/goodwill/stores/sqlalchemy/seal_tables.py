"""The tables of seals: evidence that rows are what they were, kept apart from the rows that they seal."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
)

from goodwill.stores.sqlalchemy.columns import TRANSACTIONAL, counted, digest, number, of_ledger, text
from goodwill.stores.sqlalchemy.guards import guard

__all__ = ["sealed_table", "seals_table"]


def seals_table(meta: MetaData, prefix: str) -> Table:
    """One row per seal of a ledger, never changed: the root over the rows that it covers, on top of the seal before."""
    name = f"{prefix}seals"
    table = Table(
        name,
        meta,
        counted("seq"),
        of_ledger(),
        Column("number", Integer, nullable=False),
        Column("rows_covered", BigInteger, nullable=False),
        Column("root", digest(), nullable=False),
        Column("seal", digest(), nullable=False),
        Column("sealed_us", BigInteger, nullable=False),
        Column("is_complete", Boolean, nullable=False),
        sqlite_autoincrement=True,
        **TRANSACTIONAL,
    )
    Index(f"{name}_number_key", table.c.ledger, table.c.number, unique=True)
    guard(table)
    return table


def sealed_table(meta: MetaData, prefix: str, seals: Table) -> Table:
    """Which row is under which seal, never changed; a row's number says nothing of when it was committed.

    With the leaf that the row was, so that a row which changed can be named and one that was purged still counts.
    """
    name = f"{prefix}sealed"
    table = Table(
        name,
        meta,
        Column("source", text(16), nullable=False),
        Column("row_seq", BigInteger, nullable=False),
        Column("seal_seq", number(), ForeignKey(seals.c.seq, name=f"{name}_seal_fkey"), nullable=False),
        Column("leaf", digest(), nullable=False),
        PrimaryKeyConstraint("source", "row_seq", name=f"{name}_pkey"),
        Index(f"{name}_seal_idx", "seal_seq", "source", "row_seq"),
        **TRANSACTIONAL,
    )
    guard(table)
    return table
