"""A forecast says when balances would be below zero, and is right on both sides of that instant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goodwill import presets
from goodwill.analytics import at_risk, forecast
from goodwill.decays import HalfLife
from goodwill.domain.entry import Fact
from goodwill.domain.errors import InvalidPeriod
from goodwill.domain.instant import from_us, to_us
from goodwill.policies.policy import Policy
from goodwill.policies.schedule import DecaySchedule
from goodwill.policies.sums import ROUNDING
from goodwill.terms import Silence
from goodwill.testing.histories import CATALOG, END, START, policies
from tests.analytics.test_balances import ENGINES, entry, frame_of, ledgers, read_one_by_one

DEFAULT = presets.default(CATALOG)
FORGETFUL = DecaySchedule(
    default=HalfLife(days=200), by_direction={"deposit": HalfLife(days=30)}, by_kind={"fault": HalfLife(days=15)}
)
POLICIES = {
    "default": DEFAULT,
    "forgetful": DEFAULT.replace(decay=FORGETFUL),
    "forgetful after grace": DEFAULT.replace(
        decay=DecaySchedule(default=HalfLife(days=200), by_direction={"deposit": HalfLife(days=30).grace(days=14)})
    ),
    "silent": DEFAULT.replace(decay=FORGETFUL, terms=(Silence(points=30, grace=20, half_life=60),)),
    "double deviation": presets.double_deviation(CATALOG).replace(decay=FORGETFUL),
}
NOW = START + timedelta(days=400)
DAYS = 200.0


def points(facts: Sequence[Fact], policy: Policy, at: datetime) -> dict[str, tuple[float, float]]:
    """The balance of each account, and how large what it is made of is."""
    so_far = [fact for fact in facts if fact.occurred_us <= to_us(NOW)]
    read = read_one_by_one(so_far, policy, at)
    return {name: (balance.points, balance.positive - balance.negative) for name, balance in read.items()}


def foretold(frame: Any, policy: Policy, days: float = DAYS) -> Any:
    return forecast(frame, policy, NOW, days, home="USD", catalog=CATALOG)


def agree(answer: pl.DataFrame, facts: Sequence[Fact], policy: Policy) -> None:
    """That balances are not below zero before the instant that is told, and are at it."""
    assert sorted(answer["account"]) == sorted(points(facts, policy, NOW))
    looks = [to_us(NOW) + number * 5 * 86_400_000_000 for number in range(int(DAYS / 5) + 1)]
    read = {us: points(facts, policy, from_us(us)) for us in looks}
    for row in answer.iter_rows(named=True):
        first, account = row["overdrawn_us"], row["account"]
        within = 2 * ROUNDING * max(size for _, size in (each[account] for each in read.values()))
        before = [us for us in looks if first is None or us < first]
        assert min((read[us][account][0] for us in before), default=0.0) >= -within
        if first is not None:
            assert points(facts, policy, from_us(first))[account][0] <= 0.0
            assert row["is_overdrawn"] == (first == to_us(NOW))
        if first is not None and not row["is_overdrawn"]:
            assert points(facts, policy, from_us(first - 1))[account][0] >= -within


@pytest.mark.parametrize("engine", ENGINES)
@given(facts=ledgers(), name=st.sampled_from(sorted(POLICIES)))
@settings(max_examples=4, suppress_health_check=[HealthCheck.too_slow])
def test_an_account_is_below_zero_from_the_instant_on_and_not_before(engine: str, facts: list[Fact], name: str) -> None:
    made, seen = ENGINES[engine]
    agree(seen(foretold(made(frame_of(facts)), POLICIES[name])), facts, POLICIES[name])


@given(facts=ledgers(), policy=policies())
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
def test_so_it_is_under_any_policy(facts: list[Fact], policy: Policy) -> None:
    agree(foretold(frame_of(facts), policy), facts, policy)


def test_a_promise_that_falls_due_is_broken_in_the_forecast() -> None:
    due = NOW + timedelta(days=10)
    rows = [
        entry(type="deposit", kind="gift", occurred_at=START, id="1"),
        entry(type="promise", kind="visit", occurred_at=NOW - timedelta(days=1), due=due, id="2"),
    ]
    frame = pl.DataFrame(rows).with_columns(pl.col("due").dt.replace_time_zone("UTC"))
    answer = forecast(frame, DEFAULT, NOW, 30, links=False, catalog=CATALOG)
    assert answer.select("is_overdrawn", "overdrawn_us").rows() == [(False, to_us(due))]
    sooner = forecast(frame, DEFAULT, NOW, 9, links=False, catalog=CATALOG)
    assert sooner["overdrawn_us"].to_list() == [None]


def test_under_one_rate_nobody_goes_below_zero_by_time_alone() -> None:
    rows = [entry(type="deposit", kind="gift", occurred_at=START), entry(magnitude=1.0, occurred_at=NOW)]
    answer = forecast(pl.DataFrame(rows), DEFAULT, START, 3000, links=False)
    assert answer["overdrawn_us"].to_list() == [None]


def test_at_risk_are_those_below_zero_and_those_on_their_way_there_the_lowest_first() -> None:
    rows = [
        entry(account="ada", type="deposit", kind="gift", occurred_at=NOW),
        entry(account="ada", magnitude=0.5, occurred_at=NOW),
        entry(account="bob", magnitude=3.0, occurred_at=NOW),
        entry(account="cy", type="deposit", kind="gift", occurred_at=NOW),
    ]
    policy = POLICIES["forgetful"]
    answer = at_risk(pl.DataFrame(rows), policy, NOW, 120, links=False)
    assert answer["account"].to_list() == ["bob", "ada"]
    assert answer["is_overdrawn"].to_list() == [True, False]
    assert at_risk(pl.DataFrame(rows), policy, NOW, 0.5, links=False)["account"].to_list() == ["bob"]


@pytest.mark.parametrize("days", [0.0, -1.0, float("nan"), 1e9])
def test_days_that_lead_nowhere_are_refused(days: float) -> None:
    with pytest.raises(InvalidPeriod, match="some days"):
        forecast(pl.DataFrame([entry()]), DEFAULT, END, days, links=False)
