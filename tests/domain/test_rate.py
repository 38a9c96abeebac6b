from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.domain.errors import InvalidKind
from goodwill.domain.rate import Rate

POINTS = st.floats(0, 1e12) | st.integers(0, 10**12)


@given(st.sampled_from(["event", "unit", "money"]), POINTS, POINTS)
def test_a_rate_prints_as_code(per, material, symbolic):
    rate = Rate(per, material, symbolic)
    assert eval(repr(rate)) == rate


def test_a_rate_hides_what_it_was_not_given():
    assert repr(Rate("event", symbolic=5)) == "Rate('event', symbolic=5.0)"


def test_four_points_are_the_same_rate_as_a_whole_number_and_as_a_float():
    assert Rate("unit", 4) == Rate("unit", 4.0)
    assert hash(Rate("unit", 4)) == hash(Rate("unit", 4.0))


@pytest.mark.parametrize("part", ["material", "symbolic"])
@pytest.mark.parametrize("points", [-0.1, float("nan"), float("inf"), 1.1e12, pytest.param(10**5000, id="huge")])
def test_points_are_finite_at_least_0_and_at_most_1e12(part, points):
    with pytest.raises(InvalidKind, match=f"{part}: points are from 0 to 1e12"):
        Rate("event", **{part: points})


@pytest.mark.parametrize("points", [True, "4", None])
def test_points_are_a_number(points):
    with pytest.raises(InvalidKind, match="material: points are a number"):
        Rate("event", material=points)


@pytest.mark.parametrize("per", ["day", "", None, "Event"])
def test_a_rate_is_per_event_per_unit_or_per_money(per):
    with pytest.raises(InvalidKind, match="per event, unit or money"):
        Rate(per)


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        ({"per": "event", "materiel": 1}, "rate.materiel: unknown; did you mean material"),
        ({"material": 1}, "rate.per: missing"),
        ({"per": "event", "material": -1}, "rate.material: points are from 0"),
        (4, "rate: a table, not 4"),
        (["event"], "rate: a table, not"),
    ],
)
def test_a_fault_in_a_rate_s_table_is_named_by_its_path(data, fault):
    with pytest.raises(InvalidKind, match=f"^{fault}"):
        Rate.from_dict(data)
