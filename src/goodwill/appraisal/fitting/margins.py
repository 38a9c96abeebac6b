"""What customers bring in a period: mean margins of purchases, for a customer's value."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

try:
    import narwhals.stable.v2 as nw
    import numpy as np
except ImportError as error:
    raise ImportError(f"margins are fitted with {error.name}: install goodwill[appraisal]") from error

from goodwill.analytics.returning import in_memory, returned
from goodwill.analytics.schema import Frame, is_parked, opened
from goodwill.appraisal.faults import AppraisalError
from goodwill.appraisal.fitting.samples import codes, numbers, sample
from goodwill.appraisal.parameters import Rates, exchanged, rounded
from goodwill.appraisal.value import CustomerValue, Timing
from goodwill.domain.errors import CurrencyMismatch
from goodwill.domain.instant import MICROSECONDS_PER_DAY, from_us, to_us
from goodwill.domain.money import Money

__all__ = ["MarginFit", "fit_margin"]

FEW: Final = 10
"""Purchases below which an account's own mean is said to say little; a convention."""


@dataclass(frozen=True, slots=True)
class MarginFit:
    """A customer's value whose margin is a mean of data, and how far it can be trusted.

    Attributes:
        value: its margin is the mean over accounts and periods in which the account bought.
        margin_error: the standard error of that mean, in its currency, clustered by account; None for one account.
        purchases: how many rows it is of.
        accounts: of how many accounts.
        active_periods: in how many pairs of an account and a period in which it bought.
        by_account: one row per account: `account`, `purchases`, `active_periods`, `margin` (its own mean per active
            period, in the same currency); a frame of the kind that was given.
        caveats: what is to be said wherever the margin is.
    """

    value: CustomerValue
    margin_error: float | None
    purchases: int
    accounts: int
    active_periods: int
    by_account: Any
    caveats: tuple[str, ...] = ()

    def __str__(self) -> str:
        error = "" if self.margin_error is None else f" (standard error {self.margin_error:.3g})"
        lines = [
            f"margin {self.value.margin} a period of {self.value.period_days:g} days{error}",
            f"  {self.purchases:,} purchases of {self.accounts:,} accounts in {self.active_periods:,} active periods",
            *(f"  - {caveat}" for caveat in self.caveats),
        ]
        return "\n".join(lines)


