"""Promises: when they come due, how much of each was kept in time, and the breach that an unkept one becomes.

A breach is derived at reading time and never stored: at `due`, with less than all kept by then, it stands as a
withdrawal of the shortfall, named `<promise>@<due>`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from goodwill.domain.entry import Fact, Ref
from goodwill.domain.instant import from_us, to_us

if TYPE_CHECKING:
    from dateutil.rrule import rrule

__all__ = ["MOST_RECURRENCES", "Obligation", "begins_with", "due_instants", "next_due", "obligations"]

MOST_RECURRENCES = 1000
"""How many times one promise may come due."""

BEYOND_ALL_YEARS = 10_000_000
"""Days, weeks, months or years after which no date is left: the last year is 9999."""

WHOLE = 1.0 - 1e-12
"""Shares that add up to this are all of it: thirds of a promise sum to less than 1 in floats."""


@dataclass(slots=True)
class Obligation:
    """One due date of one promise, and what was done about it.

    Attributes:
        promise: the fact that made it.
        due_us: when it is due.
        name: `<promise>@<due>`, which the breach goes by.
        kept: the share kept by due, at most 1 but for rounding.
        completed_by: the id of the `Kept` with which all was kept in time, if one did.
        in_time, late: the share of each `Kept` by id.
    """

    promise: Fact
    due_us: int
    name: str
    kept: float = 0.0
    completed_by: str | None = None
    in_time: dict[str, float] = field(default_factory=dict)
    late: dict[str, float] = field(default_factory=dict)

    @property
    def shortfall(self) -> float:
        """The share that was not kept by due, in [0, 1]."""
        return 0.0 if self.completed_by is not None else max(1.0 - self.kept, 0.0)

    @property
    def breach(self) -> Fact:
        """The withdrawal that it becomes at due."""
        return self.promise._replace(
            id=self.name,
            type="breach",
            occurred_us=self.due_us,
            reference=self.name,
            sincerity=1.0,
            in_response_to=None,
            amends=None,
        )

    def keep(self, fact: Fact) -> None:
        """Count a `Kept`, in fold order."""
        size = self.promise.magnitude
        share = 1.0 if fact.entire or size == 0.0 else fact.magnitude / size
        if fact.occurred_us > self.due_us:
            self.late[fact.id] = share
            return
        self.in_time[fact.id] = share
        if self.completed_by is None:
            self.kept = math.fsum((self.kept, share))
            if self.kept >= WHOLE:
                self.completed_by = fact.id


def obligations(
    in_force: Iterable[Fact], as_of_us: int, target: Callable[[str | Ref], Fact | None]
) -> list[Obligation]:
    """Every due date of the visible promises that a reading needs, with what was kept of each.

    Args:
        in_force: facts in fold order.
        as_of_us: recurrences are expanded up to this instant, and single promises always.
        target: what a link points at.
    """
    facts = list(in_force)
    found = [
        Obligation(fact, due_us, f"{fact.reference or fact.id}@{stamp(due_us)}")
        for fact in facts
        if fact.type == "promise"
        for due_us in due_instants(fact, as_of_us)
    ]
    by_name = {obligation.name: obligation for obligation in found}
    single = {obligation.promise.id: obligation for obligation in found if obligation.promise.recurs is None}
    for fact in facts:
        if fact.type == "kept" and fact.in_response_to is not None:
            obligation = named(fact.in_response_to, by_name, single, target)
            if obligation is not None and fact.occurred_us >= obligation.promise.occurred_us:
                obligation.keep(fact)
    return found


def named(
    link: str | Ref,
    by_name: dict[str, Obligation],
    single: dict[str, Obligation],
    target: Callable[[str | Ref], Fact | None],
) -> Obligation | None:
    """The obligation that a `Kept` names: by `<promise>@<due>`, or by the promise where it has one due date."""
    text = link.reference if isinstance(link, Ref) else link
    if text in by_name:
        return by_name[text]
    promise = target(link)
    if promise is not None:
        return single.get(promise.id)
    # An amended promise without a reference has another id now, and its breaches another name.
    name, _, due = text.rpartition("@")
    amended = target(name) if name else None
    return None if amended is None else by_name.get(f"{amended.reference or amended.id}@{due}")


def stamp(due_us: int) -> str:
    """A due date as the name of a breach has it: `YYYY-MM-DDTHH:MM:SS.ffffffZ`."""
    return from_us(due_us).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def due_instants(promise: Fact, until_us: int) -> Iterator[int]:
    """When a promise comes due: once, or by its rule in its zone, at most 1,000 times.

    A rule is followed up to the first date after an instant, which may be kept ahead of time as a single promise may.
    """
    if promise.due_us is None:
        return
    if promise.recurs is None or promise.tz is None:
        yield promise.due_us
        return
    for due_us in followed(promise.recurs, promise.tz, promise.due_us, until_us):
        yield due_us
        if due_us > until_us:
            return


def next_due(facts: Iterable[Fact], after_us: int) -> int | None:
    """The first instant after another at which a promise among some facts comes due, kept or not; None if none does."""
    dues = (due_us for fact in facts if fact.type == "promise" for due_us in due_instants(fact, after_us))
    return min((due_us for due_us in dues if due_us > after_us), default=None)


def followed(rule: str, tz: str, first_us: int, until_us: int) -> tuple[int, ...]:
    """The dates of a rule, few where few reach beyond an instant: a far one may take long to find."""
    dates: tuple[int, ...] = ()
    for most in (16, 128, MOST_RECURRENCES):
        dates = recurrences(rule, tz, first_us, most)
        if len(dates) < most or dates[-1] > until_us:
            break
    return dates


@lru_cache(maxsize=1024)
def recurrences(rule: str, tz: str, first_us: int, most: int = MOST_RECURRENCES) -> tuple[int, ...]:
    """The first instants of an RRULE, on the clocks of a zone; 1,000 where no other number is given.

    Raises:
        ValueError: if the rule cannot be read.
    """
    zone = ZoneInfo(tz)
    dates = islice(parsed(rule, from_us(first_us).astimezone(zone)), most)
    return tuple(to_us(date.replace(tzinfo=zone)) for date in dates)


def begins_with(rule: str, tz: str, first_us: int) -> bool:
    """Whether an instant is the first date of a rule; found in milliseconds, however seldom its dates are.

    Raises:
        ValueError: if the rule cannot be read, or is one of hours or less.
    """
    if re.search(r"FREQ=(HOUR|MINUTE|SECOND)LY", rule, re.IGNORECASE):
        raise ValueError("a promise comes due by days; FREQ is DAILY, WEEKLY, MONTHLY or YEARLY, with BYHOUR for hours")
    if re.search(r"INTERVAL=[+-]?0*(;|$)", rule, re.IGNORECASE):
        raise ValueError("INTERVAL is at least 1")
    zone = ZoneInfo(tz)
    # Its next period is beyond the last year, so that only the first one is searched.
    rule_once = parsed(rule, from_us(first_us).astimezone(zone)).replace(interval=BEYOND_ALL_YEARS)
    return any(to_us(date.replace(tzinfo=zone)) == first_us for date in islice(rule_once, 1))


def parsed(rule: str, first: datetime) -> rrule:
    """An RRULE that begins at an instant on the clocks of its zone."""
    from dateutil.rrule import rrule, rrulestr  # noqa: PLC0415 - few promises recur, and all programs would pay for it

    # RFC 5545 wants an UNTIL in UTC where the start has a zone, and dateutil a naive one where it has none.
    in_utc = re.search(r"UNTIL=\w+Z", rule, re.IGNORECASE) is not None
    found = rrulestr(rule, dtstart=first if in_utc else first.replace(tzinfo=None))
    if not isinstance(found, rrule):
        raise ValueError("it is not one RRULE, such as FREQ=MONTHLY;COUNT=12")  # noqa: TRY004 - of the right type
    return found
