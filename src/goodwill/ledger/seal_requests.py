"""What sealing asks of a store: the rows under a seal and those under none, and the seals themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from goodwill.domain.seal import Seal
from goodwill.ledger.ports import Writing

__all__ = ["AppendSeal", "KeptRow", "RowPlace", "SealRequest", "Seals", "UnderSeal", "Unsealed"]


class RowPlace(NamedTuple):
    """Where a row is in the order of the leaves under a seal.

    Attributes:
        source: whose row it is: "audit", "decisions", "entries" or "merges", in this order.
        seq: the store's number of it.
    """

    source: str
    seq: int


class KeptRow(NamedTuple):
    """A row of the store, for those who check that it is what was written.

    Attributes:
        place: whose row it is, and its number.
        id: of an entry, its id.
        kept: the digest that was kept with the row when it was written, where one was.
        digest: the digest of the row as it is now; None if it is gone.
        leaf: the row as it is now among others under a seal; empty if it is gone.
        sealed_as: the leaf that it was when it was sealed; None if it is under no seal.
        recorded_us: when it says that it was recorded.
        backfilled: whether it says that an import recorded it, with an instant of the past.
        purged: whether it is gone on purpose, by a purge.
    """

    place: RowPlace
    id: str | None
    kept: bytes | None
    digest: bytes | None
    leaf: bytes
    sealed_as: bytes | None = None
    recorded_us: int | None = None
    backfilled: bool = False
    purged: bool = False


class Unsealed(NamedTuple):
    """Some of the rows that no seal of the ledger covers, in their order; answered by `list[KeptRow]`.

    With `strays`, also those under a seal that is not there (any more).
    """

    after: RowPlace | None = None
    limit: int = 1000
    strays: bool = False


class UnderSeal(NamedTuple):
    """Some of the rows that the seal with this `seq` covers, in their order; answered by `list[KeptRow]`."""

    seq: int
    after: RowPlace | None = None
    limit: int = 1000


class Seals(NamedTuple):
    """The seals of the ledger, in the order of their numbers, or with `latest` the last alone; answered by `list[Seal]`."""

    latest: bool = False


@Writing.register
class AppendSeal(NamedTuple):
    """Append a seal, and say that it covers these rows; answered by the `Seal` with its `seq`.

    Raises RetryTransaction if another transaction wrote the seal of this number.
    """

    seal: Seal
    rows: Sequence[KeptRow]


SealRequest = Unsealed | UnderSeal | Seals | AppendSeal
