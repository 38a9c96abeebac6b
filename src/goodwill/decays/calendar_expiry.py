"""Expiry on a date of the calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import Annotated, ClassVar, Literal, NoReturn
from zoneinfo import ZoneInfo, available_timezones

from dateutil.relativedelta import relativedelta
from pydantic import AfterValidator, Field

from goodwill.domain.errors import PolicyError
from goodwill.domain.instant import days_between, from_us, to_us
from goodwill.policies.decay import Decay
from goodwill.policies.faults import nearest
from goodwill.policies.formula import Operand
from goodwill.policies.parameters import Whole

__all__ = ["CalendarExpiry"]


def _zone(tz: str) -> str:
    try:
        ZoneInfo(tz)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{tz!r} is no time zone; {nearest(tz, available_timezones())}") from None
    return tz


Zone = Annotated[str, AfterValidator(_zone)]
Months = Annotated[Whole, Field(ge=0, le=1200)]


class CalendarExpiry(Decay, type="calendar_expiry"):
    """It counts in full until the end of a day or month of the calendar, and is gone from then on.

    As programs of points write it: "they expire on the last day of the 12th month after" is `months=12, end="month"`.
    A month later than 31 January is the last day of February. A convention; no estimate for goodwill is known.

    How old an entry is at that moment depends on its date, so the share is not a function of age alone: take
    `decay.at(occurred_us)`, which is the plain `Cliff` of an entry of that instant. A ledger does so by itself.

    Args:
        months: how many months after the entry's own.
        end: of what it is the end: the same "day" of that month, or the "month" itself.
        tz: whose calendar and midnight, an IANA name.

    Example:
        >>> from datetime import UTC, datetime
        >>> from goodwill.domain.instant import to_us
        >>> points = CalendarExpiry(months=12)
        >>> points.at(to_us(datetime(2026, 1, 15, tzinfo=UTC)))  # until the end of January 2027
        Cliff(days=382.0)
    """

    operands: ClassVar[frozenset[str]] = frozenset()

    months: Months
    end: Literal["day", "month"] = "month"
    tz: Zone = Field("UTC", examples=["UTC", "Europe/Berlin", "America/New_York"])

    @cached_property
    def dated(self) -> bool:
        """Always: the calendar decides."""
        return True

    def at(self, occurred_us: int) -> Decay:
        """The `Cliff` of an entry that happened at an instant.

        Args:
            occurred_us: in microseconds since the epoch, UTC.
        """
        # Siblings do not import each other; the family knows the member by its tag.
        return Decay.from_dict({"type": "cliff", "days": self.expires_age(occurred_us)})

    def expires_age(self, occurred_us: int) -> float:
        """The age in days, of 86,400 s, at which an entry of an instant is gone: the first moment after the end.

        Args:
            occurred_us: in microseconds since the epoch, UTC.
        """
        occurred = from_us(occurred_us)
        try:
            day = occurred.astimezone(ZoneInfo(self.tz)).date()
        except OverflowError:  # the first day of the year 1, west of Greenwich
            day = occurred.date()
        return days_between(occurred_us, _expires_us(day, self.months, self.end, self.tz))

    def remaining(self, age: Operand) -> NoReturn:
        """No share: it depends on the date.

        Raises:
            PolicyError: always, with the way out.
        """
        raise PolicyError(
            f"{self!r} has no share at an age alone, since the calendar decides: take .at(occurred_us), the decay of an "
            "entry of that instant"
        )


@lru_cache(maxsize=4096)
def _expires_us(day: date, months: int, end: str, tz: str) -> int:
    """The first instant after the end of the day or month so many months after a day."""
    last = day + relativedelta(months=months, day=31 if end == "month" else None)
    midnight = datetime.combine(last + timedelta(days=1), time(), ZoneInfo(tz))
    # Where clocks are put back over midnight, a day ends at the second one; where it is skipped, at the jump.
    return max(to_us(midnight.replace(fold=fold).astimezone(UTC)) for fold in (0, 1))
