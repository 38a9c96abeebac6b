"""An export into a ledger: rows to facts, facts to entries, and an account of every row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Context, localcontext
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from goodwill.domain.entry import ABSENT, UNRECORDED, Amendment, Entry, Ref, Reversal
from goodwill.domain.errors import (
    AlreadyReversed,
    InvalidEntry,
    InvalidMoney,
    MappingError,
    NotReversible,
    ReferenceConflict,
    UnknownEntry,
)
from goodwill.ledger.operations import AMENDABLE
from goodwill.sources.cells import Conventions
from goodwill.sources.facts import Made, Refused, Rules, said
from goodwill.sources.faults import RowError
from goodwill.sources.joins import joined
from goodwill.sources.mapping import ImportMapping
from goodwill.sources.reading import FileRows, RawRow
from goodwill.sources.report import ImportReport, Rejects
from goodwill.sources.table import Record, Table

if TYPE_CHECKING:
    from goodwill.ledger.ledger import Ledger

__all__ = ["import_file"]

BAD_FACT = (InvalidEntry, InvalidMoney, ReferenceConflict, UnknownEntry, AlreadyReversed, NotReversible)
"""What is wrong with a row. Every other error is the store's, and ends the import."""

EXACT: Final = Context(prec=40)

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Job:
    """The facts of one row, and where it stands."""

    row: RawRow
    made: list[Made]


def import_file(
    ledger: Ledger,
    path: str | PathLike[str],
    mapping: ImportMapping | str | PathLike[str],
    *,
    amend: bool = False,
    rejects: str | PathLike[str] | None = None,
    progress: Progress | None = None,
    batch: int = 1000,
) -> ImportReport:
    """Record what an export says.

    A row becomes all of its entries or none. One that cannot is rejected with its line and a reason, and the others
    go on. Importing a file again records nothing twice; where a row says something else under a reference that was
    recorded before, it is rejected, or with `amend` the recorded entry is amended.

    The ledger should own its transactions (`Ledger.open`), one for each batch. Over a host's session, which goodwill
    never commits, roll back if this raises.

    Args:
        ledger: which records the entries.
        path: the file: CSV of any dialect, or JSON lines; gzipped or not.
        mapping: what the file's columns mean, or the path of a TOML file that says so.
        amend: whether changed rows amend what was recorded of them.
        rejects: a CSV file to write the rejected rows to; an old one is replaced.
        progress: called after each batch with the bytes read and the bytes of the whole file.
        batch: how many rows are recorded in one transaction.

    Returns:
        What was done with every row.

    Raises:
        MappingError: if the mapping cannot be understood, or does not fit the file or the ledger's catalog; nothing
            was recorded.
        OSError: if a file cannot be read.
        GoodwillError: or whatever the database raises, if the store fails. The batch is rolled back, the rows before
            it are recorded, and a note of the error says which those are.
    """
    if rejects is not None and Path(rejects).resolve() == Path(path).resolve():
        raise MappingError(f"rejects: {rejects} is the file that is imported, and would be overwritten")
    # The caller's thread may round to five digits; the numbers of an export must not notice.
    with localcontext(EXACT):
        table, rules, found = prepared(ledger, path, mapping)
        name = found.name or ("" if isinstance(mapping, ImportMapping) else Path(mapping).name)
        report = ImportReport(table.rows.path.name, name, table.rows.encoding, table.rows.delimiter)
        report.rejects = None if rejects is None else str(rejects)
        with Rejects(None if rejects is None else Path(rejects), report.file, table.rows.columns) as rejected:
            recorder = Recorder(ledger, report, rejected, amend=amend)
            for jobs in batches(table, rules, recorder, batch):
                recorder.record(jobs)
                if progress is not None:
                    progress(table.rows.position, table.rows.size)
        report.skipped = table.skipped
    if progress is not None:
        progress(table.rows.size, table.rows.size)
    return report


def prepared(
    ledger: Ledger, path: str | PathLike[str], mapping: ImportMapping | str | PathLike[str]
) -> tuple[Table, Rules, ImportMapping]:
    """The file's rows under the mapping, and the rules over them; all names checked."""
    found = mapping if isinstance(mapping, ImportMapping) else ImportMapping.from_file(mapping)
    table = Table(FileRows(Path(path), found.source), found.source, "source", Conventions())
    table.add_columns(found.columns, "columns")
    table.add_counters(found.numbered)
    table.declare(*found.joins, *found.values)
    for name in found.joins_in_order():
        table.add_join(name, joined(name, found.joins[name], table))
    table.add_values(found.values)
    return table, Rules(found, table, ledger), found


def facts_of(rules: Rules, record: Record, fault: RowError | None) -> list[Made]:
    """What the rules make of a row; raises Refused."""
    if fault is not None:
        raise Refused("", fault)
    return rules.facts(record)


def batches(table: Table, rules: Rules, recorder: Recorder, size: int) -> Iterator[list[Job]]:
    """The rows that become entries, so many at a time; the others are accounted for on the way."""
    jobs: list[Job] = []
    for record, fault in table.records():
        recorder.report.rows += 1
        try:
            made = facts_of(rules, record, fault)
        except Refused as refused:
            recorder.reject(record.row, refused.rule, refused.error)
            continue
        if not made:
            recorder.report.unmatched += 1
            continue
        jobs.append(Job(record.row, made))
        if len(jobs) >= size:
            yield jobs
            jobs = []
    if jobs:
        yield jobs


