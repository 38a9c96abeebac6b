"""The sums of kept readings, one row per rate of decay."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, ForeignKeyConstraint, PrimaryKeyConstraint, SmallInteger

from goodwill.stores.sqlalchemy.columns import number
from goodwill.stores.sqlalchemy.migrations.steps import Steps

revision, down_revision = "0020", "0019"


def upgrade(steps: Steps) -> None:
    """Make the table and its index."""
    steps.create_table(
        "rates",
        Column("policy_id", number(), nullable=False),
        Column("account_id", number(), nullable=False),
        Column("place", SmallInteger, nullable=False),
        Column("rate", Double, nullable=False),
        Column("anchor_us", BigInteger, nullable=False),
        Column("positive", Double, nullable=False),
        Column("negative", Double, nullable=False),
        PrimaryKeyConstraint("policy_id", "account_id", "place", name=steps.prefixed("rates_pkey")),
        ForeignKeyConstraint(["policy_id"], [steps.placed("policies.id")], name=steps.prefixed("rates_policy_fkey")),
        ForeignKeyConstraint(["account_id"], [steps.placed("accounts.id")], name=steps.prefixed("rates_account_fkey")),
        counted=False,
    )
    steps.create_index("rates", "rates_account_idx", ["account_id"])
