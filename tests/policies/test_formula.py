"""The functions of a formula on plain numbers; tests/analytics/test_operands.py holds the other operands to them."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.policies import formula
from goodwill.policies.formula import (
    LARGEST,
    choose,
    exp,
    exp2,
    flush,
    log,
    maximum,
    minimum,
    power,
    register_operand,
    rise,
    staircase,
    where,
)

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


@given(st.floats(0, 1e-3) | st.floats(0, 800) | st.sampled_from([0.0, 1e-300, 1e-12, 9.99e-4, 1e-3]))
def test_a_rise_is_1_less_the_exponential_with_all_its_digits(x: float) -> None:
    assert rise(x) == pytest.approx(-math.expm1(-x), rel=2e-13, abs=0.0)


@given(st.lists(st.floats(0.5, 100), min_size=1, max_size=7, unique=True), st.floats(0, 120))
def test_a_staircase_has_the_level_of_the_last_edge_passed(edges: list[float], x: float) -> None:
    edges, levels = sorted(edges), [float(level) for level in range(len(edges) + 1)]
    assert staircase(x, edges, levels) == sum(x >= edge for edge in edges)


# Operands that another library brings


class Written:
    """An operand of a library of its own: what was written of it."""

    __module__ = "shelf.books.pages"

    def __init__(self, text: str) -> None:
        self.text = text


def writes(name: str) -> Callable[..., Written]:
    return lambda *operands: Written(f"{name}({', '.join(getattr(each, 'text', str(each)) for each in operands)})")


class Shelf:
    """An installed package that teaches the formulas its operand, or another one."""

    def __init__(self, teaches: type | None) -> None:
        self.teaches = teaches
        self.asked: list[tuple[str, str]] = []

    def __call__(self, *, group: str, name: str) -> list[Shelf]:
        self.asked.append((group, name))
        return [self]

    def load(self) -> None:
        if self.teaches is not None:
            names = ["exp", "exp2", "log", "power", "minimum", "maximum", "where", "flush", "choose"]
            taught: dict[str, Any] = {name: writes(name) for name in names}
            register_operand(self.teaches, **taught)


def test_a_library_teaches_its_operand_when_it_is_first_met(monkeypatch: pytest.MonkeyPatch) -> None:
    class Page(Written):
        __module__ = "shelf.books.pages"

    shelf = Shelf(teaches=Page)
    monkeypatch.setattr(formula, "entry_points", shelf)
    assert exp(Page("x")).text == "exp(x)"
    assert power(2.0, Page("x")).text == "power(2.0, x)"
    assert where(True, 1.0, Page("x")).text == "where(True, 1.0, x)"
    assert choose(Page("kind"), {}, 1.0).text == "choose(kind, {}, 1.0)"
    assert shelf.asked == [("goodwill.operands", "shelf")]


def test_a_library_that_teaches_something_else_is_named_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    class Leaf(Written):
        __module__ = "shelf.books.pages"

    monkeypatch.setattr(formula, "entry_points", Shelf(teaches=None))
    with pytest.raises(
        TypeError, match=r"^minimum does not run on shelf\.books\.pages\..*Leaf: a formula runs on numbers, NumPy"
    ):
        minimum(1.0, Leaf("x"))


def test_what_no_package_teaches_is_named_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formula, "entry_points", lambda *, group, name: [])
    with pytest.raises(
        TypeError, match=r"^log does not run on shelf\.books\.pages\.Written: .* \(install goodwill\[numpy\]\), narwh"
    ):
        log(Written("x"))
