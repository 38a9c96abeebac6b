"""The band of points that a balance is in."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.domain.errors import PolicyError
from goodwill.policies.standing import Band, Standing

THREE = Standing(bands=(Band(name="overdrawn", below=0), Band(name="thin", below=20)), top="solid")


def test_the_default_bands_meet_at_zero() -> None:
    assert Standing().name_of(0.0) == "positive"
    assert Standing().name_of(-0.0) == "positive"
    assert Standing().name_of(math.nextafter(0, -1)) == "overdrawn"


def test_a_band_ends_before_its_upper_end() -> None:
    assert [THREE.name_of(points) for points in (-1e9, 0, 19.999, 20, 1e9)] == [
        "overdrawn",
        "thin",
        "thin",
        "solid",
        "solid",
    ]


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_more_points_are_never_in_a_lower_band(one: float, other: float) -> None:
    lower, upper = sorted((one, other))
    assert THREE.names.index(THREE.name_of(lower)) <= THREE.names.index(THREE.name_of(upper))


def test_a_standing_prints_as_code_and_stores_as_json() -> None:
    assert eval(repr(THREE)) == THREE
    assert Standing.from_json(THREE.to_json()) == THREE
    assert repr(Standing()) == "Standing()"


def test_one_band_is_enough() -> None:
    assert Standing(bands=(), top="all").name_of(-3) == "all"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            {"bands": [{"name": "b", "below": 1}, {"name": "a", "below": 0}]},
            "'a' ends at 0.0, which is not above 'b' at",
        ),
        (
            {"bands": [{"name": "a", "below": 0}, {"name": "b", "below": 0}]},
            "'b' ends at 0.0, which is not above 'a' at",
        ),
        ({"bands": [{"name": "a", "below": 0}], "top": "a"}, "two bands have one name: a, a"),
        ({"bands": [{"name": "a", "below": "0"}]}, "bands[0].below: '0' is not a number"),
        ({"bands": [{"name": "a", "below": math.inf}]}, "bands[0].below: inf is not a finite number"),
        ({"bands": [{"name": "", "below": 0}]}, "bands[0].name: '' is refused"),
        ({"bands": [{"name": " a", "below": 0}]}, "bands[0].name: ' a' is refused"),
        ({"bands": [{"name": "a", "below": 0, "above": -1}]}, "bands[0].above: Band has no such field"),
    ],
)
def test_bands_that_contradict_each_other_are_refused(data: Any, message: str) -> None:
    with pytest.raises(PolicyError) as caught:
        Standing.from_dict(data)
    assert str(caught.value).startswith(message)
