"""What a customer has come to expect: a gesture is worth what it is beyond that, and its omission hurts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from goodwill.domain.errors import PolicyError
from goodwill.domain.instant import days_between
from goodwill.policies.formula import exp2
from goodwill.policies.naming import KindName
from goodwill.policies.parameters import Days, NonNegative, Weight
from goodwill.policies.valuation import FoldedStep, Moment, Stage, StateSize, Step

__all__ = ["Expectation"]


class Expectation(FoldedStep, type="expectation"):
    """x - kappa * E, where E learns by Rescorla and Wagner's rule and fades between gestures; one E per kind.

    At an entry of a kind, E fades by 2 ** (-days / half_life), the entry's worth is shifted by kappa * E unless it
    recovers a failure, and then E moves by rate * (x - E). An expected gesture that was omitted is recorded with
    magnitude 0: it is worth less than nothing. Learning: Rescorla & Wagner (1972); disconfirmation: Oliver (1980),
    Anderson & Sullivan (1993); a raised bar, and its fading: Rust & Oliver (2000). Directions are published, the
    numbers are a convention.

    Attributes:
        rate: how fast E learns, in (0, 1]: alpha times beta of the rule.
        kappa: how much of E is taken off; 0 is off.
        half_life: in days, of what is expected; None never fades.
        kinds: which kinds are expected; None is every deposit's and every kept promise's.

    Example:
        >>> Expectation(kinds=("upgrade",)).covers("upgrade", sign=1.0)
        True
    """

    stage: ClassVar[Stage] = Stage.EXPECTATION
    state_size: ClassVar[StateSize] = "per kind"

    rate: Weight = 0.2
    kappa: NonNegative = 0.5
    half_life: Days | None = 180.0
    kinds: tuple[KindName, ...] | None = None

    def covers(self, kind: str, sign: float) -> bool:
        """Whether entries of a kind and direction are expected."""
        return sign > 0.0 if self.kinds is None else kind in self.kinds

    def start(self) -> Mapping[str, tuple[float, int]]:
        """Nothing is expected yet: by kind, E and the instant it was learned at."""
        return {}

    def expected(self, state: Mapping[str, tuple[float, int]], kind: str, at_us: int) -> float:
        """What is expected of a kind at an instant, in points."""
        learned, since_us = state.get(kind, (0.0, at_us))
        if self.half_life is None:
            return learned
        return float(learned * exp2(-days_between(since_us, at_us) / self.half_life))

    def value(self, state: Any, moment: Moment) -> float:
        """The worth beyond what was expected, in points."""
        worth = 0.0 if moment.entering is None else moment.entering
        if not self.covers(moment.columns.kind, moment.columns.sign):
            return worth
        return worth - self.kappa * self.expected(state, moment.columns.kind, moment.at_us)

    def advance(self, state: Any, moment: Moment) -> Any:
        """E moves toward what came, of its kind."""
        kind = moment.columns.kind
        if not self.covers(kind, moment.columns.sign):
            return state
        before = self.expected(state, kind, moment.at_us)
        return {**state, kind: (before + self.rate * (moment.plain - before), moment.at_us)}

    def check_beside(self, other: Step) -> None:
        """Expectation and habituation say the same thing twice, and a must-be kind has no surprise to shift."""
        if self.kappa == 0.0:  # it only watches
            return
        if other.tag == "habituation" and getattr(other, "eta", 0.0) > 0.0:
            self._check_habituation(getattr(other, "kinds", None))
        if other.tag == "kano":
            self._check_kano(getattr(other, "gains", {}))

    def _check_habituation(self, kinds: tuple[str, ...] | None) -> None:
        if shared := overlap(self.kinds, kinds):
            raise PolicyError(
                f"expectation and habituation both wear out {shared}; name kinds= so that each has its own"
            )

    def _check_kano(self, gains: Mapping[str, Any]) -> None:
        shared = [kind for kind, gain in gains.items() if gain.above == 0.0 and self.covers(kind, sign=1.0)]
        if not shared:
            return
        if self.kinds is None:
            way = f"expectation shifts every kind of deposit; name its kinds= without {shared[0]}"
        else:
            way = "expectation shifts it; take it out of one of them"
        raise PolicyError(f"kano says that {shared[0]} cannot delight, and {way}")


def overlap(ours: tuple[str, ...] | None, theirs: tuple[str, ...] | None) -> str:
    """What two steps' kinds share, for a message; empty where nothing."""
    if ours is None and theirs is None:
        return "every deposit"
    if ours is None or theirs is None:
        return ", ".join(ours or theirs or ())
    return ", ".join(sorted(set(ours) & set(theirs)))
