"""A fold that stops and goes on values as one that never stopped, and a change makes void exactly what it must."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodwill import Policy, Valuation, presets
from goodwill.decays import HalfLife, Linear, NoDecay
from goodwill.domain.entry import Entry, Fact, Ref
from goodwill.domain.errors import PolicyError
from goodwill.domain.history import History, fold_order
from goodwill.domain.instant import to_us
from goodwill.policies.checkpoint import Checkpoint, can_checkpoint, checkpoint, first_invalid, resume
from goodwill.policies.combinators import blend
from goodwill.policies.component import preserved_registry
from goodwill.policies.fold import Fold, Valued, fold
from goodwill.policies.state import from_plain, to_plain
from goodwill.policies.sums import read
from goodwill.policies.valuation import FoldedStep, Moment, Stage
from goodwill.testing.book import NOW, Book, kept
from goodwill.testing.histories import CATALOG, histories, policies
from goodwill.testing.policy import opinion
from goodwill.testing.resuming import a_fold_goes_on_from_a_checkpoint, a_state_survives_json, stops, stored
from goodwill.valuations import Betrayal, DoubleDeviation, Expectation, Habituation, LinkedRecovery, RateCard

few = settings(max_examples=max(10, settings.default.max_examples // 5))  # a history and a policy each: slow to draw
DAY = 86_400_000_000
NOW_US = to_us(NOW)
CARD = RateCard.from_catalog(CATALOG)
PRESETS = {name: getattr(presets, name)() for name in presets.__all__ if name != "service_catalog"}

fading = st.sampled_from([HalfLife(days=84), HalfLife(days=7).floor(share=0.25), NoDecay()]) | st.builds(
    lambda days: blend(HalfLife(days=days), HalfLife(days=365), weights=(0.5, 0.5)), st.floats(1, 1000)
)


def priced(policy: Policy) -> Policy:
    """The policy with the starter rates of the histories' kinds."""
    _, *steps = policy.valuation.steps
    return policy.replace(valuation=Valuation(steps=(CARD, *steps)), rates={"EUR": 1.1})


FOLDED = {name: priced(policy) for name, policy in PRESETS.items() if policy.policy_class == "folded"}
LINKED = {name: priced(policy) for name, policy in PRESETS.items() if policy.policy_class == "linked"}
EVERYTHING = Policy(
    rates={"EUR": 1.1},
    valuation=Valuation(
        steps=(
            CARD, Expectation(kinds=("gift",)), Habituation(kinds=("waiver", "praise")), DoubleDeviation(), Betrayal(),
            LinkedRecovery(),
        )
    ),
    decay=HalfLife(days=84),
)  # fmt: skip
opinions = st.sampled_from([*FOLDED.values(), *LINKED.values(), EVERYTHING]) | policies(decay=fading)


def facts_of(history: Sequence[Entry]) -> list[Fact]:
    return Book(EVERYTHING, kept(history)).facts


def worths(entries: Mapping[str, Valued]) -> dict[str, float]:
    return {name: entry.worth for name, entry in entries.items()}


# Going on


@pytest.mark.parametrize("name", sorted({**FOLDED, **LINKED}))
@few
@given(history=histories(most=30))
def test_under_every_preset_a_fold_goes_on_from_wherever_it_stopped(name: str, history: list[Entry]) -> None:
    a_fold_goes_on_from_a_checkpoint(Book({**FOLDED, **LINKED}[name], kept(history)))


@few
@given(st.sampled_from([*FOLDED.values(), EVERYTHING]), histories(most=30))
def test_without_promises_it_may_stop_after_every_entry(policy: Policy, history: list[Entry]) -> None:
    facts = [fact for fact in facts_of(history) if fact.type not in {"promise", "kept"}]
    assert len(list(stops(policy, facts))) == 1 + len(facts)
    a_fold_goes_on_from_a_checkpoint(Book(policy, facts))


@few
@given(opinions, histories())
def test_under_any_policy_a_fold_goes_on_from_wherever_it_stopped(policy: Policy, history: list[Entry]) -> None:
    a_fold_goes_on_from_a_checkpoint(Book(policy, kept(history)))
    a_state_survives_json(Book(policy, kept(history)))


