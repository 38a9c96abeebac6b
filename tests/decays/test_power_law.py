"""The power law of forgetting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.decays import HalfLife, PowerLaw
from goodwill.testing.strategies import instances


@given(st.floats(0.1, 1e4), st.floats(0.1, 10))
def test_its_half_life_has_a_closed_form(days: float, exponent: float) -> None:
    assert PowerLaw(days=days, exponent=exponent).half_life == pytest.approx(days * (2 ** (1 / exponent) - 1), rel=1e-9)


@given(instances(PowerLaw))
def test_with_exponent_1_half_is_left_at_its_days(decay: PowerLaw) -> None:
    assert decay.replace(exponent=1).share(decay.days) == 0.5


def test_old_events_are_compared_ever_more_equally() -> None:
    # Jost's law: of two memories of one strength the older fades slower. No exponential does that.
    law, exponential = PowerLaw(days=30), HalfLife(days=30)
    assert law.share(110) / law.share(103) > law.share(10) / law.share(3)
    assert exponential.share(110) / exponential.share(103) == pytest.approx(
        exponential.share(10) / exponential.share(3)
    )


def test_it_is_no_sum_of_exponentials() -> None:
    assert not PowerLaw(days=30).exponential
