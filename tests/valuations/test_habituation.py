"""The same gesture again and again."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.valuations import Habituation, LinkedRecovery, Prospect, Severity

etas = st.floats(0.01, 3.0)
half_lives = st.none() | st.floats(1.0, 1000.0)
days = st.lists(st.integers(0, 400), min_size=1, max_size=12).map(sorted)


@given(etas, half_lives, days)
def test_the_first_gesture_is_worth_all_and_no_later_one_more(
    story: Any, eta: float, half_life: float | None, when: list[int]
) -> None:
    worths = story([Habituation(eta=eta, half_life=half_life)], [(day, "gift") for day in when]).worths
    assert worths[0] == 1.0
    assert all(0.0 < worth <= 1.0 for worth in worths)


@given(etas, st.floats(1.0, 1000.0), st.integers(0, 400), st.integers(1, 400))
def test_a_longer_rest_restores_more(story: Any, eta: float, half_life: float, gap: int, more: int) -> None:
    step = Habituation(eta=eta, half_life=half_life)
    soon, late = (story([step], [(0, "gift"), (day, "gift")]).worths[1] for day in (gap, gap + more))
    assert soon <= late


def test_what_never_recovers_wears_out_geometrically(story: Any) -> None:
    worths = story([Habituation(half_life=None)], [(day, "gift") for day in range(6)]).worths
    assert [after / before for before, after in pairwise(worths)] == pytest.approx([math.exp(-0.5)] * 5)


@given(days)
def test_with_eta_zero_it_is_off(story: Any, when: list[int]) -> None:
    events = [(day, "gift", 3) for day in when]
    assert story([Habituation(eta=0)], events).worths == story([], events).worths


def test_only_its_kind_and_only_deposits_wear_out(story: Any) -> None:
    events = [(0, "gift"), (0, "praise"), (0, "fault"), (0, "fault"), (0, "praise")]
    assert story([Habituation(kinds=("gift",))], events).worths == [1, 1, -1, -1, 1]
    assert story([Habituation()], events).worths == pytest.approx([1, 1, -1, -1, math.exp(-0.5)])


def test_recoveries_count_and_gestures_of_nothing_do_not(story: Any) -> None:
    step = Habituation(half_life=None)
    answered = [(0, "fault", 1), (1, "gift", 1, {"answers": 0}), (2, "gift", 1)]
    assert story([step, LinkedRecovery()], answered).worths[2] == pytest.approx(math.exp(-0.5))
    assert story([step], [(0, "gift", 0), (1, "gift", 1)]).worths == [0, 1]


def test_a_recovery_itself_does_not_wear_out(story: Any) -> None:
    events = [(0, "gift", 1), (1, "fault", 1), (2, "gift", 2, {"answers": 1})]
    assert story([Habituation(), LinkedRecovery()], events).worths == [1, -1, 1]


def test_a_promise_that_is_kept_wears_out_and_parts_of_one_do_not_count(story: Any) -> None:
    events = [
        (0, "vow", 2, {"due": 4}),
        (1, "keep", 1, {"answers": 0}),
        (2, "keep", 1, {"answers": 0}),
        (3, "vow", 2, {"due": 4}),
        (4, "keep", 2, {"answers": 3}),
    ]
    assert story([Habituation(half_life=None)], events).worths == pytest.approx([0, 2, 2 * math.exp(-0.5)])


def test_a_late_keep_counts_as_the_recovery_that_it_is(story: Any) -> None:
    broken_then_kept = [(0, "vow", 2, {"due": 1}), (2, "keep", 2, {"answers": 0})]
    again = [(3, "vow", 2, {"due": 4}), (4, "keep", 2, {"answers": 2})]
    step = Habituation(half_life=None)
    assert story([step, LinkedRecovery()], [*broken_then_kept, *again]).worths[2] == pytest.approx(2 * math.exp(-0.5))
    assert story([step], [*broken_then_kept, *again]).worths[2] == 2  # what recovers nothing moves nothing


def test_it_comes_after_the_gains(story: Any) -> None:
    events = [(0, "gift", 4, {"severity": 3}), (0, "gift", 4, {"severity": 3})]
    worths = story([Prospect(), Severity(), Habituation()], events).worths
    assert worths == pytest.approx([3 * 4**0.88, 3 * 4**0.88 * math.exp(-0.5)])
