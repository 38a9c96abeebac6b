"""Who moved most, and how cohorts stand: told from statements and balances, on every engine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from goodwill import presets
from goodwill.analytics import MixedCohort, balances, cohorts, movers, statement_frame
from goodwill.domain.errors import InvalidPeriod
from goodwill.terms import Silence
from goodwill.testing.histories import CATALOG
from tests.analytics.test_balances import ENGINES, entry

DEFAULT = presets.default(CATALOG)
START = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2026, 4, 1, tzinfo=UTC)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


ROWS = [
    entry(account="ada", magnitude=1.0, occurred_at=day(3), id="1"),
    entry(account="ada", magnitude=4.0, occurred_at=day(5), id="2"),
    entry(account="ada", type="deposit", kind="gift", occurred_at=day(9), id="3"),
    entry(account="bob", type="deposit", kind="gift", occurred_at=day(20), id="4"),
    entry(account="cy", kind="fault", occurred_at=day(-60), id="5"),
    entry(account="di", type="deposit", kind="gift", occurred_at=day(-30), id="6"),
]


@pytest.mark.parametrize("engine", ENGINES)
def test_movers_are_those_whose_statements_moved_most_and_say_through_what(engine: str) -> None:
    made, seen = ENGINES[engine]
    answer = seen(movers(made(pl.DataFrame(ROWS)), DEFAULT, START, END, n=2, links=False))
    assert answer.select("account", "through", "entry").rows() == [
        ("ada", "delay", "2"),
        ("di", "forgotten", None),
        ("bob", "gift", "4"),
        ("cy", "forgiven", None),
    ]
    stated = statement_frame(pl.DataFrame(ROWS), DEFAULT, START, END, links=False)
    change = {row["account"]: row["closing"] - row["opening"] for row in stated.to_dicts()}
    assert answer["change"].to_list() == pytest.approx(sorted(change.values()))
    assert answer["change"].to_list() == pytest.approx([change[name] for name in answer["account"]])


def test_movers_are_no_more_than_asked_and_nobody_who_did_not_move() -> None:
    one = movers(pl.DataFrame(ROWS), DEFAULT, START, END, n=1, links=False)
    assert len(one) == 2
    assert one["account"][0] == "ada"
    still = movers(pl.DataFrame(ROWS), DEFAULT, day(-400), day(-300), links=False)
    assert len(still) == 0
    assert still.columns == one.columns
    with pytest.raises(InvalidPeriod, match="at least one"):
        movers(pl.DataFrame(ROWS), DEFAULT, START, END, n=0)


def test_a_term_may_be_what_moved_an_account_and_an_entry_without_an_id_has_no_name() -> None:
    silent = DEFAULT.replace(terms=(Silence(points=50, grace=1, half_life=20),))
    frame = pl.DataFrame(ROWS).drop("id")
    answer = movers(frame, silent, START, END, n=4, links=False)
    through = dict(answer.select("account", "through").rows())
    assert through["cy"] == "silence"
    assert answer["entry"].to_list() == [None] * len(answer)


@pytest.mark.parametrize("engine", ENGINES)
def test_cohorts_by_the_month_of_the_first_entry_count_every_account_once(engine: str) -> None:
    made, seen = ENGINES[engine]
    answer = seen(cohorts(made(pl.DataFrame(ROWS)), DEFAULT, END, links=False))
    assert answer.select("cohort", "standing", "accounts", "share").rows() == [
        ("2025-11", "overdrawn", 1, 1.0),
        ("2025-12", "positive", 1, 1.0),
        ("2026-01", "overdrawn", 1, 0.5),
        ("2026-01", "positive", 1, 0.5),
    ]
    read = dict(balances(pl.DataFrame(ROWS), DEFAULT, END, links=False).select("account", "balance").rows())
    assert answer["mean"].to_list() == pytest.approx([read[name] for name in ("cy", "di", "ada", "bob")])


def test_cohorts_by_a_column_are_those_that_it_names() -> None:
    segment = {"ada": "gold", "bob": "gold", "cy": "new", "di": "new"}
    rows: list[dict[str, Any]] = [row | {"segment": segment[row["account"]]} for row in ROWS]
    answer = cohorts(pl.DataFrame(rows), DEFAULT, END, by="segment", links=False)
    assert answer.columns == ["segment", "standing", "accounts", "share", "mean"]
    assert answer["segment"].to_list() == ["gold", "gold", "new", "new"]
    with pytest.raises(MixedCohort):
        cohorts(pl.DataFrame(rows), DEFAULT, END, by="kind", links=False)


def test_a_month_begins_where_the_zone_says() -> None:
    rows = [entry(occurred_at=datetime(2026, 2, 28, 23, 30, tzinfo=UTC))]
    answer = cohorts(pl.DataFrame(rows), DEFAULT, END, tz="Europe/Berlin", links=False)
    assert answer["cohort"].to_list() == ["2026-03"]
