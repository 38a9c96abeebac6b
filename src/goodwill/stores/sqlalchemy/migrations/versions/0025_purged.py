"""What stays of an entry that was purged: its number, and what its reference is known again by."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Integer, UniqueConstraint

from goodwill.stores.sqlalchemy.columns import digest, number, text
from goodwill.stores.sqlalchemy.migrations.steps import Steps

revision, down_revision = "0025", "0024"

COLUMNS = ("seq", "ledger", "account_id", "occurred_us", "reference", "revision", "request_digest", "audit_seq")


def upgrade(steps: Steps) -> None:
    """Make the table and its triggers."""
    steps.create_table(
        "purged",
        Column("seq", number(), primary_key=True, autoincrement=False),
        Column("ledger", text(64), nullable=False),
        Column("account_id", number(), nullable=False),
        Column("occurred_us", BigInteger, nullable=False),
        Column("reference", text(255)),
        Column("revision", Integer, nullable=False),
        Column("request_digest", digest(), nullable=False),
        Column("audit_seq", number(), nullable=False),
        ForeignKeyConstraint(["account_id"], [steps.placed("accounts.id")], name=steps.prefixed("purged_account_fkey")),
        ForeignKeyConstraint(["audit_seq"], [steps.placed("audit.seq")], name=steps.prefixed("purged_audit_fkey")),
        UniqueConstraint("ledger", "reference", "revision", name=steps.prefixed("purged_reference_key")),
        counted=False,
    )
    steps.guard("purged", COLUMNS, [["seq"], ["ledger", "reference", "revision"]])
