"""What is free and personal of an entry, as release 0.1.0 kept it."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKeyConstraint

from goodwill.stores.sqlalchemy.columns import long_text, number
from goodwill.stores.sqlalchemy.migrations.steps import Steps

revision, down_revision = "0003", "0002"


def upgrade(steps: Steps) -> None:
    """Make the table."""
    steps.create_table(
        "details",
        Column("seq", number(), primary_key=True, autoincrement=False),
        Column("note", long_text()),
        Column("attributes", long_text()),
        ForeignKeyConstraint(["seq"], [steps.placed("entries.seq")], name=steps.prefixed("details_entry_fkey")),
        counted=False,
    )
