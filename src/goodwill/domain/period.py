"""Periods: half-open stretches of time, from calendars, durations and words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from difflib import get_close_matches
from typing import Any, Final, Self
from zoneinfo import ZoneInfo, available_timezones

from dateutil.relativedelta import relativedelta

from goodwill.domain.errors import GoodwillError, InvalidPeriod
from goodwill.domain.instant import to_us

__all__ = ["Period"]

UNDERSTOOD: Final = (
    "understood are 2026, 2026-03, 2026-Q1, this month or last month (quarter, year), last 90 days (weeks, months, "
    "years), since 2026-01-01, P3M, 2026-01-01/2026-04-01, 2026-01-01/P3M and P3M/2026-04-01"
)
MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
"""How many months each calendar unit has."""

FLAGS: Final = re.ASCII | re.IGNORECASE
CALENDAR: Final = re.compile(r"(\d{4})(?:-(\d{2})|-Q(\d))?", FLAGS)
CURRENT: Final = re.compile(r"(this|last) (month|quarter|year)", FLAGS)
LAST: Final = re.compile(r"last (\d{1,9}) (day|week|month|year)s?", FLAGS)
SINCE: Final = re.compile(r"since (\S+)", FLAGS)
INTERVAL: Final = re.compile(r"([^\s/]+)/([^\s/]+)", FLAGS)
# At least one part after P, and one after T; parts in this order, whole numbers only.
DURATION: Final = re.compile(
    r"P(?=\d|T\d)(?:(?P<years>\d{1,9})Y)?(?:(?P<months>\d{1,9})M)?(?:(?P<weeks>\d{1,9})W)?(?:(?P<days>\d{1,9})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,9})H)?(?:(?P<minutes>\d{1,9})M)?(?:(?P<seconds>\d{1,9})S)?)?",
    FLAGS,
)


@dataclass(frozen=True, slots=True, repr=False)
class Period:
    """The time from `start` until just before `end`.

    Both are kept in UTC, whatever zone they came in; a zone matters only where a calendar is read, and there it is
    named: `tz`, an IANA name, UTC by default. So a month in Europe/Berlin begins at midnight in Berlin.

    Attributes:
        start: the first instant, aware.
        end: the first instant after it, aware.

    Raises:
        InvalidPeriod: if it ends before it starts, or when it starts; and in every constructor below, if the zone is
            unknown or a date does not exist.
        NaiveDatetime: if a datetime has no zone.

    Example:
        >>> Period.month(2026, 3, tz="Europe/Berlin")
        Period.parse('2026-02-28T23:00:00Z/2026-03-31T22:00:00Z')
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        start_us, end_us = to_us(self.start, "start"), to_us(self.end, "end")
        # Instants are compared, not clock faces: two datetimes of one zone compare and subtract as wall clocks.
        if end_us <= start_us:
            raise InvalidPeriod(f"a period ends after it starts: {self.start.isoformat()} to {self.end.isoformat()}")
        with refused(f"{self.start.isoformat()} to {self.end.isoformat()}"):
            object.__setattr__(self, "start", self.start.astimezone(UTC))
            object.__setattr__(self, "end", self.end.astimezone(UTC))

    @classmethod
    def month(cls, year: int, month: int, *, tz: str = "UTC") -> Self:
        """A calendar month.

        Example:
            >>> print(Period.month(2026, 12))
            2026-12-01T00:00:00Z/2027-01-01T00:00:00Z
        """
        return cls._of_months(year, month, 1, tz)

    @classmethod
    def quarter(cls, year: int, quarter: int, *, tz: str = "UTC") -> Self:
        """A calendar quarter, 1 to 4.

        Example:
            >>> print(Period.quarter(2026, 1))
            2026-01-01T00:00:00Z/2026-04-01T00:00:00Z
        """
        return cls._of_months(year, first_month(quarter), 3, tz)

    @classmethod
    def year(cls, year: int, *, tz: str = "UTC") -> Self:
        """A calendar year.

        Example:
            >>> print(Period.year(2026))
            2026-01-01T00:00:00Z/2027-01-01T00:00:00Z
        """
        return cls._of_months(year, 1, 12, tz)

    @classmethod
    def since(cls, start: datetime, *, as_of: datetime) -> Self:
        """From `start` until `as_of`.

        Example:
            >>> print(Period.since(datetime(2026, 1, 1, tzinfo=UTC), as_of=datetime(2026, 3, 1, tzinfo=UTC)))
            2026-01-01T00:00:00Z/2026-03-01T00:00:00Z
        """
        return cls(start, as_of)

    @classmethod
    def parse(cls, text: str, *, as_of: datetime | None = None, tz: str = "UTC") -> Self:
        """A period from a text.

        Understood are, in any case of letters: `2026`, `2026-03`, `2026-Q1`; `this` or `last` `month`, `quarter`,
        `year` (by the calendar); `last 90 days` (`weeks`, `months`, `years`; it ends at as_of); `since 2026-01-01`;
        and of ISO 8601 the durations `P3M`, `P90D`, `PT12H` (ending at as_of) and the intervals
        `2026-01-01/2026-04-01`, `2026-01-01/P3M`, `P3M/2026-04-01`. Where an interval names a time, the time may
        have a zone of its own. Years, months, weeks and days are counted on the calendar of `tz`; hours, minutes and
        seconds are exact.

        Args:
            text: what to read.
            as_of: the present of a relative text.
            tz: the IANA zone of dates and calendars.

        Raises:
            InvalidPeriod: if the text is not understood, or is relative and as_of is missing.

        Example:
            >>> print(Period.parse("last 3 months", as_of=datetime(2026, 5, 31, 12, tzinfo=UTC)))
            2026-02-28T12:00:00Z/2026-05-31T12:00:00Z
        """
        if not isinstance(text, str):
            raise InvalidPeriod(f"{text!r} is no period; {UNDERSTOOD}")
        words = " ".join(text.split())
        reader = Reader(words, as_of, zone_of(tz))
        with refused(repr(words[:80])):
            for form, read in FORMS:
                match = form.fullmatch(words)
                if match:
                    return cls(*read(reader, match))
        raise InvalidPeriod(f"{words[:80]!r} is no period; {UNDERSTOOD}")

    @classmethod
    def _of_months(cls, year: int, month: int, count: int, tz: str) -> Self:
        zone = zone_of(tz)
        with refused(f"{year}, month {month}"):
            return cls(*months_from(datetime(year, month, 1, tzinfo=zone), count))

    def __repr__(self) -> str:
        return f"Period.parse('{self}')"

    def __str__(self) -> str:
        """The ISO 8601 interval, which `parse` reads."""
        return f"{iso(self.start)}/{iso(self.end)}"


