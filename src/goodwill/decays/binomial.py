"""Binomial expiry: linear expiry, bent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from goodwill.policies import formula
from goodwill.policies.decay import INSTEAD, Decay
from goodwill.policies.formula import Operand, maximum
from goodwill.policies.parameters import Days, Number

__all__ = ["Binomial"]

Power = Annotated[float, Number("power", 0.0, 1e3, above=True)]
"""Beyond it the last digit of an age would show in the share."""


class Binomial(Decay, type="binomial"):
    """Fading by a power of the time that is left, until at `days` nothing is: max(0, 1 - age/days)^power.

    The binomial adstock of Google's Meridian (which writes the power as 1/alpha - 1). Power 1 is `Linear`; above 1 it
    falls fast first and runs out gently; below 1 it holds, then drops. A convention with an end that a budget can
    name; which power goodwill has, nobody published.

    Args:
        days: the age from which nothing is left.
        power: how it bends, above 0 and at most 1,000.

    Example:
        >>> Binomial(days=90, power=2).curve([0, 45, 90])
        [1.0, 0.25, 0.0]
    """

    instead: ClassVar[Mapping[float, str]] = INSTEAD

    days: Days
    power: Power

    def remaining(self, age: Operand) -> Operand:
        """max(0, 1 - age/days)^power."""
        # Not 1 - age/days, which keeps few digits near the end, where a power below 1 needs them all.
        return formula.power(maximum(self.days - age, 0.0) / self.days, self.power)
