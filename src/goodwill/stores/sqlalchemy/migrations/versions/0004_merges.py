"""Merges of two names of a customer."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKeyConstraint, Identity

from goodwill.stores.sqlalchemy.columns import number, text
from goodwill.stores.sqlalchemy.migrations.steps import Steps

revision, down_revision = "0004", "0003"

COLUMNS = ("seq", "ledger", "account_id", "into_id", "recorded_us", "actor", "backfilled")


def upgrade(steps: Steps) -> None:
    """Make the table, its indexes and its triggers."""
    steps.create_table(
        "merges",
        Column("seq", number(), Identity(), primary_key=True),
        Column("ledger", text(64), nullable=False),
        Column("account_id", number(), nullable=False),
        Column("into_id", number(), nullable=False),
        Column("recorded_us", BigInteger, nullable=False),
        Column("actor", text(255)),
        Column("backfilled", Boolean, nullable=False),
        ForeignKeyConstraint(["account_id"], [steps.placed("accounts.id")], name=steps.prefixed("merges_account_fkey")),
        ForeignKeyConstraint(["into_id"], [steps.placed("accounts.id")], name=steps.prefixed("merges_into_fkey")),
    )
    steps.create_index("merges", "merges_account_idx", ["account_id"])
    steps.create_index("merges", "merges_into_idx", ["into_id"])
    steps.guard("merges", COLUMNS, [["seq"]])
