"""The stretched exponential: fast first and then slow, or a plateau and then a drop."""

from __future__ import annotations

from goodwill.policies.decay import Decay
from goodwill.policies.formula import Operand, exp, power
from goodwill.policies.parameters import Days, Positive

__all__ = ["Weibull"]


class Weibull(Decay, type="weibull"):
    """e ** -((age / days) ** shape), the survival function of Weibull's distribution.

    A shape below 1 fades fast at first and then slowly, 1 is the exponential with mean lifetime `days`, above 1 it
    holds for a while and then drops. The half-life is days * ln(2) ** (1 / shape). Which shape goodwill has, nobody
    published. Not to be taken for the "Weibull CDF adstock" of marketing mix models, a running product of survivals.

    Args:
        days: the age at which 1/e is left.
        shape: how the pace changes; 1 is even.

    Example:
        >>> round(Weibull(days=84, shape=2).half_life, 4)
        69.9346
    """

    days: Days
    shape: Positive

    def remaining(self, age: Operand) -> Operand:
        """The share that remains at an age in days."""
        return exp(-power(age / self.days, self.shape))

    @property
    def exponential(self) -> bool:
        """Whether it is the plain exponential."""
        return self.shape == 1.0
