"""The numbers and tables that a policy is made of."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.domain.errors import PolicyError
from goodwill.policies.component import Model
from goodwill.policies.parameters import (
    Days,
    Finite,
    Frozen,
    FrozenDict,
    NonNegative,
    Number,
    Positive,
    Sensitivity,
    Share,
    Weight,
    shown,
)


class Everything(Model):
    days: Days = 1.0
    positive: Positive = 1.0
    non_negative: NonNegative = 1.0
    finite: Finite = 1.0
    share: Share = 1.0
    weight: Weight = 1.0
    sensitivity: Sensitivity = 1.0
    table: Frozen[str, Share] = {}  # noqa: RUF012 - it is frozen on the way in, which a test below holds


NUMBERS = [name for name in Everything.model_fields if name != "table"]
LIMITS = [
    ("days", 1e-9, 1e9),
    ("positive", 1e-12, 1e12),
    ("non_negative", 0.0, 1e12),
    ("finite", -1e12, 1e12),
    ("share", 0.0, 1.0),
    ("weight", 1e-12, 1.0),
    ("sensitivity", 1e-12, 1.0),
]


def test_every_parameter_has_its_limits_tested() -> None:
    assert [name for name, _, _ in LIMITS] == NUMBERS


@pytest.mark.parametrize(("name", "low", "high"), LIMITS)
def test_a_parameter_includes_its_limits_and_nothing_beyond(name: str, low: float, high: float) -> None:
    for limit, beyond in ((low, -math.inf), (high, math.inf)):
        assert getattr(Everything(**{name: limit}), name) == limit
        with pytest.raises(PolicyError, match=rf"^{name}: "):
            Everything(**{name: math.nextafter(limit, beyond)})


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize(
    "wrong", [True, False, "1", "1.0", None, [1.0], b"1", Decimal(1), math.nan, math.inf, -math.inf]
)
def test_what_is_no_finite_number_is_refused_with_the_path(name: str, wrong: Any) -> None:
    with pytest.raises(PolicyError, match=rf"^{name}: .* is not (a|a finite) number|^{name}: .* is not finite"):
        Everything(**{name: wrong})


@pytest.mark.parametrize("name", NUMBERS)
def test_integers_and_numpy_numbers_become_plain_floats(name: str) -> None:
    for one in (1, np.float64(1.0), np.int64(1), np.float32(1.0)):
        assert type(getattr(Everything(**{name: one}), name)) is float


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_named_as_it_is(number: float) -> None:
    with pytest.raises(ValueError, match=rf"^{number} is not finite \(days, must be finite and > 0\)$"):
        Number("days", 0.0, 1e9, above=True).check(number)


def test_a_value_is_shown_whole_up_to_its_width_and_an_integer_up_to_256_bits() -> None:
    assert shown("x" * 58) == repr("x" * 58)
    assert shown("x" * 59) == "'" + "x" * 56 + "..."
    assert shown(2**256 - 1).isascii()
    assert shown(2**256 - 1).startswith("1157920892")
    assert shown(2**256) == "an integer of 257 bits"


def test_an_integer_beyond_every_float_is_refused() -> None:
    with pytest.raises(PolicyError, match="days: an integer of 1329 bits is too large for a number in JSON"):
        Everything(days=10**400)
    with pytest.raises(ValueError, match="an integer of 1329 bits is not finite as a float"):
        Number("days", 0, 1e9).check(10**400)


def test_a_message_names_the_value_the_fault_and_the_rule() -> None:
    cases: list[tuple[str, Any, str]] = [
        ("days", -3, "days: -3 is not above 0 (days, must be finite and > 0)"),
        ("days", 0, "days: 0 is not above 0 (days, must be finite and > 0)"),
        ("days", 2e9, "days: 2000000000.0 is above 1e+09 (days, must be finite and > 0)"),
        ("days", 1e-10, "days: 1e-10 is closer to 0 than 1e-09 (days, must be finite and > 0)"),
        ("non_negative", -1, "non_negative: -1 is below 0 (number, must be finite and >= 0)"),
        ("finite", -1e13, "finite: -10000000000000.0 is below -1e+12 (number, must be finite)"),
        ("share", 1.5, "share: 1.5 is above 1 (share, must be in [0, 1])"),
        ("sensitivity", 0, "sensitivity: 0 is not above 0 (sensitivity, must be in (0, 1])"),
        ("days", True, "days: True is not a number (days, must be finite and > 0)"),
    ]
    for name, value, message in cases:
        with pytest.raises(PolicyError) as caught:
            Everything(**{name: value})
        assert str(caught.value) == message


def test_minus_zero_is_zero() -> None:
    assert math.copysign(1, Everything(finite=-0.0).finite) == 1
    assert Everything(finite=-0.0).digest == Everything(finite=0.0).digest


@given(st.floats())
def test_a_number_is_kept_as_it_is_or_refused(number: float) -> None:
    try:
        kept = Everything(finite=number).finite
    except PolicyError:
        assert not abs(number) <= 1e12 or 0 < abs(number) < 1e-12
    else:
        assert kept == number


def test_the_schema_of_a_number_says_its_limits() -> None:
    properties = Everything.json_schema()["properties"]
    assert properties["days"].items() >= {"type": "number", "exclusiveMinimum": 0.0, "maximum": 1e9}.items()
    assert properties["share"].items() >= {"type": "number", "minimum": 0.0, "maximum": 1.0}.items()


def test_a_strangers_number_works_like_ours() -> None:
    assert Number("percentage", 0, 100).rule == "must be finite and >= 0"


CHANGES: list[Callable[[Any], Any]] = [
    lambda table: table.__setitem__("a", 1.0),
    lambda table: table.__delitem__("a"),
    lambda table: table.__ior__({"b": 1.0}),
    lambda table: table.update(b=1.0),
    lambda table: table.setdefault("b", 1.0),
    lambda table: table.pop("a"),
    lambda table: table.popitem(),
    lambda table: table.clear(),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_table_cannot_be_changed(change: Callable[[Any], Any]) -> None:
    for model in (Everything(table={"a": 0.5}), Everything()):
        with pytest.raises(TypeError, match="cannot be changed"):
            change(model.table)


def test_a_table_does_not_follow_the_dict_it_was_made_from() -> None:
    source = {"a": 0.5}
    model = Everything(table=source)
    source["a"] = 1.0
    assert model.table == {"a": 0.5}


def test_a_table_prints_compares_and_copies_as_a_dict() -> None:
    table = FrozenDict({"b": 1.0, "a": 0.5})
    assert repr(table) == "{'a': 0.5, 'b': 1.0}"
    assert table == {"b": 1.0, "a": 0.5}
    assert pickle.loads(pickle.dumps(table)) == copy.deepcopy(table) == copy.copy(table) == table
    assert type(copy.deepcopy(table)) is FrozenDict
    assert list(FrozenDict({2: "b", 1: "a"})) == [2, 1]


def test_the_order_in_which_a_table_was_written_is_no_matter() -> None:
    one, other = Everything(table={"a": 0.5, "b": 1}), Everything(table={"b": 1, "a": 0.5})
    assert one == other
    assert repr(one) == repr(other)
    assert one.digest == other.digest


def test_a_long_value_is_shown_cut() -> None:
    assert len(shown("x" * 1000)) == 60
