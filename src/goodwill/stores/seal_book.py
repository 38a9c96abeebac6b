"""The seals of a ledger in plain Python: what the memory store keeps of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import sha256

from goodwill.domain.audit import AuditRecord
from goodwill.domain.decision import Decision
from goodwill.domain.entry import Entry
from goodwill.domain.errors import RetryTransaction
from goodwill.domain.instant import to_us
from goodwill.domain.merge import Merge
from goodwill.domain.merkle import leaf_hash
from goodwill.domain.seal import Seal
from goodwill.ledger.exporting import record
from goodwill.ledger.seal_requests import AppendSeal, KeptRow, RowPlace, Seals, UnderSeal, Unsealed

__all__ = ["SealBook", "kept_row"]

PERSONAL = ("account", "into", "note", "attributes")
"""What erasure takes away, and no seal covers."""
OTHERWISE = (*PERSONAL, "seq", "reversed_by")


class SealBook:
    """Which rows are under which seal."""

    def __init__(self) -> None:
        self._seals: list[Seal] = []
        self._sealed: dict[RowPlace, tuple[int, bytes]] = {}

    def append(self, request: AppendSeal) -> Seal:
        """Keep a seal, and what it covers.

        Raises:
            RetryTransaction: if there is one of its number.
        """
        if request.seal.number != len(self._seals) + 1:
            raise RetryTransaction(
                f"there is a seal {request.seal.number} already; seal again, which covers what is left"
            )
        seal = replace(request.seal, seq=len(self._seals) + 1)
        self._seals.append(seal)
        self._sealed |= {row.place: (seal.seq, row.leaf) for row in request.rows}
        return seal

    def remove_last(self) -> None:
        """Forget the seal that a failed work had added."""
        gone = self._seals.pop()
        self._sealed = {place: under for place, under in self._sealed.items() if under[0] != gone.seq}

    def seals(self, request: Seals) -> list[Seal]:
        """The seals in their order, or the last."""
        return self._seals[-1:] if request.latest else list(self._seals)

    def unsealed(self, request: Unsealed, rows: Iterable[KeptRow]) -> list[KeptRow]:
        """A page of the rows that no seal covers."""
        return page(request, (row for row in rows if row.place not in self._sealed))

    def under_seal(self, request: UnderSeal, rows: Iterable[KeptRow]) -> list[KeptRow]:
        """A page of the rows under one seal, each with the leaf that it was; gone or not."""
        there = {row.place: row for row in rows}
        covered = {place: leaf for place, (seq, leaf) in self._sealed.items() if seq == request.seq}
        under = (
            there.get(place, KeptRow(place, None, None, None, b""))._replace(sealed_as=covered[place])
            for place in sorted(covered)
        )
        return page(request, under)


def page(request: Unsealed | UnderSeal, rows: Iterator[KeptRow]) -> list[KeptRow]:
    """Those after the last of the page before, in their order."""
    after = sorted((row for row in rows if request.after is None or row.place > request.after), key=by_place)
    return after[: request.limit]


def by_place(row: KeptRow) -> RowPlace:
    return row.place


def kept_row(source: str, kept: Entry | Merge | AuditRecord | Decision) -> KeptRow:
    """A fact as those see it who seal and check; nothing in memory is changed behind the ledger's back."""
    if isinstance(kept, Decision):
        kept = kept.erased("")
    told = {name: value for name, value in record(kept).items() if name not in OTHERWISE}
    digest = sha256(json.dumps([type(kept).__name__, told], sort_keys=True).encode()).digest()
    place, recorded_us = RowPlace(source, kept.seq), to_us(kept.recorded_at)
    leaf = leaf_hash(f"{source} {kept.seq} ".encode() + digest)
    if isinstance(kept, Entry):
        return KeptRow(place, kept.id, digest, digest, leaf, None, recorded_us, kept.backfilled)
    if isinstance(kept, Decision):
        return KeptRow(place, kept.id, None, digest, leaf, None, recorded_us)
    return KeptRow(place, None, None, digest, leaf, None, recorded_us, isinstance(kept, Merge) and kept.backfilled)
