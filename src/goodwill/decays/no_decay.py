"""No decay."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar

from goodwill.policies.decay import Decay
from goodwill.policies.exponentials import CONSTANT, Exponential
from goodwill.policies.formula import Operand

__all__ = ["NoDecay"]


class NoDecay(Decay, type="no_decay"):
    """Nothing ever fades. It is the neutral element of products: `decay * NoDecay() == decay`.

    Example:
        >>> NoDecay().share(36_500)
        1.0
    """

    neutral: ClassVar[bool] = True

    def remaining(self, age: Operand) -> Operand:
        """1 at every age, in the shape of the age."""
        return 1.0 + 0.0 * age

    @cached_property
    def exponentials(self) -> tuple[Exponential, ...]:
        """It is a constant."""
        return (CONSTANT,)
