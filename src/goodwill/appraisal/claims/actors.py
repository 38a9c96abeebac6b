"""Where the actors who conceded something to an account stand among all actors."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from math import fsum
from statistics import median
from typing import NamedTuple

from scipy.stats import median_abs_deviation

from goodwill.appraisal.claims.claims import Claim
from goodwill.appraisal.claims.rates import Count, as_shares, plural
from goodwill.appraisal.claims.signal import Signal

__all__ = ["Desk", "actor_signals"]


class Desk(NamedTuple):
    """What all actors did, and how it is looked at.

    Attributes:
        claims: everybody's.
        entries: how many entries each actor has.
        confidence: of intervals.
        least: below so many, nothing is said.
    """

    claims: Sequence[Claim]
    entries: Mapping[str, int]
    confidence: float
    least: int

    def means(self, currency: str) -> dict[str, float]:
        """What a concession of each actor cost on average in a currency; of those who made enough of them."""
        costs: dict[str, list[float]] = defaultdict(list)
        for claim in self.claims:
            if claim.actor is not None and claim.amount is not None and claim.currency == currency:
                costs[claim.actor].append(float(claim.amount))
        return {actor: fsum(paid) / len(paid) for actor, paid in costs.items() if len(paid) >= self.least}


def actor_signals(own: Sequence[Claim], desk: Desk) -> Iterator[Signal]:
    """Of each actor who conceded something to an account, how often and how dearly they do, among all actors."""
    for actor in sorted({claim.actor for claim in own if claim.actor is not None}):
        theirs = [claim for claim in own if claim.actor == actor]
        yield actor_rate(desk, actor, ids_of(theirs))
        paid = {claim.currency for claim in theirs if claim.amount is not None and claim.currency is not None}
        for currency in sorted(paid):
            yield actor_cost(desk, actor, currency, ids_of(theirs))


def ids_of(claims: Sequence[Claim]) -> tuple[str, ...]:
    """The entries that they are."""
    return tuple(claim.id for claim in claims)


def actor_rate(desk: Desk, actor: str, entries: tuple[str, ...]) -> Signal:
    """The share of concessions among an actor's entries, which are the occasions that are recorded."""
    conceded = Counter(claim.actor for claim in desk.claims if claim.actor is not None)
    own = Count(conceded[actor], desk.entries[actor])
    every = Count(conceded.total(), sum(desk.entries.values()))
    others = every.less(own)
    counted = f"{plural(own.counted, 'concession')} in {plural(own.of, 'entry')}, other actors {others.counted:,} in {others.of:,}"
    if every.counted == every.of:
        reason = f"{counted}: no other entry names its actor, so it is not known how often they concede nothing"
        return Signal("actor_rate", actor, None, None, own.of, reason, entries=entries)
    if own.of < desk.least:
        reason = f"{counted}: of fewer than {desk.least} entries nothing is said"
        return Signal("actor_rate", actor, own.rate, others.rate, own.of, reason, entries=entries)
    beside = as_shares(own, others, desk.confidence)
    return Signal(
        "actor_rate", actor, own.rate, others.rate, own.of, f"{counted}: {beside.words}",
        interval=beside.interval, chance=beside.chance, entries=entries,
    )  # fmt: skip


def actor_cost(desk: Desk, actor: str, currency: str, entries: tuple[str, ...]) -> Signal:
    """The mean cost of an actor's concessions, beside the median of the actors' means.

    The distance is in median absolute deviations, scaled as the standard deviation of a normal distribution is
    (Iglewicz & Hoaglin 1993, "How to Detect and Handle Outliers").
    """
    about, means = f"{actor}, {currency}", desk.means(currency)
    made = sum(claim.actor == actor and claim.currency == currency for claim in desk.claims)
    if actor not in means or len(means) < desk.least:
        reason = (
            f"{plural(made, 'concession')} in {currency}, and {plural(len(means), 'actor')} with {desk.least} or more: "
            f"below {desk.least} nothing is said"
        )
        return Signal("actor_cost", about, means.get(actor), None, made, reason, entries=entries)
    middle, spread = median(means.values()), float(median_abs_deviation(list(means.values()), scale="normal"))
    away = (means[actor] - middle) / spread if spread else None
    told = "the actors differ too little to measure by" if away is None else f"{away:+.1f} robust deviations from it"
    reason = f"the mean of {plural(made, 'concession')} beside the median of {plural(len(means), 'actor')}: {told}"
    return Signal("actor_cost", about, means[actor], middle, made, reason, deviations=away, entries=entries)
