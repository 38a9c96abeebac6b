"""Expiry on a date of the calendar."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.decays import CalendarExpiry, Cliff, HalfLife
from goodwill.domain.errors import PolicyError
from goodwill.domain.instant import from_us, to_us
from goodwill.policies.decay import Decay
from goodwill.testing import check_decay, laws
from goodwill.testing.strategies import instances

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Kathmandu", "Pacific/Apia"]
instants = st.integers(631_152_000_000_000, 2_840_140_800_000_000)  # from 1990 until 2060


def at(*when: int, tz: str = "UTC", fold: int = 0) -> int:
    return to_us(datetime(*when, tzinfo=ZoneInfo(tz), fold=fold))  # type: ignore[arg-type]


def expires(decay: CalendarExpiry, occurred_us: int) -> datetime:
    """When an entry is gone, on the clocks of the decay's zone."""
    days = decay.expires_age(occurred_us)
    return from_us(occurred_us + round(days * 86_400_000_000)).astimezone(ZoneInfo(decay.tz))


@pytest.mark.parametrize(
    ("months", "end", "occurred", "gone"),
    [
        (12, "month", (2026, 1, 15), (2027, 2, 1)),  # the last day of the 12th month after
        (12, "month", (2026, 1, 1), (2027, 2, 1)),
        (12, "month", (2026, 1, 31, 23, 59, 59), (2027, 2, 1)),
        (12, "month", (2026, 2, 1), (2027, 3, 1)),
        (12, "month", (2023, 2, 3), (2024, 3, 1)),  # a leap year
        (12, "month", (2026, 12, 31), (2028, 1, 1)),
        (0, "month", (2026, 4, 30, 12), (2026, 5, 1)),
        (0, "day", (2026, 4, 30, 12), (2026, 5, 1)),
        (1, "day", (2026, 1, 31), (2026, 3, 1)),  # a month after 31 January is 28 February
        (1, "day", (2024, 1, 31), (2024, 3, 1)),
        (1, "day", (2026, 1, 15), (2026, 2, 16)),
        (12, "day", (2024, 2, 29), (2025, 3, 1)),
        (48, "day", (2024, 2, 29), (2028, 3, 1)),
    ],
)
def test_an_entry_is_gone_after_the_end_of_a_day_or_month(
    months: int, end: str, occurred: tuple[int, ...], gone: tuple[int, ...]
) -> None:
    decay = CalendarExpiry(months=months, end=end)
    assert expires(decay, at(*occurred)) == datetime(*gone, tzinfo=UTC)  # type: ignore[arg-type]


@given(st.integers(0, 60), st.sampled_from(["day", "month"]), st.sampled_from(ZONES), instants)
def test_it_counts_to_the_last_microsecond_of_that_day_in_its_zone(
    months: int, end: str, tz: str, occurred_us: int
) -> None:
    decay = CalendarExpiry(months=months, end=end, tz=tz)
    gone = expires(decay, occurred_us)
    last = (gone.astimezone(UTC) - timedelta(microseconds=1)).astimezone(ZoneInfo(tz))
    occurred = from_us(occurred_us).astimezone(ZoneInfo(tz))
    year, month = divmod(occurred.year * 12 + occurred.month - 1 + months, 12)
    length = monthrange(year, month + 1)[1]
    day = length if end == "month" else min(occurred.day, length)
    skipped = (tz, year, month + 1, day) == ("Pacific/Apia", 2011, 12, 30)  # a day that Samoa never had
    assert (last.year, last.month, last.day) == (year, month + 1, day - skipped)
    assert gone.date() > last.date()
    assert decay.at(occurred_us).share(0) == 1.0


@given(instances(CalendarExpiry), instants)
def test_on_a_date_it_is_a_plain_cliff_that_keeps_the_laws(decay: CalendarExpiry, occurred_us: int) -> None:
    cliff = decay.at(occurred_us)
    assert cliff == Cliff(days=decay.expires_age(occurred_us))
    for law in (laws.starts_whole, laws.never_rises, laws.time_units_change_nothing, laws.prints_as_code):
        law(cliff)


def test_the_cliff_runs_on_every_engine() -> None:
    check_decay(CalendarExpiry(months=12).at(at(2026, 1, 15)), examples=5)


