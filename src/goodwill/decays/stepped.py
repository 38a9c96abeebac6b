"""A staircase of shares."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from pydantic import Field, field_validator

from goodwill.policies.decay import Decay
from goodwill.policies.formula import Operand, staircase
from goodwill.policies.parameters import Days, Share

__all__ = ["Stepped"]

Steps = Annotated[tuple[tuple[Days, Share], ...], Field(min_length=1, max_length=100)]


class Stepped(Decay, type="stepped"):
    """A constant share between given ages: all of it at first, and from each age on the share beside it.

    For rules that are written as a table ("full for 30 days, half until 90, then nothing"); a convention, not a model.
    At an age itself the new share holds already.

    Args:
        steps: pairs of an age in days and the share from then on, by age, the shares never rising; at most 100.

    Example:
        >>> Stepped(steps=((30, 0.5), (90, 0.0))).curve([0, 29.9, 30, 89.9, 90])
        [1.0, 1.0, 0.5, 0.5, 0.0]
    """

    steps: Steps

    @field_validator("steps")
    @classmethod
    def _downstairs(cls, steps: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
        for (age, share), (later, left) in pairwise(steps):
            if later <= age:
                raise ValueError(f"the ages go up; {later:g} days stands after {age:g}")
            if left > share:
                raise ValueError(f"a share never rises; at {later:g} days it would, from {share:g} to {left:g}")
        return steps

    def remaining(self, age: Operand) -> Operand:
        """The share of the step that the age is on."""
        return staircase(age, [start for start, _ in self.steps], [1.0, *(left for _, left in self.steps)])
