"""When a balance, left to itself, next crosses a threshold: found exactly, without looking at every day between.

A sum of exponentials has no more zeros than its weights, the slowest rate first, change their sign (Descartes' rule,
which holds for exponentials too). The proof is the algorithm: multiplied by the exponential of a rate at which the
signs change, it has a slope that is such a sum with one change fewer, and between two zeros of its slope a function
crosses 0 at most once. So nothing is missed, however short a balance is on the other side.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

from goodwill.domain.instant import days_between, to_us
from goodwill.policies.exponentials import Exponential, total
from goodwill.policies.standing import Standing
from goodwill.policies.sums import ROUNDING, Amounts, Sums, read

__all__ = ["LAST_US", "next_band", "next_crossing", "next_overdrawn", "next_possible_change"]

LAST_US: Final = to_us(datetime.max.replace(tzinfo=UTC))
"""The last instant that is looked at: the end of the year 9999."""

STEPS: Final = 16
"""How often a safe stretch of time is lengthened before it is taken as it is."""

Outcome = Callable[[int], object]
"""What holds at an instant, such as the name of the band that the balance is in."""


def next_crossing(sums: Sums, threshold: float, after_us: int) -> int | None:
    """The first instant after another at which a balance is on the other side of a threshold, if nothing happens.

    Args:
        sums: the account's.
        threshold: in points; the balance is below it, or not.
        after_us: in microseconds since the epoch, not before any entry in the sums.

    Returns:
        In microseconds since the epoch, exact to the microsecond; None if that never comes before the year 10000.

    Raises:
        ValueError: if an entry in the sums happened later than `after_us`.

    Example:
        >>> from goodwill.decays import HalfLife
        >>> from goodwill.policies.sums import add
        >>> day = 86_400_000_000
        >>> sums = add(add((), 6.0, HalfLife(days=10), 0), -4.0, HalfLife(days=80), 0)
        >>> round(next_crossing(sums, 0.0, after_us=0) / day, 6)  # 6 * 2^(-t/10) is 4 * 2^(-t/80)
        6.685286
    """
    return first_other(sums, lambda us: amounts_at(sums, us).points < threshold, after_us)


def next_band(sums: Sums, standing: Standing, after_us: int) -> int | None:
    """The first instant after another at which a balance is in another band, if nothing happens; None if never.

    A regime (`Standing.hysteresis`) changes with entries and never by time alone.

    Raises:
        ValueError: if an entry in the sums happened later than `after_us`.
    """
    if standing.hysteresis is not None:
        return None
    return first_other(sums, lambda us: standing.name_of(amounts_at(sums, us).points), after_us)


def next_overdrawn(sums: Sums, after_us: int) -> int | None:
    """The first instant after another at which an account goes overdrawn or is no longer, if nothing happens.

    Raises:
        ValueError: if an entry in the sums happened later than `after_us`.
    """
    # Overdrawn is below 0 by more than rounding: that is the sign of these sums, which are the same but for rounding.
    signed = tuple(
        each._replace(positive=each.positive * (1.0 + ROUNDING), negative=each.negative * (1.0 - ROUNDING))
        for each in sums
    )
    return first_other(signed, lambda us: amounts_at(sums, us).is_overdrawn, after_us)


def next_possible_change(
    amounts: Callable[[int], Sequence[float]], outcome: Callable[[float], object], after_us: int
) -> int | None:
    """An instant before which nothing can change, whatever the decays and terms; None if nothing ever will.

    For balances that are no sums of exponentials. It looks at how far each amount can have moved and takes the longest
    stretch of time in which that is not enough, then the next one, 16 times at most. So it is never too late; it is
    exact where one amount alone moves, and else early, the more so where large ones nearly cancel: read again then.

    Args:
        amounts: what a balance is made of at an instant, in points. Each must only rise or only fall: all positive
            contributions together, all negative ones, and each term that falls (`Term.falls`).
        outcome: what holds at so many points, such as the name of their band; one for each interval of points.
        after_us: where to begin, in microseconds since the epoch.

    Example:
        >>> from goodwill.decays import Linear
        >>> day = 86_400_000_000
        >>> amounts = lambda us: [10.0 * Linear(days=100).share(us / day)]
        >>> round(next_possible_change(amounts, lambda points: points < 2.0, after_us=0) / day, 6)
        80.0
    """
    before = list(amounts(after_us))
    now, since_us = outcome(math.fsum(before)), after_us

    def is_safe(us: int) -> bool:
        pairs = [sorted(pair) for pair in zip(before, amounts(us), strict=True)]
        return all(outcome(math.fsum(ends)) == now for ends in zip(*pairs, strict=True))

    for _ in range(STEPS):
        if is_safe(LAST_US):
            return None
        since_us = first_other_than_at(since_us, LAST_US, is_safe)
        before = list(amounts(since_us))
        if outcome(math.fsum(before)) != now:
            return since_us
    return since_us + 1


# How a crossing is found


def first_other(sums: Sums, outcome: Outcome, after_us: int) -> int | None:
    """The first instant at which another outcome holds than at `after_us`; one for each interval of points."""
    now = outcome(after_us)
    for start, end in pairwise(turns(sums, after_us)):
        if outcome(end) != now:
            return first_other_than_at(start, end, outcome)
    return None


def turns(sums: Sums, after_us: int) -> list[int]:
    """Instants from one to the last, between neighbors of which the points only rise or only fall."""
    points = ((each.rate, each.at(after_us).points) for each in sums if each.rate > 0.0)
    fastest = max((each.rate for each in sums), default=0.0)
    return sign_changes([Exponential(-amount * (rate / fastest), rate) for rate, amount in points], after_us)


def sign_changes(parts: Sequence[Exponential], after_us: int) -> list[int]:
    """Instants from one to the last, between neighbors of which a sum of exponentials keeps its sign.

    Args:
        parts: by rate, the slowest first; their weights at `after_us`.
        after_us: where to begin.
    """
    parts = [part for part in parts if part.weight != 0.0]
    pivot = next((between(one, two) for one, two in pairwise(parts) if is_change(one, two)), None)
    if pivot is None:
        return [after_us, LAST_US]
    widest = max(abs(pivot - part.rate) for part in parts)
    slope = [Exponential(part.weight * ((pivot - part.rate) / widest), part.rate) for part in parts]
    slowest = parts[0].rate
    from_slowest = [Exponential(weight, rate - slowest) for weight, rate in parts]  # of the same sign, and never lost

    def is_below(us: int) -> bool:
        return total(from_slowest, days_between(after_us, us)) < 0.0

    edges = sign_changes(slope, after_us)
    found = set(edges)
    for start, end in pairwise(edges):
        if is_below(start) != is_below(end):
            change = first_other_than_at(start, end, is_below)
            found |= {change - 1, change}
    return sorted(found)


def is_change(one: Exponential, two: Exponential) -> bool:
    """Whether two weights, neither of them 0, differ in their sign."""
    return (one.weight < 0.0) != (two.weight < 0.0)


def between(one: Exponential, two: Exponential) -> float:
    """A rate between theirs."""
    return one.rate + (two.rate - one.rate) / 2.0


def first_other_than_at(start: int, end: int, outcome: Outcome) -> int:
    """The first instant with another outcome than the start, where the end has one and it changes once."""
    now = outcome(start)
    while end - start > 1:
        middle = (start + end) // 2
        start, end = (middle, end) if outcome(middle) == now else (start, middle)
    return end


def amounts_at(sums: Sums, at_us: int) -> Amounts:
    """What the sums come to.

    Raises:
        ValueError: if an entry in them happened later.
    """
    amounts = read(sums, at_us)
    if amounts is None:
        raise ValueError("sums say nothing of an instant before their latest entry; look from that one on")
    return amounts
