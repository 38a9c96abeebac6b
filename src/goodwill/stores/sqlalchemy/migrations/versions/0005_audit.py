"""What was done to accounts as a whole."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Identity

from goodwill.stores.sqlalchemy.columns import number, text
from goodwill.stores.sqlalchemy.migrations.steps import Steps

revision, down_revision = "0005", "0004"

COLUMNS = ("seq", "ledger", "account_id", "operation", "recorded_us", "actor", "reason")


def upgrade(steps: Steps) -> None:
    """Make the table, its index and its triggers."""
    steps.create_table(
        "audit",
        Column("seq", number(), Identity(), primary_key=True),
        Column("ledger", text(64), nullable=False),
        Column("account_id", number(), nullable=False),
        Column("operation", text(16), nullable=False),
        Column("recorded_us", BigInteger, nullable=False),
        Column("actor", text(255)),
        Column("reason", text(255)),
        ForeignKeyConstraint(["account_id"], [steps.placed("accounts.id")], name=steps.prefixed("audit_account_fkey")),
    )
    steps.create_index("audit", "audit_account_idx", ["account_id"])
    steps.guard("audit", COLUMNS, [["seq"]])
