"""Neglect: bounded, nothing within its grace, ended by any contact."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill import Reversal
from goodwill.policies.term import Term
from goodwill.terms import Silence

silences = st.builds(
    Silence, points=st.floats(1e-3, 1e3), grace=st.just(0.0) | st.floats(0.1, 1e3), half_life=st.floats(0.1, 1e4)
)
spans = st.floats(0, 1e7)
FIVE = Silence(points=5, grace=60, half_life=90)


@given(silences, spans, spans)
def test_it_lies_between_nothing_and_minus_its_points_and_never_recovers_by_itself(
    term: Silence, one: float, other: float
) -> None:
    soon, late = (term.amount(1e8, silent) for silent in sorted((one, other)))
    assert -term.points <= late <= soon <= 0.0


@given(silences, st.floats(0, 1))
def test_within_its_grace_it_costs_nothing(term: Silence, part: float) -> None:
    amount = term.amount(1e8, term.grace * part)
    assert (amount, str(amount)) == (0.0, "0.0")


@given(silences)
def test_half_of_it_is_lost_after_grace_and_half_life(term: Silence) -> None:
    assert term.amount(1e8, term.grace + term.half_life) == pytest.approx(-term.points / 2)


@pytest.mark.parametrize("contact", ["deposit", "withdrawal", "purchase", "contact", "kept"])
def test_any_contact_ends_it(ledger_with: Any, day: Any, contact: str) -> None:
    ledger = ledger_with(FIVE)
    ledger.observe("ada", "review", 4, occurred_at=day(0))
    made = ledger.promise("ada", "callback", due=day(90_000), occurred_at=day(0))
    at = day(100)
    {
        "deposit": lambda: ledger.deposit("ada", "thank_you", occurred_at=at),
        "withdrawal": lambda: ledger.withdraw("ada", "dispute", occurred_at=at),
        "purchase": lambda: ledger.observe("ada", "purchase", 20, occurred_at=at),
        "contact": lambda: ledger.observe("ada", "contact", occurred_at=at),
        "kept": lambda: ledger.keep(made, occurred_at=at),
    }[contact]()
    assert ledger.balance("ada", as_of=day(99)).terms["silence"] < -1
    assert ledger.balance("ada", as_of=at).terms == {"silence": 0.0}
    assert ledger.balance("ada", as_of=day(250)).terms == {"silence": pytest.approx(-2.5)}


def test_a_review_a_promise_and_its_breach_do_not_end_it(ledger_with: Any, day: Any) -> None:
    ledger = ledger_with(FIVE)
    ledger.observe("ada", "contact", occurred_at=day(0))
    ledger.observe("ada", "review", 4, occurred_at=day(100))
    ledger.promise("ada", "callback", due=day(120), occurred_at=day(110))
    assert ledger.balance("ada", as_of=day(150)).terms == {"silence": pytest.approx(-2.5)}


def test_what_has_no_worth_ends_it_all_the_same(ledger_with: Any, day: Any) -> None:
    ledger = ledger_with(FIVE)
    card = ledger.policy.valuation.steps[0]
    rates = {name: rate for name, rate in card.rates.items() if name != "thank_you"}
    policy = ledger.policy.replace(
        valuation=ledger.policy.valuation.replace(steps=(card.replace(rates=rates), *ledger.policy.valuation.steps[1:]))
    )
    ledger.deposit("ada", "thank_you", occurred_at=day(0))
    balance = ledger.balance("ada", as_of=day(150), policy=policy)
    assert (len(balance.unvalued), balance.terms) == (1, {"silence": pytest.approx(-2.5)})


def test_without_any_contact_it_counts_from_the_opening_and_before_it_is_nothing(ledger_with: Any, day: Any) -> None:
    ledger = ledger_with(FIVE)
    ledger.observe("ada", "review", 4, occurred_at=day(0))
    assert ledger.balance("ada", as_of=day(150)).points == pytest.approx(-2.5)
    before = ledger.balance("ada", as_of=day(-1))
    assert (before.points, before.terms, before.is_known) == (0.0, {}, False)
    assert ledger.balance("nobody", as_of=day(150)).points == 0.0


def test_a_contact_that_is_taken_back_ended_nothing(ledger_with: Any, day: Any) -> None:
    ledger = ledger_with(FIVE)
    ledger.observe("ada", "contact", occurred_at=day(0))
    wrong = ledger.observe("ada", "contact", occurred_at=day(100))
    what_if = ledger.what_if("ada", Reversal(reverses=wrong.id), as_of=day(150))
    assert what_if.terms == {"silence": pytest.approx(-2.5)}


def test_it_prints_as_code_and_stores_as_json() -> None:
    assert eval(repr(FIVE)) == FIVE
    assert Term.from_json(FIVE.to_json()) == FIVE
