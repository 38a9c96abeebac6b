"""Which decay an entry has: that of its kind, else that of its direction, else the default."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from goodwill.policies.component import Model
from goodwill.policies.decay import Decay
from goodwill.policies.parameters import Frozen, shown

__all__ = ["DecaySchedule"]

VALUED = ("deposit", "withdrawal")
"""The directions that have a worth; an observation has none."""


def _valued(direction: str) -> str:
    """The plain word for a direction, also of a `Direction`: that is what prints as code."""
    if direction not in VALUED:
        raise ValueError(f"{shown(direction)} is not a direction that has a worth: {' or '.join(VALUED)}")
    return str(direction)


Valued = Annotated[str, AfterValidator(_valued)]
KindName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


class DecaySchedule(Model):
    """How each entry fades, picked by what never changes of it: its kind and its direction (not its worth's sign).

    Evidence on whether bad events fade faster or slower than good ones conflicts, so the default policy picks one decay
    for all.

    Args:
        default: for what is named nowhere else.
        by_direction: for "deposit" or "withdrawal".
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
    by_kind: Frozen[KindName, Decay] = {}  # noqa: RUF012 - the model freezes it

    def pick(self, kind: str, direction: str) -> Decay:
        """The decay of an entry of this kind and direction."""
        return self.by_kind.get(kind) or self.by_direction.get(direction) or self.default

    @property
    def exponential(self) -> bool:
        """Whether every decay in it is a finite sum of exponentials and constants."""
        return all(decay.exponential for decay in (self.default, *self.by_direction.values(), *self.by_kind.values()))