def fit_margin(
    purchases: Any,
    *,
    margin_share: float,
    period_days: float,
    discount: float,
    account: str = "account",
    amount: str = "amount",
    occurred_at: str = "occurred_at",
    currency: str = "currency",
    timing: Timing = "end_of_period",
    horizon: int | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    home: str | None = None,
    rates: Rates | None = None,
) -> MarginFit:
    """The mean margin of an account in a period in which it bought, as the margin of a customer's value.

    It is the margin of a customer who stays in the sense of `person_periods`: who buys in the period. Accounts that buy
    in more periods count more often.

    Args:
        purchases: one row per purchase (pandas, polars, PyArrow, DuckDB).
        margin_share: which part of what is spent is margin, above 0 and up to 1; nobody but you knows it.
        period_days: as `CustomerValue` takes it; whole periods are counted from the start.
        discount: as `CustomerValue` takes it, per period.
        account: the column of who bought; rows of nobody are left out, and counted in the caveats.
        amount: the column of what was spent, at least 0; net refunds, or leave them out.
        occurred_at: the column of when: aware timestamps. A frame that has `occurred_us` needs none.
        currency: a column of codes, or one code for all.
        timing: as `CustomerValue` takes it.
        horizon: as `CustomerValue` takes it.
        start: of the first period; the first purchase unless given.
        end: until when the frame tells all purchases; the last purchase unless given.
        home: the currency of the answer, where there are several.
        rates: how many units of it one unit of another buys.

    Raises:
        AppraisalError: for a share that is none, amounts below 0 or null, a currency without a rate, or no whole period.
        CurrencyMismatch: if there are several currencies, and nobody says which is home.
        MissingColumn: if a column is not there.
        NaiveDatetime: if instants have no time zone.
        PolicyError: for what `CustomerValue` does not take.

    Example:
        >>> import polars as pl
        >>> from datetime import UTC, datetime
        >>> bought = pl.DataFrame(
        ...     {
        ...         "account": ["ada", "ada", "bob"],
        ...         "amount": [40.0, 20.0, 30.0],
        ...         "occurred_at": [datetime(2026, 1, day, tzinfo=UTC) for day in (5, 6, 20)],
        ...     }
        ... )
        >>> year = {"start": datetime(2026, 1, 1, tzinfo=UTC), "end": datetime(2026, 2, 1, tzinfo=UTC)}
        >>> fit = fit_margin(bought, margin_share=0.3, period_days=30, discount=0.01, currency="USD", **year)
        >>> fit.value.margin, fit.active_periods, round(fit.value.at(0.9), 2)
        (Money('13.50', 'USD'), 2, 110.45)
    """
    check_share(margin_share)
    # What the other numbers must be, the value knows: ask it before the frame is read.
    value = CustomerValue(
        margin=Money(0, "USD"), discount=discount, period_days=period_days, timing=timing, horizon=horizon
    )
    ours, nobodys = of_somebody(purchases, account, occurred_at)
    code, spent = spending(ours, amount, currency, home, rates or {})
    whole = whole_periods(spent, value.period_days, start, end)
    inside = whole.contains(spent.at_us)
    if not inside.any():
        raise AppraisalError(f"no purchase is in the whole periods {whole}; give another start or end")
    found = means(spent.only(inside), whole.numbers(spent.at_us[inside]), margin_share)
    left_out = {"of nobody or without an instant": nobodys, "outside of the whole periods": int(np.sum(~inside))}
    return MarginFit(
        value=value.replace(margin=rounded(found.mean, code)),
        margin_error=found.error,
        purchases=int(inside.sum()),
        accounts=len(found.accounts),
        active_periods=int(found.active.sum()),
        by_account=returned(found.frame(ours), ours),
        caveats=tuple(caveats_of(found, margin_share, left_out)),
    )


def check_share(share: Any) -> None:
    """Refuse what is no part of what is spent."""
    is_number = isinstance(share, int | float) and not isinstance(share, bool)
    if not is_number or not 0.0 < share <= 1.0:
        raise AppraisalError(
            f"margin_share={share!r} is no part of what is spent; it is above 0 and at most 1, and none is made up here"
        )


# The purchases


def of_somebody(purchases: Any, account: str, occurred_at: str) -> tuple[Frame, int]:
    """The rows with an account and an instant, under our names, and how many have not both."""
    names = {"account": account, "occurred_at": occurred_at}
    other = {ours: theirs for ours, theirs in names.items() if ours != theirs}
    ours = opened(purchases, ("account", "occurred_at"), other)
    parked = sample(ours.select(parked=is_parked()), ["parked"])["parked"]
    return ours.filter(~is_parked()), int(parked.sum())


class Spent(NamedTuple):
    """Purchases: the number of each one's account, when in microseconds, how much; and the accounts by their numbers."""

    whose: Any
    at_us: Any
    amount: Any
    accounts: list[Any]

    def only(self, mask: Any) -> Spent:
        """Some of them."""
        return Spent(self.whose[mask], self.at_us[mask], self.amount[mask], self.accounts)


def spending(ours: Frame, amount: str, currency: str, home: str | None, rates: Rates) -> tuple[str, Spent]:
    """The purchases in one currency, and its code.

    Raises:
        AppraisalError: if an amount is null or below 0, or a currency has no rate.
    """
    told = currency in ours.collect_schema().names()
    rows = sample(ours, ["account", "occurred_us", amount, *([currency] if told else [])])
    amounts = numbers(rows, amount)
    if (amounts < 0.0).any():
        raise AppraisalError(
            f"{amount} is below 0 in {int(np.sum(amounts < 0.0))} of {len(rows)} rows; net what was given back from what was "
            "bought, or leave it out"
        )
    places, found = codes(rows, currency) if told else (np.zeros(len(rows), np.int64), [currency])
    if home is None and len(found) > 1:
        raise CurrencyMismatch(
            f"{currency} has {', '.join(sorted(found))}; say which the margin is in with home=, and give rates= for the rest"
        )
    code = home or (found[0] if found else currency)
    worth = np.array([exchanged(Money(1, each), code, rates) for each in found])
    whose, accounts = codes(rows, "account")
    return code, Spent(whose, rows["occurred_us"].to_numpy().astype(np.int64), amounts * worth[places], accounts)


