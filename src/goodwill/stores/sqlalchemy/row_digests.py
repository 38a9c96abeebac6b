"""What a row is, in 32 bytes: the same from what is written and from what any of the databases gives back.

The digest of a row is the SHA-256 of one byte, the version 1, and then of a JSON array: the values of the columns that
it covers, in their order, without spaces, everything beyond ASCII escaped. NULL is `null`, text and whole numbers are
themselves, bytes are hexadecimal digits, a truth is 0 or 1, a double is the 16 hexadecimal digits of its bits (IEEE
754, big-endian). JSON says where each value begins, so no two rows have the same array.

The leaf of a row, of which seals are made, is `leaf_hash` of: the version 1 (one byte), the source (16 bytes, padded
with zeros), whether the row keeps its digest (one byte), its seq and its account's number (8 bytes each, big-endian),
the digest.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from hashlib import sha256
from json import JSONEncoder
from operator import itemgetter
from typing import Any, Final

from goodwill.domain.merkle import leaf_hash

__all__ = ["COVERED", "PLAIN", "SOURCES", "digest_of", "entry_digest", "leaf_of"]

PLAIN: Final = (
    "id", "ledger", "type", "kind", "magnitude_e6", "currency", "cost_minor", "cost_currency", "cost_exponent",
    "occurred_us", "recorded_us", "reference", "revision", "response_id", "response_ref", "due_us", "recurs", "tz",
    "reverses", "amends", "dimensions", "channel", "actor", "read_under",
)  # fmt: skip
"""The columns of `entries` whose values are texts and whole numbers."""

DOUBLES: Final = ("sincerity", "severity", "positive", "negative")

COVERED: Final[Mapping[str, Sequence[str]]] = {
    "audit": ("ledger", "operation", "recorded_us", "actor", "reason", "before_us"),
    "decisions": (
        "id", "ledger", "answer", "kind", "magnitude_e6", "cost_minor", "cost_currency", "cost_exponent", "actor", "role",
        "requested_us", "decided_us", "recorded_us", "gesture", "response_id", "response_ref", "authority", "policy",
        "balance", "spoke", "reference", "request_digest",
    ),
    "entries": (*PLAIN, "request_digest", "backfilled", *DOUBLES),
    "merges": ("ledger", "into_id", "recorded_us", "actor", "backfilled"),
}  # fmt: skip
"""The columns that a digest covers, in order: all that never change but the number, the account and the digest itself.

A column that a later release adds gets a version 2 of the encoding; rows of before are then checked under either.
"""

SOURCES: Final = tuple(COVERED)
"""The tables whose rows are sealed, in the order of the leaves under a seal."""

VERSION: Final = "\x01"
# A list stands for a value of a type that we never write: no array of ours has one.
encoded: Final = JSONEncoder(separators=(",", ":"), default=lambda value: [repr(value)]).encode
plain_of: Final = itemgetter(*PLAIN)
doubles_of: Final = itemgetter(*DOUBLES)
NONE: Final = (None, None, None, None)
bits: Final = struct.Struct(">d").pack
leaf: Final = struct.Struct(">B16s?qq32s").pack


def entry_digest(row: Mapping[str, Any]) -> bytes:
    """The digest of a row of `entries` that is about to be written.

    Example:
        >>> row = dict.fromkeys(COVERED["entries"]) | {"id": "1", "request_digest": b"", "backfilled": False}
        >>> entry_digest(row) == digest_of("entries", list(row.values()))
        True
    """
    doubles = doubles_of(row)
    if doubles != NONE:
        doubles = tuple(map(double, doubles))
    values = (*plain_of(row), row["request_digest"].hex(), int(row["backfilled"]), *doubles)
    return sha256((VERSION + encoded(values)).encode()).digest()


def digest_of(source: str, values: Sequence[Any]) -> bytes:
    """The digest of a row as a database's driver gives it: the values of COVERED, whatever somebody made of them."""
    if source == "entries":
        places = len(PLAIN)
        *plain, request_digest, backfilled = values[: places + 2]
        values = (*plain, hexadecimal(request_digest), truth(backfilled), *map(double, values[places + 2 :]))
    else:
        values = tuple(map(octets_or_number, values))
    return sha256((VERSION + encoded(values)).encode()).digest()


def double(value: Any) -> Any:
    """The bits of a double in hexadecimal digits. -0.0 is 0.0, since SQLite and MariaDB keep no other."""
    if value is None:
        return None
    return bits(value + 0.0).hex() if isinstance(value, float | int) else [value]


def hexadecimal(value: Any) -> Any:
    """Bytes in hexadecimal digits."""
    return bytes(value).hex() if isinstance(value, bytes | bytearray | memoryview) else [value]


def octets_or_number(value: Any) -> Any:
    """A value of any type that our columns have, in the form that the digest takes."""
    if isinstance(value, float):
        return double(value)
    return hexadecimal(value) if isinstance(value, bytes | bytearray | memoryview) else truth(value)


def truth(value: Any) -> Any:
    """A truth as 0 or 1, which is how two of the databases keep it."""
    return int(value) if isinstance(value, bool) else value


def leaf_of(source: str, seq: int, account_id: Any, digest: bytes, *, has_digest: bool) -> bytes:
    """The hash of a row among others under a seal.

    Example:
        >>> leaf_of("entries", 1, 7, bytes(32), has_digest=True).hex()[:8]
        'd31087f6'
    """
    try:
        return leaf_hash(leaf(1, source.encode(), has_digest, seq, account_id, digest))
    except struct.error:  # SQLite keeps any value in any column; no row of ours has such an account
        return b""
