"""What was done to accounts as a whole, and when: closing, restricting, erasing. Kept for whoever has to answer for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

__all__ = ["AuditRecord", "Operation"]


class Operation(StrEnum):
    """What can be done to an account as a whole.

    A closed account takes no new entries. A restricted one is left out of readings across accounts and of what is sent
    elsewhere. An erased one has lost its customer's id, notes and attributes for good; its facts stay. Of a purged one
    the old facts are gone, and openings stand in their place.
    """

    CLOSE = "close"
    REOPEN = "reopen"
    RESTRICT = "restrict"
    LIFT = "lift"
    ERASE = "erase"
    PURGE = "purge"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """One operation on one name of an account.

    Attributes:
        account: the name; of an erased one, the name that stands in its place.
        operation: what was done.
        recorded_at: when.
        actor: who at the firm did it, a surrogate.
        reason: in the caller's words; nothing personal belongs in it, for it is never erased.
        before: of a purge, the instant before which facts gave way.
        seq: the store's own number.
    """

    account: str
    operation: Operation
    recorded_at: datetime
    actor: str | None = None
    reason: str | None = None
    before: datetime | None = None
    seq: int = field(default=0, compare=False)
