"""What a signal is: a number about an account's claims, what it is compared with, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import Final

from goodwill.appraisal.appraisal import Caveat

__all__ = ["CAVEATS", "Signal", "Signals"]

ALWAYS: Final = (
    Caveat("no_verdict", "facts for a person who looks into it: none of them says that a claim was untrue"),
    Caveat("honest_claims", "whoever lives where the courier is bad claims often, and is right to"),
    Caveat("associational", "association, not cause: products, places and the care that was taken are not held equal"),
)
"""What a reader must know of all of them."""

CAVEATS: Final[Mapping[str, str]] = {
    "claims_per_exposure": (
        "the interval and the test take claims for independent and customers for alike; they are not, so both see more "
        "than there is"
    ),
    "refunds_of_spend": "one dear order moves a share far, and no interval is given, since sums of money have no simple one",
    "same_claim": (
        "who buys often has occasions often, one failure may take several concessions, and a bad route fails again"
    ),
    "shared_identifier": "families, offices, pick-up points and flats share addresses, cards and devices",
    "actor_rate": "whom an actor is sent and what an actor may grant differ, and only recorded entries are counted",
    "actor_cost": "some actors are sent the dear cases",
}
"""What a reader must know of each, by its name."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A number about an account's claims, beside what it is compared with; a fact, and no verdict.

    Attributes:
        name: which it is, one of `CAVEATS`.
        about: what it is about: a kind of exposure, a currency, a kind of claim, an identifier, an actor.
        value: the number; None where there is none.
        compared_with: the same number of the others; None where there is none. Of the longest runs of claims and the
            actors' mean costs it is the median; of an identifier, the mean of its other values.
        base: how many the value rests on: exposures, claims, accounts or entries, as the reason says.
        reason: what was counted and what can be said of it, in a sentence.
        interval: where the rate behind the value may lie, at the confidence that was asked for; None where none is
            given.
        chance: how often a difference as large would come about if there were none (a p-value); None without a test.
        deviations: by how many robust standard deviations it lies above the median of the actors; None without.
        entries: the ids of the entries that the value rests on.
    """

    name: str
    about: str
    value: float | None
    compared_with: float | None
    base: int
    reason: str
    interval: tuple[float, float] | None = None
    chance: float | None = None
    deviations: float | None = None
    entries: tuple[str, ...] = ()

    @property
    def caveat(self) -> Caveat:
        """What a reader must know of it."""
        return Caveat(self.name, CAVEATS[self.name])

    def __str__(self) -> str:
        return f"{self.name} ({self.about}): {shown(self.value)}, others {shown(self.compared_with)}; {self.reason}"


@dataclass(frozen=True, slots=True)
class Signals:
    """The signals of one account. There is no sum of them and no threshold: a person reads them, and asks.

    Attributes:
        account: whose.
        as_of: as things stood then.
        signals: each of them.
        caveats: what a reader must know: of all of them, and of each that is there.
    """

    account: str
    as_of: datetime
    signals: tuple[Signal, ...]
    caveats: tuple[Caveat, ...] = field(default=ALWAYS, repr=False)

    def __iter__(self) -> Iterator[Signal]:
        return iter(self.signals)

    def __len__(self) -> int:
        return len(self.signals)

    def named(self, name: str) -> tuple[Signal, ...]:
        """Those of a name, such as "claims_per_exposure"; none for a name that no signal has."""
        return tuple(each for each in self.signals if each.name == name)

    def __str__(self) -> str:
        told = [f"{self.account}, as of {self.as_of.isoformat()}", *(f"  {signal}" for signal in self.signals)]
        return "\n".join([*told, *(f"  ! {caveat.text}" for caveat in self.caveats)])

    def _repr_html_(self) -> str:
        """For a notebook: a table and the caveats, without a script, every text escaped."""
        head = "".join(f"<th>{name}</th>" for name in ("signal", "about", "value", "others", "of", "reason"))
        rows = "".join(f"<tr>{''.join(map(cell, row_of(each)))}</tr>" for each in self.signals)
        mind = "".join(f"<li>{escape(caveat.text)}</li>" for caveat in self.caveats)
        caption = f"<b>{escape(self.account)}</b>, as of {self.as_of.isoformat()}"
        return f"<table><caption>{caption}</caption><tr>{head}</tr>{rows}</table><ul>{mind}</ul>"


def row_of(signal: Signal) -> tuple[str, ...]:
    """What a table shows of a signal."""
    numbers = (shown(signal.value), shown(signal.compared_with), str(signal.base))
    return (signal.name, signal.about, *numbers, signal.reason)


def cell(text: str) -> str:
    """A cell of a table."""
    return f"<td>{escape(text)}</td>"


def shown(value: float | None) -> str:
    """A number for people, to three digits.

    Example:
        >>> shown(0.123456), shown(12345.6), shown(None)
        ('0.123', '12,346', 'none')
    """
    if value is None:
        return "none"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
