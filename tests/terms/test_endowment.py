"""The honeymoon: a stock that is there from the opening, and fades."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill import Period
from goodwill.decays import CalendarExpiry, HalfLife
from goodwill.domain.errors import PolicyError
from goodwill.policies.component import unregister
from goodwill.policies.decay import Decay
from goodwill.policies.term import Term
from goodwill.terms import Endowment, Silence
from goodwill.testing.strategies import decays

HONEYMOON = Endowment(points=20, decay=HalfLife(days=60).grace(days=30))
QUIET = Silence(points=5, grace=60, half_life=90)


@given(st.integers(0, 10**6), decays().filter(lambda decay: not decay.dated), st.floats(0, 1e6))
def test_it_is_what_is_left_of_the_stock(points: float, decay: Any, open_days: float) -> None:
    amount = Endowment(points=points, decay=decay).amount(open_days, 0.0)
    assert amount == pytest.approx(points * decay.share(open_days))
    assert 0.0 <= amount <= points


@pytest.mark.parametrize("decay", [CalendarExpiry(months=1), CalendarExpiry(months=1).grace(days=3)])
def test_a_calendar_is_refused_when_a_term_is_built(decay: Decay) -> None:
    with pytest.raises(PolicyError, match=r"no date that a calendar could decide by; use .expire\(days="):
        Endowment(points=20, decay=decay)


def test_a_calendar_is_refused_in_a_term_of_ones_own_too() -> None:
    class Tranches(Term, type="tranches_for_a_test"):
        of: tuple[Decay, ...]

        def amount(self, open_days: Any, silent_days: Any) -> Any:
            return sum(decay.remaining(open_days) for decay in self.of)

    try:
        with pytest.raises(PolicyError, match="no date that a calendar could decide by"):
            Tranches(of=(HalfLife(days=3), CalendarExpiry(months=1)))
    finally:
        unregister(Tranches)


@pytest.mark.parametrize("first", ["observation", "promise", "deposit", "withdrawal"])
def test_it_begins_with_the_first_fact_of_any_sort(ledger_with: Any, day: Any, first: str) -> None:
    ledger = ledger_with(HONEYMOON)
    {
        "observation": lambda: ledger.observe("ada", "review", 4, occurred_at=day(0)),
        "promise": lambda: ledger.promise("ada", "callback", due=day(90_000), occurred_at=day(0)),
        "deposit": lambda: ledger.deposit("ada", "thank_you", occurred_at=day(0)),
        "withdrawal": lambda: ledger.withdraw("ada", "dispute", occurred_at=day(0)),
    }[first]()
    ledger.observe("ada", "contact", occurred_at=day(50))
    assert ledger.balance("ada", as_of=day(90)).terms == {"endowment": pytest.approx(10.0)}


def test_a_fact_recorded_later_that_happened_earlier_moves_the_opening(ledger_with: Any, day: Any) -> None:
    ledger = ledger_with(HONEYMOON)
    ledger.observe("ada", "contact", occurred_at=day(60))
    assert ledger.balance("ada", as_of=day(90)).points == pytest.approx(20)
    ledger.observe("ada", "contact", occurred_at=day(0))
    assert ledger.balance("ada", as_of=day(90)).points == pytest.approx(10)


def test_it_carries_a_customer_over_a_first_failure(ledger_with: Any, day: Any) -> None:
    ledger = ledger_with(HONEYMOON)
    ledger.withdraw("ada", "dispute", occurred_at=day(1))
    ledger.observe("bob", "contact", occurred_at=day(-400))
    ledger.withdraw("bob", "dispute", occurred_at=day(1))
    ada, bob = ledger.balance("ada", as_of=day(1)), ledger.balance("bob", as_of=day(1))
    assert ada.points == pytest.approx(bob.points + 20, abs=0.5)
    assert (ada.is_overdrawn, bob.is_overdrawn) == (True, True)
    assert ada.positive == pytest.approx(20)


# Terms together


@given(st.lists(st.integers(0, 400), min_size=1, max_size=5), st.integers(0, 400), st.integers(1, 300))
def test_a_statement_with_terms_adds_up_and_each_term_has_its_line(
    ledger_with: Any, day: Any, days: list[int], start: int, length: int
) -> None:
    ledger = ledger_with(HONEYMOON, QUIET)
    for number, at in enumerate(days):
        write = ledger.deposit if number % 2 else ledger.withdraw
        write("ada", "thank_you" if number % 2 else "dispute", occurred_at=day(at))
    first = ledger.statement("ada", Period(day(start), day(start + length)))
    second = ledger.statement("ada", Period(day(start + length), day(start + 2 * length)))
    assert abs(first.residual) <= 1e-9 * (1 + first.deposited + first.withdrawn + abs(first.opening))
    assert first.closing == pytest.approx(second.opening, abs=1e-9)
    opening = ledger.balance("ada", as_of=day(start)).terms
    closing = ledger.balance("ada", as_of=day(start + length)).terms
    if start not in days and start + length not in days:  # a statement reads its opening before what happens then
        for tag, moved in first.terms.items():
            assert moved == pytest.approx(closing[tag] - opening.get(tag, 0.0), abs=1e-9)


def test_each_term_counts_in_the_part_of_its_sign(ledger_with: Any, day: Any) -> None:
    ledger = ledger_with(QUIET, HONEYMOON)
    ledger.observe("ada", "contact", occurred_at=day(0))
    balance = ledger.balance("ada", as_of=day(150))
    assert balance.terms == {"endowment": pytest.approx(5), "silence": pytest.approx(-2.5)}
    assert (balance.positive, balance.negative, balance.points) == pytest.approx((5, -2.5, 2.5))


def test_a_policy_with_terms_is_not_additive_and_has_one_of_each(ledger_with: Any) -> None:
    policy = ledger_with(HONEYMOON).policy
    assert not policy.is_additive
    with pytest.raises(PolicyError, match="two terms are endowment"):
        policy.replace(terms=(HONEYMOON, HONEYMOON.replace(points=1)))


def test_it_prints_as_code_and_stores_as_json() -> None:
    assert Term.from_json(HONEYMOON.to_json()) == HONEYMOON
    assert repr(HONEYMOON) == "Endowment(points=20.0, decay=Grace(days=30.0, of=HalfLife(days=60.0)))"
