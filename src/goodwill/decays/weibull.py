"""The stretched exponential: fast first and then slow, or a plateau and then a drop."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, ClassVar

from goodwill.policies.decay import INSTEAD, Decay
from goodwill.policies.exponentials import Exponential
from goodwill.policies.formula import Operand, exp, power
from goodwill.policies.parameters import Days, Number

__all__ = ["Weibull"]

Shape = Annotated[float, Number("shape", 0.01, 100.0)]
"""Beyond these it is a jump at age 0, or a cliff, and no engine could tell."""


class Weibull(Decay, type="weibull"):
    """e^-((age/days)^shape): the survival function of Weibull's distribution, the stretched exponential of Kohlrausch.

    A shape below 1 fades fast at first and then slowly, 1 is the exponential with mean lifetime `days`, above 1 it
    holds for a while and then drops. The half-life is days * ln(2)^(1/shape). Which shape goodwill has, nobody
    published. Not to be taken for the "Weibull CDF adstock" of marketing mix models, a running product of survivals.

    Args:
        days: the age at which 1/e is left.
        shape: how the pace changes, from 0.01 to 100; 1 is even.

    Example:
        >>> round(Weibull(days=84, shape=2).half_life, 4)
        69.9346
    """

    instead: ClassVar[Mapping[float, str]] = INSTEAD

    days: Days
    shape: Shape

    def remaining(self, age: Operand) -> Operand:
        """e^-((age/days)^shape)."""
        return exp(-power(age / self.days, self.shape))

    @cached_property
    def exponentials(self) -> tuple[Exponential, ...]:
        """Of shape 1 it is one."""
        return (Exponential(1.0, 1.0 / self.days),) if self.shape == 1.0 else ()
