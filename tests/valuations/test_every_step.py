"""What holds of every step, and which steps stand beside which."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

import goodwill.policies.decay
import goodwill.valuations
from goodwill import Catalog, Rate, Valuation
from goodwill.decays import HalfLife
from goodwill.domain.errors import PolicyError
from goodwill.policies.component import EVERY_OPERAND, registered, unregister
from goodwill.policies.valuation import FoldedStep, Stage, Step
from goodwill.testing.examples import example_of
from goodwill.testing.operands import check_operands
from goodwill.valuations import (
    ATTRACTIVE,
    MUST_BE,
    Betrayal,
    Cap,
    DoubleDeviation,
    Expectation,
    Gains,
    Habituation,
    Kano,
    LinkedRecovery,
    Prospect,
    RateCard,
    SCurve,
    Severity,
    Sincerity,
    Tolerance,
)

CARD = RateCard(rates={"gift": Rate("event", material=8.0, symbolic=2.0)})
few = max(10, settings.default.max_examples // 5)  # each example makes a frame or a table
STEPS = (
    CARD,
    Sincerity(),
    Expectation(kinds=("gift",)),
    Tolerance(lower=-1, upper=1),
    Prospect(alpha=0.5),
    Kano(gains={"fault": Gains(above=0.5)}),
    Severity(),
    Habituation(kinds=("praise",), half_life=None),
    DoubleDeviation(kappa=1),
    Betrayal(g0=20),
    LinkedRecovery(rho=0.8, by_failure={"fault": SCurve()}, matching={"fault": {"gift": 0.5}}),
    Cap(points=50),
)


SHIPPED = [member for member in registered(Step).values() if member.__module__.startswith("goodwill.")]


def test_there_is_a_step_for_every_stage() -> None:
    assert [step.stage for step in STEPS] == list(Stage)


@pytest.mark.parametrize("step", [*map(example_of, SHIPPED), *STEPS], ids=lambda step: step.tag)
def test_it_prints_as_code_and_stores_as_json(step: Step) -> None:
    names = {**vars(goodwill.valuations), **vars(goodwill.policies.decay), "Rate": Rate, "HalfLife": HalfLife}
    assert eval(repr(step), names) == step
    assert Step.from_json(step.to_json()) == step


@pytest.mark.parametrize("member", SHIPPED, ids=lambda member: member.tag)
def test_it_has_a_test_of_its_own(member: type[Step], project_root: Path) -> None:
    module = member.__module__.rpartition(".")[2]
    assert (project_root / "tests" / "valuations" / f"test_{module}.py").is_file()


@pytest.mark.parametrize("step", [*map(example_of, SHIPPED)], ids=lambda step: step.tag)
def test_only_what_is_folded_lacks_an_operand(step: Step) -> None:
    assert step.runs_on == (frozenset({"float"}) if isinstance(step, FoldedStep) else EVERY_OPERAND)
    assert (step.scope == "folded") == isinstance(step, FoldedStep)


@pytest.mark.parametrize("tag", sorted(registered(Step)))
def test_its_formula_is_the_same_on_every_engine(tag: str) -> None:
    check_operands(registered(Step)[tag], examples=few)


# Order


@pytest.mark.parametrize(("earlier", "later"), [(a, b) for a, b in permutations(STEPS[1:], 2) if a.stage < b.stage])
def test_two_steps_stand_in_one_order_and_the_other_is_refused(earlier: Step, later: Step) -> None:
    assert Valuation(steps=(CARD, earlier, later)).steps[1:] == (earlier, later)
    with pytest.raises(PolicyError, match=f"{later.stage.label} stands before {earlier.stage.label}; the order is"):
        Valuation(steps=(CARD, later, earlier))


def test_a_stage_stands_once_and_the_rate_card_first() -> None:
    with pytest.raises(PolicyError, match="stands twice"):
        Valuation(steps=(CARD, Prospect(), Prospect(alpha=0.5)))
    for steps in ((Prospect(),), (), (Sincerity(), CARD)):
        with pytest.raises(PolicyError, match="rate card"):
            Valuation(steps=steps)


# What excludes each other


@pytest.mark.parametrize(
    ("expected", "worn", "shared"),
    [
        (None, None, "every deposit"),
        (("gift",), None, "gift"),
        (None, ("gift",), "gift"),
        (("gift", "praise"), ("praise", "upgrade"), "praise"),
    ],
)
def test_expectation_and_habituation_of_one_kind_exclude_each_other(expected: Any, worn: Any, shared: str) -> None:
    with pytest.raises(PolicyError, match=f"both wear out {shared}; name kinds="):
        Valuation(steps=(CARD, Expectation(kinds=expected), Habituation(kinds=worn)))


@pytest.mark.parametrize(
    ("expectation", "habituation"),
    [
        (Expectation(kinds=("gift",)), Habituation(kinds=("praise",))),
        (Expectation(kinds=()), Habituation()),
        (Expectation(kappa=0), Habituation()),  # it only watches
        (Expectation(), Habituation(eta=0)),
    ],
)
def test_they_stand_side_by_side_where_only_one_wears_out_a_kind(
    expectation: Expectation, habituation: Habituation
) -> None:
    assert len(Valuation(steps=(CARD, expectation, habituation)).folded) == 2


@pytest.mark.parametrize(
    ("expectation", "way"),
    [
        (Expectation(kinds=("gift", "praise")), "take it out of one of them"),
        (Expectation(), "name its kinds= without gift"),
    ],
)
def test_what_cannot_delight_cannot_be_shifted(expectation: Expectation, way: str) -> None:
    with pytest.raises(PolicyError, match=f"gift cannot delight, and expectation shifts.*{way}"):
        Valuation(steps=(CARD, expectation, Kano(gains={"gift": MUST_BE})))


@pytest.mark.parametrize("expectation", [Expectation(kappa=0), Expectation(kinds=("praise",)), Expectation(kinds=())])
def test_what_is_not_shifted_may_be_a_must(expectation: Expectation) -> None:
    assert Valuation(steps=(CARD, expectation, Kano(gains={"gift": MUST_BE, "praise": ATTRACTIVE})))


def test_each_says_so_from_either_side() -> None:
    # The order of steps is one, so each pair is asked both ways; whoever knows of the conflict is heard.
    class Second(Step, type="second_for_a_test"):
        stage = Stage.CAP

        def check_beside(self, other: Step) -> None:
            if other.tag == "severity":
                raise PolicyError("not beside severity")

    try:
        with pytest.raises(PolicyError, match="not beside severity"):
            Valuation(steps=(CARD, Severity(), Second()))
    finally:
        unregister(Second)


def test_a_step_has_nothing_against_a_catalog_that_does_not_know_its_kinds() -> None:
    for step in STEPS:
        step.check(Catalog())