class Whole(NamedTuple):
    """Whole periods: the start of the first, how long each is, both in microseconds, and how many there are."""

    start_us: int
    length: int
    periods: int

    def __str__(self) -> str:
        end = from_us(self.start_us + self.periods * self.length)
        return f"from {from_us(self.start_us).isoformat()} to {end.isoformat()}"

    def contains(self, at_us: Any) -> Any:
        """Which instants are in one."""
        return (at_us >= self.start_us) & (at_us < self.start_us + self.periods * self.length)

    def numbers(self, at_us: Any) -> Any:
        """The number of the period of each instant."""
        return (at_us - self.start_us) // self.length


def whole_periods(spent: Spent, days: float, start: datetime | None, end: datetime | None) -> Whole:
    """The periods that are over by the end.

    Raises:
        AppraisalError: if there is none.
    """
    if not len(spent.at_us):
        raise AppraisalError("there are no purchases of anybody; a mean of nothing is no margin")
    start_us = int(spent.at_us.min()) if start is None else to_us(start, "start")
    end_us = int(spent.at_us.max()) if end is None else to_us(end, "end")
    length = max(1, round(days * MICROSECONDS_PER_DAY))
    if end_us - start_us < length:
        raise AppraisalError(
            f"from {from_us(start_us).isoformat()} to {from_us(end_us).isoformat()} there is no whole period of {days:g} days"
        )
    return Whole(start_us, length, (end_us - start_us) // length)


# The means


class Means(NamedTuple):
    """Margins by account, of those who bought: names, purchases, active periods and sums."""

    accounts: list[Any]
    purchases: Any
    active: Any
    total: Any

    @property
    def mean(self) -> float:
        """Per active account and period."""
        return float(self.total.sum() / self.active.sum())

    @property
    def error(self) -> float | None:
        """The standard error of the mean: that of a ratio of totals over accounts, linearized."""
        count = len(self.accounts)
        if count < 2:
            return None
        off = self.total - self.mean * self.active
        return math.sqrt(count / (count - 1) * float(off @ off)) / float(self.active.sum())

    def frame(self, like: Frame) -> nw.DataFrame[Any]:
        """As a frame."""
        schema = {"account": nw.String, "purchases": nw.Int64, "active_periods": nw.Int64, "margin": nw.Float64}
        columns = (self.accounts, self.purchases, self.active, self.total / self.active)
        return in_memory(like, dict(zip(schema, columns, strict=True)), schema)


def means(spent: Spent, periods: Any, share: float) -> Means:
    """The margins of some purchases, each in a period."""
    size = len(spent.accounts)
    pairs = np.unique(np.column_stack([spent.whose, periods]), axis=0)
    purchases = np.bincount(spent.whose, minlength=size).astype(np.int64)
    active = np.bincount(pairs[:, 0], minlength=size).astype(np.int64)
    total = share * np.bincount(spent.whose, spent.amount, minlength=size)
    some = np.flatnonzero(purchases)
    return Means([spent.accounts[place] for place in some.tolist()], purchases[some], active[some], total[some])


def caveats_of(found: Means, share: float, left_out: dict[str, int]) -> Iterator[str]:
    """What is to be said of the mean."""
    yield f"the margin is {share:g} of what was spent, as it was told; what a sale leaves differs between goods and customers"
    yield "a mean over periods in which the account bought; those in which it did not are the retention rate's"
    few = int(np.sum(found.purchases < FEW))
    if few:
        yield f"{few:,} of {len(found.accounts):,} accounts have fewer than {FEW} purchases: their own means say little"
    if found.error is None:
        yield "all purchases are of one account: nobody can say how far another's are from them"
    yield from (f"left out: {count:,} rows {why}" for why, count in left_out.items() if count)
