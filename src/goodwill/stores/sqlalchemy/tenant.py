"""Which of the ledgers in the same tables a store serves, and what it writes beside the facts."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Tenant"]


class Tenant(NamedTuple):
    """One ledger of a set of tables.

    Attributes:
        ledger: its name; ledgers never see one another.
        standings: whether each write leaves a pending row, which the standings' job folds into kept readings.
        outbox: whether each fact leaves an event, which the outbox's relay sends.
    """

    ledger: str
    standings: bool = False
    outbox: bool = False
