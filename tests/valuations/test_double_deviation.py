"""A failure after a failure."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.valuations import REVERSE, DoubleDeviation, Gains, Kano, LinkedRecovery, Tolerance

kappas = st.floats(0.01, 3.0)
half_lives = st.none() | st.floats(1.0, 1000.0)
days = st.lists(st.integers(0, 400), min_size=1, max_size=12).map(sorted)


@given(kappas, half_lives, days)
def test_no_failure_weighs_less_for_an_earlier_one(
    story: Any, kappa: float, half_life: float | None, when: list[int]
) -> None:
    worths = story([DoubleDeviation(kappa=kappa, half_life=half_life)], [(day, "fault") for day in when]).worths
    assert worths[0] == -1.0
    assert all(worth <= -1.0 for worth in worths)


@given(kappas, st.floats(1.0, 1000.0), st.integers(0, 400), st.integers(1, 400))
def test_a_longer_peace_forgets_more(story: Any, kappa: float, half_life: float, gap: int, more: int) -> None:
    step = DoubleDeviation(kappa=kappa, half_life=half_life)
    soon, late = (story([step], [(0, "fault"), (day, "fault")]).worths[1] for day in (gap, gap + more))
    assert soon <= late


@given(days)
def test_with_kappa_zero_it_is_off(story: Any, when: list[int]) -> None:
    events = [(day, "fault", 3) for day in when]
    assert story([DoubleDeviation(kappa=0)], events).worths == story([], events).worths


def test_failures_of_every_kind_and_breaches_count(story: Any) -> None:
    step = DoubleDeviation(half_life=None)
    events = [(0, "fault"), (1, "delay"), (1, "vow", 1, {"due": 2}), (3, "fault")]
    assert story([step], events).worths == [-1, -1.5, -2, -2.5]


def test_a_recovery_and_a_gift_do_not_lower_it(story: Any) -> None:
    step = DoubleDeviation(half_life=None)
    events = [(0, "fault"), (1, "gift", 9, {"answers": 0}), (2, "gift", 9), (2, "fault")]
    assert story([step, LinkedRecovery()], events).worths == [-1, 1, 9, -1.5]


def test_what_was_no_loss_is_no_failure(story: Any) -> None:
    zone = Tolerance(lower=-2, upper=0)
    assert story([zone, DoubleDeviation()], [(0, "fault", 1), (0, "fault", 3)]).worths == [0, -1]
    kano = Kano(gains={"delay": REVERSE, "gift": Gains(above=-1.0)})
    events = [(0, "delay", 1), (0, "gift", 1), (0, "fault", 1)]
    # A delay that pleases is none, and a gift that hurts is no withdrawal.
    assert story([kano, DoubleDeviation()], events).worths == [1, -1, -1]


def test_a_reversed_failure_never_was(story: Any) -> None:
    told = story([DoubleDeviation(half_life=None)], [(0, "fault"), (1, "fault")])
    told.ledger.reverse(next(iter(told.ledger.entries())).id)
    assert told.worths == [-1]
    assert told.points(1) == pytest.approx(-1)
