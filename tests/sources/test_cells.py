"""Numbers, ids, dates and instants as exports write them; nothing is guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.sources.cells import Conventions, read_date, read_id, read_instant, read_number, read_text
from goodwill.sources.faults import RowError

ENGLISH = Conventions(thousands=",")
GERMAN = Conventions(decimal=",", thousands=".")
SWISS = Conventions(thousands="'")
FRENCH = Conventions(decimal=",", thousands=" ")
SAO_PAULO = Conventions(zone=ZoneInfo("America/Sao_Paulo"))


@pytest.mark.parametrize(
    ("text", "conventions", "number"),
    [
        ("+5257,28", GERMAN, "5257.28"),
        ("6,666.66", ENGLISH, "6666.66"),
        ("£1,183.23", ENGLISH, "1183.23"),
        ("+ £1,100.00", ENGLISH, "1100.00"),
        ("{$1,234.00}", ENGLISH, "1234.00"),
        ("(1,234.00)", ENGLISH, "-1234.00"),
        ("($5)", ENGLISH, "-5"),
        ("$(5)", ENGLISH, None),
        ("1.234,50-", GERMAN, "-1234.50"),
        ("\N{MINUS SIGN}3", ENGLISH, "-3"),
        ("12,50 €", GERMAN, "12.50"),
        ("EUR 12,50", Conventions(decimal=",", currency="EUR"), "12.50"),
        ("12,50EUR", Conventions(decimal=",", currency="EUR"), "12.50"),
        ("12,50 USD", Conventions(decimal=",", currency="EUR"), None),
        ("1'234'567.8", SWISS, "1234567.8"),
        ("1\N{NARROW NO-BREAK SPACE}234,5", FRENCH, "1234.5"),
        ("12,34,567.00", ENGLISH, "1234567.00"),
        ("6,66", ENGLISH, None),
        ("1.234", Conventions(decimal=","), None),
        ("1,5", Conventions(), None),
        ("1,234,5", ENGLISH, None),
        ("1.2.3", ENGLISH, None),
        ("--5", ENGLISH, None),
        ("(-5)", ENGLISH, None),
        ("5 apples", ENGLISH, None),
        ("nan", ENGLISH, None),
        ("inf", ENGLISH, None),
        ("", ENGLISH, None),
        ("-", ENGLISH, None),
        ("٣", ENGLISH, None),
        ("1e-05", ENGLISH, "0.00001"),
        (".5", ENGLISH, "0.5"),
        ("9" * 70, ENGLISH, None),
    ],
)
def test_a_number_is_read_by_its_conventions_or_refused(text, conventions, number):
    if number is None:
        with pytest.raises(RowError, match="not a number"):
            read_number(text, conventions)
    else:
        assert read_number(text, conventions) == Decimal(number)


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12),
    st.sampled_from([(".", ","), (",", "."), (".", "'"), (",", " "), (".", ""), (",", "")]),
    st.sampled_from(["{}", "{}€", "$ {}", " {} "]),
)
def test_a_number_that_is_written_in_any_convention_is_read_back(number, marks, dress):
    decimal, thousands = marks
    plain = f"{abs(number):,.2f}" if thousands else f"{abs(number):.2f}"
    written = plain.translate({ord(","): thousands, ord("."): decimal})
    signed = dress.format(written) + ("-" if number < 0 else "")
    assert read_number(signed, Conventions(decimal=decimal, thousands=thousands)) == number


@pytest.mark.parametrize("value", [True, 1.5, None, ["1"], date(2026, 1, 1)])
def test_what_is_no_text_and_no_exact_number_is_no_number(value):
    with pytest.raises(RowError, match="not a number"):
        read_number(value, ENGLISH)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("17850.0", "17850"),
        (Decimal("17850.0"), "17850"),
        (17850, "17850"),
        ("007", "007"),
        (" a1 ", "a1"),
        ("1.5", "1.5"),
    ],
)
def test_an_id_loses_the_decimals_that_a_spreadsheet_gave_it(value, name):
    assert read_id(value) == name


def test_an_id_in_scientific_notation_is_refused_because_its_digits_are_gone():
    with pytest.raises(RowError, match="not an id"):
        read_id("1.7850E+04")


@pytest.mark.parametrize(
    ("text", "dates", "day"),
    [
        ("7/29/2013", ("%m/%d/%Y",), date(2013, 7, 29)),
        ("22.02.18", ("%d.%m.%y",), date(2018, 2, 22)),
        ("10/02/2018", ("%d/%m/%Y",), date(2018, 2, 10)),
        ("27 Feb 2018", ("%d %b %Y",), date(2018, 2, 27)),
        ("20190311", ("%Y%m%d",), date(2019, 3, 11)),
        ("2019.04.19.", ("%Y.%m.%d.",), date(2019, 4, 19)),
        ("2018-02-10", ("%d/%m/%Y", "iso"), date(2018, 2, 10)),
    ],
)
def test_a_date_is_read_by_its_formats(text, dates, day):
    assert read_date(text, Conventions(dates=dates)) == day


@pytest.mark.parametrize(
    ("text", "dates", "instant"),
    [
        ("1521072000", ("epoch",), datetime(2018, 3, 15, tzinfo=UTC)),
        ("1521072000.25", ("epoch",), datetime(2018, 3, 15, 0, 0, 0, 250_000, tzinfo=UTC)),
        ("-1", ("epoch",), datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("1521072000250", ("epoch_ms",), datetime(2018, 3, 15, 0, 0, 0, 250_000, tzinfo=UTC)),
        ("2018-03-15T01:00:00+0100", ("%Y-%m-%dT%H:%M:%S%z",), datetime(2018, 3, 15, tzinfo=UTC)),
        ("2018-03-15T00:00:00Z", ("iso",), datetime(2018, 3, 15, tzinfo=UTC)),
        ("2018-03-15", ("iso",), datetime(2018, 3, 15, 3, tzinfo=UTC)),
        ("15.03.2018 21:05", ("%d.%m.%Y %H:%M",), datetime(2018, 3, 16, 0, 5, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read_by_its_formats_and_zone(text, dates, instant):
    assert read_instant(text, Conventions(zone=SAO_PAULO.zone, dates=dates)) == instant


@pytest.mark.parametrize("text", ["yesterday", "31/02/2018", "2018-13-01", "", "1e400", "0001-01-01T00:00:00+14:00"])
def test_what_fits_no_format_is_refused(text):
    with pytest.raises(RowError, match="not a date"):
        read_instant(text, Conventions(zone=ZoneInfo("UTC"), dates=("iso", "epoch", "%d/%m/%Y")))


def test_a_local_time_without_a_zone_is_refused():
    with pytest.raises(RowError, match="no zone"):
        read_instant("2018-03-15 10:00", Conventions())


def test_a_date_means_the_start_of_its_local_day_or_the_time_that_the_mapping_says():
    assert read_instant("2018-03-15", SAO_PAULO) == datetime(2018, 3, 15, 3, tzinfo=UTC)
    noon = Conventions(zone=SAO_PAULO.zone, at=time(12))
    assert read_instant("2018-03-15", noon) == datetime(2018, 3, 15, 15, tzinfo=UTC)


def test_a_day_whose_midnight_was_skipped_starts_with_its_first_hour():
    # In Sao Paulo clocks went from 23:59:59 to 01:00 on 15 October 2017.
    start = read_instant("2017-10-15", SAO_PAULO)
    assert start - timedelta(microseconds=1) < start
    assert start.astimezone(SAO_PAULO.zone).isoformat() == "2017-10-15T01:00:00-02:00"


def test_the_local_day_of_an_instant_is_that_of_the_zone():
    assert read_date(datetime(2018, 3, 15, 1, tzinfo=UTC), SAO_PAULO) == date(2018, 3, 14)
    assert read_date("2018-03-15 01:00", SAO_PAULO) == date(2018, 3, 15)


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_made_text_is_read_back(instant):
    assert read_instant(read_text(instant), Conventions()) == instant


def test_every_value_has_a_text():
    assert [read_text(value) for value in (True, Decimal("1E+2"), 3, ["a", Decimal("1.5")])] == [
        "true",
        "100",
        "3",
        '["a", "1.5"]',
    ]