@few
@given(opinions, histories(most=20), st.lists(st.integers(0, 20), max_size=4))
def test_a_fold_that_stops_again_and_again_is_as_good(policy: Policy, history: list[Entry], cuts: list[int]) -> None:
    facts = facts_of(history)
    in_force = History(facts, NOW_US).in_force
    if not can_checkpoint(policy, in_force):
        return
    found: dict[str, float] = {}
    folding = Fold(policy, History([], NOW_US), "USD")
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(facts)], strict=True):
        folding = resume(policy, stored(checkpoint(folding)), in_force[start:end], NOW_US)
        found |= worths(folding.valued)
    whole = fold(policy, History(facts, NOW_US), "USD")
    for entry in whole:
        assert found[entry.fact.id] == pytest.approx(entry.worth, abs=1e-9 * (1 + abs(entry.worth)))
    if policy.valuation.state_size != "history":
        assert found == {entry.fact.id: entry.worth for entry in whole}


@few
@given(opinions, histories())
def test_the_sums_of_a_checkpoint_and_the_later_entries_are_the_balance(policy: Policy, history: list[Entry]) -> None:
    facts = facts_of(history)
    book = Book(policy.replace(terms=()), facts)
    for stopped in stops(book.policy, facts):
        later = resume(book.policy, stopped, facts, NOW_US).valued.values()
        before = read(stopped.sums, NOW_US)
        assert before is not None
        points = math.fsum([*before, *(entry.worth * entry.share(NOW_US) for entry in later)])
        assert points == pytest.approx(book.points(), abs=1e-9 * book.size())


def test_betrayal_goes_on_from_the_sums() -> None:
    gifts = [Fact(f"g{n}", n, "deposit", "ada", "gift", n * DAY, 0) for n in range(5)]
    fault = Fact("f", 9, "withdrawal", "ada", "fault", 9 * DAY, 0)
    policy = Policy(valuation=Valuation(steps=(CARD, Betrayal())), decay=HalfLife(days=84))
    *_, stopped = stops(policy, gifts)
    resumed = resume(policy, stored(stopped), [fault], 9 * DAY).valued["f"].worth
    (alone,) = fold(policy, History([fault], 9 * DAY), "USD")
    assert resumed == pytest.approx(fold(policy, History([*gifts, fault], 9 * DAY), "USD")[-1].worth, rel=1e-12)
    assert resumed < alone.worth


RECOVER = Policy(valuation=Valuation(steps=(CARD, LinkedRecovery())), decay=NoDecay())


def recovery(name: str, day: int, link: str | Ref) -> Fact:
    return Fact(name, 50 + day, "deposit", "ada", "gift", day * DAY, 0, in_response_to=link)


def test_a_later_recovery_finds_the_failure_by_id_by_reference_and_by_the_id_it_was_amended_from() -> None:
    first = Fact("f1", 1, "withdrawal", "ada", "fault", 0, 0, reference="late")
    second = first._replace(id="f2", seq=3, amends="f1", revision=2)
    third = first._replace(id="f3", seq=5, amends="f2", revision=3)
    reversals = [Fact(f"r{n}", n, "reversal", "ada", "fault", 0, 0, reverses=out) for n, out in ((2, "f1"), (4, "f2"))]
    *_, stopped = stops(RECOVER, [first, second, third, *reversals])
    assert stopped.amended == {"f1": "f3", "f2": "f3"}
    for link in ("f1", "f2", "f3", Ref("late")):
        gift = recovery("g", 1, link)
        entry = resume(RECOVER, stored(stopped), [gift], DAY).valued["g"]
        assert entry.recovers == third
        assert entry.worth == fold(RECOVER, History([third, gift._replace(in_response_to="f3")], DAY), "USD")[-1].worth
    # Also from the checkpoint after the next.
    again = stored(checkpoint(resume(RECOVER, stored(stopped), [recovery("g", 1, "f1")], DAY)))
    assert resume(RECOVER, again, [recovery("h", 2, "f1")], 2 * DAY).valued["h"].recovers == third


