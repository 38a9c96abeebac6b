"""The customers of each ledger, as release 0.1.0 kept them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Identity, UniqueConstraint

from goodwill.stores.sqlalchemy.columns import number, text
from goodwill.stores.sqlalchemy.migrations.steps import Steps

revision, down_revision = "0001", None


def upgrade(steps: Steps) -> None:
    """Make the table."""
    steps.create_table(
        "accounts",
        Column("id", number(), Identity(), primary_key=True),
        Column("ledger", text(64), nullable=False),
        Column("name", text(255)),
        Column("created_us", BigInteger, nullable=False),
        UniqueConstraint("ledger", "name", name=steps.prefixed("accounts_name_key")),
    )
