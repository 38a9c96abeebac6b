"""Triggers that let an entry be deleted whose number stands among those that were purged."""

from __future__ import annotations

from goodwill.stores.sqlalchemy.migrations.steps import Steps

revision, down_revision = "0026", "0025"

COLUMNS = (
    "seq", "id", "ledger", "account_id", "type", "kind", "magnitude_e6", "currency", "cost_minor", "cost_currency",
    "cost_exponent", "occurred_us", "recorded_us", "reference", "revision", "response_id", "response_ref", "due_us",
    "recurs", "tz", "reverses", "amends", "sincerity", "severity", "dimensions", "channel", "actor", "backfilled",
    "request_digest", "positive", "negative", "read_under", "row_digest",
)  # fmt: skip
UNIQUE = (("seq",), ("ledger", "id"), ("ledger", "reference", "revision"), ("ledger", "reverses"))


def upgrade(steps: Steps) -> None:
    """Put them in the place of those that let none."""
    steps.guard("entries", COLUMNS, UNIQUE, permit="purged")
