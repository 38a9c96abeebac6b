"""A staircase of shares."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.decays import Cliff, NoDecay, Stepped
from goodwill.domain.errors import PolicyError
from goodwill.policies.combinators import blend
from goodwill.policies.decay import Decay
from goodwill.testing import laws
from goodwill.testing.strategies import ages

TABLE = Stepped(steps=((30, 0.5), (90, 0.25), (365, 0.0)))


@st.composite
def staircases(draw: st.DrawFn) -> Stepped:
    starts = sorted(draw(st.lists(st.floats(0.1, 1e4), min_size=1, max_size=6, unique=True)))
    left = sorted(draw(st.lists(st.floats(0, 1), min_size=len(starts), max_size=len(starts))), reverse=True)
    return Stepped(steps=tuple(zip(starts, (share if share > 1e-9 else 0.0 for share in left), strict=True)))


@given(staircases())
def test_each_share_holds_from_its_age_until_just_before_the_next(decay: Stepped) -> None:
    before = 1.0
    for age, share in decay.steps:
        assert decay.share(math.nextafter(age, 0)) == before
        assert decay.share(age) == share
        before = share
    assert decay.share(1e6) == before


@given(staircases())
def test_any_staircase_keeps_the_laws(decay: Stepped) -> None:
    for law in laws.LAWS:
        law(decay)


@given(st.floats(0.1, 1e4), st.floats(0, 1).map(lambda share: round(share, 6)), ages())
def test_one_step_is_a_cliff_with_a_floor(days: float, share: float, age: float) -> None:
    assert Stepped(steps=((days, share),)).share(age) == pytest.approx(Cliff(days=days).floor(share=share).share(age))
    halves = blend(Cliff(days=days), NoDecay(), weights=(0.5, 0.5))
    assert Stepped(steps=((days, 0.5),)).share(age) == halves.share(age)


def test_the_age_at_a_share_is_that_of_a_step() -> None:
    assert TABLE.half_life == 30.0
    assert [TABLE.age_at(share) for share in (1.0, 0.4, 0.25, 0.1, 0.0)] == [0.0, 90.0, 90.0, 365.0, 365.0]
    assert Stepped(steps=((30, 0.6),)).half_life is None


def test_json_may_write_the_steps_as_lists() -> None:
    assert TABLE.to_json() == '{"steps":[[30,0.5],[90,0.25],[365,0]],"type":"stepped"}'
    assert Decay.from_json(TABLE.to_json()) == TABLE


@pytest.mark.parametrize(
    ("steps", "fault"),
    [
        ((), "steps: () is refused: tuple should have at least 1 item"),
        (((30, 0.5), (20, 0.4)), "steps: the ages go up; 20 days stands after 30"),
        (((30, 0.5), (30, 0.4)), "steps: the ages go up; 30 days stands after 30"),
        (((30, 0.5), (90, 0.6)), "steps: a share never rises; at 90 days it would, from 0.5 to 0.6"),
        (((0, 0.5),), "steps[0][0]: 0 is not above 0 (days"),
        (((30, 1.5),), "steps[0][1]: 1.5 is above 1 (share"),
        (((30, 0.5), (90, -0.1)), "steps[1][1]: -0.1 is below 0 (share"),
        (((30, 0.5, 0.4),), "steps[0]: (30, 0.5, 0.4) is refused"),
        ((30, 0.5), "steps[0]: 30 is refused"),
        (tuple((day + 1, 0.5) for day in range(101)), "steps: "),
    ],
)
def test_a_table_that_is_no_staircase_is_refused_with_its_place(steps: object, fault: str) -> None:
    with pytest.raises(PolicyError) as caught:
        Stepped(steps=steps)
    assert str(caught.value).startswith(fault)


def test_the_longest_table_runs_on_every_engine() -> None:
    laws.every_engine_agrees(Stepped(steps=tuple((day + 1, 1 - (day + 1) / 100) for day in range(100))))


def test_it_is_no_sum_of_exponentials() -> None:
    assert not TABLE.exponential
