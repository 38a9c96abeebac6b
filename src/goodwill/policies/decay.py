"""What a decay is: the share of an entry's worth that remains at an age.

Every decay obeys these laws (Cormode, Shkapenyuk, Srivastava & Xu 2009 give the first three as the definition);
`goodwill.testing.laws` has each as a function, and `goodwill.testing.check_decay` runs them on any member:

1. it starts whole: at age 0 the share is 1;
2. it stays within [0, 1];
3. it never rises;
4. it is a number at every age up to a million years;
5. it knows no unit of time: scaling the age and all its lengths of time together changes nothing;
6. it prints as code, stores as JSON, and is the same on every operand that it declares.

The operators keep the laws: `a * b`, `.grace(days=)`, `.floor(share=)`, `.expire(days=)`, `.stretch(factor=)`, and
`blend`, `shortest` and `longest` in `goodwill.policies.combinators`.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Annotated, Any, ClassVar

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, field_validator

from goodwill.domain.errors import PolicyError
from goodwill.policies.component import Component
from goodwill.policies.exponentials import CONSTANT, Exponential, joined, multiplied, scaled
from goodwill.policies.faults import refuse
from goodwill.policies.formula import NEGLIGIBLE, Operand, flush, maximum, where
from goodwill.policies.parameters import Days, Number, Share

__all__ = ["INSTEAD", "Decay", "Expire", "Floor", "Grace", "Product", "Stretch", "dissolved"]

LONGEST = 1e18
"""No age in days is looked for beyond this."""

INSTEAD: Mapping[float, str] = {
    0.0: "what is gone at once is Cliff(days=1 / 86_400_000_000), one microsecond",
    math.inf: "what never fades is NoDecay()",
}
"""What says it of a decay whose `days` would be 0 or without end."""

LAWS_IN_SHORT = "its share is 1 at age 0 and never rises"


class Decay(Component, family="decay"):
    """How worth fades with age. A member defines `remaining` with what `goodwill.policies.formula` offers.

    Attributes:
        neutral: whether nothing ever fades, so that it changes no product.
        instead: what to use where `days` would be 0 or infinite, for the message that refuses it.
    """

    neutral: ClassVar[bool] = False
    instead: ClassVar[Mapping[float, str]] = {}

    def __init__(self, /, **data: Any) -> None:
        days = data.get("days")
        if isinstance(days, float) and days == math.inf and days in self.instead:
            raise PolicyError(f"days: {days} is not a finite number; {self.instead[days]}")
        super().__init__(**data)

    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]  # see Model

    @field_validator("days", mode="wrap", check_fields=False)
    @classmethod
    def _or_instead(cls, days: Any, check: ValidatorFunctionWrapHandler) -> Any:
        try:
            return check(days)
        except ValidationError as error:
            if days is False or days != 0 or 0.0 not in cls.instead:
                raise
            raise ValueError(f"{error.errors()[0]['msg']}; {cls.instead[0.0]}") from None

    @classmethod
    def _member_of(cls, value: Any) -> Component:
        if isinstance(value, Component) and not isinstance(value, cls):
            refuse(cls.__name__, (), f"{value!r} is a {value.family}, which is no {cls.family}: {LAWS_IN_SHORT}")
        return super()._member_of(value)

    @abstractmethod
    def remaining(self, age: Operand) -> Operand:
        """The share that remains at an age in days, at least 0: a float, an array, a frame or SQL expression."""

    @cached_property
    def exponentials(self) -> tuple[Exponential, ...]:
        """The exponentials and constants whose sum the share is, the slowest first; empty where it is no such sum.

        Example:
            >>> from goodwill.decays import NoDecay
            >>> NoDecay().floor(share=0.25).exponentials
            (Exponential(weight=1.0, rate=0.0),)
        """
        return ()

    @property
    def exponential(self) -> bool:
        """Whether the share is a finite sum of exponentials and constants; then a balance needs no history."""
        return bool(self.exponentials)

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

    def stretch(self, *, factor: float) -> Stretch:
        """Itself on a slower clock: everything takes `factor` times as long. Stretching twice multiplies the factors.

        Example:
            >>> from goodwill.decays import HalfLife
            >>> HalfLife(days=42).stretch(factor=2).half_life
            84.0
        """
        return Stretch(factor=factor, of=self)

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

    Example:
        >>> from goodwill.decays import HalfLife, Linear
        >>> Product(of=(HalfLife(days=84), Linear(days=336))) == HalfLife(days=84) * Linear(days=336)
        True
    """

    of: tuple[Decay, ...] = Field(json_schema_extra={"minItems": 2})

    @field_validator("of")
    @classmethod
    def _dissolved(cls, of: tuple[Decay, ...]) -> tuple[Decay, ...]:
        return dissolved(of, cls)

    def remaining(self, age: Operand) -> Operand:
        """The product, each factor and each step of it flushed, so that no engine sees it vanish."""
        shares = [flush(decay.remaining(age)) for decay in self.of]
        while len(shares) > 1:
            # In pairs, since a database parses a tree more deeply the longer its one branch is.
            pairs = [flush(one * other) for one, other in zip(shares[::2], shares[1::2], strict=False)]
            shares = pairs + shares[len(pairs) * 2 :]
        return shares[0]

    @cached_property
    def exponentials(self) -> tuple[Exponential, ...]:
        """Every product of one of each factor: rates add. Empty where one factor has none, or they are too many."""
        return multiplied([decay.exponentials for decay in self.of])