class Recorder:
    """Records rows and accounts for them.

    Args:
        ledger: which records.
        report: what is counted.
        rejects: where rejected rows go.
        amend: whether changed rows amend.
    """

    def __init__(self, ledger: Ledger, report: ImportReport, rejects: Rejects, *, amend: bool) -> None:
        self.report = report
        self._ledger = ledger
        self._rejects = rejects
        self._amend = amend
        # Two rows of one file that disagree are a conflict: amending would turn them over with every import.
        self._seen: set[str] = set()

    def record(self, jobs: list[Job]) -> None:
        """Record rows in one transaction; if the ledger refuses one of them, in halves, down to that one.

        Raises:
            Exception: whatever the store raises that is no fault of a row, with a note of where the import stands.
        """
        try:
            made = [made for job in jobs for made in job.made]
            self._count(made, self._ledger.record_many([item.fact for item in made]))
        except BAD_FACT:
            if len(jobs) == 1:
                self._record_alone(jobs[0])
                return
            middle = len(jobs) // 2
            self.record(jobs[:middle])
            self.record(jobs[middle:])
        except Exception as error:
            error.add_note(
                f"{self.report.file}: the batch with lines {jobs[0].row.line} to {jobs[-1].row.line} was rolled back; "
                f"the rows before are recorded. Import the file again: what is there is not recorded twice"
            )
            raise

    def reject(self, row: RawRow, rule: str, fault: RowError) -> None:
        """Account for a row of which nothing is recorded."""
        self.report.rejected += 1
        self.report.reasons[fault.reason] += 1
        self._rejects.write(row.line, rule, fault, row.original)

    def _record_alone(self, job: Job) -> None:
        """One row of which the ledger refused something: settle what conflicts, a fact at a time, or reject it."""
        pending: dict[int, Entry | Amendment] = {number: made.fact for number, made in enumerate(job.made)}
        culprit = job.made[0]
        try:
            while True:
                try:
                    entries = self._ledger.record_many(pending.values())
                    break
                except ReferenceConflict as conflict:
                    number = conflicting(job.made, pending, conflict)
                    culprit = job.made[number]
                    amendment = self._settled(culprit, conflict)
                    if amendment is None:
                        del pending[number]
                    else:
                        pending[number] = amendment
        except BAD_FACT as error:
            self.reject(job.row, culprit.rule, RowError(said(error), str(error)))
        else:
            self.report.replayed += len(job.made) - len(pending)
            self._count([job.made[number] for number in pending], entries)

    def _settled(self, made: Made, conflict: ReferenceConflict) -> Amendment | None:
        """The amendment of what a fact's reference stands for, or None if that says the same by now.

        Raises:
            ReferenceConflict: if it says something else that is not to be amended.
        """
        reference = str(made.fact.reference)
        try:
            current = self._ledger.entry(Ref(reference))
        except UnknownEntry:
            raise conflict from None
        if current.type != made.fact.type or isinstance(current, Reversal):
            raise conflict
        changes = changes_of(made)
        if all(same(getattr(current, name), value) for name, value in changes.items()):
            return None
        if not self._amend or reference in self._seen:
            raise conflict
        return amendment_of(current, changes, made.fact.recorded_at, self.report.file)

    def _count(self, made: list[Made], entries: list[Entry]) -> None:
        for item, entry in zip(made, entries, strict=True):
            current = self._brought_back(item) if entry.replayed and entry.reversed_by and self._amend else entry
            self._seen.add(str(item.fact.reference))
            if current.replayed:
                self.report.replayed += 1
                continue
            self.report.kinds[current.kind] += 1
            if current.amends is None:
                self.report.recorded += 1
            else:
                self.report.amended += 1

    def _brought_back(self, made: Made) -> Entry:
        """A fact that was recorded, amended to something else since, and is now what the export says again."""
        reference = str(made.fact.reference)
        current = self._ledger.entry(Ref(reference))
        if current.reversed_by is not None or current.type == "reversal" or reference in self._seen:
            return replace(current, replayed=True)
        return self._ledger.record(amendment_of(current, changes_of(made), made.fact.recorded_at, self.report.file))


def changes_of(made: Made) -> dict[str, Any]:
    """What an amendment would say: the fields that the rule speaks of, and no other."""
    return {name: getattr(made.fact, name) for name in made.fields & AMENDABLE}


def conflicting(made: list[Made], pending: Mapping[int, Entry | Amendment], conflict: ReferenceConflict) -> int:
    """Which of a row's facts an error is about.

    Raises:
        ReferenceConflict: if none that was not settled already: two facts of the row share a reference.
    """
    reference = getattr(conflict.attempted, "reference", None)
    for number, fact in pending.items():
        if fact is made[number].fact and fact.reference == reference:
            return number
    raise conflict


def amendment_of(current: Entry, changes: Mapping[str, Any], recorded_at: datetime, file: str) -> Amendment:
    """The correction of an entry. It is known from now on, unless the export says when it became known."""
    known = recorded_at if current.recorded_at < recorded_at else UNRECORDED
    return Amendment(
        amends=Ref(str(current.reference)), changes=changes, reason=f"changed in {file}", recorded_at=known
    )


def same(recorded: Any, now: Any) -> bool:
    """Whether a field says what was recorded; one that is left to the ledger's default does."""
    return now is ABSENT or bool(recorded == now)
