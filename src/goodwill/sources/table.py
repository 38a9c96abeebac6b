"""What each name of a mapping means for the rows of one file: columns, counters, joins and values, read when asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from goodwill.domain.errors import MappingError
from goodwill.sources.cells import READERS, Conventions, read_text
from goodwill.sources.expressions import Evaluator, Expression, parsed
from goodwill.sources.faults import RowError
from goodwill.sources.grammar import PLACEHOLDER, Column, Reading
from goodwill.sources.reading import FileRows, RawRow
from goodwill.sources.wording import nearest

__all__ = ["Linked", "Record", "Table"]

ROW: Final = "row"
OF_ROW: Final = ("line", "file")

Getter = Callable[["Record"], Any]


class Linked(Protocol):
    """What a join offers to the rows that it is joined to."""

    def check(self, member: str, path: str) -> None:
        """Raise MappingError if it has no such member."""

    def found(self, record: Record) -> Any:
        """What belongs to a row: something with `value` and `raw`, or None."""


class Record:
    """One row, its names read at most once.

    Args:
        table: what the names mean.
        row: the row as it is in the file.
        numbers: the counters' values.
    """

    __slots__ = ("_values", "row", "table")

    def __init__(self, table: Table, row: RawRow, numbers: Mapping[str, Any]) -> None:
        self.table = table
        self.row = row
        self._values = dict(numbers)

    def value(self, name: str) -> Any:
        """What a name means for this row; None where it is empty."""
        try:
            return self._values[name]
        except KeyError:
            value = self._values[name] = self.table.getters[name](self)
            return value

    def raw(self, column: str) -> Any:
        """The cell under a header, as it is in the file; None where it is empty."""
        return self.row.cells.get(column)


class Itself:
    """`row` in an expression: the cells as they are in the file, and where the row stands."""

    __slots__ = ("_record",)

    def __init__(self, record: Record) -> None:
        self._record = record

    def value(self, member: str) -> Any:
        """The row's line, or its file."""
        return self._record.row.line if member == "line" else self._record.table.rows.path.name

    def raw(self, column: str) -> Any:
        """The cell under a header."""
        return self._record.raw(column)


