"""Reading an account at many instants ahead, with and without a gesture: the counterfactual of an appraisal.

Nothing but what is known happens: what was given fades, silence grows, and a promise that falls due is broken.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from goodwill.appraisal.book import Account, imagined
from goodwill.appraisal.changing import Floats
from goodwill.appraisal.faults import AppraisalError
from goodwill.appraisal.having import term_points
from goodwill.domain.entry import Deposit, Fact
from goodwill.domain.history import History
from goodwill.domain.instant import MICROSECONDS_PER_DAY
from goodwill.ledger.reading import Reader
from goodwill.policies.decay import Decay
from goodwill.policies.fold import Valued
from goodwill.policies.formula import NEGLIGIBLE

__all__ = ["Counterfactual", "Instants", "Part", "Replay", "counterfactual", "instants", "shares_of"]

Instants: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True)
class Replay:
    """One account's entries as valued up to an instant, to be read at any instant before it."""

    reader: Reader
    history: History
    valued: Sequence[Valued]

    @classmethod
    def of(cls, reader: Reader, facts: Sequence[Fact]) -> Replay:
        """Fold the facts up to the reader's instant."""
        history, valued = reader.valued(facts)
        return cls(reader, history, valued)

    def plus(self, fact: Fact, others: Sequence[Fact]) -> Replay:
        """The same with one fact more; all are folded again only where one entry changes what others are worth."""
        if self.reader.opinion.policy_class == "folded" or fact.in_response_to is not None:
            return Replay.of(self.reader, [*others, fact])
        _, own = self.reader.valued([fact])
        return Replay(self.reader, self.reader.history([*others, fact]), [*self.valued, *own])

    def points(self, at_us: Instants) -> Floats:
        """The balance at each of these instants, each over what happened by then."""
        return shares_of(self.parts, at_us) + self.terms(at_us)

    @cached_property
    def parts(self) -> list[Part]:
        """What each entry is worth, and how that fades."""
        return [Part(each.worth, each.decay, each.fact.occurred_us) for each in self.valued if each.worth]

    def terms(self, at_us: Instants) -> Floats:
        """What the account has by itself, such as for silence, at each of these instants."""
        return term_points(self.reader, self.history.in_force, at_us)

    def restless(self, at_us: Instants) -> Floats:
        """How many points could still fade after each instant; no bound up to the last thing that happens.

        What is left says nothing of when it goes: before it expires, it stands as still as what never fades.
        """
        fading = [part._replace(worth=abs(part.worth)) for part in self.parts if not part.decay.neutral]
        last_us = max((fact.occurred_us for fact in self.history.in_force), default=0)
        return np.where(at_us >= last_us, shares_of(fading, at_us), np.inf)


class Part(NamedTuple):
    """Points that fade from an instant on."""

    worth: float
    decay: Decay
    occurred_us: int


def shares_of(parts: Iterable[Part], at_us: Instants, stretch: Floats | float = 1.0) -> Floats:
    """What is left of all parts together at each instant; nothing of what has not happened by then.

    Args:
        parts: what fades.
        at_us: the instants.
        stretch: how many times as long all fading takes; an array of shape (n, 1) gives n rows.
    """
    total: Floats = np.zeros(np.broadcast_shapes(np.shape(stretch), at_us.shape))
    for decay, alike in by_decay(parts):
        worth = np.array([part.worth for part in alike])
        since = np.array([part.occurred_us for part in alike], dtype=np.int64)
        for start in range(0, len(alike), 256):  # so many at once, that memory stays small
            ages = (at_us - since[start : start + 256, None]) / MICROSECONDS_PER_DAY
            left = [remaining(decay, np.maximum(age, 0.0) / stretch) * (age >= 0.0) for age in ages]
            for each, share in zip(worth[start : start + 256].tolist(), left, strict=True):
                total += each * share
    return total


def by_decay(parts: Iterable[Part]) -> Iterable[tuple[Decay, list[Part]]]:
    """Parts that fade alike together; a decay that no calendar decides is one object for all of its entries."""
    found: dict[int, tuple[Decay, list[Part]]] = {}
    for part in parts:
        found.setdefault(id(part.decay), (part.decay, []))[1].append(part)
    return found.values()


