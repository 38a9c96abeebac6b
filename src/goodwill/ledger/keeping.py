"""Accounts as a whole: closed, restricted, erased, handed over. Generators that do no I/O, as `operations` has them."""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime
from typing import Any

from goodwill.domain.audit import AuditRecord, Operation
from goodwill.domain.errors import InvalidEntry
from goodwill.domain.instant import to_us
from goodwill.ledger.drafting import account_id, text
from goodwill.ledger.merging import names_of
from goodwill.ledger.operations import names_kept
from goodwill.ledger.ports import Lock, Mark, Request, Trail

__all__ = ["audit_trail", "mark"]


def mark(
    account: object, operation: str, now: datetime, actor: str | None, reason: str | None
) -> Generator[Request, Any, list[AuditRecord]]:
    """Do something to all names of an account, and keep a record of it; nothing where it is so already.

    Args:
        account: under any of its names.
        operation: what, by the value of an `Operation`.
        now: when.
        actor: who at the firm does it, a surrogate.
        reason: in the caller's words.

    Raises:
        UnknownAccount: if no entry or decision was ever written for it.
    """
    actor, reason = text(actor, "actor", InvalidEntry), text(reason, "reason", InvalidEntry)
    names = sorted((yield from names_kept(account)))
    yield Lock(names, to_us(now))
    records: list[AuditRecord] = yield Mark(names, Operation(operation), to_us(now), actor, reason)
    return records


def audit_trail(account: object | None) -> Generator[Request, Any, list[AuditRecord]]:
    """What was done to an account under all its names, or to all of them, in order."""
    if account is None:
        return list((yield Trail()))
    name = account_id(account)
    names = yield from names_of([name])
    return list((yield Trail(names.under(names.root(name)))))
