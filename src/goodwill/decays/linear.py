"""Linear expiry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from goodwill.policies.decay import INSTEAD, Decay
from goodwill.policies.formula import Operand, maximum
from goodwill.policies.parameters import Days

__all__ = ["Linear"]


class Linear(Decay, type="linear"):
    """The same amount fades every day, until at `days` nothing is left.

    The share is max(0, 1 - age/days): the binomial adstock of Google's Meridian with exponent 1. A convention, as of
    points that expire evenly; no estimate for goodwill is known.

    Args:
        days: the age from which nothing is left.

    Example:
        >>> Linear(days=90).curve([0, 45, 90, 365])
        [1.0, 0.5, 0.0, 0.0]
    """

    instead: ClassVar[Mapping[float, str]] = INSTEAD

    days: Days

    def remaining(self, age: Operand) -> Operand:
        """max(0, 1 - age/days)."""
        return maximum(1.0 - age / self.days, 0.0)
