"""Events that are to be sent."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Identity, Integer, SmallInteger, UniqueConstraint

from goodwill.stores.sqlalchemy.columns import long_text, number, text
from goodwill.stores.sqlalchemy.migrations.steps import Steps

revision, down_revision = "0021", "0020"


def upgrade(steps: Steps) -> None:
    """Make the table and its indexes."""
    steps.create_table(
        "outbox",
        Column("id", number(), Identity(), primary_key=True),
        Column("ledger", text(64), nullable=False),
        Column("account_id", number(), nullable=False),
        Column("bucket", SmallInteger, nullable=False),
        Column("event_id", text(64), nullable=False),
        Column("type", text(64), nullable=False),
        Column("seq", BigInteger),
        Column("document", long_text()),
        Column("created_us", BigInteger, nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("next_us", BigInteger),
        Column("parked_us", BigInteger),
        Column("fault", text(255)),
        UniqueConstraint("ledger", "event_id", name=steps.prefixed("outbox_event_key")),
        ForeignKeyConstraint(["account_id"], [steps.placed("accounts.id")], name=steps.prefixed("outbox_account_fkey")),
    )
    steps.create_index("outbox", "outbox_bucket_idx", ["ledger", "bucket", "id"])
    steps.create_index("outbox", "outbox_account_idx", ["account_id", "next_us"])
