"""The SQL of the outbox: what the store writes beside facts, and how the relay claims, reads and settles."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Delete,
    Select,
    Table,
    Update,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    null,
    or_,
    select,
)

from goodwill.domain.account import ERASED
from goodwill.stores.sqlalchemy.rows import ENTRY_COLUMNS
from goodwill.stores.sqlalchemy.tables import Tables, tables

__all__ = ["PARKED_US", "RelayStatements", "database_now", "event_values", "relay_statements"]

NOW: Final = {
    "sqlite": "CAST((julianday('now') - 2440587.5) * 86400000000.0 AS INTEGER)",
    "postgresql": "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)",
    "mariadb": "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))",
}

PARKED_US: Final = 2**63 - 1
"""When a parked event is tried again: never by itself."""


def database_now(family: str) -> ColumnElement[int]:
    """What time it is for the database, in microseconds since the epoch: one clock for whoever shares it."""
    return literal_column(NOW[family], BigInteger)


def event_values(outbox: Table, family: str) -> dict[str, ColumnElement[Any]]:
    """What an insert into the outbox fills, by column."""
    given = ("ledger", "account_id", "bucket", "event_id", "type", "seq", "document")
    bound: dict[str, ColumnElement[Any]] = {name: bindparam(name, type_=outbox.c[name].type) for name in given}
    return bound | {"created_us": database_now(family), "attempts": literal_column("0", outbox.c.attempts.type)}


@lru_cache(maxsize=64)
def relay_statements(prefix: str, schema: str | None, family: str) -> RelayStatements:
    """The relay's statements on the tables under a prefix, in a schema, for a family of databases."""
    return RelayStatements(tables(prefix, schema), family)


