"""Since when an account is closed."""

from __future__ import annotations

from sqlalchemy import BigInteger

from goodwill.stores.sqlalchemy.migrations.steps import add_column

revision, down_revision = "0006", "0005"


def upgrade() -> None:
    """Add the column."""
    add_column("accounts", "closed_us", BigInteger())
