"""One customer's data in a form that JSON holds, for whoever has a right to it (data portability)."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from goodwill.domain.audit import AuditRecord
from goodwill.domain.decision import Decision, Request, Ruling
from goodwill.domain.entry import ABSENT, Entry, Ref
from goodwill.domain.instant import to_us
from goodwill.domain.merge import Merge, Unmerge
from goodwill.domain.money import Money
from goodwill.ledger.decision_requests import SelectDecisions
from goodwill.ledger.operations import BATCH, names_kept
from goodwill.ledger.ports import Merges, Select, Trail
from goodwill.ledger.ports import Request as Asked

__all__ = ["export", "record"]

FORMAT: Final = "goodwill-account/1"


def export(account: object) -> Generator[Asked, Any, dict[str, Any]]:
    """All that is kept of a customer under all names."""
    names = yield from names_kept(account)
    merges: list[Merge] = yield Merges(names)
    trail: list[AuditRecord] = yield Trail(names)
    entries: list[Entry] = []
    while page := (yield Select(accounts=names, after=place(entries), limit=BATCH)):
        entries += page
    decisions: list[Decision] = []
    while made := (yield SelectDecisions(names, after=decided(decisions), limit=BATCH)):
        decisions += made
    return {
        "format": FORMAT,
        "account": names[0],
        # What happened before is not all there: openings stand in the place of what was purged.
        "purged_before": max((each.before.isoformat() for each in trail if each.before is not None), default=None),
        "merged": names[1:],
        "entries": [{"type": entry.type, **record(entry)} for entry in entries],
        "merges": [record(merge) for merge in merges],
        "decisions": [record(each) for each in decisions],
        "audit": [record(each) for each in trail],
    }


def place(entries: list[Entry]) -> tuple[int, int] | None:
    """Where the page after these starts."""
    return (to_us(entries[-1].occurred_at), entries[-1].seq) if entries else None


def decided(decisions: list[Decision]) -> tuple[int, int] | None:
    """Where the page after these starts."""
    return (to_us(decisions[-1].decided_at), decisions[-1].seq) if decisions else None


def record(kept: Entry | Merge | Unmerge | AuditRecord | Decision | Request | Ruling) -> dict[str, Any]:
    """The fields that say something, as JSON holds them."""
    told = {spec.name: plain(getattr(kept, spec.name)) for spec in fields(kept) if spec.name != "replayed"}
    return {name: value for name, value in told.items() if value is not None and value != {}}


def plain(value: Any) -> Any:
    """A value as JSON holds it; decimals as text, which loses nothing."""
    told = value
    match value:
        case datetime():
            told = value.isoformat()
        case Decimal():
            told = None if value is ABSENT else format(value, "f")
        case Money():
            told = {"amount": format(value.amount, "f"), "currency": value.currency}
        case Ref():
            told = {"reference": value.reference}
        case Mapping():
            told = dict(value)
        case Request() | Ruling():
            told = record(value)
        case tuple():
            told = [plain(each) for each in value]
    return told
