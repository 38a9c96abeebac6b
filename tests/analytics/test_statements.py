"""Statements of a frame are those of a ledger, on every engine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goodwill.analytics import balances, statement_frame
from goodwill.domain.entry import Fact
from goodwill.domain.errors import InvalidPeriod
from goodwill.domain.period import Period
from goodwill.domain.statement import Statement
from goodwill.ledger.merging import Customer
from goodwill.ledger.reading import Reader
from goodwill.policies.policy import Policy
from goodwill.testing.book import NOW
from goodwill.testing.histories import CATALOG, END, START, policies
from tests.analytics.test_balances import ENGINES, entry, frame_of, ledgers
from tests.analytics.test_trajectory import WAYS

MIDDLE = START + timedelta(days=300)
NUMBERS = ("opening", "deposited", "withdrawn", "forgotten", "forgiven", "closing")


def statements(facts: Sequence[Fact], policy: Policy, period: Period) -> dict[str, Statement]:
    """What a ledger says of each account that has an entry before the end."""
    reader = Reader(policy, CATALOG, "USD", NOW)
    at_end = Reader(policy, CATALOG, "USD", period.end - timedelta(microseconds=1))
    by_account: dict[str, list[Fact]] = {}
    for fact in facts:
        by_account.setdefault(fact.account, []).append(fact)
    return {
        account: reader.statement(Customer(account, None, own), period)
        for account, own in by_account.items()
        if at_end.history(own).known
    }


def agree(answer: pl.DataFrame, expected: dict[str, Statement]) -> None:
    assert sorted(answer["account"]) == sorted(expected)
    for row in answer.iter_rows(named=True):
        statement = expected[row["account"]]
        terms = {name: row[name] for name in statement.terms}
        lines = [row[name] for name in NUMBERS]
        size = 1.0 + sum(map(abs, lines)) + sum(abs(line.worth) for line in statement.lines)
        assert lines == pytest.approx([getattr(statement, name) for name in NUMBERS], abs=1e-9 * size)
        assert terms == pytest.approx(dict(statement.terms), abs=1e-9 * size)
        opening, deposited, withdrawn, forgotten, forgiven, closing = lines
        moved = deposited - withdrawn - forgotten + forgiven + sum(terms.values())
        assert opening + moved == pytest.approx(closing, abs=1e-9 * size)


def stated(frame: Any, policy: Policy, start: datetime, end: datetime) -> Any:
    return statement_frame(frame, policy, start, end, home="USD", catalog=CATALOG)


@pytest.mark.parametrize("engine", ENGINES)
@given(facts=ledgers(), name=st.sampled_from(sorted(WAYS)))
@settings(max_examples=5)
def test_a_frame_is_stated_as_a_ledger_states_it(engine: str, facts: list[Fact], name: str) -> None:
    made, seen = ENGINES[engine]
    answer = seen(stated(made(frame_of(facts)), WAYS[name], MIDDLE, END))
    agree(answer, statements(facts, WAYS[name], Period(MIDDLE, END)))


@given(facts=ledgers(), policy=policies())
@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
def test_under_any_policy_a_frame_is_stated_as_a_ledger_states_it(facts: list[Fact], policy: Policy) -> None:
    agree(stated(frame_of(facts), policy, MIDDLE, END), statements(facts, policy, Period(MIDDLE, END)))


@given(facts=ledgers())
@settings(max_examples=5)
def test_the_closing_of_a_period_is_the_opening_of_the_next(facts: list[Fact]) -> None:
    for policy in (WAYS["default"], WAYS["honeymoon"], WAYS["habituation"]):
        first = stated(frame_of(facts), policy, START, MIDDLE)
        then = {row["account"]: row["opening"] for row in stated(frame_of(facts), policy, MIDDLE, END).to_dicts()}
        for row in first.to_dicts():
            assert then[row["account"]] == pytest.approx(row["closing"], abs=1e-9)


def test_each_term_has_a_line_of_its_own_before_the_closing() -> None:
    rows = [entry(occurred_at=START)]
    answer = statement_frame(pl.DataFrame(rows), WAYS["honeymoon"], MIDDLE, END, links=False)
    assert answer.columns == [
        "account", "opening", "deposited", "withdrawn", "forgotten", "forgiven", "endowment", "closing", "entries",
    ]  # fmt: skip
    assert answer["endowment"][0] < 0.0


def test_what_happens_at_the_end_is_the_next_periods() -> None:
    rows = [entry(occurred_at=START), entry(occurred_at=MIDDLE), entry(occurred_at=END)]
    answer = statement_frame(pl.DataFrame(rows), WAYS["default"], MIDDLE, END, links=False)
    (row,) = answer.to_dicts()
    assert row["entries"] == 1
    alone = balances(pl.DataFrame(rows[:1]), WAYS["default"], MIDDLE, links=False)["balance"][0]
    assert row["opening"] == pytest.approx(alone)
    both = balances(pl.DataFrame(rows[:2]), WAYS["default"], END, links=False)["balance"][0]
    assert row["closing"] == pytest.approx(both)


def test_a_period_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(InvalidPeriod, match="ends after it starts"):
        statement_frame(pl.DataFrame([entry()]), WAYS["default"], END, START, links=False)