def test_what_was_given_back_before_is_not_given_back_again() -> None:
    fault = Fact("f", 1, "withdrawal", "ada", "fault", 0, 0)
    for n, stopped in enumerate(stops(RECOVER, [fault, *(recovery(f"g{day}", day, "f") for day in range(1, 6))])):
        if n >= 1:
            (failure,) = stopped.failures
            assert (failure["returned"] > 0.0) == (n > 1)
    entry = resume(RECOVER, stored(stopped), [recovery("g9", 9, "f")], 9 * DAY).valued["g9"]
    assert (entry.worth, entry.note) == (0.0, None)


def test_a_deposit_that_answers_an_earlier_deposit_is_an_ordinary_gesture_as_before() -> None:
    gift = Fact("g", 1, "deposit", "ada", "gift", 0, 0)
    *_, stopped = stops(RECOVER, [gift])
    assert stopped.failures == ()
    assert resume(RECOVER, stopped, [recovery("h", 1, "g")], DAY).valued["h"].worth == 8.0


# Which accounts


@pytest.mark.parametrize(
    "fact",
    [
        Fact("p", 1, "promise", "ada", "visit", 0, 0, due_us=5 * DAY),
        Fact("k", 1, "kept", "ada", "visit", 0, 0),
        Fact("o", 1, "opening", "ada", "opening", 0, 0, positive=5.0),
    ],
    ids=lambda fact: fact.type,
)
def test_what_is_promised_or_brought_along_is_folded_anew(fact: Fact) -> None:
    gift = Fact("g", 2, "deposit", "ada", "gift", DAY, 0)
    assert not can_checkpoint(EVERYTHING, [fact, gift])
    assert can_checkpoint(EVERYTHING, [gift])
    history = History([fact, gift], DAY)
    folding = Fold(EVERYTHING, history, "USD")
    folding.take_all(history.in_force)
    with pytest.raises(PolicyError, match="ask can_checkpoint first, and fold such accounts anew"):
        checkpoint(folding)


def test_a_promise_that_comes_later_is_no_matter() -> None:
    gift = Fact("g", 1, "deposit", "ada", "gift", 0, 0)
    promise = Fact("p", 2, "promise", "ada", "visit", DAY, 0, due_us=5 * DAY)
    _, stopped = stops(EVERYTHING, [gift, promise])
    resumed = resume(EVERYTHING, stored(stopped), [promise], 9 * DAY)
    whole = fold(EVERYTHING, History([gift, promise], 9 * DAY), "USD")
    assert list(resumed.valued) == [entry.fact.id for entry in whole[1:]]
    assert [entry.worth for entry in resumed.valued.values()] == pytest.approx([entry.worth for entry in whole[1:]])


def test_decays_that_are_no_sums_of_exponentials_are_folded_anew() -> None:
    linear = EVERYTHING.replace(decay=Linear(days=90))
    assert not can_checkpoint(linear, [])
    with pytest.raises(PolicyError, match="no sums of exponentials"):
        checkpoint(Fold(linear, History([], 0), "USD"))


def test_another_policy_cannot_go_on() -> None:
    stopped = checkpoint(Fold(EVERYTHING, History([], 0), "USD"))
    other = EVERYTHING.replace(revision=2)
    with pytest.raises(PolicyError, match=f"under the policy {EVERYTHING.digest[:8]}, not {other.digest[:8]}; fold"):
        resume(other, stopped, [], 0)


def test_a_checkpoint_of_another_release_is_none() -> None:
    data = checkpoint(Fold(EVERYTHING, History([], 0), "USD")).to_dict()
    assert Checkpoint.from_dict(data) is not None
    assert Checkpoint.from_dict({**data, "form": 0}) is None


def test_a_checkpoint_is_the_same_once_it_was_json() -> None:
    facts = [
        Fact("f", 1, "withdrawal", "ada", "fault", DAY, 0, reference="ü", dimensions={"channel": "phone", "wait": 2.5}),
        Fact("g", 2, "deposit", "ada", "gift", 2 * DAY, 0, in_response_to="f"),
    ]
    for stopped in stops(EVERYTHING, facts):
        assert stored(stopped).to_dict() == stopped.to_dict()
        assert stored(stopped).key == stopped.key
        assert stored(stopped).sums == stopped.sums


