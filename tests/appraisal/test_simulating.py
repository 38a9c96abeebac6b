"""An authority tried on history: each answer is the one that would have been given at that point of the ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import duckdb
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodwill import Ledger, Money, Ref, presets
from goodwill.analytics import MissingColumn, entries, waivers
from goodwill.appraisal import (
    AmountLimit,
    AppraisalError,
    Authority,
    BalanceNeeded,
    Budget,
    CountLimit,
    GreatCustomer,
    Request,
    SumLimit,
    simulate,
)
from goodwill.domain.errors import CurrencyMismatch, NaiveDatetime
from goodwill.testing.clock import FixedClock

START = datetime(2026, 1, 1, tzinfo=UTC)
POLICY = presets.default()


def usd(amount: str | int) -> Money:
    return Money(amount, "USD")


def rows(*given_: dict[str, Any]) -> pl.DataFrame:
    every = {"type": "deposit", "kind": "fee_waived", "currency": "USD", "actor": "eve", "role": "agent"}
    told = [
        {**every, "id": str(n), "account": "ada", "magnitude": each["cost"], **each} for n, each in enumerate(given_)
    ]
    return pl.DataFrame([{**each, "occurred_at": START + timedelta(days=each.pop("day"))} for each in told])


HISTORY = rows(
    {"day": 2, "cost": 10.0},
    {"day": 1, "cost": 30.0, "account": "bob"},
    {"day": 40, "cost": 20.0, "actor": "mallory"},
    {"day": 41, "cost": 5.5, "role": "manager"},
    {"day": 41, "cost": 5.0, "account": "bob"},
)
AUTHORITY = Authority(
    roles=("agent", "manager"),
    rules=(
        AmountLimit(most=usd(15), roles=("agent",)),
        CountLimit(most=1, days=30, otherwise="deny"),
        SumLimit(most=usd(12), days=60, per="actor"),
    ),
)
KINDS = {
    "polars": (lambda frame: frame, lambda frame: frame),
    "lazy": (lambda frame: frame.lazy(), lambda frame: frame.collect()),
    "pandas": (lambda frame: frame.to_pandas(), pl.from_pandas),
    "pyarrow": (lambda frame: frame.to_arrow(), pl.from_arrow),
    "duckdb": (lambda frame: duckdb.connect().from_arrow(frame.to_arrow()), lambda frame: frame.pl()),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_concession_gets_an_answer_in_order_of_time_in_the_kind_of_frame_that_was_given(kind: str) -> None:
    there, back = KINDS[kind]
    frame = there(HISTORY)
    tried = simulate(AUTHORITY, frame, POLICY, links=False)
    assert type(tried.frame) is type(frame)
    found = back(tried.frame)
    assert found.select("account", "id", "actor", "role", "answer", "rules").rows() == [
        ("bob", "1", "eve", "agent", "needs_approval", "amount_limit, sum_limit"),
        ("ada", "0", "eve", "agent", "needs_approval", "sum_limit"),
        ("ada", "2", "mallory", "agent", "needs_approval", "amount_limit, sum_limit"),
        ("ada", "3", "eve", "manager", "deny", "count_limit, sum_limit"),
        ("bob", "4", "eve", "agent", "needs_approval", "sum_limit"),
    ]
    assert found["reasons"][0] == (
        "30.00 USD is above 15.00 USD; with this, 30.00 USD by this actor in 60 days, of at most 12.00 USD"
    )
    assert found["cost"].to_list() == [30.0, 10.0, 20.0, 5.5, 5.0]
    bought = waivers(HISTORY, POLICY, START + timedelta(days=99), links=False)
    worths = dict(bought.select("id", "bought").rows())
    assert found["bought"].to_list() == pytest.approx([worths[name] for name in found["id"]])
    assert [(each.answer.value, each.concessions, each.cost) for each in tried.outcomes] == [
        ("needs_approval", 4, usd(65)),
        ("deny", 1, usd("5.50")),
    ]
    assert sum(each.bought for each in tried.outcomes) == pytest.approx(sum(worths.values()))
    assert str(tried).startswith("needs_approval: 4, 65.00 USD, ")


def test_what_was_given_counts_whatever_the_authority_would_have_said() -> None:
    authority = Authority(rules=(CountLimit(most=0, days=30, otherwise="deny"), AmountLimit(most=usd(99))))
    three = rows(*({"day": day, "cost": 1.0} for day in (1, 2, 3)))
    reasons = simulate(authority, three, POLICY, links=False).frame["reasons"].to_list()
    assert [each.partition(" to")[0] for each in reasons] == ["with this, 1", "with this, 2", "with this, 3"]


def test_an_answer_does_not_depend_on_what_came_later() -> None:
    whole = simulate(AUTHORITY, HISTORY, POLICY, links=False).frame
    first = simulate(AUTHORITY, HISTORY.filter(pl.col("occurred_at") < START + timedelta(days=41)), POLICY, links=False)
    assert first.frame.drop("bought").equals(whole.head(3).drop("bought"))


def test_the_role_can_be_said_once_for_all_rows() -> None:
    frame = HISTORY.drop("role")
    with pytest.raises(MissingColumn, match="role= says it"):
        simulate(AUTHORITY, frame, POLICY, links=False)
    assert set(simulate(AUTHORITY, frame, POLICY, role="agent", links=False).frame["role"]) == {"agent"}
    with pytest.raises(AppraisalError, match="'intern' is unknown"):
        simulate(AUTHORITY, frame, POLICY, role="intern", links=False)


def test_who_gave_it_is_needed_where_a_rule_asks_for_it() -> None:
    frame = HISTORY.drop("actor")
    with pytest.raises(MissingColumn, match="looks at actor"):
        simulate(AUTHORITY, frame, POLICY, links=False)
    own = simulate(AUTHORITY, HISTORY.rename({"actor": "clerk"}), POLICY, links=False, columns={"actor": "clerk"})
    assert own.frame["actor"].to_list() == ["eve", "eve", "mallory", "eve", "eve"]
    by_amount = Authority(rules=(AmountLimit(most=usd(15)),))
    assert simulate(by_amount, frame, POLICY, links=False).frame["actor"].null_count() == 5
    silent = HISTORY.with_columns(actor=pl.lit(None, pl.String))
    assert simulate(AUTHORITY, silent, POLICY, links=False).frame["rules"][1] is None, "nobody is not one person"


def test_a_budget_counts_what_was_given_as_the_role() -> None:
    authority = Authority(roles=("agent", "manager"), rules=(Budget(most=usd(40), days=30),))
    found = simulate(authority, HISTORY, POLICY, links=False).frame
    assert found["answer"].to_list() == ["allow"] * 5
    tighter = Authority(roles=("agent", "manager"), rules=(Budget(most=usd(35), days=30),))
    assert simulate(tighter, HISTORY, POLICY, links=False).frame["answer"].to_list()[1] == "needs_approval"


def test_currencies_are_not_mixed_without_a_rate() -> None:
    frame = HISTORY.with_columns(currency=pl.when(pl.col("id") == "4").then(pl.lit("EUR")).otherwise("currency"))
    with pytest.raises(CurrencyMismatch, match="rates="):
        simulate(AUTHORITY, frame, POLICY, links=False, home="USD")
    rated = simulate(AUTHORITY.replace(rates={"EUR": 2.0}), frame, POLICY, links=False, home="USD")
    assert [each.cost.currency for each in rated.outcomes] == ["EUR", "USD", "USD"]


def test_a_frame_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(NaiveDatetime):
        simulate(AUTHORITY, HISTORY.with_columns(pl.col("occurred_at").dt.replace_time_zone(None)), POLICY, links=False)
    with pytest.raises(AppraisalError, match="no currency"):
        simulate(AUTHORITY, HISTORY.drop("currency"), POLICY, links=False)
    with pytest.raises(MissingColumn, match="recorded_at"):
        simulate(AUTHORITY, HISTORY, POLICY, links=False, as_known=True)
    empty = simulate(AUTHORITY, HISTORY.clear(), POLICY, links=False)
    assert (len(empty.frame), empty.outcomes, str(empty)) == (0, (), "no concession")


# The law


class Happened(NamedTuple):
    account: str
    cost: int | None
    actor: str
    days: int
    is_answer: bool


EVENTS = st.builds(
    Happened,
    st.sampled_from(["ada", "bob"]),
    st.none() | st.integers(0, 30),
    st.sampled_from(["eve", "mallory"]),
    st.sampled_from([0, 0, 1, 20, 70]),
    st.booleans(),
)
STRICT = Authority(
    roles=("agent",),
    rules=(
        AmountLimit(most=usd(15)),
        CountLimit(most=2, days=30, otherwise="deny"),
        CountLimit(most=2, days=20, per="actor"),
        SumLimit(most=usd(40), days=70, per="actor"),
        BalanceNeeded(least=-10),
        GreatCustomer(most=usd(25), balance=12, tenure=80),
    ),
)


@given(st.lists(EVENTS, min_size=1, max_size=9), st.booleans())
@settings(max_examples=10)
def test_a_simulation_of_a_ledgers_history_is_what_was_decided_step_by_step(
    events: list[Happened], as_known: bool
) -> None:
    clock = FixedClock(START)
    ledger = Ledger.in_memory(clock=clock)
    decided = []
    for number, event in enumerate(events):
        clock.advance(days=event.days)
        if event.cost is None:
            ledger.withdraw(event.account, "late_delivery", 1, reference=f"late:{event.account}:{number}")
            continue
        request = Request(
            account=event.account, kind="fee_waived", cost=usd(event.cost), actor=event.actor, role="agent",
            requested_at=clock.now(),
        )  # fmt: skip
        decided.append(STRICT.decide(request, STRICT.see(ledger, request)))
        answered = Ref(f"late:{event.account}:{number - 1}") if event.is_answer else None
        ledger.deposit(event.account, "fee_waived", cost=request.cost, actor=event.actor, in_response_to=answered)
    if not decided:
        return
    frame = entries(ledger)
    tried = simulate(STRICT, frame, ledger.policy, role="agent", as_known=as_known, catalog=ledger.catalog)
    assert tried.frame["answer"].to_list() == [each.answer.value for each in decided]
    assert tried.frame["balance"].to_list() == pytest.approx([each.balance for each in decided], abs=1e-9)
    against = [", ".join(each.rule for each in decision.against) or None for decision in decided]
    assert tried.frame["rules"].to_list() == against


def test_what_was_reversed_is_not_asked_for_and_does_not_count() -> None:
    clock = FixedClock(START)
    ledger = Ledger.in_memory(clock=clock)
    mistake = ledger.deposit("ada", "fee_waived", cost=usd(1), actor="eve")
    clock.advance(days=1)
    ledger.deposit("ada", "fee_waived", cost=usd(2), actor="eve")
    clock.advance(days=1)
    ledger.reverse(mistake)
    authority = Authority(rules=(CountLimit(most=1, days=30),))
    for as_known, answer in ((False, "allow"), (True, "needs_approval")):
        tried = simulate(authority, entries(ledger), ledger.policy, as_known=as_known).frame
        assert tried.select("cost", "answer").rows() == [(2.0, answer)]


def test_pandas_that_says_nothing_of_actors_is_read() -> None:
    frame = HISTORY.drop("actor").to_pandas().assign(actor=None)
    authority = Authority(rules=(CountLimit(most=1, days=30),))
    found = simulate(authority, frame, POLICY, links=False).frame
    assert isinstance(found, pd.DataFrame)
    assert found["answer"].tolist() == ["allow", "allow", "allow", "needs_approval", "allow"]
