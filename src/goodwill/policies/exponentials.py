"""Sums of exponentials: what a decay is made of, where a balance can be kept up to date without the history."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

__all__ = ["CONSTANT", "MOST", "Exponential", "joined", "multiplied", "scaled", "total"]

MOST: Final = 64
"""How many rates one decay may have; a product of blends has as many as all of theirs together, multiplied."""

FASTEST: Final = 1e300
"""A rate per day beyond which none is told apart: nothing is left a microsecond later."""


class Exponential(NamedTuple):
    """One part of a share: weight * e^(-rate * age).

    Attributes:
        weight: the part of the share at age 0; those of one decay add up to 1.
        rate: per day; 0 never fades.
    """

    weight: float
    rate: float


CONSTANT: Final = Exponential(1.0, 0.0)
"""What never fades."""


def joined(parts: Iterable[Exponential]) -> tuple[Exponential, ...]:
    """The same sum with one part for each rate, the slowest first; empty if that is more than `MOST`.

    Example:
        >>> joined([Exponential(0.5, 2.0), Exponential(0.25, 0.0), Exponential(0.25, 2.0)])
        (Exponential(weight=0.25, rate=0.0), Exponential(weight=0.75, rate=2.0))
    """
    by_rate: dict[float, list[float]] = defaultdict(list)
    for weight, rate in parts:
        by_rate[min(rate, FASTEST)].append(weight)
    sums = ((rate, math.fsum(weights)) for rate, weights in sorted(by_rate.items()))
    found = tuple(Exponential(weight, rate) for rate, weight in sums if weight != 0.0)
    return found if len(found) <= MOST else ()


def scaled(parts: Iterable[Exponential], by: float) -> list[Exponential]:
    """Each part so many times as large."""
    return [Exponential(weight * by, rate) for weight, rate in parts]


def multiplied(factors: Sequence[Sequence[Exponential]]) -> tuple[Exponential, ...]:
    """The product of sums: of each pair of parts the weights multiply and the rates add.

    It is empty where one factor is, or where it would have more than `MOST` rates.

    Example:
        >>> multiplied([[Exponential(0.5, 1.0), Exponential(0.5, 0.0)], [Exponential(1.0, 2.0)]])
        (Exponential(weight=0.5, rate=2.0), Exponential(weight=0.5, rate=3.0))
    """
    found: tuple[Exponential, ...] = (CONSTANT,)
    for factor in factors:
        found = joined(Exponential(one * other, rate + more) for one, rate in found for other, more in factor)
    return found


def total(parts: Iterable[Exponential], age: float) -> float:
    """The sum at an age in days.

    Example:
        >>> total([Exponential(0.25, 0.0), Exponential(0.75, 1.0)], age=1e9)
        0.25
    """
    return math.fsum(weight * math.exp(-rate * age) for weight, rate in parts)
