"""The fold: the same facts give the same worths, in their order, never looking ahead, and it can be gone on with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodwill import Policy, Rate, Ref, Valuation
from goodwill.decays import HalfLife, PowerLaw
from goodwill.domain.entry import Entry, Fact
from goodwill.domain.history import History
from goodwill.domain.instant import to_us
from goodwill.policies.fold import DIRECTIONS, Fold, Valued, fold
from goodwill.policies.policy import Policy as PolicyModel
from goodwill.policies.valuation import FoldedStep
from goodwill.testing.histories import CATALOG, END, histories, policies
from goodwill.valuations import (
    Betrayal,
    DoubleDeviation,
    Expectation,
    Habituation,
    LinkedRecovery,
    Prospect,
    RateCard,
    Severity,
    Sincerity,
)

few = settings(max_examples=max(10, settings.default.max_examples // 5))  # a history and a policy each: slow to draw
opinions = policies(decay=st.builds(HalfLife, days=st.floats(1, 1000)))
NOW = to_us(END) + 800 * 86_400_000_000
CARD = RateCard.from_catalog(CATALOG)
FULL = Policy(
    rates={"EUR": 1.1},
    valuation=Valuation(
        steps=(
            CARD, Sincerity(), Expectation(kinds=("gift", "delay")), Prospect(), Severity(),
            Habituation(kinds=("waiver", "praise", "visit")), DoubleDeviation(), Betrayal(), LinkedRecovery(),
        )
    ),
    decay=HalfLife(days=84),
)  # fmt: skip


def facts(history: Sequence[Entry]) -> list[Fact]:
    """The entries as a store would give them back."""
    found = []
    for seq, entry in enumerate(history, start=1):
        fact = Fact.of(entry)._replace(id=f"id{seq}", seq=seq, recorded_us=seq)
        kind = CATALOG[entry.kind]
        found.append(fact._replace(currency="USD") if kind.is_money and fact.currency is None else fact)
    return found


def worths(policy: PolicyModel, history: Sequence[Fact], at_us: int = NOW) -> dict[str, tuple[float, str | None]]:
    return {entry.fact.id: (entry.worth, entry.unvalued) for entry in fold(policy, History(history, at_us), "USD")}


@few
@given(opinions, histories())
def test_it_values_each_deposit_withdrawal_keep_and_breach_in_force_once(policy: Policy, made: list[Entry]) -> None:
    history = History(facts(made), NOW)
    valued = fold(policy, history, "USD")
    assert [entry.fact.id for entry in valued] == [fact.id for fact in history.in_force if fact.type in DIRECTIONS]
    for entry in valued:
        if entry.unvalued is not None:
            assert entry.worth == 0.0


@few
@given(opinions, histories(), st.integers(0, 1000))
def test_no_worth_depends_on_what_comes_later(policy: Policy, made: list[Entry], days: int) -> None:
    found = facts(made)
    at_us = NOW - days * 86_400_000_000
    late = worths(policy, found)
    early = worths(policy, [fact for fact in found if fact.occurred_us <= at_us], at_us)
    assert early == {name: late[name] for name in early}


@few
@given(histories(), st.integers(0, 12))
def test_a_fold_goes_on_from_where_it_stopped(made: list[Entry], cut: int) -> None:
    history = History(facts(made), NOW)
    taken = [fact for fact in history.in_force if fact.type in DIRECTIONS]
    one, other = Fold(FULL, history, "USD"), Fold(FULL, history, "USD")
    for fact in taken[:cut]:
        one.take(fact)
    # What was given back of an open failure is part of what is remembered, so each fold has its own.
    other.valued, other.states = {name: replace(entry) for name, entry in one.valued.items()}, list(one.states)
    for fact in taken[cut:]:
        one.take(fact)
        other.take(fact)
    assert [entry.worth for entry in one.valued.values()] == [entry.worth for entry in other.valued.values()]
    assert one.states == other.states


@few
@given(histories())
def test_a_step_never_changes_a_state_it_was_given(made: list[Entry]) -> None:
    history = History(facts(made), NOW)
    folding = Fold(FULL, history, "USD")
    seen: list[tuple[Any, str]] = []
    for fact in history.in_force:
        if fact.type in DIRECTIONS:
            seen += [(state, repr(state)) for state in folding.states]
            folding.take(fact)
    assert all(repr(state) == before for state, before in seen)


@few
@given(histories())
def test_steps_that_are_off_change_nothing(made: list[Entry]) -> None:
    plain = FULL.replace(valuation=Valuation(steps=(CARD, Sincerity(), Prospect(), Severity(), LinkedRecovery())))
    off = FULL.replace(
        valuation=Valuation(
            steps=(
                CARD, Sincerity(), Expectation(kappa=0), Prospect(), Severity(), Habituation(eta=0),
                DoubleDeviation(kappa=0), Betrayal(kappa=0), LinkedRecovery(),
            )
        )
    )  # fmt: skip
    assert worths(plain, facts(made)) == worths(off, facts(made))


@few
@given(opinions, histories())
def test_the_trace_leads_from_nothing_to_the_worth(policy: Policy, made: list[Entry]) -> None:
    for entry in fold(policy, History(facts(made), NOW), "USD"):
        if entry.unvalued is not None or not entry.trace:
            assert entry.worth == 0.0
            continue
        assert entry.trace[-1].after == entry.worth
        assert [step.step for step in entry.trace] == [
            step.tag for step in policy.valuation.steps if step.tag in {trace.step for trace in entry.trace}
        ]
        if entry.recovers is None:
            assert all(a.after == b.before for a, b in zip(entry.trace, entry.trace[1:], strict=False))


# The rules of recoveries with several failures and recoveries at once


def deposit(name: str, day: int, size: float, answers: str | None = None) -> Fact:
    link = None if answers is None else Ref(answers)
    return Fact(name, 0, "deposit", "ada", "praise", day, 0, size, reference=name, in_response_to=link)


def withdrawal(name: str, day: int, size: float) -> Fact:
    return Fact(name, 0, "withdrawal", "ada", "delay", day, 0, size, reference=name)


def linear(**rates: float) -> Policy:
    card = RateCard(rates={kind: Rate("unit", material=rate) for kind, rate in rates.items()})
    return Policy(valuation=Valuation(steps=(card, LinkedRecovery())), decay=HalfLife(days=84))


def test_each_failure_keeps_its_own_account_of_what_was_given_back() -> None:
    policy = linear(praise=1, delay=1)
    found = worths(
        policy,
        [
            withdrawal("f", 0, 10), withdrawal("g", 0, 10),
            deposit("a", 1, 15, "f"), deposit("b", 1, 15, "f"), deposit("c", 1, 15, "g"),
        ],
    )  # fmt: skip
    assert [found[name][0] for name in "abc"] == pytest.approx([10, 0, 10])


def test_a_link_to_what_is_unvalued_is_not_in_force() -> None:
    (gesture,) = (
        entry
        for entry in fold(linear(praise=1), History([withdrawal("f", 0, 10), deposit("a", 1, 15, "f")], NOW), "USD")
        if entry.fact.id == "a"
    )
    assert (gesture.worth, gesture.recovers) == (15, None)
    assert gesture.note == "what it answers is unvalued: no rate for kind"


def test_without_a_linked_recovery_every_gesture_is_an_ordinary_one() -> None:
    policy = Policy(valuation=Valuation(steps=(linear(praise=1, delay=1).valuation.steps[0],)), decay=HalfLife(days=84))
    entries: list[Valued] = fold(policy, History([withdrawal("f", 0, 10), deposit("a", 1, 3, "f")], NOW), "USD")
    assert [entry.worth for entry in entries] == [-10, 3]
    assert entries[1].note == "the policy has no linked recovery"


# What a policy promises of itself


@few
@given(opinions)
def test_a_policy_says_how_far_back_it_looks(policy: Policy) -> None:
    folded = any(isinstance(step, FoldedStep) for step in policy.valuation.steps)
    linked = policy.valuation.recovery is not None
    assert policy.policy_class == ("folded" if folded else "linked" if linked else "per_entry")
    assert policy.is_additive == (not folded and policy.decay.exponential and not policy.terms)


STATE_SIZES = {
    "constant": (DoubleDeviation(),),
    "per kind": (Expectation(), DoubleDeviation()),
    "per open failure": (Habituation(), LinkedRecovery()),
    "history": (Habituation(), Betrayal(), LinkedRecovery()),
}


@pytest.mark.parametrize(("size", "steps"), STATE_SIZES.items())
def test_the_state_of_a_policy_is_as_large_as_its_largest_steps(size: str, steps: Any) -> None:
    policy = FULL.replace(valuation=Valuation(steps=(CARD, *steps)))
    assert policy.state_size == size
    assert policy.replace(decay=PowerLaw(days=30, exponent=0.5)).state_size == "history"


@pytest.mark.parametrize(("step", "grows"), [(DoubleDeviation(), False), (Expectation(), True), (Habituation(), True)])
def test_a_state_is_as_large_as_it_says(step: FoldedStep, grows: bool) -> None:
    sizes = []
    for kinds in (1, 8):
        card = RateCard(rates={f"k{n}": Rate("unit", material=1.0) for n in range(8)})
        policy = Policy(valuation=Valuation(steps=(card, step)), decay=HalfLife(days=84))
        folding = Fold(policy, History([], NOW), "USD")
        for n in range(64):
            kind = "withdrawal" if n % 3 == 0 else "deposit"
            folding.take(Fact(f"e{n}", n, kind, "ada", f"k{n % kinds}", n, 0, 1.0))
        (state,) = folding.states
        sizes.append(len(state))
    assert (sizes[1] > sizes[0]) == grows
    assert max(sizes) <= 8
