"""The course of an account: what it adds up to from an instant on if nothing happens, and where it crossed zero."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, NamedTuple

from goodwill.domain.entry import Fact
from goodwill.domain.history import History
from goodwill.domain.instant import MICROSECONDS_PER_DAY
from goodwill.ledger.reading import Reader
from goodwill.policies.crossings import next_band, next_overdrawn, next_possible_change
from goodwill.policies.fold import Valued
from goodwill.policies.sums import ROUNDING, Sums, add, sum_up

__all__ = ["Course", "Turn", "next_look", "turns"]

MOST_LOOKED_AT: Final = 200
"""Of how many entries that fade in another way than exponentially it is computed when they may cross a threshold."""

MOST_LOOKS: Final = 64
"""How often one stretch without entries is looked at."""


@dataclass(frozen=True, slots=True)
class Course:
    """What an account is made of up to some instant.

    Attributes:
        sums: what fades exponentially.
        valued: the entries themselves, where it does not.
        opened_us, contact_us: the first fact, and the last contact.
    """

    sums: Sums = ()
    valued: tuple[Valued, ...] = ()
    opened_us: int | None = None
    contact_us: int | None = None

    def amounts(self, reader: Reader, at_us: int) -> list[float]:
        """All positive amounts together, all negative ones, and each term; each only rises or only falls by itself."""
        parts = [amount for each in self.sums for amount in each.at(at_us)]
        parts += [each.worth * each.share(at_us) for each in self.valued]
        positive = math.fsum(part for part in parts if part > 0.0)
        negative = math.fsum(part for part in parts if part < 0.0)
        return [positive, negative, *reader.terms(self.opened_us, self.contact_us, at_us).values()]

    def is_overdrawn(self, reader: Reader, at_us: int) -> bool:
        """Whether it is below zero, beyond what rounding makes of a zero."""
        return math.fsum(weighed(self.amounts(reader, at_us))) < 0.0

    def plus(self, reader: Reader, facts: Sequence[Fact], valued: Sequence[Valued]) -> Course:
        """The course after more has happened."""
        exponential = reader.opinion.decay.exponential
        sums = self.sums
        for each in valued if exponential else ():
            sums = add(sums, each.worth, each.decay, each.fact.occurred_us)
        own = [fact.occurred_us for fact in facts if fact.type != "breach"]
        contacts = [fact.occurred_us for fact in facts if reader.is_contact(fact)]
        return Course(
            sums,
            self.valued if exponential else (*self.valued, *valued),
            min([*own, *([] if self.opened_us is None else [self.opened_us])], default=None),
            max([*contacts, *([] if self.contact_us is None else [self.contact_us])], default=None),
        )


class Turn(NamedTuple):
    """An instant at which an account went below zero, or came back."""

    at_us: int
    is_overdrawn: bool


def weighed(amounts: Iterable[float]) -> list[float]:
    """The amounts, so that their sum is below 0 where the balance is, beyond what rounding makes of a zero."""
    return [amount * (1.0 + ROUNDING if amount > 0.0 else 1.0 - ROUNDING) for amount in amounts]


def next_look(reader: Reader, course: Course, after_us: int) -> int | None:
    """An instant up to which an account stays in its band, and below zero or not; None if it always does.

    Exact under a policy of exponentials without terms, never too late under any other.
    """
    standing, terms = reader.opinion.standing, reader.opinion.terms
    if reader.opinion.decay.exponential and not terms:
        found = [next_overdrawn(course.sums, after_us), next_band(course.sums, standing, after_us)]
        return min((us for us in found if us is not None), default=None)
    if not all(term.falls for term in terms) or len(course.valued) > MOST_LOOKED_AT:
        return after_us + MICROSECONDS_PER_DAY
    found = [change_of_sign(reader, course, after_us)]
    if standing.hysteresis is None:
        found.append(next_possible_change(lambda us: course.amounts(reader, us), standing.name_of, after_us))
    return min((us for us in found if us is not None), default=None)


def change_of_sign(reader: Reader, course: Course, after_us: int) -> int | None:
    """An instant before which an account does not go below zero, or come back, by itself."""
    if reader.opinion.decay.exponential and not reader.opinion.terms:
        return next_overdrawn(course.sums, after_us)
    if not all(term.falls for term in reader.opinion.terms) or len(course.valued) > MOST_LOOKED_AT:
        return after_us + MICROSECONDS_PER_DAY
    return next_possible_change(lambda us: weighed(course.amounts(reader, us)), lambda points: points < 0.0, after_us)


def turns(reader: Reader, before: Course, since: Turn | None, history: History, valued: Iterable[Valued]) -> list[Turn]:
    """Where an account went below zero or came back, from the last look at it up to the reader's instant.

    Args:
        reader: whose instant is the present.
        before: what was kept then, without the facts of this history; nothing where the history is whole.
        since: the last look at it, and what was seen; None for an account that was never looked at.
        history: what happened, of all the account or of what is new.
        valued: its entries.
    """
    by_id: dict[str, list[Valued]] = {}
    for each in valued:
        by_id.setdefault(each.fact.id, []).append(each)
    start_us = None if since is None else since.at_us
    earlier = [fact for fact in history.in_force if start_us is not None and fact.occurred_us <= start_us]
    later = history.in_force[len(earlier) :]
    course = joined(reader, before, earlier, [each for fact in earlier for each in by_id.get(fact.id, ())])
    walk = Walk(reader, course, start_us, since is not None and since.is_overdrawn)
    if since is not None:
        walk.look(since.at_us)
    for at_us, group in groupby(later, key=lambda fact: fact.occurred_us):
        facts = list(group)
        walk.wait(at_us - 1)
        walk.course = walk.course.plus(reader, facts, [each for fact in facts for each in by_id.get(fact.id, ())])
        walk.look(at_us)
    walk.wait(reader.at_us)
    return walk.found


def joined(reader: Reader, before: Course, facts: Sequence[Fact], valued: Sequence[Valued]) -> Course:
    """A course with more that has happened; of many entries at once, their sums are rounded once."""
    if before.sums or not reader.opinion.decay.exponential:
        return before.plus(reader, facts, valued)
    sums = sum_up((each.worth, each.decay, each.fact.occurred_us) for each in valued)
    return Course(sums, (), before.opened_us, before.contact_us).plus(reader, facts, ())


class Walk:
    """Along a course, from what happens to what happens.

    Attributes:
        course: from where it is on.
        found: where it turned.
    """

    def __init__(self, reader: Reader, course: Course, at_us: int | None, is_overdrawn: bool) -> None:
        self.reader = reader
        self.course = course
        self.found: list[Turn] = []
        self._at_us = at_us
        self._is_overdrawn = is_overdrawn

    def look(self, at_us: int) -> None:
        """See whether it has turned at an instant."""
        now = self.course.is_overdrawn(self.reader, at_us)
        if now != self._is_overdrawn:
            self.found.append(Turn(at_us, now))
            self._is_overdrawn = now
        self._at_us = at_us

    def wait(self, end_us: int) -> None:
        """Go on while nothing happens, up to an instant."""
        if self._at_us is None or end_us <= self._at_us or self._stays(end_us):
            return
        for _ in range(MOST_LOOKS):
            change = change_of_sign(self.reader, self.course, self._at_us)
            if change is None or change > end_us:
                return
            self.look(change)
        self.look(end_us)

    def _stays(self, end_us: int) -> bool:
        """Whether it cannot have turned: all of it fades alike, and at the end it is as it was."""
        alike = len(self.course.sums) <= 1 and not self.course.valued and not self.reader.opinion.terms
        return alike and self.course.is_overdrawn(self.reader, end_us) == self._is_overdrawn