class Grace(Decay, type="grace"):
    """Nothing fades for some days, then it begins: delayed forgetting.

    Aravindakshan & Naik (2011, Marketing Letters 22:315) found that awareness of advertising stays flat for about three
    weeks before it drops; a pure delay is an idealization of that.

    Args:
        days: how long nothing fades.
        of: what begins then.

    Example:
        >>> from goodwill.decays import HalfLife
        >>> Grace(days=21, of=HalfLife(days=84)).curve([0, 21, 105])
        [1.0, 1.0, 0.5]
    """

    instead: ClassVar[Mapping[float, str]] = {
        0.0: "without a grace, take what would begin then by itself",
        math.inf: INSTEAD[math.inf],
    }

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

    Example:
        >>> from goodwill.decays import HalfLife
        >>> Floor(least=0.25, of=HalfLife(days=84)).curve([0, 84, 36_500])
        [1.0, 0.625, 0.25]
    """

    least: Share
    of: Decay

    def remaining(self, age: Operand) -> Operand:
        """The floor, and what is left of the rest above it."""
        return self.least + (1.0 - self.least) * self.of.remaining(age)

    @cached_property
    def exponentials(self) -> tuple[Exponential, ...]:
        """Those of what is above the floor, and the floor, a constant."""
        parts = self.of.exponentials
        return parts and joined([*scaled((CONSTANT,), self.least), *scaled(parts, 1.0 - self.least)])


class Expire(Decay, type="expire"):
    """It counts until an age and is gone from then on: at `days` itself nothing is left.

    Bolton, Lemon & Bramlett (2006) found that experiences of the past year weighed on renewals and older ones did not.

    Args:
        days: the age at which it is gone.
        of: how it fades before.

    Example:
        >>> from goodwill.decays import HalfLife
        >>> Expire(days=168, of=HalfLife(days=84)).curve([0, 84, 168])
        [1.0, 0.5, 0.0]
    """

    instead: ClassVar[Mapping[float, str]] = {
        0.0: INSTEAD[0.0],
        math.inf: "what never expires is how it fades before, by itself",
    }

    days: Days
    of: Decay

    def remaining(self, age: Operand) -> Operand:
        """The share of `of` before the end, and 0 from the end on."""
        return where(age < self.days, self.of.remaining(age), 0.0)


class Stretch(Decay, type="stretch"):
    """The same decay on a slower clock: its share at age / factor. Below 1 the clock is faster.

    A change of scale, not a model: such as one shape for all kinds of entry, and a factor for each.

    Args:
        factor: how many times as long everything takes, from 1e-6 to 1e6.
        of: the decay.

    Example:
        >>> from goodwill.decays import Linear
        >>> Stretch(factor=2, of=Linear(days=90)).curve([0, 90, 180])
        [1.0, 0.5, 0.0]
    """

    factor: Annotated[float, Number("factor", 1e-6, 1e6)]
    of: Decay

    def remaining(self, age: Operand) -> Operand:
        """The share of `of` at the age on its own clock."""
        return self.of.remaining(age / self.factor)

    def stretch(self, *, factor: float) -> Stretch:
        """One stretch by both factors."""
        return self.replace(factor=self.factor * Stretch(factor=factor, of=self.of).factor)

    @cached_property
    def exponentials(self) -> tuple[Exponential, ...]:
        """Those of `of`, slower by the factor."""
        return joined(Exponential(weight, rate / self.factor) for weight, rate in self.of.exponentials)


def dissolved(of: tuple[Decay, ...], within: type[Decay]) -> tuple[Decay, ...]:
    """The decays, with any of the same class replaced by what it is of, so that grouping is no matter."""
    if len(of) < 2:
        raise ValueError(f"a {within.tag} is of two decays or more, not {len(of)}")
    parts = (part for decay in of for part in (decay.parts if isinstance(decay, within) else (decay,)))
    return tuple(part for part in parts if isinstance(part, Decay))


def dated(value: object, occurred_us: int) -> object:
    """A field of a decay, with the decays in it as they are for an entry of an instant."""
    if isinstance(value, Decay):
        return value.at(occurred_us)
    if isinstance(value, tuple):
        return tuple(dated(part, occurred_us) for part in value)
    return value
