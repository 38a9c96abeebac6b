"""A short way to say what happened and to read what it was worth, through a ledger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from goodwill import Catalog, Direction, Kind, Ledger, Policy, Rate, Ref, Valuation
from goodwill.decays import NoDecay
from goodwill.domain.entry import Deposit, Entry, Kept, Observation, Promise, Withdrawal
from goodwill.policies.decay import Decay
from goodwill.policies.valuation import Step
from goodwill.testing.clock import FixedClock
from goodwill.valuations import RateCard

START = datetime(2026, 1, 1, tzinfo=UTC)
UNIT = Rate("unit", material=1.0)
CATALOG = Catalog(
    [
        Kind("gift", Direction.DEPOSIT, unit="piece", starter=UNIT),
        Kind("praise", Direction.DEPOSIT, unit="word", starter=UNIT, dimensions=("distributive", "interactional")),
        Kind("fee", Direction.DEPOSIT, unit="money", starter=Rate("money", material=1.0)),
        Kind("fault", Direction.WITHDRAWAL, unit="piece", starter=UNIT),
        Kind("delay", Direction.WITHDRAWAL, unit="day", starter=UNIT),
        Kind("vow", Direction.PROMISE, unit="piece", starter=UNIT),
        Kind("touch", Direction.OBSERVATION, contact=True),
    ]
)
FORMS: dict[str, type[Entry]] = {
    "gift": Deposit, "praise": Deposit, "fee": Deposit, "fault": Withdrawal, "delay": Withdrawal, "vow": Promise, "touch": Observation
}  # fmt: skip

Event = tuple[Any, ...]
"""(day, kind, magnitude, and what else is said of it); a promise that is kept is written as kind "keep"."""


class Story:
    """What happened to one customer, entry by entry (`r000`, `r001`, ...), read under one policy."""

    def __init__(
        self, steps: Sequence[Step] = (), events: Sequence[Event] = (), decay: Decay | None = None, **policy: Any
    ) -> None:
        card = () if steps and isinstance(steps[0], RateCard) else (RateCard.from_catalog(CATALOG),)
        self.policy = Policy(valuation=Valuation(steps=(*card, *steps)), decay=decay or NoDecay(), **policy)
        self.clock = FixedClock(START + timedelta(days=200_000))
        self.ledger = Ledger.in_memory(self.policy, CATALOG, clock=self.clock, currencies=("USD", "EUR"))
        self.ledger.record_many([self.fact(number, *event) for number, event in enumerate(events)])

    def fact(
        self, number: int, day: float, kind: str, magnitude: float = 1.0, more: dict[str, Any] | None = None
    ) -> Entry:
        said = dict(more or {})
        if "answers" in said:
            said["in_response_to"] = Ref(f"r{said.pop('answers'):03}")
        if "due" in said:
            said["due"] = self.at(said["due"])
        form, kind = (Kept, "vow") if kind == "keep" else (FORMS[kind], kind)
        said |= {"account": "ada", "kind": kind, "occurred_at": self.at(day), "reference": f"r{number:03}"}
        return form(magnitude=magnitude, **said)

    def at(self, day: float) -> datetime:
        return START + timedelta(days=day)

    @property
    def contributions(self) -> list[Any]:
        return self.ledger.contributions("ada")

    @property
    def worths(self) -> list[float]:
        """What each valued entry was worth, in fold order."""
        return [item.worth for item in self.contributions]

    def points(self, day: float) -> float:
        return self.ledger.balance("ada", as_of=self.at(day)).points


@pytest.fixture(scope="session")
def story() -> Callable[..., Story]:
    """Makes a story of steps and events."""
    return Story
