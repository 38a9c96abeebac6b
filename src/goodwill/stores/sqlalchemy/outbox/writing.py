"""Writing events beside facts, in the host's transaction: pointers to rows, so that nothing personal is in them.

What an event says is read when it is sent. So writing one costs a short row, an erased customer's id is in none of
them, and an event cannot say anything else than the ledger.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from goodwill.domain.account import ERASED
from goodwill.domain.audit import AuditRecord, Operation
from goodwill.domain.canonical import canonical_json
from goodwill.domain.crossing import Crossing
from goodwill.domain.entry import PURGE, Entry, Opening, Reversal
from goodwill.domain.merge import Merge
from goodwill.stores.sqlalchemy.statements import Statements
from goodwill.stores.sqlalchemy.steps import Put, Query, Steps, fetch
from goodwill.stores.sqlalchemy.tenant import Tenant

__all__ = ["BUCKETS", "put_crossings", "put_entries", "put_marks", "put_merge"]

BUCKETS: Final = 64
"""Relays share the work by buckets of accounts. A constant: relays that disagree would not keep an account's order."""

OF_MARKS: Final[Mapping[Operation, str]] = {
    Operation.CLOSE: "goodwill.account.closed",
    Operation.REOPEN: "goodwill.account.reopened",
    Operation.LIFT: "goodwill.account.lifted",
    Operation.ERASE: "goodwill.account.erased",
    Operation.PURGE: "goodwill.account.purged",
}
"""What an operation on an account is told as. That one was restricted is not told: from then on nothing is."""

OF_CROSSINGS: Final[Mapping[str, str]] = {
    "overdrawn": "goodwill.account.overdrawn",
    "recovered": "goodwill.account.recovered",
    "overdue": "goodwill.promise.overdue",
}


def put_entries(written: Iterable[tuple[Entry, int]], sql: Statements, tenant: Tenant) -> Steps[None]:
    """An event for each entry that was written; none for restricted and erased accounts.

    The openings of a purge are told by the event of the purge: nothing happened that was not told before.
    """
    rows = [
        row_of(tenant, account_id, entry.id, type_of(entry), seq=entry.seq)
        for entry, account_id in written
        if not entry.account.startswith(ERASED) and not (isinstance(entry, Opening) and entry.kind == PURGE)
    ]
    if sql.add_event_unless_restricted is None:
        yield from put_unrestricted(rows, sql)
    elif rows:
        yield Put(sql.add_event_unless_restricted, rows)


def put_merge(merge: Merge, account_id: int, into_id: int, sql: Statements, tenant: Tenant) -> Steps[None]:
    """An event for a merge that was written, or for one that was taken back; none if either name is restricted."""
    type_ = "goodwill.account.unmerged" if merge.account == merge.into else "goodwill.account.merged"
    key = hashed("merge", [tenant.ledger, merge.seq, merge.recorded_at.isoformat()])
    yield from put_unrestricted([row_of(tenant, account_id, key, type_, seq=merge.seq)], sql, unless=[into_id])


def put_marks(marks: Sequence[tuple[AuditRecord, int]], sql: Statements, tenant: Tenant) -> Steps[None]:
    """An event for each operation on an account; of an erased one, the erasure is all that is still told."""
    for record, account_id in marks:
        was_erased = record.account.startswith(ERASED) and record.operation is not Operation.ERASE
        if was_erased or record.operation not in OF_MARKS:
            continue
        key = hashed("account", [tenant.ledger, record.seq, record.recorded_at.isoformat()])
        row = row_of(tenant, account_id, key, OF_MARKS[record.operation], seq=record.seq)
        if record.operation is Operation.ERASE:
            yield Query(sql.drop_events, {"account_id": account_id})
            yield Put(sql.add_event, [row])
        else:
            yield from put_unrestricted([row], sql)


def put_crossings(crossings: Iterable[Crossing], sql: Statements, tenant: Tenant) -> Steps[None]:
    """An event for each crossing, in their order, in the transaction of the job that found them.

    A crossing that waits to be sent is not written twice; found again later, it is sent again under the same id.
    Nothing is written for restricted and erased accounts, and nothing at all where the tenant has no outbox.

    Args:
        crossings: what was found.
        sql: the statements.
        tenant: whose accounts they are.
    """
    if not tenant.outbox:
        return
    rows = [crossing_row(tenant, each) for each in crossings if not each.account.startswith(ERASED)]
    yield from put_unrestricted(rows, sql)


def put_unrestricted(rows: Sequence[dict[str, Any]], sql: Statements, unless: Collection[int] = ()) -> Steps[None]:
    """Write events of accounts that are not restricted; none of them if one of `unless` is."""
    if not rows:
        return
    asked = sorted({row["account_id"] for row in rows}.union(unless))
    restricted = {row[0] for row in (yield from fetch(sql.restricted, "account_ids", asked))}
    told = [row for row in rows if row["account_id"] not in restricted]
    if told and restricted.isdisjoint(unless):
        yield Put(sql.add_event, told)


def type_of(entry: Entry) -> str:
    """What an entry is told as."""
    if isinstance(entry, Reversal):
        return "goodwill.entry.reversed"
    return "goodwill.entry.recorded" if entry.amends is None else "goodwill.entry.amended"


def crossing_row(tenant: Tenant, crossing: Crossing) -> dict[str, Any]:
    """A crossing's row; its id is that of (account, policy, threshold, instant), so the same found again is the same."""
    found = [tenant.ledger, crossing.account_id, crossing.policy_digest, crossing.threshold, str(crossing.at_us)]
    document = canonical_json(
        {
            "policy": {"name": crossing.policy_name, "digest": crossing.policy_digest},
            "threshold": crossing.threshold,
            "at_us": str(crossing.at_us),
        }
    )
    key = hashed("crossing", found)
    return row_of(tenant, crossing.account_id, key, OF_CROSSINGS[crossing.direction], document=document)


def row_of(
    tenant: Tenant, account_id: int, event_id: str, type_: str, *, seq: int | None = None, document: str | None = None
) -> dict[str, Any]:
    """A row of `outbox`."""
    return {
        "ledger": tenant.ledger,
        "account_id": account_id,
        "bucket": account_id % BUCKETS,
        "event_id": event_id,
        "type": type_,
        "seq": seq,
        "document": document,
    }


def hashed(what: str, parts: Sequence[Any]) -> str:
    """An id that is the same whenever the same is told; who knows it learns nothing from it."""
    return f"{what}_{hashlib.sha256(canonical_json(parts).encode()).hexdigest()[:32]}"
