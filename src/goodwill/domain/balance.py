"""What an account adds up to under one policy at one instant, and what each entry adds to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from goodwill.domain.notebook import as_html

__all__ = ["Balance", "Contribution", "TraceStep", "Unvalued"]


@dataclass(frozen=True, slots=True)
class Unvalued:
    """An entry in force that the policy has no opinion on; it counts 0."""

    id: str
    reference: str | None
    kind: str
    occurred_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What an account adds up to under one policy, as of one instant, as known at another.

    Attributes:
        account: the customer's id, the one that answers for all names.
        points: the goodwill, in points: one point is what one unit of the policy's currency buys when it is
            handed over. Balances of different policies have no order.
        displayed: the points as a display shows them: saturated, where the policy says so.
        positive, negative: the parts above and below zero; they add up to `points`. A -1 made of +30 and -31 is
            not a -1 made of 0 and -1.
        as_of: read as things stood then.
        known_at: read as they were known then; None is all that is known.
        policy: the fingerprint of the policy that read it.
        standing: the band that the points are in.
        is_overdrawn: below zero by more than rounding.
        is_known: whether the account has any entry.
        provisional: known_at is so recent that a transaction still open may change this reading.
        terms: what silence, endowment and their like add, by name; they are within the parts.
        unvalued: entries that the policy has no opinion on, with the reason.
        entries: how many deposits, withdrawals and openings are in force, unvalued ones included.
        last_contact: the last deposit, withdrawal or contact.
        resolved_from: the name that was asked for, where a merge answers under another.
        foreign: the ids of openings that were made for another policy, and are read the same.
    """

    account: str
    points: float
    displayed: float
    positive: float
    negative: float
    as_of: datetime
    known_at: datetime | None
    policy: str
    standing: str
    is_overdrawn: bool
    is_known: bool = True
    provisional: bool = False
    terms: Mapping[str, float] = field(default_factory=dict, hash=False)
    unvalued: tuple[Unvalued, ...] = ()
    entries: int = 0
    last_contact: datetime | None = None
    resolved_from: str | None = None
    foreign: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; instants in ISO 8601."""
        return {name: plain(getattr(self, name)) for name in self.__slots__}

    def __str__(self) -> str:
        return f"{self.account}: {self.points:.2f} ({self.standing}), {self.policy}"

    def _repr_html_(self) -> str | None:
        """For a notebook: a table, without a script."""
        return as_html(self)


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One step of a valuation: the worth before and after it, in points, and a word where it needs one."""

    step: str
    before: float
    after: float
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What one entry still adds to a balance, and how it came to be worth that.

    Attributes:
        worth: in points, when it happened.
        share: of that worth, in [0, 1], what remains.
        points: worth times share.
        recovers: the id of the withdrawal that it recovers, where that link is in force.
        trace: each step of the valuation in turn.
        note: why a link is not in force.
    """

    id: str
    reference: str | None
    account: str
    type: str
    kind: str
    occurred_at: datetime
    worth: float
    share: float
    points: float
    recovers: str | None = None
    trace: tuple[TraceStep, ...] = ()
    note: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; instants in ISO 8601."""
        return {name: plain(getattr(self, name)) for name in self.__slots__}


def plain(value: Any) -> Any:
    """A value of these records as JSON knows it."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, Unvalued | TraceStep):
        return plain(asdict(value))
    return value
