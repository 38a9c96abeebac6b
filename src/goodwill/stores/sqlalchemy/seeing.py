"""What a reading of all accounts sees: the entries that happened and are known, and which answers which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, Self

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    and_,
    bindparam,
    case,
    column,
    false,
    func,
    literal,
    or_,
    select,
    values,
)

from goodwill.domain.entry import Fact
from goodwill.ledger.reading import ENDS_SILENCE
from goodwill.ledger.survey_requests import Totals
from goodwill.policies.policy import Policy
from goodwill.stores.sqlalchemy.operands import number
from goodwill.stores.sqlalchemy.planning import SMALLEST
from goodwill.stores.sqlalchemy.rows import MILLION
from goodwill.stores.sqlalchemy.tables import Tables
from goodwill.stores.sqlalchemy.valuing import Expression, chosen, days, stage
from goodwill.valuations import LinkedRecovery

__all__ = ["OF_NO_KIND", "Sight", "View", "flag"]

OF_NO_KIND: Final = Fact("", 0, "deposit", "", "", 0, 0)
"""A fact of a kind that no table names."""

VALUED: Final = ("deposit", "withdrawal")
"""The types that a database values; a `Kept` depends on its promise."""


class View(NamedTuple):
    """What decides how a statement is written; ledger and instants are bound when it runs.

    Attributes:
        home: the ledger's home currency.
        aliases: earlier names of kinds, each with today's.
        contacts: the kinds of observation that end a silence.
        roots: the key of each merged account, and of the one that answers for it.
    """

    policy: Policy
    home: str
    aliases: tuple[tuple[str, str], ...]
    contacts: tuple[str, ...]
    roots: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, request: Totals, roots: Mapping[int, int]) -> Self:
        """The view that a request asks for."""
        kinds = request.catalog.values()
        return cls(
            request.policy,
            request.home,
            tuple((alias, kind.name) for kind in kinds for alias in kind.aliases),
            tuple(kind.name for kind in kinds if kind.contact),
            tuple(sorted(roots.items())),
        )


class Sight:
    """The entries of one ledger as of an instant, as known at another, as a policy reads them."""

    def __init__(self, tables: Tables, view: View) -> None:
        self.view = view
        self.policy = view.policy
        self.entries = tables.entries
        self.accounts = tables.accounts
        self.ledger = bindparam("ledger", type_=tables.entries.c.ledger.type)
        self.as_of_us = bindparam("as_of_us", type_=BigInteger())
        self.known_us = bindparam("known_us", type_=BigInteger())
        self.roots = listed(view.roots) if view.roots else None

    def facts(self, *more: str) -> CTE:
        """Every entry that happened and is known, those that were taken out as well; reversals are none.

        Args:
            more: columns of `entries` that are wanted beside what a sum needs.
        """
        entry = self.entries.alias("entry")
        source, reversal, root = self._beside(entry, entry)
        seen = select(
            entry.c.seq,
            entry.c.occurred_us,
            *(entry.c[name] for name in more),
            root.label("root"),
            flag(reversal.c.seq.is_(None)).label("visible"),
            flag(entry.c.type.in_(VALUED)).label("has_worth"),
            flag(self._ends_silence(entry)).label("contact"),
            flag(self._is_odd(entry)).label("odd"),
            days(self.as_of_us - entry.c.occurred_us).label("age"),
            *self._measures(entry),
        )
        return stage("facts", seen.select_from(source).where(self._is_known(entry), entry.c.type != "reversal"))

    def answers(self) -> CTE:
        """Each deposit in force with the withdrawal in force, of the same customer, that it answers; both have a worth."""
        answer, failure = self._linked(), self.entries.alias("failure")
        source, root = self._rooted(answer.join(failure, failure.c.seq == answer.c.failure_seq), failure.c.account_id)
        pairs = stage(
            "pairs",
            select(
                *answer.c,
                days(answer.c.occurred_us - failure.c.occurred_us).label("late"),
                *self._measures(failure, "failure_"),
            )
            .select_from(source)
            .where(
                failure.c.type == "withdrawal",
                # At one instant what is answered comes first.
                failure.c.occurred_us <= answer.c.occurred_us,
                root == answer.c.root,
            ),
        )
        return stage("answers", select(*pairs.c).where(pairs.c.valued == 1, pairs.c.failure_valued == 1))

    def _linked(self) -> CTE:
        """Each deposit in force that answers another entry, with the number of that entry where it is in force.

        Not a join: without statistics, SQLite would look for the answer to each entry, among all.
        """
        answer = self.entries.alias("answer")
        source, reversal, root = self._beside(answer, answer)
        linked = select(
            answer.c.seq,
            answer.c.reference,
            answer.c.occurred_us,
            root.label("root"),
            days(self.as_of_us - answer.c.occurred_us).label("age"),
            case(
                (answer.c.response_ref.is_not(None), self._in_force(answer, "reference", "response_ref")),
                else_=self._in_force(answer, "id", "response_id"),
            ).label("failure_seq"),
            *self._measures(answer),
        )
        return stage(
            "linked",
            linked.select_from(source).where(
                self._is_known(answer), answer.c.type == "deposit", is_linked(answer), reversal.c.seq.is_(None)
            ),
        )

    def _in_force(self, answer: FromClause, named: str, link: str) -> Expression:
        """The number of the entry in force that a link names; of all revisions of a reference, one is.

        That it happened is not asked here, or SQLite would look through all that happened.
        """
        target = self.entries.alias("target")
        source, reversal, _ = self._beside(target, target)
        found = select(func.max(target.c.seq)).select_from(source)
        known = and_(target.c.ledger == self.ledger, target.c.recorded_us <= self.known_us, reversal.c.seq.is_(None))
        return found.where(target.c[named] == answer.c[link], known).scalar_subquery()

    def restricted(self) -> Select[Any]:
        """The keys of the accounts that are left out, since one of their names is restricted."""
        account, entry = self.accounts.alias("restricted"), self.entries.alias("of_restricted")
        source, root = self._rooted(account, account.c.id)
        has_entries = select(entry.c.seq).where(entry.c.account_id == account.c.id).exists()
        return (
            select(root)
            .select_from(source)
            .where(account.c.ledger == self.ledger, account.c.restricted_us.is_not(None), has_entries)
        )

    def _is_known(self, entry: FromClause) -> Expression:
        return and_(
            entry.c.ledger == self.ledger,
            entry.c.occurred_us <= self.as_of_us,
            entry.c.recorded_us <= self.known_us,
        )

    def _beside(self, source: FromClause, entry: FromClause) -> tuple[FromClause, FromClause, Expression]:
        """A source with what took an entry out beside it, and the account that answers for it."""
        reversal = self.entries.alias()
        taken_out = and_(
            reversal.c.ledger == entry.c.ledger,
            reversal.c.reverses == entry.c.id,
            reversal.c.recorded_us <= self.known_us,
        )
        source, root = self._rooted(source.outerjoin(reversal, taken_out), entry.c.account_id)
        return source, reversal, root

    def _rooted(self, source: FromClause, account_id: Expression) -> tuple[FromClause, Expression]:
        if self.roots is None:
            return source, account_id
        merged = self.roots.alias()
        source = source.outerjoin(merged, merged.c.id == account_id)
        return source, func.coalesce(merged.c.root_id, account_id)

    def _measures(self, entry: FromClause, prefix: str = "") -> list[Expression]:
        """An entry as formulas see it, and whether the policy has an opinion on it."""
        kind, exchange = self._kind(entry), self._exchange(entry)
        measures: dict[str, Expression] = {
            "kind": kind,
            "sign": case((entry.c.type == "withdrawal", number(-1.0)), else_=number(1.0)),
            "magnitude": func.coalesce(entry.c.magnitude_e6 / number(float(MILLION)), number(1.0)),
            "exchange": func.coalesce(exchange, number(1.0)),
            "sincerity": func.coalesce(entry.c.sincerity, number(1.0)),
            "severity": severity_of(entry),
            "valued": flag(and_(entry.c.type.in_(VALUED), self._has_worth(entry, kind, exchange))),
        }
        return [measure.label(f"{prefix}{name}") for name, measure in measures.items()]

    def _kind(self, entry: FromClause) -> Expression:
        """The kind by the name that the catalog has for it today."""
        renamed = [(entry.c.kind == old, literal(name)) for old, name in self.view.aliases]
        return case(*renamed, else_=entry.c.kind) if renamed else entry.c.kind

    def _exchange(self, entry: FromClause) -> Expression:
        """How many units of the policy's currency one of the entry's buys; NULL where the policy has no rate."""
        own = self.policy.currency or self.view.home
        rates = ((entry.c.currency == code, number(rate)) for code, rate in self.policy.rates.items() if code != own)
        return case((or_(entry.c.currency.is_(None), entry.c.currency == own), number(1.0)), *rates)

    def _has_worth(self, entry: FromClause, kind: Expression, exchange: Expression) -> Expression:
        """Whether the policy has an opinion: it is asked for each kind, in no currency, a known and an unknown one."""

        def among(currency: str | None, rate: float | None) -> Expression:
            facts = (OF_NO_KIND._replace(kind=name, currency=currency) for name in sorted(self.policy.kinds))
            priced = [fact.kind for fact in facts if self.policy.valuation.unvalued(fact, rate) is None]
            return kind.in_(priced) if priced else false()

        home, no_money = self.view.home, entry.c.currency.is_(None)
        return case((no_money, among(None, 1.0)), (exchange.is_not(None), among(home, 1.0)), else_=among(home, None))

    def _ends_silence(self, entry: FromClause) -> Expression:
        ends = entry.c.type.in_(sorted(ENDS_SILENCE))
        if not self.view.contacts:
            return ends
        return or_(ends, and_(entry.c.type == "observation", self._kind(entry).in_(self.view.contacts)))

    def _is_odd(self, entry: FromClause) -> Expression:
        """Whether SQL cannot value the entry, or what it is part of, to the last digit, so that the fold must."""
        sorts = [
            entry.c.type.in_(("promise", "kept", "opening")),
            and_(entry.c.severity > 0.0, entry.c.severity < SMALLEST),
            and_(entry.c.sincerity != 0.0, func.abs(entry.c.sincerity) < SMALLEST),
        ]
        schedule, recovery = self.policy.decay, self.policy.valuation.recovery
        if schedule.by_dimension:
            sorts.append(entry.c.dimensions.is_not(None))
        if any(decay.dated for decay in schedule.decays):
            sorts.append(self._picked(entry, lambda decay: literal(int(decay.dated))) == 1)
        if recovery is not None:
            sorts.append(entry.c.response_id.in_(self._amended()))
        if isinstance(recovery, LinkedRecovery) and recovery.justice is not None:
            sorts.append(and_(is_linked(entry), entry.c.dimensions.is_not(None)))
        return or_(*sorts)

    def _amended(self) -> Select[Any]:
        """The ids of what was amended; a link to one follows the amendments, from one to the next."""
        amended = self.entries.alias("amended")
        return select(amended.c.amends).where(amended.c.ledger == self.ledger, amended.c.amends.is_not(None))

    def _picked(self, entry: FromClause, of: Any) -> Expression:
        is_deposit = entry.c.type != "withdrawal"
        return chosen(self.policy.decay, self._kind(entry), severity_of(entry), is_deposit, of)


def listed(roots: Sequence[tuple[int, int]]) -> CTE:
    """The root of each merged account. The keys stand in the statement as they are, since there may be many."""
    columns = column("id", BigInteger()), column("root_id", BigInteger())
    return values(*columns, name="roots", literal_binds=True).data(roots).cte("roots")


def flag(condition: ColumnElement[bool]) -> Expression:
    """1 where a condition holds, and 0 elsewhere: not every database has booleans."""
    return case((condition, 1), else_=0)


def is_linked(entry: FromClause) -> ColumnElement[bool]:
    """Whether an entry answers another, in force or not."""
    return or_(entry.c.response_id.is_not(None), entry.c.response_ref.is_not(None))


def severity_of(entry: FromClause) -> Expression:
    """The severity; 1 where nobody said."""
    return func.coalesce(entry.c.severity, number(1.0))
