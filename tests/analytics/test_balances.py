"""Balances of a frame are those of a ledger, on every engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodwill import presets
from goodwill.analytics import MissingColumn, balances, plan
from goodwill.domain.balance import Balance
from goodwill.domain.entry import Fact, Ref
from goodwill.domain.errors import CurrencyMismatch, NaiveDatetime, WrongType
from goodwill.ledger.merging import Customer
from goodwill.ledger.reading import Reader
from goodwill.policies.policy import Policy
from goodwill.testing.book import NOW, kept
from goodwill.testing.histories import CATALOG, histories

START = datetime(2026, 1, 1, tzinfo=UTC)
SCHEMA = {
    "account": pl.String, "type": pl.String, "kind": pl.String, "magnitude": pl.Float64, "currency": pl.String,
    "occurred_at": pl.Datetime("us", "UTC"), "recorded_at": pl.Datetime("us", "UTC"), "id": pl.String,
    "seq": pl.Int64, "reference": pl.String, "in_response_to": pl.String, "reverses": pl.String, "amends": pl.String,
    "sincerity": pl.Float64, "severity": pl.Float64, "due": pl.Datetime("us", "UTC"), "recurs": pl.String, "tz": pl.String,
    "revision": pl.Int64,
}  # fmt: skip


def with_duckdb(frame: pl.DataFrame) -> Any:
    return duckdb.connect().from_arrow(frame.to_arrow())


ENGINES: Mapping[str, tuple[Callable[[pl.DataFrame], Any], Callable[[Any], pl.DataFrame]]] = {
    "polars": (lambda frame: frame, lambda answer: answer),
    "lazy polars": (lambda frame: frame.lazy(), lambda answer: answer.collect()),
    "pandas": (lambda frame: frame.to_pandas(), pl.from_pandas),
    "pyarrow": (lambda frame: frame.to_arrow(), pl.from_arrow),
    "duckdb": (with_duckdb, lambda answer: pl.from_arrow(answer.to_arrow_table())),
}
GIVEN: Mapping[str, dict[str, Any]] = {"heroics": {"kinds": ("gift",)}}
"""What a preset is told of the catalog, beside it."""
POLICIES: Mapping[str, Policy] = {
    name: getattr(presets, name)(CATALOG, **GIVEN.get(name, {}))
    for name in presets.__all__
    if name != "service_catalog"
}
"""Every preset."""


def row_of(fact: Fact) -> dict[str, Any]:
    link = fact.in_response_to
    return {
        "account": fact.account, "type": fact.type, "kind": fact.kind, "currency": fact.currency,
        "magnitude": None if fact.entire else fact.magnitude,
        "occurred_at": instant(fact.occurred_us), "recorded_at": instant(fact.recorded_us), "id": fact.id,
        "seq": fact.seq, "reference": fact.reference, "reverses": fact.reverses, "amends": fact.amends,
        "in_response_to": link.reference if isinstance(link, Ref) else link, "sincerity": fact.sincerity,
        "severity": fact.severity, "due": None if fact.due_us is None else instant(fact.due_us),
        "recurs": fact.recurs, "tz": fact.tz, "revision": fact.revision,
    }  # fmt: skip


def instant(us: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)


def frame_of(facts: Sequence[Fact]) -> pl.DataFrame:
    return pl.DataFrame([row_of(fact) for fact in facts], schema=SCHEMA)


def read_one_by_one(facts: Sequence[Fact], policy: Policy, as_of: datetime) -> dict[str, Balance]:
    reader = Reader(policy, CATALOG, "USD", as_of)
    by_account: dict[str, list[Fact]] = {}
    for fact in facts:
        by_account.setdefault(fact.account, []).append(fact)
    read = (reader.balance(Customer(account, None, own)) for account, own in by_account.items())
    return {balance.account: balance for balance in read if balance.is_known}


def agree(answer: pl.DataFrame, expected: Mapping[str, Balance]) -> None:
    assert sorted(answer["account"]) == sorted(expected)
    for row in answer.iter_rows(named=True):
        balance = expected[row["account"]]
        within = 1e-9 * (balance.positive - balance.negative) + 1e-300
        assert row["balance"] == pytest.approx(balance.points, abs=within)
        assert row["positive"] == pytest.approx(balance.positive, abs=within)
        assert row["negative"] == pytest.approx(balance.negative, abs=within)
        assert row["standing"] == balance.standing
        assert row["is_overdrawn"] == balance.is_overdrawn
        assert (row["entries"], row["unvalued"]) == (balance.entries, len(balance.unvalued))
        last = row["last_contact_us"]
        assert (None if last is None else instant(int(last))) == balance.last_contact


A_FEW = st.lists(st.sampled_from(["ada", "bob", "cy"]), min_size=1, max_size=3, unique=True)


@st.composite
def ledgers(draw: st.DrawFn, accounts: st.SearchStrategy[list[str]] = A_FEW) -> list[Fact]:
    """The facts of a few customers, numbered in one order."""
    facts: list[Fact] = []
    for account in draw(accounts):
        for fact in kept(draw(histories())):
            own = [
                f"{account}:{name}" if name else name for name in (fact.id, fact.reference, fact.reverses, fact.amends)
            ]
            link = fact.in_response_to
            linked = Ref(f"{account}:{link.reference}") if isinstance(link, Ref) else link and f"{account}:{link}"
            facts.append(
                fact._replace(
                    account=account, id=own[0], reference=own[1], reverses=own[2], amends=own[3], in_response_to=linked,
                    seq=len(facts) + 1,
                )
            )  # fmt: skip
    return facts


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", POLICIES)
@given(facts=ledgers(), days=st.sampled_from([0, 100, 800]))
@settings(max_examples=5)
def test_a_frame_is_read_as_a_ledger_is(name: str, engine: str, facts: list[Fact], days: int) -> None:
    made, seen = ENGINES[engine]
    as_of = NOW - timedelta(days=days)
    policy = POLICIES[name]
    answer = seen(balances(made(frame_of(facts)), policy, as_of, home="USD", catalog=CATALOG))
    agree(answer, read_one_by_one(facts, policy, as_of))


def entry(**given: Any) -> dict[str, Any]:
    return {"account": "ada", "type": "withdrawal", "kind": "delay", "magnitude": 2.0, "occurred_at": START, **given}


def test_the_answer_is_the_kind_of_frame_that_was_asked() -> None:
    policy = POLICIES["default"]
    rows = [entry()]
    assert isinstance(balances(pl.DataFrame(rows), policy, NOW, links=False), pl.DataFrame)
    assert isinstance(balances(pl.DataFrame(rows).lazy(), policy, NOW, links=False), pl.LazyFrame)
    assert isinstance(balances(pd.DataFrame(rows), policy, NOW, links=False), pd.DataFrame)


def test_a_column_that_the_policy_reads_and_the_frame_lacks_is_named_with_the_way_out() -> None:
    with pytest.raises(MissingColumn, match="links=False") as raised:
        balances(pl.DataFrame([entry()]), POLICIES["default"], NOW)
    assert set(raised.value.columns) == {"id", "reference", "in_response_to"}


def test_a_frame_may_have_its_own_names() -> None:
    frame = pl.DataFrame([entry()]).rename({"account": "customer"})
    answer = balances(frame, POLICIES["default"], NOW, links=False, columns={"account": "customer"})
    assert answer["account"].to_list() == ["ada"]
    with pytest.raises(MissingColumn, match="no column client"):
        balances(frame, POLICIES["default"], NOW, links=False, columns={"account": "client"})


@pytest.mark.parametrize("make", [pl.DataFrame, pd.DataFrame, lambda rows: pl.DataFrame(rows).lazy()])
def test_instants_without_a_zone_are_refused(make: Callable[..., Any]) -> None:
    with pytest.raises(NaiveDatetime, match="no time zone"):
        balances(make([entry(occurred_at=datetime(2026, 1, 1))]), POLICIES["default"], NOW, links=False)  # noqa: DTZ001


def test_what_is_no_frame_and_what_are_no_numbers_are_refused() -> None:
    with pytest.raises(WrongType, match="pandas, polars"):
        balances([entry()], POLICIES["default"], NOW)
    with pytest.raises(WrongType, match="magnitude holds String"):
        balances(pl.DataFrame([entry(magnitude="two")]), POLICIES["default"], NOW, links=False)


def test_money_of_two_currencies_needs_a_home() -> None:
    rows = [entry(kind="charge", currency="USD"), entry(kind="charge", currency="EUR")]
    with pytest.raises(CurrencyMismatch, match="home="):
        balances(pl.DataFrame(rows), POLICIES["default"], NOW, links=False)
    answer = balances(pl.DataFrame(rows), POLICIES["default"], NOW, links=False, home="USD")
    assert answer["unvalued"].to_list() == [1]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["default", "habituation"])
def test_what_is_no_money_is_not_exchanged_where_all_money_is_foreign(name: str, engine: str) -> None:
    made, seen = ENGINES[engine]
    policy = POLICIES[name].replace(currency="USD", rates={"EUR": 2.0})
    rows = [entry(id="1", currency=None), entry(account="bob", id="2", kind="charge", currency="EUR")]
    links = {"reference": None, "in_response_to": None}
    frame = pl.DataFrame([row | links for row in rows], schema_overrides=dict.fromkeys(links, pl.String))
    answer = seen(balances(made(frame), policy, NOW)).sort("account")
    alone = seen(balances(made(frame.head(1)), policy, NOW))
    assert answer["balance"][0] == pytest.approx(alone["balance"][0])


def test_a_plan_says_which_way_a_policy_goes_and_why() -> None:
    frame = pl.DataFrame([entry()])
    assert str(plan(frame, POLICIES["default"])) == "polars computes all of it"
    assert "habituation looks at the entries before" in str(plan(frame, POLICIES["habituation"]))
    assert "goes by a calendar" in str(plan(frame, POLICIES["loyalty"]))


@pytest.mark.parametrize("engine", ENGINES)
def test_an_empty_frame_has_no_accounts(engine: str) -> None:
    made, seen = ENGINES[engine]
    for name in ("default", "habituation"):
        assert len(seen(balances(made(frame_of([])), POLICIES[name], NOW, catalog=CATALOG))) == 0


@pytest.mark.parametrize("engine", ENGINES)
def test_each_column_that_is_asked_for_alone_is_that_of_the_whole_answer(engine: str) -> None:
    made, seen = ENGINES[engine]
    frame = made(pl.DataFrame([entry(), entry(account="bob", type="deposit", kind="gift")]))
    whole = seen(balances(frame, POLICIES["honeymoon"], NOW, links=False)).sort("account")
    for name in whole.columns:
        alone = seen(balances(frame, POLICIES["honeymoon"], NOW, links=False, only=[name])).sort("account")
        assert alone.equals(whole.select("account", *({name} - {"account"})))
    for unknown in (["points"], "balance"):
        with pytest.raises(MissingColumn, match="only= takes a list of balance"):
            balances(frame, POLICIES["default"], NOW, links=False, only=unknown)


@pytest.mark.parametrize("name", ["default", "habituation", "loyalty"])
def test_a_reversal_takes_out_what_it_names_whoever_s_row_it_is(name: str) -> None:
    lost = entry(account="bob", id="1", reverses=None, reference=None, in_response_to=None)
    rows = [
        lost,
        lost | {"account": "ada", "id": "2"},
        lost | {"account": "ada", "id": "3", "type": "reversal", "reverses": "1"},
    ]
    frame = pl.DataFrame(rows, schema_overrides=dict.fromkeys(("reverses", "reference", "in_response_to"), pl.String))
    assert balances(frame, POLICIES[name], NOW, home="USD")["account"].to_list() == ["ada"]
