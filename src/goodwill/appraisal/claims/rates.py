"""Two rates side by side: where one may lie, and whether few counts can tell it from another; by exact methods."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest, fisher_exact
from statsmodels.stats.rates import confint_poisson  # type: ignore[import-untyped] # it ships no types

__all__ = ["Beside", "Count", "as_rates", "as_shares", "plural"]


class Count(NamedTuple):
    """So many of so many: claims of purchases, concessions of entries."""

    counted: int
    of: int

    @property
    def rate(self) -> float | None:
        """How many of one; None of none."""
        return self.counted / self.of if self.of else None

    def less(self, other: Count) -> Count:
        """Without those."""
        return Count(self.counted - other.counted, self.of - other.of)


class Beside(NamedTuple):
    """A rate beside another.

    Attributes:
        interval: where the rate may lie, at the confidence that was asked for.
        chance: how often a difference as large would come about if there were none; None where there is no other.
        words: what can be said of the difference.
    """

    interval: tuple[float, float] | None
    chance: float | None
    words: str


def as_rates(own: Count, others: Count, confidence: float) -> Beside:
    """Counts that may exceed what they are counted in, as several claims of one purchase.

    The central exact interval of a Poisson rate (Garwood 1936), and the exact conditional test of two Poisson rates
    (Przyborowski & Wilenski 1940): given all claims, how many are of the account is binomial.

    Example:
        >>> beside = as_rates(Count(3, 10), Count(20, 1000), 0.95)
        >>> [round(bound, 3) for bound in beside.interval], round(beside.chance, 3), beside.words
        ([0.062, 0.877], 0.001, 'higher than chance alone explains')
    """
    if not own.of:
        return Beside(None, None, "a rate has no meaning without them")
    low, high = confint_poisson(own.counted, own.of, method="exact-c", alpha=1.0 - confidence)
    interval = (float(low), float(high))
    if not others.of:
        return Beside(interval, None, "there are no others to compare with")
    every = own.counted + others.counted
    chance = binomtest(own.counted, every, own.of / (own.of + others.of)).pvalue if every else 1.0
    return Beside(interval, float(chance), words(own, others, float(chance), confidence))


def as_shares(own: Count, others: Count, confidence: float) -> Beside:
    """Counts that are a part of what they are counted in.

    The exact interval of a proportion (Clopper & Pearson 1934), and Fisher's exact test of two (Fisher 1935).

    Example:
        >>> as_shares(Count(1, 2), Count(10, 40), 0.95).words
        'too few to tell the rates apart'
    """
    interval = binomtest(own.counted, own.of).proportion_ci(confidence, method="exact")
    bounds = (float(interval.low), float(interval.high))
    if not others.of:
        return Beside(bounds, None, "there are no others to compare with")
    table = np.array([[each.counted, each.of - each.counted] for each in (own, others)])
    chance = float(fisher_exact(table).pvalue)
    return Beside(bounds, chance, words(own, others, chance, confidence))


def words(own: Count, others: Count, chance: float, confidence: float) -> str:
    """What can be said of a difference."""
    if chance >= 1.0 - confidence:
        return "too few to tell the rates apart"
    higher = own.counted * others.of > others.counted * own.of
    return f"{'higher' if higher else 'lower'} than chance alone explains"


def plural(count: int, word: str) -> str:
    """A count of something.

    Example:
        >>> plural(1, "claim"), plural(2, "claim"), plural(2, "entry")
        ('1 claim', '2 claims', '2 entries')
    """
    several = f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
    return f"{count:,} {word if count == 1 else several}"