Bounds = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the forms of a text against one present and one zone."""

    words: str
    as_of: datetime | None
    zone: tzinfo

    @property
    def present(self) -> datetime:
        """What a relative text counts from, on the zone's clock."""
        if self.as_of is None:
            raise InvalidPeriod(f"{self.words!r} depends on the present; give as_of")
        to_us(self.as_of, "as_of")
        return self.as_of.astimezone(self.zone)

    def calendar(self, match: re.Match[str]) -> Bounds:
        """2026, 2026-03, 2026-Q1."""
        year, month, quarter = match.groups()
        if quarter:
            first, count = first_month(int(quarter)), 3
        else:
            first, count = int(month or 1), 1 if month else 12
        return months_from(datetime(int(year), first, 1, tzinfo=self.zone), count)

    def current(self, match: re.Match[str]) -> Bounds:
        """This or last month, quarter, year: whole ones, the current one up to its end."""
        which, unit = match[1].lower(), match[2].lower()
        count, present = MONTHS[unit], self.present
        start = datetime(present.year, present.month - (present.month - 1) % count, 1, tzinfo=self.zone)
        return months_from(start - relativedelta(months=count if which == "last" else 0), count)

    def last(self, match: re.Match[str]) -> Bounds:
        """Last 90 days: so many, until the present."""
        present = self.present
        return shifted(present, {f"{match[2].lower()}s": -int(match[1])}), present

    def since(self, match: re.Match[str]) -> Bounds:
        """Since 2026-01-01: until the present."""
        return self.instant(match[1]), self.present

    def duration(self, match: re.Match[str]) -> Bounds:
        """P3M: so long, until the present."""
        present = self.present
        return self.moved(present, match, -1), present

    def interval(self, match: re.Match[str]) -> Bounds:
        """Two instants, or one and a duration."""
        first, second = DURATION.fullmatch(match[1]), DURATION.fullmatch(match[2])
        if first:
            end = self.instant(match[2])
            return self.moved(end, first, -1), end
        start = self.instant(match[1])
        return start, self.moved(start, second, 1) if second else self.instant(match[2])

    def instant(self, text: str) -> datetime:
        """An ISO 8601 date or time; in the zone, unless it names its own."""
        instant = datetime.fromisoformat(text.upper())
        return instant if instant.tzinfo else instant.replace(tzinfo=self.zone)

    def moved(self, instant: datetime, duration: re.Match[str], sign: int) -> datetime:
        """An instant moved by a duration: dates on the calendar of the zone, then times exactly."""
        parts = {unit: sign * int(count) for unit, count in duration.groupdict(default="0").items()}
        times = timedelta(**{unit: parts.pop(unit) for unit in ("hours", "minutes", "seconds")})
        return shifted(instant.astimezone(self.zone), parts).astimezone(UTC) + times


