"""When a balance falls below a threshold if nothing happens, and what would keep it above."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import inf, nan
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goodwill import Ledger, Money, presets
from goodwill.analytics import entries, forecast
from goodwill.appraisal import AppraisalError, Option, Outlook, keep_above
from goodwill.decays import HalfLife, NoDecay
from goodwill.domain.entry import Deposit, Entry, Promise, Withdrawal
from goodwill.domain.errors import InvalidPeriod, UnknownKind
from goodwill.domain.instant import from_us
from goodwill.policies.policy import Policy
from goodwill.policies.schedule import DecaySchedule
from goodwill.terms import Silence
from goodwill.testing.histories import CATALOG, END, START, histories, policies

NOW = START + timedelta(days=400)
DAYS = 200.0
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
}


class Stopped:
    """A clock that stands after all that was recorded."""

    def now(self) -> datetime:
        return END + timedelta(days=1)


def ledger_of(history: Sequence[Entry], policy: Policy) -> Ledger:
    ledger = Ledger.in_memory(policy=policy, catalog=CATALOG, currencies=("USD", "EUR"), clock=Stopped())
    for entry in history:
        ledger.record(entry)
    return ledger


def above(ledger: Ledger, threshold: float, days: float = DAYS, **asked: Any) -> Outlook:
    return keep_above(ledger, "ada", threshold, days=days, as_of=NOW, **asked)


@st.composite
def fading(draw: st.DrawFn) -> list[Entry]:
    """Recent gifts over an older grudge: under a policy that forgets gifts first, many go below zero by time alone."""
    days = st.integers(0, 60).map(lambda day: NOW - timedelta(days=day))
    delays = draw(st.lists(st.tuples(st.sampled_from([1, 2, Decimal("2.5")]), days), min_size=1, max_size=3))
    gifts = draw(st.lists(days, min_size=3 * len(delays), max_size=10))
    return [
        *(Withdrawal(account="ada", kind="delay", magnitude=Decimal(size), occurred_at=at) for size, at in delays),
        *(Deposit(account="ada", kind="gift", occurred_at=at) for at in gifts),
    ]


def agrees_with_the_forecast(history: Sequence[Entry], policy: Policy) -> None:
    ledger = ledger_of(history, policy)
    frame = entries(ledger, account="ada")
    foretold = forecast(frame, policy, NOW, DAYS, home="USD", catalog=CATALOG)
    for us in foretold["overdrawn_us"]:
        told = above(ledger, 0.0).falls_at
        assert (told is None) == (us is None)
        # The forecast adds exponentials up by arrays, in another order: rounding moves the instant where it is flat.
        assert told is None or abs(told - from_us(us)) <= timedelta(milliseconds=1)


@given(history=histories() | fading(), name=st.sampled_from(sorted(POLICIES)))
@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_for_a_threshold_of_zero_it_is_the_forecast(history: list[Entry], name: str) -> None:
    agrees_with_the_forecast(history, POLICIES[name])


@given(history=histories(most=6), policy=policies())
@settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_so_it_is_under_any_policy(history: list[Entry], policy: Policy) -> None:
    agrees_with_the_forecast(history, policy)


@given(history=histories() | fading(), name=st.sampled_from(sorted(POLICIES)), threshold=st.floats(-40, 40))
@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_the_balance_is_below_from_the_instant_on_and_not_before(
    history: list[Entry], name: str, threshold: float
) -> None:
    ledger = ledger_of([entry for entry in history if entry.occurred_at <= NOW], POLICIES[name])
    told = above(ledger, threshold)
    assert told.points == pytest.approx(ledger.balance("ada", as_of=NOW).points, abs=1e-9)
    within = 1e-6
    first = told.falls_at
    if first is not None:
        assert ledger.balance("ada", as_of=first).points < threshold
    if first is not None and first > NOW:
        assert ledger.balance("ada", as_of=first - timedelta(microseconds=1)).points >= threshold - within
    looks = [NOW + timedelta(days=5 * step) for step in range(int(DAYS / 5) + 1)]
    for at in (look for look in looks if first is None or look < first):
        assert ledger.balance("ada", as_of=at).points >= threshold - within


def test_a_balance_falls_below_half_of_itself_after_its_half_life() -> None:
    policy = DEFAULT.replace(decay=HalfLife(days=30))
    ledger = ledger_of([Deposit(account="ada", kind="gift", occurred_at=NOW)], policy)
    points = ledger.balance("ada", as_of=NOW).points
    told = above(ledger, points / 2)
    assert told.is_exact
    assert told.falls_at is not None
    assert abs(told.falls_at - NOW - timedelta(days=30)) < timedelta(seconds=1)
    assert above(ledger, points / 2, days=29.9).falls_at is None


def test_a_balance_that_never_fades_stays_at_its_own_threshold() -> None:
    ledger = ledger_of([Deposit(account="ada", kind="gift", occurred_at=NOW)], DEFAULT.replace(decay=NoDecay()))
    points = ledger.balance("ada", as_of=NOW).points
    assert above(ledger, points).falls_at is None
    assert above(ledger, points + 0.001).falls_at == NOW


def test_a_debt_that_fades_rises_above_a_threshold_and_never_falls_below_it() -> None:
    ledger = ledger_of([Withdrawal(account="ada", kind="fault", occurred_at=NOW)], DEFAULT)
    points = ledger.balance("ada", as_of=NOW).points
    assert above(ledger, points - 1.0).falls_at is None
    assert above(ledger, points + 1.0).falls_at == NOW


def test_a_promise_that_falls_due_is_broken() -> None:
    due = NOW + timedelta(days=10)
    history = [
        Deposit(account="ada", kind="gift", occurred_at=NOW),
        Promise(account="ada", kind="visit", magnitude=1, occurred_at=NOW, due=due),
    ]
    ledger = ledger_of(history, DEFAULT)
    assert above(ledger, 3.0).falls_at == due
    waiver = Option(kind="waiver", cost=Money(60, "USD"))
    assert above(ledger, 3.0, days=20, options=[waiver]).cheapest is not None


def test_what_happens_then_is_counted() -> None:
    ledger = ledger_of([Deposit(account="ada", kind="gift", occurred_at=NOW)], DEFAULT)
    late = NOW + timedelta(days=20)
    then = [Withdrawal(account="ada", kind="fault", occurred_at=late)]
    assert above(ledger, 0.0).falls_at is None
    assert above(ledger, 0.0, then=then).falls_at == late


OPTIONS = [
    Option(kind="waiver", cost=Money(30, "USD"), name="large"),
    Option(kind="waiver", cost=Money(20, "USD"), name="enough"),
    Option(kind="waiver", cost=Money(1, "USD"), name="small"),
    Option(kind="praise"),
]


def test_the_cheapest_that_keeps_it_above_comes_first_and_those_that_do_not_last() -> None:
    policy = DEFAULT.replace(decay=HalfLife(days=84))
    ledger = ledger_of([Deposit(account="ada", kind="gift", occurred_at=NOW)], policy)
    told = above(ledger, 6.0, days=84, options=OPTIONS)
    assert [each.option.name for each in told.options] == ["enough", "large", "praise", "small"]
    assert [each.keeps for each in told.options] == [True, True, False, False]
    assert told.cheapest is told.options[0]
    assert "keeps it above" in str(told)
    for each in told.options:
        given = ledger_of(
            [Deposit(account="ada", kind="gift", occurred_at=NOW), each.option.gesture("ada", NOW)], policy
        )
        assert above(given, 6.0, days=84).falls_at == each.falls_at
        assert each.bought == pytest.approx(given.balance("ada", as_of=NOW).points - told.points)


def test_where_nothing_is_needed_nothing_is_the_cheapest() -> None:
    ledger = ledger_of([], DEFAULT)
    told = above(ledger, -1.0, options=OPTIONS)
    assert (told.falls_at, told.points, told.cheapest) == (None, 0.0, None)


def test_costs_of_several_currencies_are_compared_by_rates_or_not_at_all() -> None:
    ledger = ledger_of([], DEFAULT.replace(currency="USD", rates={"EUR": 1.0}))
    euros = [OPTIONS[0], Option(kind="waiver", cost=Money(29, "EUR"), name="euros")]
    with pytest.raises(AppraisalError, match="not mixed without a rate"):
        above(ledger, 1.0, options=euros)
    told = above(ledger, 0.01, options=euros, rates={"EUR": 1.5})
    assert [each.cost for each in told.options] == [Money(30, "USD"), Money("43.50", "USD")]


def test_what_cannot_be_asked_is_refused() -> None:
    ledger = ledger_of([], DEFAULT)
    for threshold in (nan, inf):
        with pytest.raises(AppraisalError, match="finite number of points"):
            above(ledger, threshold)
    for days in (0.0, -1.0, nan, 1e9):
        with pytest.raises(InvalidPeriod):
            above(ledger, 0.0, days=days)
    with pytest.raises(UnknownKind):
        above(ledger, 0.0, options=[Option(kind="fee_wavied")])
    with pytest.raises(AppraisalError, match="no opinion on 'mystery'"):
        above(ledger, 0.0, options=[Option(kind="mystery")])
    with pytest.raises(AppraisalError, match="as_of="):
        keep_above([], "ada", 0.0, days=1)
    assert keep_above([], "ada", 0.0, days=1, as_of=datetime(2026, 1, 1, tzinfo=UTC)).falls_at is None
