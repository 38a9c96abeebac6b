"""Whom to treat with what within a budget: the best choice, what rules of thumb lose, and what comes true of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from math import inf, nan
from random import Random
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodwill import Ledger, Money, presets
from goodwill.analytics import MissingColumn, entries, trajectory
from goodwill.appraisal import (
    AppraisalError,
    CustomerValue,
    Option,
    RetentionLink,
    WinBack,
    appraise,
    candidates,
    win_back,
)
from goodwill.appraisal.choosing.knapsack import Item, packed
from goodwill.appraisal.replaying import Replay
from goodwill.domain.entry import Ref
from goodwill.domain.errors import WrongType
from tests.analytics.test_balances import ENGINES

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
LINK = RetentionLink(base=0.9, slope=0.05, source="the truth of this simulation")
VALUE = CustomerValue(margin=Money(1, "USD"), discount=0.01, period_days=30, horizon=24)
OPTIONS = [
    Option(kind="fee_waived", cost=Money("14.99", "USD")),
    Option(kind="upgrade", cost=Money("6.50", "USD")),
    Option(kind="thank_you", cost=Money("0.75", "USD")),
]
RULES = ("optimal", "highest_risk_first", "biggest_customer_first", "nothing")


def frame(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """A portfolio; what a row does not say is ordinary."""
    plain = {"account": "ada", "option": "voucher", "cost": 10.0, "net": 1.0, "group": "", "stay": 0.5, "margin": 1.0}
    return pl.DataFrame([plain | row for row in rows])


def chosen(told: WinBack) -> set[tuple[str, str]]:
    return set(told.chosen.select("account", "option").rows())


# The program


@st.composite
def items(draw: st.DrawFn) -> list[Item]:
    """A few items of a few slots: costs in odd cents, worths on either side of 0."""
    worth = st.integers(-20, 60).map(lambda number: number / 8) | st.floats(-5, 20)
    item = st.builds(
        Item, st.sampled_from("abcd"), st.sampled_from([0, 1, 299, 650, 1499]) | st.integers(0, 2000), worth
    )
    return draw(st.lists(item, max_size=9))


def by_brute_force(some: Sequence[Item], budget: int) -> float:
    best = 0.0
    for taken in product([False, True], repeat=len(some)):
        own = [item for item, is_taken in zip(some, taken, strict=True) if is_taken]
        if sum(item.cost for item in own) <= budget and len({item.slot for item in own}) == len(own):
            best = max(best, sum(item.worth for item in own))
    return best


@given(some=items(), budget=st.integers(0, 4000))
@settings(max_examples=40, deadline=None)
def test_no_choice_that_brute_force_finds_is_better(some: list[Item], budget: int) -> None:
    told = packed(some, budget)
    own = [some[place] for place in told.places]
    assert sum(item.cost for item in own) <= budget
    assert len({item.slot for item in own}) == len(own)
    assert all(item.worth > 0.0 for item in own)
    best = by_brute_force(some, budget)
    total = sum(item.worth for item in own)
    assert total == pytest.approx(best, rel=1e-6, abs=1e-6)
    assert told.bound >= best - 1e-6
    assert told.gap == pytest.approx((told.bound - total) / told.bound if told.bound else 0.0)
    assert told.is_proven


def test_what_is_spent_is_within_the_budget_to_the_cent_whatever_the_solver_rounds() -> None:
    # Two items of which the second is beyond the budget by one unit in a trillion.
    some = [Item("ada", 10**12, 1.0), Item("bob", 10**12 + 1, 1.0)]
    told = packed(some, 2 * 10**12)
    assert len(told.places) == 1


@pytest.mark.parametrize("limit", [0.0, -1.0, nan])
def test_a_solver_without_time_is_refused(limit: float) -> None:
    with pytest.raises(AppraisalError, match="time_limit is in seconds"):
        win_back(frame([{}]), budget=Money(10, "USD"), time_limit=limit)


# The portfolio


@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "account": st.sampled_from("abcde"),
                "option": st.sampled_from("xyz"),
                "cost": st.integers(0, 2000).map(lambda cents: cents / 100),
                "net": st.floats(-20, 60),
                "group": st.sampled_from(["", "more"]),
                "stay": st.floats(0, 1),
                "margin": st.floats(0, 100),
            }
        ),
        unique_by=lambda row: (row["account"], row["option"]),
        max_size=15,
    ),
    cents=st.integers(0, 8000),
)
@settings(max_examples=25, deadline=None)
def test_no_rule_does_better_and_all_keep_within_the_budget(rows: list[dict[str, Any]], cents: int) -> None:
    budget = Money.from_minor(cents, "USD")
    told = win_back(frame(rows) if rows else frame([{}]).clear(), budget=budget)
    assert tuple(told.by_rule) == RULES
    for outcome in told.by_rule.values():
        assert outcome.spend <= budget
        assert outcome.behind >= Money("-0.01", "USD")
        assert outcome.net <= told.bound + Money("0.01", "USD")
        assert abs(float((outcome.value - outcome.spend - outcome.net).amount)) < 0.02
    assert told.by_rule["nothing"].net == Money(0, "USD")
    assert told.net >= Money(0, "USD")
    assert told.chosen.columns == frame([{}]).columns
    assert set(told.chosen["net"] > 0) <= {True}
    assert Decimal(str(round(sum(told.chosen["cost"]), 2))) == told.spend.amount


def test_rules_of_thumb_say_whom_and_not_what() -> None:
    rows = [
        {"account": "lost", "stay": 0.1, "margin": 5.0, "net": -2.0, "cost": 8.0},
        {"account": "big", "stay": 0.9, "margin": 90.0, "net": 1.0, "cost": 8.0},
        {"account": "big", "stay": 0.9, "margin": 90.0, "net": 2.0, "cost": 9.0, "option": "visit"},
        {"account": "ready", "stay": 0.5, "margin": 20.0, "net": 7.0, "cost": 8.0},
    ]
    told = win_back(frame(rows), budget=Money(10, "USD"))
    assert chosen(told) == {("ready", "voucher")}
    assert told.by_rule["highest_risk_first"].net == Money(-2, "USD")
    assert told.by_rule["biggest_customer_first"].net == Money(2, "USD")  # the better of its two options
    assert told.by_rule["biggest_customer_first"].behind == Money(5, "USD")
    assert told.optimal.customers == 1
    assert "7.00 USD" in str(told)


def test_a_customer_is_given_one_option_of_each_group() -> None:
    rows = [
        {"option": "voucher", "net": 3.0},
        {"option": "refund", "net": 4.0},
        {"option": "call", "net": 1.0, "group": "contact"},
        {"option": "visit", "net": 2.0, "group": "contact"},
    ]
    told = win_back(frame(rows), budget=Money(100, "USD"))
    assert chosen(told) == {("ada", "refund"), ("ada", "visit")}
    assert (told.optimal.customers, told.optimal.gestures) == (1, 2)
    assert "added_up" in [caveat.code for caveat in told.caveats]
    alone = win_back(frame(rows).drop("group"), budget=Money(100, "USD"))
    assert chosen(alone) == {("ada", "refund")}
    assert "added_up" not in [caveat.code for caveat in alone.caveats]


def test_the_caveats_say_whose_findings_they_are() -> None:
    told = win_back(frame([{}]), budget=Money(10, "USD"))
    assert {"under_this_model", "highest_risk", "contact_may_harm"} <= {caveat.code for caveat in told.caveats}


def test_without_its_column_a_rule_is_left_out() -> None:
    told = win_back(frame([{}]).drop("stay", "margin"), budget=Money(10, "USD"))
    assert tuple(told.by_rule) == ("optimal", "nothing")


def test_columns_may_be_called_otherwise_and_come_back_as_they_were() -> None:
    own = frame([{}]).rename({"net": "expected", "account": "customer"})
    told = win_back(own, budget=Money(10, "USD"), columns={"net": "expected", "account": "customer"})
    assert told.chosen.columns == own.columns
    assert told.net == Money(1, "USD")


def test_costs_are_exact_also_where_floats_are_not() -> None:
    rows = [{"account": name, "cost": 0.1} for name in ("ada", "bob", "cy")]
    assert win_back(frame(rows), budget=Money("0.30", "USD")).optimal.gestures == 3
    assert win_back(frame(rows), budget=Money("0.29", "USD")).optimal.gestures == 2


def test_money_of_another_currency_needs_a_rate() -> None:
    rows = frame([{"currency": "EUR"}, {"account": "bob", "currency": "USD"}])
    with pytest.raises(AppraisalError, match="not mixed without a rate"):
        win_back(rows, budget=Money(20, "USD"))
    told = win_back(rows, budget=Money("22.50", "USD"), rates={"EUR": 1.25})
    assert (told.spend, told.net) == (Money("22.50", "USD"), Money("2.25", "USD"))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"cost": -1.0}, "below 0"),
        ({"cost": nan}, "the cost is no money"),
        ({"cost": inf}, "the cost is no money"),
        ({"cost": 1.005}, "the cost is no money"),
        ({"cost": None}, "the cost is no money"),
        ({"net": nan}, "net is a finite number"),
        ({"net": inf}, "net is a finite number"),
        ({"stay": 1.5}, "stay is a probability"),
        ({"stay": nan}, "stay is a finite number"),
        ({"margin": inf}, "margin is a finite number"),
        ({"account": None}, "no account"),
    ],
)
def test_a_row_that_says_nothing_that_can_be_is_refused(row: dict[str, Any], words: str) -> None:
    with pytest.raises(AppraisalError, match=words):
        win_back(frame([row]), budget=Money(10, "USD"))


def test_what_contradicts_itself_is_refused() -> None:
    with pytest.raises(AppraisalError, match="stands in two rows"):
        win_back(frame([{}, {"cost": 3.0}]), budget=Money(10, "USD"))
    with pytest.raises(AppraisalError, match="at least 0"):
        win_back(frame([{}]), budget=Money(-1, "USD"))
    with pytest.raises(MissingColumn, match="net"):
        win_back(frame([{}]).drop("net"), budget=Money(1, "USD"))
    with pytest.raises(WrongType):
        win_back([{}], budget=Money(1, "USD"))
    nothing = win_back(frame([{}]), budget=Money(0, "USD"))
    assert (len(nothing.chosen), nothing.net, nothing.is_proven) == (0, Money(0, "USD"), True)


# Candidates


def history(count: int, seed: int) -> pl.DataFrame:
    """Entries of customers, some with a grudge and some without any."""
    random = Random(seed)
    rows = [
        {
            "account": f"c{number}", "type": "withdrawal" if kind in {"late_delivery", "dispute"} else "deposit",
            "kind": kind, "magnitude": 1.0, "occurred_at": NOW - timedelta(days=random.uniform(0, 200)),
        }
        for number in range(count)
        for kind in random.choices(["late_delivery", "dispute", "upgrade", "thank_you"], k=random.randint(0, 6))
    ]  # fmt: skip
    return pl.DataFrame(rows)


def customers(count: int, seed: int) -> pl.DataFrame:
    random = Random(seed)
    margins = [round(random.lognormvariate(2.5, 1.0), 2) for _ in range(count)]
    return pl.DataFrame({"account": [f"c{number}" for number in range(count)], "margin": margins})


@pytest.mark.parametrize("policy", [presets.default(), presets.habituation()], ids=["default", "habituation"])
def test_each_candidate_is_what_an_appraisal_says(policy: Any) -> None:
    ledger = Ledger.in_memory(policy=policy)
    for days, kind, size in [(90, "upgrade", None), (20, "late_delivery", 2), (9, "upgrade", None)]:
        moved = ledger.withdraw if kind == "late_delivery" else ledger.deposit
        sized = {} if size is None else {"magnitude": size}
        moved("ada", kind, occurred_at=ledger.clock.now() - timedelta(days=days), **sized)
    now = ledger.clock.now()
    people = pl.DataFrame({"account": ["ada", "bob"], "margin": [20.0, 60.0]})
    read = candidates(ledger, people, OPTIONS, value=VALUE, link=LINK, as_of=now)
    assert read.select("account", "option").rows() == [(who, each.name) for who in ("ada", "bob") for each in OPTIONS]
    for row, option in zip(read.to_dicts(), OPTIONS * 2, strict=True):
        own = VALUE.replace(margin=Money(int(row["margin"]), "USD"))
        told = appraise(ledger, option.gesture(row["account"], now), value=own, link=LINK, as_of=now)
        assert row["net"] == pytest.approx(told.net_value, abs=1e-9)
        assert row["value"] == pytest.approx(told.change.exact, abs=1e-9)
        assert row["cost"] == told.cost.amount
        assert row["bought"] == pytest.approx(told.bought)
        assert row["goodwill"] == pytest.approx(ledger.balance(row["account"], as_of=now).points, abs=1e-9)
        assert row["stay"] == pytest.approx(told.retention[0].without)
    of_frame = candidates(entries(ledger), people, OPTIONS, value=VALUE, link=LINK, as_of=now, policy=policy)
    assert of_frame["net"].to_list() == pytest.approx(read["net"].to_list(), abs=1e-9)


def test_an_account_is_replayed_once_for_all_of_its_options(monkeypatch: pytest.MonkeyPatch) -> None:
    replayed: list[Any] = []
    made: Any = Replay.of.__func__  # type: ignore[attr-defined]  # a class method has its function

    def counted(cls: type[Replay], reader: Any, facts: Any) -> Replay:
        replayed.append(facts)
        return made(cls, reader, facts)

    monkeypatch.setattr(Replay, "of", classmethod(counted))
    candidates(history(5, 1), customers(5, 1), OPTIONS, value=VALUE, link=LINK, as_of=NOW, links=False)
    assert len(replayed) == 5


@pytest.mark.parametrize("engine", ENGINES)
def test_frames_come_back_as_they_came(engine: str) -> None:
    made, seen = ENGINES[engine]
    book, people = history(8, 1), customers(8, 2)
    expected = candidates(book, people, OPTIONS, value=VALUE, link=LINK, as_of=NOW, links=False)
    read = candidates(made(book), made(people), OPTIONS, value=VALUE, link=LINK, as_of=NOW, links=False)
    assert type(read) is type(made(people))
    told = win_back(read, budget=Money(20, "USD"))
    assert type(told.chosen) is type(made(people))
    own = seen(read).sort("account", "option")
    assert own["net"].to_list() == pytest.approx(expected.sort("account", "option")["net"].to_list())
    assert {Decimal(str(cost)) for cost in own["cost"]} == {option.cost.amount for option in OPTIONS if option.cost}
    best = win_back(expected, budget=Money(20, "USD"))
    assert (told.net, told.spend) == (best.net, best.spend)
    assert set(seen(told.chosen).select("account", "option").rows()) == chosen(best)


def test_a_reversal_takes_out_what_it_names_whoever_s_row_it_is() -> None:
    rows = [
        {"id": "1", "account": "c0", "type": "withdrawal", "kind": "dispute", "magnitude": 1.0, "reverses": None},
        {"id": "2", "account": "other", "type": "reversal", "kind": None, "magnitude": None, "reverses": "1"},
    ]
    book = pl.DataFrame([row | {"occurred_at": NOW - DAY} for row in rows])
    read = candidates(book, customers(1, 1), OPTIONS, value=VALUE, link=LINK, as_of=NOW, links=False)
    assert read["goodwill"].to_list() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("people", "also", "words"),
    [
        ({"account": [], "margin": []}, {}, "no customers"),
        ({"account": ["a", "a"], "margin": [1.0, 2.0]}, {}, "stands in two rows"),
        ({"account": ["a"], "margin": [nan]}, {}, "has no margin"),
        ({"account": ["a"], "margin": [inf]}, {}, "has no margin"),
        ({"account": ["a"], "margin": ["12"]}, {}, "has no margin"),
        ({"account": [None], "margin": [1.0]}, {}, "has no account"),
        ({"account": ["a"], "margin": [1.0]}, {"as_of": None}, "as_of="),
        ({"account": ["a"], "margin": [1.0]}, {"options": []}, "no options"),
        (
            {"account": ["a"], "margin": [1.0]},
            {"options": [Option(kind="refund", cost=Money(1, "USD"), in_response_to=Ref("late"))]},
            "leave in_response_to out",
        ),
    ],
)
def test_candidates_that_nobody_could_weigh_are_refused(
    people: dict[str, list[Any]], also: dict[str, Any], words: str
) -> None:
    asked: dict[str, Any] = {"options": OPTIONS, "as_of": NOW, "value": VALUE, "link": LINK, "links": False} | also
    with pytest.raises(AppraisalError, match=words):
        candidates(history(1, 1), pl.DataFrame(people), **asked)


def test_a_column_of_customers_that_is_not_there_is_named() -> None:
    with pytest.raises(MissingColumn, match="profit"):
        candidates(history(1, 1), customers(1, 1), OPTIONS, value=VALUE, link=LINK, as_of=NOW, margin="profit")
    renamed = customers(2, 1).rename({"account": "who", "margin": "profit"})
    read = candidates(
        history(2, 1), renamed, OPTIONS, value=VALUE, link=LINK, as_of=NOW, account="who", margin="profit", links=False
    )
    assert read["account"].unique().sort().to_list() == ["c0", "c1"]


# What comes true


COUNT, RUNS = 120, 1000
PERIODS = VALUE.horizon or 0


def stays(book: pl.DataFrame, given: pl.DataFrame) -> Any:
    """The true probability of staying for each period, by customer: the balances are read anew, gestures recorded."""
    more = given.select(
        "account", "kind", type=pl.lit("deposit"),
        magnitude=pl.when(pl.col("kind") == "fee_waived").then(pl.col("cost").cast(pl.Float64)).otherwise(1.0),
        occurred_at=pl.lit(NOW).cast(pl.Datetime("us", "UTC")),
    )  # fmt: skip
    # Everybody has an entry that is worth nothing, so that everybody has a course.
    known = pl.DataFrame(
        {"account": [f"c{number}" for number in range(COUNT)], "type": "observation", "kind": "contact"}
    )
    known = known.with_columns(
        magnitude=pl.lit(1.0), occurred_at=pl.lit(NOW - 300 * DAY).cast(pl.Datetime("us", "UTC"))
    )
    columns = ["account", "type", "kind", "magnitude", "occurred_at"]
    book = book.with_columns(pl.col("occurred_at").cast(pl.Datetime("us", "UTC")))
    every = pl.concat([known.select(columns), book.select(columns), more.select(columns)])
    course = trajectory(
        every.with_columns(currency=pl.lit("USD")), presets.default(), NOW, NOW + 30 * PERIODS * DAY,
        every=timedelta(days=30), links=False,
    )  # fmt: skip
    ahead = course.filter(pl.col("as_of_us") > int(NOW.timestamp() * 1e6))
    points = ahead.pivot("as_of_us", index="account", values="balance").sort("account").drop("account").to_numpy()
    return 1.0 / (1.0 + np.exp(-(np.log(0.9 / 0.1) + 0.05 * points)))


def realised(probabilities: Any, margins: Any, luck: Any) -> Any:
    """What each run of chance brings in: margins for as long as customers stay, discounted."""
    total = np.zeros(luck.shape[0])
    there = np.ones(luck.shape[:2], dtype=bool)
    for period in range(PERIODS):
        there &= luck[:, :, period] < probabilities[:, period]
        total += (there * margins).sum(axis=1) / 1.01 ** (period + 1)
    return total


def test_what_is_best_under_the_model_brings_in_more_than_rules_of_thumb_where_the_model_is_true() -> None:
    book, people = history(COUNT, 3), customers(COUNT, 4)
    portfolio = candidates(book, people, OPTIONS, value=VALUE, link=LINK, as_of=NOW, links=False)
    budget = Money(150, "USD")
    told = win_back(portfolio, budget=budget)
    margins = people.sort("account")["margin"].to_numpy()
    luck = np.random.default_rng(5).random((RUNS, COUNT, PERIODS), dtype=np.float32)
    untreated = realised(stays(book, portfolio.clear()), margins, luck)
    best = {}
    for rule in ("optimal", "highest_risk_first", "biggest_customer_first"):
        given = told.chosen if rule == "optimal" else by_rule(portfolio, rule, float(budget.amount))
        outcome = told.by_rule[rule]
        assert sum(given["cost"]) == outcome.spend.amount
        gained = realised(stays(book, given), margins, luck) - untreated - float(outcome.spend.amount)
        error = gained.std(ddof=1) / np.sqrt(len(gained))
        assert abs(gained.mean() - float(outcome.net.amount)) < 4.0 * error  # what the model expects is what happens
        best[rule] = gained
    for rule in ("highest_risk_first", "biggest_customer_first"):
        more = best["optimal"] - best[rule]
        assert more.mean() > 4.0 * more.std(ddof=1) / np.sqrt(len(more)) > 0.0


def by_rule(portfolio: pl.DataFrame, rule: str, budget: float) -> pl.DataFrame:
    """The rows that a rule of thumb chooses, said again in the words of frames."""
    key = "stay" if rule == "highest_risk_first" else "margin"
    turns = portfolio.sort([key, "account"], descending=[key == "margin", False])["account"].unique(maintain_order=True)
    rows, left = [], Decimal(str(budget))
    for account in turns:
        own = (
            portfolio.filter(pl.col("account") == account, pl.col("cost") <= left).sort("net", descending=True).head(1)
        )
        left -= sum(own["cost"])
        rows.append(own)
    return pl.concat(rows)
