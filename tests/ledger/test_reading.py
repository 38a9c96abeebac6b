"""What a ledger reads: identities that hold for every history, and the rules of the hard cases."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill import (
    Catalog,
    Deposit,
    Direction,
    Kind,
    Ledger,
    Money,
    Observation,
    Period,
    Rate,
    Ref,
    Reversal,
    Withdrawal,
    presets,
)
from goodwill.decays import HalfLife, NoDecay
from goodwill.domain.entry import Entry
from goodwill.domain.errors import UnknownAccount, UnknownEntry, WrongType
from goodwill.policies.valuation import Valuation
from goodwill.testing.clock import FixedClock
from goodwill.valuations import LinkedRecovery, RateCard

NOW = datetime(2026, 1, 1, tzinfo=UTC)
START = NOW - timedelta(days=400)

KINDS = ["upgrade", "thank_you", "refund", "late_delivery", "dispute", "rude_encounter", "contact"]
instants = st.integers(0, 400 * 24).map(lambda hours: START + timedelta(hours=hours))
magnitudes = st.decimals(0, 50, places=2)


@st.composite
def facts(draw: st.DrawFn) -> list[Entry]:
    """A history: some facts of two customers, some of them answers by reference, in any order of arrival."""
    catalog = presets.service_catalog()
    made: list[Entry] = []
    for number in range(draw(st.integers(0, 12))):
        kind = catalog[draw(st.sampled_from(KINDS))]
        form: Any = {"deposit": Deposit, "withdrawal": Withdrawal, "observation": Observation}[kind.direction]
        answers = (
            {"in_response_to": Ref(f"r{draw(st.integers(0, 12))}")}
            if kind.direction == "deposit" and draw(st.booleans())
            else {}
        )
        made.append(
            form(
                account=draw(st.sampled_from(["ada", "bob"])),
                kind=kind.name,
                magnitude=draw(magnitudes),
                occurred_at=draw(instants),
                reference=f"r{number}",
                severity=draw(st.none() | st.floats(0, 3)),
                **answers,
            )
        )
    return made


def in_memory(entries: list[Entry], **options: Any) -> Ledger:
    ledger = Ledger.in_memory(clock=FixedClock(NOW), **options)
    ledger.record_many(entries)
    return ledger


@given(facts())
def test_contributions_sum_to_the_balance_and_its_parts(history: list[Entry]) -> None:
    ledger = in_memory(history)
    for balance in ledger.balances():
        amounts = [item.points for item in ledger.contributions(balance.account)]
        size = math.fsum(map(abs, amounts))
        assert balance.points == pytest.approx(math.fsum(amounts), abs=1e-12 * size)
        assert balance.positive + balance.negative == pytest.approx(balance.points, abs=1e-12 * size)


@given(facts(), instants, st.integers(1, 5000), st.integers(1, 5000))
def test_a_statement_adds_up_and_one_periods_closing_is_the_nexts_opening(
    history: list[Entry], start: datetime, hours: int, more: int
) -> None:
    ledger = in_memory(history)
    middle = start + timedelta(hours=hours)
    for account in ("ada", "bob"):
        first = ledger.statement(account, Period(start, middle))
        second = ledger.statement(account, Period(middle, middle + timedelta(hours=more)))
        size = 1 + first.deposited + first.withdrawn + abs(first.opening) + abs(second.closing) + second.withdrawn
        assert abs(first.residual) <= 1e-9 * size
        assert first.closing == pytest.approx(second.opening, abs=1e-9 * size)
        for number in (first.deposited, first.withdrawn, first.forgotten, first.forgiven):
            assert number >= 0.0
        shown = second.rounded(2)
        assert round(shown.residual, 6) == 0.0


@given(facts(), st.randoms(use_true_random=False))
def test_where_references_exist_the_order_of_arrival_never_matters(history: list[Entry], random: Any) -> None:
    shuffled = list(history)
    random.shuffle(shuffled)
    one, other = in_memory(history), in_memory(shuffled)
    for account in ("ada", "bob"):
        assert one.balance(account).points == other.balance(account).points


@given(facts(), instants)
def test_no_reading_knows_the_future(history: list[Entry], as_of: datetime) -> None:
    whole = in_memory(history)
    past = in_memory([fact for fact in history if fact.occurred_at <= as_of])
    for account in ("ada", "bob"):
        assert whole.balance(account, as_of=as_of).points == past.balance(account, as_of=as_of).points


@given(facts(), st.data())
def test_a_reversal_is_the_history_without_the_entry(history: list[Entry], data: st.DataObject) -> None:
    if not history:
        return
    out = data.draw(st.sampled_from(history))
    ledger = in_memory(history)
    ledger.reverse(Ref(out.reference or ""))
    without = in_memory([fact for fact in history if fact is not out])
    for account in ("ada", "bob"):
        assert ledger.balance(account).points == without.balance(account).points


@given(facts(), st.data())
def test_an_amendment_is_the_history_with_the_fact_corrected(history: list[Entry], data: st.DataObject) -> None:
    if not history:
        return
    place = data.draw(st.integers(0, len(history) - 1))
    severity = data.draw(st.floats(0, 3))
    ledger = in_memory(history)
    ledger.amend(Ref(history[place].reference or ""), severity=severity)
    corrected = list(history)
    corrected[place] = replace(corrected[place], severity=severity)
    right = in_memory(corrected)
    for account in ("ada", "bob"):
        assert ledger.balance(account).points == right.balance(account).points


@given(facts())
def test_what_if_is_what_recording_would_read(history: list[Entry]) -> None:
    ledger = in_memory(history[:-1])
    if not history:
        return
    last = history[-1]
    imagined = ledger.what_if(last.account, last)
    entries = len(list(ledger.entries()))
    ledger.record(last)
    assert imagined.points == ledger.balance(last.account).points
    assert entries == len(history) - 1


@given(st.lists(st.tuples(st.decimals(0, 40, places=2), st.integers(0, 60)), min_size=1, max_size=6), st.booleans())
def test_recoveries_never_give_back_more_than_was_lost_and_is_left(
    offers: list[tuple[Decimal, int]], paradox: bool
) -> None:
    rho = 1.3 if paradox else 1.0
    policy = presets.default()
    steps = tuple(step for step in policy.valuation.steps if not isinstance(step, LinkedRecovery))
    policy = policy.replace(valuation=Valuation(steps=(*steps, LinkedRecovery(rho=rho))))
    ledger = Ledger.in_memory(policy, clock=FixedClock(NOW))
    failed = NOW - timedelta(days=60)
    ledger.withdraw("ada", "disputed_charge", 20, occurred_at=failed, reference="f")
    for amount, day in offers:
        at = failed + timedelta(days=day)
        ledger.deposit("ada", "refund", amount, occurred_at=at, in_response_to=Ref("f"))
    for day in sorted({day for _, day in offers}):
        at = failed + timedelta(days=day)
        (failure, *recoveries) = ledger.contributions("ada", as_of=at)
        worth_now = math.fsum(item.worth for item in recoveries)
        assert worth_now <= rho * -failure.worth * (1 + 1e-12)
        assert all(item.worth >= 0.0 for item in recoveries)
        last = recoveries[-1]
        assert last.worth <= rho * -failure.points * (1 + 1e-12) or last.worth == 0.0


def test_a_fact_is_read_as_it_was_known(ledger: Ledger, clock: FixedClock) -> None:
    clock.set(NOW)
    ledger.deposit("ada", "upgrade", occurred_at=NOW)
    before = clock.now()
    clock.advance(days=3)
    ledger.withdraw("ada", "dispute", occurred_at=NOW + timedelta(days=1))
    at = NOW + timedelta(days=2)
    assert ledger.balance("ada", as_of=at, known_at=before).points > 0
    assert ledger.balance("ada", as_of=at).points < 0


def test_a_reading_is_provisional_until_open_transactions_have_ended(ledger: Ledger, clock: FixedClock) -> None:
    ledger.deposit("ada", "upgrade")
    known = clock.now()
    assert ledger.balance("ada", known_at=known).provisional
    clock.advance(hours=1)
    assert not ledger.balance("ada", known_at=known).provisional
    assert not ledger.balance("ada").provisional


def test_an_unknown_account_reads_zero_and_is_not_known(ledger: Ledger) -> None:
    balance = ledger.balance("nobody")
    assert (balance.points, balance.is_known, balance.is_overdrawn) == (0.0, False, False)
    with pytest.raises(UnknownAccount):
        ledger.account("nobody")
    with pytest.raises(WrongType):
        ledger.balance(1.5)  # type: ignore[arg-type]  # that is what is tested


def test_an_account_says_when_it_opened(ledger: Ledger) -> None:
    ledger.deposit("ada", "upgrade", occurred_at=NOW - timedelta(days=2))
    ledger.observe("ada", "contact", occurred_at=NOW - timedelta(days=9))
    account = ledger.account("ada")
    assert (account.opened_at, account.entries) == (NOW - timedelta(days=9), 2)


def test_what_a_policy_has_no_opinion_on_counts_nothing_and_is_listed(make_ledger: Any) -> None:
    mystery = Kind("mystery", Direction.DEPOSIT)
    ledger = make_ledger(catalog=presets.service_catalog().extended(mystery))
    ledger.deposit("ada", "mystery", reference="m")
    ledger.deposit("ada", "refund", cost=Money("5", "EUR"), reference="e")
    ledger.deposit("ada", "upgrade")
    balance = ledger.balance("ada")
    assert {item.reference: item.reason for item in balance.unvalued} == {
        "m": "no rate for kind",
        "e": "no rate for currency",
    }
    assert balance.points == balance.positive == pytest.approx(10**0.88)
    assert balance.entries == 3


def test_a_foreign_currency_is_converted_by_the_policys_rates(make_ledger: Any) -> None:
    ledger = make_ledger(policy=presets.default().replace(currency="USD", rates={"EUR": 2.0}))
    ledger.deposit("ada", "fee_waived", cost=Money("5", "EUR"))
    ledger.deposit("bob", "fee_waived", cost=Money("10", "USD"))
    assert ledger.balance("ada").points == ledger.balance("bob").points


def test_an_event_is_priced_without_its_currency_and_magnitude(make_ledger: Any) -> None:
    card = RateCard(rates={"refund": Rate("event", material=3)})
    policy = presets.default().replace(valuation=Valuation(steps=(card,)), decay=NoDecay())
    ledger = make_ledger(policy=policy)
    ledger.deposit("ada", "refund", cost=Money("100", "EUR"))
    assert ledger.balance("ada").points == 3.0
    ledger.deposit("bob", "refund", 0)
    assert ledger.balance("bob").points == 0.0


def test_sincerity_scales_what_was_meant_and_not_what_was_handed_over(ledger: Ledger) -> None:
    ledger.deposit("ada", "upgrade", sincerity=0.0)
    assert ledger.balance("ada").points == pytest.approx(8**0.88)


def test_an_answer_that_arrives_before_its_failure_is_read_by_when_they_happened(ledger: Ledger) -> None:
    ledger.deposit("ada", "refund", 10, occurred_at=NOW - timedelta(days=1), in_response_to=Ref("late"))
    (alone,) = ledger.contributions("ada")
    assert alone.note == "what it answers is not visible, or happened later"
    ledger.withdraw("ada", "late_delivery", 3, occurred_at=NOW - timedelta(days=2), reference="late")
    _, linked = ledger.contributions("ada")
    assert linked.recovers == ledger.entry(Ref("late")).id
    assert linked.note is None


def test_links_follow_an_amended_failure(ledger: Ledger) -> None:
    late = ledger.withdraw("ada", "late_delivery", 3, occurred_at=NOW - timedelta(days=2))
    ledger.deposit("ada", "refund", 10, in_response_to=late)
    once = ledger.amend(late, magnitude=5)
    twice = ledger.amend(once, magnitude=6, reason="counted again")
    assert twice.revision == 3
    failure, recovery = ledger.contributions("ada")
    assert (failure.id, recovery.recovers) == (twice.id, twice.id)


def test_an_amendment_that_changes_nothing_writes_nothing(ledger: Ledger) -> None:
    late = ledger.withdraw("ada", "late_delivery", 3, reference="late")
    again = ledger.amend(Ref("late"), magnitude=Decimal("3.0"))
    assert again.replayed
    assert again.id == late.id
    assert len(list(ledger.entries())) == 1


def test_a_retried_amendment_by_reference_writes_once(ledger: Ledger) -> None:
    ledger.withdraw("ada", "late_delivery", 3, reference="late")
    first = ledger.amend(Ref("late"), magnitude=4)
    again = ledger.amend(Ref("late"), magnitude=4)
    assert (again.id, again.replayed) == (first.id, True)
    assert len(list(ledger.entries())) == 3


def test_the_cost_of_a_money_kind_takes_its_magnitude_along(ledger: Ledger) -> None:
    ledger.deposit("ada", "fee_waived", cost=Money("14.99", "USD"), reference="w")
    amended = ledger.amend(Ref("w"), cost=Money("9.99", "EUR"))
    assert (amended.magnitude, amended.currency) == (Decimal("9.99"), "EUR")


def test_past_statements_differ_only_by_what_became_known(ledger: Ledger, clock: FixedClock) -> None:
    ledger.deposit("ada", "upgrade", occurred_at=datetime(2025, 11, 10, tzinfo=UTC))
    then = clock.now()
    clock.advance(days=40)
    ledger.withdraw("ada", "dispute", occurred_at=datetime(2025, 11, 20, tzinfo=UTC))
    december = Period.month(2025, 12)
    before = ledger.statement("ada", december, known_at=then)
    after = ledger.statement("ada", december, restating=then)
    assert after.opening == before.opening
    assert after.restated < 0
    assert abs(after.residual) < 1e-9
    assert ledger.statement("ada", december).restated == 0.0


def test_a_statement_takes_periods_in_words(ledger: Ledger) -> None:
    ledger.deposit("ada", "upgrade", occurred_at=NOW - timedelta(days=10))
    statement = ledger.statement("ada", "last 30 days")
    assert statement.period == Period(NOW - timedelta(days=30), NOW)
    assert len(statement.lines) == 1


def test_overdrawn_lists_the_lowest_first(ledger: Ledger) -> None:
    ledger.withdraw("ada", "dispute")
    ledger.withdraw("bob", "faulty_product", severity=3)
    ledger.deposit("cyd", "upgrade")
    assert [balance.account for balance in ledger.overdrawn()] == ["bob", "ada"]
    assert [balance.account for balance in ledger.balances()] == ["ada", "bob", "cyd"]
    assert [balance.account for balance in ledger.balances(["cyd", "dan"])] == ["cyd", "dan"]


def test_what_if_a_failure_had_not_happened(ledger: Ledger) -> None:
    late = ledger.withdraw("ada", "late_delivery", 3)
    assert ledger.balance("ada").is_overdrawn
    assert ledger.what_if("ada", Reversal(reverses=late.id)).points == 0.0
    assert ledger.balance("ada").is_overdrawn


def test_entries_are_listed_by_account_kind_actor_and_period(ledger: Ledger) -> None:
    for day in range(5):
        ledger.deposit(
            "ada", "upgrade", occurred_at=NOW - timedelta(days=day), actor=f"agent-{day % 2}", reference=f"u{day}"
        )
    ledger.withdraw("bob", "dispute", occurred_at=NOW)
    assert [entry.reference for entry in ledger.entries(account="ada")] == ["u4", "u3", "u2", "u1", "u0"]
    assert [entry.account for entry in ledger.entries(kind="dispute")] == ["bob"]
    assert [entry.reference for entry in ledger.entries(actor="agent-1")] == ["u3", "u1"]
    period = Period(NOW - timedelta(days=3), NOW - timedelta(days=1))
    assert [entry.reference for entry in ledger.entries(period=period)] == ["u3", "u2"]


def test_pages_follow_each_other_without_gaps_or_doubles(ledger: Ledger) -> None:
    written = [ledger.deposit("ada", "thank_you", occurred_at=NOW).id for _ in range(7)]
    seen: list[str] = []
    after: str | None = None
    while True:
        page = ledger.page(limit=3, after=after)
        seen += [entry.id for entry in page.entries]
        after = page.next
        if after is None:
            break
    assert seen == written


def test_an_entry_is_found_by_id_and_by_reference(ledger: Ledger) -> None:
    entry = ledger.deposit("ada", "upgrade", reference="u")
    assert ledger.entry(entry.id) == ledger.entry(Ref("u")) == entry
    with pytest.raises(UnknownEntry):
        ledger.entry("nope")


def test_a_renamed_kind_is_read_under_its_name_of_today(tmp_path: Any, clock: FixedClock) -> None:
    url = f"sqlite:///{tmp_path / 'years.db'}"
    old = Catalog([Kind("visit", Direction.DEPOSIT, starter=Rate("event", symbolic=2))])
    new = Catalog([Kind("home_visit", Direction.DEPOSIT, aliases=("visit",), starter=Rate("event", symbolic=3))])
    with Ledger.open(url, presets.default(old), old, clock=clock) as ledger:
        ledger.deposit("ada", "visit")
    with Ledger.open(url, presets.default(new), new, clock=clock) as ledger:
        (contribution,) = ledger.contributions("ada")
        assert (contribution.kind, contribution.worth) == ("home_visit", pytest.approx(3**0.88))
        assert [entry.kind for entry in ledger.entries(kind="home_visit")] == ["visit"]


def test_the_last_contact_is_the_last_deposit_withdrawal_or_contact(ledger: Ledger) -> None:
    ledger.deposit("ada", "upgrade", occurred_at=NOW - timedelta(days=9))
    ledger.observe("ada", "contact", occurred_at=NOW - timedelta(days=5))
    ledger.observe("ada", "review", 4, occurred_at=NOW - timedelta(days=1))
    assert ledger.balance("ada").last_contact == NOW - timedelta(days=5)


def test_two_half_fees_are_worth_more_than_one_and_two_half_losses_hurt_more(ledger: Ledger) -> None:
    for account, amounts in {"whole": [10], "halves": [5, 5]}.items():
        for amount in amounts:
            ledger.deposit(account, "fee_waived", amount)
    assert ledger.balance("halves").points > ledger.balance("whole").points


def test_another_policy_reads_the_same_history_otherwise(ledger: Ledger) -> None:
    ledger.deposit("ada", "upgrade", occurred_at=NOW - timedelta(days=84))
    slow = ledger.policy.replace(decay=HalfLife(days=168))
    assert ledger.balance("ada").points == pytest.approx(10**0.88 / 2)
    assert ledger.balance("ada", policy=slow).points == pytest.approx(10**0.88 / math.sqrt(2))
    assert ledger.balance("ada", policy=slow).policy.startswith("default@")


def test_each_contribution_tells_how_it_came_to_be(ledger: Ledger) -> None:
    ledger.withdraw("ada", "late_delivery", 2, severity=1.5)
    (contribution,) = ledger.contributions("ada")
    assert [step.step for step in contribution.trace] == ["rate_card", "sincerity", "prospect", "severity"]
    assert contribution.trace[0].after == -8.0
    for earlier, later in zip(contribution.trace, contribution.trace[1:], strict=False):
        assert earlier.after == later.before
    assert contribution.trace[-1].after == contribution.worth == pytest.approx(-1.955 * 8**0.88 * 1.5)
