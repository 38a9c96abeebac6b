"""Kept readings as they are handed to a store and back: what is in one, and what was written since."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from goodwill.domain.balance import Unvalued
from goodwill.domain.entry import Fact
from goodwill.domain.history import FoldKey
from goodwill.domain.instant import from_us
from goodwill.policies.checkpoint import Checkpoint
from goodwill.policies.sums import Sum, Sums

__all__ = ["Held", "KeptReading", "Noted", "Stop", "Tally"]


class Noted(NamedTuple):
    """An unvalued entry with its place in the fold order."""

    occurred_us: int
    is_linked: bool
    is_breach: bool
    reference: str | None
    seq: int
    id: str
    kind: str
    reason: str

    @property
    def order(self) -> tuple[Any, ...]:
        """As `fold_order` has it."""
        reference = self.reference
        known = b"" if reference is None else reference.encode()
        return self.occurred_us, self.is_linked, self.is_breach, reference is None, known, self.seq

    @property
    def told(self) -> Unvalued:
        """As a balance lists it."""
        return Unvalued(self.id, self.reference, self.kind, from_us(self.occurred_us), self.reason)


class KeptReading(NamedTuple):
    """What is kept of one account's reading under one policy.

    Attributes:
        from_us: the latest instant at which something in it happened; it says nothing of earlier ones.
        until_us: when something comes by itself, such as a promise's due date; it says nothing from then on.
        looked_us: as of when `band` and `is_overdrawn` are.
        opened_us, contact_us: the first fact, and the last contact.
        entries: how many were valued, or could have been.
        sums: what fades, by rate; None where a decay is no sum of exponentials.
        unvalued: what the policy has no opinion on; None if that is more than there is room for.
        foreign: the ids of openings that were made for another policy.
        dangling: what links point at that was not there: a withdrawal of that name may yet come. None if there is no
            room for them, so that nothing can be added.
        band, is_overdrawn: how the account stood.
        rank_key: what sorts it among the others, where the policy has one rate and no terms.
        next_us: when to look again; not before `looked_us`.
    """

    from_us: int
    until_us: int | None
    looked_us: int
    opened_us: int | None
    contact_us: int | None
    entries: int
    sums: Sums | None
    unvalued: tuple[Noted, ...] | None
    foreign: tuple[str, ...]
    dangling: tuple[str, ...] | None
    band: str
    is_overdrawn: bool
    rank_key: float | None = None
    next_us: int | None = None

    @property
    def document(self) -> str:
        """What a store keeps in one piece, as JSON; what it searches by has columns of its own."""
        held = (self.opened_us, self.contact_us, self.entries, self.sums, self.unvalued, self.foreign, self.dangling)
        return json.dumps(held, separators=(",", ":"))

    @classmethod
    def of(cls, document: str, **columns: Any) -> KeptReading:
        """What `document` and the columns say."""
        opened_us, contact_us, entries, sums, noted, strange, dangling = json.loads(document)
        return cls(
            opened_us=opened_us,
            contact_us=contact_us,
            entries=entries,
            sums=None if sums is None else tuple(Sum(*each) for each in sums),
            unvalued=None if noted is None else tuple(Noted(*each) for each in noted),
            foreign=tuple(strange),
            dangling=None if dangling is None else tuple(dangling),
            **columns,
        )


class Held(NamedTuple):
    """A kept reading, and what was written since.

    Attributes:
        pending: the facts that are not in it yet.
        is_plain: whether each of them, by itself, can be added in.
        is_whole: whether it is of the very names that the customer has now.
    """

    kept: KeptReading
    pending: Sequence[Fact] = ()
    is_plain: bool = True
    is_whole: bool = True


class Tally(NamedTuple):
    """What a kept reading counts, up to a stop."""

    opened_us: int | None
    contact_us: int | None
    entries: int
    unvalued: tuple[Noted, ...]
    dangling: tuple[str, ...]


class Stop(NamedTuple):
    """Where a fold stopped, as a store keeps it.

    Attributes:
        occurred_us: when the last entry happened that it stands for.
        document: the checkpoint and the tally, as JSON.
    """

    occurred_us: int
    document: str

    @property
    def key(self) -> FoldKey:
        """The place of the last entry that it stands for."""
        key = json.loads(self.document)["stopped"]["key"]
        return (*key[:4], key[4].encode(), key[5])

    @property
    def parts(self) -> tuple[Checkpoint | None, Tally]:
        """The checkpoint, None where it is of another release's form, and the tally."""
        kept = json.loads(self.document)
        opened_us, contact_us, entries, noted, missing = kept["tally"]
        tally = Tally(opened_us, contact_us, entries, tuple(Noted(*each) for each in noted), tuple(missing))
        return Checkpoint.from_dict(kept["stopped"]), tally
