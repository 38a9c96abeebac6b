"""Which relay has which events."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, PrimaryKeyConstraint, SmallInteger

from goodwill.stores.sqlalchemy.columns import text
from goodwill.stores.sqlalchemy.migrations.steps import Steps

revision, down_revision = "0022", "0021"


def upgrade(steps: Steps) -> None:
    """Make the table."""
    steps.create_table(
        "outbox_claims",
        Column("ledger", text(64), nullable=False),
        Column("bucket", SmallInteger, nullable=False),
        Column("owner", text(64)),
        Column("until_us", BigInteger, nullable=False),
        PrimaryKeyConstraint("ledger", "bucket", name=steps.prefixed("outbox_claims_pkey")),
        counted=False,
    )
