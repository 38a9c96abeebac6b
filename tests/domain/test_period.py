from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.domain.errors import GoodwillError, InvalidPeriod, NaiveDatetime, WrongType
from goodwill.domain.period import Period

NAIVE = datetime(2026, 3, 1)  # noqa: DTZ001 - on purpose
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 5, 31, 12, tzinfo=UTC)
YEARS = st.integers(1900, 2200)
ZONES = st.sampled_from(sorted(available_timezones() - {"localtime"}))
INSTANTS = st.datetimes(timezones=st.just(UTC))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def berlin(*parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=BERLIN, fold=fold)


@given(INSTANTS, INSTANTS)
def test_a_period_ends_after_it_starts_and_comes_back_from_its_repr_and_its_text(one, other):
    if one >= other:
        with pytest.raises(InvalidPeriod, match="ends after it starts"):
            Period(one, other)
    else:
        period = Period(one, other)
        assert (period.start, period.end) == (one, other)
        assert eval(repr(period)) == Period.parse(str(period)) == pickle.loads(pickle.dumps(period)) == period


@given(YEARS, ZONES)
def test_months_and_quarters_tile_their_year(year, tz):
    months = [Period.month(year, month, tz=tz) for month in range(1, 13)]
    quarters = [Period.quarter(year, quarter, tz=tz) for quarter in range(1, 5)]
    for tiles in (months, quarters):
        assert all(one.end == other.start for one, other in pairwise(tiles))
        assert Period(tiles[0].start, tiles[-1].end) == Period.year(year, tz=tz)
    assert Period(months[3].start, months[5].end) == quarters[1]


@given(YEARS, ZONES)
def test_one_year_ends_where_the_next_begins(year, tz):
    assert Period.year(year, tz=tz).end == Period.year(year + 1, tz=tz).start


@given(YEARS, st.integers(1, 12), ZONES)
def test_a_calendar_text_is_its_constructor(year, month, tz):
    assert Period.parse(f"{year}", tz=tz) == Period.year(year, tz=tz)
    assert Period.parse(f"{year}-{month:02}", tz=tz) == Period.month(year, month, tz=tz)
    assert Period.parse(f"{year}-Q{month % 4 + 1}", tz=tz) == Period.quarter(year, month % 4 + 1, tz=tz)


@given(INSTANTS.filter(lambda instant: 2 < instant.year < 9998), ZONES)
def test_this_month_holds_the_present_and_last_month_ends_where_it_starts(now, tz):
    for unit in ("month", "quarter", "year"):
        this = Period.parse(f"this {unit}", as_of=now, tz=tz)
        assert this.start <= now < this.end
        assert Period.parse(f"last {unit}", as_of=now, tz=tz).end == this.start


def test_a_period_is_kept_in_utc_whatever_zone_it_came_in():
    assert Period(berlin(2026, 3, 1), berlin(2026, 4, 1)) == Period(utc(2026, 2, 28, 23), utc(2026, 3, 31, 22))
    assert Period(berlin(2026, 3, 1), berlin(2026, 4, 1)).start.tzinfo is UTC


def test_a_month_in_berlin_starts_at_midnight_in_berlin():
    assert Period.month(2026, 7, tz="Europe/Berlin") == Period(berlin(2026, 7, 1), berlin(2026, 8, 1))


@pytest.mark.parametrize(("month", "hours"), [(3, 31 * 24 - 1), (10, 31 * 24 + 1), (7, 31 * 24)])
def test_a_month_in_which_the_clocks_change_is_an_hour_shorter_or_longer(month, hours):
    period = Period.month(2026, month, tz="Europe/Berlin")
    assert period.end - period.start == timedelta(hours=hours)


@pytest.mark.parametrize(("year", "days"), [(2024, 29), (2026, 28), (2000, 29), (1900, 28)])
def test_february_has_the_days_of_its_year(year, days):
    period = Period.month(year, 2)
    assert period.end - period.start == timedelta(days=days)


def test_a_month_may_start_where_midnight_was_skipped():
    # In Sao Paulo the clocks went from 24:00 on 3 November 2018 to 1:00: the day began an hour late.
    [hour] = {Period.parse("2018-11-04/PT1S", tz="America/Sao_Paulo").start.hour}
    assert hour == 3


