"""Where folds with state go on from."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Identity

from goodwill.stores.sqlalchemy.columns import long_text, number
from goodwill.stores.sqlalchemy.migrations.steps import Steps

revision, down_revision = "0020", "0019"


def upgrade(steps: Steps) -> None:
    """Make the table and its indexes."""
    steps.create_table(
        "checkpoints",
        Column("id", number(), Identity(), primary_key=True),
        Column("policy_id", number(), nullable=False),
        Column("account_id", number(), nullable=False),
        Column("occurred_us", BigInteger, nullable=False),
        Column("document", long_text(), nullable=False),
        ForeignKeyConstraint(
            ["policy_id"], [steps.placed("policies.id")], name=steps.prefixed("checkpoints_policy_fkey")
        ),
        ForeignKeyConstraint(
            ["account_id"], [steps.placed("accounts.id")], name=steps.prefixed("checkpoints_account_fkey")
        ),
    )
    steps.create_index("checkpoints", "checkpoints_key_idx", ["policy_id", "account_id", "occurred_us"])
    steps.create_index("checkpoints", "checkpoints_account_idx", ["account_id"])
