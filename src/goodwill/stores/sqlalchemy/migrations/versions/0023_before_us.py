"""The instant before which facts gave way to a purge, in the audit trail."""

from __future__ import annotations

from sqlalchemy import BigInteger

from goodwill.stores.sqlalchemy.migrations.steps import Steps

revision, down_revision = "0023", "0022"


def upgrade(steps: Steps) -> None:
    """Add the column."""
    steps.add_column("audit", "before_us", BigInteger())
