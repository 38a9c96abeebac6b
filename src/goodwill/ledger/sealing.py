"""Sealing what is kept, and checking that it is still what was written: generators that do no I/O, as `operations` has.

Writers never read a seal: a job covers what is committed and under none, whatever its numbers, since a slow transaction
commits a low number late.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, NamedTuple

from goodwill.domain.instant import to_us
from goodwill.domain.merkle import Tree
from goodwill.domain.seal import BadRow, BadSeal, Seal, Verification
from goodwill.ledger.ports import Request
from goodwill.ledger.seal_requests import AppendSeal, KeptRow, RowPlace, Seals, UnderSeal, Unsealed

__all__ = ["Sealed", "all_seals", "seal", "verify"]

UNDER_ONE = 10_000
"""Rows under one seal, and so in one transaction of the job: on SQLite other writers wait for that long."""
PAGE = 1000


class Sealed(NamedTuple):
    """A seal that was written, and the last row under it."""

    seal: Seal
    last: RowPlace


def seal(now: datetime, after: RowPlace | None = None, rows: int = UNDER_ONE) -> Generator[Request, Any, Sealed | None]:
    """Write one seal over rows that are under none; None if there are none.

    Args:
        now: when sealing began.
        after: where a seal before it left off, of the same job.
        rows: how many it covers at the most.

    Raises:
        RetryTransaction: if somebody else is sealing.
    """
    # In this order: whoever seals rows after the latest was read takes the number that we want.
    latest: list[Seal] = yield Seals(latest=True)
    found: list[KeptRow] = yield Unsealed(after, rows + 1)
    covered, is_complete = found[:rows], len(found) <= rows
    if not covered:
        return None
    tree = Tree()
    for row in covered:
        tree.add(row.leaf)
    made = Seal.upon(
        latest[0] if latest else None, root=tree.root, rows=len(covered), sealed_at=now, is_complete=is_complete
    )
    written: Seal = yield AppendSeal(made, covered)
    return Sealed(written, covered[-1].place)


def all_seals() -> Generator[Request, Any, list[Seal]]:
    """The seals of the ledger, in order."""
    return list((yield Seals()))


def verify(
    settle_after: timedelta,
    known: Iterable[str] = (),
    also: Iterable[Iterable[object]] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Generator[Request, Any, Verification]:
    """Check every seal, every row under one and every other row; then, one by one, what else there is to check."""
    seals: list[Seal] = yield Seals()
    check = Check(seals, settle_after, progress)
    previous: Seal | None = None
    for each in seals:
        check.seal(each, previous)
        yield from under_seal(each, check)
        previous = each
    check.kept_elsewhere(known)
    after: RowPlace | None = None
    while page := (yield Unsealed(after, PAGE, strays=True)):
        check.rows(page, None)
        after = page[-1].place
    for difference in chain.from_iterable(also):
        check.note("difference", difference)
    return check.came_to()


def under_seal(each: Seal, check: Check) -> Generator[Request, Any, None]:
    """Check the rows under one seal, and its root over what they were."""
    tree = Tree()
    after: RowPlace | None = None
    while page := (yield UnderSeal(each.seq, after, PAGE)):
        for row in page:
            tree.add(row.sealed_as or b"")
        check.rows(page, each)
        after = page[-1].place
    if tree.size != each.rows:
        check.bad_seal(each.number, f"it covered {each.rows:,} rows, and {tree.size:,} are said to be under it")
    elif tree.root.hex() != each.root:
        check.bad_seal(each.number, "the rows that are said to be under it do not give its root")
    if each.is_complete:
        check.found_all(each)


class Check:
    """Counts what is checked, and keeps the first of what is bad."""

    def __init__(
        self, seals: Sequence[Seal], settle_after: timedelta, progress: Callable[[int, int], None] | None
    ) -> None:
        self._seals = seals
        self._total = sum(each.rows for each in seals)
        self._settle_after = settle_after
        self._settled: tuple[int, int] | None = None
        self._progress = progress
        self._counts: Counter[str] = Counter()
        self._firsts: dict[str, Any] = {}

    def came_to(self) -> Verification:
        """What was found so far."""
        plural = {"bad row": "bad_rows", "bad seal": "bad_seals", "difference": "differences"}
        found: dict[str, Any] = {plural.get(what, what): count for what, count in self._counts.items()}
        found |= {f"first_{what.replace(' ', '_')}": first for what, first in self._firsts.items()}
        return Verification(**found, seals=len(self._seals), latest=self._seals[-1] if self._seals else None)

    def note(self, what: str, found: object) -> None:
        """Count something, and keep it if it is the first."""
        self._counts[what] += 1
        self._firsts.setdefault(what, found)

    def bad_seal(self, number: int | None, reason: str) -> None:
        """Note that a seal is bad."""
        self.note("bad seal", BadSeal(number=number, reason=reason))

    def seal(self, each: Seal, previous: Seal | None) -> None:
        """Check that a seal is whole, and stands on the one before."""
        expected = 1 if previous is None else previous.number + 1
        if each.number != expected:
            self.bad_seal(expected, f"it is gone; seal {each.number} comes next")
        elif not each.stands_on(previous):
            on = "its own values" if previous is None else f"its own values and seal {previous.number}"
            self.bad_seal(each.number, f"it is not the hash of {on}")

    def found_all(self, each: Seal) -> None:
        """Go on behind a seal with which all that was committed was under one; the next rows should be of later."""
        self._settled = each.number, to_us(each.sealed_at) - self._settle_after // timedelta(microseconds=1)

    def kept_elsewhere(self, known: Iterable[str]) -> None:
        """Check that the seals which somebody kept outside are among those here."""
        here = {each.seal for each in self._seals}
        for digits in known:
            if digits.strip().lower() not in here:
                self.bad_seal(None, f"{digits} was kept elsewhere, and no seal here is it")

    def rows(self, page: Sequence[KeptRow], seal: Seal | None) -> None:
        """Check rows; `seal` is the one that they are under."""
        for row in page:
            reason = fault_of(row, seal)
            if reason is not None:
                self.note("bad row", named(row, seal, reason))
            elif self._settled is not None and is_belated(row, self._settled[1]):
                late = f"recorded, it says, well before seal {self._settled[0]}, which did not find it"
                self.note("belated", named(row, seal, late))
        self._counts["rows"] += len(page)
        self._counts["purged"] += sum(row.purged for row in page)
        self._counts["undigested"] += sum(row.kept is None for row in page if row.place.source == "entries" and row.id)
        self._counts["unsealed"] += len(page) if seal is None else 0
        if self._progress is not None:
            done = self._counts["rows"]
            self._progress(done, max(done, self._total))


def is_belated(row: KeptRow, settled_us: int) -> bool:
    """Whether a row claims an instant at which an earlier seal would have found it; an import's may be of any."""
    return isinstance(row.recorded_us, int) and row.recorded_us < settled_us and not row.backfilled


def fault_of(row: KeptRow, seal: Seal | None) -> str | None:
    """What is wrong with a row, or None."""
    if row.purged:
        return None
    if row.digest is None:
        return f"it is gone, and seal {seal.number} covers it" if seal else "it is gone"
    if row.kept is not None and row.kept != row.digest:
        return "its columns do not give the digest that was kept with it"
    if seal is None:
        return None if row.sealed_as is None else "the seal that covered it is gone"
    if row.sealed_as != row.leaf:
        return f"seal {seal.number} covers another row: a column, the digest kept with it or its account was changed"
    return None


def named(row: KeptRow, seal: Seal | None, reason: str) -> BadRow:
    """A row by its name, and what is to be said of it."""
    number = None if seal is None else seal.number
    return BadRow(source=row.place.source, seq=row.place.seq, id=row.id, seal=number, reason=reason)
