"""Answers that were computed in memory, back as the kind of frame that was asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import narwhals.stable.v2 as nw

from goodwill.analytics.lookup import like
from goodwill.analytics.schema import Frame

__all__ = ["in_memory", "returned"]


def in_memory(frame: Frame, columns: Mapping[str, Any], schema: Mapping[str, Any] | None = None) -> nw.DataFrame[Any]:
    """Columns as a frame in memory, of the library that a frame is collected into.

    Args:
        frame: whose.
        columns: lists, or arrays of NumPy.
        schema: narwhals' type of each column; guessed without.
    """
    kind = frame.implementation
    backend: Any = "pyarrow" if kind.is_duckdb() else kind
    return nw.from_dict(dict(columns), schema, backend=backend)


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
