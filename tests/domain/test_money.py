from __future__ import annotations

import copy
import decimal
import operator
import pickle
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.domain.currencies import EXPONENTS
from goodwill.domain.errors import CurrencyMismatch, GoodwillError, InvalidMoney, UnknownCurrency, WrongType
from goodwill.domain.money import Money

MINOR = st.integers(-(2**63) + 1, 2**63 - 1)
SMALL = st.integers(-(2**60), 2**60)  # three of them still fit
CURRENCIES = st.sampled_from(sorted(EXPONENTS))


@st.composite
def same_currency(draw, count):
    currency = draw(CURRENCIES)
    return [Money.from_minor(draw(SMALL), currency) for _ in range(count)]


@given(MINOR, CURRENCIES)
def test_money_comes_back_from_its_minor_units(minor, currency):
    money = Money.from_minor(minor, currency)
    assert (money.minor, money.currency, money.exponent) == (minor, currency, EXPONENTS[currency])
    assert Money(money.amount, currency) == money


@given(MINOR, CURRENCIES)
def test_money_comes_back_from_its_text_its_repr_its_dict_and_its_pickle(minor, currency):
    money = Money.from_minor(minor, currency)
    assert Money(*str(money).split()) == money
    assert eval(repr(money)) == money
    assert Money.from_dict(money.to_dict()) == money
    assert pickle.loads(pickle.dumps(money)) == copy.deepcopy(money) == money


@given(same_currency(3))
def test_addition_is_associative_commutative_and_undone_by_subtraction(three):
    a, b, c = three
    assert (a + b) + c == a + (b + c)
    assert a + b == b + a
    assert (a + b) - b == a


@given(same_currency(2))
def test_minor_units_add_up_as_the_money_does(two):
    a, b = two
    assert (a + b).minor == a.minor + b.minor
    assert (a - b).minor == a.minor - b.minor
    assert (-a).minor == -a.minor


@given(same_currency(3))
def test_sum_adds_money_of_one_currency(three):
    a, b, c = three
    assert sum(three) == a + b + c


@given(st.integers(-(2**40), 2**40), st.integers(-1000, 1000), CURRENCIES)
def test_times_a_whole_number_is_that_many_added(minor, times, currency):
    money = Money.from_minor(minor, currency)
    assert money * times == times * money == Money.from_minor(minor * times, currency)


@given(same_currency(2))
def test_money_is_ordered_as_its_minor_units_are(two):
    a, b = two
    for compare in (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne):
        assert compare(a, b) == compare(a.minor, b.minor)
    assert a.is_negative == (a.minor < 0)


@given(same_currency(2))
def test_equal_money_has_one_hash(two):
    a, b = two
    assert hash(a + b) == hash(Money.from_minor(a.minor + b.minor, a.currency))


@pytest.mark.parametrize("operation", [operator.add, operator.sub, operator.lt, operator.le, operator.gt, operator.ge])
def test_two_currencies_are_never_mixed(operation):
    with pytest.raises(CurrencyMismatch, match=r"5\.00 USD and 5\.00 EUR"):
        operation(Money(5, "USD"), Money(5, "EUR"))


@pytest.mark.parametrize(
    ("operation", "verb"), [(operator.add, "add"), (operator.sub, "subtract"), (operator.lt, "compare")]
)
def test_what_cannot_be_done_with_two_currencies_is_named(operation, verb):
    with pytest.raises(CurrencyMismatch, match=rf"\b{verb}\b"):
        operation(Money("1", "USD"), Money("1", "EUR"))


def test_five_dollars_are_not_five_euros():
    assert Money(5, "USD") != Money(5, "EUR")


@pytest.mark.parametrize("operation", [operator.add, operator.sub, operator.lt, operator.mul])
@pytest.mark.parametrize("other", [1.5, "5", Decimal(5), Fraction(1, 2), None])
def test_money_and_a_bare_number_do_not_mix(operation, other):
    with pytest.raises(TypeError):
        operation(Money(5, "USD"), other)


@pytest.mark.parametrize("other", [1, 0.0, False, "0"])
def test_only_the_zero_that_sum_starts_from_may_stand_before_money(other):
    with pytest.raises(TypeError):
        other + Money(5, "USD")


def test_money_is_not_multiplied_by_a_truth():
    with pytest.raises(TypeError):
        Money(5, "USD") * True


@pytest.mark.parametrize("amount", [14.99, 0.0, float("nan"), True, False, None, [5], Fraction(1, 2), b"5"])
def test_floats_and_other_strangers_are_refused_by_type(amount):
    with pytest.raises(WrongType, match="write it in quotes"):
        Money(amount, "USD")


