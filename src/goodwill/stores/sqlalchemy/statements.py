"""The SQL: every statement is built once per set of tables and kind of database, and only bound afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property, lru_cache
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Delete,
    Dialect,
    Insert,
    Integer,
    Select,
    Table,
    Update,
    and_,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.dialects.postgresql.base import PGDialect

from goodwill.stores.sqlalchemy.binding import many, one
from goodwill.stores.sqlalchemy.decision_statements import DecisionStatements
from goodwill.stores.sqlalchemy.kept_statements import KeptStatements
from goodwill.stores.sqlalchemy.outbox.statements import event_values
from goodwill.stores.sqlalchemy.purge_statements import Purging
from goodwill.stores.sqlalchemy.rows import ENTRY_COLUMNS, ENTRY_VALUES, FACT_COLUMNS
from goodwill.stores.sqlalchemy.seal_statements import SealStatements
from goodwill.stores.sqlalchemy.tables import Tables, tables

__all__ = ["EARLIEST", "FAMILY", "LATEST", "Statements", "family_of", "statements"]

EARLIEST, LATEST = -(2**63), 2**63 - 1
"""Bounds that no instant and no seq lies outside of: where nothing was asked, nothing is cut off."""

FAMILY = {"sqlite": "sqlite", "mysql": "mariadb", "mariadb": "mariadb"}


def family_of(dialect: Dialect) -> str:
    """Whose SQL a dialect speaks: "sqlite", "postgresql" or "mariadb".

    Raises:
        NotImplementedError: for any other; an entry must be written once or not at all, and each database says that
            in its own words.
    """
    family = "postgresql" if isinstance(dialect, PGDialect) else FAMILY.get(dialect.name)
    if family is None:
        raise NotImplementedError(f"goodwill keeps entries in SQLite, PostgreSQL or MariaDB, not in {dialect.name}")
    return family


@lru_cache(maxsize=64)
def statements(prefix: str, schema: str | None, family: str, *, returning: bool) -> Statements:
    """The statements on the tables under a prefix, in a schema, for a family of databases.

    `returning` says whether an insert can return what it inserted; SQLite learned it in 3.35.
    """
    return Statements(tables(prefix, schema), family, returning=returning)


class Statements:
    """Every statement of the store. Rows of entries come as `rows.entry_of` reads them, then the request digest."""

    def __init__(self, tables: Tables, family: str, *, returning: bool) -> None:
        self._tables = self.tables = tables
        self._family = self.family = family
        self.add_accounts = self._insert_new(tables.accounts, "id", ("ledger", "name", "created_us"))
        self.add_entries = self._insert_new(tables.entries, "seq", ENTRY_VALUES)
        # On MariaDB an INSERT ... SELECT locks the table's counter, and writers that race fail or wait for each other.
        self.add_entry = self._add_entry() if returning and family != "mariadb" else None
        self.add_details = self._insert_new(tables.details, "seq", ("seq", "note", "attributes"))
        self.add_pending = self._add_all(tables.pending)
        self.add_event = self._add_event()
        # On MariaDB an INSERT ... SELECT locks the table's counter: there the store asks first.
        self.add_event_unless_restricted = None if family == "mariadb" else self._add_event_unless_restricted()
        self.restricted = self._restricted()
        self.drop_events = tables.outbox.delete().where(tables.outbox.c.account_id == one("account_id"))
        self.account_ids = self._account_ids()
        self.account_ids_now = self._as_of_now(self.account_ids)
        self.seqs = self._seqs()
        self.by_ids = self._entries(tables.entries.c.id.in_(many("ids")))
        self.by_references = self._entries(tables.entries.c.reference.in_(many("references")))
        self.by_references_now = self._as_of_now(self.by_references)
        self.reversals = self._reversals()
        self.reversals_now = self._as_of_now(self.reversals)
        self.facts = self._facts()
        self.facts_since = self._facts().where(tables.entries.c.occurred_us >= one("since_us"))
        accounts = tables.accounts.c
        self.accounts = self._accounts(accounts.name > one("after")).limit(bindparam("limit", type_=Integer))
        self.accounts_named = self._accounts(accounts.name.in_(many("names")))
        self.merges = self._merges(all_of_them=False)
        self.merges_now = self._as_of_now(self.merges)
        self.all_merges = self._merges(all_of_them=True)
        self.hold = self._hold()
        self.add_merge = self._add_all(tables.merges)
        self.merge_seq = self._as_of_now(self._merge_seq())
        self.held = self._as_of_now(self._held())
        self.last_seq = self._as_of_now(self._last_seq())
        self.mark = self._mark()
        self.drop_details = self._drop_details()
        self.add_audit = self._add_all(tables.audit)
        self.purge = Purging(tables, self._as_of_now)
        self.purged = self._purged()
        self.purged_now = self._as_of_now(self.purged)
        self.trail = self._trail(all_of_them=True)
        self.trail_of = self._trail(all_of_them=False)
        self.kept = KeptStatements(tables)
        policy_columns = [column.name for column in tables.policies.c if column.identity is None]
        self.add_policy = self._insert_new(tables.policies, "id", policy_columns)
        self._pages: dict[tuple[str, ...], Select[Any]] = {}

    @cached_property
    def deciding(self) -> DecisionStatements:
        """Those of decisions, which only a ledger that keeps some needs."""
        return DecisionStatements(self._tables, self._insert_new, self._as_of_now)

    @cached_property
    def sealing(self) -> SealStatements:
        """Those of seals, which only their job and its checks need."""
        return SealStatements(self._tables)

    @cached_property
    def add_seal(self) -> Insert:
        """A seal, unless there is one of its number."""
        seals = self._tables.seals
        return self._insert_new(seals, "seq", [column.name for column in seals.c if column.identity is None])

    @cached_property
    def seal_now(self) -> Select[Any]:
        """The seal of a number, whoever wrote it."""
        return self._as_of_now(self.sealing.numbered)

    @cached_property
    def row_under_now(self) -> Select[Any]:
        """A row that a seal covers, whoever wrote it."""
        sealed = self._tables.sealed.c
        return self._as_of_now(select(sealed.row_seq).where(sealed.seal_seq == one("seal_seq")).limit(1))

    def page(self, filters: tuple[str, ...]) -> Select[Any]:
        """One page of entries; `filters` are those of account(s), kinds, types and actor that are asked for."""
        if filters not in self._pages:
            self._pages[filters] = self._page(filters)
        return self._pages[filters]

    def _insert_new(self, table: Table, key: str, columns: Iterable[str]) -> Insert:
        values = {name: bindparam(name, type_=table.c[name].type) for name in columns}
        insert: Insert = self._unless_there(self._insert(table).values(values), table.c[key]).inline()
        return insert

    def _add_entry(self) -> Insert:
        """One entry of a customer that is known, in one statement; it returns nothing where it did nothing."""
        accounts, entries = self._tables.accounts.c, self._tables.entries.c
        given = [name for name in ENTRY_VALUES if name != "account_id"]
        row = select(*(bindparam(name, type_=entries[name].type) for name in given), accounts.id).where(
            accounts.ledger == one("ledger"), accounts.name == one("account"), accounts.closed_us.is_(None),
            ~self._was_purged(),
        )  # fmt: skip
        new = self._unless_there(
            self._insert(self._tables.entries).from_select([*given, "account_id"], row), entries.seq
        )
        insert: Insert = new.returning(entries.id, entries.seq, entries.request_digest, entries.account_id)
        return insert

    def _was_purged(self) -> ColumnElement[bool]:
        """Whether the reference stands for an entry that is gone; never, without a reference."""
        entries, purged = self._tables.entries.c, self._tables.purged.c
        reference, revision = (bindparam(name, type_=entries[name].type) for name in ("reference", "revision"))
        return exists().where(
            purged.ledger == one("ledger"), purged.reference == reference, purged.revision == revision
        )

    def _purged(self) -> Select[Any]:
        purged = self._tables.purged.c
        return select(purged.reference, purged.revision, purged.request_digest).where(
            purged.ledger == one("ledger"), purged.reference.in_(many("references"))
        )

    def _insert(self, table: Table) -> Any:
        return {"sqlite": sqlite.insert, "postgresql": postgresql.insert, "mariadb": mysql.insert}[self._family](table)

    def _unless_there(self, insert: Any, key: Column[Any]) -> Any:
        """Leave what is there as it is, without an error that would end the transaction."""
        if self._family == "mariadb":
            # INSERT IGNORE would also swallow values that do not fit.
            return insert.on_duplicate_key_update({key.name: key})
        return insert.on_conflict_do_nothing()

    def _as_of_now(self, statement: Select[Any]) -> Select[Any]:
        """Also see what others committed since this transaction began, which is what MariaDB's insert clashed with."""
        return statement.with_for_update(read=True) if self._family == "mariadb" else statement

    def _account_ids(self) -> Select[Any]:
        accounts = self._tables.accounts.c
        return select(accounts.name, accounts.id, accounts.closed_us).where(
            accounts.ledger == one("ledger"), accounts.name.in_(many("names"))
        )

    def _seqs(self) -> Select[Any]:
        entries = self._tables.entries.c
        return select(entries.id, entries.seq, entries.request_digest, entries.account_id).where(
            entries.ledger == one("ledger"), entries.id.in_(many("ids"))
        )

    def _reversals(self) -> Select[Any]:
        entries = self._tables.entries.c
        targets = entries.reverses.in_(many("targets"))
        return select(entries.reverses, entries.id).where(entries.ledger == one("ledger"), targets)

    def _entries(self, condition: ColumnElement[bool], known: ColumnElement[bool] | None = None) -> Select[Any]:
        accounts, entries, details = self._tables.accounts, self._tables.entries, self._tables.details
        reversal = entries.alias("reversal")
        taken_out = and_(reversal.c.ledger == entries.c.ledger, reversal.c.reverses == entries.c.id)
        if known is not None:
            taken_out = and_(taken_out, reversal.c.recorded_us <= one("known_us"))
        return (
            select(
                *(entries.c[name] for name in ENTRY_COLUMNS),
                accounts.c.name,
                details.c.note,
                details.c.attributes,
                reversal.c.id,
                entries.c.request_digest,
            )
            .select_from(
                entries.join(accounts, accounts.c.id == entries.c.account_id)
                .outerjoin(details, details.c.seq == entries.c.seq)
                .outerjoin(reversal, taken_out)
            )
            .where(entries.c.ledger == one("ledger"), condition)
        )

    def _page(self, filters: tuple[str, ...]) -> Select[Any]:
        accounts, entries = self._tables.accounts.c, self._tables.entries.c
        conditions = {
            # Of one name the index gives the entries in order.
            "account": entries.account_id
            == select(accounts.id)
            .where(accounts.ledger == one("ledger"), accounts.name == one("account"))
            .scalar_subquery(),
            "accounts": entries.account_id.in_(self._ids_of("accounts")),
            "kinds": entries.kind.in_(many("kinds")),
            "types": entries.type.in_(many("types")),
            "actor": entries.actor == one("actor"),
            "unrestricted": accounts.restricted_us.is_(None),
        }
        known = entries.recorded_us <= one("known_us")
        bounds = and_(
            entries.occurred_us >= one("first_us"),
            entries.occurred_us < one("end_us"),
            # Keyset, not OFFSET: no gaps and no doubles, however many entries share an instant.
            or_(
                entries.occurred_us > one("after_us"),
                and_(entries.occurred_us == one("after_us"), entries.seq > one("after_seq")),
            ),
            known,
        )
        wanted = and_(bounds, *(conditions[name] for name in filters))
        return (
            self._entries(wanted, known)
            .order_by(entries.occurred_us, entries.seq)
            .limit(bindparam("limit", type_=Integer))
        )

    def _facts(self) -> Select[Any]:
        accounts, entries = self._tables.accounts, self._tables.entries
        # A reversal counts whenever it happened, and an amendment may be one link of a chain that others are found by.
        readable = or_(
            entries.c.occurred_us <= one("as_of_us"), entries.c.reverses.is_not(None), entries.c.amends.is_not(None)
        )
        # The openings of a purge refuse the reading that came too late.
        wanted = or_(and_(entries.c.recorded_us <= one("known_us"), readable), entries.c.read_under.is_not(None))
        return (
            select(*(entries.c[name] for name in FACT_COLUMNS), accounts.c.name)
            .select_from(accounts.join(entries, entries.c.account_id == accounts.c.id))
            .where(accounts.c.ledger == one("ledger"), accounts.c.name.in_(many("names")))
            .where(wanted)
        )

    def _ids_of(self, names: str) -> Select[Any]:
        accounts = self._tables.accounts.c
        return select(accounts.id).where(accounts.ledger == one("ledger"), accounts.name.in_(many(names)))

    def _merges(self, *, all_of_them: bool) -> Select[Any]:
        merges = self._tables.merges.c
        account, into = self._tables.accounts.alias("account"), self._tables.accounts.alias("into_account")
        found = (
            select(account.c.name, into.c.name, merges.recorded_us, merges.actor, merges.seq, merges.backfilled)
            .select_from(
                self._tables.merges.join(account, account.c.id == merges.account_id).join(
                    into, into.c.id == merges.into_id
                )
            )
            .where(merges.ledger == one("ledger"))
            .order_by(merges.seq)
        )
        if all_of_them:
            return found
        return found.where(or_(merges.account_id.in_(self._ids_of("names")), merges.into_id.in_(self._ids_of("names"))))

    def _hold(self) -> Update:
        """An update that changes nothing, since it waits for others at every level of isolation and is seen by them."""
        accounts = self._tables.accounts
        return (
            accounts.update()
            .where(accounts.c.ledger == one("of_ledger"), accounts.c.name == one("held"))
            .values(created_us=accounts.c.created_us)
        )

    def _add_all(self, table: Table) -> Insert:
        columns = [column for column in table.c if column.identity is None]
        return (
            insert(table)
            .values({column.name: bindparam(column.name, type_=column.type) for column in columns})
            .inline()
        )

    def _add_event(self) -> Insert:
        outbox = self._tables.outbox
        new = self._insert(outbox).values(event_values(outbox, self._family))
        insert: Insert = self._unless_there(new, outbox.c.id).inline()
        return insert

    def _add_event_unless_restricted(self) -> Insert:
        accounts, outbox = self._tables.accounts.c, self._tables.outbox
        values = event_values(outbox, self._family)
        row = select(*values.values()).where(accounts.id == values["account_id"], accounts.restricted_us.is_(None))
        insert: Insert = self._unless_there(self._insert(outbox).from_select(list(values), row), outbox.c.id).inline()
        return insert

    def _restricted(self) -> Select[Any]:
        accounts = self._tables.accounts.c
        return select(accounts.id).where(accounts.id.in_(many("account_ids")), accounts.restricted_us.is_not(None))

    def _held(self) -> Select[Any]:
        accounts = self._tables.accounts.c
        return select(accounts.name, accounts.id, accounts.closed_us, accounts.restricted_us).where(
            accounts.ledger == one("ledger"), accounts.name.in_(many("names"))
        )

    def _mark(self) -> Update:
        accounts = self._tables.accounts
        columns = ("name", "closed_us", "restricted_us")
        values = {name: bindparam(f"new_{name}", type_=accounts.c[name].type) for name in columns}
        return accounts.update().where(accounts.c.id == one("account_id")).values(values)

    def _drop_details(self) -> Delete:
        details, entries = self._tables.details, self._tables.entries
        own = select(entries.c.seq).where(entries.c.account_id == one("account_id"))
        return details.delete().where(details.c.seq.in_(own))

    def _trail(self, *, all_of_them: bool) -> Select[Any]:
        accounts, audit = self._tables.accounts, self._tables.audit
        found = (
            select(
                accounts.c.name,
                audit.c.operation,
                audit.c.recorded_us,
                audit.c.actor,
                audit.c.reason,
                audit.c.seq,
                audit.c.before_us,
            )
            .select_from(audit.join(accounts, accounts.c.id == audit.c.account_id))
            .where(audit.c.ledger == one("ledger"))
            .order_by(audit.c.seq)
        )
        return found if all_of_them else found.where(accounts.c.name.in_(many("names")))

    def _merge_seq(self) -> Select[Any]:
        merges = self._tables.merges.c
        return select(func.max(merges.seq)).where(merges.account_id == one("account_id"))

    def _last_seq(self) -> Select[Any]:
        """The last entry of names; one row, of NULL where there is none."""
        entries = self._tables.entries.c
        return select(func.max(entries.seq)).where(entries.account_id.in_(self._ids_of("names")))

    def _accounts(self, condition: ColumnElement[bool]) -> Select[Any]:
        """Accounts with entries; subqueries, so that a page costs its own accounts and not all of them."""
        accounts, entries = self._tables.accounts.c, self._tables.entries.c
        own = entries.account_id == accounts.id
        # A reversal has the instant of what it reverses, so it opens nothing earlier.
        opened = select(func.min(entries.occurred_us)).where(own).scalar_subquery()
        counted = select(func.count()).where(own).scalar_subquery()
        last = select(func.max(entries.seq)).where(own).scalar_subquery()
        return (
            select(accounts.name, opened, counted, last, accounts.closed_us, accounts.restricted_us)
            .where(accounts.ledger == one("ledger"), condition, exists().where(own))
            .order_by(accounts.name)
        )
