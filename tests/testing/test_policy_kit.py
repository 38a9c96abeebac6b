"""The kit holds every shipped step and random policies to the laws of a reading, and catches those who break them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from goodwill import Catalog, presets
from goodwill.policies.component import preserved_registry, registered
from goodwill.policies.term import Term
from goodwill.policies.valuation import Columns, FoldedStep, Moment, RecoveryStep, Stage, Step
from goodwill.testing.histories import CATALOG, policies
from goodwill.testing.policy import check_policy, check_term, check_valuation

TAGS = sorted(registered(Step))


@pytest.mark.slow
@pytest.mark.parametrize("tag", TAGS)
def test_every_registered_step_keeps_the_laws(tag: str) -> None:
    check_valuation(registered(Step)[tag], examples=5)


@pytest.mark.parametrize("tag", sorted(registered(Term)))
def test_every_registered_term_keeps_the_laws(tag: str) -> None:
    check_term(registered(Term)[tag], examples=5)


def test_every_policy_that_can_be_built_keeps_the_laws() -> None:
    check_policy(policies(), examples=4)


def test_the_default_policy_keeps_the_laws() -> None:
    check_policy(presets.default(presets.service_catalog()), catalog=presets.service_catalog(), examples=10)


@pytest.fixture
def _own_registry() -> Iterator[None]:
    with preserved_registry():
        yield


@pytest.mark.usefixtures("_own_registry", "unshrunk")
@pytest.mark.slow
class TestLiars:
    """Each breaks one law, and is caught by its name."""

    def caught(self, step: Any, law: str, catalog: Catalog = CATALOG) -> None:
        with pytest.raises(AssertionError, match=f"^{law}"):
            check_valuation(step, catalog=catalog, examples=100)

    def test_a_step_that_remembers_what_it_saw_before_is_caught(self) -> None:
        seen: dict[int, float] = {}

        class Remembers(FoldedStep, type="remembers"):
            stage: ClassVar[Stage] = Stage.HABITUATION

            def value(self, state: Any, moment: Moment) -> float:
                seen[moment.at_us] = seen.get(moment.at_us, 0.0) + 1.0
                return (moment.entering or 0.0) * seen[moment.at_us]

        self.caught(Remembers, "reading twice reads the same|no reading knows the future|contributions")

    def test_a_step_that_looks_ahead_is_caught(self) -> None:
        class LooksAhead(FoldedStep, type="looks_ahead"):
            stage: ClassVar[Stage] = Stage.HABITUATION

            def value(self, state: Any, moment: Moment) -> float:
                # It reaches past its arguments, for what is still to come.
                cells = [cell.cell_contents for cell in moment.goodwill.__closure__ or ()]
                (folding,) = [cell for cell in cells if hasattr(cell, "history")]
                later = [fact for fact in folding.history.in_force if fact.occurred_us > moment.at_us]
                return (moment.entering or 0.0) * (0.5 if later else 1.0)

        self.caught(LooksAhead, "no worth looks past its entry")

    def test_a_recovery_that_pays_twice_is_caught(self) -> None:
        class PaysTwice(RecoveryStep, type="pays_twice"):
            def compensation(self, offered: float, lost: float, days: float, failure: Any, recovery: Any) -> float:
                return offered / abs(lost)

            def returned(self, compensation: float, loss: float, remains: float, failure: str) -> float:
                return 2.0 * loss * min(max(compensation, 0.0), 1.0)

        answers = Catalog([CATALOG["fault"], CATALOG["gift"]])  # so that most deposits answer a failure
        self.caught(PaysTwice, "a recovery gives back no more than was lost", answers)

    def test_a_step_that_gives_no_number_is_caught(self) -> None:
        class Overflows(Step, type="overflows"):
            stage: ClassVar[Stage] = Stage.CAP

            def apply(self, worth: Any, columns: Columns) -> Any:
                return worth * 1e308 * 10

        self.caught(Overflows, "a reading is a finite number")

    def test_a_step_that_differs_on_another_operand_is_caught(self) -> None:
        class DiffersOnArrays(Step, type="differs_on_arrays"):
            stage: ClassVar[Stage] = Stage.SEVERITY

            def apply(self, worth: Any, columns: Columns) -> Any:
                return worth * (2.0 if isinstance(worth, float) else 2.001)

        with pytest.raises(
            AssertionError, match=r"^every engine agrees: apply of DiffersOnArrays\(\) is .* on numpy, of"
        ):
            check_valuation(DiffersOnArrays, examples=10)

    def test_a_step_for_floats_alone_must_say_so(self) -> None:
        class OnFloats(Step, type="on_floats"):
            stage: ClassVar[Stage] = Stage.SEVERITY

            def apply(self, worth: Any, columns: Columns) -> Any:
                return worth if worth > 0.0 else 2.0 * worth

        with pytest.raises(
            AssertionError, match=r"^every engine agrees: apply of OnFloats\(\) raises \w+ on (numpy|polars)"
        ):
            check_valuation(OnFloats, examples=10)
        OnFloats.operands = frozenset({"float"})
        check_valuation(OnFloats, examples=2)

    def test_a_step_that_depends_on_the_date_is_caught(self) -> None:
        class Weekday(FoldedStep, type="weekday"):
            stage: ClassVar[Stage] = Stage.HABITUATION

            def value(self, state: Any, moment: Moment) -> float:
                return (moment.entering or 0.0) * (1.0 + moment.at_us // 86_400_000_000 % 30)

        self.caught(Weekday, "a reading knows no date")
