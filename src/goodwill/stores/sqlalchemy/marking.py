"""How the store closes, restricts and erases accounts whose names are held, and what it keeps of that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

from goodwill.domain.account import ERASED
from goodwill.domain.audit import AuditRecord, Operation
from goodwill.domain.instant import from_us
from goodwill.ledger.ports import Mark, Trail
from goodwill.stores.sqlalchemy.beside import beside_accounts
from goodwill.stores.sqlalchemy.outbox.writing import put_marks
from goodwill.stores.sqlalchemy.statements import Statements
from goodwill.stores.sqlalchemy.steps import Put, Query, Steps, fetch
from goodwill.stores.sqlalchemy.tenant import Tenant

__all__ = ["mark", "trail"]

COLUMN: Final[Mapping[Operation, str]] = {
    Operation.CLOSE: "closed_us",
    Operation.REOPEN: "closed_us",
    Operation.RESTRICT: "restricted_us",
    Operation.LIFT: "restricted_us",
}
"""Which column of an account an operation fills or empties."""
FILLS: Final = frozenset({Operation.CLOSE, Operation.RESTRICT})


def mark(request: Mark, sql: Statements, tenant: Tenant) -> Steps[list[AuditRecord]]:
    """Do something to accounts as a whole, and keep a record of it for those that were not so already."""
    changed: dict[str, int] = {}
    held = yield from fetch(sql.held, "names", sorted(request.names), ledger=tenant.ledger)
    # By name, as every store answers: a database gives rows in an order of its own.
    for name, account_id, closed_us, restricted_us in sorted(held, key=itemgetter(0)):
        before = {"name": name, "closed_us": closed_us, "restricted_us": restricted_us}
        after = marked(before, account_id, request)
        if after == before:
            continue
        if request.operation is Operation.ERASE:
            yield Query(sql.drop_details, {"account_id": account_id})
            yield Query(sql.deciding.drop_rulings, {"account_id": account_id})
        values = {f"new_{column}": value for column, value in after.items()}
        yield Query(sql.mark, {"account_id": account_id, **values})
        yield Put(sql.add_audit, [row_of(request, account_id, tenant.ledger)])
        changed[after["name"]] = account_id
    if not changed:
        return []
    yield from beside_accounts(changed.values(), sql, tenant)
    records = yield from trail(Trail(list(changed)), sql, tenant.ledger)
    latest = {record.account: record for record in records}
    if tenant.outbox:
        yield from put_marks([(latest[name], account_id) for name, account_id in changed.items()], sql, tenant)
    return [latest[name] for name in changed]


def marked(before: Mapping[str, Any], account_id: int, request: Mark) -> dict[str, Any]:
    """What an account is after an operation."""
    if request.operation is Operation.ERASE:
        return {**before, "name": f"{ERASED}{account_id}"}
    column = COLUMN[request.operation]
    if request.operation not in FILLS:
        return {**before, column: None}
    return {**before, column: request.recorded_us if before[column] is None else before[column]}


def row_of(request: Mark, account_id: int, ledger: str) -> dict[str, Any]:
    """What `audit` keeps of an operation on an account."""
    return {
        "ledger": ledger,
        "account_id": account_id,
        "operation": request.operation.value,
        "recorded_us": request.recorded_us,
        "actor": request.actor,
        "reason": request.reason,
        "before_us": None,
    }


def trail(request: Trail, sql: Statements, ledger: str) -> Steps[list[AuditRecord]]:
    """What was done to accounts as a whole, in order."""
    if request.names is None:
        return [record_of(row) for row in (yield Query(sql.trail, {"ledger": ledger}))]
    rows = yield from fetch(sql.trail_of, "names", request.names, ledger=ledger)
    return sorted(map(record_of, rows), key=lambda record: record.seq)


def record_of(row: Sequence[Any]) -> AuditRecord:
    """The record of a row."""
    name, operation, recorded_us, actor, reason, seq, before_us = row
    return AuditRecord(
        account=name,
        operation=Operation(operation),
        recorded_at=from_us(recorded_us),
        actor=actor,
        reason=reason,
        before=None if before_us is None else from_us(before_us),
        seq=seq,
    )
