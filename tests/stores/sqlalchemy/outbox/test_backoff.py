"""Waits get longer, within bounds, and end."""

from __future__ import annotations

from statistics import pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.stores.sqlalchemy.outbox.backoff import Backoff

WAITS = st.floats(0.1, 100.0)


@given(WAITS, st.floats(1.0, 5.0), st.integers(1, 19), st.floats(1.0, 1000.0))
def test_a_wait_is_between_half_and_the_whole_of_its_step(
    first: float, factor: float, attempt: int, more: float
) -> None:
    backoff = Backoff(attempts=20, first_s=first, factor=factor, longest_s=first * more)
    step = min(first * factor ** (attempt - 1), first * more)
    wait = backoff.wait_s(attempt)
    assert wait is not None
    assert step / 2 * (1 - 1e-9) <= wait <= step * (1 + 1e-9)


@given(st.integers(1, 30))
def test_there_are_as_many_attempts_as_are_said(attempts: int) -> None:
    backoff = Backoff(attempts=attempts)
    assert [backoff.wait_s(attempt) is None for attempt in range(1, attempts + 1)] == [False] * (attempts - 1) + [True]


def test_waits_are_not_the_same_for_all() -> None:
    assert pstdev([Backoff(first_s=100.0).wait_s(1) or 0.0 for _ in range(50)]) > 1.0


def test_the_default_attempts_take_half_a_day_to_a_day() -> None:
    taken_h = sum(Backoff().wait_s(attempt) or 0.0 for attempt in range(1, 12)) / 3600
    assert 11 <= taken_h <= 24


def test_a_receiver_may_ask_for_more_time_and_not_for_ever() -> None:
    backoff = Backoff(first_s=5.0, longest_s=600.0)
    assert backoff.wait_s(1, 300.0) == 300.0
    assert backoff.wait_s(1, 10**9) == 2400.0
    assert (backoff.wait_s(9, 0.0) or 0.0) >= 300.0
    assert backoff.wait_s(12, 300.0) is None


@pytest.mark.parametrize("wrong", [{"attempts": 0}, {"first_s": 0}, {"factor": 0.5}, {"longest_s": 1.0}])
def test_waits_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="cannot be waited by"):
        Backoff(**wrong)  # type: ignore[arg-type]
