"""Which decay an entry has: its kind's, else a dimension's, its severity's, its direction's, else the default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, field_validator

from goodwill.policies.component import Model
from goodwill.policies.decay import Decay
from goodwill.policies.naming import KindName, Name
from goodwill.policies.parameters import Frozen, NonNegative, shown

__all__ = ["DecaySchedule", "SevereFrom"]

VALUED = ("deposit", "withdrawal")
"""The directions that have a worth; an observation has none."""


def _valued(direction: str) -> str:
    """The plain word for a direction, also of a `Direction`: that is what prints as code."""
    if direction not in VALUED:
        raise ValueError(f"{shown(direction)} is not a direction that has a worth: {' or '.join(VALUED)}")
    return str(direction)


Valued = Annotated[str, AfterValidator(_valued)]


class SevereFrom(Model):
    """How entries of at least a severity fade.

    Args:
        severity: the least one that it is for.
        decay: how they fade.
    """

    severity: NonNegative
    decay: Decay


class DecaySchedule(Model):
    """How each entry fades, picked by what never changes of it: its kind and its direction (not its worth's sign).

    Evidence on whether bad events fade faster or slower than good ones conflicts, so the default policy picks one decay
    for all.

    Args:
        default: for what is named nowhere else.
        by_direction: for "deposit" or "withdrawal".
        by_severity: for entries of at least a severity; the gravest that fits is taken.
        by_dimension: by the value of a declared dimension, as text.
        by_kind: for single kinds, whatever their direction.

    Example:
        >>> from goodwill.decays import HalfLife, NoDecay
        >>> schedule = DecaySchedule(default=HalfLife(days=84), by_kind={"service_heroics": NoDecay()})
        >>> schedule.pick("service_heroics", "deposit")
        NoDecay()
        >>> schedule.pick("dispute", "withdrawal")
        HalfLife(days=84.0)
    """

    default: Decay
    by_direction: Frozen[Valued, Decay] = {}  # noqa: RUF012 - the model freezes it
    by_severity: tuple[SevereFrom, ...] = ()
    by_dimension: Frozen[Annotated[str, Name], Frozen[str, Decay]] = {}  # noqa: RUF012 - the model freezes it
    by_kind: Frozen[KindName, Decay] = {}  # noqa: RUF012 - the model freezes it

    @field_validator("by_severity")
    @classmethod
    def _gravest_first(cls, bands: tuple[SevereFrom, ...]) -> tuple[SevereFrom, ...]:
        limits = [band.severity for band in bands]
        if len(set(limits)) < len(limits):
            raise ValueError(f"two decays begin at one severity: {', '.join(f'{limit:g}' for limit in limits)}")
        return tuple(sorted(bands, key=lambda band: -band.severity))

    def pick(
        self, kind: str, direction: str, severity: float = 1.0, dimensions: Mapping[str, float | str] | None = None
    ) -> Decay:
        """The decay of an entry: by its kind, else a dimension, else its severity, else its direction."""
        return (
            self.by_kind.get(kind)
            or self._by_dimension(dimensions or {})
            or next((band.decay for band in self.by_severity if severity >= band.severity), None)
            or self.by_direction.get(direction)
            or self.default
        )

    def _by_dimension(self, dimensions: Mapping[str, float | str]) -> Decay | None:
        for name, decays in self.by_dimension.items():
            if name in dimensions and (found := decays.get(str(dimensions[name]))):
                return found
        return None

    @property
    def decays(self) -> tuple[Decay, ...]:
        """Every decay in it."""
        return (
            self.default,
            *self.by_direction.values(),
            *(band.decay for band in self.by_severity),
            *(decay for decays in self.by_dimension.values() for decay in decays.values()),
            *self.by_kind.values(),
        )

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns of an entry by which it picks, beside its kind and type."""
        return (*(("severity",) if self.by_severity else ()), *(("dimensions",) if self.by_dimension else ()))

    @property
    def exponential(self) -> bool:
        """Whether every decay in it is a finite sum of exponentials and constants."""
        return all(decay.exponential for decay in self.decays)

    @property
    def rates(self) -> tuple[float, ...]:
        """Every rate per day at which a part of some entry fades, the slowest first; empty where one is no such sum."""
        if not self.exponential:
            return ()
        return tuple(sorted({part.rate for decay in self.decays for part in decay.exponentials}))
