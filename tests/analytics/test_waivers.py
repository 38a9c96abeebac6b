"""What a concession cost, what it bought, and what is left: of each, and added up."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from goodwill.analytics import contributions, waivers
from goodwill.testing.book import NOW
from tests.analytics.test_balances import ENGINES, POLICIES, START, entry

CENTS = pl.Decimal(18, 2)


def waiver(**given: Any) -> dict[str, Any]:
    return entry(**{"type": "deposit", "kind": "waiver", "magnitude": 10.0, "currency": "USD", **given})


def rows_of(*entries: dict[str, Any]) -> pl.DataFrame:
    given = {"reference": None, "in_response_to": None, "currency": None, "actor": None}
    schema = {"reference": pl.String, "in_response_to": pl.String, "currency": pl.String, "actor": pl.String}
    rows = [{"id": str(number), **given, **each} for number, each in enumerate(entries, start=1)]
    return pl.DataFrame(rows, schema_overrides=schema)


HISTORY = rows_of(
    entry(reference="late"),
    waiver(in_response_to="late", actor="eve", cost=Decimal("14.99")),
    waiver(actor="eve", cost=Decimal("5.01"), occurred_at=START + timedelta(days=40)),
    waiver(account="bob", actor="mallory", cost=Decimal("9.00"), currency="EUR"),
    waiver(account="bob", kind="gift", magnitude=1.0, currency=None),
)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["default", "habituation"])
def test_each_concession_says_what_it_cost_what_it_bought_and_what_is_left(engine: str, name: str) -> None:
    made, seen = ENGINES[engine]
    frame = HISTORY.with_columns(pl.col("cost").cast(CENTS))
    found = seen(waivers(made(frame), POLICIES[name], NOW, home="USD", keep=["actor"])).sort("id")
    assert found.select("id", "actor", "cost", "currency", "recovers", "recovers_kind", "is_valued").rows() == [
        ("2", "eve", Decimal("14.99"), "USD", "1", "delay", True),
        ("3", "eve", Decimal("5.01"), "USD", None, None, True),
        ("4", "mallory", Decimal("9.00"), "EUR", None, None, False),
    ]
    rows = contributions(frame, POLICIES[name], NOW, home="USD").filter(pl.col("id").is_in(["2", "3", "4"])).sort("id")
    assert found["bought"].to_list() == pytest.approx(rows["worth"].to_list())
    assert found["left"].to_list() == pytest.approx(rows["points"].to_list())
    assert found["share"].to_list()[:2] == pytest.approx(rows["share"].to_list()[:2])
    assert found["cost_per_point_bought"][0] == pytest.approx(14.99 / rows["worth"][0])
    assert found["cost_per_point_left"][0] == pytest.approx(14.99 / rows["points"][0])


@pytest.mark.parametrize("engine", ENGINES)
def test_concessions_add_up_by_whatever_they_have_in_common(engine: str) -> None:
    made, seen = ENGINES[engine]
    frame = HISTORY.with_columns(pl.col("cost").cast(CENTS))
    each = waivers(frame, POLICIES["default"], NOW, home="USD", keep=["actor"])
    found = seen(waivers(made(frame), POLICIES["default"], NOW, home="USD", by=["actor"])).sort("actor")
    assert found.select("actor", "currency", "concessions", "accounts", "cost").rows() == [
        ("eve", "USD", 2, 1, Decimal("20.00")),
        ("mallory", "EUR", 1, 1, Decimal("9.00")),
    ]
    bought = each.filter(pl.col("actor") == "eve")["bought"].sum()
    assert found["bought"][0] == pytest.approx(bought)
    assert found["cost_per_point_bought"][0] == pytest.approx(20.0 / bought)
    months = seen(waivers(made(frame), POLICIES["default"], NOW, home="USD", by="month"))
    assert sorted(months.select("month", "currency").rows()) == [
        ("2026-01", "EUR"),
        ("2026-01", "USD"),
        ("2026-02", "USD"),
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_what_bought_nothing_has_no_cost_per_point_and_never_an_infinite_one(engine: str) -> None:
    made, seen = ENGINES[engine]
    frame = rows_of(
        waiver(kind="unheard_of"),
        waiver(account="bob", magnitude=0.0),
        waiver(account="cy", occurred_at=datetime(1922, 6, 20, tzinfo=START.tzinfo)),
    )
    found = seen(waivers(made(frame), POLICIES["default"], NOW, home="USD")).sort("id")
    assert found["cost_per_point_bought"].to_list()[:2] == [None, None]
    assert found["cost_per_point_left"].to_list()[:2] == [None, None]
    assert found["share"].to_list()[:2] == [None, None]
    long_ago = found["cost_per_point_left"][2]
    assert long_ago is None or math.isfinite(long_ago)
    by_kind = seen(waivers(made(frame), POLICIES["default"], NOW, home="USD", by="kind")).sort("kind")
    assert by_kind["cost_per_point_bought"].to_list()[0] is None


@pytest.mark.parametrize("engine", ENGINES)
def test_without_a_column_of_costs_the_money_that_a_deposit_handed_over_is_its_cost(engine: str) -> None:
    made, seen = ENGINES[engine]
    frame = rows_of(waiver(), entry(kind="charge", currency="USD", magnitude=4.0), waiver(kind="gift", currency=None))
    found = seen(waivers(made(frame), POLICIES["default"], NOW))
    assert found.select("id", "cost", "currency").rows() == [("1", 10.0, "USD")]


def test_a_cost_without_a_currency_is_in_the_home_currency() -> None:
    frame = rows_of(waiver(kind="gift", currency=None, cost=3.0))
    assert waivers(frame, POLICIES["default"], NOW, home="USD").select("cost", "currency").rows() == [(3.0, "USD")]
    assert waivers(frame, POLICIES["default"], NOW).select("cost", "currency").rows() == [(3.0, None)]


def test_the_columns_of_an_appraisal_are_left_free() -> None:
    found = waivers(HISTORY, POLICIES["default"], NOW, home="USD").columns
    assert not {"worth", "money", "value", "gain", "return"} & set(found)


@pytest.mark.parametrize("engine", ["polars", "lazy polars", "pyarrow", "pandas"])
def test_a_column_of_costs_that_is_empty_and_of_no_type_says_nothing(engine: str) -> None:
    made, seen = ENGINES[engine]
    frame = rows_of(entry(), waiver()).with_columns(cost=pl.lit(None))
    assert seen(waivers(made(frame), POLICIES["default"], NOW, home="USD")).is_empty()
