"""Answers to withdrawals find the failure that they name on every engine, however many of one name there are."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from goodwill.analytics import answering, balances, plan
from tests.analytics.test_balances import ENGINES, NOW, POLICIES, SCHEMA, entry

POLICY = POLICIES["default"]


def frame_of(*rows: dict[str, Any]) -> pl.DataFrame:
    given = [{"id": str(number), **row} for number, row in enumerate(rows)]
    return pl.DataFrame(given, schema={name: SCHEMA[name] for name in (
        "account", "type", "kind", "magnitude", "currency", "occurred_at", "id", "reference", "in_response_to",
    )})  # fmt: skip


def failed(**given: Any) -> dict[str, Any]:
    return entry(**{"kind": "delay", "reference": "late", **given})


def answered(link: str, **given: Any) -> dict[str, Any]:
    return entry(type="deposit", kind="gift", in_response_to=link, **given)


def points(engine: str, frame: pl.DataFrame) -> dict[str, float]:
    made, seen = ENGINES[engine]
    answer = seen(balances(made(frame), POLICY, NOW, home="USD"))
    return dict(zip(answer["account"].to_list(), answer["balance"].to_list(), strict=True))


def close(found: dict[str, float], wanted: dict[str, float]) -> bool:
    return found == {name: pytest.approx(balance) for name, balance in wanted.items()}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_failure_that_is_named_by_its_id_and_by_its_reference_is_one(engine: str) -> None:
    both = points(engine, frame_of(failed(id="a"), answered("a"), answered("late")))
    assert close(both, points(engine, frame_of(failed(id="a"), answered("late"), answered("late"))))
    apart = points(engine, frame_of(failed(id="a"), failed(id="b", reference="b"), answered("late"), answered("b")))
    alone = points(engine, frame_of(failed(id="a"), answered("late")))
    assert apart["ada"] == pytest.approx(2.0 * alone["ada"])
    assert both["ada"] != pytest.approx(2.0 * alone["ada"])


@pytest.mark.parametrize("engine", ENGINES)
def test_an_answer_finds_the_failure_of_its_own_account(engine: str) -> None:
    mine = frame_of(failed(), answered("late"))
    theirs = frame_of(failed(account="bob", magnitude=5.0), answered("late", account="bob"))
    wanted = points(engine, mine) | points(engine, theirs)
    assert close(points(engine, pl.concat([mine, theirs])), wanted)
    # Nobody else's failure is answered.
    strange = points(engine, frame_of(failed(account="bob"), answered("late")))
    assert strange["ada"] == pytest.approx(points(engine, frame_of(answered("nothing")))["ada"])


@pytest.mark.parametrize("engine", ENGINES)
def test_what_answers_nothing_in_force_is_a_deposit_like_any_other(engine: str) -> None:
    plain = points(engine, frame_of(entry(type="deposit", kind="gift")))
    assert close(points(engine, frame_of(answered("nothing"))), plain)
    good = frame_of(entry(type="deposit", kind="gift", account="bob", reference="good"), answered("good", account="cy"))
    assert close(points(engine, good), {"bob": plain["ada"], "cy": plain["ada"]})


def test_answers_of_duckdb_are_read_in_buckets_of_whole_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row for name in "abcdefgh" for row in (
        failed(account=name, id=None), answered("late", account=name, id=None), answered("late", account=name, id=None),
    )]  # fmt: skip
    frame = frame_of(*rows, entry(account="z"), answered("nothing", account="y"))
    whole = points("duckdb", frame)
    assert close(whole, points("polars", frame))
    monkeypatch.setattr(answering, "BUCKET", 3)
    assert close(points("duckdb", frame), whole)


def test_a_plan_says_that_arrays_read_the_answers_of_duckdb() -> None:
    frame = ENGINES["duckdb"][0](frame_of(failed()))
    apart = "duckdb computes all of it but the answers to withdrawals, which arrays of NumPy read at the call"
    assert str(plan(frame, POLICY)) == apart
    assert str(plan(frame, POLICY, links=False)) == "duckdb computes all of it"
