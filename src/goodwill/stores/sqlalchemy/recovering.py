"""What recoveries give back, in SQL: a join with what they answer, and two windows over all recoveries of one failure."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import CTE, Double, Over, and_, case, false, func, or_, select

from goodwill.policies.policy import Policy
from goodwill.stores.sqlalchemy.operands import number
from goodwill.stores.sqlalchemy.seeing import OF_NO_KIND, flag
from goodwill.stores.sqlalchemy.valuing import Expression, plain_of, settled, share, stage, worths
from goodwill.valuations import LinkedRecovery

__all__ = ["recoveries"]

FAINTEST: Final = 1e-100
"""A compensation below this share of a loss is none: their product could vanish."""

OF_THE_ANSWER: Final = ("seq", "root", "kind", "severity", "occurred_us", "age")
"""The columns of a recovery that its own share and its account are found by."""


def recoveries(policy: Policy, rule: LinkedRecovery, answers: CTE) -> CTE:
    """Each deposit whose link is in force, with its worth (`worth`).

    Args:
        policy: the opinion.
        rule: its step for recoveries.
        answers: pairs of a deposit and the withdrawal that it answers.
    """
    valuation = policy.valuation
    answers = stage("answers_plain", select(*answers.c, plain_of(valuation, answers).label("plain")))
    pairs = worths(valuation, answers, "failures", "failure_")
    lost, worth = settled(pairs.c.failure_plain), settled(pairs.c.failure_worth)
    left = share(policy.decay, pairs.c.failure_kind, pairs.c.failure_severity, false(), pairs.c.late)
    offers = stage(
        "offers",
        select(
            *(pairs.c[name] for name in (*OF_THE_ANSWER, "reference", "failure_seq", "failure_kind")),
            offered(rule, pairs).label("offered"),
            (-worth).label("loss"),
            left.label("remains"),
        ).where(worth < 0.0, lost != 0.0),
    )
    return given_back(rule, offers)


def offered(rule: LinkedRecovery, pairs: CTE) -> Expression:
    """What each recovery offers, as a share of the loss; a pair of kinds may have a gain of its own."""
    plain, lost = settled(pairs.c.plain), settled(pairs.c.failure_plain)
    alike: dict[float, list[tuple[str, str]]] = {}
    for failure, gains in rule.matching.items():
        for answer, gain in gains.items():
            alike.setdefault(gain, []).append((failure, answer))

    def between(failure: str, answer: str) -> Expression:
        facts = OF_NO_KIND._replace(kind=failure), OF_NO_KIND._replace(kind=answer)
        found: Expression = rule.compensation(plain, lost, pairs.c.late, *facts)
        return found

    whens = []
    for kinds in alike.values():
        named = (and_(pairs.c.failure_kind == failure, pairs.c.kind == answer) for failure, answer in kinds)
        whens.append((or_(*named), between(*kinds[0])))
    return case(*whens, else_=between("", "")) if whens else between("", "")


def given_back(rule: LinkedRecovery, offers: CTE) -> CTE:
    """What each recovery adds to what was given back before it."""
    total = in_order(func.sum(offers.c.offered, type_=Double()), offers, until=0)
    sums = stage("sums", select(*offers.c, total.label("compensation")))
    compensation = case((sums.c.compensation < FAINTEST, number(0.0)), else_=sums.c.compensation)
    most = rule.returned(compensation, sums.c.loss, sums.c.remains, sums.c.failure_kind)
    bounds = stage("bounds", select(*sums.c, most.label("most")))
    before = func.coalesce(in_order(func.max(bounds.c.most, type_=Double()), bounds, until=-1), number(0.0))
    of_answers = [bounds.c[name] for name in OF_THE_ANSWER]
    ranks = stage("ranks", select(*of_answers, bounds.c.most, before.label("given")))
    added = case((ranks.c.most > ranks.c.given, ranks.c.most - ranks.c.given), else_=number(0.0))
    return stage("recoveries", select(*(ranks.c[name] for name in OF_THE_ANSWER), added.label("worth")))


def in_order(function: Any, rows: CTE, *, until: int) -> Over[Any]:
    """A function of a failure's recoveries in fold order, from the first to so many after the present one."""
    order = rows.c.occurred_us, flag(rows.c.reference.is_(None)), rows.c.reference, rows.c.seq
    over: Over[Any] = function.over(partition_by=rows.c.failure_seq, order_by=order, rows=(None, until))
    return over
