"""How the store keeps seals, and shows its rows to those who check them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select

from goodwill.domain.errors import RetryTransaction
from goodwill.domain.instant import from_us, to_us
from goodwill.domain.seal import Seal
from goodwill.ledger.seal_requests import AppendSeal, KeptRow, RowPlace, Seals, UnderSeal, Unsealed
from goodwill.stores.sqlalchemy.row_digests import SOURCES, digest_of, leaf_of
from goodwill.stores.sqlalchemy.statements import EARLIEST, Statements
from goodwill.stores.sqlalchemy.steps import Put, Query, Steps
from goodwill.stores.sqlalchemy.tenant import Tenant

__all__ = ["append_seal", "seals", "under_seal", "unsealed"]

KNOWN_BY = 9
"""The columns before those that a digest covers."""


def unsealed(request: Unsealed, sql: Statements, ledger: str) -> Steps[list[KeptRow]]:
    """Rows that no seal covers, or that none covers which is there."""
    statements = sql.sealing.strays if request.strays else sql.sealing.unsealed
    return (yield from page(request, statements, {"ledger": ledger}))


def under_seal(request: UnderSeal, sql: Statements, ledger: str) -> Steps[list[KeptRow]]:
    """Rows that one seal covers, gone or not."""
    return (yield from page(request, sql.sealing.under, {"ledger": ledger, "seal_seq": request.seq}))


def page(
    request: Unsealed | UnderSeal, statements: Mapping[str, Select[Any]], given: Mapping[str, Any]
) -> Steps[list[KeptRow]]:
    """A page of rows, from source to source."""
    found: list[KeptRow] = []
    for source, after in places_after(request.after):
        left = request.limit - len(found)
        if left > 0:
            rows = yield Query(statements[source], {**given, "after": after, "limit": left})
            found += [kept_row(source, row) for row in rows]
    return found


def places_after(after: RowPlace | None) -> Iterator[tuple[str, int]]:
    """Where each source that is not done goes on."""
    for source in SOURCES:
        if after is None or source > after.source:
            yield source, EARLIEST
        elif source == after.source:
            yield source, after.seq


def kept_row(source: str, row: Sequence[Any]) -> KeptRow:
    """A row of its place, what it is known by, and the columns that its digest covers."""
    place_seq, seq, account_id, id_, row_digest, recorded_us, backfilled, sealed_as, is_purged = row[:KNOWN_BY]
    place = RowPlace(source, place_seq)
    leaf_then = None if sealed_as is None else octets(sealed_as)
    if seq is None:
        return KeptRow(place, None, None, None, b"", leaf_then, purged=bool(is_purged))
    kept = None if row_digest is None else octets(row_digest)
    digest = digest_of(source, row[KNOWN_BY:])
    leaf = leaf_of(source, seq, account_id, digest, has_digest=kept is not None)
    return KeptRow(
        place, None if id_ is None else str(id_), kept, digest, leaf, leaf_then, recorded_us, bool(backfilled)
    )


def octets(value: Any) -> bytes:
    """The bytes of a digest; none for what somebody put in its place."""
    return bytes(value) if isinstance(value, bytes | bytearray | memoryview) else b""


def seals(request: Seals, sql: Statements, ledger: str) -> Steps[list[Seal]]:
    """The seals of the ledger, or the last of them."""
    rows = yield Query(sql.sealing.latest if request.latest else sql.sealing.seals, {"ledger": ledger})
    return list(map(seal_of, rows))


def seal_of(row: Sequence[Any]) -> Seal:
    """The seal of a row."""
    seq, number, seal, root, rows, sealed_us, is_complete = row
    return Seal(
        number=whole(number),
        seal=octets(seal).hex(),
        root=octets(root).hex(),
        rows=whole(rows),
        sealed_at=instant(sealed_us),
        is_complete=bool(is_complete),
        seq=seq,
    )


def whole(value: Any) -> int:
    """A whole number; -1, which no seal has, for what somebody put in its place."""
    return value if isinstance(value, int) else -1


def instant(us: int) -> datetime:
    """An instant; the first of all for a number that is none, which only somebody's hand can have put there."""
    try:
        return from_us(us)
    except (OverflowError, TypeError):
        return datetime.min.replace(tzinfo=UTC)


def append_seal(request: AppendSeal, sql: Statements, tenant: Tenant) -> Steps[Seal]:
    """Write a seal and what it covers.

    Raises:
        RetryTransaction: if somebody else wrote the seal of this number.
    """
    seal = request.seal
    values = {
        "ledger": tenant.ledger,
        "number": seal.number,
        "rows_covered": seal.rows,
        "root": bytes.fromhex(seal.root),
        "seal": bytes.fromhex(seal.seal),
        "sealed_us": to_us(seal.sealed_at),
        "is_complete": seal.is_complete,
    }
    yield Put(sql.add_seal, [values])
    written = [seal_of(row) for row in (yield Query(sql.seal_now, {"ledger": tenant.ledger, "number": seal.number}))]
    if written != [seal] or (yield Query(sql.row_under_now, {"seal_seq": written[0].seq})):
        raise RetryTransaction(
            f"somebody else is sealing ledger {tenant.ledger!r} and has written seal {seal.number}; roll back and seal "
            "again, which covers what is left"
        )
    seal_seq = written[0].seq
    yield Put(
        sql.sealing.add_sealed,
        [
            {"source": row.place.source, "row_seq": row.place.seq, "seal_seq": seal_seq, "leaf": row.leaf}
            for row in request.rows
        ],
    )
    return replace(seal, seq=seal_seq)
