"""The SQL of kept readings: every statement is built once and only bound afterwards."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Delete,
    FromClause,
    Insert,
    Integer,
    Select,
    Table,
    Update,
    and_,
    bindparam,
    func,
    insert,
    or_,
    select,
)

from goodwill.stores.sqlalchemy.binding import many, one
from goodwill.stores.sqlalchemy.rows import FACT_COLUMNS
from goodwill.stores.sqlalchemy.tables import Tables

__all__ = ["KEPT_COLUMNS", "KeptStatements"]

POLICY_COLUMNS = ("id", "digest", "name", "document", "read_with", "added_us", "ready_us", "built_id")

KEPT_COLUMNS = (
    "document", "from_us", "until_us", "looked_us", "band", "is_overdrawn", "rank_key", "next_crossing_us", "covers",
)  # fmt: skip
"""The columns of `standings` that make a kept reading."""


class KeptStatements:
    """Every statement on policies, standings and what is pending."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        policies, standings, pending = tables.policies, tables.standings, tables.pending
        self.policies = self._policies()
        self.held_policies = self._policies().with_for_update()
        self.policy = self._policies().where(policies.c.digest == one("digest"))
        self.set_policy = self._set_policy()
        self.drop_policy = policies.delete().where(policies.c.ledger == one("ledger"), policies.c.id == one("policy"))
        self.drop_standings = standings.delete().where(standings.c.policy_id == one("policy"))
        self.drop_checkpoints = tables.checkpoints.delete().where(tables.checkpoints.c.policy_id == one("policy"))
        self.kept = self._kept()
        self.kept_merged = self._kept_merged()
        self.oldest_pending = self._pending(of_names=False)
        self.pending_of = self._pending(of_names=True)
        self.waiting = self._waiting()
        self.take = pending.delete().where(pending.c.ledger == one("ledger"), pending.c.id.in_(many("ids")))
        self.numbered = self._numbered()
        self.unbuilt = self._unbuilt()
        self.numbers = self._numbers()
        self.add_standings = self._add(standings)
        self.drop_some = self._drop_some()
        self.stop = self._stop()
        self.stops = self._stops()
        stop = tables.checkpoints.c
        self.stop_documents = select(stop.id, stop.occurred_us, stop.document).where(stop.id.in_(many("ids")))
        self.add_stops = self._add(tables.checkpoints)
        self.drop_stops = tables.checkpoints.delete().where(tables.checkpoints.c.id.in_(many("ids")))
        self.due = self._due()
        self.ranked = self._ranked(by_key=True)
        self.overdrawn = self._ranked(by_key=False)

    def _add(self, table: Table) -> Insert:
        columns = [column for column in table.c if column.identity is None]
        values = {column.name: bindparam(column.name, type_=column.type) for column in columns}
        return insert(table).values(values).inline()

    def _policies(self) -> Select[Any]:
        policies = self._tables.policies.c
        columns = (policies[name] for name in POLICY_COLUMNS)
        return select(*columns).where(policies.ledger == one("ledger")).order_by(policies.id)

    def _set_policy(self) -> Update:
        policies = self._tables.policies
        values = {
            name: bindparam(f"new_{name}", type_=policies.c[name].type)
            for name in ("read_with", "ready_us", "built_id")
        }
        return (
            policies.update()
            .where(policies.c.ledger == one("of_ledger"), policies.c.id == one("policy"))
            .values(values)
        )

    def _readable(self) -> ColumnElement[bool]:
        """Standings of the policy that is asked about, if they were read with the same."""
        policies = self._tables.policies.c
        return and_(
            policies.ledger == one("ledger"),
            policies.digest == one("digest"),
            policies.read_with == one("read_with"),
            or_(policies.ready_us.is_not(None), bindparam("building", type_=Integer) == 1),
        )

    def _standings(self) -> FromClause:
        policies, standings, accounts = self._tables.policies, self._tables.standings, self._tables.accounts
        return policies.join(standings, standings.c.policy_id == policies.c.id).join(
            accounts, accounts.c.id == standings.c.account_id
        )

    def _kept(self) -> Select[Any]:
        """Kept readings with what is pending, in one statement, so that both are of one moment."""
        accounts, pending, entries = self._tables.accounts, self._tables.pending, self._tables.entries
        return (
            select(
                accounts.c.name,
                accounts.c.id,
                *(self._tables.standings.c[name] for name in KEPT_COLUMNS),
                pending.c.id,
                pending.c.plain,
                *(entries.c[name] for name in FACT_COLUMNS),
                accounts.c.name.label("written_under"),
            )
            .select_from(
                self._standings()
                .outerjoin(pending, pending.c.account_id == accounts.c.id)
                .outerjoin(entries, entries.c.seq == pending.c.entry_seq)
            )
            .where(self._readable(), accounts.c.ledger == one("ledger"), accounts.c.name.in_(many("names")))
        )

    def _kept_merged(self) -> Select[Any]:
        """The same for one customer of several names; a row for each name at least."""
        accounts, pending, entries = self._tables.accounts, self._tables.pending, self._tables.entries
        named = accounts.alias("named")
        return (
            select(
                accounts.c.name,
                named.c.id,
                *(self._tables.standings.c[name] for name in KEPT_COLUMNS),
                pending.c.id,
                pending.c.plain,
                *(entries.c[name] for name in FACT_COLUMNS),
                named.c.name.label("written_under"),
            )
            .select_from(
                self._standings()
                .join(named, and_(named.c.ledger == accounts.c.ledger, named.c.name.in_(many("names"))))
                .outerjoin(pending, pending.c.account_id == named.c.id)
                .outerjoin(entries, entries.c.seq == pending.c.entry_seq)
            )
            .where(self._readable(), accounts.c.ledger == one("ledger"), accounts.c.name == one("root"))
        )

    def _pending(self, *, of_names: bool) -> Select[Any]:
        accounts, pending, entries = self._tables.accounts, self._tables.pending, self._tables.entries
        found = (
            select(
                pending.c.id,
                pending.c.plain,
                accounts.c.name.label("of_account"),
                *(entries.c[name] for name in FACT_COLUMNS),
                accounts.c.name,
            )
            .select_from(
                pending.join(accounts, accounts.c.id == pending.c.account_id).outerjoin(
                    entries, entries.c.seq == pending.c.entry_seq
                )
            )
            .where(pending.c.ledger == one("ledger"))
        )
        if of_names:
            return found.where(accounts.c.ledger == one("ledger"), accounts.c.name.in_(many("names")))
        return found.order_by(pending.c.id).limit(bindparam("limit", type_=Integer))

    def _waiting(self) -> Select[Any]:
        accounts, pending = self._tables.accounts, self._tables.pending
        return (
            select(accounts.c.name)
            .distinct()
            .select_from(pending.join(accounts, accounts.c.id == pending.c.account_id))
            .where(pending.c.ledger == one("ledger"))
        )

    def _numbered(self) -> Select[Any]:
        accounts = self._tables.accounts.c
        return (
            select(accounts.id, accounts.name)
            .where(accounts.ledger == one("ledger"), accounts.id > one("after"))
            .order_by(accounts.id)
            .limit(bindparam("limit", type_=Integer))
        )

    def _unbuilt(self) -> Select[Any]:
        accounts = self._tables.accounts.c
        return (
            select(func.count())
            .select_from(self._tables.accounts)
            .where(accounts.ledger == one("ledger"), accounts.id > one("after"))
        )

    def _numbers(self) -> Select[Any]:
        accounts = self._tables.accounts.c
        return select(accounts.name, accounts.id, accounts.restricted_us).where(
            accounts.ledger == one("ledger"), accounts.name.in_(many("names"))
        )

    def _drop_some(self) -> Delete:
        standings = self._tables.standings
        return standings.delete().where(
            standings.c.policy_id == one("policy"), standings.c.account_id.in_(many("accounts"))
        )

    def _stop(self) -> Select[Any]:
        """The last stop of a customer's fold before an instant."""
        accounts, stops = self._tables.accounts.c, self._tables.checkpoints.c
        return (
            select(stops.occurred_us, stops.document)
            .select_from(self._tables.checkpoints.join(self._tables.accounts, accounts.id == stops.account_id))
            .where(accounts.ledger == one("ledger"), accounts.name == one("root"))
            .where(stops.policy_id == one("policy"), stops.occurred_us < one("before_us"))
            .order_by(stops.occurred_us.desc(), stops.id.desc())
            .limit(1)
        )

    def _stops(self) -> Select[Any]:
        """All stops of accounts, without their documents, which are long."""
        stops = self._tables.checkpoints.c
        return (
            select(stops.id, stops.account_id, stops.occurred_us)
            .where(stops.policy_id == one("policy"), stops.account_id.in_(many("accounts")))
            .order_by(stops.occurred_us, stops.id)
        )

    def _due(self) -> Select[Any]:
        accounts, standings, policies = self._tables.accounts.c, self._tables.standings.c, self._tables.policies.c
        return (
            select(accounts.name)
            .select_from(self._standings())
            .where(policies.ledger == one("ledger"), policies.digest == one("digest"))
            .where(standings.next_crossing_us <= one("at_us"))
            .order_by(standings.next_crossing_us)
            .limit(bindparam("limit", type_=Integer))
        )

    def _ranked(self, *, by_key: bool) -> Select[Any]:
        """Who may be overdrawn: the lowest by an index on the rank key, or all by one on the band."""
        accounts, standings = self._tables.accounts.c, self._tables.standings.c
        policy = standings.policy_id == one("policy")
        found = select(accounts.name).select_from(
            self._tables.standings.join(self._tables.accounts, accounts.id == standings.account_id)
        )
        if not by_key:
            return found.where(policy, standings.is_overdrawn.is_(True), standings.hidden.is_(False))
        return (
            found.where(policy, standings.rank_key < 0.0, standings.hidden.is_(False))
            .order_by(standings.rank_key)
            .limit(bindparam("limit", type_=Integer))
        )
