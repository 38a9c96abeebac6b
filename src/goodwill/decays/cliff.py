"""A sliding window: all of it, then nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from goodwill.domain.instant import MICROSECONDS_PER_DAY
from goodwill.policies.decay import INSTEAD, Decay
from goodwill.policies.formula import Operand, where
from goodwill.policies.parameters import Number

__all__ = ["Cliff"]

Lifetime = Annotated[float, Number("days", 0.0, 1e9, above=True, smallest=1 / MICROSECONDS_PER_DAY)]
"""A length of time from one microsecond, the tick of every clock here."""


class Cliff(Decay, type="cliff"):
    """It counts in full until `days`, and is gone from then on: at `days` itself nothing is left.

    A sliding window. Bolton, Lemon & Bramlett (2006) found that experiences of the past year weighed on renewals and
    older ones did not, hence 365 days; any other length is a convention, such as of points that expire. Instants are
    whole microseconds, so the edge is exact.

    Args:
        days: the age from which nothing is left; 1 / 86_400_000_000 is one microsecond, gone at once.

    Example:
        >>> Cliff(days=90).curve([0, 89.999, 90])
        [1.0, 1.0, 0.0]
    """

    instead: ClassVar[Mapping[float, str]] = INSTEAD

    days: Lifetime

    def remaining(self, age: Operand) -> Operand:
        """1 before `days`, 0 from then on."""
        return where(age < self.days, 1.0, 0.0)
