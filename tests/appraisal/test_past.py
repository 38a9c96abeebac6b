"""Past concessions: each is worth what appraising it by itself says, on every engine, one by one and added up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodwill import Deposit, Entry, Ledger, Money, Policy, presets
from goodwill.analytics import waivers
from goodwill.appraisal import AppraisalError, CustomerValue, RetentionLink, appraise, appraise_past, past_caveats
from goodwill.appraisal.book import opened, present
from goodwill.appraisal.case import Case
from goodwill.appraisal.looking import beyond
from goodwill.appraisal.past.leaving_out import worths
from goodwill.appraisal.replaying import counterfactual
from goodwill.decays import Cliff, HalfLife, NoDecay
from goodwill.domain.errors import UnknownKind
from goodwill.domain.instant import to_us
from goodwill.domain.period import Period
from goodwill.testing.book import NOW
from goodwill.testing.clock import FixedClock
from goodwill.testing.histories import CATALOG, histories, policies
from tests.analytics.test_balances import ENGINES, POLICIES, START
from tests.analytics.test_waivers import HISTORY, rows_of, waiver

LINK = RetentionLink(base=0.9, slope=0.02, source="an assumption")
VALUE = CustomerValue(margin=Money(20, "USD"), discount=0.01, period_days=30)
AT_ONCE = {"USD": 1.0, "EUR": 1.25}
ALWAYS = "2020-01-01/2040-01-01"


def costly(history: Sequence[Entry]) -> list[Entry]:
    """The history with a cost for every deposit, so that each is a concession."""
    return [
        replace(each, cost=Money(5 + place, "USD")) if isinstance(each, Deposit) and each.cost is None else each
        for place, each in enumerate(history)
    ]


def book_of(history: Sequence[Entry], policy: Policy) -> Ledger:
    ledger = Ledger.in_memory(policy, catalog=CATALOG, currencies=("USD", "EUR"), clock=FixedClock(NOW))
    ledger.record_many(costly(history))
    return ledger


def near(found: float, told: float, size: float) -> bool:
    """Within 1e-9 of a number, or of what the two values that it is a difference of are rounded to."""
    return found == pytest.approx(told, rel=1e-9, abs=1e-12 * size)


def as_each_by_itself(ledger: Ledger, as_of: datetime, value: CustomerValue = VALUE) -> None:
    """Compare what each deposit left out changes with the account replayed without it, as `appraise` does."""
    entries, at_us = list(ledger.entries()), to_us(as_of)
    account = present(
        opened(ledger, "ada", now=as_of, known_at=None, policy=None, catalog=None, home=None), as_of, None, ()
    )
    gestures = {each.id: each for each in entries if isinstance(each, Deposit) and each.occurred_at <= as_of}
    reader = account.reader(beyond(at_us, value))
    found = worths(account.facts, set(gestures), reader, LINK, value)
    for name, gesture in gestures.items():
        try:
            alone = counterfactual(account, gesture, beyond(at_us, value))
        except AppraisalError:  # taken back, or unvalued
            assert name not in found
            continue
        case = Case(account, gesture, alone, value, LINK, 1.0, 0.0)
        ends = case.periods()
        told = case.change_at(ends, alone.without.points(ends), alone.lift(ends))
        assert near(found[name].exact, told.exact, abs(told.without))
        assert near(found[name].if_permanent, told.if_permanent, abs(told.without))


@pytest.mark.parametrize("name", POLICIES)
@given(history=histories(most=8), days=st.sampled_from([0, 400, 1100]))
@settings(max_examples=5)
def test_each_is_worth_what_its_account_lacks_without_it(name: str, history: list[Entry], days: int) -> None:
    as_each_by_itself(book_of(history, POLICIES[name]), NOW - timedelta(days=days))


@given(history=histories(most=8), policy=policies(CATALOG))
@settings(max_examples=8)
def test_so_it_is_under_any_policy(history: list[Entry], policy: Policy) -> None:
    as_each_by_itself(book_of(history, policy), NOW, VALUE.replace(horizon=24))


@pytest.mark.parametrize("name", ["default", "habituation"])
def test_a_row_says_what_appraising_its_entry_says(name: str) -> None:
    policy = POLICIES[name].replace(rates={"EUR": 1.1})
    ledger = Ledger.in_memory(policy, catalog=CATALOG, currencies=("USD", "EUR"), clock=FixedClock(NOW))
    late = ledger.withdraw("ada", "delay", magnitude=3, occurred_at=START)
    for days in (1, 2, 50):
        cost = Money(days, "EUR" if days == 2 else "USD")
        ledger.deposit(
            "ada",
            "waiver",
            cost=cost,
            in_response_to=late if days < 50 else None,
            occurred_at=START + timedelta(days=days),
        )
    ledger.deposit("bob", "waiver", cost=Money(8, "USD"), occurred_at=START)
    slip = ledger.deposit("bob", "waiver", cost=Money(9, "USD"), occurred_at=START)
    ledger.reverse(slip)
    asked: dict[str, Any] = {"value": VALUE, "link": LINK, "rates": {"EUR": 1.25}}
    recorded = {each.id: each for each in ledger.entries() if isinstance(each, Deposit) and each.id != slip.id}
    found = appraise_past(ledger, Period.parse("2026-01-01/2026-03-01"), **asked)
    assert set(found["id"]) == set(recorded)
    for row in found.iter_rows(named=True):
        told = appraise(ledger, recorded[row["id"]], **asked)
        assert row["value"] == pytest.approx(told.change.exact, rel=1e-9)
        assert row["net"] == pytest.approx(told.net_value, rel=1e-9)
        assert row["if_permanent"] == pytest.approx(told.change.if_permanent, rel=1e-9)
        assert row["is_worth_it"] is told.is_worth_it
        assert (Money(Decimal(str(row["cost"])), row["currency"])) == told.cost


DOLLARS = HISTORY.with_columns(pl.lit("USD").alias("currency"))
CONTRACT = waiver(account="cy", kind="gift", magnitude=1.0, currency=None, cost=Decimal("30.00"))
SOME = pl.concat([DOLLARS, rows_of(CONTRACT).with_columns(id=pl.lit("6"))], how="diagonal_relaxed").with_columns(
    pl.col("cost").cast(pl.Decimal(18, 2)), margin=pl.when(pl.col("account") == "bob").then(40.0)
)
ASKED: dict[str, Any] = {"value": VALUE, "link": LINK, "policy": POLICIES["default"], "as_of": NOW, "home": "USD"}


@pytest.mark.parametrize("engine", ENGINES)
def test_each_concession_has_a_value_beside_its_cost_on_every_engine(engine: str) -> None:
    made, seen = ENGINES[engine]
    given: dict[str, Any] = {**ASKED, "owed": ["gift"], "margin": "margin", "keep": ["actor"]}
    answer = appraise_past(made(SOME), "2026", **given)
    assert type(answer) is type(made(SOME))
    found, plain = (
        seen(answer).sort("id"),
        waivers(SOME, POLICIES["default"], NOW, home="USD", keep=["actor"]).sort("id"),
    )
    assert found["id"].to_list() == ["2", "3", "4", "6"]
    both = [name for name in plain.columns if name in found.columns]
    assert set(plain.columns) - set(both) == set()
    assert (
        found["cost"].to_list()
        == plain["cost"].to_list()
        == [Decimal(each) for each in ("14.99", "5.01", "9.00", "30.00")]
    )
    assert found["is_owed"].to_list() == [False, False, False, True]
    assert found.row(3, named=True)["value"] is found.row(3, named=True)["is_worth_it"] is None
    for row in found.head(3).iter_rows(named=True):
        assert row["net"] == pytest.approx(row["value"] - float(row["cost"]))
        assert row["is_worth_it"] is (row["net"] > 0.0)
        assert row["faded"] == pytest.approx(1.0 - row["value"] / row["if_permanent"])
    usual = appraise_past(SOME, "2026", **{**given, "margin": None}).sort("id")["value"]
    assert found["value"].to_list()[:2] == pytest.approx(usual.to_list()[:2])
    assert found["value"][2] == pytest.approx(2.0 * usual[2])


@pytest.mark.parametrize("engine", ENGINES)
def test_they_add_up_with_what_is_owed_apart(engine: str) -> None:
    made, seen = ENGINES[engine]
    each = appraise_past(SOME, "2026", **ASKED, owed=["gift"]).filter(~pl.col("is_owed"))
    found = seen(appraise_past(made(SOME), "2026", **ASKED, owed=["gift"], by=["month"])).sort("month", "is_owed")
    assert found.select("month", "is_owed", "currency", "concessions", "appraised").rows() == [
        ("2026-01", False, "USD", 2, 2),
        ("2026-01", True, "USD", 1, 0),
        ("2026-02", False, "USD", 1, 1),
    ]
    assert found["cost"].to_list() == [Decimal("23.99"), Decimal("30.00"), Decimal("5.01")]
    assert found.row(1, named=True)["value"] is found.row(1, named=True)["net"] is found["share_faded"][1] is None
    january = each.filter(pl.col("id") != "3")
    assert found["value"][0] == pytest.approx(january["value"].sum())
    assert found["net"][0] == pytest.approx(january["value"].sum() - 23.99)
    assert found["worth_it"].to_list() == [
        january["is_worth_it"].sum(),
        0,
        each["is_worth_it"].sum() - january["is_worth_it"].sum(),
    ]
    assert (found["worth_it"] + found["not_worth_it"]).to_list() == [2, 0, 1]
    lost = january["cost"].cast(pl.Float64) * january["faded"]
    assert found["cost_faded"][0] == pytest.approx(lost.sum())
    assert found["share_faded"][0] == pytest.approx(lost.sum() / 23.99)


def test_what_the_policy_has_no_opinion_on_is_counted_and_has_no_value() -> None:
    frame = rows_of(waiver(cost=5.0), waiver(kind="unheard_of", cost=7.0))
    found = appraise_past(frame, "2026", **ASKED).sort("id")
    assert found.select("cost", "is_valued").rows() == [(5.0, True), (7.0, False)]
    assert found.row(1, named=True)["value"] is found.row(1, named=True)["faded"] is None
    (total,) = appraise_past(frame, "2026", **ASKED, by=()).iter_rows(named=True)
    assert (total["concessions"], total["appraised"], total["cost"]) == (2, 1, 12.0)
    assert total["net"] == pytest.approx(total["value"] - 5.0)


def test_only_concessions_of_the_period_are_listed_and_what_happened_after_them_counts() -> None:
    frame = rows_of(waiver(cost=5.0), waiver(cost=5.0, occurred_at=START + timedelta(days=60)))
    habit = {**ASKED, "policy": POLICIES["habituation"]}
    at_once = {**habit, "as_of": START + timedelta(days=40), "period": "2026-01"}
    assert appraise_past(frame, "2025", **habit).is_empty()
    early, late = (appraise_past(frame, "2026-01", **{**habit, "as_of": as_of}) for as_of in (at_once["as_of"], NOW))
    # The first waiver made the second one worth less.
    assert len(early) == len(late) == 1
    assert late["value"][0] < early["value"][0]


def test_half_of_a_cost_is_faded_if_half_of_the_worth_is_gone_before_the_one_decision() -> None:
    frame = rows_of(waiver(cost=10.0))
    once = VALUE.replace(horizon=1)
    gentle = LINK.replace(slope=1e-7)  # to the first order a value is the points that are left, times a number
    halved = presets.linear().replace(decay=HalfLife(days=30))
    given: dict[str, Any] = {
        **ASKED,
        "value": once,
        "link": gentle,
        "policy": halved.replace(valuation=POLICIES["linear"].valuation),
    }
    (total,) = appraise_past(frame, "2026", **given, by="kind").iter_rows(named=True)
    assert total["cost_faded"] == pytest.approx(5.0, rel=1e-5)
    lasting = given["policy"].replace(decay=NoDecay())
    assert appraise_past(frame, "2026", **{**given, "policy": lasting})["faded"][0] == pytest.approx(0.0, abs=1e-6)


def test_an_expiry_after_many_short_periods_is_seen() -> None:
    """What is constant for the first look may still be gone later."""
    frame = rows_of(waiver(cost=10.0))
    daily = CustomerValue(margin=Money(1, "USD"), discount=0.0001, period_days=1)
    policy = POLICIES["linear"].replace(decay=Cliff(days=365))
    given: dict[str, Any] = {**ASKED, "value": daily, "link": LINK.replace(base=0.999), "policy": policy}
    (row,) = appraise_past(frame, "2026", **given).iter_rows(named=True)
    whole = appraise_past(frame, "2026", **{**given, "value": daily.replace(horizon=20_000)})["value"][0]
    assert 0.0 < row["value"] < 0.9 * row["if_permanent"]
    assert row["value"] == pytest.approx(whole, rel=1e-6)


def test_costs_of_another_currency_need_a_rate_and_are_converted_by_it() -> None:
    frame = rows_of(waiver(cost=10.0), waiver(cost=10.0, currency="EUR"))
    policy = POLICIES["default"].replace(rates={"EUR": 1.1})
    with pytest.raises(AppraisalError, match="rates=.*EUR"):
        appraise_past(frame, "2026", **{**ASKED, "policy": policy})
    found = appraise_past(frame, "2026", **{**ASKED, "policy": policy}, rates={"EUR": 1.25}).sort("id")
    assert found.select("currency", "cost").rows() == [("USD", 10.0), ("USD", 12.5)]
    # What is owed is compared with nothing, and stays what it was.
    owed = rows_of(waiver(cost=10.0), waiver(kind="gift", magnitude=1.0, cost=10.0, currency="EUR"))
    found = appraise_past(owed, "2026", **ASKED, owed="gift", by="kind").sort("kind")
    assert found.select("kind", "is_owed", "currency", "cost").rows() == [
        ("gift", True, "EUR", 10.0),
        ("waiver", False, "USD", 10.0),
    ]


def test_what_cannot_be_read_is_refused_with_the_way_out() -> None:
    frame = rows_of(waiver(cost=5.0)).with_columns(margin=pl.lit(float("inf")), word=pl.lit("much"))
    with pytest.raises(AppraisalError, match="as_of="):
        appraise_past(frame, "2026", **{**ASKED, "as_of": None})
    for name in ("margin", "word"):
        with pytest.raises(AppraisalError, match="margin is a"):
            appraise_past(frame, "2026", **ASKED, margin=name)
    with pytest.raises(UnknownKind, match="waver"):
        appraise_past(frame, "2026", **ASKED, owed=["waver"], catalog=CATALOG)
    nowhere = rows_of(waiver(kind="gift", magnitude=1.0, currency=None, cost=5.0))
    policy = POLICIES["default"].replace(currency=None)
    with pytest.raises(AppraisalError, match="home="):
        appraise_past(nowhere, "2026", **{**ASKED, "home": None, "policy": policy})


def test_the_caveats_say_that_a_fitted_slope_is_an_association() -> None:
    assumed = past_caveats(POLICIES["default"], LINK)
    fitted = past_caveats(POLICIES["default"], LINK.replace(is_fitted=True, slope=-0.1), rates={"EUR": 1.1})
    assert [each.code for each in assumed[:3]] == ["slope_assumed", "nothing_else_changed", "not_an_experiment"]
    assert {"slope_associational", "slope_negative", "converted"} < {each.code for each in fitted}
