"""What was written and is in no kept reading yet."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKeyConstraint, Identity

from goodwill.stores.sqlalchemy.columns import number, text
from goodwill.stores.sqlalchemy.migrations.steps import Steps

revision, down_revision = "0018", "0017"


def upgrade(steps: Steps) -> None:
    """Make the table and its indexes."""
    steps.create_table(
        "pending",
        Column("id", number(), Identity(), primary_key=True),
        Column("ledger", text(64), nullable=False),
        Column("account_id", number(), nullable=False),
        Column("entry_seq", BigInteger),
        Column("plain", Boolean, nullable=False),
        ForeignKeyConstraint(
            ["account_id"], [steps.placed("accounts.id")], name=steps.prefixed("pending_account_fkey")
        ),
    )
    steps.create_index("pending", "pending_account_idx", ["account_id"])
    steps.create_index("pending", "pending_ledger_idx", ["ledger", "id"])
