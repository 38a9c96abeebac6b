from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.domain.errors import NaiveDatetime, WrongType
from goodwill.domain.instant import MICROSECONDS_PER_DAY, days_between, from_us, in_utc, to_us

UTC_INSTANTS = st.datetimes(timezones=st.just(UTC))
NAIVE = datetime(2026, 3, 1)  # noqa: DTZ001 - on purpose
SUMMER_AND_WINTER = [datetime(2026, 10, 25, 2, 30, fold=fold, tzinfo=ZoneInfo("Europe/Berlin")) for fold in (0, 1)]


@given(UTC_INSTANTS)
def test_an_instant_comes_back_from_its_microseconds(instant):
    assert from_us(to_us(instant)) == instant
    assert from_us(to_us(instant)).tzinfo is UTC


@given(UTC_INSTANTS, UTC_INSTANTS)
def test_microseconds_are_in_the_order_of_the_instants(one, other):
    assert (to_us(one) < to_us(other)) == (one < other)


@given(UTC_INSTANTS.filter(lambda instant: 1 < instant.year < 9999), st.integers(-1439, 1439))
def test_the_zone_that_an_instant_is_written_in_makes_no_difference(instant, minutes):
    assert to_us(instant.astimezone(timezone(timedelta(minutes=minutes)))) == to_us(instant)


def test_the_two_half_past_two_of_an_autumn_night_are_an_hour_apart():
    summer, winter = SUMMER_AND_WINTER
    assert to_us(winter) - to_us(summer) == MICROSECONDS_PER_DAY // 24


def test_a_microsecond_before_1970_is_minus_one():
    assert to_us(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == -1


def test_a_naive_datetime_is_refused_and_told_the_way_out():
    with pytest.raises(
        NaiveDatetime, match=r"occurred_at 2026-03-01T00:00:00 has no zone; add one.*tzinfo=datetime.UTC"
    ):
        to_us(NAIVE, "occurred_at")


@pytest.mark.parametrize("value", [date(2026, 3, 1), "2026-03-01", 1_700_000_000, 1.5, None, True])
def test_what_is_not_a_datetime_is_refused_by_name(value):
    with pytest.raises(WrongType, match="as_of must be a datetime"):
        to_us(value, "as_of")


@given(st.integers(-(2**52), 2**52), st.integers(0, 10_000))
def test_whole_days_between_instants_are_exact(start, days):
    assert days_between(start, start + days * MICROSECONDS_PER_DAY) == days


def test_a_day_has_86400_seconds_even_when_the_clocks_change():
    start = datetime(2026, 3, 29, tzinfo=ZoneInfo("Europe/Berlin"))
    assert days_between(to_us(start), to_us(datetime(2026, 3, 30, tzinfo=ZoneInfo("Europe/Berlin")))) == 23 / 24


class Stamp(datetime):
    """A datetime of somebody else's, as pandas has one."""


@given(
    UTC_INSTANTS.filter(lambda instant: 1 < instant.year < 9999),
    st.sampled_from([UTC, ZoneInfo("UTC"), ZoneInfo("Asia/Tokyo")]),
    st.booleans(),
)
def test_an_instant_in_utc_is_the_datetime_of_its_microseconds_whatever_it_was_written_in(instant, zone, later_fold):
    written = instant.astimezone(zone).replace(fold=int(later_fold))
    for each in (written, Stamp.combine(written.date(), written.timetz())):
        found = in_utc(each, to_us(each))
        assert (repr(found), type(found)) == (repr(from_us(to_us(each))), datetime)


def test_an_instant_that_is_in_utc_is_not_made_again():
    now = datetime(2026, 3, 1, tzinfo=UTC)
    assert in_utc(now, to_us(now)) is now
