"""The tables of decisions: what was asked and answered, and beside it what erasure takes away."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    MetaData,
    SmallInteger,
    Table,
    UniqueConstraint,
)

from goodwill.stores.sqlalchemy.columns import (
    LONGEST_NAME,
    TRANSACTIONAL,
    counted,
    digest,
    long_text,
    number,
    of_account,
    of_ledger,
    text,
)
from goodwill.stores.sqlalchemy.guards import guard

__all__ = ["decisions_table", "rulings_table"]


def decisions_table(meta: MetaData, prefix: str, accounts: Table) -> Table:
    """One row per decision, never changed and never deleted.

    `gesture` is the reference that the gesture's entry will have, `spoke` which rules answered what, as JSON.
    """
    name = f"{prefix}decisions"
    table = Table(
        name,
        meta,
        counted("seq"),
        Column("id", text(64), nullable=False),
        of_ledger(),
        of_account(name, accounts),
        Column("answer", text(16), nullable=False),
        Column("kind", text(64), nullable=False),
        Column("magnitude_e6", BigInteger),
        Column("cost_minor", BigInteger, nullable=False),
        Column("cost_currency", text(16), nullable=False),
        Column("cost_exponent", SmallInteger, nullable=False),
        Column("actor", text(LONGEST_NAME), nullable=False),
        Column("role", text(LONGEST_NAME)),
        Column("requested_us", BigInteger, nullable=False),
        Column("decided_us", BigInteger, nullable=False),
        Column("recorded_us", BigInteger, nullable=False),
        Column("gesture", text(LONGEST_NAME)),
        Column("response_id", text(64)),
        Column("response_ref", text(LONGEST_NAME)),
        Column("authority", text(64), nullable=False),
        Column("policy", text(64)),
        Column("balance", Double),
        Column("spoke", long_text(), nullable=False),
        Column("reference", text(LONGEST_NAME)),
        Column("request_digest", digest(), nullable=False),
        UniqueConstraint("ledger", "id", name=f"{name}_id_key"),
        UniqueConstraint("ledger", "reference", name=f"{name}_reference_key"),
        sqlite_autoincrement=True,
        **TRANSACTIONAL,
    )
    Index(f"{name}_account_idx", table.c.account_id, table.c.decided_us, table.c.seq)
    Index(f"{name}_decided_idx", table.c.ledger, table.c.decided_us, table.c.seq)
    guard(table)
    return table


def rulings_table(meta: MetaData, prefix: str, decisions: Table) -> Table:
    """What is free text of a decision, the rules' reasons (as JSON) and a note; erasure deletes it."""
    name = f"{prefix}rulings"
    return Table(
        name,
        meta,
        Column(
            "seq", number(), ForeignKey(decisions.c.seq, name=f"{name}_decision_fkey"),
            primary_key=True, autoincrement=False,
        ),
        Column("reasons", long_text()),
        Column("note", long_text()),
        **TRANSACTIONAL,
    )  # fmt: skip
