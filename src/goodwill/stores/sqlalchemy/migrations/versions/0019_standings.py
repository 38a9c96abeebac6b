"""Kept readings, one per policy and account."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKeyConstraint, PrimaryKeyConstraint

from goodwill.stores.sqlalchemy.columns import long_text, number, text
from goodwill.stores.sqlalchemy.migrations.steps import Steps

revision, down_revision = "0019", "0018"


def upgrade(steps: Steps) -> None:
    """Make the table and its indexes."""
    steps.create_table(
        "standings",
        Column("policy_id", number(), nullable=False),
        Column("account_id", number(), nullable=False),
        Column("from_us", BigInteger, nullable=False),
        Column("until_us", BigInteger),
        Column("looked_us", BigInteger, nullable=False),
        Column("document", long_text(), nullable=False),
        Column("covers", long_text()),
        Column("hidden", Boolean, nullable=False),
        Column("band", text(255), nullable=False),
        Column("is_overdrawn", Boolean, nullable=False),
        Column("rank_key", Double),
        Column("next_crossing_us", BigInteger),
        PrimaryKeyConstraint("policy_id", "account_id", name=steps.prefixed("standings_pkey")),
        ForeignKeyConstraint(
            ["policy_id"], [steps.placed("policies.id")], name=steps.prefixed("standings_policy_fkey")
        ),
        ForeignKeyConstraint(
            ["account_id"], [steps.placed("accounts.id")], name=steps.prefixed("standings_account_fkey")
        ),
        counted=False,
    )
    steps.create_index("standings", "standings_rank_idx", ["policy_id", "rank_key"])
    steps.create_index("standings", "standings_overdrawn_idx", ["policy_id", "is_overdrawn"])
    steps.create_index("standings", "standings_crossing_idx", ["policy_id", "next_crossing_us"])
    steps.create_index("standings", "standings_account_idx", ["account_id"])