class Table:
    """The rows of a file under its part of a mapping.

    Args:
        rows: the file.
        reading: how it is read.
        path: where the reading stands in the mapping, for messages.
        base: conventions of the table above.

    Attributes:
        skipped: the rows so far for which `where` does not hold.

    Raises:
        MappingError: if an expression names what is not there.
    """

    def __init__(self, rows: FileRows, reading: Reading, path: str, base: Conventions) -> None:
        self.rows = rows
        self.path = path
        self.conventions = reading.conventions(base)
        self.evaluator = Evaluator(self.conventions)
        self.getters: dict[str, Getter] = {column: raw_getter(column) for column in rows.header}
        self.getters[ROW] = Itself
        self._linked: dict[str, Linked] = {}
        self._counters: dict[str, tuple[tuple[str, ...], Counter[tuple[Any, ...]]]] = {}
        self._where = reading.where
        self.skipped = 0

    def add_columns(self, columns: Mapping[str, Column], path: str) -> None:
        """Declared columns; one may take the name of its header."""
        for name, column in columns.items():
            header = name if column.from_ is None else column.from_
            self._check_header(header, f"{path}.{name}")
            self.getters[name] = typed_getter(name, header, column, self.conventions)

    def add_counters(self, counters: Mapping[str, tuple[str, ...]]) -> None:
        """Counters of equal rows, by the headers that make them equal."""
        for name, headers in counters.items():
            for header in headers:
                self._check_header(header, f"numbered.{name}")
            self._counters[name] = (headers, Counter())
            self.getters[name] = lambda _: None

    def add_join(self, name: str, linked: Linked) -> None:
        """A join; its members are read as `name.member`."""
        self._linked[name] = linked
        self.getters[name] = linked.found

    def declare(self, *names: str) -> None:
        """Names of joins and values to come, so that they may speak of one another in any order."""
        self.getters.update(dict.fromkeys(names, raw_getter(ROW)))

    def add_values(self, values: Mapping[str, str]) -> None:
        """Named expressions; their names are declared."""
        for name, text in values.items():
            evaluate = self.expression(text, f"values.{name}")
            self.getters[name] = named(name, evaluate)

    def expression(self, text: str, path: str) -> Getter:
        """What evaluates an expression for a row.

        Raises:
            MappingError: if it names what is not there.
        """
        expression = parsed(text)
        self._check_names(expression, path)
        if expression.text.strip() in expression.names:
            return self.getter(expression.text.strip())
        return lambda record: self.evaluator.run(expression, record)

    def condition(self, text: str, path: str) -> Callable[[Record], bool]:
        """What tells whether a condition holds for a row; raises as `expression` does."""
        expression = parsed(text)
        self._check_names(expression, path)
        return lambda record: self.evaluator.holds(expression, record)

    def template(self, text: str, path: str) -> Getter:
        """What fills a template for a row; a template with an empty place is empty.

        One that is nothing but a place gives the value as it is: 1.5 made text and read again, in a file whose
        points are thousands, would be another number.
        """
        parts: list[str | Getter] = []
        end = 0
        for found in PLACEHOLDER.finditer(text):
            parts.append(text[end : found.start()])
            end = found.end()
            parts.append(found[0][0] if found[1] is None else self.column(found[1], path))
        parts.append(text[end:])
        parts = [part for part in parts if part != ""]
        if len(parts) == 1 and not isinstance(parts[0], str):
            return parts[0]
        if all(isinstance(part, str) for part in parts):
            whole = "".join(part for part in parts if isinstance(part, str))
            return lambda _: whole or None
        return lambda record: filled(parts, record)

    def column(self, name: str, path: str) -> Getter:
        """What reads a column, value or counter, a `join.column`, or the row's own `row.line` and `row.file`."""
        if name in self.getters and name != ROW and name not in self._linked:
            return self.getter(name)
        base, _, member = name.partition(".")
        if not member or not (base == ROW or base in self._linked):
            raise MappingError(f"{path}: no column {name!r} in {self.rows.path.name}{nearest(name, self.getters)}")
        self._check_member(base, member, path)
        return lambda record: None if (found := record.value(base)) is None else found.value(member)

    def getter(self, name: str) -> Getter:
        """What reads a name that is known to be there."""
        return lambda record: record.value(name)

    def records(self) -> Iterator[tuple[Record, RowError | None]]:
        """Every row for which `where` holds, with the fault that rejects it, if it has one."""
        where = self.condition(self._where, f"{self.path}.where") if self._where else None
        for row in self.rows:
            record = Record(self, row, self._numbers(row))
            fault = row.fault
            if fault is None and where is not None:
                try:
                    if not where(record):
                        self.skipped += 1
                        continue
                except RowError as error:
                    fault = error.within("where")
            yield record, fault

    def _numbers(self, row: RawRow) -> dict[str, Any]:
        numbers = {}
        for name, (headers, counter) in self._counters.items():
            cells = (row.cells.get(header) for header in headers)
            key = tuple(None if cell is None else read_text(cell) for cell in cells)
            counter[key] += 1
            numbers[name] = counter[key]
        return numbers

    def _check_header(self, header: str, path: str) -> None:
        if header not in self.rows.header:
            raise MappingError(
                f"{path}: no column {header!r} in {self.rows.path.name}{nearest(header, self.rows.header)}"
            )

    def _check_names(self, expression: Expression, path: str) -> None:
        for base, member in sorted(expression.members):
            self._check_member(base, member, path)
        for name in sorted(expression.names - self.getters.keys()):
            raise MappingError(
                f"{path}: no column, value or join {name!r} in {self.rows.path.name}{nearest(name, self.getters)}"
            )

    def _check_member(self, base: str, member: str, path: str) -> None:
        if base == ROW:
            if member not in OF_ROW:
                self._check_header(member, path)
        elif base in self._linked:
            self._linked[base].check(member, path)
        else:
            dotted = f"{base}.{member}"
            way = f'; write row["{dotted}"]' if dotted in self.getters else nearest(base, [ROW, *self._linked])
            raise MappingError(f"{path}: {dotted}: {base} is no join{way}")


def raw_getter(column: str) -> Getter:
    return lambda record: record.raw(column)


def typed_getter(name: str, header: str, column: Column, base: Conventions) -> Getter:
    read, conventions = READERS[column.as_], column.conventions(base)

    def get(record: Record) -> Any:
        cell = record.raw(header)
        if cell is None:
            return None
        try:
            return read(cell, conventions)
        except RowError as error:
            raise error.within(name) from None

    return get


def named(name: str, evaluate: Getter) -> Getter:
    def get(record: Record) -> Any:
        try:
            return evaluate(record)
        except RowError as error:
            raise error.within(name) from None

    return get


def filled(parts: Iterable[str | Getter], record: Record) -> str | None:
    texts = []
    for part in parts:
        value = part if isinstance(part, str) else part(record)
        if value is None:
            return None
        texts.append(read_text(value))
    return "".join(texts)


def file_beside(path: Path, name: str | None) -> Path:
    """A joined file: by its path relative to the folder of the file that it is joined to, or that file itself."""
    return path if name is None else path.parent / name
