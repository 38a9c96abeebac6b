"""Joins by key: one row of another file, or aggregates of all its rows with the same key."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final

from goodwill.domain.errors import MappingError
from goodwill.sources.cells import Conventions, read_number, read_text
from goodwill.sources.faults import RowError
from goodwill.sources.functions import chosen
from goodwill.sources.grammar import Aggregate, Join
from goodwill.sources.reading import FileRows
from goodwill.sources.table import Getter, Linked, Record, Table, file_beside
from goodwill.sources.wording import nearest

__all__ = ["joined"]

Key = tuple[str, ...]


def joined(name: str, join: Join, table: Table) -> Linked:
    """The other file of a join, read and indexed.

    Args:
        name: what the mapping calls it.
        join: how it is joined.
        table: the rows that it is joined to.

    Raises:
        MappingError: if the file is not there or cannot be read, or if the join names what is not there.
    """
    path = f"joins.{name}"
    file = file_beside(table.rows.path, join.file)
    try:
        rows = FileRows(file, join)
    except OSError as error:
        raise MappingError(f"{path}.file: {file} cannot be read: {error.strerror or error}") from None
    other = Table(rows, join, path, table.conventions)
    other.add_columns(join.columns, f"{path}.columns")
    on = [table.expression(text, f"{path}.on") for text in join.on]
    keys = [other.expression(text, f"{path}.key") for text in (join.key or join.on)]
    if join.aggregates:
        return Aggregates(path, join.aggregates, other, on, keys)
    return Lookup(path, join.keep, other, on, keys)


def key_of(parts: list[Getter], record: Record) -> Key | None:
    """The key of a row; None, which matches nothing, if a part is empty."""
    values = [part(record) for part in parts]
    return None if any(value is None for value in values) else tuple(read_text(value) for value in values)


def keyed(path: str, other: Table, keys: list[Getter]) -> Iterator[tuple[Key, Record]]:
    """The rows of the other file with their keys.

    Raises:
        MappingError: for a row whose key cannot be read: there is no telling whose rows it would spoil.
    """
    for record, fault in other.records():
        try:
            if fault is not None:
                raise fault
            key = key_of(keys, record)
        except RowError as error:
            raise MappingError(f"{path}: {other.rows.path.name}, line {record.row.line}: {error}") from None
        if key is not None:
            yield key, record


class Lookup:
    """At most one row of the other file for each key."""

    def __init__(self, path: str, keep: str | None, other: Table, on: list[Getter], keys: list[Getter]) -> None:
        self._path = path
        self._other = other
        self._on = on
        self._rows: dict[Key, Record | RowError] = {}
        for key, record in keyed(path, other, keys):
            if key not in self._rows or keep == "last":
                self._rows[key] = record
            elif keep is None:
                self._rows[key] = RowError(f"{path}: several rows with one key", f"{key}; say keep, or aggregates")

    def check(self, member: str, path: str) -> None:
        """Raise MappingError if the other file has no such column."""
        if member not in self._other.getters:
            known = nearest(member, self._other.getters)
            raise MappingError(f"{path}: {self._path} has no column {member!r} in {self._other.rows.path.name}{known}")

    def found(self, record: Record) -> Any:
        """The row with the same key, or None."""
        key = key_of(self._on, record)
        row = None if key is None else self._rows.get(key)
        if isinstance(row, RowError):
            raise row
        return row


FOLDS: Final[dict[str, Callable[[Any, Any, Conventions], Any]]] = {
    "sum": lambda kept, new, _: kept + new,
    "count": lambda kept, new, _: kept + new,
    "first": lambda kept, _new, _: kept,
    "last": lambda _kept, new, _: new,
    "min": lambda kept, new, conventions: chosen((kept, new), operator.lt, conventions),
    "max": lambda kept, new, conventions: chosen((kept, new), operator.gt, conventions),
}
ONE: Final = Decimal(1)


class Totals:
    """The aggregates of one key."""

    __slots__ = ("_counts", "_values")

    def __init__(self, counts: frozenset[str], values: dict[str, Any]) -> None:
        self._counts = counts
        self._values = values

    def value(self, name: str) -> Any:
        """An aggregate: 0 for a count of nothing, else None; raises RowError if a row of it could not be read."""
        value = self._values.get(name, Decimal(0) if name in self._counts else None)
        if isinstance(value, RowError):
            raise value
        return value

    raw = value


class Aggregates:
    """Values of all the rows of the other file with a key."""

    def __init__(
        self, path: str, aggregates: dict[str, Aggregate], other: Table, on: list[Getter], keys: list[Getter]
    ) -> None:
        self._path = path
        self._on = on
        self._names = frozenset(aggregates)
        self._counts = frozenset(name for name, aggregate in aggregates.items() if aggregate.count)
        self._groups: dict[Key, dict[str, Any]] = {}
        folds = {name: Fold(aggregate, other, f"{path}.aggregates.{name}") for name, aggregate in aggregates.items()}
        for key, record in keyed(path, other, keys):
            group = self._groups.setdefault(key, {})
            for name, fold in folds.items():
                fold.add(group, name, record)

    def check(self, member: str, path: str) -> None:
        """Raise MappingError if there is no such aggregate."""
        if member not in self._names:
            raise MappingError(f"{path}: {self._path}.aggregates has no {member!r}{nearest(member, self._names)}")

    def found(self, record: Record) -> Any:
        """The aggregates of the same key; those of no rows if there are none."""
        key = key_of(self._on, record)
        return Totals(self._counts, {} if key is None else self._groups.get(key, {}))


class Fold:
    """One aggregate, a row at a time."""

    def __init__(self, aggregate: Aggregate, other: Table, path: str) -> None:
        self._way = aggregate.way
        self._fold = FOLDS[self._way]
        self._path = path
        self._conventions = other.conventions
        self._when = other.condition(aggregate.when, f"{path}.when") if aggregate.when else None
        text = None if aggregate.count else getattr(aggregate, self._way)
        self._value: Getter = (lambda _: ONE) if text is None else other.expression(text, f"{path}.{self._way}")

    def add(self, group: dict[str, Any], name: str, record: Record) -> None:
        """Take a row into the aggregate; one that cannot be read spoils the aggregate of its key, and no other."""
        kept = group.get(name)
        if isinstance(kept, RowError):
            return
        try:
            if self._when is not None and not self._when(record):
                return
            value = self._read(record)
            if value is not None:
                group[name] = value if kept is None else self._fold(kept, value, self._conventions)
        except (RowError, TypeError) as error:
            reason, detail = (error.reason, error.detail) if isinstance(error, RowError) else ("no order", str(error))
            at = f"{record.table.rows.path.name}, line {record.row.line}: {detail}"
            group[name] = RowError(f"{self._path}: {reason}", at)

    def _read(self, record: Record) -> Any:
        value = self._value(record)
        if value is None:
            return None
        if self._way == "sum":
            return read_number(value, self._conventions)
        if self._way in {"min", "max"} and isinstance(value, str):
            raise RowError("text has no order", f"{value!r}; write number(...) or date(...)")
        return value
