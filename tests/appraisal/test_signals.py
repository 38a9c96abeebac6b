"""Signals on claims: facts beside those of the others, the entries they rest on, and never a verdict."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from textwrap import dedent
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, poisson

from goodwill import Ledger, Money
from goodwill.analytics import MissingColumn, entries
from goodwill.appraisal import AppraisalError, Signal, Signals, signals
from goodwill.appraisal.claims.rates import Count, as_rates, as_shares
from goodwill.appraisal.claims.signal import CAVEATS
from goodwill.domain.errors import (
    AccountErased,
    InvalidCost,
    InvalidMagnitude,
    NaiveDatetime,
    UnknownAccount,
    UnknownKind,
    WrongType,
)
from goodwill.sources.datasets import load
from tests.analytics.test_absent_libraries import told
from tests.analytics.test_balances import ENGINES

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
START = datetime(2026, 3, 1, tzinfo=UTC)
NOW = datetime(2026, 5, 1, tzinfo=UTC)
DAY = timedelta(days=1)


class Stopped:
    """A clock that stands at the end of the story."""

    def now(self) -> datetime:
        return NOW


def made() -> Ledger:
    return Ledger.in_memory(currencies=("USD", "EUR"), clock=Stopped())


def bought(ledger: Ledger, account: str, times: int = 1, amount: int = 50, currency: str = "USD", **said: Any) -> None:
    for _ in range(times):
        ledger.observe(account, "purchase", amount, currency=currency, occurred_at=START, **said)


def refunded(ledger: Ledger, account: str, amount: int = 10, days: int = 1, currency: str = "USD", **said: Any) -> str:
    at = START + days * DAY
    return ledger.deposit(account, "refund", cost=Money(amount, currency), occurred_at=at, **said).id


def one(found: Signals, name: str) -> Signal:
    (signal,) = found.named(name)
    return signal


@pytest.fixture
def ledger() -> Ledger:
    """Ada, who claimed 2 times in 4 purchases, beside Bob, who claimed once in 20."""
    book = made()
    bought(book, "ada", 4)
    bought(book, "bob", 20)
    refunded(book, "ada", 20, actor="eve")
    refunded(book, "ada", 10, days=45, actor="eve")
    refunded(book, "bob", 5)
    return book


# Claims per exposure


def test_claims_are_counted_per_purchase_beside_those_of_the_others(ledger):
    rate = one(signals(ledger, "ada"), "claims_per_exposure")
    assert (rate.about, rate.value, rate.compared_with, rate.base) == ("purchase", 0.5, 0.05, 4)
    assert rate.reason.startswith("2 claims in 4 purchases, others 1 in 20: ")
    assert len(rate.entries) == 6


def test_of_few_purchases_it_is_said_that_nothing_tells_the_rates_apart(ledger):
    rate = one(signals(ledger, "ada"), "claims_per_exposure")
    assert rate.reason.endswith("too few to tell the rates apart")
    assert rate.chance > 0.05
    assert "higher than chance" in one(signals(ledger, "ada", confidence=0.8), "claims_per_exposure").reason


def test_the_interval_of_a_rate_has_the_chances_of_a_poisson_count_at_its_bounds():
    low, high = as_rates(Count(3, 10), Count(1, 10), 0.95).interval
    assert poisson.sf(2, low * 10) == pytest.approx(0.025)  # 3 or more, if the rate were that low
    assert poisson.cdf(3, high * 10) == pytest.approx(0.025)  # 3 or fewer, if it were that high
    assert as_rates(Count(0, 10), Count(1, 10), 0.95).interval[0] == 0.0


def test_a_rate_without_exposure_is_none_and_one_without_others_is_compared_with_nothing():
    book = made()
    refunded(book, "ada")
    rate = one(signals(book, "ada"), "claims_per_exposure")
    assert (rate.value, rate.compared_with, rate.interval, rate.chance) == (None, None, None, None)
    bought(book, "ada", 2)
    rate = one(signals(book, "ada"), "claims_per_exposure")
    assert (rate.value, rate.compared_with, rate.chance) == (0.5, None, None)
    assert "no others" in rate.reason


def test_nobody_claiming_is_no_difference(ledger):
    book = made()
    bought(book, "ada", 3)
    bought(book, "bob", 3)
    assert one(signals(book, "ada"), "claims_per_exposure").chance == 1.0


def test_an_answer_to_a_withdrawal_is_a_claim_and_a_gesture_without_cost_or_one_left_out_is_none(ledger):
    late = ledger.withdraw("ada", "late_delivery", 2, occurred_at=START)
    ledger.deposit("ada", "thank_you", occurred_at=START)
    ledger.deposit("ada", "refund", cost=Money(0, "USD"), occurred_at=START)
    assert one(signals(ledger, "ada"), "claims_per_exposure").value == 0.5
    ledger.deposit("ada", "thank_you", in_response_to=late, occurred_at=START)
    assert one(signals(ledger, "ada"), "claims_per_exposure").value == 0.75
    assert one(signals(ledger, "ada", claims=["thank_you"]), "claims_per_exposure").value == 0.25


def test_what_was_reversed_or_came_later_is_not_read(ledger):
    extra = refunded(ledger, "ada", days=2)
    ledger.reverse(extra)
    assert one(signals(ledger, "ada"), "claims_per_exposure").value == 0.5
    assert one(signals(ledger, "ada", as_of=START + 10 * DAY), "claims_per_exposure").value == 0.25


# Money


def test_refunds_are_a_share_of_what_was_spent(ledger):
    refunds = one(signals(ledger, "ada"), "refunds_of_spend")
    assert (refunds.about, refunds.value, refunds.compared_with, refunds.base) == ("USD", 0.15, 0.005, 4)
    assert refunds.reason == "30.00 USD of 200.00 spent in 4 purchases"


def test_another_kind_of_observation_may_be_the_exposure(ledger):
    ledger.observe("ada", "contact", occurred_at=START)
    rate, refunds, *_ = signals(ledger, "ada", exposure="contact")
    assert (rate.about, rate.value, rate.base, rate.compared_with) == ("contact", 2.0, 1, None)
    assert (refunds.value, refunds.reason) == (None, "30.00 USD of 0.00 spent in 0 contacts")


def test_currencies_are_never_mixed(ledger):
    refunded(ledger, "ada", 7, currency="EUR")
    euros, dollars = signals(ledger, "ada").named("refunds_of_spend")
    assert (euros.about, euros.value, euros.compared_with) == ("EUR", None, None)
    assert (dollars.about, dollars.value) == ("USD", 0.15)
    bought(ledger, "ada", amount=14, currency="EUR")
    euros, dollars = signals(ledger, "ada").named("refunds_of_spend")
    assert (euros.value, dollars.value) == (0.5, 0.15)


# Repetitions


def test_the_same_kind_of_claim_soon_after_another_is_listed(ledger):
    first = refunded(ledger, "ada", days=46)
    found = signals(ledger, "ada")
    same = one(found, "same_claim")
    assert (same.about, same.value, same.compared_with, same.base) == ("refund", 2.0, 1.0, 3)
    assert first in same.entries
    assert len(same.entries) == 2
    none = one(signals(ledger, "ada", within=timedelta(hours=1)), "same_claim")
    assert (none.value, none.base) == (1.0, 3)
    assert none.reason.startswith("no claim in 3 came within 0.0416667 days")


def test_claims_exactly_as_far_apart_as_is_allowed_are_repeated(ledger):
    assert one(signals(ledger, "ada", within=44 * DAY), "same_claim").value == 2.0
    assert one(signals(ledger, "ada", within=44 * DAY - timedelta(microseconds=1)), "same_claim").value == 1.0


def test_what_else_makes_two_claims_the_same_is_for_the_caller_to_say(ledger):
    for order, days in ((1, 50), (2, 51), (1, 52), (None, 53)):
        refunded(ledger, "ada", days=days, attributes={} if order is None else {"order": order})
    of_an_order = one(signals(ledger, "ada", same="order"), "same_claim")
    assert (of_an_order.value, of_an_order.base) == (2.0, 6)
    assert one(signals(ledger, "ada"), "same_claim").value == 5.0
    late = ledger.withdraw("bob", "late_delivery", 2, occurred_at=START)
    twice = [refunded(ledger, "bob", in_response_to=late) for _ in range(2)]
    assert set(one(signals(ledger, "bob", same=["in_response_to"]), "same_claim").entries) == set(twice)


# Identifiers


def test_accounts_that_say_the_same_under_an_identifier_are_counted_and_the_value_is_not_told(ledger):
    for name, value in (("ada", "h1"), ("bob", "h1"), ("cy", "h2"), ("ada", "h3")):
        bought(ledger, name, attributes={"address_hash": value})
    shared, alone = signals(ledger, "ada", identifiers="address_hash").named("shared_identifier")
    assert (shared.about, shared.value, shared.base) == ("address_hash", 1.0, 3)
    assert shared.compared_with == 0.0
    assert shared.reason == "also of bob"
    assert len(shared.entries) == 2
    assert (alone.value, alone.reason) == (0.0, "of no other account")
    assert "h1" not in str(signals(ledger, "ada", identifiers="address_hash"))


def test_an_identifier_is_compared_with_how_many_share_its_other_values_on_average(ledger):
    for name, value in (("ada", 1), ("bob", 1), ("cy", 2), ("dan", 2), ("eve", 2), ("fay", 3)):
        bought(ledger, name, attributes={"device": value})
    shared = one(signals(ledger, "ada", identifiers=["device"]), "shared_identifier")
    assert (shared.value, shared.compared_with) == (1.0, 1.0)  # two others have 2, none has 3
    for name in ("g", "h", "i", "j", "k"):
        bought(ledger, name, attributes={"device": 1})
    shared = one(signals(ledger, "ada", identifiers=["device"]), "shared_identifier")
    assert (shared.value, shared.reason) == (6.0, "also of bob, g, h, i, j, ...")


def test_a_value_that_is_a_list_is_compared_as_it_is_written(ledger):
    for name in ("ada", "bob"):
        bought(ledger, name, attributes={"devices": ["d1", "d2"]})
    assert one(signals(ledger, "ada", identifiers=["devices"]), "shared_identifier").value == 1.0


def test_who_says_nothing_shares_nothing(ledger):
    for name, value in (("ada", ""), ("bob", ""), ("bob", "h1")):
        bought(ledger, name, attributes={"address_hash": value})
    shared = one(signals(ledger, "ada", identifiers=["address_hash"]), "shared_identifier")
    assert (shared.value, shared.base) == (None, 1)


def test_erased_accounts_share_nothing_and_are_not_asked_about(ledger):
    for name in ("ada", "bob", "cy"):
        bought(ledger, name, attributes={"address_hash": "h1"})
    ledger.erase_account("bob")
    shared = one(signals(ledger, "ada", identifiers=["address_hash"]), "shared_identifier")
    assert (shared.value, shared.base) == (1.0, 2)
    (erased,) = {entry.account for entry in ledger.entries()} - {"ada", "cy"}
    with pytest.raises(AccountErased):
        signals(ledger, erased)


def test_a_dimension_of_an_erased_customer_is_left_out_too():
    frame = frame_of(
        [
            row("1", "ada", "observation", "purchase", branch="north"),
            row("2", "erased:1", "observation", "purchase", branch="north"),
        ]
    )
    assert one(signals(frame, "ada", as_of=NOW, identifiers=["branch"]), "shared_identifier").value == 0.0


# Actors


def with_actors(*costs: int) -> Ledger:
    """Actors a0, a1, ..., each of whom conceded that much five times in ten entries; a0 once more, to Ada."""
    book = made()
    for place, cost in enumerate(costs):
        actor = f"a{place}"
        for number in range(5):
            refunded(book, f"c{place}{number}", cost, actor=actor)
            bought(book, f"c{place}{number}", actor=actor)
    refunded(book, "ada", costs[0], actor="a0")
    return book


def test_an_actor_s_share_of_concessions_stands_beside_that_of_the_other_actors():
    rate = one(signals(with_actors(10, 10, 10), "ada"), "actor_rate")
    assert (rate.about, rate.value, rate.compared_with, rate.base) == ("a0", 6 / 11, 0.5, 11)
    assert rate.reason.endswith("too few to tell the rates apart")
    assert rate.interval == as_shares(Count(6, 11), Count(10, 20), 0.95).interval


def test_an_actor_s_mean_cost_is_measured_in_robust_deviations_from_the_median_of_the_actors():
    cost = one(signals(with_actors(40, 10, 12, 14, 16), "ada"), "actor_cost")
    assert (cost.about, cost.value, cost.compared_with, cost.base) == ("a0, USD", 40.0, 14.0, 6)
    # deviations from 14 are 26, 4, 2, 0, 2: their median is 2, and 0.6745 of a standard deviation is a median one
    assert cost.deviations == pytest.approx(0.6745 * 26 / 2, rel=1e-4)


def test_of_few_actors_or_few_entries_nothing_is_said():
    cost = one(signals(with_actors(40, 10, 12, 14), "ada"), "actor_cost")
    assert (cost.deviations, cost.compared_with) == (None, None)
    assert "4 actors with 5 or more: below 5 nothing is said" in cost.reason
    few = one(signals(with_actors(40, 10, 12, 14), "ada", least=12), "actor_rate")
    assert (few.chance, few.interval) == (None, None)
    assert "of fewer than 12 entries nothing is said" in few.reason


def test_actors_who_cost_alike_have_no_deviation():
    cost = one(signals(with_actors(10, 10, 10, 10, 10), "ada"), "actor_cost")
    assert (cost.value, cost.compared_with, cost.deviations) == (10.0, 10.0, None)


def test_where_only_concessions_name_their_actor_how_often_they_concede_is_not_known(ledger):
    rate = one(signals(ledger, "ada"), "actor_rate")
    assert (rate.about, rate.value) == ("eve", None)
    assert "no other entry names its actor" in rate.reason
    assert signals(ledger, "bob").named("actor_rate") == ()


# No verdict


def test_every_signal_has_a_caveat_and_nothing_passes_a_verdict(ledger):
    for name in ("ada", "bob"):
        bought(ledger, name, attributes={"address_hash": "h1"})
    found = signals(ledger, "ada", identifiers=["address_hash"])
    assert {each.name for each in found} == set(CAVEATS)
    assert all(each.caveat.text for each in found)
    assert {caveat.code for caveat in found.caveats} == {
        "no_verdict",
        "honest_claims",
        "associational",
        "many_tests",
        *CAVEATS,
    }
    assert any(text.startswith("1 test at a confidence of 0.95") for _, text in found.caveats)
    told = f"{found!r} {found} {found._repr_html_()}"
    assert not re.search("fraud|suspic|abus|score|cheat|liar|blacklist|risk", told, re.IGNORECASE)


def test_signals_are_shown_as_a_table_with_every_text_escaped():
    book = made()
    bought(book, "<b>ada</b>")
    refunded(book, "<b>ada</b>", actor="<i>")
    written = signals(book, "<b>ada</b>")._repr_html_()
    assert "<b>&lt;b&gt;ada&lt;/b&gt;</b>" in written
    assert "<i>" not in written
    assert written.count("<tr>") == 1 + len(signals(book, "<b>ada</b>"))


def test_signals_are_equal_where_the_facts_are_and_are_kept_as_they_are(ledger):
    found = signals(ledger, "ada")
    assert found == signals(ledger, "ada")
    with pytest.raises(AttributeError):
        found.signals[0].value = 1.0


# Ledgers and frames


def row(name: str, account: str | None, form: str, kind: str, **said: Any) -> dict[str, Any]:
    """A row of a frame."""
    return {"id": name, "account": account, "type": form, "kind": kind, "occurred_at": START, **said}


def frame_of(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, infer_schema_length=None)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_frame_on_any_engine_says_what_its_ledger_says(engine):
    book = with_actors(40, 10, 12, 14, 16)
    bought(book, "ada", 2, attributes={"address_hash": "h1"})
    bought(book, "c00", attributes={"address_hash": "h1"})
    book.reverse(refunded(book, "ada", 99, days=2))
    late = book.withdraw("ada", "late_delivery", 2, occurred_at=START)
    book.deposit("ada", "thank_you", in_response_to=late, occurred_at=START)
    asked: dict[str, Any] = {"identifiers": ["address_hash"], "same": ["in_response_to"], "as_of": NOW}
    frame = ENGINES[engine][0](entries(book, backend="polars"))
    assert signals(frame, "ada", **asked) == signals(book, "ada", **asked)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_small_frame_without_what_need_not_be_there_is_read(engine):
    rows = [row("1", "ada", "observation", "purchase", cost=None), row("2", "ada", "deposit", "refund", cost=5.0)]
    frame = ENGINES[engine][0](frame_of(rows))
    found = signals(frame, "ada", as_of=NOW)
    assert one(found, "claims_per_exposure").value == 1.0
    assert "without a currency" in one(found, "refunds_of_spend").reason
    assert one(signals(frame, "ada", as_of=NOW, home="USD"), "refunds_of_spend").about == "USD"


def test_columns_may_have_other_names_and_rows_of_nobody_are_left_out():
    rows = [row("1", "ada", "observation", "purchase"), row("2", None, "observation", "purchase")]
    frame = frame_of(rows).rename({"account": "customer"})
    rate = one(signals(frame, "ada", as_of=NOW, columns={"account": "customer"}), "claims_per_exposure")
    assert (rate.base, rate.compared_with) == (1, None)


def test_merged_names_are_one_customer_and_a_restricted_one_is_read_by_name_alone(ledger):
    ledger.merge("bob", into="ada")
    found = signals(ledger, "bob")
    assert (found.account, one(found, "claims_per_exposure").base) == ("ada", 24)
    ledger.unmerge("bob")
    ledger.restrict_account("bob")
    assert one(signals(ledger, "ada"), "claims_per_exposure").compared_with is None
    assert one(signals(ledger, "bob"), "claims_per_exposure").base == 20


def test_a_kind_is_known_by_the_name_that_it_had(ledger):
    catalog = ledger.catalog
    frame = entries(ledger, backend="polars").with_columns(pl.col("kind").replace("purchase", "order"))
    renamed = {**catalog.to_dict()["kinds"], "purchase": {**catalog["purchase"].to_dict(), "aliases": ["order"]}}
    today = type(catalog).from_dict({"kinds": renamed})
    assert one(signals(frame, "ada", as_of=NOW, catalog=today), "claims_per_exposure").base == 4


@pytest.mark.slow
def test_without_pyarrow_a_frame_is_read_and_of_a_ledger_the_error_names_the_extra():
    code = """
    import pandas as pd
    from datetime import UTC, datetime
    from goodwill import Ledger
    from goodwill.appraisal import signals
    now = datetime(2026, 3, 1, tzinfo=UTC)
    row = {"id": "1", "account": "ada", "type": "observation", "kind": "purchase", "occurred_at": pd.Timestamp(now)}
    print(len(signals(pd.DataFrame([row]), "ada", as_of=now)))
    ledger = Ledger.in_memory()
    ledger.observe("ada", "contact")
    try:
        signals(ledger, "ada")
    except ImportError as error:
        print(error)
    """
    counted, error = told(dedent(code), "pyarrow", "polars", "duckdb").splitlines()
    assert (counted, error) == ("2", "entries become a frame by way of pyarrow: install goodwill[parquet]")


# Laws

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["ada", "bob", "cy"]),
        st.sampled_from(["purchase", "refund", "fee_waived"]),
        st.sampled_from(["USD", "EUR"]),
        st.integers(1, 10_000),
        st.integers(0, 59),
        st.sampled_from([None, "a1", "a2"]),
    ),
    max_size=25,
)


def rows_of(drawn: list[tuple[str, str, str, int, int, str | None]]) -> list[dict[str, Any]]:
    return [
        row(
            str(number), account, "observation" if kind == "purchase" else "deposit", kind, currency=currency,
            magnitude=amount / 100, cost=None if kind == "purchase" else Decimal(amount) / 100, actor=actor,
        ) | {"occurred_at": START + days * DAY}
        for number, (account, kind, currency, amount, days, actor) in enumerate(drawn)
    ]  # fmt: skip


def with_ada(drawn: Any) -> list[dict[str, Any]]:
    """With one purchase of Ada's, so that she is there."""
    return rows_of([("ada", "purchase", "USD", 100, 0, None), *drawn])


