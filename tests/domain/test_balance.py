"""Balances, contributions and statements as plain values, and statements rounded for print."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.domain.balance import Balance, Contribution, TraceStep, Unvalued
from goodwill.domain.errors import ReferenceConflict
from goodwill.domain.period import Period
from goodwill.domain.statement import Line, Statement

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
WHEN = "2026-01-01T12:00:00+00:00"
AMOUNTS = st.floats(-1e6, 1e6)


def balance() -> Balance:
    return Balance(
        account="ada", points=1.5, displayed=1.5, positive=2.0, negative=-0.5, as_of=NOON, known_at=None,
        policy="p@12345678", standing="warm", is_overdrawn=False, terms={"silence": -0.25}, entries=2, last_contact=NOON,
        unvalued=(Unvalued("id", "r", "mystery", NOON, "no rate for kind"),),
    )  # fmt: skip


def statement(**changes: object) -> Statement:
    given = {
        "account": "ada", "period": Period(NOON, NOON + timedelta(days=1)), "known_at": None, "policy": "p@12345678",
        "opening": 1.0, "deposited": 2.0, "withdrawn": 0.5, "forgotten": 0.25, "forgiven": 0.0, "closing": 2.0,
        "terms": {"silence": -0.25}, "lines": (Line(NOON, "id", "r", "deposit", "gift", 2.0),),
    }  # fmt: skip
    return Statement(**{**given, **changes})  # type: ignore[arg-type]


def test_a_balance_as_plain_values_says_all_that_it_holds() -> None:
    told = json.loads(json.dumps(balance().to_dict()))
    assert told["points"] == 1.5
    assert told["as_of"] == told["last_contact"] == WHEN
    assert told["terms"] == {"silence": -0.25}
    assert told["unvalued"] == [
        {"id": "id", "reference": "r", "kind": "mystery", "occurred_at": WHEN, "reason": "no rate for kind"}
    ]
    assert set(told) == set(Balance.__slots__)


def test_a_balance_in_one_line_names_the_account_the_standing_and_the_policy() -> None:
    assert str(balance()) == "ada: 1.50 (warm), p@12345678"


def test_a_contribution_as_plain_values_keeps_its_trace() -> None:
    made = Contribution(
        id="id", reference=None, account="ada", type="deposit", kind="gift", occurred_at=NOON, worth=2.0, share=0.5,
        points=1.0, trace=(TraceStep("rate_card", 0.0, 2.0, "per event"),),
    )  # fmt: skip
    told = json.loads(json.dumps(made.to_dict()))
    assert told["trace"] == [{"step": "rate_card", "before": 0.0, "after": 2.0, "note": "per event"}]
    assert (told["occurred_at"], told["worth"], told["share"], told["points"]) == (WHEN, 2.0, 0.5, 1.0)
    assert set(told) == set(Contribution.__slots__)


def test_a_statement_as_plain_values_names_its_bounds_and_its_lines() -> None:
    told = json.loads(json.dumps(statement().to_dict()))
    assert (told["start"], told["end"]) == (WHEN, "2026-01-02T12:00:00+00:00")
    assert told["lines"] == [
        {"occurred_at": WHEN, "id": "id", "reference": "r", "type": "deposit", "kind": "gift", "worth": 2.0}
    ]
    assert (told["opening"], told["deposited"], told["terms"]) == (1.0, 2.0, {"silence": -0.25})
    assert set(told) == {"start", "end", *Statement.__slots__} - {"period"}


def test_a_statement_is_rounded_to_cents_unless_told_otherwise() -> None:
    exact = statement(opening=1.0049, closing=2.0041, terms={"silence": -0.2549})
    assert exact.rounded() == exact.rounded(2)
    assert (exact.rounded().opening, exact.rounded().terms) == (1.0, {"silence": -0.25})
    assert (exact.rounded(3).opening, exact.rounded(3).terms) == (1.005, {"silence": -0.255})
    assert exact.rounded(0).closing == 2.0


@given(
    st.fixed_dictionaries(dict.fromkeys(["opening", "deposited", "forgotten", "closing"], AMOUNTS)),
    AMOUNTS,
    st.integers(0, 4),
)
def test_what_rounding_leaves_goes_to_forgotten_so_that_print_adds_up(
    numbers: dict[str, float], term: float, digits: int
) -> None:
    shown = statement(**numbers, terms={"silence": term}).rounded(digits)
    assert abs(shown.residual) < 10.0**-digits / 100 + 1e-6 * 10.0**-digits + 1e-9
    assert shown.forgotten == round(shown.forgotten, digits)
    assert str(shown.forgotten) != "-0.0"


def test_a_conflict_hands_over_both_sides() -> None:
    error = ReferenceConflict("two facts", original="first", attempted="second")
    assert (error.original, error.attempted, str(error)) == ("first", "second", "two facts")


def test_there_is_no_negative_zero_in_print() -> None:
    shown = statement(opening=0.0, deposited=0.0, withdrawn=0.0, forgotten=0.0, closing=0.0, terms={}).rounded()
    assert [str(shown.forgotten), str(shown.opening)] == ["0.0", "0.0"]


@pytest.mark.parametrize("name", ["opening", "closing", "forgiven", "deposited", "withdrawn", "restated"])
def test_every_number_of_a_statement_counts_in_its_identity(name: str) -> None:
    before, after = statement(), statement(**{name: 17.0})
    assert before.residual != after.residual
