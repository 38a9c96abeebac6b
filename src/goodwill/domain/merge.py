"""Merges: two names that turned out to be one customer, and which names are one as of an instant.

Entries keep the name that they were written under; a link says from when on a name is read as another.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from goodwill.domain.entry import UNRECORDED

__all__ = ["Merge", "Names", "Unmerge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """One name of a customer is read as another from its recorded_at on. Where both are the same, it is itself again.

    Attributes:
        account: the name that is merged, as the host writes it.
        into: the name that answers for it.
        recorded_at: from when on the ledger knows.
        actor: who at the firm did it, a surrogate.
        seq: the store's own number.
        backfilled: recorded with a recorded_at of the past, by an import.
        replayed: this is the merge that was recorded before.

    Example:
        >>> Merge(account="ada@example.org", into="ada").into
        'ada'
    """

    account: str
    into: str
    recorded_at: datetime = UNRECORDED
    actor: str | None = None
    seq: int = field(default=0, compare=False)
    backfilled: bool = field(default=False, compare=False)
    replayed: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmerge:
    """A name stands for itself again, together with the names that were merged into it; see `Merge`."""

    account: str
    recorded_at: datetime = UNRECORDED
    actor: str | None = None
    seq: int = field(default=0, compare=False)
    backfilled: bool = field(default=False, compare=False)
    replayed: bool = field(default=False, compare=False)


class Names:
    """Which names are one customer, as of one instant: a name's latest link by then decides, ties by seq.

    Example:
        >>> names = Names([Merge(account="A", into="B", seq=1), Merge(account="B", into="C", seq=2)])
        >>> names.root("A"), names.under("C")
        ('C', ['C', 'A', 'B'])
    """

    def __init__(self, merges: Iterable[Merge] = (), known_at: datetime | None = None) -> None:
        known = (merge for merge in merges if known_at is None or merge.recorded_at <= known_at)
        self.latest = {merge.account: merge for merge in sorted(known, key=lambda each: (each.recorded_at, each.seq))}
        self._under: dict[str, list[str]] = {}
        for name in self.latest:
            self._under.setdefault(self.root(name), []).append(name)

    def parent(self, name: str) -> str:
        """The name that it was merged into last, or itself."""
        return self.latest[name].into if name in self.latest else name

    def root(self, name: str) -> str:
        """The name that answers for it."""
        passed = [name]
        while (name := self.parent(name)) != passed[-1]:
            if name in passed:
                # The ledger writes no circle; should a database hold one, a reading does not fail.
                return min(passed[passed.index(name) :])
            passed.append(name)
        return name

    def under(self, root: str) -> list[str]:
        """The root and all names that resolve to it, in order."""
        return [root, *sorted(name for name in self._under.get(root, ()) if name != root)]

    def has_circle(self) -> bool:
        """Whether some name, followed from merge to merge, comes back to itself."""
        return any(self.parent(self.root(name)) != self.root(name) for name in self.latest)
