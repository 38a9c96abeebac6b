"""The digest of the policy that read what an opening stands for."""

from __future__ import annotations

from goodwill.stores.sqlalchemy.columns import text
from goodwill.stores.sqlalchemy.migrations.steps import Steps

revision, down_revision = "0011", "0010"


def upgrade(steps: Steps) -> None:
    """Add the column."""
    steps.add_column("entries", "read_under", text(64))
