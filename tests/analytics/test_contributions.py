"""What each entry of a frame contributes is what a ledger says of it, on every engine; drivers add it up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import polars as pl
import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from goodwill.analytics import MissingColumn, balances, contributions, drivers
from goodwill.domain.balance import Balance, Contribution
from goodwill.domain.entry import Fact, Ref
from goodwill.domain.errors import InvalidCost, InvalidEntry, InvalidMagnitude, WrongType
from goodwill.ledger.reading import Reader
from goodwill.policies.policy import Policy
from goodwill.testing.book import NOW, kept
from goodwill.testing.histories import CATALOG, histories
from tests.analytics.test_balances import ENGINES, POLICIES, START, entry, frame_of, instant, read_one_by_one


@st.composite
def crowds(draw: st.DrawFn) -> list[Fact]:
    """The facts of ten customers, each with ids and references of its own."""
    facts: list[Fact] = []
    for number in range(10):
        for fact in kept(draw(histories(most=8))):
            link = fact.in_response_to
            mine = f"c{number}:{{}}".format
            facts.append(
                fact._replace(
                    account=f"c{number}",
                    id=mine(fact.id),
                    reference=None if fact.reference is None else mine(fact.reference),
                    in_response_to=Ref(mine(link.reference)) if isinstance(link, Ref) else link and mine(link),
                    seq=len(facts) + 1,
                )
            )
    assume(len(facts) > 20)  # frames cost more than rows: one that is full, and not the simplest one
    return facts


def priced(facts: Sequence[Fact]) -> pl.DataFrame:
    """The facts with an actor and a cost, which no reading looks at."""
    costs = [Decimal(number).scaleb(-2) if fact.type == "deposit" else None for number, fact in enumerate(facts)]
    actors = [None if number % 3 == 0 else f"actor {number % 3}" for number in range(len(facts))]
    currencies = [fact.currency or "USD" for fact in facts]
    return frame_of(facts).with_columns(
        cost=pl.Series(costs, dtype=pl.Decimal(18, 2)),
        cost_currency=pl.Series(currencies, dtype=pl.String),
        actor=pl.Series(actors, dtype=pl.String),
    )


def told(facts: Sequence[Fact], policy: Policy, as_of: datetime) -> dict[tuple[str, str], Contribution]:
    reader = Reader(policy, CATALOG, "USD", as_of)
    by_account: dict[str, list[Fact]] = {}
    for fact in facts:
        by_account.setdefault(fact.account, []).append(fact)
    found = [each for own in by_account.values() for each in reader.contributions(own)]
    return {(each.account, each.id): each for each in found}


def same(row: dict[str, Any], expected: Contribution) -> None:
    within = 1e-9 * (1.0 + abs(expected.worth))
    assert (row["type"], row["kind"], row["recovers"]) == (expected.type, expected.kind, expected.recovers)
    assert instant(row["occurred_us"]) == expected.occurred_at
    assert row["worth"] == pytest.approx(expected.worth, abs=within)
    assert row["share"] == pytest.approx(expected.share, abs=1e-12)
    assert row["points"] == pytest.approx(expected.points, abs=within)
    steps = {name: worth for name, worth in row.items() if name.startswith("after_") and worth is not None}
    trace = {f"after_{step.step}": step.after for step in expected.trace}
    assert steps == pytest.approx(trace, abs=within)


@pytest.mark.parametrize("name", POLICIES)
@given(facts=crowds(), days=st.sampled_from([0, 800, 1200]))
@settings(max_examples=1, phases=[Phase.generate])
def test_each_entry_contributes_what_a_ledger_says_and_drivers_add_it_up(
    name: str, facts: list[Fact], days: int
) -> None:
    as_of, policy, frame = NOW - timedelta(days=days), POLICIES[name], priced(facts)
    ledger, expected = read_one_by_one(facts, policy, as_of), told(facts, policy, as_of)
    given: dict[str, Any] = {"home": "USD", "catalog": CATALOG}
    for engine, (made, seen) in ENGINES.items():
        listed(seen(contributions(made(frame), policy, as_of, keep=["actor"], **given)), expected, ledger)
        if name not in {"default", "habituation"} and engine != "polars":
            continue  # the sums are the engine's, whatever the policy
        driven = seen(drivers(made(frame), policy, as_of, by=["kind", "actor"], **given))
        add_up(driven, ledger.values())
        assert costs_of(driven, "currency") == costs_of(frame.filter(pl.col("occurred_at") <= as_of), "cost_currency")


def listed(rows: pl.DataFrame, expected: Mapping[tuple[str, str], Contribution], ledger: Mapping[str, Balance]) -> None:
    """Row by row what a ledger says; their sums are the balances."""
    valued = rows.filter(pl.col("is_valued"), pl.col("type") != "term")
    assert {(row["account"], row["id"]) for row in valued.iter_rows(named=True)} == expected.keys()
    assert len(valued) == len(expected)
    for row in valued.iter_rows(named=True):
        same(row, expected[row["account"], row["id"]])
    assert rows.filter(~pl.col("is_valued"))["points"].sum() == 0.0
    sums = dict(rows.group_by("account").agg(pl.col("points").sum()).iter_rows())
    for account, balance in ledger.items():
        within = 1e-9 * (balance.positive - balance.negative) + 1e-300
        assert sums.get(account, 0.0) == pytest.approx(balance.points, abs=within)


def add_up(driven: pl.DataFrame, read: Iterable[Balance]) -> None:
    """What drove goodwill adds up to the balances."""
    ledger = list(read)
    within = 1e-9 * (1.0 + sum(each.positive - each.negative for each in ledger))
    for name in ("positive", "negative", "points"):
        assert driven[name].sum() == pytest.approx(sum(getattr(each, name) for each in ledger), abs=within)
    assert driven["entries"].sum() == sum(each.entries for each in ledger)
    assert driven["unvalued"].sum() == sum(len(each.unvalued) for each in ledger)


def costs_of(frame: pl.DataFrame, currency: str) -> dict[str, Decimal]:
    """What it all cost, to the cent."""
    found: dict[str, Decimal] = {}
    for row in frame.filter(pl.col("cost").is_not_null()).iter_rows(named=True):
        found[row[currency]] = found.get(row[currency], Decimal(0)) + row["cost"]
    return found


def rows_of(*entries: dict[str, Any]) -> pl.DataFrame:
    """Entries with ids, links and an actor, whether they say so or not."""
    given = {"reference": None, "in_response_to": None, "currency": None, "actor": None}
    schema = {"reference": pl.String, "in_response_to": pl.String, "currency": pl.String, "actor": pl.String}
    return pl.DataFrame(
        [{"id": str(number), **given, **each} for number, each in enumerate(entries, start=1)],
        schema_overrides=schema,
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_what_was_reversed_contributes_nothing_and_costs_nothing(engine: str) -> None:
    made, seen = ENGINES[engine]
    frame = rows_of(
        entry(reverses=None, cost=1.0),
        entry(type="deposit", kind="gift", magnitude=1.0, cost=5.0),
        entry(type="reversal", kind="gift", reverses="2"),
    )
    driven = seen(drivers(made(frame), POLICIES["default"], NOW, by="type"))
    assert driven["type"].to_list() == ["withdrawal"]
    assert driven["cost"].to_list() == [1.0]
    alone = rows_of(entry(reverses=None), entry(type="reversal", reverses="1"), entry(account="bob", reverses=None))
    for name in ("default", "habituation"):
        assert seen(balances(made(alone), POLICIES[name], NOW))["account"].to_list() == ["bob"]


@pytest.mark.parametrize("engine", ENGINES)
def test_an_opening_is_two_rows_and_one_entry(engine: str) -> None:
    made, seen = ENGINES[engine]
    frame = rows_of(entry(type="opening", kind=None, magnitude=None, positive=30.0, negative=-31.0, read_under=None))
    frame = frame.with_columns(pl.col("kind").cast(pl.String), pl.col("magnitude").cast(pl.Float64))
    rows = seen(contributions(made(frame), POLICIES["default"], START))
    assert sorted(rows["points"].to_list()) == [-31.0, 30.0]
    driven = seen(drivers(made(frame), POLICIES["default"], START))
    assert driven.select("entries", "positive", "negative").rows() == [(1, 30.0, -31.0)]


@pytest.mark.parametrize("engine", ENGINES)
def test_what_an_account_has_by_itself_is_a_row_of_its_own(engine: str) -> None:
    made, seen = ENGINES[engine]
    frame = rows_of(entry(), entry(account="bob", type="observation", kind="touch"))
    rows = seen(contributions(made(frame), POLICIES["honeymoon"], START, keep=["actor"]))
    terms = rows.filter(pl.col("type") == "term").sort("account")
    assert terms["account"].to_list() == ["ada", "bob"]
    assert set(terms["kind"]) == {term.tag for term in POLICIES["honeymoon"].terms}
    assert terms["occurred_us"].null_count() == 2
    assert (terms["points"] > 0.0).all()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_loss_is_found_by_its_reference_where_it_has_no_id(engine: str) -> None:
    made, seen = ENGINES[engine]
    late = entry(id=None, reference="late")
    waived = entry(type="deposit", kind="waiver", magnitude=3.0, currency="USD", in_response_to="late")
    rows = seen(contributions(made(rows_of(late, waived)), POLICIES["default"], NOW))
    assert rows.filter(pl.col("type") == "deposit").select("recovers", "recovers_kind").rows() == [("late", "delay")]


@pytest.mark.parametrize("engine", ENGINES)
def test_months_are_told_before_1970_and_after_2100(engine: str) -> None:
    made, seen = ENGINES[engine]
    dates = [datetime(1922, 6, 20, tzinfo=START.tzinfo), START, datetime(2103, 2, 1, tzinfo=START.tzinfo)]
    frame = rows_of(*(entry(occurred_at=date) for date in dates))
    driven = seen(drivers(made(frame), POLICIES["default"], datetime(2104, 1, 1, tzinfo=START.tzinfo), by="month"))
    assert sorted(driven["month"]) == ["1922-06", "2026-01", "2103-02"]


@pytest.mark.parametrize("engine", ENGINES)
def test_unknown_kinds_are_listed_as_unvalued_and_money_of_two_currencies_is_never_added(engine: str) -> None:
    made, seen = ENGINES[engine]
    given = {"type": "deposit", "kind": "waiver", "magnitude": 10.0}
    frame = rows_of(entry(kind="snub"), *(entry(currency=currency, **given) for currency in ("USD", "USD", "EUR")))
    driven = seen(drivers(made(frame), POLICIES["default"], NOW, home="USD")).sort("kind", "currency")
    assert driven.select("kind", "currency", "entries", "unvalued", "cost").rows() == [
        ("snub", None, 1, 1, None),
        ("waiver", "EUR", 1, 1, 10.0),
        ("waiver", "USD", 2, 0, 20.0),
    ]


@pytest.mark.parametrize("read", [contributions, drivers])
def test_what_no_entry_can_be_is_refused_with_rows_that_show_it(read: Any) -> None:
    policy = POLICIES["default"]
    with pytest.raises(InvalidMagnitude, match="below 0 or not finite in 1 rows, such as .*'ada'.*never negative"):
        read(rows_of(entry(), entry(magnitude=-2.0)), policy, NOW)
    with pytest.raises(InvalidEntry, match="1 ids stand in more than one row, such as '7'"):
        read(rows_of(entry(id="7"), entry(id="7")), POLICIES["habituation"], NOW)
    with pytest.raises(WrongType, match="kind holds Int64"):
        read(rows_of(entry(kind=3)), policy, NOW)
    with pytest.raises(WrongType, match="account holds Float64"):
        read(rows_of(entry(account=3.0)), policy, NOW)


def test_costs_that_cannot_be_are_refused() -> None:
    with pytest.raises(InvalidCost, match="cost is below 0"):
        drivers(rows_of(entry(cost=-1.0)), POLICIES["default"], NOW)
    with pytest.raises(WrongType, match="cost holds String"):
        drivers(rows_of(entry(cost="14.99")), POLICIES["default"], NOW)


def test_a_column_that_is_not_there_cannot_go_along() -> None:
    with pytest.raises(MissingColumn, match="no column team"):
        contributions(rows_of(entry()), POLICIES["default"], NOW, keep=["team"])
    with pytest.raises(MissingColumn, match="no column team"):
        drivers(rows_of(entry()), POLICIES["default"], NOW, by=["kind", "team"])


def test_a_column_of_the_callers_may_have_the_name_of_one_of_ours() -> None:
    frame = rows_of(entry(points="many", worth="much", severity=2.0))
    rows = contributions(frame, POLICIES["default"], START, keep=["severity", "points"])
    assert rows["severity"].to_list() == [2.0]
    assert rows["points"].to_list() == pytest.approx([rows["worth"][0]])


def test_accounts_and_kinds_may_be_numbers_or_categories() -> None:
    frame = rows_of(entry(account=7)).with_columns(pl.col("kind").cast(pl.Categorical))
    assert contributions(frame, POLICIES["default"], NOW)["account"].to_list() == ["7"]
    assert contributions(frame.to_pandas(), POLICIES["default"], NOW)["kind"].tolist() == ["delay"]


@pytest.mark.parametrize("engine", ENGINES)
def test_an_empty_frame_has_no_contributions(engine: str) -> None:
    made, seen = ENGINES[engine]
    frame = priced([])
    for name in ("default", "habituation"):
        assert len(seen(contributions(made(frame), POLICIES[name], NOW, keep=["actor"]))) == 0
    assert len(seen(drivers(made(frame), POLICIES["honeymoon"], NOW, by=["actor", "month"]))) == 0


def test_the_answer_is_the_kind_of_frame_that_was_asked() -> None:
    frame = rows_of(entry())
    for name in ("default", "habituation"):
        for asked in (frame, frame.lazy(), frame.to_pandas()):
            assert type(contributions(asked, POLICIES[name], NOW)) is type(asked)
            assert type(drivers(asked, POLICIES[name], NOW)) is type(asked)
    assert frame.to_pandas().pipe(drivers, POLICIES["default"], NOW, by="actor")["entries"].tolist() == [1]
    assert isinstance(frame.to_pandas().pipe(contributions, POLICIES["default"], NOW), pd.DataFrame)
