"""What every account adds up to, in one statement: facts, their worths, what recoveries give back, and the sums."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import CTE, Double, Integer, Select, and_, bindparam, case, func, literal, or_, select, true, union_all

from goodwill.domain.balance import Unvalued
from goodwill.domain.instant import from_us
from goodwill.domain.merge import Names
from goodwill.ledger.ports import Total
from goodwill.ledger.survey_requests import Totals
from goodwill.policies.sums import ROUNDING
from goodwill.stores.sqlalchemy.merging import merge_of
from goodwill.stores.sqlalchemy.operands import number
from goodwill.stores.sqlalchemy.planning import obstacles, without_math
from goodwill.stores.sqlalchemy.recovering import recoveries
from goodwill.stores.sqlalchemy.seeing import OF_NO_KIND, Sight, View, flag
from goodwill.stores.sqlalchemy.statements import LATEST, Statements
from goodwill.stores.sqlalchemy.steps import Query, Steps, fetch
from goodwill.stores.sqlalchemy.tables import Tables
from goodwill.stores.sqlalchemy.valuing import Expression, settled, share, stage, worths
from goodwill.valuations import LinkedRecovery

__all__ = ["totals"]


UNVALUED = 7
"""The place in a row of how many entries have no worth."""

FLAGS = ("visible", "has_worth", "valued", "odd", "contact")
"""What is 1 of a fact that is in force, of a type that is valued, and so on, and 0 of all others."""


def totals(request: Totals, sql: Statements, ledger: str) -> Steps[list[Total] | None]:
    """What every account adds up to; None where the policy or the database is not up to it."""
    if obstacles(request.policy) or (yield from without_math(sql)):
        return None
    view = View.of(request, (yield from roots(request, sql, ledger)))
    known_us = LATEST if request.known_us is None else request.known_us
    bound = {"ledger": ledger, "as_of_us": request.as_of_us, "known_us": known_us}
    rows = yield Query(summed(sql.tables, view), {**bound, "all_of_them": int(not request.overdrawn)})
    listed: dict[int, list[Unvalued]] = {}
    if any(row[UNVALUED] for row in rows):
        for row in (yield Query(without_worth(sql.tables, view), bound)):
            listed.setdefault(row[0], []).append(unvalued(row, request))
    return [total(row, listed) for row in rows]


def roots(request: Totals, sql: Statements, ledger: str) -> Steps[dict[int, int]]:
    """The key of the account that answers for each merged one, by its key; few are merged."""
    merges = [merge_of(row) for row in (yield Query(sql.all_merges, {"ledger": ledger}))]
    names = Names(merges, None if request.known_us is None else from_us(request.known_us))
    root_of = {name: root for name in names.latest if (root := names.root(name)) != name}
    rows = yield from fetch(sql.account_ids, "names", [*root_of, *root_of.values()], ledger=ledger)
    keys = {row[0]: row[1] for row in rows}
    return {keys[name]: keys[root] for name, root in root_of.items()}


@lru_cache(maxsize=64)
def summed(tables: Tables, view: View) -> Select[Any]:
    """A row for each account: its key and name, what `Total` has of it, and whether the fold must read it."""
    sight = Sight(tables, view)
    found = contributions(sight)
    counts = and_(found.c.visible == 1, found.c.has_worth == 1)
    per_root = (
        select(
            found.c.root,
            func.sum(above(found.c.amount), type_=Double()).label("positive"),
            func.sum(found.c.amount - above(found.c.amount), type_=Double()).label("negative"),
            func.sum(flag(counts)).label("entries"),
            func.min(case((found.c.visible == 1, found.c.occurred_us))).label("opened_us"),
            func.max(case((and_(found.c.visible == 1, found.c.contact == 1), found.c.occurred_us))).label("last_us"),
            func.sum(flag(and_(counts, found.c.valued == 0))).label("unvalued"),
            func.max(flag(and_(found.c.visible == 1, found.c.odd == 1))).label("odd"),
        )
        .group_by(found.c.root)
        .cte("per_root")
    )
    account = sight.accounts.alias("account")
    size = per_root.c.positive - per_root.c.negative
    below = per_root.c.positive + per_root.c.negative < number(-ROUNDING) * size
    asked_for = bindparam("all_of_them", type_=Integer()) == 1
    return (
        select(account.c.id, account.c.name, *(column for column in per_root.c if column.name != "root"))
        .join_from(per_root, account, account.c.id == per_root.c.root)
        .where(account.c.id.not_in(sight.restricted()), or_(asked_for, per_root.c.odd == 1, below))
    )


def contributions(sight: Sight) -> CTE:
    """Each fact with what it adds (`amount`), and once more each recovery in force, which adds nothing as a fact.

    Not a join: without statistics, SQLite would look through all recoveries for each fact.
    """
    policy = sight.policy
    facts = worths(policy.valuation, sight.facts(), "entries")
    counts = and_(facts.c.visible == 1, facts.c.valued == 1)
    rule = policy.valuation.recovery
    if not isinstance(rule, LinkedRecovery):
        return stage("amounts", amounts(sight, facts, counts))
    given = recoveries(policy, rule, sight.answers())
    alone = amounts(sight, facts, and_(counts, facts.c.seq.not_in(select(given.c.seq))))
    nothing = literal(0, Integer())
    left = share(policy.decay, given.c.kind, given.c.severity, true(), given.c.age)
    given_back = select(
        given.c.root,
        *(nothing.label(name) for name in FLAGS),
        given.c.occurred_us,
        (settled(given.c.worth) * left).label("amount"),
    )
    both = union_all(select(*stage("alone", alone).c), select(*stage("given_back", given_back).c))
    return both.cte("amounts")


def amounts(sight: Sight, facts: CTE, counts: Expression) -> Select[Any]:
    """Each fact with what it adds, if it counts."""
    left = share(sight.policy.decay, facts.c.kind, facts.c.severity, facts.c.sign > 0.0, facts.c.age)
    amount = case((counts, settled(facts.c.worth) * left), else_=number(0.0))
    return select(*(facts.c[name] for name in ("root", *FLAGS, "occurred_us")), amount.label("amount"))


def above(amount: Expression) -> Expression:
    """An amount, or 0 where it is below."""
    return case((amount > 0.0, amount), else_=number(0.0))


@lru_cache(maxsize=64)
def without_worth(tables: Tables, view: View) -> Select[Any]:
    """The deposits and withdrawals in force that the policy has no opinion on, in fold order."""
    wanted = ("id", "reference", "currency", "response_id", "response_ref")
    facts = Sight(tables, view).facts(*wanted)
    linked = flag(or_(facts.c.response_id.is_not(None), facts.c.response_ref.is_not(None)))
    order = facts.c.occurred_us, linked, flag(facts.c.reference.is_(None)), facts.c.reference, facts.c.seq
    return (
        select(facts.c.root, facts.c.id, facts.c.reference, facts.c.kind, facts.c.currency, facts.c.occurred_us)
        .where(facts.c.visible == 1, facts.c.valued == 0, facts.c.has_worth == 1)
        .order_by(*order)
    )


def unvalued(row: Sequence[Any], request: Totals) -> Unvalued:
    """An entry without a worth, and the policy's reason."""
    _, id_, reference, kind, currency, occurred_us = row
    exchange = request.policy.exchange(currency, request.home)
    reason = request.policy.valuation.unvalued(OF_NO_KIND._replace(kind=kind, currency=currency), exchange)
    return Unvalued(id_, reference, kind, from_us(occurred_us), reason or "")


def total(row: Sequence[Any], listed: dict[int, list[Unvalued]]) -> Total:
    """The total of a row."""
    key, name, positive, negative, entries, opened_us, last_us, _, odd = row
    return Total(
        name, positive, negative, int(entries), opened_us, last_us, tuple(listed.get(key, ())), is_exact=not odd
    )
