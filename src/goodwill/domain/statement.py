"""How a balance moved over a period, with the identity that holds it together."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from goodwill.domain.balance import plain
from goodwill.domain.notebook import as_html
from goodwill.domain.period import Period

__all__ = ["Line", "Statement"]


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of the period, with its worth in points when it happened."""

    occurred_at: datetime
    id: str
    reference: str | None
    type: str
    kind: str
    worth: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """How an account's balance moved over a period [start, end), under one policy.

    The identity: closing = opening + restated + deposited - withdrawn - forgotten + forgiven + terms, and one
    period's closing is the next one's opening.

    Attributes:
        opening, closing: the balance at the start and at the end, over entries that happened before it.
        deposited, withdrawn: worth of the period's entries, split by its sign; both are at least 0.
        forgotten, forgiven: what faded in the period of worth above and below zero; both are at least 0.
        terms: what each account term moved by, closing less opening.
        restated: by how much what became known since `restating` moved the opening; 0 unless asked for.
        lines: the period's valued entries, in order.
        unvalued: how many entries of the period the policy has no opinion on.
    """

    account: str
    period: Period
    known_at: datetime | None
    policy: str
    opening: float
    deposited: float
    withdrawn: float
    forgotten: float
    forgiven: float
    closing: float
    terms: Mapping[str, float] = field(default_factory=dict, hash=False)
    restated: float = 0.0
    lines: tuple[Line, ...] = ()
    unvalued: int = 0

    @property
    def residual(self) -> float:
        """What the identity is off by: rounding of floats, never more than 1e-9 of all that moved."""
        return math.fsum(
            (
                self.opening,
                self.restated,
                self.deposited,
                -self.withdrawn,
                -self.forgotten,
                self.forgiven,
                *self.terms.values(),
                -self.closing,
            )
        )

    def rounded(self, digits: int = 2) -> Statement:
        """The same statement with rounded numbers that still add up; what rounding leaves goes to `forgotten`."""
        names = ("opening", "restated", "deposited", "withdrawn", "forgiven", "closing")
        numbers = {name: round(getattr(self, name), digits) for name in names}
        terms = {name: round(value, digits) for name, value in self.terms.items()}
        even = replace(self, terms=terms, forgotten=0.0, **numbers)
        return replace(even, forgotten=round(even.residual, digits) + 0.0)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; instants in ISO 8601."""
        shown = {name: plain(getattr(self, name)) for name in self.__slots__ if name not in ("period", "lines")}
        lines = [{name: plain(getattr(line, name)) for name in Line.__slots__} for line in self.lines]
        start, end = self.period.start.isoformat(), self.period.end.isoformat()
        return {"start": start, "end": end, **shown, "lines": lines}

    def _repr_html_(self) -> str | None:
        """For a notebook: a table, without a script."""
        return as_html(self)
