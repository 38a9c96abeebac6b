"""A bound on what a single entry may be worth."""

from __future__ import annotations

from typing import Any, ClassVar

from goodwill.policies.formula import maximum, minimum
from goodwill.policies.parameters import Positive
from goodwill.policies.valuation import Columns, Stage, Step

__all__ = ["Cap"]


class Cap(Step, type="cap"):
    """The worth, but never further from 0 than `points`; what a recovery gives back has its own bounds.

    A guard against a single typo or windfall; a convention.

    Attributes:
        points: the bound, above 0.

    Example:
        >>> from goodwill.policies.valuation import Columns
        >>> Cap(points=50).apply(-80.0, Columns("dispute", -1.0, 1.0))
        -50.0
    """

    stage: ClassVar[Stage] = Stage.CAP

    points: Positive

    def apply(self, worth: Any, columns: Columns) -> Any:
        """The bounded worth, in points."""
        return maximum(minimum(worth, self.points), -self.points)
