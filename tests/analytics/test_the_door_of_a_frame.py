"""What no entry can be does not get past the door, and what nobody said is read alike, by every engine and either way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import pytest

from goodwill.analytics import balances, contributions
from goodwill.domain.errors import InvalidEntry, InvalidMagnitude, WrongType
from tests.analytics.test_bad_input import DEFAULT, GIVEN, rows_of
from tests.analytics.test_balances import ENGINES, POLICIES, START, entry

NAN, INFINITE = float("nan"), float("inf")
FOLDED = POLICIES["loyalty"]


@pytest.mark.parametrize(
    ("magnitude", "engine"),
    # NaN is pandas' word for what nobody said.
    [(size, engine) for engine in ENGINES for size in (NAN, INFINITE) if engine != "pandas" or size == INFINITE],
)
def test_a_magnitude_that_is_no_finite_number_is_refused(magnitude: float, engine: str) -> None:
    frame = ENGINES[engine][0](rows_of(entry(), entry(magnitude=magnitude)))
    for policy in (DEFAULT, FOLDED):
        with pytest.raises(InvalidMagnitude, match=r"in 1 rows, such as .*'ada'"):
            balances(frame, policy, START)


GIFT: Mapping[str, Any] = {"type": "deposit", "kind": "gift", "magnitude": 1.0}
SIZES = {"sincerity": (1.5, -1.5, INFINITE), "severity": (-1.0, INFINITE)}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("name", "size"), [(name, size) for name, sizes in SIZES.items() for size in sizes])
def test_a_sincerity_or_severity_that_a_ledger_refuses_is_refused(name: str, size: float, engine: str) -> None:
    frame = ENGINES[engine][0](rows_of(entry(**GIFT, **{name: size})))
    for policy in (DEFAULT, FOLDED):
        with pytest.raises(InvalidEntry, match=name):
            balances(frame, policy, START)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_magnitude_that_nobody_said_is_1_for_an_event_on_each_way(engine: str) -> None:
    made, seen = ENGINES[engine]
    said, unsaid = made(rows_of(entry(**GIFT))), made(rows_of(entry(**GIFT | {"magnitude": None})))
    for policy in (DEFAULT, FOLDED):
        whole = seen(balances(said, policy, START))["balance"][0]
        assert seen(balances(unsaid, policy, START))["balance"][0] == pytest.approx(whole)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_kind_that_nobody_said_is_unvalued_on_each_way(engine: str) -> None:
    made, seen = ENGINES[engine]
    frame = made(rows_of(entry(kind=None), entry()))
    for policy in (DEFAULT, FOLDED):
        assert seen(balances(frame, policy, START)).select("entries", "unvalued").rows() == [(2, 1)]
        assert sorted(seen(contributions(frame, policy, START))["is_valued"]) == [False, True]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["reference", "in_response_to", "reverses", "currency", "severity", "recorded_at"])
def test_a_column_of_nothing_of_no_type_is_read_as_nobody_said_it(name: str, engine: str) -> None:
    made, seen = ENGINES[engine]
    frame = made(GIVEN.with_columns(pl.lit(None).alias(name)))
    whole = seen(balances(made(GIVEN), DEFAULT, START)).sort("account")
    assert seen(balances(frame, DEFAULT, START)).sort("account").equals(whole)


@pytest.mark.parametrize("engine", ENGINES)
def test_microseconds_that_are_no_numbers_are_refused(engine: str) -> None:
    frame = ENGINES[engine][0](GIVEN.drop("occurred_at").with_columns(occurred_us=pl.lit("yesterday")))
    with pytest.raises(WrongType, match="occurred_us holds String"):
        balances(frame, DEFAULT, START)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_row_of_a_type_that_is_none_opens_no_account(engine: str) -> None:
    """survey says that no reading has it."""
    made, seen = ENGINES[engine]
    frame = made(rows_of(entry(type="refund")))
    for policy in (POLICIES["honeymoon"], FOLDED):
        assert len(seen(balances(frame, policy, START))) == 0
