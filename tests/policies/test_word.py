"""A policy is held to its word: `is_additive`, `policy_class` and `state_size` are what its callers rely on."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import singledispatch
from itertools import product
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodwill import Policy, Valuation, presets
from goodwill.decays import HalfLife, NoDecay, Weibull
from goodwill.domain.entry import Entry, Fact, Ref
from goodwill.domain.history import History
from goodwill.domain.instant import days_between, to_us
from goodwill.policies.combinators import Blend
from goodwill.policies.decay import Decay, Floor, Product, Stretch
from goodwill.policies.fold import DIRECTIONS, Fold
from goodwill.policies.valuation import FoldedStep
from goodwill.testing.book import NOW, Book, kept
from goodwill.testing.histories import CATALOG, histories, policies
from goodwill.valuations import Betrayal, LinkedRecovery, RateCard

few = settings(max_examples=max(10, settings.default.max_examples // 5))  # a history and a policy each: slow to draw
NOW_US = to_us(NOW)
PRESETS = {name: getattr(presets, name)() for name in presets.__all__ if name != "service_catalog"}

half_lives = st.builds(HalfLife, days=st.floats(1, 1000)) | st.just(NoDecay())
exponentials = st.recursive(
    half_lives | st.builds(Weibull, days=st.floats(1, 1000), shape=st.just(1.0)),
    lambda inner: st.one_of(
        st.builds(lambda a, b: Blend(of=(a, b), weights=(0.25, 0.75)), inner, inner),
        st.builds(lambda a, b: Product(of=(a, b)), inner, inner),
        st.builds(Floor, least=st.floats(0.01, 1), of=inner),
        st.builds(Stretch, factor=st.floats(0.1, 10), of=inner),
    ),
    max_leaves=4,
)
PLAIN = [policy for policy in PRESETS.values() if policy.is_additive]


def without_state(policy: Policy) -> Policy:
    """The policy without what keeps state, and without terms of the account."""
    steps = tuple(step for step in policy.valuation.steps if not isinstance(step, FoldedStep))
    return policy.replace(valuation=Valuation(steps=steps), terms=())


additive = st.sampled_from(PLAIN) | policies(decay=exponentials).map(without_state)
opinions = st.sampled_from(sorted(PRESETS)).map(PRESETS.__getitem__) | policies(decay=exponentials)


def of_opinion(policy: Policy, history: Sequence[Entry]) -> Book:
    """The history under the policy, with the starter rates of the histories' kinds, where it has others."""
    _, *steps = policy.valuation.steps
    priced = Valuation(steps=(RateCard.from_catalog(CATALOG), *steps))
    return Book(policy.replace(valuation=priced, rates={"EUR": 1.1}), kept(history))


# Additive: sums, one for each rate, without the history


@singledispatch
def rates(decay: Decay) -> Mapping[float, float]:
    """A decay as a sum of exponentials: by rate per day, the part that fades so; a constant has rate 0."""
    raise AssertionError(f"{decay!r} says that it is exponential")


rates.register(NoDecay, lambda decay: {0.0: 1.0})
rates.register(HalfLife, lambda decay: {decay.rate: 1.0})
rates.register(Weibull, lambda decay: {1.0 / decay.days: 1.0})
rates.register(Stretch, lambda decay: {rate / decay.factor: part for rate, part in rates(decay.of).items()})
rates.register(Floor, lambda decay: Counter({0.0: decay.least}) + scaled(decay.of, 1.0 - decay.least))
rates.register(Blend, lambda decay: sum(map(scaled, decay.of, decay.weights), Counter()))


@rates.register
def _of_product(decay: Product) -> Mapping[float, float]:
    found: Counter[float] = Counter({0.0: 1.0})
    for factor in decay.of:
        products: Counter[float] = Counter()
        for (one, part), (other, share) in product(found.items(), rates(factor).items()):
            products[one + other] += part * share
        found = products
    return found


def scaled(decay: Decay, by: float) -> Counter[float]:
    """The parts of a decay, each so many times as large."""
    return Counter({rate: by * part for rate, part in rates(decay).items()})


class Anchored:
    """A balance kept as one sum for each rate, anchored at the latest entry so far (Cormode et al. 2009)."""

    def __init__(self) -> None:
        self.sums: Counter[float] = Counter()
        self.at_us = 0

    def add(self, worth: float, decay: Decay, at_us: int) -> None:
        latest = max(at_us, self.at_us)
        self.sums = Counter({rate: self.at(rate, amount, latest) for rate, amount in self.sums.items()})
        self.at_us = latest
        for rate, part in rates(decay).items():
            self.sums[rate] += worth * part * math.exp(-rate * days_between(at_us, latest))

    def at(self, rate: float, amount: float, at_us: int) -> float:
        return amount * math.exp(-rate * days_between(self.at_us, at_us)) if amount else 0.0

    def points(self, at_us: int) -> float:
        return math.fsum(self.at(rate, amount, at_us) for rate, amount in self.sums.items())


@few
@given(additive, histories(), st.randoms(use_true_random=False))
def test_an_additive_balance_is_kept_up_as_one_sum_a_rate_in_any_order(
    policy: Policy, history: list[Entry], random: Random
) -> None:
    assert policy.is_additive
    book = of_opinion(policy, history)
    folding = Fold(book.policy, History(book.facts, NOW_US), "USD")
    for fact in folding.history.in_force:
        if fact.type in DIRECTIONS:
            folding.take(fact)
    valued = list(folding.valued.values())
    random.shuffle(valued)
    anchored = Anchored()
    for entry in valued:
        anchored.add(entry.worth, entry.decay, entry.fact.occurred_us)
    assert anchored.points(NOW_US) == pytest.approx(book.points(), abs=1e-9 * book.size())
    assert len(anchored.sums) <= len({rate for decay in policy.decay.decays for rate in rates(decay)})


