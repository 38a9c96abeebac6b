"""Habituation: the same gesture again and again is worth less and less, and recovers with time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from goodwill.domain.instant import days_between
from goodwill.policies.formula import exp2
from goodwill.policies.naming import KindName
from goodwill.policies.parameters import Days, NonNegative
from goodwill.policies.valuation import FoldedStep, Moment, Stage, StateSize

__all__ = ["Habituation"]


class Habituation(FoldedStep, type="habituation"):
    """A deposit's worth times e ** (-eta * H), H the faded count of earlier deposits and kept promises of its kind.

    Each earlier one counts 2 ** (-days / half_life); recoveries count too, what had magnitude 0 does not. Response
    declines with repetition and recovers with rest (Groves & Thompson 1970; Staddon & Higa 1996); repeated apologies
    backfire (Halperin, Ho, List & Muir 2022). Directions are published, the form and the numbers are a convention.

    Attributes:
        eta: how fast it wears out; 0 is off.
        half_life: in days, of the memory; None never recovers.
        kinds: which kinds wear out; None is every deposit's and every kept promise's.

    Example:
        >>> Habituation(kinds=("apology",)).gain({}, "apology", at_us=0)
        1.0
    """

    stage: ClassVar[Stage] = Stage.HABITUATION
    state_size: ClassVar[StateSize] = "per kind"

    eta: NonNegative = 0.5
    half_life: Days | None = 84.0
    kinds: tuple[KindName, ...] | None = None

    def start(self) -> Mapping[str, tuple[float, int]]:
        """No gesture yet: by kind, H and its instant."""
        return {}

    def count(self, state: Mapping[str, tuple[float, int]], kind: str, at_us: int) -> float:
        """H of a kind at an instant: how many like gestures are remembered."""
        counted, since_us = state.get(kind, (0.0, at_us))
        if self.half_life is None:
            return counted
        return float(counted * exp2(-days_between(since_us, at_us) / self.half_life))

    def gain(self, state: Mapping[str, tuple[float, int]], kind: str, at_us: int) -> float:
        """What a gesture of a kind is multiplied by at an instant, in (0, 1]."""
        return math.exp(-min(self.eta * self.count(state, kind, at_us), 700.0))

    def value(self, state: Any, moment: Moment) -> float:
        """The worth of a deposit times its gain; a withdrawal's as it is."""
        worth = 0.0 if moment.entering is None else moment.entering
        return worth * self.gain(state, moment.columns.kind, moment.at_us) if self._covers(moment) else worth

    def advance(self, state: Any, moment: Moment) -> Any:
        """One more of its kind."""
        if not self._covers(moment) or moment.columns.magnitude <= 0.0:
            return state
        kind = moment.columns.kind
        return {**state, kind: (self.count(state, kind, moment.at_us) + 1.0, moment.at_us)}

    def _covers(self, moment: Moment) -> bool:
        columns = moment.columns
        return bool(columns.sign > 0.0 and (self.kinds is None or columns.kind in self.kinds))
