"""The negative part of an opening, in points."""

from __future__ import annotations

from sqlalchemy import Double

from goodwill.stores.sqlalchemy.migrations.steps import Steps

revision, down_revision = "0010", "0009"


def upgrade(steps: Steps) -> None:
    """Add the column."""
    steps.add_column("entries", "negative", Double())
