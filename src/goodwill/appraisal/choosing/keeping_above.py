"""When a balance falls below a threshold if nothing happens, and what would keep it above."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from math import isfinite

import numpy as np

from goodwill.analytics.courses import NEVER
from goodwill.analytics.forecasting import end_of, walked
from goodwill.appraisal.book import Account, opened, present
from goodwill.appraisal.choosing.options import Option, checked
from goodwill.appraisal.faults import AppraisalError
from goodwill.appraisal.parameters import Rates, exchanged, rounded
from goodwill.appraisal.replaying import Replay, counterfactual
from goodwill.decays import NoDecay
from goodwill.domain.entry import Entry, Fact
from goodwill.domain.instant import from_us
from goodwill.domain.kind import Catalog
from goodwill.domain.money import Money
from goodwill.domain.notebook import as_html
from goodwill.ledger.course import Course
from goodwill.ledger.ledger import Ledger
from goodwill.policies.fold import Valued
from goodwill.policies.policy import Policy
from goodwill.policies.sums import add

__all__ = ["Outlook", "OptionOutlook", "keep_above"]


@dataclass(frozen=True)
class OptionOutlook:
    """What one option, given now, does to the balance.

    Attributes:
        option: what would be given.
        cost: what it costs; None where it costs nothing.
        bought: in points, by how much the balance is higher at once.
        falls_at: when the balance falls below the threshold all the same; None where it does not within the days.
    """

    option: Option
    cost: Money | None
    bought: float
    falls_at: datetime | None

    @property
    def keeps(self) -> bool:
        """Whether the balance stays at the threshold, or above, for all of the days."""
        return self.falls_at is None

    def __str__(self) -> str:
        price = "at no cost" if self.cost is None else f"for {self.cost}"
        until = "keeps it above" if self.falls_at is None else f"not enough: below from {self.falls_at.isoformat()} on"
        return f"{self.option.name} {price}: {self.bought:.2f} points, {until}"


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """Where a balance goes if nothing happens, and what would change that.

    Attributes:
        account: the customer's id.
        as_of: the present.
        until: the end of the days that were looked at.
        threshold: in points.
        points: the balance at the present.
        falls_at: the first instant at which it is below the threshold; the present where it is, None where it never is
            within these days.
        is_exact: whether the instants are exact under any history; if not, see `keep_above`.
        options: what each would do, those that keep it above first, the cheapest of them first.
    """

    account: str
    as_of: datetime
    until: datetime
    threshold: float
    points: float
    falls_at: datetime | None
    is_exact: bool
    options: tuple[OptionOutlook, ...] = field(repr=False)

    @property
    def cheapest(self) -> OptionOutlook | None:
        """The option of the least cost that keeps the balance above; None where none does, or none is needed."""
        return next((each for each in self.options if each.keeps), None) if self.falls_at is not None else None

    def __str__(self) -> str:
        falls = "stays there" if self.falls_at is None else f"is below from {self.falls_at.isoformat()} on"
        told = f"{self.account}: at {self.points:.2f} points; left alone it {falls} (threshold {self.threshold:g}"
        return "\n".join([f"{told}, until {self.until.isoformat()})", *(f"  {each}" for each in self.options)])

    def _repr_html_(self) -> str | None:
        return as_html(self)


def keep_above(
    book: Ledger | Iterable[Entry],
    account: str,
    threshold: float,
    *,
    days: float,
    options: Iterable[Option] = (),
    as_of: datetime | None = None,
    known_at: datetime | None = None,
    policy: Policy | None = None,
    catalog: Catalog | None = None,
    home: str | None = None,
    then: Sequence[Entry] = (),
    currency: str | None = None,
    rates: Rates | None = None,
) -> Outlook:
    """When an account falls below a threshold within some days if nothing happens, and which gesture would prevent it.

    Nothing happens means what it means to `goodwill.analytics.forecast`, whose instant this is for a threshold of 0: what
    was given fades, silence grows, a promise that falls due is broken. It is no guess at what customers do. Below is
    below by more than rounding: 1e-9 of the sum of absolute amounts, the threshold among them.

    The instant is exact, to the microsecond, where every decay of the policy is a sum of exponentials and it has no
    term. Under others it is exact where the balance moves one way from one entry to the next; of an account with more
    than 200 entries, or under a term that may rise, it is looked at once a day, and a dip in between may be missed.

    Args:
        book: a ledger, or the entries of one account.
        account: the customer's id.
        threshold: in points.
        days: how far ahead, above 0.
        options: gestures that could be given now.
        as_of: the present; the ledger's clock where none is named. Of a list it must be.
        known_at: what was recorded later is not read.
        policy: as `appraise` takes it.
        catalog: as `appraise` takes it.
        home: as `appraise` takes it.
        then: as `appraise` takes it.
        currency: that costs are compared in; that of the first option with a cost where none is named.
        rates: how many units of that currency one unit of another buys.

    Raises:
        AppraisalError: for a threshold that is no finite number, options of one name, costs of several currencies
            without rates, an option that the policy has no opinion on.
        InvalidPeriod: if days are not above 0, or lead beyond the year 9999.
        InvalidEntry: or one of its kind, for an option that could not be recorded.

    Example:
        >>> from datetime import UTC, timedelta
        >>> from goodwill.domain.entry import Deposit
        >>> now = datetime(2026, 3, 1, tzinfo=UTC)
        >>> thanked = Deposit(account="ada", kind="upgrade", occurred_at=now)
        >>> options = [Option(kind="thank_you"), Option(kind="service_heroics", cost=Money(40, "USD"))]
        >>> told = keep_above([thanked], "ada", 5.0, days=84, options=options, as_of=now)
        >>> told.falls_at - now > timedelta(days=50), told.cheapest.option.name
        (True, 'service_heroics')
    """
    if not isfinite(threshold):
        raise AppraisalError(f"a threshold is a finite number of points, not {threshold!r}")
    some = checked(options) if (options := list(options)) else []
    currency = currency or next((each.cost.currency for each in some if each.cost is not None), None)
    prices = {each.name: price_of(each, currency, rates or {}) for each in some}
    opening = opened(book, account, now=as_of, known_at=known_at, policy=policy, catalog=catalog, home=home)
    here = present(opening, as_of, known_at, then)
    end_us = end_of(here.at_us, days)
    found = [
        outlook(here, each, account=account, cost=prices[each.name], threshold=threshold, end_us=end_us)
        for each in some
    ]
    return Outlook(
        account=account,
        as_of=from_us(here.at_us),
        until=from_us(end_us),
        threshold=threshold,
        points=points_now(here),
        falls_at=fall(here, [], threshold, end_us),
        is_exact=is_exponential(opening.policy),
        options=tuple(
            sorted(found, key=lambda each: (not each.keeps, amount(each.cost), -each.bought, each.option.name))
        ),
    )


def outlook(
    here: Account, option: Option, *, account: str, cost: Money | None, threshold: float, end_us: int
) -> OptionOutlook:
    """What an option does."""
    gesture = counterfactual(here, option.gesture(account, from_us(here.at_us)), here.at_us)
    return OptionOutlook(option, cost, gesture.at_once, fall(here, [gesture.gesture], threshold, end_us))


def fall(here: Account, more: Sequence[Fact], threshold: float, end_us: int) -> datetime | None:
    """When the balance falls below a threshold, with more facts than there are."""
    before = taken_off(threshold, here)
    us = walked(here, [*here.facts, *here.then, *more], here.at_us, end_us, before)
    return None if us == NEVER else from_us(us)


def taken_off(threshold: float, here: Account) -> Course:
    """A threshold as a part of the course that never fades: what is below it is, without it, below 0."""
    if threshold == 0.0:
        return Course()
    if here.book.policy.decay.exponential:
        return Course(sums=add((), -threshold, NoDecay(), here.at_us))
    fact = Fact(
        id="threshold", seq=0, type="opening", account="", kind="", occurred_us=here.at_us, recorded_us=here.at_us
    )
    return Course(valued=(Valued(fact, NoDecay(), worth=-threshold),))


def is_exponential(policy: Policy) -> bool:
    """Whether all of a balance is sums of exponentials."""
    return policy.decay.exponential and not policy.terms


def points_now(here: Account) -> float:
    """The balance at the present."""
    replay = Replay.of(here.reader(here.at_us), here.facts)
    return float(replay.points(np.array([here.at_us], dtype=np.int64))[0])


def price_of(option: Option, currency: str | None, rates: Rates) -> Money | None:
    """What an option costs, in one currency for all."""
    if option.cost is None or currency is None or option.cost.currency == currency:
        return option.cost
    return rounded(exchanged(option.cost, currency, rates), currency)


def amount(cost: Money | None) -> Decimal:
    """For sorting: nothing is 0."""
    return Decimal(0) if cost is None else cost.amount
