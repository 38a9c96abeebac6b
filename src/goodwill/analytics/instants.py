"""The instants that a course is looked at: every day, week or month from one to another, on the calendar of a zone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from itertools import count, islice, takewhile
from typing import Final

from goodwill.domain.errors import InvalidPeriod
from goodwill.domain.instant import MICROSECONDS_PER_DAY, from_us, to_us
from goodwill.domain.period import refused, shifted, zone_of

__all__ = ["instants"]

MOST: Final = 100_000
"""How many instants one course has at most: each is a row for every account."""

STEP: Final = re.compile(r"(\d{1,6})(h|d|w|mo|q|y)", re.ASCII)
HOUR: Final = MICROSECONDS_PER_DAY // 24
CALENDAR: Final = {
    "d": ("days", 1), "w": ("weeks", 1), "mo": ("months", 1), "q": ("months", 3), "y": ("years", 1),
}  # fmt: skip
"""What each letter steps by on a calendar, and how many of it."""


def instants(start: datetime, end: datetime, every: str | timedelta, *, tz: str = "UTC") -> tuple[int, ...]:
    """Instants from a start on, up to an end and with it where a step falls there; in microseconds since the epoch.

    Args:
        start: the first.
        end: what none is after.
        every: "1d", "2w", "1mo", "1q" or "1y" on the calendar, "6h" by the clock, or an exact timedelta.
        tz: whose calendar, an IANA name. There a day keeps its hour, and a month its day or has its last.

    Raises:
        InvalidPeriod: if the end is before the start, the step is not understood or not above 0, or the instants are
            more than 100,000.
        NaiveDatetime: if a datetime has no zone.

    Example:
        >>> from datetime import UTC
        >>> ends = instants(datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 4, 30, tzinfo=UTC), "1mo")
        >>> [from_us(us).strftime("%m-%d") for us in ends]  # counted from the start, so March has its 31st
        ['01-31', '02-28', '03-31', '04-30']
    """
    start_us, end_us = to_us(start, "start"), to_us(end, "end")
    if end_us < start_us:
        raise InvalidPeriod(f"a course ends after it starts: {start.isoformat()} to {end.isoformat()}")
    step = steps_of(every)
    zone = zone_of(tz)
    with refused(f"{every!r} from {start.isoformat()}"):
        stepped = range(start_us, end_us + 1, step) if isinstance(step, int) else on_calendar(start_us, step, zone)
        found = tuple(islice(takewhile(lambda us: us <= end_us, stepped), MOST + 1))
    if len(found) > MOST:
        raise InvalidPeriod(f"{every!r} makes more than {MOST:,} instants; take longer steps, or a shorter time")
    return found


def on_calendar(start_us: int, step: tuple[str, int], zone: tzinfo) -> Iterator[int]:
    """Instants without end, each so many steps from the start on a zone's calendar, so that no month wears a day off."""
    unit, size = step
    local = from_us(start_us).astimezone(zone)
    return (to_us(shifted(local, {unit: number * size})) for number in count())


def steps_of(every: str | timedelta) -> int | tuple[str, int]:
    """A step as microseconds, or as a unit of the calendar and how many of it."""
    if isinstance(every, timedelta):
        exact = every // timedelta(microseconds=1)
    else:
        match = STEP.fullmatch(every) if isinstance(every, str) else None
        if match is None:
            raise not_understood(every)
        number, letter = int(match[1]), match[2]
        if letter != "h" and number > 0:
            unit, size = CALENDAR[letter]
            return unit, number * size
        exact = number * HOUR
    if exact <= 0:
        raise not_understood(every)
    return exact


def not_understood(every: object) -> InvalidPeriod:
    """What is raised for a step that is none."""
    return InvalidPeriod(f"every={every!r} is no step; understood are 6h, 1d, 2w, 1mo, 1q, 1y and timedeltas above 0")