# Which changes


changes = st.sampled_from(["append", "reverse", "amend"])


@few
@given(opinions, histories(most=10), changes, st.data())
def test_a_change_makes_void_what_is_at_or_after_it_and_nothing_before(
    policy: Policy, history: list[Entry], change: str, data: st.DataObject
) -> None:
    facts = facts_of(history)
    if not facts:
        return
    target = data.draw(st.sampled_from(facts))
    before, after, place = changed(facts, target, change)
    whole = Fold(policy, History(after, NOW_US), "USD")
    whole.take_all(whole.history.in_force)
    for stopped in stops(policy, before):
        assert stopped.holds(place) == (stopped.key is None or place is None or stopped.key < place)
        if stopped.holds(place):
            resumed = resume(policy, stopped, after, NOW_US)
            for name, entry in resumed.valued.items():
                assert entry.worth == pytest.approx(whole.valued[name].worth, abs=1e-9 * (1 + abs(entry.worth)))
            expected = [
                name
                for name, entry in whole.valued.items()
                if stopped.key is None or fold_order(entry.fact) > stopped.key
            ]
            assert list(resumed.valued) == expected


def changed(facts: list[Fact], target: Fact, change: str) -> tuple[list[Fact], list[Fact], Any]:
    """The facts before and after a change, and its place."""
    if change == "append":
        return [fact for fact in facts if fact is not target], facts, first_invalid(target)
    reversal = Fact("reversal", 98, "reversal", "ada", target.kind, target.occurred_us, NOW_US, reverses=target.id)
    if change == "reverse":
        return facts, [*facts, reversal], first_invalid(target)
    moved = target._replace(
        id="amended",
        seq=99,
        amends=target.id,
        revision=2,
        magnitude=target.magnitude + 1,
        occurred_us=target.occurred_us + DAY,
    )
    return facts, [*facts, reversal, moved], first_invalid(target, moved)


def test_a_change_at_a_place_really_changes_what_is_after_it() -> None:
    """What is void is not only said to be: gone on from there, the worths would be wrong."""
    faults = [Fact(f"f{n}", n, "withdrawal", "ada", "fault", n * 10 * DAY, 0) for n in range(4)]
    policy = FOLDED["double_deviation"]
    late = faults[1]
    stale = stops(policy, [fact for fact in faults if fact is not late])
    whole = worths({entry.fact.id: entry for entry in fold(policy, History(faults, NOW_US), "USD")})
    wrong = []
    for stopped in stale:
        found = worths(resume(policy, stopped, faults, NOW_US).valued)
        right = all(found[name] == whole[name] for name in found)
        assert right or not stopped.holds(first_invalid(late))
        wrong.append(not right)
    assert wrong == [False, False, True, False]  # the last one stands after all of them, and values nothing more


def test_an_observation_changes_no_worth() -> None:
    call = Fact("c", 1, "observation", "ada", "touch", 5, 0)
    fault = Fact("f", 1, "withdrawal", "ada", "fault", 9, 0)
    assert first_invalid(call) is None
    assert first_invalid(call, fault) == fold_order(fault)
    assert first_invalid() is None


def test_a_change_is_where_its_first_fact_is() -> None:
    early, late = (Fact("f", 1, "withdrawal", "ada", "fault", at, 0) for at in (5, 9))
    assert first_invalid(late, early) == first_invalid(early, late) == fold_order(early)


def test_a_reversal_has_no_place_of_its_own() -> None:
    with pytest.raises(ValueError, match="a reversal has no place in the order of facts; give the entry"):
        first_invalid(Fact("r", 1, "reversal", "ada", "fault", 5, 0, reverses="f"))


# How much is remembered


def numbers_in(plain: Any) -> int:
    """How many numbers JSON holds."""
    if isinstance(plain, Mapping):
        return sum(map(numbers_in, plain.values()))
    return sum(map(numbers_in, plain)) if isinstance(plain, list | tuple) else int(isinstance(plain, int | float))


