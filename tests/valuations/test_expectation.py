"""What a customer has come to expect."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.policies.valuation import Columns, Moment
from goodwill.valuations import Expectation, LinkedRecovery, Prospect

rates = st.floats(0.01, 1.0)
days = st.lists(st.integers(0, 400), min_size=1, max_size=12).map(sorted)
outcomes = st.lists(st.integers(0, 50), min_size=1, max_size=12)


def watch(step: Expectation, events: list[tuple[int, float]]) -> list[float]:
    """E after each gift of a day and a size."""
    state, read = step.start(), []
    for day, size in events:
        at_us = day * 86_400_000_000
        columns = Columns("gift", 1.0, size)
        state = step.advance(state, Moment(columns, at_us, size, size, False, lambda: 0.0))
        read.append(step.expected(state, "gift", at_us))
    return read


@given(rates, outcomes)
def test_what_is_expected_lies_between_nothing_and_the_best_outcome(rate: float, sizes: list[int]) -> None:
    for expected in watch(Expectation(rate=rate, half_life=None), [(0, float(size)) for size in sizes]):
        assert 0.0 <= expected <= max(sizes) * (1 + 1e-12)


@given(rates, st.integers(1, 60), st.floats(0.1, 100))
def test_a_constant_outcome_is_learned_geometrically_and_surprises_sum_to_what_was_learned(
    rate: float, trials: int, outcome: float
) -> None:
    learned = watch(Expectation(rate=rate, half_life=None), [(0, outcome)] * trials)
    assert outcome - learned[-1] == pytest.approx(outcome * (1 - rate) ** trials, abs=1e-9 * outcome)
    surprises = math.fsum(outcome - before for before in [0.0, *learned[:-1]])
    assert surprises == pytest.approx(learned[-1] / rate, rel=1e-9)
    assert surprises <= outcome / rate * (1 + 1e-12)


@given(rates, days, st.floats(1, 1000))
def test_between_gestures_an_expectation_fades(rate: float, when: list[int], half_life: float) -> None:
    step = Expectation(rate=rate, half_life=half_life)
    fading = watch(step, [(day, 10.0) for day in when])
    lasting = watch(Expectation(rate=rate, half_life=None), [(day, 10.0) for day in when])
    assert all(faded <= kept * (1 + 1e-12) for faded, kept in zip(fading, lasting, strict=True))


def test_an_expected_gesture_that_is_omitted_is_worth_less_than_nothing(story: Any) -> None:
    step = Expectation(rate=0.3, kappa=1, half_life=None)
    assert story([step], [(0, "gift", x) for x in (10, 10, 10, 0)]).worths[-1] == pytest.approx(-6.57)


@given(rates, outcomes)
def test_with_kappa_zero_it_only_watches(story: Any, rate: float, sizes: list[int]) -> None:
    events = [(0, "gift", size) for size in sizes]
    assert story([Expectation(rate=rate, kappa=0)], events).worths == story([], events).worths


def test_each_kind_has_its_own_expectation_and_withdrawals_none(story: Any) -> None:
    events = [(0, "gift", 10), (1, "praise", 10), (2, "fault", 10), (3, "fault", 10)]
    assert story([Expectation()], events).worths == [10, 10, -10, -10]


def test_only_the_kinds_that_are_named_are_expected_also_bad_ones(story: Any) -> None:
    events = [(0, "gift", 10), (1, "gift", 10), (2, "fault", 10), (3, "fault", 10)]
    step = Expectation(rate=1, kappa=1, half_life=None, kinds=("fault",))
    assert story([step], events).worths == [10, 10, -10, 0]


def test_a_recovery_is_not_shifted_but_teaches(story: Any) -> None:
    step = Expectation(rate=1, kappa=1, half_life=None)
    events = [(0, "gift", 10), (1, "fault", 10), (2, "gift", 15, {"answers": 1}), (3, "gift", 20)]
    assert story([step, LinkedRecovery()], events).worths == pytest.approx([10, -10, 10, 5])


def test_a_promise_that_is_kept_is_expected_and_its_breach_is_not_shifted(story: Any) -> None:
    step = Expectation(rate=1, kappa=1, half_life=None)
    events = [
        (0, "vow", 4, {"due": 1}),
        (1, "keep", 4, {"answers": 0}),
        (2, "vow", 4, {"due": 3}),
        (3, "keep", 4, {"answers": 2}),
        (4, "vow", 4, {"due": 5}),
    ]
    assert story([step], events).worths == [4, 0, -4]


def test_a_promise_kept_late_raises_what_is_expected_by_the_part_that_was_kept(story: Any) -> None:
    step = Expectation(rate=1, kappa=1, half_life=None)
    events = [
        (0, "vow", 4, {"due": 1}),
        (2, "keep", 3, {"answers": 0}),
        (3, "vow", 4, {"due": 4}),
        (4, "keep", 4, {"answers": 2}),
    ]
    assert story([step, LinkedRecovery()], events).worths[2] == 4 - 3
    assert story([step], events).worths[2] == 4


def test_it_shifts_before_the_value_function(story: Any) -> None:
    step = Expectation(rate=1, kappa=1, half_life=None)
    worths = story([step, Prospect()], [(0, "gift", 10), (1, "gift", 0)]).worths
    assert worths == pytest.approx([10**0.88, -1.955 * 10**0.88])


def test_an_unvalued_entry_teaches_nothing(story: Any) -> None:
    events = [(0, "fee", 10, {"currency": "EUR"}), (1, "fee", 10), (2, "fee", 10)]
    told = story([Expectation(rate=1, kappa=1, half_life=None)], events)
    assert told.worths == [10, 0]
    assert [item.reason for item in told.ledger.balance("ada").unvalued] == ["no rate for currency"]


@given(outcomes)
def test_the_first_gesture_is_worth_all_and_the_same_again_less(story: Any, sizes: list[int]) -> None:
    same = story([Expectation()], [(0, "gift", sizes[0])] * 5).worths
    assert same[0] == sizes[0]
    assert all(later <= earlier for earlier, later in pairwise(same))
