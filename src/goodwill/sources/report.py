"""What an import did, and the rows that it could not use."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from goodwill.sources.faults import RowError

__all__ = ["ImportReport", "Rejects"]


@dataclass(slots=True)
class ImportReport:
    """What an import did.

    Attributes:
        file: the file that was read.
        mapping: the mapping's name.
        encoding, delimiter: as the mapping said or as found out; no delimiter for JSON lines.
        rows: data rows read.
        skipped: rows besides them, which the mapping's `where` passes over.
        unmatched: rows that no rule applied to.
        recorded: entries that are new in the ledger.
        replayed: entries that were there already, with the same content.
        amended: entries whose content changed, and that were written again.
        rejected: rows of which nothing was recorded.
        reasons: how many rows were rejected for which reason.
        kinds: how many entries of each kind are new or amended.
        rejects: the file that the rejected rows were written to.

    Example:
        >>> report = ImportReport("orders.csv", rows=3, recorded=2, rejected=1, reasons=Counter({"no account": 1}))
        >>> print(report)
        orders.csv: 3 rows, 2 entries recorded, 0 replayed, 0 amended, 1 row rejected (no account: 1)
    """

    file: str
    mapping: str = ""
    encoding: str = ""
    delimiter: str | None = None
    rows: int = 0
    skipped: int = 0
    unmatched: int = 0
    recorded: int = 0
    replayed: int = 0
    amended: int = 0
    rejected: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    rejects: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON; reasons and kinds with the most frequent first."""
        return {
            "file": self.file,
            "mapping": self.mapping,
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "rows": self.rows,
            "skipped": self.skipped,
            "unmatched": self.unmatched,
            "recorded": self.recorded,
            "replayed": self.replayed,
            "amended": self.amended,
            "rejected": self.rejected,
            "reasons": dict(self.reasons.most_common()),
            "kinds": dict(self.kinds.most_common()),
            "rejects": self.rejects,
        }

    def __str__(self) -> str:
        why = ", ".join(f"{reason}: {count}" for reason, count in self.reasons.most_common())
        return (
            f"{self.file}: {self.rows} rows, {self.recorded} entries recorded, {self.replayed} replayed, "
            f"{self.amended} amended, {self.rejected} {'row' if self.rejected == 1 else 'rows'} rejected"
            + (f" ({why})" if why else "")
        )


class Rejects:
    """The rejects file: CSV in UTF-8 with the file, line, rule and reason, then the row as it was.

    Without a path the rows are counted and not written. The file is written anew by each import, with its header
    only if nothing was rejected, so that what lies there is always of the last run.
    """

    def __init__(self, path: Path | None, file: str, header: Sequence[str]) -> None:
        self._path = path
        self._name = file
        self._header = header
        self._text: TextIO | None = None

    def __enter__(self) -> Self:
        if self._path is not None:
            self._text = self._path.open("w", encoding="utf-8", newline="")
            csv.writer(self._text).writerow(["file", "line", "rule", "reason", *self._header])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._text is not None:
            self._text.close()

    def write(self, line: int, rule: str, fault: RowError, original: Sequence[str]) -> None:
        """One rejected row."""
        if self._text is not None:
            # Bytes that were not of the file's encoding cannot be written back as text.
            cells = [cell.encode("utf-8", "replace").decode() for cell in original]
            csv.writer(self._text).writerow([self._name, line, rule, str(fault), *cells])
