"""What is free text of a decision, which erasure deletes."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKeyConstraint

from goodwill.stores.sqlalchemy.columns import long_text, number
from goodwill.stores.sqlalchemy.migrations.steps import Steps

revision, down_revision = "0028", "0027"


def upgrade(steps: Steps) -> None:
    """Make the table."""
    steps.create_table(
        "rulings",
        Column("seq", number(), primary_key=True, autoincrement=False),
        Column("reasons", long_text()),
        Column("note", long_text()),
        ForeignKeyConstraint(["seq"], [steps.placed("decisions.seq")], name=steps.prefixed("rulings_decision_fkey")),
        counted=False,
    )
