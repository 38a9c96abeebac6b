"""Two thresholds, critical incidents, and the saturation of a display."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from goodwill import Ledger, Policy, Ref, Standing, presets
from goodwill.decays import Linear, NoDecay
from goodwill.domain.errors import PolicyError
from goodwill.policies.standing import Hysteresis
from goodwill.policies.valuation import Valuation
from goodwill.terms import Endowment
from goodwill.testing.clock import FixedClock
from goodwill.valuations import RateCard

START = datetime(2026, 1, 1, tzinfo=UTC)
numbers = st.floats(-50, 50).map(lambda x: round(x, 6))
paths = st.lists(numbers.map(lambda x: 2 * x), max_size=20)
thresholds = st.tuples(numbers, numbers).map(sorted)


def regimes(rule: Hysteresis, path: list[float]) -> list[str]:
    """The regime after each point of a path."""
    return [rule.regime([(points, None) for points in path[: n + 1]]) for n in range(len(path))]


@given(thresholds, paths)
def test_between_the_thresholds_nothing_changes(limits: list[float], path: list[float]) -> None:
    rule = Hysteresis(down=limits[0], up=limits[1])
    found = ["loyal", *regimes(rule, path)]
    for (before, after), points in zip(pairwise(found), path, strict=True):
        if rule.down <= points <= rule.up:
            assert before == after
        if before != after:
            assert points < rule.down if after == "estranged" else points > rule.up


@given(thresholds, paths)
def test_once_it_agrees_with_the_first_value_a_path_that_only_falls_or_rises_switches_once_at_most(
    limits: list[float], path: list[float]
) -> None:
    rule = Hysteresis(down=limits[0], up=limits[1])
    for ordered in (sorted(path), sorted(path, reverse=True)):
        found = regimes(rule, ordered)
        assert sum(before != after for before, after in pairwise(found)) <= 1


@given(numbers, paths)
def test_with_one_threshold_it_is_a_plain_line(limit: float, path: list[float]) -> None:
    assume(path)
    assume(path[-1] != limit)
    rule = Hysteresis(down=limit, up=limit)
    assert regimes(rule, path)[-1] == ("loyal" if path[-1] > limit else "estranged")


def test_one_critical_incident_is_enough() -> None:
    rule = Hysteresis(down=-10, up=5, critical=("data_leak",))
    assert rule.regime([(50.0, None), (40.0, "data_leak")]) == "estranged"
    assert rule.regime([(50.0, None), (40.0, "data_leak"), (60.0, None)]) == "loyal"
    assert rule.regime([(50.0, None), (40.0, "late_delivery")]) == "loyal"


def test_a_threshold_to_come_back_below_that_to_leave_is_refused() -> None:
    with pytest.raises(PolicyError, match="down is 5, above up -10"):
        Hysteresis(down=5, up=-10)


# Through a ledger


def ledger_under(rule: Hysteresis, **changes: Any) -> Ledger:
    card = RateCard.from_catalog(presets.service_catalog())
    changes = {"decay": NoDecay(), **changes}
    policy = Policy(valuation=Valuation(steps=(card,)), standing=Standing(hysteresis=rule), **changes)
    return Ledger.in_memory(policy, clock=FixedClock(START + timedelta(days=999)))


def at(day: float) -> datetime:
    return START + timedelta(days=day)


def test_a_customer_who_was_lost_comes_back_only_at_the_higher_threshold() -> None:
    ledger = ledger_under(Hysteresis(down=-10, up=5, loyal="with us", estranged="lost"))
    for day, credit in enumerate((0, 0, 9, 3, 4)):
        if day == 1:
            ledger.withdraw("ada", "faulty_product", occurred_at=at(day))  # 12 points
        elif credit:
            ledger.deposit("ada", "credit", credit, occurred_at=at(day))
    standings = [ledger.balance("ada", as_of=at(day)).standing for day in range(5)]
    assert standings == ["with us", "lost", "lost", "lost", "lost"]
    ledger.deposit("ada", "credit", 2, occurred_at=at(5))
    assert ledger.balance("ada", as_of=at(5)).standing == "with us"
    assert ledger.balance("ada", as_of=at(4)).standing == "lost"


def test_time_alone_changes_no_regime() -> None:
    ledger = ledger_under(Hysteresis(down=-10, up=-1), decay=Linear(days=100))
    ledger.withdraw("ada", "faulty_product", occurred_at=at(0))
    faded = ledger.balance("ada", as_of=at(500))
    assert (faded.points, faded.standing) == (0.0, "estranged")
    ledger.deposit("ada", "thank_you", occurred_at=at(501))
    assert ledger.balance("ada", as_of=at(501)).standing == "loyal"


def test_a_breach_flips_at_its_due_date_and_terms_count() -> None:
    rule = Hysteresis(down=-5, up=5)
    ledger = ledger_under(rule)
    ledger.promise("ada", "callback", due=at(10), occurred_at=at(0))  # 6 points
    assert ledger.balance("ada", as_of=at(9)).standing == "loyal"
    assert ledger.balance("ada", as_of=at(10)).standing == "estranged"
    cushioned = ledger.policy.replace(terms=(Endowment(points=20, decay=NoDecay()),))
    assert ledger.balance("ada", as_of=at(10), policy=cushioned).standing == "loyal"


def test_a_critical_kind_that_was_no_loss_flips_nobody() -> None:
    ledger = ledger_under(Hysteresis(down=-1000, up=0, critical=("late_delivery",)))
    ledger.withdraw("ada", "late_delivery", 0, occurred_at=at(0))
    assert ledger.balance("ada", as_of=at(0)).standing == "loyal"
    late = ledger.withdraw("ada", "late_delivery", 1, reference="late", occurred_at=at(1))
    assert ledger.balance("ada").standing == "estranged"
    ledger.reverse(late)
    assert ledger.balance("ada").standing == "loyal"
    assert ledger.entry(Ref("late")).reversed_by is not None


# Saturation


@given(st.floats(1e-3, 1e6), st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_a_saturated_display_is_odd_bounded_and_keeps_the_order(bound: float, one: float, other: float) -> None:
    policy = presets.default().replace(saturation=bound)
    low, high = (policy.displayed(points) for points in sorted((one, other)))
    assert -bound <= low <= high <= bound
    assert policy.displayed(-one) == -policy.displayed(one)


@given(st.floats(1.0, 1e6), st.floats(-1e-4, 1e-4))
def test_near_zero_it_shows_the_points_themselves(bound: float, part: float) -> None:
    points = bound * part
    assert presets.default().replace(saturation=bound).displayed(points) == pytest.approx(points, rel=1e-7, abs=1e-12)


def test_it_is_display_only() -> None:
    ledger = ledger_under(Hysteresis(down=-100, up=0), saturation=10.0)
    ledger.deposit("ada", "credit", 500)
    balance = ledger.balance("ada")
    assert (balance.points, balance.displayed) == (500.0, pytest.approx(10.0))
    assert math.isclose(balance.positive, 500.0)
    assert presets.default().displayed(500.0) == 500.0
