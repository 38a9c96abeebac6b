"""Exponential decay by its half-life."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.decays import HalfLife
from goodwill.domain.errors import PolicyError
from goodwill.testing.strategies import ages, instances


@given(instances(HalfLife))
def test_half_is_left_at_the_half_life(decay: HalfLife) -> None:
    assert decay.share(decay.days) == 0.5
    assert decay.half_life == decay.days


@given(instances(HalfLife), st.floats(0, 1e4), st.floats(0, 1e4))
def test_fading_twice_in_a_row_is_fading_for_both_spans(decay: HalfLife, a: float, b: float) -> None:
    assert decay.share(a + b) == pytest.approx(decay.share(a) * decay.share(b), abs=1e-12)


@given(instances(HalfLife), ages())
def test_it_is_the_depreciation_of_nerlove_and_arrow(decay: HalfLife, age: float) -> None:
    assert decay.share(age) == pytest.approx(math.exp(max(-700.0, -math.log(2) / decay.days * age)), abs=1e-12)


def test_the_published_durations_of_twelve_weeks() -> None:
    # 84 days: a ninth of the effect is left after the 6 to 9 months of Leone (1995), a twentieth after a year.
    assert HalfLife(days=84).age_at(0.1) == pytest.approx(279.04, abs=0.005)
    assert HalfLife(days=84).share(365) == pytest.approx(0.0492, abs=5e-5)


def test_a_half_life_of_0_or_without_end_is_refused() -> None:
    for days, fault in ((0, "0 is not above 0"), (math.inf, "inf is not a finite number")):
        with pytest.raises(PolicyError, match=f"^days: {fault}"):
            HalfLife(days=days)


@given(instances(HalfLife))
def test_what_it_is_made_from_is_given_back(decay: HalfLife) -> None:
    for again in (HalfLife.from_rate(decay.rate), HalfLife.from_mean_lifetime(decay.mean_lifetime)):
        assert again.days == pytest.approx(decay.days, rel=1e-14)
    assert decay.rate * decay.mean_lifetime == pytest.approx(1, rel=1e-14)


@given(st.floats(1e-6, 1 - 1e-6), st.floats(0.1, 1e3))
def test_a_retention_is_left_after_each_period(share: float, days: float) -> None:
    decay = HalfLife.from_retention(share, days=days)
    assert decay.retention(days) == decay.share(days) == pytest.approx(share, abs=1e-12)
    assert decay.share(3 * days) == pytest.approx(share**3, abs=1e-12)


@given(st.floats(0.01, 0.99), st.floats(0.1, 1e3))
def test_mean_lag_and_multiplier_are_those_of_geometric_weights(share: float, days: float) -> None:
    decay = HalfLife.from_retention(share, days=days)
    assert decay.long_run_multiplier(days) == pytest.approx(1 / (1 - share), rel=1e-12)
    assert decay.mean_lag(days) == pytest.approx(share / (1 - share), rel=1e-12)


def test_a_multiplier_keeps_its_digits_where_a_period_is_short() -> None:
    # 1 / (1 - e^-x) is 1/x + 1/2 + ...; 1 - share would keep 3 digits of it.
    second = 1 / 86_400
    x = HalfLife(days=1e8).rate * second
    assert HalfLife(days=1e8).long_run_multiplier(second) == pytest.approx(1 / x + 0.5, rel=1e-12)


@given(instances(HalfLife), st.floats(0, 1e4), st.floats(-1e3, 1e3), st.floats(0, 1e3))
def test_a_stock_approaches_the_state_in_which_inflow_and_fading_balance(
    decay: HalfLife, days: float, start: float, inflow: float
) -> None:
    steady = decay.steady_state(inflow)
    gap = (start - steady) * decay.share(days)
    assert decay.stock(days, start=start, inflow=inflow) == pytest.approx(
        steady + gap, rel=1e-9, abs=1e-9 * (1 + steady)
    )
    assert steady * decay.rate == pytest.approx(inflow)


@given(instances(HalfLife), st.floats(0, 1e4), st.floats(-1e6, 1e6))
def test_a_stock_without_inflow_is_an_impulse_that_fades(decay: HalfLife, days: float, start: float) -> None:
    assert decay.stock(days, start=start) == start * decay.share(days)


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda: HalfLife.from_rate(0), "per_day: 0 is not above 0 (number, must be finite and > 0); what never fades"),
        (lambda: HalfLife.from_rate(-0.1), "per_day: -0.1 is not above 0"),
        (lambda: HalfLife.from_rate(math.nan), "per_day: nan is not finite"),
        (lambda: HalfLife.from_rate("0.1"), "per_day: '0.1' is not a number"),
        (
            lambda: HalfLife.from_mean_lifetime(0.0),
            "days: 0.0 is not above 0 (number, must be finite and > 0); what is go",
        ),
        (
            lambda: HalfLife.from_mean_lifetime(math.inf),
            "days: inf is not finite (number, must be finite and > 0); what n",
        ),
        (
            lambda: HalfLife.from_retention(0, days=7),
            "share: 0 is not above 0 (share, must be in (0, 1]); what is gone",
        ),
        (lambda: HalfLife.from_retention(1, days=7), "share: 1 is not below 1; what never fades is NoDecay()"),
        (lambda: HalfLife.from_retention(1.5, days=7), "share: 1.5 is above 1"),
        (lambda: HalfLife.from_retention(True, days=7), "share: True is not a number"),
        (lambda: HalfLife.from_retention(0.5, days=0), "days: 0 is not above 0"),
        (lambda: HalfLife.from_rate([1]), "per_day: [1] is not a number"),
        (lambda: HalfLife(days=84).long_run_multiplier(0), "days: 0 is not above 0"),
        (lambda: HalfLife(days=84).mean_lag(0), "days: 0 is not above 0"),
    ],
)
def test_a_number_that_makes_no_half_life_is_refused_by_its_name(make: Callable[[], object], fault: str) -> None:
    with pytest.raises(PolicyError) as caught:
        make()
    assert str(caught.value).startswith(fault)


@pytest.mark.parametrize("days", [-1.0, math.nan])
def test_a_negative_time_is_refused(days: float) -> None:
    for ask in (HalfLife(days=84).retention, HalfLife(days=84).stock):
        with pytest.raises(ValueError, match="an age is at least 0 days"):
            ask(days)


def test_it_is_a_sum_of_exponentials() -> None:
    assert HalfLife(days=84).exponential


def test_a_stock_starts_from_nothing_unless_told_otherwise() -> None:
    decay = HalfLife(days=10)
    assert decay.stock(10) == 0.0
    assert decay.stock(10, inflow=1.0) == decay.stock(10, start=0.0, inflow=1.0)
