"""Seals: the root over the rows that were not yet under one."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Identity, Integer

from goodwill.stores.sqlalchemy.columns import digest, number, text
from goodwill.stores.sqlalchemy.migrations.steps import Steps

revision, down_revision = "0015", "0014"

COLUMNS = ("seq", "ledger", "number", "rows_covered", "root", "seal", "sealed_us", "is_complete")


def upgrade(steps: Steps) -> None:
    """Make the table, its index and its triggers."""
    steps.create_table(
        "seals",
        Column("seq", number(), Identity(), primary_key=True),
        Column("ledger", text(64), nullable=False),
        Column("number", Integer, nullable=False),
        Column("rows_covered", BigInteger, nullable=False),
        Column("root", digest(), nullable=False),
        Column("seal", digest(), nullable=False),
        Column("sealed_us", BigInteger, nullable=False),
        Column("is_complete", Boolean, nullable=False),
    )
    steps.create_index("seals", "seals_number_key", ["ledger", "number"], unique=True)
    steps.guard("seals", COLUMNS, [["seq"], ["ledger", "number"]])