def test_a_month_is_that_of_the_zone() -> None:
    new_year_in_berlin = at(2025, 12, 31, 23, 30)
    assert expires(CalendarExpiry(months=0), new_year_in_berlin) == datetime(2026, 1, 1, tzinfo=UTC)
    berlin = CalendarExpiry(months=0, tz="Europe/Berlin")
    assert expires(berlin, new_year_in_berlin) == datetime(2026, 2, 1, tzinfo=ZoneInfo("Europe/Berlin"))


def test_the_age_is_in_days_of_86_400_seconds_though_a_day_of_the_calendar_may_not_be() -> None:
    berlin = CalendarExpiry(months=0, end="day", tz="Europe/Berlin")
    assert berlin.expires_age(at(2026, 3, 29, tz="Europe/Berlin")) == 23 / 24  # clocks go forward
    assert berlin.expires_age(at(2026, 10, 25, tz="Europe/Berlin")) == 25 / 24  # and back


def test_a_midnight_that_is_skipped_or_comes_twice_ends_the_day_once() -> None:
    day = CalendarExpiry(months=0, end="day", tz="America/Sao_Paulo")
    # On 4 November 2018 clocks went from midnight to 1:00, so that Saturday ended at the jump.
    assert day.expires_age(at(2018, 11, 3, 23, tz="America/Sao_Paulo")) == 1 / 24
    # On 28 October 2007 clocks in St. John's went from 0:01 back to 23:01 of the day before.
    johns = CalendarExpiry(months=0, end="day", tz="America/St_Johns")
    for fold in (0, 1):
        gone = expires(johns, at(2007, 11, 3, 23, 30, tz="America/St_Johns", fold=fold)).astimezone(UTC)
        assert gone == datetime(2007, 11, 4, 3, 30, tzinfo=UTC)


def test_the_first_and_last_dates_of_all_clocks_can_be_read() -> None:
    for tz in ("America/New_York", "Asia/Kathmandu"):
        assert CalendarExpiry(months=1, tz=tz).expires_age(at(1, 1, 1)) > 27
        assert CalendarExpiry(months=1200, tz=tz).expires_age(at(9800, 1, 1)) > 36_000


def test_without_a_date_it_has_no_share_and_says_where_to_take_one() -> None:
    points = CalendarExpiry(months=12)
    for ask in (lambda: points.share(3), lambda: points.half_life, lambda: points.grace(days=3).share(9)):
        with pytest.raises(PolicyError, match=r"CalendarExpiry\(months=12\) has no share at an age alone.*take \.at\("):
            ask()


def test_it_is_dated_and_so_is_all_that_holds_it() -> None:
    points = CalendarExpiry(months=12)
    assert points.dated
    assert (points * HalfLife(days=84)).dated
    assert not points.at(0).dated
    assert not points.runs_on


def test_it_prints_as_code_and_stores_as_json() -> None:
    points = CalendarExpiry(months=12, end="day", tz="Europe/Berlin")
    assert repr(points) == "CalendarExpiry(months=12, end='day', tz='Europe/Berlin')"
    assert repr(CalendarExpiry(months=12)) == "CalendarExpiry(months=12)"
    assert points.to_json() == '{"end":"day","months":12,"type":"calendar_expiry","tz":"Europe/Berlin"}'
    assert Decay.from_json(points.to_json()) == points
    assert points.digest != CalendarExpiry(months=12, end="day").digest


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"months": -1}, "months: -1 is refused: input should be greater than or equal to 0"),
        ({"months": 1201}, "months: 1201 is refused: input should be less than or equal to 1200"),
        ({"months": 1.5}, "months: 1.5 is not a whole number"),
        ({"months": True}, "months: True is not a whole number"),
        ({"months": "12"}, "months: '12' is not a whole number"),
        ({"months": 12, "end": "week"}, "end: 'week' is refused: input should be 'day' or 'month'"),
        ({"months": 12, "tz": "Europe/Berln"}, "tz: 'Europe/Berln' is no time zone; nearest: Europe/Berlin"),
        ({"months": 12, "tz": "../etc/passwd"}, "tz: '../etc/passwd' is no time zone"),
        ({"months": 12, "tz": "Europe"}, "tz: 'Europe' is no time zone"),
        ({"months": 12, "tz": ""}, "tz: '' is no time zone"),
        ({}, "months: is missing"),
    ],
)
def test_what_no_calendar_says_is_refused(fields: dict[str, object], fault: str) -> None:
    with pytest.raises(PolicyError) as caught:
        CalendarExpiry(**fields)
    assert str(caught.value).startswith(fault)
