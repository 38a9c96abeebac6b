"""A policy that was written before a kind was renamed reads on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from goodwill import Catalog, DecaySchedule, Kind, Ledger, Policy, Rate, Valuation
from goodwill.decays import HalfLife, NoDecay
from goodwill.domain.errors import PolicyError
from goodwill.domain.kind import Direction
from goodwill.policies.naming import kinds_named, renamed
from goodwill.policies.standing import Hysteresis, Standing
from goodwill.testing.clock import FixedClock
from goodwill.valuations import (
    Expectation,
    Gains,
    Habituation,
    Kano,
    LinkedRecovery,
    RateCard,
    SCurve,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def policy(visit: str, flop: str) -> Policy:
    """A policy that names two kinds wherever a policy names any."""
    return Policy(
        valuation=Valuation(
            steps=(
                RateCard(rates={visit: Rate("event", material=8), flop: Rate("event", material=4)}),
                Expectation(kinds=(flop,)),
                Kano(gains={flop: Gains(below=2.0)}),
                Habituation(kinds=(visit,)),
                LinkedRecovery(by_failure={flop: SCurve()}, matching={flop: {visit: 0.5}}),
            )
        ),
        decay=DecaySchedule(default=HalfLife(days=84), by_kind={visit: NoDecay()}),
        standing=Standing(hysteresis=Hysteresis(down=-10, up=5, critical=(flop,))),
    )


OLD, TODAY = policy("visit", "flop"), policy("home_visit", "failure")
CATALOG = Catalog(
    [
        Kind("home_visit", Direction.DEPOSIT, aliases=("visit",)),
        Kind("failure", Direction.WITHDRAWAL, aliases=("flop",)),
    ]
)


def read(policy: Policy) -> Any:
    ledger = Ledger.in_memory(policy, CATALOG, clock=FixedClock(NOW))
    for days in (40, 30, 20):
        ledger.deposit("ada", "visit", occurred_at=NOW - timedelta(days=days))
    failure = ledger.withdraw("ada", "failure", occurred_at=NOW - timedelta(days=10))
    ledger.deposit("ada", "home_visit", in_response_to=failure, occurred_at=NOW - timedelta(days=5))
    balance = ledger.balance("ada")
    return balance.points, balance.standing, balance.unvalued, [item.worth for item in ledger.contributions("ada")]


def test_it_reads_as_one_that_has_the_names_of_today() -> None:
    assert read(OLD) == read(TODAY)
    assert read(OLD)[2] == ()


def test_its_fingerprint_stays_its_own() -> None:
    ledger = Ledger.in_memory(OLD, CATALOG, clock=FixedClock(NOW))
    assert ledger.balance("ada").policy == OLD.fingerprint != TODAY.fingerprint


def test_every_place_that_names_a_kind_is_renamed_and_nothing_else() -> None:
    assert kinds_named(OLD) == {"visit", "flop"}
    assert OLD.under(CATALOG) == TODAY
    assert renamed(OLD, lambda name: name) is OLD
    assert OLD.under(Catalog()) is OLD
    assert TODAY.under(CATALOG) is TODAY


def test_a_name_of_today_goes_before_one_that_it_had() -> None:
    card = RateCard(rates={"visit": Rate("event", material=1), "home_visit": Rate("event", material=2)})
    assert renamed(card, lambda _: "home_visit").rates == {"home_visit": Rate("event", material=2)}


def test_what_contradicts_itself_under_the_names_of_today_is_refused_with_the_ledger() -> None:
    steps = (OLD.valuation.steps[0], Expectation(kinds=("visit",)), Habituation(kinds=("home_visit",)))
    with pytest.raises(PolicyError, match="both wear out home_visit"):
        Ledger.in_memory(OLD.replace(valuation=Valuation(steps=steps)), CATALOG)


@pytest.mark.parametrize("name", ["", "\x00", "late\x00", "Late", "late delivery", "9", "x" * 64])
def test_what_no_catalog_takes_for_a_name_is_refused_where_a_policy_names_a_kind(name: str) -> None:
    rate = Rate("unit", material=1.0)
    for named in (
        lambda: RateCard(rates={name: rate}),
        lambda: Habituation(kinds=(name,)),
        lambda: Hysteresis(critical=(name,)),
    ):
        with pytest.raises(ValueError, match="should match pattern"):
            named()
