"""The zone of tolerance: what is neither good nor bad enough to be noticed."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from pydantic import model_validator

from goodwill.policies.formula import maximum, minimum
from goodwill.policies.parameters import Finite
from goodwill.policies.valuation import Columns, Stage, Step

__all__ = ["Tolerance"]


class Tolerance(Step, type="tolerance"):
    """0 within [lower, upper], and beyond it what exceeds it: a soft dead zone around what is expected.

    Customers do not tell a service from an adequate one within a zone (Zeithaml, Berry & Parasuraman 1993; Johnston
    1995). The direction is published; the form and the bounds are yours.

    Attributes:
        lower: its lower end in points, at most 0.
        upper: its upper end in points, at least 0.

    Example:
        >>> from goodwill.policies.valuation import Columns
        >>> zone = Tolerance(lower=-5, upper=3)
        >>> [zone.apply(x, Columns("dispute", 1.0, 1.0)) for x in (-20.0, -1.0, 4.0)]
        [-15.0, 0.0, 1.0]
    """

    stage: ClassVar[Stage] = Stage.TOLERANCE

    lower: Finite
    upper: Finite

    @model_validator(mode="after")
    def _around_zero(self) -> Self:
        if not self.lower <= 0.0 <= self.upper:
            raise ValueError(f"a zone of tolerance holds 0: lower {self.lower:g} <= 0 <= upper {self.upper:g}")
        return self

    def apply(self, worth: Any, columns: Columns) -> Any:
        """What exceeds the zone, in points."""
        return maximum(worth - self.upper, 0.0) + minimum(worth - self.lower, 0.0)
