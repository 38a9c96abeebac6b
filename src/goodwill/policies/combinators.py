"""Several decays in one: parts that fade in different ways, or the one of them that leaves least or most.

What changes a single decay (`.grace`, `.floor`, `.expire`, `.stretch`) and the product are in `goodwill.policies.decay`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property, reduce
from typing import Self

from pydantic import Field, field_validator, model_validator

from goodwill.policies.decay import Decay, dissolved
from goodwill.policies.exponentials import Exponential, joined, scaled
from goodwill.policies.formula import Operand, flush, maximum, minimum
from goodwill.policies.parameters import Weight

__all__ = ["Blend", "Longest", "Shortest", "blend", "longest", "shortest"]


class Blend(Decay, type="blend"):
    """A part of the worth fades one way and another part another way: the weighted mean of the shares.

    A blend of half-lives is hyperexponential: a fast part, and a slow one that remains as a lasting impression.

    Args:
        of: the decays.
        weights: the part that each has, above 0; together 1.

    Example:
        >>> from goodwill.decays import HalfLife, NoDecay
        >>> Blend(of=(HalfLife(days=30), NoDecay()), weights=(0.75, 0.25)).curve([0, 30, 36_500])
        [1.0, 0.625, 0.25]
    """

    of: tuple[Decay, ...] = Field(json_schema_extra={"minItems": 1})
    weights: tuple[Weight, ...]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if len(self.weights) != len(self.of):
            raise ValueError(f"{len(self.of)} decays and {len(self.weights)} weights: each decay needs one")
        if abs(math.fsum(self.weights) - 1) > 1e-9:
            raise ValueError(f"the weights {self.weights} sum to {math.fsum(self.weights):.12g}, not to 1")
        return self

    def remaining(self, age: Operand) -> Operand:
        """The weighted mean: divided by the sum of the weights, whose rounding it so takes out."""
        parts = [weight * flush(decay.remaining(age)) for weight, decay in zip(self.weights, self.of, strict=True)]
        return sum(parts[1:], parts[0]) / sum(self.weights[1:], self.weights[0])

    @cached_property
    def exponentials(self) -> tuple[Exponential, ...]:
        """Those of every part, by its weight; empty where one part has none, or they are too many."""
        if not all(decay.exponentials for decay in self.of):
            return ()
        whole = sum(self.weights[1:], self.weights[0])
        pairs = zip(self.weights, self.of, strict=True)
        return joined(part for weight, decay in pairs for part in scaled(decay.exponentials, weight / whole))


class Shortest(Decay, type="shortest"):
    """Whichever of several leaves least, at every age: the smallest of the shares.

    Such as a fast decay that a slow one takes over from, or the stricter of two rules. Ones within it are dissolved.

    Args:
        of: two decays or more.

    Example:
        >>> from goodwill.decays import HalfLife, Linear
        >>> Shortest(of=(HalfLife(days=84), Linear(days=365))).curve([84, 365])
        [0.5, 0.0]
    """

    of: tuple[Decay, ...] = Field(json_schema_extra={"minItems": 2})

    @field_validator("of")
    @classmethod
    def _dissolved(cls, of: tuple[Decay, ...]) -> tuple[Decay, ...]:
        return dissolved(of, cls)

    def remaining(self, age: Operand) -> Operand:
        """The smallest share."""
        return reduce(minimum, [decay.remaining(age) for decay in self.of])


class Longest(Decay, type="longest"):
    """Whichever of several leaves most, at every age: the largest of the shares. Ones within it are dissolved.

    Args:
        of: two decays or more.

    Example:
        >>> from goodwill.decays import HalfLife, Linear
        >>> Longest(of=(HalfLife(days=84), Linear(days=200))).curve([50, 168])
        [0.75, 0.25]
    """

    of: tuple[Decay, ...] = Field(json_schema_extra={"minItems": 2})

    @field_validator("of")
    @classmethod
    def _dissolved(cls, of: tuple[Decay, ...]) -> tuple[Decay, ...]:
        return dissolved(of, cls)

    def remaining(self, age: Operand) -> Operand:
        """The largest share."""
        return reduce(maximum, [decay.remaining(age) for decay in self.of])


def blend(*decays: Decay, weights: Sequence[float]) -> Blend:
    """Parts that fade in different ways.

    Args:
        decays: how each part fades.
        weights: how large each part is, above 0; together 1.

    Raises:
        PolicyError: if the weights are not one for each decay, or do not sum to 1 (within 1e-9).

    Example:
        >>> from goodwill.decays import HalfLife
        >>> blend(HalfLife(days=30), HalfLife(days=365), weights=(0.7, 0.3)).share(0)
        1.0
    """
    return Blend(of=decays, weights=tuple(weights))


def shortest(*decays: Decay) -> Shortest:
    """Whichever of two decays or more leaves least, at every age. Grouping is no matter.

    Raises:
        PolicyError: if there are fewer than two.

    Example:
        >>> from goodwill.decays import HalfLife, Linear
        >>> shortest(HalfLife(days=84), Linear(days=365)).curve([84, 365])
        [0.5, 0.0]
    """
    return Shortest(of=decays)


def longest(*decays: Decay) -> Longest:
    """Whichever of two decays or more leaves most, at every age. Grouping is no matter.

    Raises:
        PolicyError: if there are fewer than two.

    Example:
        >>> from goodwill.decays import HalfLife, Linear
        >>> longest(HalfLife(days=84), Linear(days=200)).curve([50, 168])
        [0.75, 0.25]
    """
    return Longest(of=decays)
