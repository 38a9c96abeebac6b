"""Files into rows: CSV of every dialect and JSON lines, plain or gzipped, each row with the line where it starts."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from goodwill.domain.errors import MappingError
from goodwill.sources.detecting import delimiter_of, encoding_of, opened_text
from goodwill.sources.faults import RowError
from goodwill.sources.grammar import Reading

__all__ = ["FileRows", "RawRow"]

JSON_LINES: Final = {".jsonl", ".ndjson", ".jl"}


class RawRow(NamedTuple):
    """A row as it is in the file.

    Attributes:
        line: where it starts, from 1.
        cells: by column; None where a cell is empty.
        original: the cells as they are, for the rejects file.
        fault: what is wrong with the row as a whole.
    """

    line: int
    cells: Mapping[str, Any]
    original: Sequence[str]
    fault: RowError | None = None


class FileRows:
    """The rows of one file; iterating reads it from the start.

    Args:
        path: the file.
        reading: how it is read; what it does not say is found out.

    Attributes:
        columns: what stands in a row of the file, for the rejects file.
        header: the columns, from left to right; of JSON lines every key that any line has.
        encoding, delimiter, format: as said or found out.

    Raises:
        MappingError: if the file has no header, or not the one that the mapping says, or if there is no telling how
            it is written.
        OSError: if it cannot be read.
    """

    def __init__(self, path: Path, reading: Reading) -> None:
        self.path = path
        self._reading = reading
        self._raw: IO[bytes] | None = None
        ending = path.suffixes[-2] if path.suffix == ".gz" and len(path.suffixes) > 1 else path.suffix
        self.format = reading.format or ("jsonl" if ending.lower() in JSON_LINES else "csv")
        self.encoding = with_mark(reading.encoding) if reading.encoding else encoding_of(path)
        self.delimiter = None
        if self.format == "csv":
            self.delimiter = reading.delimiter or delimiter_of(path, self.encoding, reading.skip)
        self.header = self._header()
        self.columns = self.header if self.format == "csv" else ("json",)

    def __iter__(self) -> Iterator[RawRow]:
        with opened_text(self.path, self.encoding) as (text, raw):
            self._raw = raw
            skipped = sum(1 for _ in zip(range(self._reading.skip), text, strict=False))
            yield from self._csv(text, skipped) if self.format == "csv" else self._json(text, skipped)

    @property
    def size(self) -> int:
        """The bytes of the file on disk."""
        return self.path.stat().st_size

    @property
    def position(self) -> int:
        """How many of its bytes were read so far."""
        if self._raw is None:
            return 0
        return self.size if self._raw.closed else self._raw.tell()

    def _header(self) -> tuple[str, ...]:
        names = self._reading.names
        if self.format == "jsonl":
            return tuple(dict.fromkeys(key for row in self for key in row.cells))
        if not self._reading.header:
            return names or ()
        with opened_text(self.path, self.encoding) as (text, _):
            for _line in zip(range(self._reading.skip), text, strict=False):
                pass
            found = self._first_row(text)
        if names is not None and len(names) != len(found):
            raise MappingError(
                f"source.names: {len(names)} names, and {self.path.name} has {len(found)} columns: {found}"
            )
        return names or tuple(apart(found))

    def _first_row(self, text: Iterable[str]) -> list[str]:
        try:
            row: list[str] | None = next((cells for cells in self._reader(text) if cells), None)
        except csv.Error as error:
            raise MappingError(f"{self.path.name}: its header is not CSV: {error}") from None
        if row is None:
            raise MappingError(f"{self.path.name}: no header after {self._reading.skip} skipped lines; the file ends")
        return row

    def _reader(self, text: Iterable[str]) -> Any:
        quote = self._reading.quote
        return csv.reader(
            text,
            delimiter=self.delimiter or ",",
            quotechar=quote or None,
            quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
            # Not strict, a stray quote would swallow the rows after it without a word.
            strict=True,
        )

    def _csv(self, text: Iterable[str], skipped: int) -> Iterator[RawRow]:
        reader = self._reader(text)
        ahead = self._reading.header
        while True:
            line = skipped + reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield RawRow(line, {}, (), RowError("not a CSV row", str(error)))
                continue
            if ahead:
                ahead = not cells
            elif any(cell.strip() for cell in cells):
                yield self._row(line, cells)

    def _row(self, line: int, cells: list[str]) -> RawRow:
        named = {column: self._clean(cell) for column, cell in zip(self.header, cells, strict=False)}
        return RawRow(line, named, cells, self._fault(cells))

    def _fault(self, cells: list[str]) -> RowError | None:
        wanted, found = len(self.header), len(cells)
        if not self._reading.ragged and found < wanted:
            return RowError("too few cells", f"{found}, the header has {wanted}")
        if not self._reading.ragged and any(cell.strip() for cell in cells[wanted:]):
            return RowError("too many cells", f"{found}, the header has {wanted}")
        return undecoded("".join(cells), self.encoding)

    def _clean(self, cell: str) -> str | None:
        stripped = cell.strip()
        if not stripped or stripped in self._reading.empty:
            return None
        return stripped if self._reading.trim else cell

    def _json(self, text: Iterable[str], skipped: int) -> Iterator[RawRow]:
        for line, written in enumerate(text, skipped + 1):
            if not written.strip():
                continue
            try:
                found = json.loads(written, parse_float=Decimal, parse_constant=refuse)
            except (ValueError, RecursionError) as error:
                yield RawRow(line, {}, (written.strip(),), RowError("not a JSON line", str(error)))
                continue
            if not isinstance(found, dict):
                yield RawRow(line, {}, (written.strip(),), RowError("not a JSON line", "an object is wanted"))
                continue
            cells = {key: self._clean(cell) if isinstance(cell, str) else cell for key, cell in flattened(found)}
            yield RawRow(line, cells, (written.strip(),), undecoded(written, self.encoding))


def with_mark(encoding: str) -> str:
    """UTF-8 with or without a byte order mark."""
    return "utf-8-sig" if encoding.lower().replace("_", "-") in {"utf-8", "utf8"} else encoding


def undecoded(text: str, encoding: str) -> RowError | None:
    """The fault of a row that has bytes which are not of the encoding."""
    if text.isascii() or not any("\udc80" <= character <= "\udcff" for character in text):
        return None
    return RowError("not in the file's encoding", f"{encoding}; say source.encoding")


def apart(header: Sequence[str]) -> Iterator[str]:
    """Column names, each once: blank ones by their number, repeated ones counted."""
    seen: dict[str, int] = {}
    for number, written in enumerate(header, 1):
        column = written.strip() or f"column {number}"
        seen[column] = seen.get(column, 0) + 1
        yield column if seen[column] == 1 else f"{column} ({seen[column]})"


def flattened(found: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The values of a JSON object, those of objects within it under `outer.inner`."""
    for key, value in found.items():
        if isinstance(value, dict):
            yield from flattened(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number of JSON")
