"""Exponential decay."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from typing import ClassVar, Self

from pydantic_core import PydanticCustomError

from goodwill.domain.errors import PolicyError
from goodwill.policies.decay import INSTEAD, Decay
from goodwill.policies.exponentials import Exponential
from goodwill.policies.formula import Operand, exp2
from goodwill.policies.parameters import Days, Number

__all__ = ["HalfLife"]

LN2 = math.log(2.0)
ABOVE_0 = Number("number", 0.0, 1e12, above=True)
PROPER = Number("share", 0.0, 1.0, above=True)


class HalfLife(Decay, type="half_life"):
    """Half of what is left fades every `days` days.

    The share is 2^(-age/days): Broadbent (1979) for advertising by its half-life; the goodwill stock of Nerlove &
    Arrow (1962, Economica 29:129-142) with depreciation ln 2 / days; the carry-over of Koyck (1954) in continuous time.

    The default policy's 84 days are the upper end of the 7 to 12 weeks of academic adstock: published for advertising,
    an analogy for service gestures, of which no direct estimate was found.

    Where a source gives another number than the half-life: `from_rate` takes the depreciation of Nerlove & Arrow,
    `from_mean_lifetime` its inverse, `from_retention` the carry-over per period of Koyck and of adstock; the properties
    give them back.

    Args:
        days: the half-life.

    Example:
        >>> HalfLife(days=84).curve([0, 84, 168])
        [1.0, 0.5, 0.25]
        >>> HalfLife.from_retention(0.5, days=7)  # half is carried over from week to week
        HalfLife(days=7.0)
        >>> goodwill = HalfLife.from_rate(0.1)  # what an inflow of 10 a day comes to
        >>> round(goodwill.stock(10, inflow=10), 4), round(goodwill.steady_state(10), 4)
        (63.2121, 100.0)
    """

    instead: ClassVar[Mapping[float, str]] = INSTEAD

    days: Days

    @classmethod
    def from_rate(cls, per_day: float) -> Self:
        """The decay with a depreciation rate: delta of dG/dt = u - delta G (Nerlove & Arrow 1962).

        Args:
            per_day: the rate, above 0; a continuous one, not the share lost in a day.

        Raises:
            PolicyError: if it is not.
        """
        return cls(days=LN2 / checked("per_day", per_day, ABOVE_0, {0.0: INSTEAD[math.inf], math.inf: INSTEAD[0.0]}))

    @classmethod
    def from_mean_lifetime(cls, days: float) -> Self:
        """The decay of which 1/e is left at its mean lifetime, the inverse of its rate.

        Args:
            days: the mean lifetime, above 0.

        Raises:
            PolicyError: if it is not.
        """
        return cls(days=LN2 * checked("days", days, ABOVE_0, INSTEAD))

    @classmethod
    def from_retention(cls, share: float, days: float) -> Self:
        """The decay that leaves a share after every period: the carry-over of Koyck (1954), theta of adstock.

        Published for advertising per week: 0.3 to 0.8 on TV, below 0.4 elsewhere; 0.468 in the mean (Assmus, Farley &
        Lehmann 1984).

        Args:
            share: what is left after one period, above 0 and below 1.
            days: the length of the period.

        Raises:
            PolicyError: if they are not.
        """
        share = checked("share", share, PROPER, {0.0: INSTEAD[0.0]})
        if share == 1.0:
            raise PolicyError(f"share: 1 is not below 1; {INSTEAD[math.inf]}")
        return cls(days=LN2 / -math.log(share) * checked("days", days, ABOVE_0, {}))

    def remaining(self, age: Operand) -> Operand:
        """2^(-age/days)."""
        return exp2(-age / self.days)

    @cached_property
    def exponentials(self) -> tuple[Exponential, ...]:
        """It is one."""
        return (Exponential(1.0, self.rate),)

    @property
    def half_life(self) -> float:
        """`days` itself."""
        return self.days

    @property
    def rate(self) -> float:
        """The depreciation rate per day, ln 2 / days."""
        return LN2 / self.days

    @property
    def mean_lifetime(self) -> float:
        """The mean age in days at which worth fades, days / ln 2."""
        return self.days / LN2

    def retention(self, days: float) -> float:
        """The share that is left after one period of so many days: theta of Koyck and of adstock."""
        return self.share(days)

    def mean_lag(self, days: float) -> float:
        """By how many periods an effect lags in the mean: theta / (1 - theta) of Koyck (1954).

        Args:
            days: the length of the period.
        """
        return self.share(days) * self.long_run_multiplier(days)

    def long_run_multiplier(self, days: float) -> float:
        """What one unit in every period comes to in the long run: 1 / (1 - theta) of Koyck (1954).

        Args:
            days: the length of the period.
        """
        # expm1, since 1 - theta loses its digits where a period is short.
        return -1.0 / math.expm1(-checked("days", days, ABOVE_0, {}) * self.rate)

    def stock(self, days: float, *, start: float = 0.0, inflow: float = 0.0) -> float:
        """What a stock has become after some days: G(t) of Nerlove & Arrow (1962) under a constant inflow.

        An entry is an impulse: `stock(age, start=worth)` is what is left of it.

        Args:
            days: how long.
            start: the stock at first.
            inflow: how much is added per day.
        """
        return start * self.share(days) - self.steady_state(inflow) * math.expm1(-self.rate * days)

    def steady_state(self, inflow: float) -> float:
        """The stock at which an inflow per day and the fading balance: u / delta of Nerlove & Arrow (1962)."""
        return inflow / self.rate


def checked(name: str, value: float, rule: Number, instead: Mapping[float, str]) -> float:
    """The value as a float.

    Raises:
        PolicyError: that names it, what it must be, and what to use instead.
    """
    try:
        return rule.check(value)
    except PydanticCustomError as fault:
        hint = next((f"; {hint}" for limit, hint in instead.items() if value is not False and value == limit), "")
        raise PolicyError(f"{name}: {fault}{hint}") from None
