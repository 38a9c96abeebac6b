"""A balance without its history: one sum for each rate at which worth fades, kept up to date entry by entry.

Where every decay of a policy is a sum of exponentials and constants, all that fades at one rate can be added up: what
was worth v at t is worth v * e^(-rate * (a - t)) at a later anchor a, and from there on all of it fades as one (forward
decay: Cormode, Shkapenyuk, Srivastava & Xu 2009). Each sum is anchored at its latest entry, so nothing in it ever grows:
it cannot overflow, and entries may come in any order.

It is a cache. Sums of the same entries in another order differ by rounding (6e-15 of the sum of absolute amounts), and
an entry cannot be taken out again without a trace: after a reversal they are made anew, from the entries.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from typing import Final, NamedTuple

from goodwill.domain.errors import PolicyError
from goodwill.domain.instant import days_between
from goodwill.policies.decay import Decay
from goodwill.policies.formula import flush

__all__ = ["ROUNDING", "Amounts", "Sum", "Sums", "add", "key_bounds", "rank_key", "read", "sum_up"]

ROUNDING: Final = 1e-9
"""Of the sum of absolute amounts: what rounding of floats can make of a zero."""

MIDDLE: Final = 512.0
"""In bits: up to 2^-512 points a rank key is as fine as it can be, and coarser for what is less."""


class Amounts(NamedTuple):
    """What an account adds up to, in its two parts.

    Attributes:
        positive: in points, what is left of what was worth more than nothing.
        negative: in points, at most 0: of what was worth less.
    """

    positive: float = 0.0
    negative: float = 0.0

    @property
    def points(self) -> float:
        """The balance."""
        return self.positive + self.negative

    @property
    def size(self) -> float:
        """The sum of absolute amounts, which rounding is measured by."""
        return self.positive - self.negative

    @property
    def is_overdrawn(self) -> bool:
        """Whether it is below 0, beyond what rounding makes of a zero.

        Example:
            >>> Amounts(0.3, -0.1 - 0.2).is_overdrawn
            False
        """
        return self.points < -ROUNDING * self.size


class Sum(NamedTuple):
    """What of an account fades at one rate.

    Attributes:
        rate: per day; 0 never fades.
        anchor_us: the instant of its latest entry, in microseconds since the epoch.
        positive: at the anchor, in points: of entries that were worth more than nothing.
        negative: at the anchor, in points, at most 0.
    """

    rate: float
    anchor_us: int
    positive: float
    negative: float

    def at(self, at_us: int) -> Amounts:
        """What is left at an instant not before the anchor."""
        remains = share(self.rate, self.anchor_us, at_us)
        return Amounts(self.positive * remains, self.negative * remains + 0.0)

    def plus(self, other: Sum) -> Sum:
        """Both in one, at the later anchor."""
        anchor_us = max(self.anchor_us, other.anchor_us)
        one, more = self.at(anchor_us), other.at(anchor_us)
        return Sum(self.rate, anchor_us, one.positive + more.positive, one.negative + more.negative)


Sums = tuple[Sum, ...]
"""An account's sums, the slowest rate first; an account without entries has none."""


def share(rate: float, earlier_us: int, later_us: int) -> float:
    """What remains after a while of what fades at a rate; too little to matter is 0, as the share of a decay is."""
    return float(flush(math.exp(-rate * days_between(earlier_us, later_us))))


def parts_of(worth: float, decay: Decay, at_us: int) -> Iterable[Sum]:
    """One entry's worth as sums, one for each rate of its decay.

    Raises:
        PolicyError: if its decay is no sum of exponentials.
    """
    if not decay.exponentials:
        raise PolicyError(
            f"{decay!r} is no sum of exponentials, so its entries have no sums; read the balance from the entries"
        )
    for weight, rate in decay.exponentials if worth else ():
        amount = worth * weight
        yield Sum(rate, at_us, amount, 0.0) if worth > 0.0 else Sum(rate, at_us, 0.0, amount)


def add(sums: Sums, worth: float, decay: Decay, at_us: int) -> Sums:
    """The sums with one entry more, which may have happened before those that are in them.

    Args:
        sums: of the entries so far; `()` of none.
        worth: what it was worth when it happened, in points.
        decay: how it fades.
        at_us: when it happened, in microseconds since the epoch.

    Raises:
        PolicyError: if the decay is no sum of exponentials.

    Example:
        >>> from goodwill.decays import HalfLife, NoDecay
        >>> day = 86_400_000_000
        >>> sums = add((), 8.0, HalfLife(days=84), at_us=0)
        >>> sums = add(sums, -2.0, NoDecay(), at_us=84 * day)
        >>> round(read(sums, at_us=84 * day).points, 9)
        2.0
        >>> read(sums, at_us=0) is None  # before its latest entry, only the entries can tell
        True
    """
    found = {each.rate: each for each in sums}
    for part in parts_of(worth, decay, at_us):
        known = found.get(part.rate)
        found[part.rate] = part if known is None else known.plus(part)
    return tuple(each for _, each in sorted(found.items()))


