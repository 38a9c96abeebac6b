"""The SQL of a purge: what stays of entries is written first, which permits to delete them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Delete, Insert, Select, func, insert, select

from goodwill.stores.sqlalchemy.binding import many, one
from goodwill.stores.sqlalchemy.tables import Tables

__all__ = ["Purging"]


class Purging:
    """The statements of a purge. `as_of_now` has a query also see what others committed meanwhile."""

    def __init__(self, tables: Tables, as_of_now: Callable[[Select[Any]], Select[Any]]) -> None:
        self._tables = tables
        self.audit_seq = as_of_now(self._audit_seq())
        self.already = as_of_now(self._already())
        self.last = self._last()
        self.keep_references = self._keep_references()
        self.drop_details = self._drop_details()
        self.drop_entries = self._drop_entries()

    def _audit_seq(self) -> Select[Any]:
        audit = self._tables.audit.c
        return select(func.max(audit.seq)).where(audit.account_id == one("account_id"))

    def _last(self) -> Select[Any]:
        audit = self._tables.audit.c
        return select(func.max(audit.before_us), func.max(audit.recorded_us)).where(
            audit.ledger == one("ledger"), audit.before_us.is_not(None)
        )

    def _already(self) -> Select[Any]:
        purged = self._tables.purged.c
        return select(purged.seq).where(purged.seq.in_(many("seqs")))

    def _keep_references(self) -> Insert:
        entries = self._tables.entries.c
        names = ("seq", "ledger", "account_id", "occurred_us", "reference", "revision", "request_digest")
        rows = select(*(entries[name] for name in names), one("audit_seq")).where(
            entries.account_id == one("account_id"), entries.seq.in_(many("seqs"))
        )
        return insert(self._tables.purged).from_select([*names, "audit_seq"], rows)

    def _drop_details(self) -> Delete:
        details = self._tables.details
        return details.delete().where(details.c.seq.in_(many("seqs")))

    def _drop_entries(self) -> Delete:
        entries = self._tables.entries
        return entries.delete().where(entries.c.account_id == one("account_id"), entries.c.seq.in_(many("seqs")))
