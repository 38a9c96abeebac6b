"""Exponential decay by its half-life."""

from __future__ import annotations

import math

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


def test_it_is_a_sum_of_exponentials() -> None:
    assert HalfLife(days=84).exponential