def test_the_presets_say_which_of_them_are_additive() -> None:
    assert {name for name, policy in PRESETS.items() if policy.is_additive} == {
        "default", "heroics", "linear", "sincere_only", "tk92",
    }  # fmt: skip


# How far back the worth of an entry looks


def worths(policy: Policy, facts: Sequence[Fact]) -> dict[str, float]:
    folding = Fold(policy, History(facts, NOW_US), "USD")
    return {fact.id: folding.take(fact).worth for fact in folding.history.in_force if fact.type in DIRECTIONS}


def without_promises(facts: Sequence[Fact]) -> list[Fact]:
    return [fact for fact in facts if fact.type in {"deposit", "withdrawal"}]


@few
@given(opinions, histories(most=8))
def test_per_entry_a_worth_does_not_change_whatever_else_happened(policy: Policy, history: list[Entry]) -> None:
    scope = [step for step in policy.valuation.steps if step.scope == "per_entry"]
    book = of_opinion(policy.replace(valuation=Valuation(steps=tuple(scope))), history)
    assert book.policy.policy_class == "per_entry"
    facts = without_promises(book.facts)
    whole = worths(book.policy, facts)
    for fact in facts:
        assert worths(book.policy, [fact]) == {fact.id: whole[fact.id]}


@few
@given(opinions, histories(most=8))
def test_linked_a_worth_depends_on_what_is_linked_with_it_alone(policy: Policy, history: list[Entry]) -> None:
    scope = [step for step in policy.valuation.steps if step.scope != "folded"]
    book = of_opinion(policy.replace(valuation=Valuation(steps=tuple(scope))), history)
    assert book.policy.policy_class in {"per_entry", "linked"}
    facts = without_promises(book.facts)
    whole = worths(book.policy, facts)
    for fact in facts:
        answered = fact.in_response_to.reference if isinstance(fact.in_response_to, Ref) else fact.reference
        linked = [
            other for other in facts if answered in {other.reference, getattr(other.in_response_to, "reference", 0)}
        ]
        family = {other.id: other for other in (*linked, fact)}
        assert worths(book.policy, list(family.values()))[fact.id] == whole[fact.id]


# What must be remembered to go on


def forgetful(policy: Policy, facts: Sequence[Fact]) -> tuple[list[float], list[int]]:
    """The worths of a fold that remembers no more than `state_size` says, and the size of what it remembers."""
    folding = Fold(policy, History(facts, NOW_US), "USD")
    found, sizes = [], []
    for fact in folding.history.in_force:
        if fact.type not in DIRECTIONS:
            continue
        found.append(folding.take(fact).worth)
        if policy.valuation.state_size != "history":
            answerable = policy.valuation.recovery is not None
            open_ = {name: each for name, each in folding.valued.items() if answerable and is_failure(each.fact)}
            folding.valued = open_
        sizes.append(sum(map(numbers_in, folding.states)) + len(folding.valued))
    return found, sizes


def is_failure(fact: Fact) -> bool:
    return DIRECTIONS[fact.type] == "withdrawal"


def numbers_in(state: Any) -> int:
    """How many numbers a state holds."""
    if isinstance(state, Mapping):
        return sum(map(numbers_in, state.values()))
    return sum(map(numbers_in, state)) if isinstance(state, tuple) else int(state is not None)


@few
@given(opinions, histories(most=40))
def test_a_fold_that_remembers_what_the_state_size_says_values_the_same(policy: Policy, history: list[Entry]) -> None:
    book = of_opinion(policy, history)
    found, sizes = forgetful(book.policy, book.facts)
    assert found == list(worths(book.policy, book.facts).values())
    kinds = len(CATALOG)
    steps = len(book.policy.valuation.folded)
    failures = sum(is_failure(fact) for fact in History(book.facts, NOW_US).in_force if fact.type in DIRECTIONS)
    bound = {
        "constant": 2 * steps,
        "per kind": 2 * steps * kinds,
        "per open failure": 2 * steps * kinds + failures,
        "history": math.inf,
    }
    assert max(sizes, default=0) <= bound[book.policy.valuation.state_size]


def test_what_needs_the_history_cannot_do_without_it() -> None:
    gift = [Fact(f"g{day}", day, "deposit", "ada", "gift", day * 86_400_000_000, 0) for day in range(3)]
    fault = Fact("f", 9, "withdrawal", "ada", "fault", 9 * 86_400_000_000, 0)
    policy = Policy(valuation=Valuation(steps=(RateCard.from_catalog(CATALOG), Betrayal())), decay=HalfLife(days=84))
    assert policy.state_size == "history"
    assert worths(policy, [*gift, fault])["f"] < worths(policy, [fault])["f"]


def test_what_was_given_back_of_a_failure_cannot_be_forgotten() -> None:
    fault = Fact("f", 0, "withdrawal", "ada", "fault", 0, 0, reference="f")
    answers = [Fact(f"g{n}", n, "deposit", "ada", "gift", n, 0, in_response_to=Ref("f")) for n in (1, 2)]
    policy = Policy(valuation=Valuation(steps=(RateCard.from_catalog(CATALOG), LinkedRecovery())), decay=NoDecay())
    assert policy.state_size == "per open failure"
    whole = worths(policy, [fault, *answers])
    assert worths(policy, [fault, answers[1]])["g2"] > whole["g2"]
