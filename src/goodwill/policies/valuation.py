"""What a valuation is: steps in the one order in which they make sense, from fact to worth.

A step is a pure function of (worth so far, fact). Most have no state: they are formulas over the columns of a fact
(`Columns`) and run on floats, arrays and expressions alike. Those that look at an account's other entries say so by
their `scope`, and are folded (`goodwill.policies.fold`).

The order does not commute: an offset before a curvature is not one after it, and a loss must be weighed on the net
surprise. A valuation that names its steps in another order is refused, with the right one.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from enum import IntEnum
from functools import cached_property
from itertools import pairwise
from typing import Any, ClassVar, Literal, NamedTuple, Self

from pydantic import model_validator

from goodwill.domain.entry import Fact
from goodwill.domain.errors import PolicyError
from goodwill.domain.kind import Catalog
from goodwill.policies.component import Component
from goodwill.policies.model import Model
from goodwill.policies.state import from_plain, to_plain

__all__ = [
    "Columns",
    "FoldedStep",
    "Moment",
    "Parts",
    "RecoveryStep",
    "Scope",
    "Stage",
    "StateSize",
    "Step",
    "Valuation",
]

StateSize = Literal["constant", "per kind", "per open failure", "history"]
"""How what a fold remembers grows: not at all, with the kinds, with the failures still open, with the entries."""

Scope = Literal["per_entry", "linked", "folded"]
"""How far a step looks: at the entry alone, at the withdrawal it answers, or at all before it."""


class Stage(IntEnum):
    """The stages of a valuation, in the only order in which they make sense."""

    RATE_CARD = 1
    SINCERITY = 2
    EXPECTATION = 3
    TOLERANCE = 4
    VALUE_FUNCTION = 5
    KANO = 6
    SEVERITY = 7
    HABITUATION = 8
    DOUBLE_DEVIATION = 9
    BETRAYAL = 10
    RECOVERY = 11
    CAP = 12

    @property
    def label(self) -> str:
        """The stage's name for people: 'value function'."""
        return self.name.lower().replace("_", " ")


class Columns(NamedTuple):
    """A fact as a formula sees it: each attribute is a float (or text), an array, or an expression.

    Attributes:
        kind: the kind's name.
        sign: 1 for a deposit, -1 for a withdrawal.
        magnitude: in the kind's unit, at least 0.
        exchange: for a money magnitude, how many units of the policy's currency one unit of it buys; 1 in every
            other unit.
        sincerity: in [-1, 1].
        severity: a factor, at least 0.
        part: of a breach the share of its promise that was not kept; 1 for everything else.
        kept: 1 for a promise kept, which is worth its kind's `kept` share; 0 for everything else.
    """

    kind: Any
    sign: Any
    magnitude: Any
    exchange: Any = 1.0
    sincerity: Any = 1.0
    severity: Any = 1.0
    part: Any = 1.0
    kept: Any = 0.0


class Parts(NamedTuple):
    """A worth that is still in two parts: what was handed over, and what was meant by it."""

    material: Any
    symbolic: Any


class Step(Component, family="step"):
    """One stage of a valuation. A subclass sets `stage`, `scope` and `reads`, and writes `apply`."""

    stage: ClassVar[Stage]
    scope: ClassVar[Scope] = "per_entry"
    reads: ClassVar[tuple[str, ...]] = ()
    """The columns of an entry that it reads, beside account, type, kind, magnitude and occurred_at."""

    def apply(self, worth: Any, columns: Columns) -> Any:
        """The worth after this step, in points; a formula over operands.

        The rate card is given None and answers `Parts`; sincerity joins them; all later steps see one number.
        """
        return worth

    def unvalued(self, fact: Fact, exchange: float | None) -> str | None:
        """Why this step has no opinion on a fact, or None. `exchange` is None where the policy has no rate."""
        return None

    def check_beside(self, other: Step) -> None:
        """Raise PolicyError where this step and another exclude each other; most do not."""

    def check(self, catalog: Catalog) -> None:
        """Raise PolicyError where this step contradicts a catalog; most have nothing to say."""


class Moment(NamedTuple):
    """One entry as a step with state sees it, once it is valued.

    Attributes:
        columns: the entry's own.
        at_us: when it happened, in microseconds since the epoch.
        plain: its worth after sincerity and before everything else, in points.
        entering: its worth as it came to this step; None if it skipped it.
        is_recovery: whether it is valued by the loss that it answers.
        goodwill: the balance just before it, terms excluded, in points; computed when it is called.
    """

    columns: Columns
    at_us: int
    plain: float
    entering: float | None
    is_recovery: bool
    goodwill: Callable[[], float]


