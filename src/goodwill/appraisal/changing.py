"""What a lift of goodwill changes in a customer's value: pure functions of arrays, one number a period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from goodwill.appraisal.retention import RetentionLink
from goodwill.appraisal.value import CustomerValue

__all__ = ["Change", "Floats", "change", "present_value", "survival"]

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Change:
    """What a lift of goodwill changes, in the currency of the margin, unrounded.

    Attributes:
        without: the customer's value without the lift.
        exact: the value with it, minus that.
        first_order: the same to the first order in the lift.
        if_permanent: exact, had the lift never faded.
        if_permanent_first_order: to the first order, had it never faded.
    """

    without: float
    exact: float
    first_order: float
    if_permanent: float
    if_permanent_first_order: float

    @property
    def overstatement(self) -> float | None:
        """How many times too much it is worth if one ignores that it fades, to the first order.

        For an exponential that fades to the share rho within a period it is (1 - q rho) / (rho (1 - q)), with q the
        probability of staying, discounted. None where the lift is worth nothing.
        """
        return self.if_permanent_first_order / self.first_order if self.first_order else None


def present_value(value: CustomerValue, rates: Floats) -> Any:
    """The value of a customer who stays for period k with the k-th probability, and ever after with the last.

    Args:
        value: the margin, the discount, the timing; with a horizon, the rates are of its periods, and there is no after.
        rates: along the last axis, one for each period.

    Raises:
        AppraisalError: if the sum has no end.
    """
    stays = rates * value.keeps
    reached = np.cumprod(stays, axis=-1)
    if value.horizon is not None:
        periods = reached.sum(axis=-1)
    else:
        # What it were worth if it had been as at the end all along, and what each period differs from that: rounding
        # is then of the difference, and two paths with one end lose nothing when they are compared.
        last = stays[..., -1:]
        value.tail(float(np.max(last)))  # refuses a sum without an end
        ever = (last / (1.0 - last))[..., 0]
        before = np.concatenate([np.ones_like(last), reached[..., :-1]], axis=-1)
        periods = ever + (1.0 + ever) * (before * (stays - last)).sum(axis=-1)
    return value.timed_change(float(value.margin.amount) * periods) + value.timed(0.0)


def survival(value: CustomerValue, rates: Floats) -> Floats:
    """Of a margin at the end of each period, what it is worth today: that the customer is there, and the discount."""
    reached: Any = np.cumprod(rates * value.keeps)
    return np.asarray(reached, dtype=np.float64)


def change(value: CustomerValue, link: RetentionLink, base: Floats, lift: Floats, lasting: Floats) -> Change:
    """What a lift changes: sum over t of m times the product over s <= t of p(G_s + lift_s) / (1 + i)^t, minus the same.

    To the first order it is the sum over s of d ln p / dG at G_s, times lift_s, times the worth of all margins from s
    on. Where G stays the same and the lift fades by rho a period, that is the closed form
    m b (1 - p) lift q rho / ((1 - q) (1 - q rho)) with q = p / (1 + i), for a logistic link.

    Args:
        value: the customer's.
        link: from goodwill to staying.
        base: the points at the end of each period, without the lift.
        lift: by how many points it is higher with it.
        lasting: what it were had it never faded.

    Raises:
        AppraisalError: if the value has no end.
    """
    stays = link.rate(base)
    without, with_it, if_lasting = present_value(
        value, np.stack([stays, link.rate(base + lift), link.rate(base + lasting)])
    ).tolist()
    effects = effect_by_period(value, link, base, stays)
    return Change(
        without=without,
        exact=with_it - without,
        first_order=float(effects @ lift),
        if_permanent=if_lasting - without,
        if_permanent_first_order=float(effects @ lasting),
    )


def effect_by_period(value: CustomerValue, link: RetentionLink, base: Floats, stays: Floats) -> Floats:
    """By how much one more point at the end of each period changes the value, to the first order.

    The last one stands for all periods after it as well, in which base and lift stay as they are.
    """
    margin, reached = float(value.margin.amount), survival(value, stays)
    from_here_on = np.cumsum(reached[::-1])[::-1].copy()
    after = 0.0
    if value.horizon is None:
        last = float(stays[-1]) * value.keeps
        ahead = float(reached[-1]) * value.tail(last)
        from_here_on += ahead
        after = ahead / (1.0 - last)  # the sum over later s of the worth of all margins from s on
    effects: Any = value.timed_change(margin) * link.log_marginal(base) * from_here_on
    effects[-1] += value.timed_change(margin) * float(link.log_marginal(base[-1])) * after
    found: Floats = effects
    return found
