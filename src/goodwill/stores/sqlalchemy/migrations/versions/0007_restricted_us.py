"""Since when an account is restricted."""

from __future__ import annotations

from sqlalchemy import BigInteger

from goodwill.stores.sqlalchemy.migrations.steps import Steps

revision, down_revision = "0007", "0006"


def upgrade(steps: Steps) -> None:
    """Add the column."""
    steps.add_column("accounts", "restricted_us", BigInteger())
