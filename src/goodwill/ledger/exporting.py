"""One customer's data in a form that JSON holds, for whoever has a right to it (data portability)."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from goodwill.domain.audit import AuditRecord
from goodwill.domain.entry import ABSENT, Entry, Ref
from goodwill.domain.instant import to_us
from goodwill.domain.merge import Merge, Unmerge
from goodwill.domain.money import Money
from goodwill.ledger.operations import BATCH, one_account
from goodwill.ledger.ports import Merges, Request, Select, Trail

__all__ = ["export", "record"]

FORMAT: Final = "goodwill-account/1"


def export(account: object) -> Generator[Request, Any, dict[str, Any]]:
    """All that is kept of a customer under all names."""
    found = yield from one_account(account)
    names = [found.id, *found.merged]
    merges: list[Merge] = yield Merges(names)
    trail: list[AuditRecord] = yield Trail(names)
    entries: list[Entry] = []
    while page := (yield Select(accounts=names, after=place(entries), limit=BATCH)):
        entries += page
    return {
        "format": FORMAT,
        "account": found.id,
        # What happened before is not all there: openings stand in the place of what was purged.
        "purged_before": max((each.before.isoformat() for each in trail if each.before is not None), default=None),
        "merged": list(found.merged),
        "entries": [{"type": entry.type, **record(entry)} for entry in entries],
        "merges": [record(merge) for merge in merges],
        "audit": [record(each) for each in trail],
    }


def place(entries: list[Entry]) -> tuple[int, int] | None:
    """Where the page after these starts."""
    return (to_us(entries[-1].occurred_at), entries[-1].seq) if entries else None


def record(kept: Entry | Merge | Unmerge | AuditRecord) -> dict[str, Any]:
    """The fields that say something, as JSON holds them."""
    told = {spec.name: plain(getattr(kept, spec.name)) for spec in fields(kept) if spec.name != "replayed"}
    return {name: value for name, value in told.items() if value is not None and value != {}}


def plain(value: Any) -> Any:
    """A value as JSON holds it; decimals as text, which loses nothing."""
    match value:
        case datetime():
            return value.isoformat()
        case Decimal():
            return None if value is ABSENT else format(value, "f")
        case Money():
            return {"amount": format(value.amount, "f"), "currency": value.currency}
        case Ref():
            return {"reference": value.reference}
        case Mapping():
            return dict(value)
        case _:
            return value
