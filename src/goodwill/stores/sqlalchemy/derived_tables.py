"""The tables that can be thrown away: kept readings with what is pending for them, and what is on its way out.

No fact is in them alone. Only their owners, the standings' job and the outbox's relay, change and delete their rows.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    UniqueConstraint,
)

from goodwill.stores.sqlalchemy.columns import (
    LONGEST_NAME,
    TRANSACTIONAL,
    counted,
    long_text,
    number,
    of_account,
    of_ledger,
    text,
)

__all__ = [
    "checkpoints_table",
    "claims_table",
    "outbox_table",
    "pending_table",
    "policies_table",
    "standings_table",
]


def policies_table(meta: MetaData, prefix: str) -> Table:
    """One row per ledger and policy that readings are kept for, with the policy's JSON.

    Readers use it from `ready_us` on. `built_id` is the last account that a build under way has taken in; none is.
    """
    name = f"{prefix}policies"
    return Table(
        name,
        meta,
        counted("id"),
        of_ledger(),
        Column("digest", text(64), nullable=False),
        Column("name", text(LONGEST_NAME), nullable=False),
        Column("document", long_text(), nullable=False),
        Column("read_with", text(64), nullable=False),
        Column("added_us", BigInteger, nullable=False),
        Column("ready_us", BigInteger),
        Column("built_id", BigInteger),
        UniqueConstraint("ledger", "digest", name=f"{name}_digest_key"),
        sqlite_autoincrement=True,
        **TRANSACTIONAL,
    )


def pending_table(meta: MetaData, prefix: str, accounts: Table) -> Table:
    """One row per thing that was written and is in no kept reading yet; the job deletes the rows that it folded.

    `plain` is whether it is a deposit, withdrawal or observation that answers nothing and was never amended, so that
    it can be added to a sum.
    """
    name = f"{prefix}pending"
    table = Table(
        name,
        meta,
        counted("id"),
        of_ledger(),
        of_account(name, accounts),
        Column("entry_seq", BigInteger),
        Column("plain", Boolean, nullable=False),
        sqlite_autoincrement=True,
        **TRANSACTIONAL,
    )
    Index(f"{name}_account_idx", table.c.account_id)
    Index(f"{name}_ledger_idx", table.c.ledger, table.c.id)
    return table


def standings_table(meta: MetaData, prefix: str, policies: Table, accounts: Table) -> Table:
    """One kept reading per policy and account: valid from its latest entry on, and up to what comes by itself.

    What a reading is made of is in `document`, so that one statement reads it with what is pending. `covers` are the
    numbers of the accounts whose names are one customer, where it is more than one; `hidden` says that one of them is
    restricted. `next_crossing_us` is when the job has to look again.
    """
    name = f"{prefix}standings"
    table = Table(
        name,
        meta,
        Column("policy_id", number(), ForeignKey(policies.c.id, name=f"{name}_policy_fkey"), nullable=False),
        of_account(name, accounts),
        Column("from_us", BigInteger, nullable=False),
        Column("until_us", BigInteger),
        Column("looked_us", BigInteger, nullable=False),
        Column("document", long_text(), nullable=False),
        Column("covers", long_text()),
        Column("hidden", Boolean, nullable=False),
        Column("band", text(LONGEST_NAME), nullable=False),
        Column("is_overdrawn", Boolean, nullable=False),
        Column("rank_key", Double),
        Column("next_crossing_us", BigInteger),
        PrimaryKeyConstraint("policy_id", "account_id", name=f"{name}_pkey"),
        **TRANSACTIONAL,
    )
    columns = table.c
    Index(f"{name}_rank_idx", columns.policy_id, columns.rank_key)
    Index(f"{name}_overdrawn_idx", columns.policy_id, columns.is_overdrawn)
    Index(f"{name}_crossing_idx", columns.policy_id, columns.next_crossing_us)
    Index(f"{name}_account_idx", columns.account_id)
    return table


def checkpoints_table(meta: MetaData, prefix: str, policies: Table, accounts: Table) -> Table:
    """Where a fold with state can go on from: the key of the last entry that it took, and its state as JSON."""
    name = f"{prefix}checkpoints"
    table = Table(
        name,
        meta,
        counted("id"),
        Column("policy_id", number(), ForeignKey(policies.c.id, name=f"{name}_policy_fkey"), nullable=False),
        of_account(name, accounts),
        Column("occurred_us", BigInteger, nullable=False),
        Column("document", long_text(), nullable=False),
        sqlite_autoincrement=True,
        **TRANSACTIONAL,
    )
    Index(f"{name}_key_idx", table.c.policy_id, table.c.account_id, table.c.occurred_us)
    Index(f"{name}_account_idx", table.c.account_id)
    return table


def outbox_table(meta: MetaData, prefix: str, accounts: Table) -> Table:
    """One row per event that is to be sent: which row of which table it tells, or what it says; the relay deletes it."""
    name = f"{prefix}outbox"
    table = Table(
        name,
        meta,
        counted("id"),
        of_ledger(),
        of_account(name, accounts),
        Column("bucket", SmallInteger, nullable=False),
        Column("event_id", text(64), nullable=False),
        Column("type", text(64), nullable=False),
        Column("seq", BigInteger),
        Column("document", long_text()),
        Column("created_us", BigInteger, nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("next_us", BigInteger),
        Column("parked_us", BigInteger),
        Column("fault", text(LONGEST_NAME)),
        UniqueConstraint("ledger", "event_id", name=f"{name}_event_key"),
        sqlite_autoincrement=True,
        **TRANSACTIONAL,
    )
    Index(f"{name}_bucket_idx", table.c.ledger, table.c.bucket, table.c.id)
    Index(f"{name}_account_idx", table.c.account_id, table.c.next_us)
    return table


def claims_table(meta: MetaData, prefix: str) -> Table:
    """One row per ledger and bucket of the outbox: which relay has it, and until when unless it says more."""
    name = f"{prefix}outbox_claims"
    return Table(
        name,
        meta,
        of_ledger(),
        Column("bucket", SmallInteger, nullable=False),
        Column("owner", text(64)),
        Column("until_us", BigInteger, nullable=False),
        PrimaryKeyConstraint("ledger", "bucket", name=f"{name}_pkey"),
        **TRANSACTIONAL,
    )