def test_the_hour_that_comes_twice_is_an_hour():
    first, second = berlin(2026, 10, 25, 2, 30), berlin(2026, 10, 25, 2, 30, fold=1)
    assert Period(first, second).end - Period(first, second).start == timedelta(hours=1)
    with pytest.raises(InvalidPeriod):
        Period(second, first)


def test_hours_are_exact_where_the_clocks_change():
    now = berlin(2026, 10, 25, 2, 30, fold=1)
    for text in ("PT1H", "PT60M", "PT3600S"):
        period = Period.parse(text, as_of=now, tz="Europe/Berlin")
        assert period.end - period.start == timedelta(hours=1)


def test_days_keep_the_face_of_the_clock_where_the_clocks_change():
    now = berlin(2026, 3, 29, 12)
    assert Period.parse("last 1 day", as_of=now, tz="Europe/Berlin").start == berlin(2026, 3, 28, 12)
    assert Period.parse("last 1 day", as_of=now).start == utc(2026, 3, 28, 10)


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("last 90 days", utc(2026, 3, 2, 12)),
        ("last 12 weeks", utc(2026, 3, 8, 12)),
        ("last 3 months", utc(2026, 2, 28, 12)),
        ("last 1 month", utc(2026, 4, 30, 12)),
        ("last 1 year", utc(2025, 5, 31, 12)),
        ("P90D", utc(2026, 3, 2, 12)),
        ("P3M", utc(2026, 2, 28, 12)),
        ("P12W", utc(2026, 3, 8, 12)),
        ("P1Y", utc(2025, 5, 31, 12)),
        ("P1Y2M3DT4H5M6S", utc(2025, 3, 28, 7, 54, 54)),
        ("PT36H", utc(2026, 5, 30)),
        ("since 2026-01-01", utc(2026, 1, 1)),
        ("since 2026-01-01T06:00+02:00", utc(2026, 1, 1, 4)),
    ],
)
def test_what_is_relative_ends_at_the_present(text, start):
    assert Period.parse(text, as_of=NOW) == Period(start, NOW)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("this month", Period.month(2026, 5)),
        ("last month", Period.month(2026, 4)),
        ("this quarter", Period.quarter(2026, 2)),
        ("last quarter", Period.quarter(2026, 1)),
        ("this year", Period.year(2026)),
        ("last year", Period.year(2025)),
        ("2026-01-01/2026-04-01", Period.quarter(2026, 1)),
        ("2026-01-01/P3M", Period.quarter(2026, 1)),
        ("P3M/2026-04-01", Period.quarter(2026, 1)),
        ("2026-01-31/P1M", Period(utc(2026, 1, 31), utc(2026, 2, 28))),
        ("2024-02-29/P1Y", Period(utc(2024, 2, 29), utc(2025, 2, 28))),
        ("2026-01-01T00:00Z/2026-01-01T03:00+02:00", Period(utc(2026, 1, 1), utc(2026, 1, 1, 1))),
        ("2026-q2", Period.quarter(2026, 2)),
        ("  Last   MONTH ", Period.month(2026, 4)),
        ("p3m/2026-04-01t00:00z", Period.quarter(2026, 1)),
    ],
)
def test_a_text_is_understood(text, expected):
    assert Period.parse(text, as_of=NOW) == expected


def test_which_month_it_is_depends_on_the_zone():
    new_year_in_utc = utc(2025, 12, 31, 23, 30)
    assert Period.parse("this month", as_of=new_year_in_utc, tz="Europe/Berlin") == Period.month(
        2026, 1, tz="Europe/Berlin"
    )
    assert Period.parse("this month", as_of=new_year_in_utc) == Period.month(2025, 12)


def test_a_time_without_a_zone_is_read_in_the_period_s_zone():
    assert Period.parse("2026-07-01T09:00/PT1H", tz="Europe/Berlin").start == utc(2026, 7, 1, 7)


def test_since_lasts_until_as_of():
    assert Period.since(utc(2026, 1, 1), as_of=NOW) == Period(utc(2026, 1, 1), NOW)
    with pytest.raises(InvalidPeriod):
        Period.since(NOW, as_of=NOW)


