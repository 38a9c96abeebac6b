"""One history under one policy, and readings of it: what the laws of a reading look at.

Facts are read as a ledger reads them, without one: what the door makes of each entry is made once, so that a law may
look at many histories.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from goodwill.domain.balance import Balance, Contribution
from goodwill.domain.entry import Entry, Fact
from goodwill.domain.instant import from_us, to_us
from goodwill.domain.kind import Catalog
from goodwill.domain.period import Period
from goodwill.domain.statement import Statement
from goodwill.ledger.drafting import Door
from goodwill.ledger.merging import Customer
from goodwill.ledger.reading import Reader
from goodwill.policies.policy import Policy
from goodwill.testing.histories import CATALOG, END, START

__all__ = ["NOW", "TOLERANCE", "Book", "close", "kept"]

TOLERANCE: Final = 1e-9
NOW: Final = END + timedelta(days=800)
HOME: Final = "USD"
CURRENCIES: Final = (HOME, "EUR")


class Book:
    """One history under one policy.

    Attributes:
        facts: what is kept of the history, in the order of its arrival.
    """

    def __init__(self, policy: Policy, facts: Sequence[Fact], catalog: Catalog = CATALOG) -> None:
        self.policy = policy
        self.facts = [fact._replace(seq=seq) for seq, fact in enumerate(facts, start=1)]
        self.catalog = catalog
        self._found: dict[datetime, list[Contribution]] = {}
        self._points: dict[datetime, float] = {}

    def reader(self, as_of: datetime) -> Reader:
        """Who reads it at an instant."""
        return Reader(self.policy, self.catalog, HOME, as_of)

    def balance(self, as_of: datetime = NOW) -> Balance:
        """The balance at an instant; read anew each time."""
        return self.reader(as_of).balance(Customer("ada", None, self.facts))

    def points(self, as_of: datetime = NOW) -> float:
        """What the balance comes to; read once."""
        if as_of not in self._points:
            self._points[as_of] = self.balance(as_of).points
        return self._points[as_of]

    def contributions(self, as_of: datetime = NOW) -> list[Contribution]:
        """What each valued entry adds at an instant; read once."""
        if as_of not in self._found:
            self._found[as_of] = self.reader(as_of).contributions(self.facts)
        return self._found[as_of]

    def statement(self, period: Period) -> Statement:
        """How the balance moved."""
        return self.reader(NOW).statement(Customer("ada", None, self.facts), period)

    def size(self, as_of: datetime = NOW) -> float:
        """What rounding is measured by: the sum of absolute worths and terms, at least 1."""
        terms = self.balance(as_of).terms.values() if self.policy.terms else ()
        return 1.0 + math.fsum(map(abs, [*(item.worth for item in self.contributions(as_of)), *terms]))

    @property
    def dates(self) -> list[datetime]:
        """The instants worth reading it at: of each entry, of each due date, and a while after the last."""
        found = {fact.occurred_us for fact in self.facts}
        found |= {fact.due_us for fact in self.facts if fact.due_us is not None}
        last = from_us(max(found, default=to_us(START)))
        return [*map(from_us, sorted(found)), last + timedelta(days=30), last + timedelta(days=400)]

    def other(self, facts: Sequence[Fact]) -> Book:
        """Another history under the same policy."""
        return Book(self.policy, facts, self.catalog)

    def same(self, other: Book, as_of: datetime = NOW, then: datetime | None = None) -> None:
        """That two readings are the same, within rounding."""
        ours, theirs = self.points(as_of), other.points(then or as_of)
        close(ours, theirs, self.size(as_of), f"as of {as_of.isoformat()}")


def close(ours: float, theirs: float, size: float, where: str = "") -> None:
    """That two numbers are one, within 1e-9 of a size."""
    if not abs(ours - theirs) <= TOLERANCE * size:
        raise AssertionError(f"{ours!r} is not {theirs!r} {where}".rstrip())


def kept(history: Sequence[Entry], catalog: Catalog = CATALOG) -> list[Fact]:
    """What a ledger keeps of each entry."""
    door = Door(catalog, CURRENCIES, timedelta(0))
    return [Fact.of(door.draft(entry, NOW).entry) for entry in history]
