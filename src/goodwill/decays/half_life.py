"""Exponential decay."""

from __future__ import annotations

from goodwill.policies.decay import Decay
from goodwill.policies.formula import Operand, exp2
from goodwill.policies.parameters import Days

__all__ = ["HalfLife"]


class HalfLife(Decay, type="half_life"):
    """Half of what is left fades every `days` days.

    The share is 2^(-age/days): Broadbent (1979) for advertising by its half-life; the goodwill stock of Nerlove &
    Arrow (1962, Economica 29:129-142) with depreciation ln 2 / days; the carry-over of Koyck (1954) in continuous time.

    The default policy's 84 days are the upper end of the 7 to 12 weeks of academic adstock: published for advertising,
    an analogy for service gestures, of which no direct estimate was found.

    Args:
        days: the half-life.

    Example:
        >>> HalfLife(days=84).curve([0, 84, 168])
        [1.0, 0.5, 0.25]
    """

    days: Days

    def remaining(self, age: Operand) -> Operand:
        """2^(-age/days)."""
        return exp2(-age / self.days)

    @property
    def exponential(self) -> bool:
        """It is one exponential."""
        return True

    @property
    def half_life(self) -> float:
        """`days` itself."""
        return self.days
