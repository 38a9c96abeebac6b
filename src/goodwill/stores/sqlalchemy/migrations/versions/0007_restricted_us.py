"""Since when an account is restricted."""

from __future__ import annotations

from sqlalchemy import BigInteger

from goodwill.stores.sqlalchemy.migrations.steps import add_column

revision, down_revision = "0007", "0006"


def upgrade() -> None:
    """Add the column."""
    add_column("accounts", "restricted_us", BigInteger())
