"""Entries that no database lets anybody change: triggers on all three."""

from __future__ import annotations

from goodwill.stores.sqlalchemy.migrations.steps import Steps

revision, down_revision = "0008", "0007"

COLUMNS = (
    "seq", "id", "ledger", "account_id", "type", "kind", "magnitude_e6", "currency", "cost_minor", "cost_currency",
    "cost_exponent", "occurred_us", "recorded_us", "reference", "revision", "response_id", "response_ref", "due_us",
    "recurs", "tz", "reverses", "amends", "sincerity", "severity", "dimensions", "channel", "actor", "backfilled",
    "request_digest",
)  # fmt: skip
UNIQUE = (("seq",), ("ledger", "id"), ("ledger", "reference", "revision"), ("ledger", "reverses"))


def upgrade(steps: Steps) -> None:
    """Put the triggers of this release in the place of those of 0.1.0, which SQLite alone had."""
    steps.guard("entries", COLUMNS, UNIQUE)
