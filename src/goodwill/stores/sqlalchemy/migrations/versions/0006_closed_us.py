"""Since when an account is closed."""

from __future__ import annotations

from sqlalchemy import BigInteger

from goodwill.stores.sqlalchemy.migrations.steps import Steps

revision, down_revision = "0006", "0005"


def upgrade(steps: Steps) -> None:
    """Add the column."""
    steps.add_column("accounts", "closed_us", BigInteger())
