"""A row of a person-period knows nothing of its period but whether the account stayed, on every engine."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodwill import Ledger, presets
from goodwill.analytics import MissingColumn, balances, entries
from goodwill.appraisal import AppraisalError, person_periods
from goodwill.domain.entry import Fact
from goodwill.domain.errors import NaiveDatetime
from goodwill.domain.instant import MICROSECONDS_PER_DAY, from_us, to_us
from goodwill.domain.kind import Catalog
from goodwill.policies.policy import Policy
from goodwill.policies.sums import ROUNDING
from goodwill.testing.histories import CATALOG, END, START
from tests.analytics.test_balances import ENGINES, POLICIES, frame_of, ledgers

COLUMNS = ["account", "start_us", "goodwill", "tenure_days", "outcomes", "stayed"]
DEFAULT = POLICIES["default"]
WAYS = ["default", "habituation", "double_deviation", "honeymoon"]
TOUCHED = {"kind": "touch", "type": "observation", "account": "ada"}
DAY = MICROSECONDS_PER_DAY


def periods(frame: Any, policy: Policy = DEFAULT, **asked: Any) -> Any:
    asked = {"start": START, "end": END, "every": 110, "outcome": "touch", **asked}
    return person_periods(frame, policy, home="USD", catalog=CATALOG, **asked)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def frame(*rows: tuple[str, str, float]) -> pl.DataFrame:
    """Entries of one row each: the account, the kind, the day."""
    made = [
        {
            "account": account, "kind": kind, "type": "deposit" if kind == "gift" else "observation", "magnitude": 1.0,
            "occurred_at": day(at), "id": str(number), "reference": str(number),
        }
        for number, (account, kind, at) in enumerate(rows)
    ]  # fmt: skip
    return frame_of([]).clear().vstack(pl.DataFrame(made, schema=frame_of([]).schema))


def told(answer: pl.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    return answer.sort("account", "start_us").select(columns).rows()


def with_touches(facts: Sequence[Fact]) -> pl.DataFrame:
    """The entries, and one observation by which staying can be told."""
    return pl.concat([frame_of(facts), frame(("zoe", "touch", 1.0))])


@given(facts=ledgers(), name=st.sampled_from(WAYS))
@settings(max_examples=10)
def test_the_goodwill_of_a_period_is_the_balance_just_before_it(facts: list[Fact], name: str) -> None:
    entered = with_touches(facts)
    answer = periods(entered, POLICIES[name])
    for number in (0, 2, 5):
        start = day(110 * number)
        before = start - timedelta(microseconds=1)
        once = balances(entered, POLICIES[name], before, home="USD", catalog=CATALOG).sort("account")
        here = answer.filter(pl.col("start_us") == to_us(start)).sort("account")
        assert here["account"].to_list() == once["account"].to_list()
        size = (once["positive"] - once["negative"]).max() or 0.0
        assert here["goodwill"].to_list() == pytest.approx(once["balance"].to_list(), abs=ROUNDING * size + 1e-140)


@pytest.mark.parametrize("engine", sorted(ENGINES.keys() - {"polars"}))
@given(facts=ledgers(), name=st.sampled_from(["default", "habituation"]))
@settings(max_examples=2)
def test_every_engine_gives_the_same_rows(engine: str, facts: list[Fact], name: str) -> None:
    made, seen = ENGINES[engine]
    entered = with_touches(facts)
    here, there = (each.sort("account", "start_us") for each in (
        seen(periods(made(entered), POLICIES[name])), periods(entered, POLICIES[name]),
    ))  # fmt: skip
    assert here["goodwill"].to_list() == pytest.approx(there["goodwill"].to_list(), abs=1e-9)
    assert here.drop("goodwill").rows() == there.drop("goodwill").rows()


@given(facts=ledgers())
@settings(max_examples=20)
def test_staying_and_all_counts_are_those_of_a_plain_look_at_every_entry(facts: list[Fact]) -> None:
    answer = periods(with_touches(facts))
    happened: dict[str, list[int]] = {}
    touched: dict[str, list[int]] = {}
    out = {fact.reverses for fact in facts if fact.type == "reversal"}
    for fact in (each for each in facts if each.type != "reversal" and each.id not in out):
        happened.setdefault(fact.account, []).append(fact.occurred_us)
        touched.setdefault(fact.account, []).extend([fact.occurred_us] if fact.kind == "touch" else [])
    rows = [
        (
            account, start, (start - min(times)) / DAY, sum(us < start for us in touched[account]),
            any(start <= us < start + 110 * DAY for us in touched[account]),
        )
        for account, times in happened.items()
        for start in (to_us(START) + 110 * DAY * number for number in range(6))
        if min(times) < start
    ]  # fmt: skip
    found = answer.filter(pl.col("account") != "zoe")
    assert told(found, "account", "start_us", "tenure_days", "outcomes", "stayed") == sorted(rows)


FEATURES = ["account", "start_us", "goodwill", "tenure_days", "outcomes"]


@given(facts=ledgers(), name=st.sampled_from(WAYS), seed=st.integers(0, 99))
@settings(max_examples=20)
def test_whatever_the_future_is_the_features_of_a_period_are_the_same(facts: list[Fact], name: str, seed: int) -> None:
    mixed = random.Random(seed)
    told_of = [fact for fact in facts if fact.type != "reversal"]
    # An entry at the very start of a period is of its future.
    now = mixed.choice(told_of).occurred_us if told_of else to_us(START)
    past, later = ([fact for fact in told_of if (fact.occurred_us < now) is before] for before in (True, False))
    times = [fact.occurred_us for fact in later]
    mixed.shuffle(times)
    shuffled = [fact._replace(occurred_us=us) for fact, us in zip(later, times, strict=True)]
    some = [fact for fact in shuffled if mixed.random() < 0.7]

    def features(facts: list[Fact]) -> list[tuple[Any, ...]]:
        start = from_us(now) - timedelta(days=220)
        answer = periods(with_touches(facts), POLICIES[name], start=start, end=start + timedelta(days=1000))
        return told(answer.filter(pl.col("start_us") <= now), *FEATURES)

    assert features(past + later) == features(past + some) == features(past)


def test_what_happens_at_the_first_instant_of_a_period_is_in_it_and_at_its_end_in_the_next() -> None:
    answer = periods(frame(("ada", "gift", -1), ("ada", "touch", 0), ("ada", "touch", 220)), end=day(330))
    assert told(answer, "outcomes", "stayed") == [(0, True), (1, False), (1, True)]


def test_a_gesture_in_a_period_is_in_no_goodwill_before_the_next_one() -> None:
    answer = periods(frame(("ada", "touch", -1), ("ada", "gift", 110), ("ada", "touch", 115)), end=day(330))
    assert [points > 0 for (points,) in told(answer, "goodwill")] == [False, False, True]


def test_an_account_enters_with_the_first_period_after_its_first_entry() -> None:
    answer = periods(frame(("ada", "gift", 0), ("bob", "gift", 109.9), ("cy", "gift", -3), ("cy", "touch", 1)))
    first = dict(answer.group_by("account").agg(pl.col("start_us").min()).rows())
    assert first == {"ada": to_us(day(110)), "bob": to_us(day(110)), "cy": to_us(START)}


def test_a_last_period_that_nobody_saw_whole_is_left_out() -> None:
    entered = frame(("ada", "gift", -1), ("ada", "touch", 5))
    for days, count in ((110, 1), (219.9, 1), (220, 2)):
        assert len(periods(entered, end=day(days))) == count


def test_who_churned_has_no_rows_after_and_who_did_not_stays_without_buying() -> None:
    entered = frame(("ada", "gift", -1), ("ada", "left", 120), ("ada", "gift", 300), ("bob", "touch", -1))
    answer = periods(entered, end=day(440), churned="left")
    assert told(answer, "account", "stayed") == [
        ("ada", True), ("ada", False), ("bob", True), ("bob", True), ("bob", True), ("bob", True),
    ]  # fmt: skip


def test_who_churns_at_the_first_instant_of_a_period_churns_in_it() -> None:
    entered = frame(("ada", "gift", -1), ("ada", "left", 110))
    assert told(periods(entered, churned="left"), "stayed") == [(True,), (False,)]


def test_the_last_hour_of_the_last_period_counts_and_the_first_after_it_does_not() -> None:
    entered = frame(("ada", "touch", -1), ("ada", "touch", 219.99), ("bob", "touch", -1), ("bob", "touch", 220))
    assert told(periods(entered, end=day(220)), "stayed") == [(False,), (True,), (False,), (False,)]


def test_who_churned_before_the_first_period_or_twice_is_gone_from_the_first_time_on() -> None:
    entered = frame(
        ("ada", "gift", -9), ("ada", "left", -3), ("bob", "gift", -9), ("bob", "left", 1), ("bob", "left", 200)
    )
    assert told(periods(entered, churned="left"), "account", "stayed") == [("bob", False)]


def test_a_reversed_purchase_is_none_and_one_of_a_merged_name_is_the_customers() -> None:
    now = day(100)
    ledger = Ledger.in_memory(policy=presets.default(), catalog=presets.service_catalog())
    ledger.observe("ada", "purchase", magnitude=1, occurred_at=day(-20))
    ledger.observe("ada lovelace", "purchase", magnitude=1, occurred_at=day(10))
    wrong = ledger.observe("ada", "purchase", magnitude=1, occurred_at=day(45))
    ledger.reverse(wrong)
    ledger.merge("ada lovelace", into="ada")
    asked = {"start": START, "end": now, "every": 30}
    answer = person_periods(entries(ledger, backend="polars"), ledger.policy, **asked)
    assert told(answer, "account", "outcomes", "stayed") == [("ada", 1, True), ("ada", 2, False), ("ada", 2, False)]


def test_a_kind_goes_by_its_name_of_today() -> None:
    renamed = frame(("ada", "touch", -1), ("ada", "touched", 5))
    kinds = [
        *(kind for kind in CATALOG.values() if kind.name != "touch"),
        replace(CATALOG["touch"], aliases=("touched",)),
    ]
    asked = {"start": START, "end": END, "every": 110, "outcome": "touch", "catalog": Catalog(kinds)}
    assert told(person_periods(renamed, DEFAULT, **asked), "stayed")[0] == (True,)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_answer_is_the_kind_of_frame_that_was_asked(engine: str) -> None:
    made, seen = ENGINES[engine]
    entered = made(frame(("ada", "gift", -1), ("ada", "touch", 5)))
    answer = periods(entered)
    assert type(answer) is type(entered)
    assert seen(answer).columns == COLUMNS
    assert seen(answer)["stayed"].to_list() == [True, False, False, False, False, False]


def test_known_at_leaves_out_what_was_recorded_later() -> None:
    entered = frame(("ada", "gift", -1), ("ada", "touch", 5), ("ada", "touch", 150)).with_columns(
        recorded_at=pl.Series([day(-1), day(5), day(400)], dtype=pl.Datetime("us", "UTC"))
    )
    assert told(periods(entered, end=day(220)), "stayed") == [(True,), (True,)]
    assert told(periods(entered, end=day(220), known_at=day(399)), "stayed") == [(True,), (False,)]


def test_a_kind_that_nobody_observed_is_refused_with_those_that_are_there() -> None:
    entered = frame(("ada", "gift", -1), ("ada", "touch", 5))
    with pytest.raises(AppraisalError, match="no observation of the kind 'purchase'.*outcome=, of touch"):
        periods(entered, outcome="purchase")
    with pytest.raises(AppraisalError, match="no observation of the kind 'cancelled'.*churned="):
        periods(entered, churned="cancelled")
    with pytest.raises(AppraisalError, match="none that is there"):
        periods(frame(("ada", "gift", -1)))


@pytest.mark.parametrize("every", [0, -1, float("nan"), float("inf"), True, "30d", 1e-12, 1e9])
def test_a_period_has_a_length(every: Any) -> None:
    with pytest.raises(AppraisalError, match="no length of a period"):
        periods(frame(("ada", "touch", 5)), every=every)


def test_there_is_at_least_one_whole_period() -> None:
    with pytest.raises(AppraisalError, match="no whole period of 110 days"):
        periods(frame(("ada", "touch", 5)), end=day(109))


def test_bad_input_is_refused_as_balances_refuses_it() -> None:
    entered = frame(("ada", "touch", 5))
    with pytest.raises(NaiveDatetime):
        periods(entered, start=datetime(2024, 1, 1))  # noqa: DTZ001 - that is what is refused
    with pytest.raises(MissingColumn):
        periods(entered.drop("kind"))


def test_a_frame_of_spark_is_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("goodwill.appraisal.fitting.periods.is_spark", lambda _: True)
    with pytest.raises(AppraisalError, match="toArrow"):
        periods(frame(("ada", "touch", 5)))


def test_an_instant_is_read_back_from_a_row() -> None:
    answer = periods(frame(("ada", "gift", -1), ("ada", "touch", 5)))
    assert from_us(answer["start_us"][1]) == datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=110)