def sum_up(entries: Iterable[tuple[float, Decay, int]]) -> Sums:
    """The sums of many entries at once, rounded once: the same to the bit in whatever order they come.

    Args:
        entries: the worth of each in points, its decay, and when it happened in microseconds since the epoch.

    Raises:
        PolicyError: if a decay is no sum of exponentials.
    """
    by_rate: dict[float, list[Sum]] = defaultdict(list)
    for worth, decay, at_us in entries:
        for part in parts_of(worth, decay, at_us):
            by_rate[part.rate].append(part)
    return tuple(together(rate, parts) for rate, parts in sorted(by_rate.items()))


def together(rate: float, parts: Iterable[Sum]) -> Sum:
    """Sums of one rate as one, at the latest anchor."""
    parts = list(parts)
    anchor_us = max(part.anchor_us for part in parts)
    amounts = [part.at(anchor_us) for part in parts]
    positive, negative = (math.fsum(column) for column in zip(*amounts, strict=True))
    return Sum(rate, anchor_us, positive, negative)


def read(sums: Sums, at_us: int) -> Amounts | None:
    """What the sums come to at an instant; None if an entry in them happened later, and only the entries can tell."""
    if any(at_us < each.anchor_us for each in sums):
        return None
    amounts = [each.at(at_us) for each in sums]
    return Amounts(math.fsum(part.positive for part in amounts), math.fsum(part.negative for part in amounts))


# Accounts in the order of their balances


def rank_key(one: Sum) -> float:
    """A number that sorts accounts as their balances do, at every instant from their entries on.

    It is of the one sum of an account under a policy with one rate, and has the balance's sign. Two balances rank by
    sign * (log2 |balance| + rate * anchor / ln 2), for both fade alike; of rate 0 the key is the balance itself. What
    is below 0 by no more than rounding has the key 0, so an account is overdrawn if its key is below 0.

    Keys are exact to about 1e-12 of a balance at a half-life of 84 days, and to 1e-9 at one of an hour: balances that
    differ by less may be in either order.

    Example:
        >>> day = 86_400_000_000
        >>> fresh, old = Sum(0.01, 100 * day, 5.0, 0.0), Sum(0.01, 0, 12.0, -1.0)
        >>> rank_key(fresh) > rank_key(old), fresh.at(200 * day).points > old.at(200 * day).points
        (True, True)
    """
    amounts = Amounts(one.positive, one.negative)
    return 0.0 if amounts.points < 0.0 and not amounts.is_overdrawn else key_of(amounts.points, one.rate, one.anchor_us)


def key_bounds(threshold: float, rate: float, at_us: int) -> tuple[float, float]:
    """Which keys are of balances below a threshold at an instant.

    All below the first number are, and none from the second on; between the two, which are almost one, read the
    balance.

    Args:
        threshold: in points.
        rate: the policy's one rate, per day.
        at_us: in microseconds since the epoch, not before any entry of the accounts asked about.

    Example:
        >>> low, high = key_bounds(-5.0, rate=0.01, at_us=0)
        >>> rank_key(Sum(0.01, 0, 0.0, -5.1)) < low, rank_key(Sum(0.01, 0, 0.0, -4.9)) >= high
        (True, True)
    """
    if threshold == 0.0 or rate == 0.0:
        return threshold, threshold
    bits = bits_of(threshold, rate, at_us)
    slack = 1e-14 * (MIDDLE + abs(math.log2(abs(threshold))) + abs(bits))
    low, high = sorted(math.copysign(above_zero(bits + by), threshold) for by in (-slack, slack))
    return low, high


def key_of(points: float, rate: float, at_us: int) -> float:
    """The key of a balance that is so many points at an instant."""
    if points == 0.0 or rate == 0.0:
        return points
    return math.copysign(above_zero(bits_of(points, rate, at_us)), points)


def bits_of(points: float, rate: float, at_us: int) -> float:
    """The logarithm to base 2 of what a balance would have been at the epoch."""
    return math.log2(abs(points)) + days_between(0, at_us) * rate / math.log(2.0)


def above_zero(bits: float) -> float:
    """The bits on a scale that begins at 0, in the same order: a key's size must not change its sign."""
    return bits + 2.0 * MIDDLE if bits >= -MIDDLE else MIDDLE * MIDDLE / -bits
