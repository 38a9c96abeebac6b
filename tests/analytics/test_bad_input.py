"""What is no frame of entries is refused with a way out, and what is empty or far is read, on every engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import polars as pl
import pytest

from goodwill.analytics import (
    MissingColumn,
    at_risk,
    balances,
    cohorts,
    compare,
    contributions,
    drivers,
    forecast,
    movers,
    sensitivity,
    statement_frame,
    survey,
    trajectory,
    waivers,
)
from goodwill.domain.errors import CurrencyMismatch, InvalidEntry, InvalidMagnitude, NaiveDatetime, WrongType
from goodwill.domain.instant import to_us
from tests.analytics.test_balances import ENGINES, POLICIES, START, entry

DEFAULT, FOLDED = POLICIES["default"], POLICIES["habituation"]
MONTH = START + timedelta(days=30)

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "balances": lambda frame, policy: balances(frame, policy, MONTH),
    "contributions": lambda frame, policy: contributions(frame, policy, MONTH, keep=["actor"]),
    "drivers": lambda frame, policy: drivers(frame, policy, MONTH, by=["kind", "actor"]),
    "waivers": lambda frame, policy: waivers(frame, policy, MONTH),
    "waivers by": lambda frame, policy: waivers(frame, policy, MONTH, by="actor"),
    "trajectory": lambda frame, policy: trajectory(frame, policy, START, MONTH, "2w"),
    "trajectory by": lambda frame, policy: trajectory(frame, policy, START, MONTH, "2w", by="region"),
    "statement_frame": lambda frame, policy: statement_frame(frame, policy, START, MONTH),
    "cohorts": lambda frame, policy: cohorts(frame, policy, MONTH),
    "movers": lambda frame, policy: movers(frame, policy, START, MONTH),
    "forecast": lambda frame, policy: forecast(frame, policy, MONTH, 30),
    "at_risk": lambda frame, policy: at_risk(frame, policy, MONTH, 30),
    "compare": lambda frame, policy: compare(frame, {"a": policy, "b": POLICIES["tk92"]}, MONTH).accounts,
    "sensitivity": lambda frame, policy: sensitivity(frame, policy, MONTH, {"valuation.steps[2].loss_aversion": 0.1}),
}
"""Every function that reads a frame."""


def rows_of(*entries: dict[str, Any]) -> pl.DataFrame:
    """Entries with every column that these functions look at, and an id each."""
    said = {"cost": None, "cost_currency": None, "actor": None, "region": "north", "currency": None}
    links = {"reference": None, "in_response_to": None}
    types = dict.fromkeys(["account", "kind", "cost_currency", "actor", "currency", *links], pl.String)
    rows = [{"id": str(number), **said, **links, **each} for number, each in enumerate(entries, start=1)]
    return pl.DataFrame(rows, schema_overrides={**types, "cost": pl.Float64, "magnitude": pl.Float64})


GIVEN = rows_of(
    entry(),
    entry(type="deposit", kind="gift", magnitude=1.0, cost=5.0, cost_currency="USD", actor="kim"),
    entry(account="bob", type="observation", kind="touch", magnitude=1.0),
)


@pytest.mark.parametrize("engine", ENGINES)
def test_every_function_names_the_columns_that_it_lacks_and_the_way_out(engine: str) -> None:
    frame = ENGINES[engine][0](GIVEN.drop("reference", "in_response_to"))
    for name, call in FUNCTIONS.items():
        with pytest.raises(MissingColumn, match=r"columns=\{'reference': .*links=False reads answers") as raised:
            call(frame, DEFAULT)
        assert set(raised.value.columns) == {"reference", "in_response_to"}, name
    with pytest.raises(MissingColumn, match=r"the policy reads recorded_at.*columns=\{'recorded_at'"):
        balances(frame, DEFAULT, MONTH, known_at=MONTH, links=False)


@pytest.mark.parametrize("engine", ENGINES)
def test_every_function_refuses_a_magnitude_below_0_and_survey_counts_it(engine: str) -> None:
    frame = ENGINES[engine][0](rows_of(entry(), entry(magnitude=-2.0)))
    for call in FUNCTIONS.values():
        with pytest.raises(
            InvalidMagnitude, match=r"below 0 or not finite in 1 rows, such as .*'ada'.*say with the type"
        ):
            call(frame, DEFAULT)
    assert survey(frame, DEFAULT).negative == 1


AT = pl.col("occurred_at")
REFUSED: Mapping[str, tuple[pl.Expr, type[Exception], str]] = {
    "naive instants": (AT.dt.replace_time_zone(None), NaiveDatetime, "no time zone; say which"),
    "naive recorded": (AT.dt.replace_time_zone(None).alias("recorded_at"), NaiveDatetime, "recorded_at has no time"),
    "instants as text": (AT.cast(pl.String), WrongType, "aware timestamps, or occurred_us"),
    "magnitudes as text": (pl.lit("two").alias("magnitude"), WrongType, "magnitude holds String, not numbers"),
    "kinds as numbers": (pl.lit(3).alias("kind"), WrongType, "kind holds Int.*cast it before"),
    "types as truths": (pl.lit(value=True).alias("type"), WrongType, "type holds Boolean.*cast it before"),
    "accounts as floats": (pl.lit(17850.0).alias("account"), WrongType, "account holds Float64.*loses its digits"),
    "ids as floats": (pl.lit(17850.0).alias("id"), WrongType, "id holds Float64.*loses its digits"),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", REFUSED)
def test_a_column_that_holds_what_it_cannot_is_refused(name: str, engine: str) -> None:
    change, error, match = REFUSED[name]
    frame = ENGINES[engine][0](GIVEN.with_columns(change))
    for read in (balances, survey, contributions):
        with pytest.raises(error, match=match):
            read(frame, DEFAULT, *([] if read is survey else [MONTH]))


@pytest.mark.parametrize("engine", ENGINES)
def test_money_of_two_currencies_needs_a_home(engine: str) -> None:
    made, seen = ENGINES[engine]
    frame = rows_of(*(entry(kind="charge", currency=currency) for currency in ("USD", "EUR")))
    for policy in (DEFAULT, FOLDED):
        with pytest.raises(CurrencyMismatch, match="money in EUR, USD; .*home="):
            balances(made(frame), policy, MONTH)
        (row,) = seen(balances(made(frame), policy, MONTH, home="USD")).to_dicts()
        assert (row["entries"], row["unvalued"]) == (2, 1)


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_of_nobody_are_in_no_reading_and_unknown_kinds_count_0_and_are_counted(engine: str) -> None:
    made, seen = ENGINES[engine]
    frame = rows_of(entry(), entry(account=None), entry(account="bob", kind="snub"))
    for policy in (DEFAULT, FOLDED):
        found = seen(balances(made(frame), policy, MONTH)).sort("account")
        assert found.select("account", "entries", "unvalued").rows() == [("ada", 1, 0), ("bob", 1, 1)]
        assert found["balance"][1] == 0.0
    counted = survey(made(frame), DEFAULT)
    assert (counted.parked, counted.unrated) == (1, {"snub": 1})


@pytest.mark.parametrize("engine", ENGINES)
def test_survey_counts_what_says_neither_its_type_nor_its_kind(engine: str) -> None:
    frame = rows_of(entry(kind=None), entry(type=None)).with_columns(pl.col("type").cast(pl.String))
    found = survey(ENGINES[engine][0](frame), DEFAULT)
    assert (found.unrated, found.other_types) == ({"": 1}, {"": 1})


@pytest.mark.parametrize("engine", ENGINES)
def test_a_reference_that_stands_twice_is_read_twice_and_counted_and_an_id_is_of_one_entry(engine: str) -> None:
    made, seen = ENGINES[engine]
    twice = made(rows_of(entry(reference="late"), entry(reference="late")))
    for policy in (DEFAULT, FOLDED):
        assert seen(balances(twice, policy, MONTH))["entries"].to_list() == [2]
    assert survey(twice, DEFAULT).same_reference == 1
    same = made(rows_of(entry(id="7"), entry(id="7")))
    assert survey(same, DEFAULT).same_id == 1
    with pytest.raises(InvalidEntry, match="1 ids stand in more than one row, such as '7'.*drop the duplicates"):
        balances(same, POLICIES["loyalty"], MONTH)


FULL = cache(lambda name: FUNCTIONS[name](GIVEN, DEFAULT).schema)
EMPTY = [pytest.param(engine, marks=[pytest.mark.slow] if engine in {"pandas", "duckdb"} else []) for engine in ENGINES]


@pytest.mark.parametrize("engine", EMPTY)
def test_an_empty_frame_has_an_empty_answer_with_the_columns_and_types_of_a_full_one(engine: str) -> None:
    made, seen = ENGINES[engine]
    for name, call in FUNCTIONS.items():
        for policy in (DEFAULT, FOLDED) if engine == "polars" else (DEFAULT,):
            empty = seen(call(made(GIVEN.head(0)), policy))
            assert name == "sensitivity" or len(empty) == 0, name
            added = {column: dtype for column, dtype in empty.schema.items() if column != "after_habituation"}
            assert added == dict(FULL(name)), name


@pytest.mark.parametrize("engine", ENGINES)
def test_instants_before_1970_and_after_2100_are_read_to_the_microsecond(engine: str) -> None:
    made, seen = ENGINES[engine]
    far = [datetime(1901, 2, 3, 4, 5, 6, 7, tzinfo=UTC), datetime(2150, 2, 3, 4, 5, 6, 7, tzinfo=UTC)]
    frame = made(rows_of(*(entry(account=str(at.year), occurred_at=at) for at in far)))
    days = DEFAULT.decay.default.days  # type: ignore[attr-defined] # a half-life
    for policy in (DEFAULT, FOLDED) if engine in {"polars", "pandas"} else (DEFAULT,):
        last = seen(balances(frame, policy, far[1])).sort("account")
        first = seen(balances(frame, policy, far[0] + timedelta(days=days)))
        assert first["account"].to_list() == ["1901"]
        assert first["balance"][0] == pytest.approx(last["balance"][1] / 2, abs=1e-12)
        assert last["balance"][0] == pytest.approx(0.0, abs=1e-200)
        assert last["last_contact_us"].to_list() == [to_us(at) for at in far]
