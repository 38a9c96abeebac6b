"""Linear expiry."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from goodwill.decays import Linear
from goodwill.testing.strategies import instances


@given(instances(Linear))
def test_nothing_is_left_at_its_days_and_something_just_before(decay: Linear) -> None:
    assert decay.share(decay.days) == 0.0
    assert decay.share(math.nextafter(decay.days, 0)) > 0.0
    assert decay.age_at(0.0) == decay.days


@given(st.floats(1, 1e4), st.floats(0, 1))
def test_the_same_amount_fades_every_day(days: float, share: float) -> None:
    assert math.isclose(Linear(days=days).share(days * share), 1 - share, abs_tol=1e-12)


def test_it_is_no_sum_of_exponentials() -> None:
    assert not Linear(days=30).exponential
