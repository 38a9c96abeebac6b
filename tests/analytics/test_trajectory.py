"""Balances over time are those of every single instant, on every engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goodwill import presets
from goodwill.analytics import MissingColumn, MixedCohort, balances, cohorts, forecast, statement_frame, trajectory
from goodwill.decays import HalfLife, NoDecay
from goodwill.domain.entry import Fact
from goodwill.domain.errors import InvalidMagnitude, InvalidPeriod, Purged
from goodwill.domain.instant import to_us
from goodwill.policies.combinators import blend
from goodwill.policies.policy import Policy
from goodwill.policies.schedule import DecaySchedule
from goodwill.policies.standing import Hysteresis, Standing
from goodwill.policies.sums import ROUNDING
from goodwill.terms import Silence
from goodwill.testing.histories import CATALOG, END, START, policies
from tests.analytics.test_balances import ENGINES, POLICIES, entry, frame_of, instant, ledgers, read_one_by_one

EVERY = timedelta(days=130)
BLENDED = DecaySchedule(
    default=blend(HalfLife(days=30), NoDecay(), weights=(0.75, 0.25)),
    by_direction={"withdrawal": HalfLife(days=200)},
    by_kind={"gift": HalfLife(days=1)},
)
DEFAULT = POLICIES["default"]
WAYS: Mapping[str, Policy] = POLICIES | {
    "blended": DEFAULT.replace(decay=BLENDED),
    "silent": DEFAULT.replace(terms=(Silence(points=5, grace=10, half_life=90),)),
    "two regimes": DEFAULT.replace(standing=Standing(hysteresis=Hysteresis(down=-10, up=5))),
}


def agree_at(answer: pl.DataFrame, facts: Sequence[Fact], policy: Policy, as_of: datetime) -> None:
    """That the rows of an instant are what a ledger reads there."""
    expected = read_one_by_one(facts, policy, as_of)
    rows = answer.filter(pl.col("as_of_us") == to_us(as_of)).to_dicts()
    assert sorted(row["account"] for row in rows) == sorted(expected)
    for row in rows:
        balance = expected[row["account"]]
        within = ROUNDING * (balance.positive - balance.negative) + 1e-140
        read = (balance.points, balance.positive, balance.negative)
        assert (row["balance"], row["positive"], row["negative"]) == pytest.approx(read, abs=within)
        if abs(balance.points) > within:  # what is neither above nor below 0 may be either, by rounding
            assert (row["standing"], row["is_overdrawn"]) == (balance.standing, balance.is_overdrawn)
        assert row["entries"] == balance.entries


def over(frame: Any, policy: Policy, **asked: Any) -> Any:
    return trajectory(frame, policy, START, END, EVERY, home="USD", catalog=CATALOG, **asked)


def in_turn(start: datetime = START, end: datetime = END, every: timedelta = EVERY) -> list[datetime]:
    return [start + number * every for number in range((end - start) // every + 1)]


@pytest.mark.parametrize("engine", ENGINES)
@given(facts=ledgers(), name=st.sampled_from(sorted(WAYS)))
@settings(max_examples=5)
def test_each_instant_is_what_a_ledger_reads_there(engine: str, facts: list[Fact], name: str) -> None:
    made, seen = ENGINES[engine]
    answer = seen(over(made(frame_of(facts)), WAYS[name]))
    for as_of in in_turn():
        agree_at(answer, facts, WAYS[name], as_of)


@given(facts=ledgers(), policy=policies())
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
def test_under_any_policy_each_instant_is_what_a_ledger_reads_there(facts: list[Fact], policy: Policy) -> None:
    answer = over(frame_of(facts), policy)
    for as_of in in_turn():
        agree_at(answer, facts, policy, as_of)


@pytest.mark.parametrize("name", ["default", "double_deviation"])
@given(facts=ledgers(), data=st.data())
@settings(max_examples=5)
def test_what_was_taken_out_and_what_was_not_yet_known_is_read_as_balances_reads_it(
    name: str, facts: list[Fact], data: st.DataObject
) -> None:
    deposits = [fact for fact in facts if fact.type in {"deposit", "withdrawal"}]
    reversed_ = data.draw(st.sampled_from(deposits)) if deposits else None
    reversal = {
        "account": "ada", "type": "reversal", "kind": "", "occurred_at": START, "recorded_at": END, "id": "reversal",
        "reverses": reversed_ and reversed_.id, "seq": len(facts) + 1,
    }  # fmt: skip
    frame = pl.concat([frame_of(facts), pl.DataFrame([reversal], schema=frame_of([]).schema)])
    known_at = data.draw(st.sampled_from([None, END - timedelta(days=1), END]))
    asked: dict[str, Any] = {"known_at": known_at, "home": "USD", "catalog": CATALOG}
    answer = trajectory(frame, WAYS[name], START, END, EVERY, **asked)
    for as_of in in_turn():
        once = balances(frame, WAYS[name], as_of, **asked).sort("account")
        here = answer.filter(pl.col("as_of_us") == to_us(as_of)).sort("account")
        assert here["account"].to_list() == once["account"].to_list()
        assert here["balance"].to_list() == pytest.approx(once["balance"].to_list(), abs=1e-9)
        assert here["entries"].to_list() == once["entries"].to_list()


@pytest.mark.parametrize("engine", ENGINES)
def test_the_answer_is_the_kind_of_frame_that_was_asked_with_the_same_columns(engine: str) -> None:
    made, seen = ENGINES[engine]
    frame = made(frame_of([]))
    for name in ("default", "habituation"):
        answer = over(frame, WAYS[name])
        assert type(answer) is type(frame)
        assert seen(answer).columns == [
            "account", "as_of_us", "balance", "positive", "negative", "standing", "is_overdrawn", "entries",
        ]  # fmt: skip
        assert len(seen(answer)) == 0


def test_a_relation_is_answered_beside_it_even_where_it_may_not_look_at_tables_of_python() -> None:
    connection = duckdb.connect()
    connection.from_arrow(pl.DataFrame([entry()]).to_arrow()).create("entries")
    entries = connection.table("entries")
    for allowed in (True, False):
        connection.execute(f"SET python_enable_replacements = {allowed}")
        answer = trajectory(entries, DEFAULT, START, END.replace(year=2027), "1q", links=False)
        read = answer.set_alias("read").join(entries.set_alias("kept"), "read.account = kept.account")
        assert read.aggregate("count(*)").to_arrow_table().column(0).to_pylist() == [5]


def many(segments: Mapping[str, str | None]) -> list[dict[str, Any]]:
    """Ada lost twice, bob gained, cy came later."""
    rows = [
        entry(account="ada"), entry(account="ada", occurred_at=in_2026(50)),
        entry(account="bob", type="deposit", kind="gift", occurred_at=in_2026(20)),
        entry(account="cy", occurred_at=in_2026(80)),
    ]  # fmt: skip
    return [row | {"segment": segments[row["account"]]} for row in rows]


def in_2026(day: int) -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)


@pytest.mark.parametrize("engine", ENGINES)
def test_cohorts_are_means_over_the_accounts_that_are_known_by_then(engine: str) -> None:
    made, seen = ENGINES[engine]
    frame = made(pl.DataFrame(many({"ada": "gold", "bob": "gold", "cy": None})))
    when: Any = (DEFAULT, in_2026(0), in_2026(90), "15d")
    alone = seen(trajectory(frame, *when, links=False)).with_columns(
        segment=pl.when(pl.col("account") != "cy").then(pl.lit("gold"))
    )
    expected = (
        alone.group_by("segment", "as_of_us")
        .agg(
            pl.len().alias("accounts"), pl.col("balance").mean().alias("mean"), pl.col("balance").sum().alias("total"),
            pl.col("is_overdrawn").mean().alias("overdrawn"),
        )
        .sort("as_of_us", "segment")
    )  # fmt: skip
    answer = seen(trajectory(frame, *when, by="segment", links=False)).sort("as_of_us", "segment")
    assert answer.columns == ["segment", "as_of_us", "accounts", "mean", "total", "overdrawn"]
    for name in answer.columns:
        assert answer[name].to_list() == pytest.approx(expected[name].to_list(), abs=1e-9)


def test_a_cohort_may_be_several_columns_and_rows_that_say_nothing_do_not_count() -> None:
    rows = [row | {"region": "north"} for row in many({"ada": "gold", "bob": "gold", "cy": "new"})]
    rows.append(entry(type="observation", kind="visit") | {"segment": None, "region": None})
    answer = trajectory(
        pl.DataFrame(rows), DEFAULT, in_2026(0), in_2026(90), "90d", by=["region", "segment"], links=False
    )
    assert answer.rows()[-1][:2] == ("north", "new")
    assert answer["accounts"].to_list() == [1, 2, 1]


def test_an_account_in_two_cohorts_is_named() -> None:
    rows = [entry(segment="gold"), entry(segment="new")]
    for frame in (pl.DataFrame(rows), pd.DataFrame(rows)):
        with pytest.raises(MixedCohort, match="'ada'"):
            trajectory(frame, DEFAULT, START, END, "1mo", by="segment", links=False)
    with pytest.raises(MissingColumn, match="region"):
        trajectory(pl.DataFrame(rows), DEFAULT, START, END, "1mo", by="region", links=False)


def test_months_are_those_of_a_calendar_in_its_zone() -> None:
    frame = pl.DataFrame([entry(occurred_at=datetime(2025, 1, 1, tzinfo=UTC))])
    start, end = datetime(2026, 2, 28, 23, tzinfo=UTC), datetime(2026, 4, 30, 23, tzinfo=UTC)
    answer = trajectory(frame, DEFAULT, start, end, "1mo", tz="Europe/Berlin", links=False)
    assert [instant(us).isoformat() for us in answer["as_of_us"]] == [
        "2026-02-28T23:00:00+00:00", "2026-03-31T22:00:00+00:00", "2026-04-30T22:00:00+00:00",
    ]  # fmt: skip
    hours = trajectory(frame, DEFAULT, start, end, "12h", links=False)["as_of_us"]
    assert set(hours.diff().drop_nulls()) == {12 * 3_600_000_000}


@pytest.mark.parametrize("every", ["0d", "week", "-1d", timedelta(0), timedelta(days=-1), 7, "1ms"])
def test_a_step_that_is_none_is_refused(every: Any) -> None:
    with pytest.raises(InvalidPeriod, match="understood are"):
        trajectory(pl.DataFrame([entry()]), DEFAULT, START, END, every, links=False)


def test_a_course_that_ends_before_it_starts_or_never_seems_to_end_is_refused() -> None:
    with pytest.raises(InvalidPeriod, match="after it starts"):
        trajectory(pl.DataFrame([entry()]), DEFAULT, END, START, "1d", links=False)
    for every in ("1d", "1h"):
        with pytest.raises(InvalidPeriod, match="100,000"):
            trajectory(pl.DataFrame([entry()]), DEFAULT, START, END.replace(year=2900), every, links=False)


def test_what_was_purged_is_not_read_as_if_it_had_never_been() -> None:
    opening = entry(type="opening", kind="purge", positive=3.0, negative=0.0, read_under=DEFAULT.digest)
    frame = pl.DataFrame([opening | {"recorded_at": START}])
    later = trajectory(frame, DEFAULT, START.replace(year=2026), END.replace(year=2027), "1y", links=False)
    assert later["entries"].to_list() == [1, 1]
    with pytest.raises(Purged):
        trajectory(frame, DEFAULT, START, END.replace(year=2027), "1y", links=False)


def test_fast_decays_over_long_times_neither_overflow_nor_leave_a_crumb() -> None:
    policy = presets.default().replace(decay=HalfLife(days=0.01))
    rows = [entry(kind="late_delivery", occurred_at=START), entry(kind="late_delivery", occurred_at=in_2026(0))]
    answer = trajectory(pl.DataFrame(rows), policy, START, in_2026(300), "1d", links=False)
    assert answer["is_overdrawn"].sum() == pytest.approx(2 * 6, abs=2)  # for 500 half-lives of 14 minutes each
    left = dict(answer.select("as_of_us", "balance").rows())
    for days in (0, 2, 4, 730, 731, 733, 740):
        once = balances(pl.DataFrame(rows), policy, START + timedelta(days=days), links=False)["balance"][0]
        assert left[to_us(START + timedelta(days=days))] == pytest.approx(once, rel=1e-12)


@pytest.mark.parametrize("name", ["default", "habituation"])
def test_what_balances_refuses_or_leaves_out_no_course_has_either(name: str) -> None:
    way = {"policy": POLICIES[name], "start": START, "end": END, "every": "1y", "links": False}
    with pytest.raises(InvalidMagnitude):
        trajectory(pl.DataFrame([entry(magnitude=-2.0)]), **way)
    rows = pl.DataFrame([entry(occurred_at=START), entry(account="bob", occurred_at=None)])
    assert set(trajectory(rows, **way)["account"]) == {"ada"}


@pytest.mark.parametrize("engine", ["polars", "pyarrow"])  # by expressions, and by the fold
@pytest.mark.parametrize("name", ["default", "honeymoon", "habituation"])
def test_an_account_of_which_all_was_taken_out_is_in_no_course_as_it_is_in_no_balance(name: str, engine: str) -> None:
    made, seen = ENGINES[engine]
    rows = [
        entry(id="1", reverses=None, occurred_at=START),
        entry(id="2", reverses=None, occurred_at=START, account="bob"),
        entry(id="3", reverses="1", occurred_at=START, type="reversal"),
    ]
    nothing = pl.lit(None, pl.String)
    frame = pl.DataFrame(rows).with_columns(reference=nothing, in_response_to=nothing)
    policy, month = POLICIES[name], START + timedelta(days=30)
    answers = [
        balances(made(frame), policy, month),
        trajectory(made(frame), policy, START, month, "2w"),
        statement_frame(made(frame), policy, START, month),
        forecast(made(frame), policy, month, 30),
    ]
    assert [set(seen(answer)["account"]) for answer in answers] == [{"bob"}] * 4
    assert seen(cohorts(made(frame), policy, month))["accounts"].to_list() == [1]