@pytest.mark.parametrize("text", ["last 90 days", "this month", "P3M", "since 2026-01-01"])
def test_what_is_relative_needs_a_present(text):
    with pytest.raises(InvalidPeriod, match="depends on the present; give as_of"):
        Period.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "90 days",
        "last 1.5 years",
        "last -3 days",
        "last 3 fortnights",
        "26",
        "2026-3",
        "2026-13",
        "2026-00",
        "2026-Q0",
        "2026-Q5",
        "2026-02-30/P1D",
        "P",
        "PT",
        "P3",
        "P1DT",
        "P1D1M",
        "P-3M",
        "P0.5Y",
        "P0D",
        "last 0 days",
        "P1M/P1M",
        "2026-01-01/",
        "/2026-01-01",
        "2026-01-01/2026-02-01/2026-03-01",
        "2026-04-01/2026-01-01",
        "2026-01-01/2026-01-01",
        "since 2027-01-01",
        "since when",
        "0000",
        "9999",
        "last 999999999 years",
        "last 999999999 days",
        "last 9999999999 days",
        "P999999999W",
        "0001-01-01/P999999999D",
        "٢٠٢٦",
        "x" * 10_000,
        None,
        2026,
        NOW,
    ],
    ids=lambda text: str(text)[:30],
)
def test_what_is_no_period_is_refused_in_few_words(text):
    with pytest.raises(InvalidPeriod) as caught:
        Period.parse(text, as_of=NOW)
    assert len(str(caught.value)) < 400


def test_an_hour_that_comes_twice_does_not_make_no_days_a_period():
    with pytest.raises(InvalidPeriod):
        Period.parse("last 0 days", as_of=berlin(2026, 10, 25, 2, 30, fold=1), tz="Europe/Berlin")


def test_a_text_that_is_not_understood_is_told_what_is():
    with pytest.raises(InvalidPeriod, match=r"'yesterday' is no period; understood are .*last 90 days.*P3M"):
        Period.parse("yesterday")


@pytest.mark.parametrize(("quarter", "month"), [(0, 0), (5, 13), (-1, -1), ("1", "3"), (None, None)])
def test_a_year_has_four_quarters_and_twelve_months(quarter, month):
    with pytest.raises(InvalidPeriod, match="quarters 1 to 4"):
        Period.quarter(2026, quarter)
    with pytest.raises(InvalidPeriod):
        Period.month(2026, month)


@pytest.mark.parametrize("year", [0, 10_000, "2026", None])
def test_a_year_that_no_datetime_holds_is_refused(year):
    with pytest.raises(InvalidPeriod):
        Period.year(year)


@pytest.mark.parametrize("tz", ["Europe/Berln", "", "../etc/passwd", "Europe", "CEST+2", "\0", None, 5])
def test_an_unknown_zone_is_refused(tz):
    with pytest.raises(InvalidPeriod, match="is no time zone"):
        Period.month(2026, 3, tz=tz)


def test_an_unknown_zone_names_the_nearest_ones():
    with pytest.raises(InvalidPeriod, match="did you mean Europe/Berlin"):
        Period.parse("2026", tz="Europe/Berln")


@pytest.mark.parametrize("bounds", [(NAIVE, NOW), (NOW, NAIVE)])
def test_a_naive_datetime_is_refused(bounds):
    with pytest.raises(NaiveDatetime, match=r"(start|end) 2026-03-01T00:00:00 has no zone"):
        Period(*bounds)


def test_a_naive_present_is_refused():
    with pytest.raises(NaiveDatetime, match="as_of"):
        Period.parse("last 90 days", as_of=NAIVE)


def test_what_is_not_a_datetime_is_refused_by_type():
    with pytest.raises(WrongType, match="start must be a datetime"):
        Period("2026-01-01", NOW)


@pytest.mark.parametrize("root", [GoodwillError, ValueError])
def test_a_stranger_catches_an_invalid_period_as_a_value_error(root):
    with pytest.raises(root):
        Period.parse("yesterday")


def test_a_period_without_a_zone_is_one_of_utc():
    for made, start in (
        (Period.year(2026), datetime(2026, 1, 1, tzinfo=UTC)),
        (Period.quarter(2026, 2), datetime(2026, 4, 1, tzinfo=UTC)),
        (Period.month(2026, 3), datetime(2026, 3, 1, tzinfo=UTC)),
    ):
        assert made.start == start
        assert repr(made) == repr(type(made)(made.start, made.end))
