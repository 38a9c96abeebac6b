"""Accounts: one customer's entries, as a bank's account holds one customer's postings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

__all__ = ["ERASED", "Account"]

ERASED: Final = "erased:"
"""What the name that stands in an erased customer's place begins with; no customer's id may."""


@dataclass(frozen=True, slots=True)
class Account:
    """What a ledger knows of one customer before any policy reads it.

    Attributes:
        id: the customer's id, exactly as the host writes it.
        opened_at: the earliest occurred_at of its entries, reversals aside.
        entries: how many entries it has, reversals and reversed ones included.
        last_seq: the number of the entry that was written last; what `record(expected_seq=)` takes.
        merged: the other names that it answers for.
        closed_at: since when it takes no new entries; None where it takes them.
        restricted_at: since when it is left out of readings across accounts; None where it is not.
    """

    id: str
    opened_at: datetime
    entries: int
    last_seq: int = field(default=0, compare=False)
    merged: tuple[str, ...] = ()
    closed_at: datetime | None = None
    restricted_at: datetime | None = None
