"""How the store purges: what stays of the entries, then they go, then the openings that stand in their place."""

from __future__ import annotations

from goodwill.domain.audit import AuditRecord, Operation
from goodwill.domain.errors import RetryTransaction
from goodwill.ledger.ports import Mark, Purge, Trail
from goodwill.stores.sqlalchemy.appending import insert
from goodwill.stores.sqlalchemy.beside import beside_accounts
from goodwill.stores.sqlalchemy.marking import row_of, trail
from goodwill.stores.sqlalchemy.outbox.writing import put_marks
from goodwill.stores.sqlalchemy.statements import Statements
from goodwill.stores.sqlalchemy.steps import Put, Query, Steps, chunks, fetch
from goodwill.stores.sqlalchemy.tenant import Tenant

__all__ = ["purge"]


def purge(request: Purge, sql: Statements, tenant: Tenant) -> Steps[AuditRecord]:
    """Put openings in the place of entries of a name that is held.

    Raises:
        RetryTransaction: if another transaction purged some of them meanwhile.
    """
    rows = yield from fetch(sql.account_ids_now, "names", [request.account], ledger=tenant.ledger)
    account_id = rows[0][1]
    mark = Mark([request.account], Operation.PURGE, request.recorded_us, request.actor, request.reason)
    yield Put(sql.add_audit, [row_of(mark, account_id, tenant.ledger) | {"before_us": request.before_us}])
    ((audit_seq,),) = yield Query(sql.purge.audit_seq, {"account_id": account_id})
    for seqs in chunks(request.seqs):
        if (yield Query(sql.purge.already, {"seqs": seqs})):
            raise RetryTransaction("another transaction purged the same entries; roll back and try again")
        own = {"account_id": account_id, "seqs": seqs}
        yield Query(sql.purge.keep_references, own | {"audit_seq": audit_seq})
        yield Query(sql.purge.drop_details, {"seqs": seqs})
        yield Query(sql.purge.drop_entries, own)
    yield from insert(request.openings, {request.account: account_id}, sql, tenant)
    yield from beside_accounts([account_id], sql, tenant)
    records = yield from trail(Trail([request.account]), sql, tenant.ledger)
    if tenant.outbox:
        yield from put_marks([(records[-1], account_id)], sql, tenant)
    return records[-1]
