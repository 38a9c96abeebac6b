"""The value function of prospect theory."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from goodwill.domain.errors import PolicyError
from goodwill.policies.valuation import Columns
from goodwill.valuations import Prospect

ANY = Columns("gift", 1.0, 1.0)
numbers = st.floats(-1e6, 1e6).filter(lambda x: x == 0.0 or abs(x) > 1e-9)
gains = st.floats(1e-3, 1e3)
values = st.builds(
    lambda alpha, loss_aversion: Prospect(alpha=alpha, beta=alpha, loss_aversion=loss_aversion),
    st.floats(0.3, 1.0),
    st.floats(1.0, 5.0),
)


@given(values, numbers, numbers)
def test_it_is_zero_at_zero_and_rises(value: Prospect, x: float, y: float) -> None:
    assert value.apply(0.0, ANY) == 0.0
    assume(abs(x - y) > 1e-6 * (abs(x) + abs(y)))
    assert (value.apply(x, ANY) < value.apply(y, ANY)) == (x < y)


@given(values, gains)
def test_a_loss_weighs_loss_aversion_times_an_equal_gain(value: Prospect, x: float) -> None:
    assert -value.apply(-x, ANY) == pytest.approx(value.loss_aversion * value.apply(x, ANY), rel=1e-12)


@given(values, gains, gains)
def test_two_gains_are_worth_no_less_apart_and_two_losses_hurt_no_less_apart(
    value: Prospect, x: float, y: float
) -> None:
    def v(worth: float) -> float:
        return float(value.apply(worth, ANY))

    assert v(x + y) <= (v(x) + v(y)) * (1 + 1e-12)
    assert v(-x - y) >= (v(-x) + v(-y)) * (1 + 1e-12)


@given(values, numbers, gains)
def test_a_gain_before_the_curvature_is_its_power_after(value: Prospect, x: float, gain: float) -> None:
    after = gain**value.alpha * value.apply(x, ANY)
    assert value.apply(gain * x, ANY) == pytest.approx(after, rel=1e-9)


@given(values, numbers)
def test_it_keeps_the_sign(value: Prospect, x: float) -> None:
    worth = value.apply(x, ANY)
    assert (worth > 0) == (x > 0)
    assert (worth < 0) == (x < 0)


def test_with_different_sensitivities_loss_aversion_depends_on_the_unit() -> None:
    uneven = Prospect(alpha=0.5, beta=1.0, loss_aversion=2.0)
    ratios = {-uneven.apply(-x, ANY) / uneven.apply(x, ANY) for x in (1.0, 100.0)}
    assert ratios == {2.0, 20.0}


@pytest.mark.parametrize("fault", [{"alpha": 0.0}, {"alpha": 1.1}, {"beta": -0.5}, {"loss_aversion": -1.0}])
def test_what_no_value_function_has_is_refused(fault: dict[str, float]) -> None:
    with pytest.raises(PolicyError, match=next(iter(fault))):
        Prospect(**fault)
