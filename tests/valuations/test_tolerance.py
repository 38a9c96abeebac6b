"""The zone of tolerance."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.domain.errors import PolicyError
from goodwill.policies.valuation import Columns
from goodwill.valuations import Tolerance

ANY = Columns("gift", 1.0, 1.0)
numbers = st.floats(-1e6, 1e6)
zones = st.builds(Tolerance, lower=st.floats(-1e3, -1e-6), upper=st.floats(1e-6, 1e3))


@given(zones, numbers)
def test_within_the_zone_nothing_is_noticed_and_beyond_it_what_exceeds_it(zone: Tolerance, x: float) -> None:
    worth = zone.apply(x, ANY)
    if zone.lower <= x <= zone.upper:
        assert worth == 0.0
    else:
        assert x - worth == pytest.approx(zone.upper if x > 0 else zone.lower, abs=1e-9)
        assert abs(worth) <= abs(x)


@given(zones, numbers, numbers)
def test_more_is_never_worth_less_and_the_sign_stays(zone: Tolerance, x: float, y: float) -> None:
    low, high = (zone.apply(worth, ANY) for worth in sorted((x, y)))
    assert low <= high
    assert zone.apply(x, ANY) * x >= 0.0


@given(numbers)
def test_an_empty_zone_changes_nothing(x: float) -> None:
    assert Tolerance(lower=0, upper=0).apply(x, ANY) == x


@pytest.mark.parametrize(("lower", "upper"), [(1, 3), (-3, -1), (3, -3)])
def test_a_zone_that_does_not_hold_zero_is_refused(lower: float, upper: float) -> None:
    with pytest.raises(PolicyError, match="holds 0"):
        Tolerance(lower=lower, upper=upper)
