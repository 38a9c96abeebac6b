"""Seals: evidence that what is kept is what was written, and what checking it comes to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from struct import pack
from typing import Final, Self

from goodwill.domain.instant import to_us

__all__ = ["BadRow", "BadSeal", "Seal", "Verification"]

ENCODING: Final = 1
"""The version of the bytes that a seal is the hash of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """A hash over rows and over the seal before, so that nothing under it changes unnoticed.

    A third party that has the rows' leaves computes it anew: `seal` is the SHA-256 of these bytes, whole numbers in
    big-endian order: 1 (one byte, the version), the seal before (32 bytes, zeros for the first), `root` (32 bytes),
    `number` and `rows` (8 bytes each), `is_complete` (one byte), `sealed_at` in microseconds since 1970 (8 bytes).

    Attributes:
        number: 1, 2, 3 and so on in each ledger.
        seal: 64 hexadecimal digits. Whoever keeps them elsewhere can prove later what the ledger held.
        root: the root of the Merkle tree (RFC 9162) over the rows, in hexadecimal digits.
        rows: how many rows it covers.
        sealed_at: when sealing began, which may have written several seals.
        is_complete: with this one, all that was committed when it was made is under a seal.
        seq: the store's own number.

    Example:
        >>> from datetime import UTC, datetime
        >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
        >>> first = Seal.upon(None, root=bytes(32), rows=2, sealed_at=noon, is_complete=True)
        >>> second = Seal.upon(first, root=bytes(32), rows=2, sealed_at=noon, is_complete=True)
        >>> second.number, second.stands_on(first), second.stands_on(second)
        (2, True, False)
    """

    number: int
    seal: str
    root: str
    rows: int
    sealed_at: datetime
    is_complete: bool
    seq: int = field(default=0, compare=False)

    @classmethod
    def upon(cls, previous: Seal | None, *, root: bytes, rows: int, sealed_at: datetime, is_complete: bool) -> Self:
        """The seal that comes after another; after None the first."""
        number = 1 if previous is None else previous.number + 1
        made = cls(number=number, seal="", root=root.hex(), rows=rows, sealed_at=sealed_at, is_complete=is_complete)
        object.__setattr__(made, "seal", made.upon_the(previous))
        return made

    def stands_on(self, previous: Seal | None) -> bool:
        """Whether its hash is that of its own values and of the seal before."""
        return self.seal == self.upon_the(previous)

    def upon_the(self, previous: Seal | None) -> str:
        """The hash of its own values on top of the seal before."""
        before = bytes(32) if previous is None else bytes.fromhex(previous.seal)
        own = (self.number, self.rows, self.is_complete, to_us(self.sealed_at))
        return sha256(pack(">B32s32sqq?q", ENCODING, before, bytes.fromhex(self.root), *own)).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that is not what was written.

    Attributes:
        source: whose row it is: "entries", "merges" or "audit".
        seq: the store's number of it.
        id: of an entry that is there, its id.
        seal: the number of the seal that it is under, if any.
        reason: what differs.
    """

    source: str
    seq: int
    id: str | None
    seal: int | None
    reason: str

    def __str__(self) -> str:
        named = f"{self.source} {self.seq}" if self.id is None else f"{self.source} {self.seq} (id {self.id})"
        return f"{named}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BadSeal:
    """A seal that is not what was written, or is gone.

    Attributes:
        number: which; None for one that was kept elsewhere and that no seal here is.
        reason: what differs.
    """

    number: int | None
    reason: str

    def __str__(self) -> str:
        return self.reason if self.number is None else f"seal {self.number}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What checking a ledger came to; true if nothing bad was found.

    Attributes:
        rows: how many rows were checked, under a seal or not.
        undigested: how many entries keep no digest of their own, being of releases that made none; a seal covers them.
        unsealed: how many rows are under no seal yet.
        purged: how many rows under seals were deleted on purpose, by a purge; their leaves still count.
        belated: how many rows claim to have been recorded well before a seal that did not find them. Written by a
            transaction that was open for long, by a clock that ran behind, or put in since: look at the first.
        seals: how many seals were checked.
        latest: the last of them.
        bad_rows, bad_seals, differences: how many are bad; differences are those of the further checks.
        first_bad_row, first_bad_seal, first_belated, first_difference: the first of each.
    """

    rows: int = 0
    undigested: int = 0
    unsealed: int = 0
    purged: int = 0
    belated: int = 0
    seals: int = 0
    latest: Seal | None = None
    bad_rows: int = 0
    bad_seals: int = 0
    differences: int = 0
    first_bad_row: BadRow | None = None
    first_bad_seal: BadSeal | None = None
    first_belated: BadRow | None = None
    first_difference: object | None = None

    def __bool__(self) -> bool:
        return not (self.bad_rows or self.bad_seals or self.differences)
