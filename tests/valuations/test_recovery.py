"""What a gesture that answers a failure gives back."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodwill import Rate
from goodwill.decays import CalendarExpiry, HalfLife, NoDecay
from goodwill.domain.errors import PolicyError
from goodwill.policies.component import EVERY_OPERAND
from goodwill.policies.decay import Decay
from goodwill.testing.engines import installed, on_engine
from goodwill.valuations import (
    Concave,
    Justice,
    LinkedRecovery,
    Prospect,
    RateCard,
    RecoveryCurve,
    SCurve,
    Severity,
    Sincerity,
)

curves = st.builds(Concave, c0=st.floats(0.01, 1e6)) | st.builds(SCurve, mid=st.floats(0.01, 10.0))
caps = st.floats(0.01, 10.0)
recoveries = st.builds(LinkedRecovery, curve=curves, rho=st.just(0.0) | st.floats(1e-3, 2.0), cap=caps)


# Curves


@given(curves, caps)
def test_a_curve_begins_with_nothing_and_reaches_all_at_the_cap(curve: RecoveryCurve, cap: float) -> None:
    assert curve.share(0.0, cap) == 0.0
    assert curve.share(cap, cap) == pytest.approx(1.0, rel=1e-12)


@given(curves, caps, st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_a_curve_never_falls(curve: RecoveryCurve, cap: float, parts: list[float]) -> None:
    read = [curve.share(part * cap, cap) for part in sorted(parts)]
    assert all(before <= after + 1e-12 for before, after in pairwise(read))
    assert all(-1e-12 <= share <= 1 + 1e-12 for share in read)


@given(st.floats(0.01, 10.0), st.floats(0.01, 1.0))
def test_the_s_curve_is_the_logistic_that_its_docstring_says(mid: float, part: float) -> None:
    def logistic(c: float) -> float:
        return 1 / (1 + math.exp(-math.log(9) / 0.3 * (c - mid)))

    span = logistic(1.5) - logistic(0)
    said = (logistic(1.5 * part) - logistic(0)) / span
    assert SCurve(mid=mid).share(1.5 * part, 1.5) == pytest.approx(said, abs=1e-14 / span + 1e-12)


@given(recoveries, st.lists(st.floats(-1.0, 5.0), min_size=2), st.floats(0.0, 1e6), st.floats(0.0, 1.0))
def test_more_compensation_never_gives_back_less_and_never_more_than_rho_of_the_loss(
    recovery: LinkedRecovery, offers: list[float], loss: float, remains: float
) -> None:
    back = [recovery.returned(offer, loss, remains, "fault") for offer in sorted(offers)]
    assert recovery.returned(0.0, loss, remains, "fault") == 0.0
    assert all(before <= after * (1 + 1e-12) + 1e-9 for before, after in pairwise(back))
    assert all(0.0 <= amount <= recovery.rho * loss * remains * (1 + 1e-12) for amount in back)


@pytest.mark.parametrize("engine", list(installed(EVERY_OPERAND)))
@settings(max_examples=max(10, settings.default.max_examples // 5))  # each example makes a frame or a table
@given(curve=curves, cap=caps, offers=st.lists(st.floats(-1, 12), min_size=1, max_size=8))
def test_every_engine_gives_back_the_same(engine: str, curve: RecoveryCurve, cap: float, offers: list[float]) -> None:
    step = LinkedRecovery(curve=curve, by_failure={"delay": SCurve()}, cap=cap)
    for failure in ("fault", "delay"):
        ours = [step.returned(offer, 10.0, 0.75, failure) for offer in offers]
        theirs = on_engine(engine, lambda offer, kind=failure: step.returned(offer, 10.0, 0.75, kind), offers)
        assert theirs == pytest.approx(ours, abs=1e-11)


# Through a ledger


def test_a_gesture_that_answers_nothing_is_an_ordinary_one(story: Any) -> None:
    told = story([LinkedRecovery()], [(0, "fault", 1), (1, "gift", 10)])
    assert told.worths == [-1, 10]


@pytest.mark.parametrize(
    ("events", "note"),
    [
        ([(1, "gift", 10, {"answers": 7})], "not visible, or happened later"),
        ([(1, "gift", 10, {"answers": 1}), (2, "fault", 9)], "not visible, or happened later"),
        ([(0, "praise", 3), (1, "gift", 10, {"answers": 0})], "is a deposit, not a withdrawal"),
        ([(0, "touch", 1), (1, "gift", 10, {"answers": 0})], "is a observation, not a withdrawal"),
        ([(0, "fault", 0), (1, "gift", 10, {"answers": 0})], "was no loss"),
        ([(0, "fault", 9, {"severity": 0}), (1, "gift", 10, {"answers": 0})], "was no loss"),
        ([(0, "vow", 9, {"due": 300_000}), (1, "gift", 10, {"answers": 0})], "is a promise, not a withdrawal"),
        ([(0, "vow", 9, {"due": 5}), (1, "gift", 10, {"answers": 0})], "not visible, or happened later"),
    ],
)
def test_a_link_that_is_not_in_force_leaves_an_ordinary_gesture_and_says_why(
    story: Any, events: list[Any], note: str
) -> None:
    told = story([Severity(), LinkedRecovery()], events)
    (gesture,) = (item for item in told.contributions if item.kind == "gift")
    assert (gesture.worth, gesture.recovers) == (10, None)
    assert note in gesture.note


@given(recoveries, st.lists(st.tuples(st.integers(0, 300), st.integers(0, 40)), min_size=1, max_size=8))
def test_all_recoveries_together_give_back_at_most_rho_of_the_loss_and_none_less_than_nothing(
    story: Any, step: LinkedRecovery, answers: list[tuple[int, int]]
) -> None:
    events = [(0, "fault", 10), *((day, "gift", size, {"answers": 0}) for day, size in answers)]
    failure, *back = story([step], events, decay=HalfLife(days=84)).worths
    assert all(worth >= 0.0 for worth in back)
    assert math.fsum(back) <= step.rho * -failure * (1 + 1e-9)


@given(recoveries, st.lists(st.tuples(st.integers(0, 300), st.integers(0, 40)), min_size=1, max_size=8))
def test_the_parts_of_a_recovery_are_worth_what_they_add_to_those_before(
    story: Any, step: LinkedRecovery, answers: list[tuple[int, int]]
) -> None:
    # Semantics written out: B_i = max over j <= i of min(R(C_j) |v|, rho |v| w(t_j - t_f)).
    events = [(0, "fault", 10), *((day, "gift", size, {"answers": 0}) for day, size in sorted(answers))]
    _, *back = story([step], events, decay=HalfLife(days=84)).worths
    offered = best = 0.0
    expected = []
    for day, size in sorted(answers):
        offered += size / 10
        share = step.curve.share(min(offered, step.cap), step.cap)
        given_back = max(best, step.rho * 10 * min(share, 2 ** (-day / 84)))
        expected.append(given_back - best)
        best = given_back
    # Those of one day are folded by their references, as they are numbered here.
    assert back == pytest.approx(expected, abs=1e-9)


def test_a_late_recovery_gives_back_no_more_than_is_left(story: Any) -> None:
    events = [(0, "fault", 10), (84, "gift", 100, {"answers": 0})]
    told = story([LinkedRecovery()], events, decay=HalfLife(days=84))
    assert told.worths == pytest.approx([-10, 5])
    assert told.points(84) == pytest.approx(0)


def test_a_recovery_that_hurts_lowers_what_those_after_it_give_back(story: Any) -> None:
    card = RateCard(rates={"fault": Rate("unit", material=1), "praise": Rate("unit", symbolic=1)})
    flattery = (1, "praise", 5, {"answers": 0, "sincerity": -1})
    sincere = (2, "praise", 5, {"answers": 0})
    step = LinkedRecovery()
    spoiled = story([card, Sincerity(), step], [(0, "fault", 10), flattery, sincere]).worths
    assert spoiled == [-10, 0, 0]
    assert story([card, Sincerity(), step], [(0, "fault", 10), sincere]).worths[1] > 6


def test_it_measures_by_what_the_gesture_is_worth_before_the_value_function(story: Any) -> None:
    events = [(0, "fault", 20), (0, "gift", 10, {"answers": 0})]
    failure, recovery = story([Prospect(), LinkedRecovery()], events).worths
    assert recovery == pytest.approx(Concave().share(0.5, 1.5) * -failure)


def test_a_slow_recovery_offers_less(story: Any) -> None:
    quick = LinkedRecovery(curve=Concave(c0=1e6), cap=1, speed=HalfLife(days=10).grace(days=2))
    worths = [story([quick], [(0, "fault", 10), (day, "gift", 10, {"answers": 0})]).worths[1] for day in (0, 2, 12, 22)]
    assert worths == pytest.approx([10, 10, 5, 2.5], rel=1e-5)


@pytest.mark.parametrize("speed", [CalendarExpiry(months=1), HalfLife(days=10) * CalendarExpiry(months=1)])
def test_a_calendar_is_no_speed(speed: Decay) -> None:
    with pytest.raises(PolicyError, match=r"^speed: speed goes by the days since the failure.* use .expire\(days="):
        LinkedRecovery(speed=speed)


def test_repayment_in_kind_counts_whole_and_other_gestures_as_the_table_says(story: Any) -> None:
    step = LinkedRecovery(curve=Concave(c0=1e6), cap=1, matching={"delay": {"praise": 0.5}})
    answer = {"answers": 0}
    assert story([step], [(0, "delay", 10), (1, "praise", 10, answer)]).worths[1] == pytest.approx(5, rel=1e-5)
    assert story([step], [(0, "delay", 10), (1, "gift", 10, answer)]).worths[1] == pytest.approx(10)
    assert story([step], [(0, "fault", 10), (1, "praise", 10, answer)]).worths[1] == pytest.approx(10)


def test_justice_weighs_declared_dimensions_and_what_nobody_recorded_counts_whole(story: Any) -> None:
    step = LinkedRecovery(curve=Concave(c0=1e6), cap=1, justice=Justice())

    def worth(**dimensions: Any) -> float:
        answer = {"answers": 0, "dimensions": dimensions}
        return story([step], [(0, "fault", 10), (1, "praise", 10, answer)]).worths[1]

    assert worth() == pytest.approx(10)
    assert worth(distributive=0.0) == pytest.approx(5, rel=1e-5)
    assert worth(distributive=0.0, interactional=0.0) == pytest.approx(1.5, rel=1e-5)
    assert worth(distributive="fair") == pytest.approx(10)
    assert worth(distributive=7.0) == pytest.approx(10)


def test_speed_matching_and_justice_take_from_what_is_offered_together(story: Any) -> None:
    step = LinkedRecovery(
        curve=Concave(c0=1e6),
        cap=1,
        speed=HalfLife(days=10),
        matching={"fault": {"praise": 0.5}},
        justice=Justice(distributive=1.0, interactional=0.0, procedural=0.0),
    )
    answer = {"answers": 0, "dimensions": {"distributive": 0.25}}
    worth = story([step], [(0, "fault", 16), (10, "praise", 16, answer)]).worths[1]
    assert worth == pytest.approx(16 * 0.5 * 0.5 * 0.25, rel=1e-4)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_justice_is_a_mean(distributive: float, interactional: float, procedural: float) -> None:
    dimensions = {"distributive": distributive, "interactional": interactional, "procedural": procedural}
    gain = Justice().gain(dimensions)
    assert min(dimensions.values()) - 1e-9 <= gain <= max(dimensions.values()) + 1e-9


def test_weights_of_justice_that_are_no_whole_are_refused() -> None:
    with pytest.raises(PolicyError, match="sum to 1.15, not to 1"):
        Justice(distributive=0.5, interactional=0.5, procedural=0.15)


def test_a_kind_of_failure_may_have_a_curve_of_its_own(story: Any) -> None:
    step = LinkedRecovery(by_failure={"fault": SCurve()})
    worths = {
        kind: story([step], [(0, kind, 10), (1, "gift", 6, {"answers": 0})]).worths[1] for kind in ("fault", "delay")
    }
    assert worths == pytest.approx({"fault": 10 * SCurve().share(0.6, 1.5), "delay": 10 * Concave().share(0.6, 1.5)})


def test_more_than_the_cap_adds_nothing(story: Any) -> None:
    worths = [
        story([LinkedRecovery()], [(0, "fault", 10), (1, "gift", size, {"answers": 0})]).worths[1]
        for size in (14, 15, 16, 150)
    ]
    assert worths[0] < 10
    assert worths[1:] == pytest.approx([10, 10, 10])


def test_above_one_rho_is_the_recovery_paradox(story: Any) -> None:
    events = [(0, "fault", 10), (0, "gift", 15, {"answers": 0})]
    assert story([LinkedRecovery(rho=1.2)], events, decay=NoDecay()).points(0) == pytest.approx(2)


@pytest.mark.parametrize("fault", [{"cap": 0}, {"cap": 11}, {"rho": -1}, {"matching": {"delay": {"gift": 1.5}}}])
def test_what_no_recovery_has_is_refused(fault: dict[str, Any]) -> None:
    with pytest.raises(PolicyError, match=next(iter(fault))):
        LinkedRecovery(**fault)


def test_justice_without_a_recorded_dimension_or_with_more_than_all_counts_whole() -> None:
    justice = Justice(distributive=0.5, interactional=0.3, procedural=0.2)
    assert justice.gain({}) == pytest.approx(1.0)
    assert justice.gain({"distributive": 0.0}) == pytest.approx(0.5)
    assert justice.gain({"distributive": "by hand", "interactional": 0.0}) == pytest.approx(0.7)
    assert justice.gain({"distributive": 7.0, "interactional": 0.0}) == pytest.approx(0.7)
    assert justice.gain({"distributive": -7.0}) == pytest.approx(0.5)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_justice_is_never_more_than_all(one: int, other: int) -> None:
    low, high = sorted([one / 10**6, other / 10**6])
    justice = Justice(distributive=low, interactional=high - low, procedural=1.0 - high)
    assert justice.gain({}) <= 1.0
