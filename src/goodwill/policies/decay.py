"""What a decay is: the share of an entry's worth that remains at an age.

Every decay obeys these laws (Cormode, Shkapenyuk, Srivastava & Xu 2009 give the first three as the definition);
`goodwill.testing.laws` has each as a function, and `goodwill.testing.check_decay` runs them on any member:

1. it starts whole: at age 0 the share is 1;
2. it stays within [0, 1];
3. it never rises;
4. it is a number at every age up to a million years;
5. it knows no unit of time: scaling the age and all its lengths of time together changes nothing;
6. it prints as code, stores as JSON, and is the same on every operand that it declares.

The operators keep the laws: `a * b`, `blend(a, b, weights=...)`, `.grace(days=)`, `.floor(share=)`, `.expire(days=)`.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import ClassVar, Self

from pydantic import Field, field_validator, model_validator

from goodwill.policies.component import Component
from goodwill.policies.formula import NEGLIGIBLE, Operand, flush, maximum, where
from goodwill.policies.parameters import Days, Share, Weight

__all__ = ["Blend", "Decay", "Expire", "Floor", "Grace", "Product", "blend"]

LONGEST = 1e18
"""No age in days is looked for beyond this."""


class Decay(Component, family="decay"):
    """How worth fades with age. A member defines `remaining` with what `goodwill.policies.formula` offers.

    Attributes:
        neutral: whether nothing ever fades, so that it changes no product.
    """

    neutral: ClassVar[bool] = False

    @abstractmethod
    def remaining(self, age: Operand) -> Operand:
        """The share that remains at an age in days, at least 0: a float, an array, a frame or SQL expression."""

    @property
    def exponential(self) -> bool:
        """Whether the share is a finite sum of exponentials and constants; then a balance needs no history."""
        return False

    def at(self, occurred_us: int) -> Decay:
        """The decay of an entry that happened at an instant: itself, but where a calendar decides.

        Args:
            occurred_us: in microseconds since the epoch, UTC.
        """
        if not self.dated:
            return self
        changes = {name: dated(getattr(self, name), occurred_us) for name in type(self).model_fields}
        return self.replace(**changes)

    @cached_property
    def dated(self) -> bool:
        """Whether a calendar decides, so that entries of different dates fade differently."""
        return any(isinstance(part, Decay) and part.dated for part in self.parts)

    def __mul__(self, other: Decay) -> Decay:
        """Both at once: the product of the shares. Grouping does not matter, and what never fades drops out.

        Example:
            >>> from goodwill.decays import HalfLife
            >>> round((HalfLife(days=84) * HalfLife(days=42)).half_life, 9)  # rates add
            28.0
        """
        if not isinstance(other, Decay):
            return NotImplemented
        factors = [decay for decay in (self, other) if not decay.neutral]
        return Product(of=tuple(factors)) if len(factors) == 2 else factors[0] if factors else self

    def grace(self, *, days: float) -> Grace:
        """Itself, beginning only after so many days of grace."""
        return Grace(days=days, of=self)

    def floor(self, *, share: float) -> Floor:
        """Itself, but never below this share."""
        return Floor(least=share, of=self)

    def expire(self, *, days: float) -> Expire:
        """Itself until this age, and nothing from then on."""
        return Expire(days=days, of=self)

    def share(self, age: float) -> float:
        """The share that remains at one age, 0 where it is too small to matter (below 1e-150).

        Args:
            age: in days.

        Raises:
            ValueError: if the age is negative: an entry of the future is not yet part of any balance.
        """
        if not age >= 0:
            raise ValueError(
                f"an age is at least 0 days, not {age}; leave out what happens after the instant of reading"
            )
        share: float = self.remaining(age)
        return share if share >= NEGLIGIBLE else 0.0

    def curve(self, ages: Iterable[float]) -> list[float]:
        """The share at each of these ages in days."""
        return [self.share(age) for age in ages]

    def share_within(self, days: float) -> float:
        """The share that has faded within the first days: what `share` leaves of 1.

        For an exponential it is also the share of its whole effect that falls within them, so that the duration
        interval of the advertising literature (Clarke 1976) is `age_at(0.1)`.
        """
        return 1.0 - self.share(days)

    @property
    def half_life(self) -> float | None:
        """The age in days at which half is left; None if that never comes."""
        return self.age_at(0.5)

    def age_at(self, share: float) -> float | None:
        """The earliest age in days at which no more than this share remains; None if that never comes.

        Args:
            share: in [0, 1].

        Raises:
            ValueError: if the share is outside [0, 1].
        """
        if not 0 <= share <= 1:
            raise ValueError(f"a share is in [0, 1], not {share}")
        if self.share(0.0) <= share:
            return 0.0
        low, high = 0.0, 1.0
        while self.share(high) > share:
            low, high = high, high * 2
            if high > LONGEST:
                return None
        # Bisection down to neighboring floats.
        while low < (middle := low + (high - low) / 2) < high:
            low, high = (middle, high) if self.share(middle) > share else (low, middle)
        return high


class Product(Decay, type="product"):
    """Several decays at once: the product of their shares. Products within it are dissolved, so grouping is no matter.

    Args:
        of: two decays or more.
    """

    of: tuple[Decay, ...] = Field(json_schema_extra={"minItems": 2})

    @field_validator("of")
    @classmethod
    def _dissolved(cls, of: tuple[Decay, ...]) -> tuple[Decay, ...]:
        if len(of) < 2:
            raise ValueError(f"a product has two factors or more, not {len(of)}")
        return tuple(factor for decay in of for factor in (decay.of if isinstance(decay, Product) else (decay,)))

    def remaining(self, age: Operand) -> Operand:
        """The product, each factor and each step of it flushed, so that no engine sees it vanish."""
        share = flush(self.of[0].remaining(age))
        for decay in self.of[1:]:
            share = flush(share * flush(decay.remaining(age)))
        return share

    @property
    def exponential(self) -> bool:
        """Whether every factor is."""
        return all(decay.exponential for decay in self.of)


class Blend(Decay, type="blend"):
    """A part of the worth fades one way and another part another way: the weighted mean of the shares.

    A blend of half-lives is hyperexponential: a fast part, and a slow one that remains as a lasting impression.

    Args:
        of: the decays.
        weights: the part that each has, above 0; together 1.
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

    @property
    def exponential(self) -> bool:
        """Whether every part is."""
        return all(decay.exponential for decay in self.of)


