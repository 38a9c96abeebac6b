"""Whole ledgers with readings that were computed independently: each frame engine reads the same.

A reading asks of ages alone, so a history may be moved in time as a whole. Each query of each history is moved until
its `as_of` is one and the same instant, and goes, under names of its own, into one frame for each policy: what hundreds
of small frames would say, each engine says at once. What a frame cannot show of a history is listed in `UNSEEN`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

import polars as pl
import pytest

from goodwill import Ledger
from goodwill.analytics import balances, contributions, entries, statement_frame
from goodwill.domain.balance import Balance
from goodwill.domain.instant import to_us
from goodwill.domain.promise import stamp
from goodwill.testing.clock import FixedClock
from tests.acceptance.test_histories import CASES, DATA, catalog_of, instant, policy_of, write
from tests.analytics.test_balances import ENGINES, agree

AT = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = ("account", "id", "reference", "reverses", "amends")


class Query(NamedTuple):
    """A query of a history.

    Attributes:
        tag: what its names start with.
        frame: the history as it was known then, moved in time until the query is of `AT`.
        asked: the query as the file has it.
        read: what the ledger reads of all of its accounts.
        names: how the file calls an entry, by its reference or id.
    """

    tag: str
    frame: pl.DataFrame
    asked: Mapping[str, Any]
    read: Mapping[str, Balance]
    names: Mapping[str, str]


class History(NamedTuple):
    """A history in a ledger."""

    case: Mapping[str, Any]
    ledger: Ledger
    names: Mapping[str, str]

    @property
    def policy(self) -> str:
        return str(self.case["number"] if isinstance(self.case["policy"], dict) else self.case["policy"])

    def query(self, number: int, asked: Mapping[str, Any]) -> Query:
        as_of, known_at = datetime.fromisoformat(asked["as_of"]), instant(asked.get("known_at"))
        found = (later(each, AT - as_of) for each in self.ledger.balances(as_of=as_of, known_at=known_at))
        read = {balance.account: balance for balance in found}
        tag = f"{self.case['number']}.{number}/"
        frame = moved(entries(self.ledger, known_at=known_at), AT - as_of, tag)
        return Query(tag, frame, asked, read, self.names)


def later(balance: Balance, by: timedelta) -> Balance:
    return replace(balance, last_contact=balance.last_contact and balance.last_contact + by)


def moved(frame: pl.DataFrame, by: timedelta, tag: str) -> pl.DataFrame:
    """A history moved in time, its names with a tag; the name of a breach has its due date in it."""

    def link(text: str) -> str:
        name, at, due = text.partition("@")
        return tag + (f"{name}@{stamp(to_us(datetime.fromisoformat(due) + by))}" if at else text)

    return frame.with_columns(
        *((tag + pl.col(name)).alias(name) for name in NAMES),
        pl.col("in_response_to").map_elements(link, pl.String),
        pl.col("occurred_at", "recorded_at", "due") + by,
    )


def recorded(case: Mapping[str, Any]) -> History:
    clock = FixedClock()
    spec = case["policy"] if isinstance(case["policy"], dict) else DATA["policies"][case["policy"]]
    catalog = catalog_of(case.get("kinds", DATA["kinds"]))
    currencies = (DATA["home"], "EUR", "GBP", "JPY")
    ledger = Ledger.in_memory(policy_of(spec), catalog=catalog, currencies=currencies, clock=clock)
    ids = write(ledger, clock, case["facts"])
    clock.set(datetime(2030, 1, 1, tzinfo=UTC))
    return History(case, ledger, {ids[fact["id"]]: fact["id"] for fact in case["facts"] if fact["id"] in ids})


@cache
def histories() -> tuple[History, ...]:
    return tuple(map(recorded, CASES))


@cache
def queries(policy: str) -> tuple[Query, ...]:
    """All queries of balances to the histories under a policy."""
    return tuple(
        history.query(number, asked)
        for history in histories()
        if history.policy == policy
        for number, asked in enumerate(history.case["queries"])
        if "as_of" in asked
    )


def read_by(reading: Callable[..., Any], policy: str, engine: str) -> pl.DataFrame:
    """What an engine says of all these queries."""
    made, seen = ENGINES[engine]
    ledger = next(history.ledger for history in histories() if history.policy == policy)
    frame = pl.concat([query.frame for query in queries(policy)])
    return seen(reading(made(frame), ledger.policy, AT, home=DATA["home"], catalog=ledger.catalog))


def in_force(frame: pl.DataFrame) -> set[str]:
    """The accounts that have an entry in force."""
    happened = frame.filter(pl.col("occurred_at") <= AT, pl.col("type") != "reversal")
    taken_out = frame.filter(pl.col("reverses").is_not_null()).select(id="reverses")
    return set(happened.join(taken_out, on="id", how="anti")["account"])


POLICIES = sorted({str(case["number"] if isinstance(case["policy"], dict) else case["policy"]) for case in CASES})
READ = [
    pytest.param(policy, engine, marks=[pytest.mark.slow] if engine == "duckdb" else [])
    for engine in ENGINES
    for policy in POLICIES
]


UNSEEN: Mapping[str, str] = {
    "account": "one that has entries, and none in force, has no row in a frame; a ledger says 0",
    "merge": "a row names one account: a frame has the names of one `known_at`, and another asks for another frame",
    "reason": "a frame counts what is unvalued; `survey` names the kinds without a rate, and a ledger says why",
}
"""What a history says and a frame cannot show, and why."""


@pytest.fixture(autouse=True)
def _there() -> None:
    if not CASES:
        # On CI they must be there: a check that is skipped there is no check.
        (pytest.fail if "CI" in os.environ else pytest.skip)("the shared histories are not beside the project")


def test_what_a_frame_cannot_show_is_this() -> None:
    every = [query for policy in POLICIES for query in queries(policy)]
    asked = {query.tag + query.asked["expected"]["account"]: query.asked["expected"] for query in every}
    silent = asked.keys() - in_force(pl.concat([query.frame for query in every]))
    unseen = {"account"} if silent else set()
    assert {(asked[name]["points"], len(asked[name]["contributions"])) for name in silent} == {(0.0, 0)}
    for history in histories():
        whole = set(entries(history.ledger)["account"])
        instants = {instant(query.get("known_at")) for query in history.case["queries"]}
        unseen |= {
            "merge" for known_at in instants if set(entries(history.ledger, known_at=known_at)["account"]) - whole
        }
    told = read_by(balances, "default", "polars").columns + read_by(contributions, "default", "polars").columns
    unseen |= {"reason"} - set(told)
    assert unseen == UNSEEN.keys()


def test_all_histories_are_read() -> None:
    assert [policy for policy in POLICIES if policy != "golden"] == ["default", "habit_double", "kinds_and_directions"]
    assert sum(len(queries(policy)) for policy in POLICIES) == 308


@pytest.mark.parametrize(("policy", "engine"), READ)
def test_an_engine_reads_the_balances_that_were_read_independently(policy: str, engine: str) -> None:
    answer = read_by(balances, policy, engine)
    shown = in_force(pl.concat([query.frame for query in queries(policy)]))
    ledger = {query.tag + name: balance for query in queries(policy) for name, balance in query.read.items()}
    agree(answer, {name: balance for name, balance in ledger.items() if name in shown})
    found = {row["account"]: row for row in answer.iter_rows(named=True)}
    for query in queries(policy):
        wanted = query.asked["expected"]
        size = 1e-9 * (sum(abs(row[3]) for row in wanted["contributions"]) or 1.0)
        row = found.get(query.tag + wanted["account"])
        if row is None:
            assert (wanted["points"], wanted["contributions"], wanted["unvalued"]) == (0.0, [], [])
            continue
        for ours, theirs in (("balance", "points"), ("positive", "positive"), ("negative", "negative")):
            assert row[ours] == pytest.approx(wanted[theirs], abs=size), query.tag
        assert row["is_overdrawn"] == wanted["overdrawn"]
        assert row["unvalued"] == len(wanted["unvalued"])


@pytest.mark.parametrize(("policy", "engine"), READ)
def test_an_engine_lists_the_contributions_that_were_read_independently(policy: str, engine: str) -> None:
    answer = read_by(contributions, policy, engine)
    rows = {account: part.to_dicts() for (account,), part in answer.group_by("account")}
    for query in queries(policy):
        wanted = query.asked["expected"]
        size = 1e-9 * (sum(abs(row[3]) for row in wanted["contributions"]) or 1.0)
        found = {named(query, row): row for row in rows.get(query.tag + wanted["account"], [])}
        for name, worth, share, points, _ in wanted["contributions"]:
            row = found[name]
            assert row["worth"] == pytest.approx(worth, abs=size), (query.tag, name)
            assert row["share"] == pytest.approx(share, abs=1e-12)
            assert row["points"] == pytest.approx(points, abs=size)
        assert {name for name, row in found.items() if not row["is_valued"]} == dict(wanted["unvalued"]).keys()


def named(query: Query, row: Mapping[str, Any]) -> str:
    """How the file calls a row: by its reference; a breach by the promise and the due date that it had there."""
    name = str(row["reference"] or row["id"]).removeprefix(query.tag)
    if row["type"] != "breach":
        return query.names.get(name, name)
    promise, _, due = name.partition("@")
    by = AT - datetime.fromisoformat(query.asked["as_of"])
    return f"{query.names.get(promise, promise)}@{stamp(to_us(datetime.fromisoformat(due) - by))}"


STATED = [
    pytest.param(engine, every, marks=[pytest.mark.slow] if engine in {"pandas", "duckdb"} else [], id=engine)
    for engine, every in {"pyarrow": 1, "polars": 5, "lazy polars": 10, "pandas": 20, "duckdb": 25}.items()
]
"""Each statement has a period of its own, and so a frame: each engine reads every so manieth, and PyArrow reads all."""


@pytest.mark.parametrize(("engine", "every"), STATED)
def test_an_engine_states_what_was_stated_independently(engine: str, every: int) -> None:
    made, seen = ENGINES[engine]
    for history, asked in list(statements())[::every]:
        period = datetime.fromisoformat(asked["start"]), datetime.fromisoformat(asked["end"])
        known_at, ledger = instant(asked.get("known_at")), history.ledger
        frame = made(entries(ledger, known_at=known_at))
        answer = seen(statement_frame(frame, ledger.policy, *period, home=DATA["home"], catalog=ledger.catalog))
        account = ledger.balance(asked["account"], as_of=period[1], known_at=known_at).account
        rows = answer.filter(account=account).to_dicts()
        wanted = asked["expected"]
        size = 1.0 + sum(abs(value) for name, value in wanted.items() if name != "terms")
        row = rows[0] if rows else dict.fromkeys(wanted, 0.0)
        for name, value in wanted.items():
            if name != "terms":
                assert row[name] == pytest.approx(value, abs=1e-9 * size), (history.case["number"], name)


def statements() -> Iterator[tuple[History, Mapping[str, Any]]]:
    """All queries of statements."""
    return ((history, asked) for history in histories() for asked in history.case["queries"] if "start" in asked)
