"""Policies that readings are kept for."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Identity, UniqueConstraint

from goodwill.stores.sqlalchemy.columns import long_text, number, text
from goodwill.stores.sqlalchemy.migrations.steps import Steps

revision, down_revision = "0017", "0016"


def upgrade(steps: Steps) -> None:
    """Make the table."""
    steps.create_table(
        "policies",
        Column("id", number(), Identity(), primary_key=True),
        Column("ledger", text(64), nullable=False),
        Column("digest", text(64), nullable=False),
        Column("name", text(255), nullable=False),
        Column("document", long_text(), nullable=False),
        Column("read_with", text(64), nullable=False),
        Column("added_us", BigInteger, nullable=False),
        Column("ready_us", BigInteger),
        Column("built_id", BigInteger),
        UniqueConstraint("ledger", "digest", name=steps.prefixed("policies_digest_key")),
    )
