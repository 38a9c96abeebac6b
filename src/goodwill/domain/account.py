"""Accounts: one customer's entries, as a bank's account holds one customer's postings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

__all__ = ["Account"]


@dataclass(frozen=True, slots=True)
class Account:
    """What a ledger knows of one customer before any policy reads it.

    Attributes:
        id: the customer's id, exactly as the host writes it.
        opened_at: the earliest occurred_at of its entries, reversals aside.
        entries: how many entries it has, reversals and reversed ones included.
        merged: the other names that it answers for.
    """

    id: str
    opened_at: datetime
    entries: int
    merged: tuple[str, ...] = ()
