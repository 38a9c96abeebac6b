"""A bound on what a single entry may be worth."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from goodwill.policies.valuation import Columns
from goodwill.valuations import Cap, LinkedRecovery

numbers = st.floats(-1e6, 1e6)
bounds = st.floats(1e-3, 1e6)


@given(numbers, bounds)
def test_it_bounds_both_sides_alike_and_changes_nothing_within(x: float, bound: float) -> None:
    columns, cap = Columns("gift", 1.0, 1.0), Cap(points=bound)
    worth = cap.apply(x, columns)
    assert abs(worth) <= bound
    assert cap.apply(-x, columns) == -worth
    assert worth == (x if abs(x) <= bound else bound if x > 0 else -bound)


def test_a_recovery_has_its_own_bounds_and_a_loss_is_recovered_up_to_its_capped_worth(story: Any) -> None:
    events = [(0, "fault", 100), (0, "gift", 1000, {"answers": 0})]
    assert story([LinkedRecovery(), Cap(points=8)], events).worths == [-8.0, 8.0]
    assert story([LinkedRecovery(rho=2), Cap(points=8)], events).worths == [-8.0, 16.0]
