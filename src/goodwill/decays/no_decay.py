"""No decay."""

from __future__ import annotations

from typing import ClassVar

from goodwill.policies.decay import Decay
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

    @property
    def exponential(self) -> bool:
        """It is a constant."""
        return True
