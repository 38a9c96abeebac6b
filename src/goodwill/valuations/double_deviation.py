"""Double deviation: a failure after a failure hurts more."""

from __future__ import annotations

from typing import Any, ClassVar

from goodwill.domain.instant import days_between
from goodwill.policies.formula import exp2
from goodwill.policies.parameters import Days, NonNegative
from goodwill.policies.valuation import FoldedStep, Moment, Stage

__all__ = ["DoubleDeviation"]


class DoubleDeviation(FoldedStep, type="double_deviation"):
    """A failure's worth times 1 + kappa * D, D the faded count of earlier failures of any kind.

    A failure is a withdrawal or breach whose worth is below 0 when it comes here; each adds 1 to D, which halves
    every `half_life` days, and a recovery does not lower it. The paradox of recovery is gone at the second failure
    (Maxham & Netemeyer 2002); prior complaints exacerbate, for a short time (Knox & van Oest 2014). The direction is
    published, the form and the numbers are a convention.

    Attributes:
        kappa: how much one fresh failure adds; 0 is off.
        half_life: in days, of the memory of failures; None never fades.

    Example:
        >>> DoubleDeviation(half_life=42).count((2.0, 0), at_us=42 * 86_400_000_000)
        1.0
    """

    stage: ClassVar[Stage] = Stage.DOUBLE_DEVIATION

    kappa: NonNegative = 0.5
    half_life: Days | None = 42.0

    def start(self) -> tuple[float, int]:
        """No failure yet: D and its instant."""
        return 0.0, 0

    def count(self, state: tuple[float, int], at_us: int) -> float:
        """D at an instant: how many failures are remembered."""
        counted, since_us = state
        if self.half_life is None or counted == 0.0:
            return counted
        return float(counted * exp2(-days_between(since_us, at_us) / self.half_life))

    def value(self, state: Any, moment: Moment) -> float:
        """A failure's worth times its gain; everything else as it is."""
        worth = 0.0 if moment.entering is None else moment.entering
        return worth * (1.0 + self.kappa * self.count(state, moment.at_us)) if is_failure(moment) else worth

    def advance(self, state: Any, moment: Moment) -> Any:
        """One more failure."""
        return (self.count(state, moment.at_us) + 1.0, moment.at_us) if is_failure(moment) else state


def is_failure(moment: Moment) -> bool:
    """Whether the entry is a withdrawal or breach that came to this step as a loss."""
    return moment.columns.sign < 0.0 and moment.entering is not None and moment.entering < 0.0