def remaining(decay: Decay, ages: Floats) -> Floats:
    """The share that is left at each age; of a decay without arrays, one age after another."""
    if "numpy" not in decay.runs_on:
        flat = [decay.share(age) for age in np.ravel(ages).tolist()]
        return np.array(flat).reshape(np.shape(ages))
    shares: Any = decay.remaining(ages)
    found: Floats = np.where(shares >= NEGLIGIBLE, shares, 0.0) * np.ones_like(ages)
    return found


@dataclass(frozen=True)
class Counterfactual:
    """One account with a gesture, and without it.

    Attributes:
        with_it, without: the two replays, alike in everything else.
        given_us: when the gesture is given.
        from_us: from where on periods are counted.
        gesture: as the policy reads it.
    """

    with_it: Replay
    without: Replay
    given_us: int
    from_us: int
    gesture: Fact

    @cached_property
    def changed(self) -> list[Part]:
        """What the gesture changes of what entries are worth: its own worth, and that of others which it touches."""
        before = {each.fact.id: each.worth for each in self.without.valued}
        # An opening is in two parts, and touched by nothing.
        entries = [each for each in self.with_it.valued if each.fact.type != "opening"]
        parts = [
            Part(each.worth - before.get(each.fact.id, 0.0), each.decay, each.fact.occurred_us) for each in entries
        ]
        return [part for part in parts if part.worth]

    def lift(self, at_us: Instants, stretch: Floats | float = 1.0) -> Floats:
        """By how many points the balance is higher with the gesture, at each instant."""
        return self.faded(at_us, stretch) + self.lift_of_terms(at_us)

    def faded(self, at_us: Instants, stretch: Floats | float = 1.0) -> Floats:
        """The part of the lift that comes from entries, all fading so many times as slowly."""
        return shares_of(self.changed, at_us, stretch)

    def lift_of_terms(self, at_us: Instants) -> Floats:
        """The part of the lift that comes from terms, such as a silence that the gesture ended."""
        return self.with_it.terms(at_us) - self.without.terms(at_us)

    @property
    def at_once(self) -> float:
        """The lift the moment that the gesture is given."""
        return float(self.lift(np.array([self.given_us]))[0])

    @cached_property
    def worth(self) -> Valued:
        """The gesture as it was valued."""
        return next(each for each in self.with_it.valued if each.fact.id == self.gesture.id)


def counterfactual(account: Account, gesture: Deposit, until_us: int, without: Replay | None = None) -> Counterfactual:
    """An account with a gesture and without it, read up to an instant.

    A gesture that is in the book is taken out; one that is not is put in.

    Args:
        account: at its present.
        gesture: what is given.
        until_us: up to when it is read.
        without: the account up to then without a gesture that is not in the book, where it was replayed before.

    Raises:
        AppraisalError: if it is not valued, is no deposit, or was taken back.
        InvalidEntry: or one of its kind, if it could not be recorded.
    """
    if not isinstance(gesture, Deposit):
        raise AppraisalError(f"a gesture is a Deposit, not {type(gesture).__name__}")
    kept = next((fact for fact in account.facts if gesture.id and fact.id == gesture.id), None)
    fact = imagined(account.book.door, gesture, 2**21) if kept is None else kept
    everything = [*account.facts, *account.then]
    others = [each for each in everything if each.id != fact.id]
    reader = account.reader(until_us)
    found = Counterfactual(
        with_it=Replay.of(reader, [*others, fact]) if without is None else without.plus(fact, others),
        without=Replay.of(reader, others) if without is None else without,
        given_us=fact.occurred_us,
        from_us=min(fact.occurred_us, account.at_us),
        gesture=fact,
    )
    refuse_unvalued(found)
    return found


def refuse_unvalued(found: Counterfactual) -> None:
    """Refuse a gesture that the policy has no opinion on, or that is not in force."""
    each = next((each for each in found.with_it.valued if each.fact.id == found.gesture.id), None)
    if each is None:
        raise AppraisalError(f"the gesture {found.gesture.id} was taken back, or is later than what is read")
    if each.unvalued is not None:
        raise AppraisalError(
            f"the policy has no opinion on {found.gesture.kind!r}: {each.unvalued}; give a policy that has a rate for it"
        )


def instants(start_us: int, period_days: float, count: int) -> Instants:
    """The ends of so many periods from an instant on."""
    steps = np.arange(1, count + 1) * period_days * MICROSECONDS_PER_DAY
    ends: Instants = start_us + np.rint(steps).astype(np.int64)
    return ends