@settings(max_examples=25)
@given(ROWS, st.randoms())
def test_the_order_of_entries_does_not_matter(drawn, random):
    rows = with_ada(drawn)
    mixed = random.sample(rows, len(rows))
    assert signals(frame_of(mixed), "ada", as_of=NOW) == signals(frame_of(rows), "ada", as_of=NOW)


@settings(max_examples=25)
@given(ROWS)
def test_an_account_that_has_nothing_to_do_with_another_changes_none_of_its_own_numbers(drawn):
    def own(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
        found = signals(frame_of(rows), "ada", as_of=NOW)
        mine = ("claims_per_exposure", "refunds_of_spend", "same_claim")
        return [(each.name, each.about, each.value, each.base, each.interval, each.entries)
                for each in found if each.name in mine]  # fmt: skip

    rows = with_ada(drawn)
    stranger = [{**each, "id": f"x{each['id']}", "account": "dan"} for each in rows]
    assert own([*rows, *stranger]) == own(rows)


@settings(max_examples=25)
@given(ROWS)
def test_what_happens_in_one_currency_says_nothing_of_another(drawn):
    def dollars(rows: list[dict[str, Any]]) -> Signal:
        (found,) = (
            each for each in signals(frame_of(rows), "ada", as_of=NOW).named("refunds_of_spend") if each.about == "USD"
        )
        return found

    rows = with_ada(drawn)
    assert dollars(rows) == dollars([each for each in rows if each["currency"] == "USD"])


@given(st.integers(0, 30), st.integers(1, 30), st.integers(0, 300), st.integers(1, 300))
def test_an_interval_holds_its_rate_and_a_chance_is_one(events, of, others, of_others):
    rates = as_rates(Count(events, of), Count(others, of_others), 0.95)
    shares = as_shares(Count(min(events, of), of), Count(min(others, of_others), of_others), 0.95)
    for beside, rate in ((rates, events / of), (shares, min(events, of) / of)):
        low, high = beside.interval
        assert low <= rate + 1e-12
        assert rate - 1e-12 <= high
        assert 0.0 <= beside.chance <= 1.0 + 1e-9


# Bad input


@pytest.mark.parametrize(
    ("asked", "error", "told"),
    [
        ({"confidence": float("nan")}, AppraisalError, "confidence nan"),
        ({"confidence": 1.0}, AppraisalError, "between 0 and 1"),
        ({"confidence": True}, AppraisalError, "confidence True"),
        ({"within": timedelta(0)}, AppraisalError, "within"),
        ({"within": 30}, AppraisalError, "timedelta"),
        ({"least": 1}, AppraisalError, "least 1"),
        ({"exposure": "purchse"}, UnknownKind, "purchase"),
        ({"exposure": "refund"}, AppraisalError, "direction deposit"),
        ({"claims": ["refnd"]}, UnknownKind, "refund"),
        ({"claims": ["purchase"]}, AppraisalError, "direction observation"),
        ({"identifiers": ["adress_hash"]}, AppraisalError, "no entry says 'adress_hash'"),
        ({"as_of": datetime(2026, 5, 1)}, NaiveDatetime, "as_of"),  # noqa: DTZ001 # that is what is refused
        ({"as_of": START - DAY}, UnknownAccount, "nothing of account 'ada'"),
    ],
)
def test_what_no_signal_can_be_made_with_is_refused(ledger, asked, error, told):
    with pytest.raises(error, match=re.escape(told)):
        signals(ledger, "ada", **asked)


@pytest.mark.parametrize(("account", "error"), [("nobody", UnknownAccount), (1.0, WrongType), (None, WrongType)])
def test_an_account_that_is_none_is_refused(ledger, account, error):
    with pytest.raises(error):
        signals(ledger, account)


@pytest.mark.parametrize(
    ("change", "asked", "error", "told"),
    [
        ({}, {"as_of": None}, AppraisalError, "a frame has no clock"),
        ({}, {"exposure": "order"}, AppraisalError, "there are purchase"),
        ({}, {"claims": ["gift"]}, AppraisalError, "there are refund"),
        ({}, {"same": "order"}, MissingColumn, "no column order"),
        ({}, {"identifiers": "card"}, MissingColumn, "no column card"),
        ({"cost": -1.0}, {}, InvalidCost, "below 0"),
        ({"magnitude": -1.0}, {}, InvalidMagnitude, "below 0"),
        ({"magnitude": float("inf")}, {}, InvalidMagnitude, "not finite"),
        ({"occurred_at": datetime(2026, 1, 1)}, {}, NaiveDatetime, "time zone"),  # noqa: DTZ001 # that is what is refused
    ],
)
def test_a_frame_that_holds_what_it_cannot_hold_is_refused(change, asked, error, told):
    purchase = row("1", "ada", "observation", "purchase", magnitude=1.0, cost=None)
    refund = row("2", "ada", "deposit", "refund", magnitude=1.0, cost=1.0)
    with pytest.raises(error, match=re.escape(told)):
        signals(frame_of([{**each, **change} for each in (purchase, refund)]), "ada", **{"as_of": NOW, **asked})


def test_what_is_no_frame_is_refused():
    with pytest.raises(WrongType, match="not list"):
        signals([{"account": "ada"}], "ada", as_of=NOW)


# The real thing


@pytest.fixture(scope="module")
def retail():
    folder = SHARED / "online-retail"
    if not folder.exists():
        # On CI the data must be there: a check that is skipped there is no check.
        (pytest.fail if "CI" in os.environ else pytest.skip)(f"{folder} is not there; nothing real was looked at")
    return load("online-retail", folder)


@pytest.mark.slow
def test_the_credit_notes_of_the_wholesaler_are_counted_as_they_were_independently(retail):
    facts = json.loads((SHARED / "facts.json").read_text())["online_retail"]
    known = retail.filter(pl.col("account").is_not_null())
    account = known.filter(pl.col("sort") == "product_return")["account"].mode().sort()[0]
    own = known.filter(pl.col("account") == account)
    rate = one(
        signals(retail, account, as_of=datetime(2012, 1, 1, tzinfo=UTC), claims=["refund"]), "claims_per_exposure"
    )
    returns, purchases = (own.filter(pl.col("sort") == sort).height for sort in ("product_return", "purchase"))
    assert (rate.value, rate.base) == (returns / purchases, purchases)
    others = facts["purchases"] - purchases
    assert rate.compared_with * others == pytest.approx(facts["credit_invoices"]["product_return"]["n"] - returns)


@pytest.mark.slow
def test_of_the_customers_of_the_wholesaler_who_differ_chance_alone_would_make_nearly_half(retail):
    counted = retail.filter(pl.col("account").is_not_null()).group_by("account").agg(
        claims=((pl.col("type") == "deposit") & pl.col("cost").is_not_null()).sum(),
        purchases=(pl.col("kind") == "purchase").sum(),
    )  # fmt: skip
    every = Count(counted["claims"].sum(), counted["purchases"].sum())

    def differs(claims: int, purchases: int) -> bool:
        own = Count(claims, purchases)
        return as_rates(own, every.less(own), 0.95).chance < 0.05

    def by_chance(purchases: int) -> float:
        """How likely a customer differs who claims at the rate of all."""
        drawn = binom(every.counted, purchases / every.of)
        chances = drawn.pmf(range(every.counted))
        return sum(chance for claims, chance in enumerate(chances) if chance > 1e-6 and differs(claims, purchases))

    buyers = counted.filter(pl.col("purchases") > 0)
    alike = buyers.group_by("claims", "purchases").len().rows()
    found = sum(times for claims, purchases, times in alike if differs(claims, purchases))
    expected = sum(by_chance(purchases) * times for purchases, times in buyers.group_by("purchases").len().rows())
    # what docs/how-to/look-at-claims.md says
    assert (buyers.height, found, round(expected)) == (2096, 91, 40)
