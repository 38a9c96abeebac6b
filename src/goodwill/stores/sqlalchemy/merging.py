"""How the store keeps merges: read along all links that hang together, written while the names are held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from goodwill.domain.instant import from_us, to_us
from goodwill.domain.merge import Merge
from goodwill.ledger.ports import AppendMerge, Lock, Merges
from goodwill.stores.sqlalchemy.beside import beside_accounts
from goodwill.stores.sqlalchemy.statements import Statements
from goodwill.stores.sqlalchemy.steps import Put, Query, Steps, fetch
from goodwill.stores.sqlalchemy.tenant import Tenant

__all__ = ["append_merge", "lock", "merges"]


def merges(request: Merges, sql: Statements, ledger: str) -> Steps[list[Merge]]:
    """The merges that connect names with others, in the order of their numbers: from name to name until none is new."""
    if request.names is None:
        return [merge_of(row) for row in (yield Query(sql.all_merges, {"ledger": ledger}))]
    statement = sql.merges_now if request.latest else sql.merges
    found: dict[int, Merge] = {}
    passed, next_names = set[str](), set(request.names)
    while next_names:
        rows = yield from fetch(statement, "names", sorted(next_names), ledger=ledger)
        passed |= next_names
        found |= {merge.seq: merge for merge in map(merge_of, rows)}
        next_names = {name for merge in found.values() for name in (merge.account, merge.into)} - passed
    return [found[seq] for seq in sorted(found)]


def merge_of(row: Sequence[Any]) -> Merge:
    """The merge of a row."""
    account, into, recorded_us, actor, seq, backfilled = row
    return Merge(
        account=account, into=into, recorded_at=from_us(recorded_us), actor=actor, seq=seq, backfilled=bool(backfilled)
    )


def lock(request: Lock, sql: Statements, tenant: Tenant) -> Steps[None]:
    """Hold names until the transaction ends, in sorted order, so that no two writers wait for each other."""
    names = sorted(request.names)
    yield Put(
        sql.add_accounts, [{"ledger": tenant.ledger, "name": name, "created_us": request.recorded_us} for name in names]
    )
    for name in names:
        yield Query(sql.hold, {"of_ledger": tenant.ledger, "held": name})


def append_merge(request: AppendMerge, sql: Statements, tenant: Tenant) -> Steps[Merge]:
    """Write a merge of names that are held, which therefore have their accounts."""
    merge = request.merge
    rows = yield from fetch(sql.account_ids_now, "names", [merge.account, merge.into], ledger=tenant.ledger)
    ids = {row[0]: row[1] for row in rows}
    row = {
        "ledger": tenant.ledger,
        "account_id": ids[merge.account],
        "into_id": ids[merge.into],
        "recorded_us": to_us(merge.recorded_at),
        "actor": merge.actor,
        "backfilled": merge.backfilled,
    }
    yield Put(sql.add_merge, [row])
    yield from beside_accounts(ids.values(), sql, tenant)
    ((seq,),) = yield Query(sql.merge_seq, {"account_id": ids[merge.account]})
    return replace(merge, seq=seq)