@pytest.mark.parametrize(
    ("amount", "currency", "decimals"),
    [("14.999", "USD", 2), ("1.5", "JPY", 0), ("0.0001", "BHD", 3), ("1e-5", "CLF", 4), (Decimal("0.001"), "EUR", 2)],
)
def test_an_amount_finer_than_its_currency_is_refused_and_told_the_decimals(amount, currency, decimals):
    with pytest.raises(InvalidMoney, match=f"{currency} has {decimals} decimals"):
        Money(amount, currency)


@given(SMALL, CURRENCIES, st.integers(1, 5))
def test_zeros_behind_the_last_decimal_change_nothing(minor, currency, zeros):
    money = Money.from_minor(minor, currency)
    point = "" if "." in str(money.amount) else "."
    assert Money(f"{money.amount}{point}{'0' * zeros}", currency) == money


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-inf", Decimal("NaN"), Decimal("-Infinity")])
def test_an_amount_that_is_not_finite_is_refused(amount):
    with pytest.raises(InvalidMoney, match="finite"):
        Money(amount, "USD")


@pytest.mark.parametrize("amount", ["", "free", "1,50", "$5", "1.2.3", "5 USD", "0x10"])
def test_a_text_that_is_no_number_is_refused(amount):
    with pytest.raises(InvalidMoney, match="not a number"):
        Money(amount, "USD")


@pytest.mark.parametrize("amount", ["1e999999", 10**40, -(10**40), "92233720368547758.08", "-92233720368547758.08"])
def test_an_amount_that_no_64_bit_integer_of_cents_holds_is_refused(amount):
    with pytest.raises(InvalidMoney, match="too large"):
        Money(amount, "USD")


@pytest.mark.parametrize("minor", [2**63, -(2**63), 10**100])
def test_minor_units_beyond_64_bits_are_refused(minor):
    with pytest.raises(InvalidMoney, match="too large"):
        Money.from_minor(minor, "JPY")


def test_a_sum_beyond_64_bits_is_refused():
    largest = Money.from_minor(2**63 - 1, "USD")
    with pytest.raises(InvalidMoney, match="too large"):
        largest + Money("0.01", "USD")


@pytest.mark.parametrize("minor", [1.0, "1", True, None, Decimal(1)])
def test_minor_units_that_are_no_int_are_refused_by_type(minor):
    with pytest.raises(WrongType):
        Money.from_minor(minor, "USD")


def test_the_context_of_the_caller_s_thread_rounds_nothing():
    with decimal.localcontext(prec=3, traps=[decimal.Inexact]):
        money = Money("12345678.91", "USD") + Money("0.09", "USD")
    assert money == Money("12345679.00", "USD")


@pytest.mark.parametrize("zero", ["-0", "-0.00", Decimal("-0.0")])
def test_there_is_one_zero(zero):
    assert str(Money(zero, "USD")) == "0.00 USD"
    assert str(-Money(0, "USD")) == "0.00 USD"


def test_money_of_a_currency_that_was_withdrawn_since_is_still_read():
    leva = Money.from_minor(1955, "BGN", exponent=2)
    assert str(leva + leva) == "39.10 BGN"
    with pytest.raises(UnknownCurrency):
        Money("19.55", "BGN")


def test_money_of_a_currency_that_lost_its_decimals_since_still_adds_up():
    old, new = Money.from_minor(150, "ISK", exponent=2), Money(1, "ISK")
    assert str(old + new) == "2.50 ISK"
    assert new < old


@pytest.mark.parametrize("exponent", [-1, 19])
def test_no_currency_has_fewer_than_0_or_more_than_18_decimals(exponent):
    with pytest.raises(InvalidMoney, match="0 to 18 decimals"):
        Money.from_minor(1, "USD", exponent=exponent)


@pytest.mark.parametrize("data", [{}, {"amount": "5"}, {"amount": "5", "currency": "USD", "note": "x"}])
def test_a_dict_with_other_keys_is_no_money(data):
    with pytest.raises(InvalidMoney, match="amount"):
        Money.from_dict(data)


def test_money_does_not_change():
    with pytest.raises(AttributeError):
        Money(5, "USD").amount = Decimal(6)


@pytest.mark.parametrize("root", [GoodwillError, ValueError])
def test_a_stranger_catches_invalid_money_as_a_value_error(root):
    with pytest.raises(root):
        Money("14.999", "USD")
