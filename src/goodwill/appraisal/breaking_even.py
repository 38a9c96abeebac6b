"""What would have to be so for a gesture to be worth just what it costs: roots of one function each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from scipy.optimize import brentq

__all__ = ["BreakEven", "crossing"]


@dataclass(frozen=True, slots=True)
class BreakEven:
    """At what a gesture would be worth just what it costs; None where nothing of the sort would make it so.

    0 is where it is worth that in any case: what is told, or a silence that it ends, is enough.

    Attributes:
        goodwill: how many points it would have to buy.
        goodwill_first_order: the same to the first order, by the closed form.
        slope: how strongly goodwill would have to weigh on staying.
        half_life: in days, if the gesture fades to a half at all: how slowly it would have to.
        until: up to when what is left of it is worth more than it cost; None where it never is.
        for_ever: whether that never ends, as far as a hundred years show.
    """

    goodwill: float | None
    goodwill_first_order: float | None
    slope: float | None
    half_life: float | None
    until: datetime | None = None
    for_ever: bool = False


DOUBLINGS: Final = 60
"""How often a range is doubled in search of a change of sign."""


def crossing(excess: Callable[[float], float], start: float, most: float) -> float | None:
    """The first number, on a grid of doubling steps from 0 on, at which a function is above 0; 0 where it is there.

    Args:
        excess: a function of a number.
        start: where the search begins to double.
        most: where it ends.

    Example:
        >>> round(crossing(lambda x: x * x - 2.0, 0.001, 1e6), 9)
        1.414213562
    """
    low, high = 0.0, start
    if excess(0.0) >= 0.0:
        return 0.0
    for _ in range(DOUBLINGS):
        if excess(high) >= 0.0:
            return float(brentq(excess, low, high, xtol=1e-13 * high, rtol=1e-14, maxiter=200))
        if high >= most:
            return None
        low, high = high, min(high * 2.0, most)
    return None
