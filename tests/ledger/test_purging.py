"""Purging: old facts give way to openings, and no later reading changes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from goodwill import Amendment, AsyncLedger, DecaySchedule, Entry, Ledger, Policy, Promise, Ref, Withdrawal, presets
from goodwill.decays import HalfLife, NoDecay, PowerLaw
from goodwill.domain.audit import Operation
from goodwill.domain.errors import (
    AlreadyReversed,
    GoodwillError,
    InvalidEntry,
    PolicyError,
    Purged,
    ReferenceConflict,
    UnknownAccount,
    UnknownEntry,
)
from goodwill.domain.period import Period
from goodwill.policies.standing import Hysteresis, Standing
from goodwill.policies.valuation import FoldedStep, Valuation
from goodwill.readouts import Momentum
from goodwill.terms import Endowment, Silence
from goodwill.testing.book import NOW
from goodwill.testing.clock import FixedClock
from goodwill.testing.histories import CATALOG, START, histories, policies
from tests.databases import fewer

YEAR = timedelta(days=365)
PRESETS = {
    name: getattr(presets, name)(CATALOG)
    for name in presets.__all__
    if name != "service_catalog" and isinstance(getattr(presets, name)(CATALOG), Policy)
}
FOLDED = sorted(name for name, policy in PRESETS.items() if policy.policy_class == "folded")
CARRIED = sorted(PRESETS.keys() - set(FOLDED))


def book(history: Sequence[Entry], policy: Policy) -> Ledger:
    """A ledger in memory that has recorded a history, some of it corrected."""
    ledger = Ledger.in_memory(policy, CATALOG, currencies=("USD", "EUR"), clock=FixedClock(NOW))
    ledger.record_many(history)
    return ledger


def corrected(ledger: Ledger, corrections: Sequence[tuple[int, bool]]) -> None:
    """Take entries out, or amend them, by the number in their reference."""
    for number, take_out in corrections:
        try:
            if take_out:
                ledger.reverse(Ref(f"r{number}"), reference=f"reversal {number}")
            else:
                ledger.amend(Ref(f"r{number}"), severity=1.5)
        except (UnknownEntry, AlreadyReversed):
            continue


def told(ledger: Ledger, as_of: datetime) -> list[Any]:
    """What a reading says that no purge may change, rounded numbers apart."""
    balance = ledger.balance("ada", as_of=as_of)
    return [
        balance.standing,
        balance.is_overdrawn,
        balance.is_known,
        balance.last_contact,
        ledger.account("ada").opened_at,
    ]


def numbers(ledger: Ledger, as_of: datetime) -> list[float]:
    """The numbers of a reading."""
    balance = ledger.balance("ada", as_of=as_of)
    return [balance.points, balance.positive, balance.negative, *(balance.terms[tag] for tag in sorted(balance.terms))]


def size(ledger: Ledger) -> float:
    """What rounding is measured by."""
    return 1e-9 * (1.0 + sum(abs(each.worth) for each in ledger.contributions("ada")) + 100.0)


corrections = st.lists(st.tuples(st.integers(0, 11), st.booleans()), max_size=3)
instants = st.integers(0, 900).map(lambda day: START + timedelta(days=day)) | st.integers(0, 730 * 24).map(
    lambda hour: START + timedelta(hours=hour)
)


def no_later_reading_changes(
    policy: Policy,
    history: list[Entry],
    fixes: list[tuple[int, bool]],
    befores: list[datetime],
    names: Sequence[Policy],
) -> None:
    """A ledger that purged reads as one that did not, from the instant on."""
    whole, purged = book(history, policy), book(history, policy)
    assume(list(whole.accounts()))
    for ledger in (whole, purged):
        corrected(ledger, fixes)
    for before in sorted(befores):
        purged.purge(before=before, policies=[*names, policy])
    last = max(befores)
    margin = size(whole)
    for as_of in (last, last + timedelta(microseconds=1), last + timedelta(days=40), last + YEAR, NOW):
        assert numbers(purged, as_of) == pytest.approx(numbers(whole, as_of), abs=margin)
        assert told(purged, as_of) == told(whole, as_of)
    ours, theirs = (each.statement("ada", Period(last, last + YEAR)) for each in (purged, whole))
    assert ours.opening == pytest.approx(theirs.opening, abs=margin)
    assert (ours.deposited, ours.withdrawn) == pytest.approx((theirs.deposited, theirs.withdrawn), abs=margin)
    assert (ours.forgotten, ours.forgiven) == pytest.approx((theirs.forgotten, theirs.forgiven), abs=margin)
    assert [(each.reference, each.kind) for each in ours.lines] == [
        (each.reference, each.kind) for each in theirs.lines
    ]


@pytest.mark.slow
@pytest.mark.parametrize("name", CARRIED)
def test_no_later_reading_changes_under_a_preset_that_is_named(name: str) -> None:
    @fewer(20)
    @given(histories(), corrections, st.lists(instants, min_size=1, max_size=2))
    def law(history: list[Entry], fixes: list[tuple[int, bool]], befores: list[datetime]) -> None:
        no_later_reading_changes(PRESETS[name], history, fixes, befores, [PRESETS["linear"]])

    law()


@pytest.mark.slow
@fewer(5)
@given(policies(), histories(), corrections, st.lists(instants, min_size=1, max_size=2), st.booleans())
def test_no_later_reading_changes_under_any_policy_that_remembers_nothing(
    policy: Policy, history: list[Entry], fixes: list[tuple[int, bool]], befores: list[datetime], other: bool
) -> None:
    steps = tuple(step for step in policy.valuation.steps if not isinstance(step, FoldedStep))
    policy = policy.replace(valuation=Valuation(steps=steps))
    no_later_reading_changes(policy, history, fixes, befores, [PRESETS["default"]] if other else [])


def old_entries(ledger: Ledger, account: str = "ada") -> None:
    """Five gestures, 800 days ago and after."""
    for number in range(5):
        at = ledger.clock.now() - timedelta(days=800 - number)
        ledger.deposit(account, "upgrade", occurred_at=at, reference=f"{account}:{number}", note="personal")


def test_what_is_purged_is_gone_and_told(ledger: Ledger, clock: FixedClock) -> None:
    old_entries(ledger)
    before = clock.now() - YEAR
    (done,) = ledger.purge(before=before, reason="two years are enough", actor="agent-7")
    assert (done.account, done.entries, done.kept) == ("ada", 3, {"milestone": 2})
    (made,) = done.openings
    assert (made.kind, made.read_under, made.occurred_at) == (
        "purge",
        ledger.policy.digest,
        before - timedelta(microseconds=1),
    )
    (record,) = ledger.audit("ada")
    assert (record.operation, record.before, record.reason, record.actor) == (
        Operation.PURGE, before, "two years are enough", "agent-7",
    )  # fmt: skip
    told = ledger.export_account("ada")
    assert told["purged_before"] == before.isoformat()
    assert [each["reference"] for each in told["entries"] if "reference" in each] == ["ada:0", "ada:4"]
    assert ledger.balance("ada").foreign == ()
    assert ledger.balance("ada", policy=presets.linear()).foreign == (made.id,)


def test_an_export_of_what_was_never_purged_says_so(ledger: Ledger) -> None:
    old_entries(ledger)
    assert ledger.export_account("ada")["purged_before"] is None


def test_no_earlier_reading_is_answered(ledger: Ledger, clock: FixedClock) -> None:
    old_entries(ledger)
    known = clock.now()
    clock.advance(days=1)
    before = clock.now() - YEAR
    ledger.purge(before=before)
    early = before - timedelta(days=1)
    for read in (
        lambda: ledger.balance("ada", as_of=early),
        lambda: ledger.balances(as_of=early),
        lambda: ledger.contributions("ada", as_of=early),
        lambda: ledger.statement("ada", Period(early, clock.now())),
        lambda: ledger.what_if("ada", as_of=early),
        lambda: ledger.readout("ada", Momentum(days=400)),
        lambda: ledger.page(account="ada", period=Period(early, clock.now())),
    ):
        with pytest.raises(Purged, match="were purged") as refused:
            read()
        assert refused.value.readable_from == before
    for read in (
        lambda: ledger.balance("ada", known_at=known),
        lambda: ledger.overdrawn(known_at=known),
        lambda: ledger.statement("ada", Period(before, clock.now()), restating=known),
        lambda: ledger.page(account="ada", known_at=known),
    ):
        with pytest.raises(Purged) as refused:
            read()
        assert refused.value.readable_from == clock.now()
    assert ledger.statement("ada", Period(before, clock.now())).opening > 0
    assert ledger.readout("ada", Momentum(days=300)) is not None


def test_a_statement_from_the_instant_on_opens_with_what_was_purged(ledger: Ledger, clock: FixedClock) -> None:
    old_entries(ledger)
    before = clock.now() - YEAR
    whole = ledger.statement("ada", Period(before, clock.now()))
    ledger.purge(before=before)
    purged = ledger.statement("ada", Period(before, clock.now()))
    assert purged.opening == pytest.approx(whole.opening)
    assert purged.lines == whole.lines == ()
    assert abs(purged.residual) < 1e-9


def test_promises_that_are_still_to_come_due_stay_and_what_keeps_them(ledger: Ledger, clock: FixedClock) -> None:
    old_entries(ledger)
    then = clock.now() - timedelta(days=790)
    due = ledger.promise("ada", "callback", due=clock.now() + YEAR, occurred_at=then, reference="p")
    again = ledger.promise(
        "ada", "callback", due=then, recurs="FREQ=YEARLY;COUNT=5", tz="UTC", occurred_at=then, reference="q"
    )
    settled = ledger.promise("ada", "callback", due=then, occurred_at=then, reference="s")
    (done,) = ledger.purge(before=clock.now() - YEAR)
    assert done.kept == {"milestone": 2, "promise": 2}
    left = {each.id for each in ledger.entries(account="ada")}
    assert {due.id, again.id} <= left
    assert settled.id not in left


def test_a_failure_that_is_answered_later_stays_with_all_its_answers(ledger: Ledger, clock: FixedClock) -> None:
    old_entries(ledger)
    then = clock.now() - timedelta(days=790)
    late = ledger.withdraw("ada", "late_delivery", 2, occurred_at=then, reference="late")
    first = ledger.deposit("ada", "upgrade", occurred_at=then, in_response_to=Ref("late"))
    later = ledger.deposit("ada", "upgrade", occurred_at=clock.now(), in_response_to=late)
    amended = ledger.amend(late, severity=2.0)
    gone = ledger.withdraw("ada", "late_delivery", 1, occurred_at=then)
    before = ledger.balance("ada").points
    (done,) = ledger.purge(before=clock.now() - YEAR)
    left = {each.id for each in ledger.entries(account="ada")}
    assert {late.id, first.id, later.id, amended.id} <= left
    assert gone.id not in left
    assert ledger.balance("ada").points == pytest.approx(before)
    assert done.kept == {"milestone": 2, "linked": 3}


def test_what_fades_otherwise_than_an_opening_stays_until_it_is_gone(ledger: Ledger, clock: FixedClock) -> None:
    old_entries(ledger)
    loyalty = presets.loyalty(months=24)
    (none,) = ledger.purge(before=clock.now() - YEAR, policies=[loyalty])
    assert (none.entries, none.kept) == (0, {"decay": 5})
    clock.advance(days=900)
    (done,) = ledger.purge(before=clock.now() - YEAR, policies=[loyalty])
    assert (done.entries, done.kept) == (3, {"milestone": 2})
    (made,) = done.openings
    assert (made.positive, made.negative) == (0.0, 0.0)


def test_each_part_must_fade_as_its_direction_does(ledger: Ledger, clock: FixedClock) -> None:
    old_entries(ledger)
    slow = ledger.policy.replace(decay=DecaySchedule(default=HalfLife(days=84), by_kind={"upgrade": NoDecay()}))
    never = ledger.policy.replace(decay=PowerLaw(days=30, exponent=1.0))
    same = ledger.policy.replace(decay=DecaySchedule(default=NoDecay(), by_direction={"deposit": HalfLife(days=84)}))
    for policy in (slow, never):
        (done,) = ledger.purge(before=clock.now() - YEAR, policies=[policy, same])
        assert (done.entries, done.openings, done.kept) == (0, (), {"decay": 5})
    assert ledger.audit() == []
    assert ledger.purge(before=clock.now() - YEAR, policies=[same])[0].entries == 3


@pytest.mark.parametrize("name", FOLDED)
def test_a_policy_that_remembers_is_refused(name: str) -> None:
    ledger = Ledger.in_memory(PRESETS[name], CATALOG, clock=FixedClock(NOW))
    with pytest.raises(PolicyError, match="remembers what happened"):
        ledger.purge(before=NOW - YEAR)


def test_what_cannot_be_purged_is_refused(ledger: Ledger, clock: FixedClock) -> None:
    old_entries(ledger)
    moody = ledger.policy.replace(standing=Standing(hysteresis=Hysteresis(down=-1, up=1)))
    wrong: list[tuple[dict[str, Any], type[GoodwillError], str]] = [
        ({"policies": [moody]}, PolicyError, "hysteresis"),
        ({"policies": []}, InvalidEntry, "at least one policy"),
        ({"before": clock.now() + YEAR}, InvalidEntry, "future"),
        ({"before": clock.now().replace(tzinfo=None)}, InvalidEntry, "zone"),
        ({"account": "nobody"}, UnknownAccount, "nobody"),
    ]
    for given_, error, words in wrong:
        with pytest.raises(error, match=words):
            ledger.purge(**{"before": clock.now() - YEAR, **given_})
    assert ledger.audit() == []


def test_terms_are_dated_as_before(ledger: Ledger, clock: FixedClock) -> None:
    policy = ledger.policy.replace(
        terms=(Endowment(points=20, decay=HalfLife(days=300)), Silence(points=5, half_life=90))
    )
    old_entries(ledger)
    ledger.promise("ada", "callback", due=clock.now() - timedelta(days=810), occurred_at=clock.now() - 3 * YEAR)
    before = ledger.balance("ada", policy=policy)
    ledger.purge(before=clock.now(), policies=[policy])
    after = ledger.balance("ada", policy=policy)
    assert (after.terms, after.last_contact) == (before.terms, before.last_contact)
    assert after.points == pytest.approx(before.points)


def test_purging_again_moves_the_openings_on(ledger: Ledger, clock: FixedClock) -> None:
    old_entries(ledger)
    points = ledger.balance("ada").points
    ledger.purge(before=clock.now() - 2 * YEAR)
    assert ledger.purge(before=clock.now() - YEAR)[0].entries == 0  # nothing happened in between
    late = ledger.deposit("ada", "upgrade", occurred_at=clock.now() - 2 * YEAR - timedelta(days=68, hours=12))
    worth = ledger.balance("ada").points - points
    (done,) = ledger.purge(before=clock.now() - 2 * YEAR)  # the same instant again, for what came late
    assert done.entries == 2
    assert late.id not in {each.id for each in ledger.entries(account="ada")}
    assert ledger.balance("ada").points == pytest.approx(points + worth)
    assert ledger.purge(before=clock.now() - 3 * YEAR)[0].entries == 0  # a later one has been there
    assert [each.operation for each in ledger.audit()] == [Operation.PURGE] * 2


def test_an_opening_of_the_same_instant_that_must_stay_lets_nothing_go(ledger: Ledger, clock: FixedClock) -> None:
    old_entries(ledger)
    before = clock.now() - 2 * YEAR
    ledger.purge(before=before)
    ledger.deposit("ada", "upgrade", occurred_at=before - timedelta(days=3), reference="late")
    linear_fade = ledger.policy.replace(decay=DecaySchedule(default=PowerLaw(days=30), by_kind={"upgrade": NoDecay()}))
    points = ledger.balance("ada", policy=linear_fade).points
    assert ledger.purge(before=before, policies=[linear_fade])[0].entries == 0
    assert ledger.balance("ada", policy=linear_fade).points == points


def test_nobody_else_records_an_opening_of_that_kind(ledger: Ledger, clock: FixedClock) -> None:
    from goodwill import Opening  # noqa: PLC0415 - the one test that makes one

    with pytest.raises(InvalidEntry, match="kind='purge'"):
        ledger.record(Opening(account="ada", kind="purge", positive=1.0, occurred_at=clock.now()))


def test_a_retried_reference_says_that_it_was_purged(ledger: Ledger, clock: FixedClock) -> None:
    old_entries(ledger)
    fact = Withdrawal(account="ada", kind="dispute", occurred_at=clock.now() - timedelta(days=799), reference="w")
    fixed = Amendment(amends=Ref("w"), changes={"severity": 2.0})
    ledger.record_many([fact, fixed])
    ledger.purge(before=clock.now() - YEAR)
    with pytest.raises(Purged, match="'w' stands for an entry that was purged"):
        ledger.record(fact)
    with pytest.raises(ReferenceConflict, match="which was purged since"):
        ledger.withdraw("ada", "dispute", 2, reference="w")
    rejects: list[Any] = []
    (kept,) = ledger.record_many(
        [fact, Withdrawal(account="ada", kind="dispute", occurred_at=clock.now())], rejects=rejects
    )
    assert [type(each.error) for each in rejects] == [Purged]
    assert kept.replayed is False
    made = Promise(account="ada", kind="callback", due=clock.now(), occurred_at=clock.now())
    assert ledger.record(made).replayed is False


def test_an_async_ledger_purges_too() -> None:
    async def story() -> None:
        clock = FixedClock(NOW)
        async with AsyncLedger.in_memory(clock=clock) as ledger:
            for number in range(4):
                await ledger.deposit("ada", "upgrade", occurred_at=NOW - timedelta(days=800 - number))
            (done,) = await ledger.purge(before=NOW - YEAR)
            assert done.entries == 2
            with pytest.raises(Purged):
                await ledger.balance("ada", as_of=NOW - 2 * YEAR)

    asyncio.run(story())
