"""Binomial expiry."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.decays import Binomial, Cliff, HalfLife, Linear
from goodwill.domain.errors import PolicyError
from goodwill.testing import laws
from goodwill.testing.strategies import ages, instances


@given(instances(Binomial))
def test_nothing_is_left_at_its_days(decay: Binomial) -> None:
    assert decay.share(decay.days) == decay.share(2 * decay.days) == 0.0
    assert decay.share(decay.days / 2) == pytest.approx(0.5**decay.power, abs=1e-12)


@given(st.floats(0.1, 1e4), ages())
def test_power_1_is_linear(days: float, age: float) -> None:
    assert Binomial(days=days, power=1).share(age) == pytest.approx(Linear(days=days).share(age), abs=1e-12)


@given(st.floats(0.1, 1e4), st.floats(0.01, 10), st.floats(0.01, 10), ages())
def test_a_larger_power_leaves_less_and_powers_add(days: float, one: float, other: float, age: float) -> None:
    both = Binomial(days=days, power=one + other)
    assert both.share(age) <= Binomial(days=days, power=one).share(age) + 1e-12
    parts = Binomial(days=days, power=one) * Binomial(days=days, power=other)
    assert parts.share(age) == pytest.approx(both.share(age), abs=1e-12)


def test_between_a_cliff_and_an_exponential() -> None:
    for age in (1.0, 45.0, 89.0):
        assert Binomial(days=90, power=1e-12).share(age) == pytest.approx(Cliff(days=90).share(age), abs=1e-9)
        far = Binomial(days=1000 * 90, power=1000)
        assert far.share(age) == pytest.approx(HalfLife.from_mean_lifetime(90).share(age), abs=1e-3)


def test_every_engine_agrees_in_the_last_instants_before_the_end() -> None:
    days = 0.011797370439703034
    for power in (0.001, 0.25, 0.5):
        laws.every_engine_agrees(Binomial(days=days, power=power), [days * (1 - 10**-n) for n in range(1, 16)])


@pytest.mark.parametrize("power", [0, -1, 1001, math.nan, True, "2"])
def test_a_power_beyond_its_limits_is_refused(power: float) -> None:
    with pytest.raises(PolicyError, match="^power: "):
        Binomial(days=90, power=power)


def test_it_is_no_sum_of_exponentials() -> None:
    assert not Binomial(days=30, power=2).exponential
