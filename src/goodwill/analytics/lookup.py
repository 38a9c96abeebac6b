"""Formulas over kinds: what a formula looks up by kind becomes one joined table, however many kinds there are.

A chain of comparisons grows with the kinds; a join on a small table does not. So a formula is given a `Lookup` in the
place of the kind: each table that it chooses from becomes a column of that table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import narwhals.stable.v2 as nw

from goodwill.policies.formula import LARGEST, Operand, choose

__all__ = ["Lookup"]


class Lookup:
    """Stands for a column of texts, such as the kind, in formulas.

    Args:
        column: its name.
        values: those that matter; for any other, nothing is looked up, and what was is null.
        operand: how formulas name a column, by narwhals where nothing else is said.

    Example:
        >>> from goodwill.policies.formula import choose
        >>> kinds = Lookup("kind", ["dispute", "refund"])
        >>> _ = choose(kinds, {"dispute": 2.0}, 1.0)  # a column of the table that is joined
        >>> kinds.columns
        ['kind:0']
        >>> choose(kinds, {"wish": 2.0}, 1.0)  # the same for all that matter
        1.0
    """

    def __init__(self, column: str, values: Iterable[str], operand: Callable[[str], Operand] = nw.col) -> None:
        self.column = column
        self.operand = operand
        self.values = tuple(dict.fromkeys(values))
        self._columns: dict[tuple[float, ...], str] = {}

    def choose(self, table: Mapping[str, float], default: float) -> Operand:
        """The column of the table's numbers, or the one number that they all are, for a formula."""
        found = self.place(table, default)
        return self.operand(found) if isinstance(found, str) else found

    def place(self, table: Mapping[str, float], default: float) -> str | float:
        """The name of the column of the table's numbers, or the one number that they all are."""
        numbers = tuple(float(table.get(value, default)) for value in self.values)
        if len(set(numbers)) <= 1:
            return numbers[0] if numbers else float(default)
        return self._columns.setdefault(numbers, f"{self.column}:{len(self._columns)}")

    def found(self) -> Any:
        """Whether a row's value is one of those that matter."""
        if not self._columns:
            self._columns[(1.0,) * len(self.values)] = f"{self.column}:0"
        return ~nw.col(self.columns[0]).is_null()

    @property
    def columns(self) -> list[str]:
        """The names of what was looked up so far."""
        return list(self._columns.values())

    def joined(self, frame: Any) -> Any:
        """The frame with the columns that were looked up; null where the value is none that matters."""
        if not self._columns:
            return frame
        table = {self.column: list(self.values)} | {name: list(numbers) for numbers, name in self._columns.items()}
        schema = {self.column: nw.String} | dict.fromkeys(self.columns, nw.Float64)
        joined = frame.join(like(frame, table, schema), on=self.column, how="left")
        return fenced(joined, self.columns[0]) if frame.implementation.is_duckdb() else joined


def fenced(joined: Any, name: str) -> Any:
    """All rows of a join, behind a filter.

    Where a sum follows a join, DuckDB 2.0 makes one expression of all that is in between, to see whether it can sum
    before it joins; what was computed once is then computed as often as it is named. A filter stops it.

    Args:
        joined: of DuckDB.
        name: a column of finite numbers that the join brought.
    """
    return joined.filter(nw.col(name).fill_null(0.0) < LARGEST)


def like(frame: Any, columns: Mapping[str, list[Any]], schema: Mapping[str, Any]) -> Any:
    """A small frame on the same engine, in the same session, as another.

    Args:
        frame: the other.
        columns: what it holds, by name.
        schema: narwhals' type of each column.
    """
    native, kind = frame.to_native(), frame.implementation
    if kind.is_duckdb():
        # A relation knows its connection, and DuckDB joins no relations of two.
        return nw.from_native(native.query("entries", values(columns, schema)))
    small = nw.from_dict(dict(columns), schema, backend=kind)
    return small.lazy() if isinstance(frame, nw.LazyFrame) else small


DUCKDB: Final = {nw.String: "VARCHAR", nw.Float64: "DOUBLE", nw.Int64: "BIGINT", nw.Boolean: "BOOLEAN"}


def values(columns: Mapping[str, list[Any]], schema: Mapping[str, Any]) -> str:
    """The columns as a statement of DuckDB."""
    typed = ", ".join(f'CAST("{name}" AS {DUCKDB[schema[name]]}) AS "{name}"' for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    rows = [f"({', '.join(map(literal, row))})" for row in zip(*columns.values(), strict=True)]
    nothing = f"({', '.join('NULL' for _ in columns)})"
    given = f"(VALUES {', '.join(rows or [nothing])}) AS given({names})"
    return f"SELECT {typed} FROM {given}{'' if rows else ' WHERE FALSE'}"  # noqa: S608 - each value is quoted


def literal(value: object) -> str:
    """A value as text in SQL, to be cast to what it is."""
    return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"


choose.implementations.register(Lookup, Lookup.choose)