class Grace(Decay, type="grace"):
    """Nothing fades for some days, then it begins: delayed forgetting.

    Aravindakshan & Naik (2011, Marketing Letters 22:315) found that awareness of advertising stays flat for about three
    weeks before it drops; a pure delay is an idealization of that.

    Args:
        days: how long nothing fades.
        of: what begins then.
    """

    days: Days
    of: Decay

    def remaining(self, age: Operand) -> Operand:
        """The share of `of` at the age beyond the grace."""
        return self.of.remaining(maximum(age - self.days, 0.0))


class Floor(Decay, type="floor"):
    """A part never fades: least + (1 - least) * of, the blend of what fades with what does not.

    Schweitzer, Hershey & Bradlow (2006) found that trust harmed by deception never fully recovers. How high the floor
    is, nobody published.

    Args:
        least: the share that remains for ever.
        of: how the rest fades.
    """

    least: Share
    of: Decay

    def remaining(self, age: Operand) -> Operand:
        """The floor, and what is left of the rest above it."""
        return self.least + (1.0 - self.least) * self.of.remaining(age)

    @property
    def exponential(self) -> bool:
        """Whether what is above the floor is; the floor is a constant."""
        return self.of.exponential


class Expire(Decay, type="expire"):
    """It counts until an age and is gone from then on: at `days` itself nothing is left.

    Bolton, Lemon & Bramlett (2006) found that experiences of the past year weighed on renewals and older ones did not.

    Args:
        days: the age at which it is gone.
        of: how it fades before.
    """

    days: Days
    of: Decay

    def remaining(self, age: Operand) -> Operand:
        """The share of `of` before the end, and 0 from the end on."""
        return where(age < self.days, self.of.remaining(age), 0.0)


def dated(value: object, occurred_us: int) -> object:
    """A field of a decay, with the decays in it as they are for an entry of an instant."""
    if isinstance(value, Decay):
        return value.at(occurred_us)
    if isinstance(value, tuple):
        return tuple(dated(part, occurred_us) for part in value)
    return value


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