FORMS: Final[tuple[tuple[re.Pattern[str], Callable[[Reader, re.Match[str]], Bounds]], ...]] = (
    (CALENDAR, Reader.calendar),
    (CURRENT, Reader.current),
    (LAST, Reader.last),
    (SINCE, Reader.since),
    (DURATION, Reader.duration),
    (INTERVAL, Reader.interval),
)


def shifted(local: datetime, dates: Mapping[str, Any]) -> datetime:
    """A local time moved by years, months, weeks and days on its calendar, the clock face kept.

    Moved by nothing, it is left alone: to add nothing to it would forget which of two 2:30 it was.
    """
    return local + relativedelta(**dates) if any(dates.values()) else local


def months_from(start: datetime, count: int) -> Bounds:
    """So many months from local midnight on the first of one; the end is a local midnight as well."""
    return start, start + relativedelta(months=count)


def first_month(quarter: int) -> int:
    """The month in which a quarter starts."""
    if quarter not in {1, 2, 3, 4}:
        raise InvalidPeriod(f"a year has quarters 1 to 4, not {quarter!r}")
    return 3 * quarter - 2


def zone_of(tz: str) -> tzinfo:
    """The zone of an IANA name."""
    try:
        return ZoneInfo(tz)
    except (KeyError, ValueError, TypeError, OSError):
        near = get_close_matches(str(tz), available_timezones(), n=3)
        hint = f"did you mean {', '.join(near)}?" if near else "name one of IANA's, for example Europe/Berlin"
        raise InvalidPeriod(f"{tz!r} is no time zone; {hint}") from None


def iso(instant: datetime) -> str:
    """A UTC instant in ISO 8601, with Z."""
    return instant.isoformat().replace("+00:00", "Z")


@contextmanager
def refused(what: str) -> Iterator[None]:
    """Turn what datetime and dateutil say of impossible dates into an InvalidPeriod."""
    try:
        yield
    except GoodwillError:
        raise
    except (ValueError, TypeError, OverflowError) as error:
        raise InvalidPeriod(f"{what}: {error}; {UNDERSTOOD}") from None
