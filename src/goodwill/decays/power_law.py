"""Power law of forgetting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from goodwill.policies.decay import INSTEAD, Decay
from goodwill.policies.formula import Operand, power
from goodwill.policies.parameters import Days, Number

__all__ = ["PowerLaw"]

Exponent = Annotated[float, Number("exponent", 0.0, 1e3, above=True)]
"""Beyond it the last digit of an age would show in the share."""


class PowerLaw(Decay, type="power_law"):
    """Fast at first, then ever slower, as memories fade: (1 + age/days)^-exponent.

    Wickelgren (1974), in the form of Wixted & Carpenter (2007). Exponent 1 is hyperbolic: half is left at `days`
    (Mazur 1987). Memory research finds that it fits forgetting better than an exponential does; which `days` and
    exponent hold for goodwill, nobody published.

    Args:
        days: the scale of time; half is left at days * (2^(1/exponent) - 1).
        exponent: how steeply it falls in the long run, above 0 and at most 1,000; 1 unless given.

    Example:
        >>> PowerLaw(days=84).curve([0, 84, 252])
        [1.0, 0.5, 0.25]
    """

    instead: ClassVar[Mapping[float, str]] = INSTEAD

    days: Days
    exponent: Exponent = 1.0

    def remaining(self, age: Operand) -> Operand:
        """(1 + age/days)^-exponent."""
        return power(1 + age / self.days, -self.exponent)
