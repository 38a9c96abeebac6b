"""What a readout is: another number than the sum, read from the same relationship.

A balance adds up. Memory may not: people may judge a relationship by its best, its worst or its latest moment, by how
often it was good, or by where it is heading. A readout says one of these; it is read beside the balance and never
takes its place.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from goodwill.domain.instant import MICROSECONDS_PER_DAY, days_between
from goodwill.policies.component import Component

__all__ = ["Impression", "Readout", "Relationship"]


@dataclass(frozen=True, slots=True)
class Impression:
    """One valued entry, as a reading finds it.

    Attributes:
        kind: the entry's.
        occurred_us: when it happened, in microseconds since the epoch.
        worth: what it was worth then, in points.
        share: of that, what remains, in [0, 1].
    """

    kind: str
    occurred_us: int
    worth: float
    share: float

    @property
    def points(self) -> float:
        """What it still adds to the balance."""
        return self.worth * self.share


@dataclass(frozen=True, slots=True)
class Relationship:
    """One account at one instant under one policy, as a readout reads it.

    Attributes:
        at_us: the instant, in microseconds since the epoch.
        impressions: the valued entries, in fold order; what the policy has no opinion on is not among them.
        positive, negative: the parts of the balance, terms included.
        opened_us: when its first fact happened; None where there is none.
        last_contact_us: its last deposit, withdrawal, kept promise or contact; None where there is none.
        balance_at: the balance at an instant not after `at_us`, as known now.
    """

    at_us: int
    impressions: tuple[Impression, ...]
    positive: float
    negative: float
    opened_us: int | None
    last_contact_us: int | None
    balance_at: Callable[[int], float]

    def balance(self, days_ago: float = 0.0) -> float:
        """The balance so many days before the instant of reading, in points."""
        return self.balance_at(self.at_us - round(days_ago * MICROSECONDS_PER_DAY))

    @property
    def open_days(self) -> float:
        """How long the account has been open, in days; 0 where nothing happened."""
        return 0.0 if self.opened_us is None else days_between(self.opened_us, self.at_us)


class Readout(Component, family="readout"):
    """A number beside the balance. A member defines `read`."""

    operands: ClassVar[frozenset[str]] = frozenset({"float"})

    @abstractmethod
    def read(self, relationship: Relationship) -> float | None:
        """The number, or None where the relationship does not have one yet."""