class FoldedStep(Step):
    """A stage with state: a pure fold over the account's entries, which never looks past the one being valued.

    Attributes:
        state_size: how its state grows: `constant`, `per kind` or `history`.
    """

    scope: ClassVar[Scope] = "folded"
    operands: ClassVar[frozenset[str]] = frozenset({"float"})
    state_size: ClassVar[StateSize] = "constant"

    def start(self) -> Any:
        """The state before the first entry; immutable, as every state is."""
        return None

    @abstractmethod
    def value(self, state: Any, moment: Moment) -> float:
        """The worth after this step of an entry that comes to it as `moment.entering`; in points."""

    def advance(self, state: Any, moment: Moment) -> Any:
        """The state after an entry, recoveries included."""
        return state

    def dump_state(self, state: Any) -> Any:
        """The state as JSON has it, for a checkpoint; of numbers, texts, tuples and dicts by text it works by itself.

        Raises:
            PolicyError: if the state is made of anything else.
        """
        return to_plain(state)

    def load_state(self, plain: Any) -> Any:
        """The state of what `dump_state` gave, once it was JSON: an equal one."""
        return from_plain(plain)


class RecoveryStep(Step):
    """The stage that values a deposit by the loss it answers, in place of the other steps."""

    stage: ClassVar[Stage] = Stage.RECOVERY
    scope: ClassVar[Scope] = "linked"
    reads: ClassVar[tuple[str, ...]] = ("id", "reference", "in_response_to")

    @abstractmethod
    def compensation(self, offered: float, lost: float, days: float, failure: Fact, recovery: Fact) -> float:
        """What a recovery offers, as a share of the loss.

        Args:
            offered: the deposit's worth after sincerity and before expectation, in points; may be negative.
            lost: the failure's worth at the same stage, in points; not 0.
            days: between failure and recovery.
            failure: what is answered.
            recovery: what answers it.
        """

    @abstractmethod
    def returned(self, compensation: float, loss: float, remains: float, failure: str) -> float:
        """The most that the recoveries so far can have given back, in points, at least 0.

        Args:
            compensation: the running sum of the recoveries' compensation.
            loss: what the failure was worth when it happened, in points, as a positive number.
            remains: the share of it that remains at the recovery's instant.
            failure: its kind.
        """


class Valuation(Model):
    """The steps from a fact to its worth, in their canonical order; the first is the rate card.

    Raises:
        PolicyError: no rate card first, a stage twice, or another order than the canonical one.

    Example:
        >>> from goodwill.valuations import Prospect, RateCard, Severity
        >>> Valuation(steps=(RateCard(rates={}), Severity(), Prospect()))
        Traceback (most recent call last):
        ...
        goodwill.domain.errors.PolicyError: severity stands before value function; the order is \
rate card, value function, severity
    """

    steps: tuple[Step, ...]

    @model_validator(mode="after")
    def _in_canonical_order(self) -> Self:
        stages = [step.stage for step in self.steps]
        if not stages or min(stages) is not Stage.RATE_CARD:
            raise PolicyError("a valuation starts with a rate card; put RateCard(...) first")
        right = ", ".join(stage.label for stage in sorted(set(stages)))
        for step in self.steps:
            for other in self.steps:
                step.check_beside(other)
        for before, after in pairwise(stages):
            if before == after:
                raise PolicyError(f"{before.label} stands twice; merge the two, the order is {right}")
            if before > after:
                raise PolicyError(f"{before.label} stands before {after.label}; the order is {right}")
        return self

    @property
    def scope(self) -> Scope:
        """The widest scope of its steps."""
        scopes = {step.scope for step in self.steps}
        return "folded" if "folded" in scopes else "linked" if "linked" in scopes else "per_entry"

    @cached_property
    def before_expectation(self) -> tuple[Step, ...]:
        """The rate card and sincerity: what a gesture is worth by itself."""
        return tuple(step for step in self.steps if step.stage < Stage.EXPECTATION)

    @cached_property
    def from_expectation(self) -> tuple[Step, ...]:
        """All later steps: what it is worth to this customer, now."""
        return tuple(step for step in self.steps if step.stage >= Stage.EXPECTATION)

    @property
    def state_size(self) -> StateSize:
        """How what a fold of it remembers grows; the largest of its steps'."""
        sizes = {step.state_size for step in self.steps if isinstance(step, FoldedStep)}
        if self.recovery is not None:
            sizes.add("per open failure")
        order: tuple[StateSize, ...] = ("history", "per open failure", "per kind", "constant")
        return next((size for size in order if size in sizes), "constant")

    @cached_property
    def folded(self) -> tuple[FoldedStep, ...]:
        """Its steps with state."""
        return tuple(step for step in self.steps if isinstance(step, FoldedStep))

    @cached_property
    def recovery(self) -> RecoveryStep | None:
        """The step that values recoveries, or None."""
        return next((step for step in self.steps if isinstance(step, RecoveryStep)), None)

    def unvalued(self, fact: Fact, exchange: float | None) -> str | None:
        """Why the valuation has no opinion on a fact, or None."""
        return next((why for step in self.steps if (why := step.unvalued(fact, exchange)) is not None), None)

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns that its steps read, in order, each once."""
        return tuple(dict.fromkeys(column for step in self.steps for column in step.reads))
