"""Weibull-PDF adstock."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.domain.errors import PolicyError
from goodwill.lags import WeibullPdf


def density(shape: float, scale: float, time: float) -> float:
    ratio = time / scale
    return shape / scale * ratio ** (shape - 1) * math.exp(-(ratio**shape))


@given(st.floats(0.5, 3), st.floats(2, 10), st.integers(3, 20))
def test_the_weights_are_the_density_between_its_least_and_largest(shape: float, scale: float, periods: int) -> None:
    densities = [density(shape, scale, time) for time in range(1, periods + 1)]
    span = max(densities) - min(densities)
    expected = [(one - min(densities)) / span for one in densities]
    assert WeibullPdf(shape=shape, scale=scale, periods=periods).weights(periods) == pytest.approx(expected, abs=1e-9)


@given(st.floats(0.2, 5), st.floats(1, 20), st.integers(3, 30))
def test_the_least_weight_is_0_and_the_largest_1(shape: float, scale: float, periods: int) -> None:
    weights = WeibullPdf(shape=shape, scale=scale, periods=periods).weights(periods)
    assert (min(weights), max(weights)) == (0.0, 1.0)


def test_a_lag_within_a_period_has_its_weight_and_after_the_last_there_is_none() -> None:
    lag = WeibullPdf(shape=2, scale=4, periods=10)
    assert lag.weight(1.0) == lag.weight(1.999) == lag.weights(2)[1]
    assert lag.weight(10.0) == lag.weight(1e9) == 0.0


def test_a_density_that_is_almost_flat_keeps_its_digits() -> None:
    nearly = WeibullPdf(shape=1, scale=1e12, periods=5).weights(5)
    assert nearly == pytest.approx([1.0, 0.75, 0.5, 0.25, 0.0], abs=1e-11)


def test_a_density_too_small_for_a_float_is_scaled_all_the_same() -> None:
    assert WeibullPdf(shape=2, scale=0.01, periods=3).weights(3) == [1.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"shape": 1e12, "scale": 0.5, "periods": 5}, "the density is the same in all 5 periods"),
        ({"shape": 2, "scale": 4, "periods": 1}, "periods: 1 is refused"),
        ({"shape": 2, "scale": 4, "periods": 367}, "periods: 367 is refused"),
        ({"shape": 2, "scale": 4, "periods": 10.0}, "periods: 10.0 is not a whole number"),
        ({"shape": 0, "scale": 4, "periods": 10}, "shape: 0 is not above 0"),
        ({"shape": 2, "scale": -4, "periods": 10}, "scale: -4 is not above 0"),
    ],
)
def test_what_cannot_be_scaled_is_refused(fields: dict[str, float], fault: str) -> None:
    with pytest.raises(PolicyError) as caught:
        WeibullPdf(**fields)
    assert str(caught.value).startswith(fault)
