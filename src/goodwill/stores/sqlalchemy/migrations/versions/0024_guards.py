"""Triggers of the audit trail that know of purges too."""

from __future__ import annotations

from goodwill.stores.sqlalchemy.migrations.steps import Steps

revision, down_revision = "0024", "0023"

COLUMNS = ("seq", "ledger", "account_id", "operation", "recorded_us", "actor", "reason", "before_us")


def upgrade(steps: Steps) -> None:
    """Put them in the place of those that did not."""
    steps.guard("audit", COLUMNS, [["seq"]])
