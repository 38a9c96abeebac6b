"""What the demo asks of a ledger: pure functions of readings, without a word on how they look."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import fsum

from goodwill.domain.balance import Balance, Contribution
from goodwill.domain.money import Money
from goodwill.ledger.ledger import Ledger

__all__ = ["Concession", "Driver", "Move", "concessions", "drivers", "moves"]


@dataclass(frozen=True, slots=True)
class Driver:
    """What the entries of one kind add to an account today."""

    kind: str
    entries: int
    points: float


@dataclass(frozen=True, slots=True)
class Concession:
    """What the deposits of one kind cost, what goodwill that bought, and what of it is left; over all accounts."""

    kind: str
    entries: int
    cost: Money
    bought: float
    left: float


@dataclass(frozen=True, slots=True)
class Move:
    """An account that stands differently under another policy."""

    account: str
    before: Balance
    after: Balance


def drivers(contributions: Iterable[Contribution], most: int) -> list[Driver]:
    """The kinds that drew an account down the furthest, the worst first."""
    by_kind: dict[str, list[float]] = {}
    for entry in contributions:
        by_kind.setdefault(entry.kind, []).append(entry.points)
    summed = [Driver(kind, len(points), fsum(points)) for kind, points in by_kind.items()]
    return sorted((driver for driver in summed if driver.points < 0.0), key=lambda driver: driver.points)[:most]


def concessions(ledger: Ledger, as_of: datetime) -> list[Concession]:
    """Per kind and currency: what concessions cost beside what goodwill is left of them; the costliest first."""
    costs = {
        entry.id: entry.cost
        for entry in ledger.entries()
        if entry.type == "deposit"
        and entry.cost is not None
        and entry.reversed_by is None
        and entry.occurred_at <= as_of
    }
    groups: dict[tuple[str, str], list[tuple[Money, Contribution]]] = {}
    for account in ledger.accounts():
        for entry in ledger.contributions(account.id, as_of=as_of):
            cost = costs.get(entry.id)
            if cost is not None:
                groups.setdefault((entry.kind, cost.currency), []).append((cost, entry))
    found = [concession(kind, currency, given) for (kind, currency), given in groups.items()]
    return sorted(found, key=lambda each: (-each.cost.amount, each.kind))


def concession(kind: str, currency: str, given: Sequence[tuple[Money, Contribution]]) -> Concession:
    """One kind's concessions in one currency, added up."""
    cost = Money(sum((cost.amount for cost, _ in given), Decimal(0)), currency)
    return Concession(
        kind, len(given), cost, fsum(entry.worth for _, entry in given), fsum(entry.points for _, entry in given)
    )


def moves(before: Iterable[Balance], after: Iterable[Balance]) -> list[Move]:
    """The accounts whose standing differs between two readings of the same ledger, the largest change first."""
    then = {balance.account: balance for balance in before}
    found = [Move(now.account, then[now.account], now) for now in after if now.standing != then[now.account].standing]
    return sorted(found, key=lambda move: (-abs(move.after.points - move.before.points), move.account))