def remembered(policy: Policy, *, entries: int, kinds: int, failures: int) -> int:
    """How many numbers a checkpoint holds after so many entries of so many kinds, so many of them failures."""
    facts = [Fact(f"f{n}", n, "withdrawal", "ada", "k0", n * DAY, 0) for n in range(failures)]
    facts += [Fact(f"g{n}", 99 + n, "deposit", "ada", f"k{n % kinds}", n * DAY, 0) for n in range(entries)]
    *_, stopped = stops(policy, facts)
    return numbers_in(stopped.to_dict())


SIZES: Mapping[str, tuple[Any, ...]] = {
    "constant": (DoubleDeviation(),),
    "per kind": (Habituation(), DoubleDeviation()),
    "per open failure": (Habituation(), LinkedRecovery()),
    "history": (Habituation(), Betrayal(), LinkedRecovery()),
}


@pytest.mark.parametrize(("size", "steps"), SIZES.items())
def test_a_checkpoint_grows_as_the_policy_says(size: str, steps: Any) -> None:
    card = RateCard(rates={f"k{n}": CARD.rates["gift"] for n in range(16)})
    policy = Policy(valuation=Valuation(steps=(card, *steps)), decay=HalfLife(days=84))
    assert policy.state_size == size
    base = remembered(policy, entries=40, kinds=2, failures=5)
    assert remembered(policy, entries=160, kinds=2, failures=5) == base  # the sums stand for the history
    assert (remembered(policy, entries=40, kinds=8, failures=5) > base) == (size != "constant")
    assert (remembered(policy, entries=40, kinds=2, failures=10) > base) == (size in {"per open failure", "history"})


# States as JSON


@pytest.mark.parametrize("state", [None, 1.5, 7, "x", (), (1.0, 2), {"a": (1.0, 2)}, ({"a": ()}, (("b",), 1e-300))])
def test_a_state_of_plain_values_survives_json(state: Any) -> None:
    assert from_plain(json.loads(json.dumps(to_plain(state)))) == state


@pytest.mark.parametrize("state", [{1: 2.0}, {1.0}, b"x", [1.0], (1.0, {"a": object})])
def test_a_state_that_json_would_not_give_back_is_refused_with_the_way_out(state: Any) -> None:
    with pytest.raises(PolicyError, match=r"JSON would not give back; .* or define dump_state and load_state"):
        to_plain(state)


class Tally:
    """A state that looks the same whatever it counted."""

    def __init__(self, count: float) -> None:
        self.count = count

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tally)

    def __hash__(self) -> int:
        return 0


FAULTS = [Fact(f"f{n}", n, "withdrawal", "ada", "fault", n * DAY, 0) for n in range(3)]


def test_a_step_whose_state_json_changes_breaks_the_law() -> None:
    with preserved_registry():

        class Counts(FoldedStep, type="counts"):
            stage: ClassVar[Stage] = Stage.HABITUATION

            def start(self) -> Any:
                return {}

            def value(self, state: Any, moment: Moment) -> float:
                return moment.entering or 0.0

            def advance(self, state: Any, moment: Moment) -> Any:
                return {**state, len(state): 1.0}

            def dump_state(self, state: Any) -> Any:
                return state

        with pytest.raises(AssertionError, match=r"Counts\(\) remembers {0: 1.0}, and of its JSON {'0': 1.0}"):
            a_state_survives_json(Book(opinion(Counts(), CATALOG), FAULTS))


def test_a_step_that_forgets_when_it_stops_breaks_the_law() -> None:
    with preserved_registry():

        class Forgets(FoldedStep, type="forgets"):
            stage: ClassVar[Stage] = Stage.HABITUATION

            def start(self) -> Any:
                return Tally(1.0)

            def value(self, state: Any, moment: Moment) -> float:
                return float((moment.entering or 0.0) * state.count)

            def advance(self, state: Any, moment: Moment) -> Any:
                return Tally(state.count + 1.0)

            def dump_state(self, state: Any) -> Any:
                return None

            def load_state(self, plain: Any) -> Any:
                return Tally(1.0)

        with pytest.raises(AssertionError, match="gone on with it is Valued.*and at one go Valued"):
            a_fold_goes_on_from_a_checkpoint(Book(opinion(Forgets(), CATALOG), FAULTS))