class RelayStatements:
    """Every statement of the relay, and of those who look at what waits for it."""

    def __init__(self, tables: Tables, family: str) -> None:
        self._tables = tables
        self._now = database_now(family)
        self.claims = tables.claims
        self.claimable = self._claimable()
        self.lock = self._lock()
        self.claim = self._claim()
        self.renew = self._renew()
        self.release = self._release()
        self.batch = self._batch()
        self.load = self._load()
        self.entry = self._entry()
        self.merge = self._merge()
        self.mark = self._mark()
        self.delete = self._delete()
        self.fail = self._fail()
        self.accounts = self._accounts()
        self.parked = self._parked()
        self.unpark = self._unpark()

    # Which relay has which bucket

    def _free(self) -> ColumnElement[bool]:
        claims = self.claims.c
        return and_(claims.ledger == bindparam("of_ledger"), claims.until_us <= self._now)

    def _claimable(self) -> Select[Any]:
        """The buckets that no relay has and that hold something to send."""
        outbox, claims = self._tables.outbox.c, self.claims.c
        something = exists(
            select(outbox.id)
            .select_from(self._with_accounts())
            .where(outbox.ledger == claims.ledger, outbox.bucket == claims.bucket, self._sendable())
        )
        return select(claims.bucket).where(self._free(), something)

    def _lock(self) -> Select[Any]:
        """One of these buckets that no relay has, and that none is claiming at this moment."""
        claims = self.claims.c
        wanted = claims.bucket.in_(bindparam("buckets", expanding=True))
        return select(claims.bucket).where(self._free(), wanted).limit(1).with_for_update(skip_locked=True)

    def _claim(self) -> Update:
        """Take a bucket that no relay has; it is asked again here, for databases that have no locks on rows."""
        lease = self._now + bindparam("lease_us", type_=BigInteger)
        return (
            self.claims.update()
            .where(self._free(), self.claims.c.bucket == bindparam("of_bucket"))
            .values(owner=bindparam("new_owner"), until_us=lease)
        )

    def _own(self) -> ColumnElement[bool]:
        claims = self.claims.c
        of_bucket = and_(claims.ledger == bindparam("of_ledger"), claims.bucket == bindparam("of_bucket"))
        return and_(of_bucket, claims.owner == bindparam("of_owner"))

    def _renew(self) -> Update:
        lease = self._now + bindparam("lease_us", type_=BigInteger)
        return self.claims.update().where(self._own()).values(until_us=lease)

    def _release(self) -> Update:
        return self.claims.update().where(self._own()).values(owner=null(), until_us=0)

    # What is to be sent

    def _with_accounts(self) -> Any:
        accounts, outbox = self._tables.accounts, self._tables.outbox
        return outbox.join(accounts, accounts.c.id == outbox.c.account_id)

    def _sendable(self) -> ColumnElement[bool]:
        """Of an account that is told about, no event of which waits for another try or is parked."""
        accounts, outbox = self._tables.accounts.c, self._tables.outbox
        is_told = or_(accounts.restricted_us.is_(None), accounts.name.startswith(ERASED))
        other = outbox.alias("other")
        waits = exists(select(other.c.id).where(other.c.account_id == outbox.c.account_id, other.c.next_us > now_us()))
        return and_(is_told, ~waits)

    def _batch(self) -> Select[Any]:
        outbox = self._tables.outbox.c
        return (
            select(outbox.id, outbox.account_id)
            .select_from(self._with_accounts())
            .where(outbox.ledger == bindparam("ledger"), outbox.bucket == bindparam("bucket"), self._sendable())
            .order_by(outbox.id)
            .limit(bindparam("limit"))
        )

    def _load(self) -> Select[Any]:
        accounts, outbox = self._tables.accounts.c, self._tables.outbox.c
        return (
            select(
                outbox.id, outbox.account_id, outbox.event_id, outbox.type, outbox.seq, outbox.document,
                outbox.attempts, accounts.name,
            )
            .select_from(self._with_accounts())
            .where(outbox.id == bindparam("event"), self._sendable())
        )  # fmt: skip

    def _entry(self) -> Select[Any]:
        """An entry as it was written: without notes and attributes, and without what reversed it since."""
        accounts, entries = self._tables.accounts, self._tables.entries
        return (
            select(*(entries.c[name] for name in ENTRY_COLUMNS), accounts.c.name, null(), null(), null())
            .select_from(entries.join(accounts, accounts.c.id == entries.c.account_id))
            .where(entries.c.seq == bindparam("seq"))
        )

    def _merge(self) -> Select[Any]:
        merges, into = self._tables.merges, self._tables.accounts.alias("into_account")
        return (
            select(into.c.name, into.c.restricted_us, merges.c.recorded_us, merges.c.actor, merges.c.backfilled)
            .select_from(merges.join(into, into.c.id == merges.c.into_id))
            .where(merges.c.seq == bindparam("seq"))
        )

    def _mark(self) -> Select[Any]:
        audit = self._tables.audit.c
        columns = (audit.operation, audit.recorded_us, audit.actor, audit.before_us)
        return select(*columns).where(audit.seq == bindparam("seq"))

    # What came of it

    def _delete(self) -> Delete:
        return self._tables.outbox.delete().where(self._tables.outbox.c.id == bindparam("event"))

    def _fail(self) -> Update:
        outbox = self._tables.outbox
        values: dict[str, Any] = {
            name: bindparam(f"new_{name}") for name in ("attempts", "next_us", "parked_us", "fault")
        }
        return outbox.update().where(outbox.c.id == bindparam("event")).values(values)

    # What waits

    def _accounts(self) -> Select[Any]:
        """Who has something waiting: those that are parked first, then who has waited longest."""
        accounts, outbox = self._tables.accounts.c, self._tables.outbox.c
        parked, oldest = func.max(outbox.parked_us), func.min(outbox.created_us)
        return (
            select(
                accounts.name, accounts.restricted_us, func.count(), oldest, func.max(outbox.attempts),
                func.max(outbox.next_us), parked, func.max(outbox.fault), self._now,
            )
            .select_from(self._with_accounts())
            .where(outbox.ledger == bindparam("ledger"))
            .group_by(outbox.account_id, accounts.name, accounts.restricted_us)
            .order_by(parked.is_(None), oldest, accounts.name)
        )  # fmt: skip

    def _parked(self) -> Select[Any]:
        accounts, outbox = self._tables.accounts.c, self._tables.outbox.c
        return (
            select(outbox.account_id, accounts.name)
            .select_from(self._with_accounts())
            .where(outbox.ledger == bindparam("ledger"), outbox.parked_us.is_not(None))
        )

    def _unpark(self) -> Update:
        outbox = self._tables.outbox
        fresh = {"attempts": 0, "next_us": null(), "parked_us": null(), "fault": null()}
        wanted = outbox.c.account_id.in_(bindparam("account_ids", expanding=True))
        return outbox.update().where(wanted, outbox.c.parked_us.is_not(None)).values(fresh)


def now_us() -> ColumnElement[int]:
    """The relay's own instant: when a try is due is for it to say."""
    return bindparam("now_us", type_=BigInteger)
