"""What is written beside facts, in the same transaction: details of entries, and pending rows for kept readings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from goodwill.domain.crossing import Crossing
from goodwill.domain.entry import Entry
from goodwill.stores.sqlalchemy.rows import details_of
from goodwill.stores.sqlalchemy.statements import Statements
from goodwill.stores.sqlalchemy.steps import Put, Steps
from goodwill.stores.sqlalchemy.tenant import Tenant

__all__ = ["beside_accounts", "beside_crossings", "beside_entries"]

ADDED_IN: Final = frozenset({"deposit", "withdrawal", "observation"})
"""The types of entry that a kept reading can take in by adding."""


def beside_entries(written: Sequence[tuple[Entry, int]], sql: Statements, tenant: Tenant) -> Steps[None]:
    """Put beside entries that have their numbers what is kept with them.

    Args:
        written: each entry, with the number of its account's row.
        sql: the statements.
        tenant: whose entries they are.
    """
    details = [beside for entry, _ in written if (beside := details_of(entry)) is not None]
    if details:
        yield Put(sql.add_details, details)
    if tenant.standings and written:
        yield Put(
            sql.add_pending,
            [pending(tenant, account_id, entry.seq, plain=is_plain(entry)) for entry, account_id in written],
        )


def beside_accounts(account_ids: Iterable[int], sql: Statements, tenant: Tenant) -> Steps[None]:
    """Have the kept readings of accounts made anew: something else than an entry changed what they add up to."""
    rows = [pending(tenant, account_id, None, plain=False) for account_id in account_ids]
    if tenant.standings and rows:
        yield Put(sql.add_pending, rows)


def beside_crossings(
    crossings: Sequence[Crossing],  # noqa: ARG001 - what the outbox is told
    sql: Statements,  # noqa: ARG001 - likewise
    tenant: Tenant,  # noqa: ARG001 - likewise
) -> Steps[None]:
    """Tell of crossings, in the transaction of the job that found them; without an outbox nobody waits for them."""
    yield from ()


def pending(tenant: Tenant, account_id: int, entry_seq: int | None, *, plain: bool) -> dict[str, Any]:
    """A row of `pending`."""
    return {"ledger": tenant.ledger, "account_id": account_id, "entry_seq": entry_seq, "plain": plain}


def is_plain(entry: Entry) -> bool:
    """Whether an entry by itself can be added to a sum: it answers nothing and stands in no other's place."""
    return entry.type in ADDED_IN and entry.in_response_to is None and entry.amends is None
