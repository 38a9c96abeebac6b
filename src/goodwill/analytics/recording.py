"""From a frame to a ledger: rows recorded in batches, the bad ones named, nothing lost and nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from goodwill.analytics.correcting import Corrections, is_recorded
from goodwill.analytics.faults import BAD_FACT, BadRow, bad_row, culprit
from goodwill.analytics.rows import Row, Rows, differing
from goodwill.domain.entry import Entry
from goodwill.domain.errors import ReferenceConflict
from goodwill.ledger.ports import Find

if TYPE_CHECKING:
    from goodwill.ledger.ledger import Ledger
    from goodwill.ledger.operations import Recordable, Rejected

__all__ = ["BadRow", "Transfer", "from_frame", "to_ledger"]

T = TypeVar("T")
MERGED: Final = frozenset({"seq", "account"})
"""Columns in which a row of a ledger may differ from its entry: how often it moved, and who answers by now."""


@dataclass(slots=True)
class Transfer:
    """What became of the rows of a frame; each is one of these.

    Attributes:
        recorded: new in the ledger.
        replayed: there already, and the same.
        parked: of nobody, having no account; not recorded.
        rejected: in `rejects`; not recorded.

    Example:
        >>> print(Transfer(recorded=3, parked=1))
        4 rows: 3 recorded, 0 replayed, 1 parked without an account, 0 rejected
    """

    recorded: int = 0
    replayed: int = 0
    parked: int = 0
    rejected: int = 0

    @property
    def rows(self) -> int:
        """How many there were."""
        return self.recorded + self.replayed + self.parked + self.rejected

    def __str__(self) -> str:
        return (
            f"{self.rows} row{'' if self.rows == 1 else 's'}: {self.recorded} recorded, {self.replayed} replayed, {self.parked} parked without an "
            f"account, {self.rejected} rejected"
        )


def from_frame(
    frame: Any,
    *,
    columns: Mapping[str, str] | None = None,
    home: str | None = None,
    rejects: list[BadRow] | None = None,
) -> Iterator[Recordable]:
    """The facts of a frame of entries, for `Ledger.record_many`; `to_ledger` records them in batches.

    Nothing is asked of a ledger: a fact may still be refused by its catalog. Rows of nobody (no account, or the "nan"
    that an empty cell became) are left out. Corrections come last, and name what they correct by reference, as links do.

    Args:
        frame: one row per entry (pandas, polars eager or lazy, PyArrow, DuckDB, PySpark), with the columns `account`,
            `type`, `kind`, `occurred_at` and a `reference` (or an `id`, which becomes the reference of a row that has
            none); of the others of `goodwill.frames.columns.COLUMNS` those that it has are read.
        columns: what the frame calls a column of ours, such as {"account": "customer_id"}.
        home: the currency of costs that name none.
        rejects: a list that takes the rows that can be no fact; without one, the first raises.

    Raises:
        MissingColumn: if the frame lacks what every entry says.
        NaiveDatetime: if instants have no time zone.
        WrongType: if it is no frame, or a column holds what it cannot hold.
        BadRow: for a row that can be no fact; it names the row and the column.

    Example:
        >>> import polars as pl
        >>> from datetime import UTC, datetime
        >>> frame = pl.DataFrame(
        ...     {
        ...         "customer": ["ada"],
        ...         "type": ["deposit"],
        ...         "kind": ["fee_waived"],
        ...         "cost": [14.99],
        ...         "occurred_at": [datetime(2026, 3, 2, tzinfo=UTC)],
        ...         "reference": ["fee:1"],
        ...     }
        ... )
        >>> [fact.cost for fact in from_frame(frame, columns={"account": "customer"}, home="USD")]
        [Money('14.99', 'USD')]
    """
    return facts_of(Rows(frame, columns, home), rejects)


def facts_of(rows: Rows, rejects: list[BadRow] | None) -> Iterator[Recordable]:
    """The facts of rows, corrections last."""
    waiting: list[Row] = []
    for row in rows:
        if row.is_correction:
            waiting.append(row)
        elif row.account is not None and (fact := made(row, partial(rows.fact, row), rejects)) is not None:
            yield fact
    corrections = Corrections(rows, waiting)
    for row, taken_out in corrections:
        if (correction := made(row, partial(corrections.fact, row, taken_out), rejects)) is not None:
            yield correction


def made(row: Row, make: Callable[[], T], rejects: list[BadRow] | None) -> T | None:
    """What is made of a row; None if it is rejected."""
    try:
        return make()
    except BAD_FACT as error:
        refuse(bad_row(row, error), rejects)
        return None


def refuse(fault: BadRow, rejects: list[BadRow] | None) -> None:
    """Keep a bad row aside; without a place for it, raise it."""
    if rejects is None:
        raise fault from fault.error
    rejects.append(fault)


def to_ledger(
    frame: Any,
    ledger: Ledger,
    *,
    columns: Mapping[str, str] | None = None,
    rejects: list[BadRow] | None = None,
    batch: int = 1000,
) -> Transfer:
    """Record the rows of a frame of entries in a ledger, so many in a transaction; see `from_frame` for the columns.

    Recording a frame again records nothing twice: references tell, and the id of a row that has no reference becomes
    its reference. Rows that came from this very ledger are there already. Links and corrections, which name others by
    id, name them by reference in the ledger; reversals and amendments come last. Magnitudes are doubles, exact to 15
    digits. Merges of names are no entries: rows are recorded under `account`, the name that answered.

    The ledger should own its transactions (`Ledger.open`), one for each batch. Over a host's session, which goodwill
    never commits, roll back if this raises.

    Args:
        frame: one row per entry; a lazy polars frame and a DuckDB relation are read a batch at a time, a frame of
            PySpark a partition at a time.
        ledger: which records; its home currency is that of costs that name none.
        columns: what the frame calls a column of ours.
        rejects: a list that takes each bad row with its number, column and reason; the good ones are recorded. Without
            one, the first bad row raises: nothing of its batch is recorded, and the batches before it are.
        batch: how many rows are recorded in one transaction.

    Returns:
        What became of the rows.

    Raises:
        MissingColumn, NaiveDatetime, WrongType: as `from_frame` does; nothing was recorded.
        BadRow: for a row that cannot be recorded, without `rejects`.
        GoodwillError: or whatever the database raises, if the store fails.

    Example:
        >>> from goodwill import Ledger
        >>> from goodwill.analytics import entries, to_ledger
        >>> ledger, copy = Ledger.in_memory(), Ledger.in_memory()
        >>> late = ledger.withdraw("ada", "late_delivery", magnitude=2)
        >>> print(to_ledger(entries(ledger), copy))
        1 row: 1 recorded, 0 replayed, 0 parked without an account, 0 rejected
        >>> to_ledger(entries(ledger), copy).replayed, to_ledger(entries(ledger), ledger).replayed
        (1, 1)
    """
    rows = Rows(frame, columns, ledger.currencies[0])
    recorder = Recorder(rows, ledger, rejects)
    read = iter(rows)
    while found := list(islice(read, batch)):
        recorder.record(found)
    recorder.correct()
    return recorder.done


class Recorder:
    """Records rows and accounts for them.

    Args:
        rows: of which frame.
        ledger: which records.
        rejects: takes the bad ones.
    """

    def __init__(self, rows: Rows, ledger: Ledger, rejects: list[BadRow] | None) -> None:
        self.done = Transfer()
        self._rows = rows
        self._ledger = ledger
        self._rejects = rejects
        self._corrections: list[Row] = []

    def record(self, found: Sequence[Row]) -> None:
        """Record a batch in one transaction; corrections wait."""
        there = self._there(found)
        facts: list[tuple[Row, Entry]] = []
        for row in found:
            if row.account is None:
                self.done.parked += 1
            elif (entry := there.get(str(row.values.get("id")))) is not None:
                self._settle(row, partial(require_same, entry, row))
            elif row.is_correction:
                self._corrections.append(row)
            elif (fact := made(row, partial(self._rows.fact, row), self._rejects)) is not None:
                facts.append((row, fact))
            else:
                self.done.rejected += 1
        if facts:
            self._append(facts)

    def correct(self) -> None:
        """Record the corrections, each in a transaction of its own."""
        corrections = Corrections(self._rows, self._corrections)
        for row, taken_out in corrections:
            self._settle(row, partial(self._corrected, corrections, row, taken_out), with_it=taken_out)

    def _there(self, found: Sequence[Row]) -> dict[str, Entry]:
        """The entries that this very ledger has under the rows' ids."""
        ids = [str(row.values["id"]) for row in found if row.values.get("id") is not None]
        if not ids:
            return {}
        with self._ledger.store.work(write=False) as work:
            return {entry.id: entry for entry in cast(list[Entry], work.answer(Find(ids=ids)))}

    def _append(self, facts: list[tuple[Row, Entry]]) -> None:
        refused: list[Rejected] | None = None if self._rejects is None else []
        try:
            entries = self._ledger.record_many([fact for _, fact in facts], rejects=refused)
        except BAD_FACT as error:
            fault = bad_row(culprit(error, facts, self._ledger), error)
            fault.add_note(f"nothing of rows {facts[0][0].number} to {facts[-1][0].number} is recorded, all before is")
            raise fault from error
        replayed = sum(entry.replayed for entry in entries)
        self.done.replayed += replayed
        self.done.recorded += len(entries) - replayed
        rows = {id(fact): row for row, fact in facts}
        for fact, why in refused or ():
            refuse(bad_row(rows[id(fact)], why), self._rejects)
            self.done.rejected += 1

    def _settle(self, row: Row, settle: Callable[[], bool], with_it: Row | None = None) -> None:
        """Count a row, and the one that goes with it, by what comes of it: whether it is new, or what it raises."""
        both = [row] if with_it is None else [with_it, row]
        try:
            is_new = settle()
        except BAD_FACT as error:
            for each in both:
                refuse(bad_row(each, error), self._rejects)
            self.done.rejected += len(both)
            return
        self.done.recorded += len(both) if is_new else 0
        self.done.replayed += 0 if is_new else len(both)

    def _corrected(self, corrections: Corrections, row: Row, taken_out: Row | None) -> bool:
        fact = corrections.fact(row, taken_out)
        if is_recorded(self._ledger, row, fact):
            return False
        return not self._ledger.record(fact).replayed


def require_same(entry: Entry, row: Row) -> bool:
    """That a row of this very ledger says what its entry says, and so is not new.

    Raises:
        ReferenceConflict: if it says something else.
    """
    column = differing(entry, row.values, MERGED if "name" in row.values else frozenset({"seq"}))
    if column is not None:
        raise ReferenceConflict(
            f"id {entry.id} is in this ledger, with another {column}; ledger.amend changes it, and what is new has "
            "no id yet"
        )
    return False
