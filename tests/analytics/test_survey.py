"""What a reading of a frame leaves out is counted, on every engine."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl
import pytest

from goodwill.analytics import Survey, balances, survey
from goodwill.testing.book import NOW
from tests.analytics.test_balances import ENGINES, POLICIES, entry

OURS = POLICIES["default"]


def rows_of(*entries: dict[str, Any]) -> pl.DataFrame:
    given = {"reference": None, "in_response_to": None}
    schema = {"reference": pl.String, "in_response_to": pl.String, "occurred_at": pl.Datetime("us", "UTC")}
    rows = [{"id": str(number), "seq": number, **given, **each} for number, each in enumerate(entries, start=1)]
    return pl.DataFrame(rows, schema_overrides=schema)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_no_reading_has_and_what_no_policy_rates_is_counted(engine: str) -> None:
    made, _ = ENGINES[engine]
    frame = rows_of(
        entry(),
        entry(account=None),
        entry(occurred_at=None),
        entry(kind="snub"),
        entry(kind="snub", type="deposit"),
        entry(type="refund"),
        entry(type="observation", kind="touch"),
        entry(magnitude=-1.0),
    )
    found = survey(made(frame), OURS)
    assert found == Survey(
        8, parked=2, negative=1, other_types={"refund": 1}, unrated={"snub": 2}
    )  # distinct ids, and a seq each
    assert not found.is_clean


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_that_stand_twice_or_in_no_order_are_counted(engine: str) -> None:
    made, _ = ENGINES[engine]
    twice = rows_of(
        entry(id="7", reference="late", revision=1),
        entry(id="7", reference="late", revision=1),
        entry(id="8", reference="late", revision=2),
    )
    found = survey(made(twice), OURS)
    assert (found.same_id, found.same_reference, found.tied) == (1, 1, 0)
    unordered = rows_of(entry(), entry(), entry(reference="late"), entry(account="bob")).drop("seq")
    assert survey(made(unordered), OURS).tied == 1


def test_parked_rows_are_in_no_balance() -> None:
    frame = rows_of(entry(), entry(account=None), entry(occurred_at=None))
    for policy in (OURS, POLICIES["habituation"]):
        assert balances(frame, policy, NOW).select("account", "entries").rows() == [("ada", 1)]


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_that_say_no_type_are_in_no_balance(engine: str) -> None:
    made, seen = ENGINES[engine]
    frame = made(rows_of(entry(), entry(account="bob", type=None)))
    assert seen(balances(frame, OURS, NOW)).get_column("account").to_list() == ["ada"]


def test_a_clean_frame_has_nothing_to_tell() -> None:
    frame = rows_of(entry(), entry(occurred_at=datetime(2103, 2, 1, tzinfo=NOW.tzinfo)))
    assert survey(frame, OURS).is_clean
    assert survey(frame.head(0), OURS) == Survey(0)
