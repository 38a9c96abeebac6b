"""The SQL of seals: rows as the driver gives them, whatever somebody made of them since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Insert,
    Integer,
    Select,
    Table,
    bindparam,
    exists,
    insert,
    literal,
    null,
    select,
    type_coerce,
)
from sqlalchemy.types import NullType

from goodwill.stores.sqlalchemy.row_digests import COVERED, SOURCES
from goodwill.stores.sqlalchemy.tables import Tables

__all__ = ["SealStatements"]


class SealStatements:
    """What sealing and verifying ask the database. Rows come as `sealing.kept_row` reads them.

    Attributes:
        unsealed: by source, rows that no seal covers.
        strays: by source, rows that no seal of their ledger covers; what `sealed` says of them comes too.
        under: by source, rows under one seal, gone or not.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._rows: Mapping[str, Table] = {name: getattr(tables, name) for name in SOURCES}
        self._purged = tables.purged
        self.unsealed = {source: self._unsealed(source) for source in SOURCES}
        self.strays = {source: self._strays(source) for source in SOURCES}
        self.under = {source: self._under(source) for source in SOURCES}
        self.seals = self._seals()
        self.latest = self._seals().order_by(None).order_by(tables.seals.c.number.desc()).limit(1)
        self.numbered = self._seals().where(tables.seals.c.number == bindparam("number"))
        self.add_sealed: Insert = insert(tables.sealed).values(
            {column.name: bindparam(column.name, type_=column.type) for column in tables.sealed.c}
        )

    def _columns(
        self, source: str, sealed_as: ColumnElement[Any], is_purged: ColumnElement[Any] | None = None
    ) -> list[ColumnElement[Any]]:
        """What a row is known by, then the columns that its digest covers."""
        row = self._rows[source].c

        def column(name: str) -> ColumnElement[Any]:
            return raw(row[name]) if name in row else null()

        known_by = [column(name) for name in ("seq", "account_id", "id", "row_digest", "recorded_us", "backfilled")]
        return [*known_by, sealed_as, null() if is_purged is None else is_purged, *map(column, COVERED[source])]

    def _unsealed(self, source: str) -> Select[Any]:
        row, sealed = self._rows[source].c, self._tables.sealed.c
        is_sealed = exists().where(sealed.source == literal(source), sealed.row_seq == row.seq)
        return self._page(select(row.seq, *self._columns(source, null())).where(~is_sealed), row)

    def _strays(self, source: str) -> Select[Any]:
        rows, sealed, seals = self._rows[source], self._tables.sealed, self._tables.seals
        row = rows.c
        under = rows.outerjoin(sealed, (sealed.c.source == literal(source)) & (sealed.c.row_seq == row.seq)).outerjoin(
            seals, (seals.c.seq == sealed.c.seal_seq) & (seals.c.ledger == row.ledger)
        )
        found = select(row.seq, *self._columns(source, raw(sealed.c.leaf))).select_from(under)
        return self._page(found.where(seals.c.seq.is_(None)), row)

    def _page(self, found: Select[Any], row: Any) -> Select[Any]:
        """A page of a ledger's rows, in the order of their numbers."""
        return (
            found.where(row.ledger == bindparam("ledger"), row.seq > bindparam("after", type_=BigInteger))
            .order_by(row.seq)
            .limit(bindparam("limit", type_=Integer))
        )

    def _under(self, source: str) -> Select[Any]:
        rows, sealed, seals = self._rows[source], self._tables.sealed, self._tables.seals.c
        own = select(seals.seq).where(
            seals.seq == bindparam("seal_seq", type_=BigInteger), seals.ledger == bindparam("ledger")
        )
        is_purged = None
        if source == "entries":  # what stands among the purged is gone on purpose
            is_purged = exists().where(self._purged.c.seq == sealed.c.row_seq)
        return (
            select(sealed.c.row_seq, *self._columns(source, raw(sealed.c.leaf), is_purged))
            .select_from(sealed.outerjoin(rows, rows.c.seq == sealed.c.row_seq))
            .where(
                sealed.c.seal_seq == own.scalar_subquery(),
                sealed.c.source == literal(source),
                sealed.c.row_seq > bindparam("after", type_=BigInteger),
            )
            .order_by(sealed.c.row_seq)
            .limit(bindparam("limit", type_=Integer))
        )

    def _seals(self) -> Select[Any]:
        seals = self._tables.seals.c
        columns = (
            seals.seq,
            seals.number,
            seals.seal,
            seals.root,
            seals.rows_covered,
            seals.sealed_us,
            seals.is_complete,
        )
        return select(*map(raw, columns)).where(seals.ledger == bindparam("ledger")).order_by(seals.number)


def raw(column: Column[Any]) -> ColumnElement[Any]:
    """A column's value as the driver gives it: what was put there by hand may be of any type."""
    return type_coerce(column, NullType())
