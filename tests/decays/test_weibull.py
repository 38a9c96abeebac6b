"""The stretched exponential."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.decays import HalfLife, Weibull
from goodwill.domain.errors import PolicyError
from goodwill.testing.strategies import ages, instances


@given(instances(Weibull))
def test_at_its_days_1_over_e_is_left(decay: Weibull) -> None:
    assert decay.share(decay.days) == pytest.approx(1 / math.e, abs=1e-12)


@given(st.floats(0.1, 1e4), st.floats(0.1, 10))
def test_the_half_life_is_that_of_the_closed_form(days: float, shape: float) -> None:
    assert Weibull(days=days, shape=shape).half_life == pytest.approx(days * math.log(2) ** (1 / shape), rel=1e-9)


@given(st.floats(0.1, 1e4), ages())
def test_shape_1_is_the_exponential_with_that_mean_lifetime(days: float, age: float) -> None:
    even = Weibull(days=days, shape=1)
    assert even.share(age) == pytest.approx(HalfLife.from_mean_lifetime(days).share(age), abs=1e-12)
    assert even.exponential


@given(st.floats(0.1, 1e4), st.floats(0.1, 0.9), st.floats(1.1, 10))
def test_a_small_shape_fades_first_and_a_large_one_last(days: float, small: float, large: float) -> None:
    even = HalfLife.from_mean_lifetime(days)
    for age, sign in ((days / 4, 1), (days * 4, -1)):
        one, two = Weibull(days=days, shape=small).share(age), Weibull(days=days, shape=large).share(age)
        assert sign * one <= sign * even.share(age) <= sign * two


@pytest.mark.parametrize("shape", [0, 0.009, 101, math.nan, True, "2"])
def test_a_shape_beyond_its_limits_is_refused(shape: float) -> None:
    with pytest.raises(PolicyError, match="^shape: "):
        Weibull(days=84, shape=shape)


def test_any_other_shape_is_no_sum_of_exponentials() -> None:
    assert not Weibull(days=84, shape=2).exponential
