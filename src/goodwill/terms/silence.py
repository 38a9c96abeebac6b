"""Neglect: a customer whom nobody talks to drifts away."""

from __future__ import annotations

import math
from typing import ClassVar, Final

from goodwill.policies.formula import Operand, maximum, rise
from goodwill.policies.parameters import Days, NonNegative
from goodwill.policies.term import Term

__all__ = ["Silence"]

LN2: Final = math.log(2.0)


class Silence(Term, type="silence"):
    """-points * (1 - 2 ** (-s / half_life)), s the days of silence beyond a grace: within [-points, 0].

    A convention: writing on fading relationships gives the direction, nobody a number. Any contact ends a silence.

    Attributes:
        points: how much a boundless silence costs; at least 0.
        grace: in days, what is no silence yet.
        half_life: in days, until half of it is lost.

    Example:
        >>> Silence(points=5, grace=60, half_life=90).amount(open_days=400.0, silent_days=150.0)
        -2.5
    """

    falls: ClassVar[bool] = True

    points: NonNegative
    grace: NonNegative = 0.0
    half_life: Days

    def amount(self, open_days: Operand, silent_days: Operand) -> Operand:
        """What the silence costs by now, in points, at most 0."""
        beyond = maximum(silent_days - self.grace, 0.0)
        return -self.points * rise(LN2 * beyond / self.half_life) + 0.0
