"""The entries, as release 0.1.0 kept them, with the triggers that it had on SQLite."""

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
from sqlalchemy import text as sql

from goodwill.stores.sqlalchemy.columns import digest, long_text, number, text
from goodwill.stores.sqlalchemy.migrations.steps import Steps

revision, down_revision = "0002", "0001"


COLUMNS = (
    "seq", "id", "ledger", "account_id", "type", "kind", "magnitude_e6", "currency", "cost_minor", "cost_currency",
    "cost_exponent", "occurred_us", "recorded_us", "reference", "revision", "response_id", "response_ref", "due_us",
    "recurs", "tz", "reverses", "amends", "sincerity", "severity", "dimensions", "channel", "actor", "backfilled",
    "request_digest",
)  # fmt: skip
REFUSAL = "entries are never changed or deleted; reverse or amend them"


def upgrade(steps: Steps) -> None:
    """Make the table, its indexes and its triggers."""
    steps.create_table(
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
        UniqueConstraint("ledger", "id", name=steps.prefixed("entries_id_key")),
        UniqueConstraint("ledger", "reference", "revision", name=steps.prefixed("entries_reference_key")),
        ForeignKeyConstraint(
            ["account_id"], [steps.placed("accounts.id")], name=steps.prefixed("entries_account_fkey")
        ),
    )
    reversal = sql("reverses IS NOT NULL")
    steps.create_index(
        "entries", "entries_reverses_key", ["ledger", "reverses"],
        unique=True, sqlite_where=reversal, postgresql_where=reversal,
    )  # fmt: skip
    steps.create_index("entries", "entries_account_idx", ["account_id", "occurred_us", "seq"])
    steps.create_index("entries", "entries_occurred_idx", ["ledger", "occurred_us", "seq"])
    if steps.on_sqlite:
        guard(steps)


def guard(steps: Steps) -> None:
    """The triggers of then; revision 0008 puts others in their place."""
    changed = " OR ".join(f'OLD."{column}" IS NOT NEW."{column}"' for column in COLUMNS)
    for name, change, when in (("no_update", "UPDATE", changed), ("no_delete", "DELETE", "TRUE")):
        trigger, table = steps.quoted(f"entries_{name}"), f'"{steps.prefixed("entries")}"'
        steps.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        steps.execute(
            f"CREATE TRIGGER {trigger} BEFORE {change} ON {table} WHEN {when} "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )
