"""Which row is under which seal."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, PrimaryKeyConstraint

from goodwill.stores.sqlalchemy.columns import digest, number, text
from goodwill.stores.sqlalchemy.migrations.steps import Steps

revision, down_revision = "0016", "0015"

COLUMNS = ("source", "row_seq", "seal_seq", "leaf")


def upgrade(steps: Steps) -> None:
    """Make the table, its index and its triggers."""
    steps.create_table(
        "sealed",
        Column("source", text(16), nullable=False),
        Column("row_seq", BigInteger, nullable=False),
        Column("seal_seq", number(), nullable=False),
        Column("leaf", digest(), nullable=False),
        PrimaryKeyConstraint("source", "row_seq", name=steps.prefixed("sealed_pkey")),
        ForeignKeyConstraint(["seal_seq"], [steps.placed("seals.seq")], name=steps.prefixed("sealed_seal_fkey")),
        counted=False,
    )
    steps.create_index("sealed", "sealed_seal_idx", ["seal_seq", "source", "row_seq"])
    steps.guard("sealed", COLUMNS, [["source", "row_seq"]])
