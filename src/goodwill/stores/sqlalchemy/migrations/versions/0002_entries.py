"""The entries, as release 0.1.0 kept them; their triggers come with revision 0008."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKeyConstraint,
    Identity,
    Integer,
    SmallInteger,
    UniqueConstraint,
)
from sqlalchemy import (
    text as sql,
)

from goodwill.stores.sqlalchemy.columns import digest, long_text, number, text
from goodwill.stores.sqlalchemy.migrations.steps import create_index, create_table, placed, prefixed

revision, down_revision = "0002", "0001"


def upgrade() -> None:
    """Make the table and its indexes."""
    create_table(
        "entries",
        Column("seq", number(), Identity(), primary_key=True),
        Column("id", text(64), nullable=False),
        Column("ledger", text(64), nullable=False),
        Column("account_id", number(), nullable=False),
        Column("type", text(16), nullable=False),
        Column("kind", text(64), nullable=False),
        Column("magnitude_e6", BigInteger),
        Column("currency", text(16)),
        Column("cost_minor", BigInteger),
        Column("cost_currency", text(16)),
        Column("cost_exponent", SmallInteger),
        Column("occurred_us", BigInteger, nullable=False),
        Column("recorded_us", BigInteger, nullable=False),
        Column("reference", text(255)),
        Column("revision", Integer, nullable=False),
        Column("response_id", text(64)),
        Column("response_ref", text(255)),
        Column("due_us", BigInteger),
        Column("recurs", text(255)),
        Column("tz", text(64)),
        Column("reverses", text(64)),
        Column("amends", text(64)),
        Column("sincerity", Double),
        Column("severity", Double),
        Column("dimensions", long_text()),
        Column("channel", text(255)),
        Column("actor", text(255)),
        Column("backfilled", Boolean, nullable=False),
        Column("request_digest", digest(), nullable=False),
        ForeignKeyConstraint(["account_id"], [placed("accounts.id")], name=prefixed("entries_account_fkey")),
        UniqueConstraint("ledger", "id", name=prefixed("entries_id_key")),
        UniqueConstraint("ledger", "reference", "revision", name=prefixed("entries_reference_key")),
    )
    reversal = sql("reverses IS NOT NULL")
    create_index(
        "entries", "entries_reverses_key", ["ledger", "reverses"],
        unique=True, sqlite_where=reversal, postgresql_where=reversal,
    )  # fmt: skip
    create_index("entries", "entries_account_idx", ["account_id", "occurred_us", "seq"])
    create_index("entries", "entries_occurred_idx", ["ledger", "occurred_us", "seq"])
