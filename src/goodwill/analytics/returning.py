"""Answers that were computed in memory, back as the kind of frame that was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from goodwill.analytics.lookup import like
from goodwill.analytics.schema import Frame

__all__ = ["at_places", "in_memory", "returned", "texts"]


def in_memory(frame: Frame, columns: Mapping[str, Any], schema: Mapping[str, Any] | None = None) -> nw.DataFrame[Any]:
    """Columns as a frame in memory, of the library that a frame is collected into.

    Args:
        frame: whose.
        columns: lists, or arrays of NumPy.
        schema: narwhals' type of each column; guessed without.
    """
    kind = frame.implementation
    if kind.is_pandas() and all(isinstance(each, nw.Series | np.ndarray) for each in columns.values()):
        own = {name: each.to_native() if isinstance(each, nw.Series) else each for name, each in columns.items()}
        made: nw.DataFrame[Any] = nw.from_native(kind.to_native_namespace().DataFrame(own, copy=False))
        other = [nw.col(name).cast(dtype) for name, dtype in (schema or {}).items() if made[name].dtype != dtype]
        return made.with_columns(*other) if other else made
    backend: Any = "pyarrow" if kind.is_duckdb() else kind
    return nw.from_dict(dict(columns), schema, backend=backend)


def texts(frame: Frame, named: Sequence[str]) -> nw.Series[Any]:
    """Texts as a column in memory, of the library that a frame is collected into."""
    found: nw.Series[Any] = in_memory(frame, {"text": list(named)}, {"text": nw.String})["text"]
    return found


def at_places(named: nw.Series[Any], places: Any) -> nw.Series[Any]:
    """Of each place the text that stands there."""
    found: nw.Series[Any] = named[places]
    if not found.implementation.is_pandas():
        return found
    return nw.from_native(found.to_native().reset_index(drop=True), series_only=True)


def returned(answer: nw.DataFrame[Any], frame: Frame) -> Any:
    """A frame in memory as the caller's kind of frame; a relation of DuckDB stays on the caller's connection."""
    if frame.implementation.is_duckdb():
        return related(answer, frame)
    return answer.lazy().to_native() if isinstance(frame, nw.LazyFrame) else answer.to_native()


def related(answer: nw.DataFrame[Any], frame: Frame) -> Any:
    """A table as a relation beside another; as text in SQL, where its connection may not look at Python's tables."""
    import duckdb  # noqa: PLC0415 - it is there, for the frame is one of its relations

    answers = answer.to_native()  # noqa: F841 - DuckDB finds it by its name
    try:
        return frame.to_native().query("entries", "SELECT * FROM answers")
    except duckdb.CatalogException:
        schema = answer.collect_schema()
        return like(frame, answer.to_dict(as_series=False), dict(schema)).to_native()
