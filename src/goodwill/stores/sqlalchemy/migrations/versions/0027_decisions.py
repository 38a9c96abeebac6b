"""Decisions of an authority."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, ForeignKeyConstraint, Identity, SmallInteger, UniqueConstraint

from goodwill.stores.sqlalchemy.columns import digest, long_text, number, text
from goodwill.stores.sqlalchemy.migrations.steps import Steps

revision, down_revision = "0027", "0026"

COLUMNS = (
    "seq", "id", "ledger", "account_id", "answer", "kind", "magnitude_e6", "cost_minor", "cost_currency",
    "cost_exponent", "actor", "role", "requested_us", "decided_us", "recorded_us", "gesture", "response_id",
    "response_ref", "authority", "policy", "balance", "spoke", "reference", "request_digest",
)  # fmt: skip
UNIQUE = (("seq",), ("ledger", "id"), ("ledger", "reference"))


def upgrade(steps: Steps) -> None:
    """Make the table, its indexes and its triggers."""
    account = steps.prefixed("decisions_account_fkey")
    steps.create_table(
        "decisions",
        Column("seq", number(), Identity(), primary_key=True),
        Column("id", text(64), nullable=False),
        Column("ledger", text(64), nullable=False),
        Column("account_id", number(), nullable=False),
        Column("answer", text(16), nullable=False),
        Column("kind", text(64), nullable=False),
        Column("magnitude_e6", BigInteger),
        Column("cost_minor", BigInteger, nullable=False),
        Column("cost_currency", text(16), nullable=False),
        Column("cost_exponent", SmallInteger, nullable=False),
        Column("actor", text(255), nullable=False),
        Column("role", text(255)),
        Column("requested_us", BigInteger, nullable=False),
        Column("decided_us", BigInteger, nullable=False),
        Column("recorded_us", BigInteger, nullable=False),
        Column("gesture", text(255)),
        Column("response_id", text(64)),
        Column("response_ref", text(255)),
        Column("authority", text(64), nullable=False),
        Column("policy", text(64)),
        Column("balance", Double),
        Column("spoke", long_text(), nullable=False),
        Column("reference", text(255)),
        Column("request_digest", digest(), nullable=False),
        ForeignKeyConstraint(["account_id"], [steps.placed("accounts.id")], name=account),
        UniqueConstraint("ledger", "id", name=steps.prefixed("decisions_id_key")),
        UniqueConstraint("ledger", "reference", name=steps.prefixed("decisions_reference_key")),
    )
    steps.create_index("decisions", "decisions_account_idx", ["account_id", "decided_us", "seq"])
    steps.create_index("decisions", "decisions_decided_idx", ["ledger", "decided_us", "seq"])
    steps.guard("decisions", COLUMNS, UNIQUE)
