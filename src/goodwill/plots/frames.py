"""Columns of a caller's frame, whichever library it is of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from goodwill.domain.errors import WrongType
from goodwill.plots.canvas import CannotDraw

try:
    import narwhals.stable.v2 as nw
except ImportError as error:
    raise ImportError("goodwill.plots needs narwhals: install goodwill[plots]") from error

__all__ = ["columns_of", "counted", "has", "names_of", "values_of"]

Frame = Any  # nw.DataFrame | nw.LazyFrame, which share these methods and no type


def framed(frame: Any) -> Frame:
    """The frame behind narwhals."""
    try:
        return nw.from_native(frame)
    except TypeError as fault:
        raise WrongType(f"{type(frame).__name__} is no frame of pandas, polars, PyArrow, DuckDB or PySpark") from fault


def has(frame: Any, name: str) -> bool:
    """Whether a frame has a column."""
    return name in names_of(frame)


def names_of(frame: Any) -> list[str]:
    """The columns of a frame."""
    return list(framed(frame).columns)


def opened(frame: Any, names: Sequence[str], made_by: str) -> Frame:
    """These columns of a frame; nothing is computed yet where it is lazy.

    Raises:
        WrongType: if it is no frame.
        CannotDraw: if it lacks one of the columns.
    """
    ours = framed(frame)
    there = ours.collect_schema().names()
    missing = [name for name in names if name not in there]
    if missing:
        raise CannotDraw(
            f"the frame has no column {', '.join(missing)}; it has {', '.join(there)}: give what {made_by} made"
        )
    return ours.select(list(names))


def columns_of(frame: Any, names: Sequence[str], made_by: str) -> list[list[Any]]:
    """The values of these columns, in the order of the names.

    Raises:
        CannotDraw: also where a value is missing.
    """
    ours = opened(frame, names, made_by)
    return read(ours, names)


def counted(frame: Any, names: Sequence[str], made_by: str) -> list[tuple[Any, ...]]:
    """How often each combination of values of these columns is there: the values, and the count; grouped by the engine."""
    ours = opened(frame, names, made_by).group_by(list(names)).agg(n=nw.len())
    return list(zip(*read(ours, [*names, "n"]), strict=True))


def read(ours: Frame, names: Sequence[str]) -> list[list[Any]]:
    """The columns in memory."""
    collected = ours.collect() if isinstance(ours, nw.LazyFrame) else ours
    values = {name: collected[name].to_list() for name in names}
    for name, column in values.items():
        if any(value is None or value != value for value in column):  # noqa: PLR0124 - NaN is what is not itself
            raise CannotDraw(f"column {name} has rows without a value; leave them out first")
    return list(values.values())


def values_of(frame: Any, name: str) -> list[str]:
    """The different values of a column, sorted; none where the frame has no such column."""
    if not has(frame, name):
        return []
    ours = framed(frame).select(name).drop_nulls().unique()
    return sorted(map(str, read(ours, [name])[0]))
