"""The functions of a formula on plain numbers; tests/analytics/test_operands.py holds the other operands to them."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.policies.formula import LARGEST, choose, exp, exp2, flush, log, maximum, minimum, power, where

finite = st.floats(allow_nan=False, allow_infinity=False)


@given(finite)
def test_an_exponential_never_overflows_and_is_never_zero(x: float) -> None:
    for function in (exp, exp2):
        assert 0 < function(x) < math.inf


@given(finite, finite)
def test_functions_of_finite_numbers_are_finite(x: float, y: float) -> None:
    for number in (log(x), power(x, y), minimum(x, y), maximum(x, y), where(x < y, x, y), flush(abs(x))):
        assert math.isfinite(number)


@given(st.floats(-700, 700))
def test_within_the_clamp_the_exponential_is_pythons(x: float) -> None:
    assert exp(x) == math.exp(x)
    assert exp2(x) == math.exp2(x)
    assert math.isclose(log(exp(x)), x, abs_tol=1e-12)


@given(st.floats(1e-100, 1e100), st.floats(-2, 2))
def test_a_power_of_a_positive_base_is_pythons(base: float, exponent: float) -> None:
    assert power(base, exponent) == math.pow(base, exponent)


def test_powers_at_their_edges() -> None:
    assert power(0.0, 0.88) == power(-3.0, 0.88) == 0.0
    assert power(0.0, 0.0) == power(-3.0, 0.0) == 1.0
    assert power(0.0, -1.0) == power(-3.0, -1.0) == power(10.0, 1e9) == power(1e308, 2.0) == LARGEST
    assert power(10.0, -1e9) == 0.0


def test_integers_and_booleans_are_numbers_too() -> None:
    assert exp2(-1) == 0.5
    assert maximum(0, 3) == 3
    assert where(True, 1, 2) == 1


def test_shares_too_small_to_matter_are_flushed() -> None:
    assert flush(1e-150) == 1e-150
    assert flush(math.nextafter(1e-150, 0)) == 0.0


def test_a_number_is_no_key() -> None:
    with pytest.raises(TypeError, match="choose looks up a text, not float 3.0"):
        choose(3.0, {"dispute": 2.0}, 1.0)


def test_a_type_that_nobody_taught_is_named_with_the_way_out() -> None:
    with pytest.raises(TypeError, match=r"power does not run on fractions\.Fraction: .*goodwill\[frames\]"):
        power(2.0, Fraction(1, 2))


def test_a_formula_keeps_its_name_and_docstring() -> None:
    assert exp2.__name__ == "exp2"
    assert "clamped" in (exp2.__doc__ or "")
