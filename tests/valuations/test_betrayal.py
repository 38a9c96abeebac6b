"""The better the relationship was, the more a failure hurts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.decays import HalfLife, NoDecay
from goodwill.terms import Endowment
from goodwill.valuations import Betrayal, LinkedRecovery

sizes = st.integers(0, 10_000)


@given(sizes, sizes, st.floats(0.01, 5.0), st.floats(0.1, 1000.0))
def test_the_gain_lies_between_one_and_one_plus_kappa_and_rises_with_goodwill(
    story: Any, one: int, other: int, kappa: float, g0: float
) -> None:
    step, low_high = Betrayal(kappa=kappa, g0=g0), sorted((one, other))
    low, high = (story([step], [(0, "gift", size), (1, "fault", 1)]).worths[1] for size in low_high)
    assert -(1 + kappa) <= high <= low <= -1.0


def test_at_g0_half_of_kappa_is_added(story: Any) -> None:
    assert story([Betrayal(kappa=1, g0=50)], [(0, "gift", 50), (1, "fault", 4)]).worths[1] == pytest.approx(-6)


def test_an_overdrawn_customer_is_not_betrayed_again(story: Any) -> None:
    assert story([Betrayal()], [(0, "fault", 50), (1, "fault", 4)]).worths == [-50, -4]


def test_it_reads_the_balance_just_before_with_what_remains_of_it(story: Any) -> None:
    step = Betrayal(kappa=1, g0=50)
    told = story([step], [(0, "gift", 100), (84, "fault", 4)], decay=HalfLife(days=84))
    assert told.worths[1] == pytest.approx(-6)


def test_account_terms_are_no_part_of_it(story: Any) -> None:
    told = story([Betrayal()], [(0, "fault", 4)], terms=(Endowment(points=100, decay=NoDecay()),))
    assert told.worths == [-4]


def test_breaches_betray_and_deposits_and_recoveries_do_not(story: Any) -> None:
    step = Betrayal(kappa=1, g0=50)
    assert story([step], [(0, "gift", 50), (0, "vow", 4, {"due": 1})]).worths[1] == pytest.approx(-6)
    events = [(0, "gift", 50), (1, "gift", 9), (2, "fault", 4), (3, "gift", 90, {"answers": 2})]
    gift, again, fault, recovery = story([step, LinkedRecovery()], events).worths
    assert (gift, again) == (50, 9)
    assert recovery == pytest.approx(-fault)


@given(sizes)
def test_with_kappa_zero_it_is_off(story: Any, size: int) -> None:
    events = [(0, "gift", size), (1, "fault", 4)]
    assert story([Betrayal(kappa=0)], events).worths == story([], events).worths
