"""The schema: which tables a ledger's entries live in, on SQLite, PostgreSQL and MariaDB the same.

`entries` holds the immutable facts in typed columns: instants as microseconds since the epoch in UTC, magnitudes in
millionths, money in minor units with the exponent that the currency had. What is personal lives beside that row, the
customer's id in `accounts` and notes and attributes in `details`, so that they can be erased and the facts stay whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Double,
    Engine,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    insert,
    inspect,
    select,
)
from sqlalchemy.orm import Session

from goodwill.domain.errors import SchemaOutdated, UnknownRevision
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
from goodwill.stores.sqlalchemy.decision_tables import decisions_table, rulings_table
from goodwill.stores.sqlalchemy.derived_tables import (
    checkpoints_table,
    claims_table,
    outbox_table,
    pending_table,
    policies_table,
    standings_table,
)
from goodwill.stores.sqlalchemy.engine import reading, writing
from goodwill.stores.sqlalchemy.guards import guard
from goodwill.stores.sqlalchemy.seal_tables import sealed_table, seals_table
from goodwill.stores.sqlalchemy.turns import one_at_a_time, settle

__all__ = ["Tables", "create_all", "metadata", "tables"]

PREFIX = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,27}")
HEAD = "0028"
"""The revision of the schema that these tables are (`goodwill.stores.sqlalchemy.migrations`)."""


@dataclass(frozen=True)
class Tables:
    """The tables under one prefix, in one schema."""

    metadata: MetaData
    accounts: Table
    entries: Table
    details: Table
    merges: Table
    audit: Table
    purged: Table
    decisions: Table
    rulings: Table
    seals: Table
    sealed: Table
    policies: Table
    pending: Table
    standings: Table
    checkpoints: Table
    outbox: Table
    claims: Table
    version: Table


def metadata(prefix: str = "goodwill_", schema: str | None = None) -> MetaData:
    """The MetaData of goodwill's tables, for a host's own migrations (Alembic's `target_metadata` takes a list).

    Raises:
        ValueError: if the prefix is not letters, digits and underscores, or longer than 28 characters.

    Example:
        >>> sorted(metadata("gw_").tables)
        ['gw_accounts', 'gw_audit', 'gw_checkpoints', 'gw_decisions', 'gw_details', 'gw_entries', 'gw_merges', 'gw_outbox', \
'gw_outbox_claims', 'gw_pending', 'gw_policies', 'gw_purged', 'gw_rulings', 'gw_sealed', 'gw_seals', 'gw_standings', \
'gw_version']
    """
    return tables(prefix, schema).metadata


def create_all(bind: Session | Connection | Engine, *, prefix: str = "goodwill_", schema: str | None = None) -> None:
    """Create the tables where there are none. With a session or connection, nothing is committed.

    For tests and for a database of goodwill's own; what holds entries already is brought up to date by
    `goodwill.stores.sqlalchemy.migrations.upgrade`. The schema itself, where one is named, must exist.

    Raises:
        SchemaOutdated: if there are tables of an earlier release.
        UnknownRevision: if they are of a later one.

    Example:
        >>> from sqlalchemy import create_engine, inspect
        >>> engine = create_engine("sqlite://")
        >>> create_all(engine)
        >>> inspect(engine).has_table("goodwill_entries")
        True
    """
    wanted = tables(prefix, schema)
    if not isinstance(bind, Engine):
        create_on(bind.connection() if isinstance(bind, Session) else bind, wanted)
        return
    with reading(bind) as connection:
        if revision_of(connection, wanted) == HEAD:
            return
    with writing(bind) as connection:
        create_on(connection, wanted)


def create_on(connection: Connection, wanted: Tables) -> None:
    """Create the tables and say which revision they are, unless they are there; whoever is at it is waited for."""
    version = wanted.version
    prefix, schema = version.name.removesuffix("version"), connection.schema_for_object(version)
    with one_at_a_time(connection, prefix, schema):
        found = revision_of(connection, wanted)
        if found is None and not has(connection, wanted.entries):
            wanted.metadata.create_all(connection)
            connection.execute(insert(version).values(version_num=HEAD))
            settle(connection)
        elif found != HEAD:
            raise of_another_release(connection, found)


def revision_of(connection: Connection, wanted: Tables, *, settled: bool = False) -> str | None:
    """What the version table says; None without one.

    With `settled`, MariaDB waits for whoever wrote it last and has let go of his turn before he committed.
    """
    if not has(connection, wanted.version):
        return None
    query = select(wanted.version.c.version_num)
    waits = settled and connection.dialect.name in {"mysql", "mariadb"}
    return connection.scalar(query.with_for_update(read=True) if waits else query)


def has(connection: Connection, table: Table) -> bool:
    """Whether a table is there, where the host has it."""
    return inspect(connection).has_table(table.name, schema=connection.schema_for_object(table))


def of_another_release(connection: Connection, found: str | None) -> SchemaOutdated | UnknownRevision:
    """What is raised for tables that are not those of this release."""
    if found is not None and found > HEAD:
        return UnknownRevision(
            f"the goodwill tables in this database are of revision {found}, and this release knows them up to {HEAD}; "
            "install the release that made them"
        )
    url = connection.engine.url.render_as_string(hide_password=True)
    theirs = "no recorded revision, like those of release 0.1.0" if found is None else f"revision {found}"
    return SchemaOutdated(
        f"the goodwill tables in this database are of {theirs}, and this release needs {HEAD}; "
        f"run `goodwill db upgrade --db {url}`, or goodwill.stores.sqlalchemy.migrations.upgrade(connection)"
    )


@lru_cache(maxsize=64)
def tables(prefix: str, schema: str | None) -> Tables:
    """The tables under a prefix, in a schema; the same objects whenever it is asked."""
    if not PREFIX.fullmatch(prefix):
        raise ValueError(f"a prefix is up to 28 letters, digits and underscores, like 'goodwill_', not {prefix!r}")
    meta = MetaData(schema=schema)
    accounts = accounts_table(meta, prefix)
    entries = entries_table(meta, prefix, accounts)
    audit = audit_table(meta, prefix, accounts)
    decisions = decisions_table(meta, prefix, accounts)
    seals, policies = seals_table(meta, prefix), policies_table(meta, prefix)
    return Tables(
        meta,
        accounts,
        entries,
        details=details_table(meta, prefix, entries),
        merges=merges_table(meta, prefix, accounts),
        audit=audit,
        purged=purged_table(meta, prefix, accounts, audit),
        decisions=decisions,
        rulings=rulings_table(meta, prefix, decisions),
        seals=seals,
        sealed=sealed_table(meta, prefix, seals),
        policies=policies,
        pending=pending_table(meta, prefix, accounts),
        standings=standings_table(meta, prefix, policies, accounts),
        checkpoints=checkpoints_table(meta, prefix, policies, accounts),
        outbox=outbox_table(meta, prefix, accounts),
        claims=claims_table(meta, prefix),
        version=version_table(meta, prefix),
    )


def accounts_table(meta: MetaData, prefix: str) -> Table:
    """One row per customer and ledger. `name` is the customer's id as the host writes it, until it is erased."""
    name = f"{prefix}accounts"
    return Table(
        name,
        meta,
        counted("id"),
        of_ledger(),
        Column("name", text(LONGEST_NAME)),
        Column("created_us", BigInteger, nullable=False),
        Column("closed_us", BigInteger),
        Column("restricted_us", BigInteger),
        UniqueConstraint("ledger", "name", name=f"{name}_name_key"),
        sqlite_autoincrement=True,
        **TRANSACTIONAL,
    )


def entries_table(meta: MetaData, prefix: str, accounts: Table) -> Table:
    """One row per entry, never changed, and deleted only if it stands among those that were purged."""
    name = f"{prefix}entries"
    table = Table(
        name,
        meta,
        counted("seq"),
        Column("id", text(64), nullable=False),
        of_ledger(),
        of_account(name, accounts),
        Column("type", text(16), nullable=False),
        Column("kind", text(64), nullable=False),
        Column("magnitude_e6", BigInteger),
        Column("currency", text(16)),
        Column("cost_minor", BigInteger),
        Column("cost_currency", text(16)),
        Column("cost_exponent", SmallInteger),
        Column("occurred_us", BigInteger, nullable=False),
        Column("recorded_us", BigInteger, nullable=False),
        Column("reference", text(LONGEST_NAME)),
        Column("revision", Integer, nullable=False),
        Column("response_id", text(64)),
        Column("response_ref", text(LONGEST_NAME)),
        Column("due_us", BigInteger),
        Column("recurs", text(LONGEST_NAME)),
        Column("tz", text(64)),
        Column("reverses", text(64)),
        Column("amends", text(64)),
        Column("sincerity", Double),
        Column("severity", Double),
        Column("dimensions", long_text()),
        Column("channel", text(LONGEST_NAME)),
        Column("actor", text(LONGEST_NAME)),
        Column("backfilled", Boolean, nullable=False),
        Column("request_digest", digest(), nullable=False),
        Column("positive", Double),
        Column("negative", Double),
        Column("read_under", text(64)),
        Column("row_digest", digest()),
        UniqueConstraint("ledger", "id", name=f"{name}_id_key"),
        UniqueConstraint("ledger", "reference", "revision", name=f"{name}_reference_key"),
        sqlite_autoincrement=True,
        **TRANSACTIONAL,
    )
    columns = table.c
    reversal = columns.reverses.is_not(None)
    Index(
        f"{name}_reverses_key", columns.ledger, columns.reverses, unique=True,
        sqlite_where=reversal, postgresql_where=reversal,
    )  # fmt: skip
    Index(f"{name}_account_idx", columns.account_id, columns.occurred_us, columns.seq)
    Index(f"{name}_occurred_idx", columns.ledger, columns.occurred_us, columns.seq)
    guard(table, permit=f"{prefix}purged")
    return table


def details_table(meta: MetaData, prefix: str, entries: Table) -> Table:
    """What is free and personal of an entry: a row only where there is any; erasure deletes it."""
    name = f"{prefix}details"
    return Table(
        name,
        meta,
        Column(
            "seq", number(), ForeignKey(entries.c.seq, name=f"{name}_entry_fkey"),
            primary_key=True, autoincrement=False,
        ),
        Column("note", long_text()),
        Column("attributes", long_text()),
        **TRANSACTIONAL,
    )  # fmt: skip


def merges_table(meta: MetaData, prefix: str, accounts: Table) -> Table:
    """One row per merge of two names of a customer, never changed; a name merged into itself is its own again."""
    name = f"{prefix}merges"
    table = Table(
        name,
        meta,
        counted("seq"),
        of_ledger(),
        of_account(name, accounts),
        Column("into_id", number(), ForeignKey(accounts.c.id, name=f"{name}_into_fkey"), nullable=False),
        Column("recorded_us", BigInteger, nullable=False),
        Column("actor", text(LONGEST_NAME)),
        Column("backfilled", Boolean, nullable=False),
        sqlite_autoincrement=True,
        **TRANSACTIONAL,
    )
    Index(f"{name}_account_idx", table.c.account_id)
    Index(f"{name}_into_idx", table.c.into_id)
    guard(table)
    return table


def audit_table(meta: MetaData, prefix: str, accounts: Table) -> Table:
    """One row per operation on an account as a whole, never changed."""
    name = f"{prefix}audit"
    table = Table(
        name,
        meta,
        counted("seq"),
        of_ledger(),
        of_account(name, accounts),
        Column("operation", text(16), nullable=False),
        Column("recorded_us", BigInteger, nullable=False),
        Column("actor", text(LONGEST_NAME)),
        Column("reason", text(LONGEST_NAME)),
        Column("before_us", BigInteger),
        sqlite_autoincrement=True,
        **TRANSACTIONAL,
    )
    Index(f"{name}_account_idx", table.c.account_id)
    guard(table)
    return table


def purged_table(meta: MetaData, prefix: str, accounts: Table, audit: Table) -> Table:
    """One row per entry that was purged, never changed: what its reference is known again by, and by which purge."""
    name = f"{prefix}purged"
    table = Table(
        name,
        meta,
        Column("seq", number(), primary_key=True, autoincrement=False),
        of_ledger(),
        of_account(name, accounts),
        Column("occurred_us", BigInteger, nullable=False),
        Column("reference", text(LONGEST_NAME)),
        Column("revision", Integer, nullable=False),
        Column("request_digest", digest(), nullable=False),
        Column("audit_seq", number(), ForeignKey(audit.c.seq, name=f"{name}_audit_fkey"), nullable=False),
        UniqueConstraint("ledger", "reference", "revision", name=f"{name}_reference_key"),
        **TRANSACTIONAL,
    )
    guard(table)
    return table


def version_table(meta: MetaData, prefix: str) -> Table:
    """Which revision of the schema this is, as Alembic keeps it."""
    name = f"{prefix}version"
    return Table(
        name,
        meta,
        Column("version_num", String(32), nullable=False),
        PrimaryKeyConstraint("version_num", name=f"{name}_pkc"),
        **TRANSACTIONAL,
    )
