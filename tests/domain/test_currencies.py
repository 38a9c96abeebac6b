from __future__ import annotations

import re
from datetime import date

import iso4217
import pytest

from goodwill.domain.currencies import EXPONENTS, exponent_of
from goodwill.domain.errors import GoodwillError, UnknownCurrency, WrongType

LISTED = {currency.code: currency.exponent for currency in iso4217.Currency if currency.exponent is not None}
OUR_LIST = date(2026, 1, 1)


@pytest.mark.parametrize("code", sorted(EXPONENTS.keys() & LISTED.keys()))
def test_the_exponent_is_that_of_the_iso4217_package(code):
    assert EXPONENTS[code] == LISTED[code]


@pytest.mark.skipif(
    iso4217.__published__ != OUR_LIST, reason="the installed iso4217 package reads a list of another day"
)
def test_every_active_currency_is_there_and_no_other():
    assert EXPONENTS.keys() == LISTED.keys()


def test_hardly_a_currency_comes_or_goes_between_two_lists():
    assert len(EXPONENTS.keys() ^ LISTED.keys()) <= 10


def test_every_code_has_three_capitals():
    assert all(re.fullmatch("[A-Z]{3}", code) for code in EXPONENTS)


@pytest.mark.parametrize(
    ("code", "hint"), [("usd", "did you mean USD"), ("EURO", "did you mean EUR"), ("", "three capital letters")]
)
def test_an_unknown_code_names_the_nearest_ones(code, hint):
    with pytest.raises(UnknownCurrency, match=hint):
        exponent_of(code)


@pytest.mark.parametrize("code", ["XAU", "XXX", "XTS", "DEM"])
def test_gold_test_codes_and_withdrawn_currencies_are_no_currency_to_be_paid_in(code):
    with pytest.raises(UnknownCurrency):
        exponent_of(code)


@pytest.mark.parametrize("root", [GoodwillError, ValueError, LookupError])
def test_a_stranger_catches_an_unknown_currency_by_a_built_in(root):
    with pytest.raises(root):
        exponent_of("BTC")


@pytest.mark.parametrize("code", [None, 840, b"USD", ["USD"]])
def test_a_code_that_is_no_str_is_refused_by_type(code):
    with pytest.raises(WrongType):
        exponent_of(code)
