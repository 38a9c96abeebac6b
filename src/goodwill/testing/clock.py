"""A clock that stands still until it is told to go on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from goodwill.domain.instant import from_us, to_us

__all__ = ["FixedClock"]


class FixedClock:
    """A ledger's clock for tests: it says what it was set to.

    Example:
        >>> clock = FixedClock(datetime(2026, 3, 1, tzinfo=UTC))
        >>> clock.advance(days=1)
        >>> clock.now().isoformat()
        '2026-03-02T00:00:00+00:00'
    """

    def __init__(self, now: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._us = to_us(now, "now")

    def now(self) -> datetime:
        """What it was set to, in UTC."""
        return from_us(self._us)

    def set(self, now: datetime) -> None:
        """Set it to an instant, earlier ones too."""
        self._us = to_us(now, "now")

    def advance(self, **units: float) -> None:
        """Set it forward by days, hours, ..., as `timedelta` takes them."""
        self._us += timedelta(**units) // timedelta(microseconds=1)
