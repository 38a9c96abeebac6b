"""Delayed adstock."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.domain.errors import PolicyError
from goodwill.lags import Delayed


@given(st.floats(0.01, 1), st.integers(0, 200).map(lambda quarters: quarters / 4))
def test_it_is_largest_at_its_delay_and_the_same_on_both_sides(retention: float, delay: float) -> None:
    lag = Delayed(retention=retention, delay=delay)
    assert lag.weight(delay) == 1.0
    assert lag.weight(delay + 1) == pytest.approx(retention, abs=1e-12)
    assert lag.weight(delay + 3) == pytest.approx(retention**9, abs=1e-12)
    if delay >= 3:
        assert lag.weight(delay - 3) == pytest.approx(lag.weight(delay + 3), abs=1e-12)


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"retention": 0, "delay": 1}, "retention: 0 is not above 0"),
        ({"retention": 1.1, "delay": 1}, "retention: 1.1 is above 1"),
        ({"retention": 0.5, "delay": -1}, "delay: -1 is below 0"),
        ({"retention": 0.5, "delay": math.nan}, "delay: nan is not a finite number"),
        ({"retention": 0.5}, "delay: is missing"),
    ],
)
def test_parameters_beyond_their_limits_are_refused(fields: dict[str, float], fault: str) -> None:
    with pytest.raises(PolicyError) as caught:
        Delayed(**fields)
    assert str(caught.value).startswith(fault)
