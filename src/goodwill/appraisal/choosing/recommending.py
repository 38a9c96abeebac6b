"""Which gesture, now or later: what could be given to one customer, weighed against giving nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import isfinite
from typing import Any, Final, Unpack

from goodwill.appraisal.appraisal import Caveat
from goodwill.appraisal.book import opened, present
from goodwill.appraisal.choosing.choice import Choice, is_at
from goodwill.appraisal.choosing.options import Option, checked
from goodwill.appraisal.choosing.weighing import Weighing, weighed
from goodwill.appraisal.faults import AppraisalError
from goodwill.appraisal.parameters import Rates, exchanged, rounded
from goodwill.appraisal.retention import RetentionLink
from goodwill.appraisal.terms import WordOfMouth
from goodwill.appraisal.uncertainty import Uncertainty
from goodwill.appraisal.value import CustomerValue
from goodwill.domain.entry import Entry
from goodwill.domain.kind import Catalog
from goodwill.domain.money import Money
from goodwill.domain.notebook import as_html
from goodwill.ledger.ledger import Ledger
from goodwill.policies.policy import Policy

__all__ = ["Choice", "Recommendation", "recommend"]

LONGEST_WAIT: Final = 36_525.0
"""In days: a hundred years."""

AT_ENDS: Final = Caveat(
    "decides_at_ends",
    "the customer is taken to decide at the ends of periods, counted from the present: what is given just before one "
    "has faded least by then, so a wait looks better than it is where customers decide on any day",
)


@dataclass(frozen=True, kw_only=True)
class Recommendation:
    """What to give to a customer, if anything.

    Attributes:
        account: the customer's id.
        as_of: the present.
        best: the choice of the highest net value within the budget; None where nothing is worth its cost.
        reason: why that one, or why none.
        cheapest_to_target: the choice of the least cost, within the budget, that brings the balance to the target; None
            where none does, or where the balance is there already.
        target: in points; None where none was asked for.
        target_reason: why that one, or why none.
        ranked: every option at every instant within the budget, the highest net value first.
        beyond_budget: those that cost more, in the same order.
        caveats: what a reader must know.
    """

    account: str
    as_of: datetime
    best: Choice | None
    reason: str
    cheapest_to_target: Choice | None
    target: float | None
    target_reason: str
    ranked: tuple[Choice, ...] = field(repr=False)
    beyond_budget: tuple[Choice, ...] = field(repr=False)
    caveats: tuple[Caveat, ...] = field(repr=False)

    def __str__(self) -> str:
        told = [f"{self.account}: {self.reason}", *([] if self.target is None else [f"  {self.target_reason}"])]
        told += [f"  {choice}" for choice in self.ranked]
        told += [f"  beyond the budget: {choice}" for choice in self.beyond_budget]
        return "\n".join([*told, *(f"  ! {caveat.text}" for caveat in self.caveats)])

    def _repr_html_(self) -> str | None:
        return as_html(self)


def recommend(
    book: Ledger | Iterable[Entry],
    account: str,
    options: Iterable[Option],
    *,
    value: CustomerValue,
    link: RetentionLink,
    budget: Money | None = None,
    target: float | None = None,
    as_of: datetime | None = None,
    wait_days: Sequence[float] = (0, 7, 30),
    known_at: datetime | None = None,
    policy: Policy | None = None,
    catalog: Catalog | None = None,
    home: str | None = None,
    then: Sequence[Entry] = (),
    rates: Rates | None = None,
    uncertainty: Uncertainty | None = None,
    word_of_mouth: WordOfMouth | None = None,
    **weighing: Unpack[Weighing],
) -> Recommendation:
    """Which gesture, now or later, is worth most, and which is the cheapest that brings a customer back to a target.

    One gesture is given, or nothing: that is what each is weighed against, under the same policy, link and value, as
    `appraise` does. One that is given later costs later and lifts later, and counts if the customer is there then.

    Args:
        book: a ledger, or the entries of one account.
        account: the customer's id.
        options: what could be given.
        value: what a customer is worth who stays.
        link: from goodwill to staying.
        budget: what may be spent at most; of 0, only what is free remains.
        target: the points that the balance should be at, the moment that the gesture is given: 0 is no longer overdrawn.
        as_of: the present; the ledger's clock where none is named. Of a list it must be.
        wait_days: how long after the present a gesture could be given, each at least 0.
        known_at: what was recorded later is not read.
        policy: as `appraise` takes it.
        catalog: as `appraise` takes it.
        home: as `appraise` takes it.
        then: as `appraise` takes it.
        rates: as `appraise` takes them.
        uncertainty: as `appraise` takes it; with it the appraisal of a choice has a `chance`.
        word_of_mouth: as `appraise` takes it.
        weighing: `handling`, `claim_probability`, `volatility`, `norms` and `norm`, as `appraise` takes them.

    Raises:
        AppraisalError: for no options, two of one name, a budget below 0, no wait or one below 0, a target that is no
            number; and as `appraise` does.
        InvalidEntry: or one of its kind, for an option that could not be recorded.

    Example:
        >>> ledger = Ledger.in_memory()
        >>> link = RetentionLink(base=0.95, slope=0.02, source="an assumption")
        >>> value = CustomerValue(margin=Money(20, "USD"), discount=0.01, period_days=30)
        >>> options = [Option(kind="fee_waived", cost=Money("14.99", "USD")), Option(kind="upgrade", cost=Money(4, "USD"))]
        >>> print(recommend(ledger, "ada", options, value=value, link=link, wait_days=[0]).reason)
        upgrade now: it nets 2.90 USD, the most of 2 choices
    """
    options, waits = checked(options), checked_waits(wait_days)
    limit = limit_of(budget, value.currency, rates or {})
    if target is not None and not isfinite(target):
        raise AppraisalError(f"a target is a finite number of points, not {target!r}")
    opening = opened(book, account, now=as_of, known_at=known_at, policy=policy, catalog=catalog, home=home)
    here, now = present(opening, as_of, known_at, then), as_of or opening.now
    given = [(option, now + timedelta(days=days)) for option in options for days in waits]
    how: dict[str, Any] = {"value": value, "link": link, "rates": rates, "word_of_mouth": word_of_mouth, **weighing}
    found = weighed(here, given, account=account, **how)
    choices = [Choice(each, days, uncertainty) for each, days in zip(found, waits * len(options), strict=True)]
    return recommended(account, now, choices, limit=limit, target=target)


def recommended(
    account: str, now: datetime, choices: Iterable[Choice], *, limit: Money | None, target: float | None
) -> Recommendation:
    """What speaks for which of these choices."""
    ranked = sorted(choices, key=lambda each: (-each.weighed.net, each.cost, each.wait_days, each.option.name))
    within = [each for each in ranked if limit is None or each.cost <= limit]
    best = within[0] if within and within[0].weighed.net > 0.0 else None
    cheapest, target_reason = cheapest_to(target, within, ranked)
    told = best or ranked[0]
    waits = {each.wait_days for each in ranked}
    return Recommendation(
        account=account,
        as_of=now,
        best=best,
        reason=reason_of(within, best, limit),
        cheapest_to_target=cheapest,
        target=target,
        target_reason=target_reason,
        ranked=tuple(within),
        beyond_budget=tuple(each for each in ranked if each not in within),
        caveats=(*told.appraisal.caveats, *([AT_ENDS] if waits != {0.0} else [])),
    )


def checked_waits(wait_days: Sequence[float]) -> list[float]:
    """How long a gesture could wait.

    Raises:
        AppraisalError: if there is none, or one leads into the past or beyond a hundred years.
    """
    waits = [float(days) for days in dict.fromkeys(wait_days)]
    odd = next((days for days in waits if not 0.0 <= days <= LONGEST_WAIT), None)
    if odd is not None or not waits:
        raise AppraisalError(f"wait_days are numbers of days of at least 0, 0 for now, not {list(wait_days)!r}")
    return waits


def limit_of(budget: Money | None, currency: str, rates: Rates) -> Money | None:
    """A budget in the currency of what is counted.

    Raises:
        AppraisalError: if it is below 0, or of another currency without a rate.
    """
    if budget is None or budget.is_negative:
        if budget is None:
            return None
        raise AppraisalError(f"a budget of {budget} is below 0; leave it out where there is none")
    return budget if budget.currency == currency else rounded(exchanged(budget, currency, rates), currency)


def reason_of(within: Sequence[Choice], best: Choice | None, limit: Money | None) -> str:
    """Why the best is it, or why there is none."""
    if best is not None:
        others = "the only choice" if len(within) == 1 else f"the most of {len(within)} choices"
        return f"{best.option.name} {best.when}: it nets {best.net}, {others}"
    if not within:
        return f"nothing: every option costs more than the budget of {limit}"
    first = within[0]
    return f"nothing: no choice is worth its cost; the best, {first.option.name} {first.when}, would net {first.net}"


def cheapest_to(target: float | None, within: Sequence[Choice], every: Sequence[Choice]) -> tuple[Choice | None, str]:
    """The cheapest choice that brings the balance to a target, and why it is, or why there is none."""
    if target is None:
        return None, "no target was asked for"
    soonest = min(every, key=lambda each: each.wait_days)
    if is_at(soonest.weighed.before, target):
        return None, f"nothing is needed: at {soonest.weighed.before:.2f} points it is at {target:g} {soonest.when}"
    reached = [each for each in every if each.brings_to(target)]
    affordable = [each for each in reached if each in within]
    cheapest = min(affordable, key=lambda each: (each.cost, each.wait_days, -each.weighed.net), default=None)
    if cheapest is not None:
        return cheapest, (
            f"{cheapest.option.name} {cheapest.when} brings it from {cheapest.weighed.before:.2f} to "
            f"{cheapest.points:.2f} points for {cheapest.cost}, the least that reaches {target:g}"
        )
    if reached:
        least = min(reached, key=lambda each: each.cost)
        return None, f"the cheapest that reaches {target:g}, {least.option.name}, costs {least.cost}: beyond the budget"
    most = max(every, key=lambda each: each.points)
    return None, f"no option reaches {target:g}: {most.option.name} {most.when} comes to {most.points:.2f} points"
