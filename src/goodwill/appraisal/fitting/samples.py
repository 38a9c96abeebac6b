"""Columns of a caller's frame as arrays to estimate from; what cannot be used is refused, and counted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

try:
    import narwhals.stable.v2 as nw
    import numpy as np
except ImportError as error:
    raise ImportError(f"goodwill.appraisal fits with {error.name}: install goodwill[appraisal]") from error

from goodwill.analytics.reading import collected
from goodwill.analytics.schema import Frame, MissingColumn
from goodwill.appraisal.faults import AppraisalError
from goodwill.domain.errors import WrongType

__all__ = ["codes", "numbers", "sample"]


def sample(frame: Any, needed: Sequence[str], besides: Collection[str] = ()) -> nw.DataFrame[Any]:
    """Some columns of a frame, in memory; those besides where they are there.

    Raises:
        MissingColumn: if one is not there.
        WrongType: if it is no frame.
    """
    try:
        ours: Frame = nw.from_native(frame)
    except TypeError as fault:
        raise WrongType(f"a frame is one of pandas, polars, PyArrow or DuckDB, not {type(frame).__name__}") from fault
    there = ours.collect_schema().names()
    missing = tuple(name for name in needed if name not in there)
    if missing:
        raise MissingColumn(
            f"to fit needs {', '.join(missing)}, and the frame has {', '.join(there)}; name your own columns",
            columns=missing,
        )
    asked = dict.fromkeys([*needed, *(name for name in besides if name in there)])
    return collected(ours.select(*asked))


def numbers(rows: nw.DataFrame[Any], name: str) -> Any:
    """A column of numbers, or of true and false, as an array of floats.

    Raises:
        WrongType: if it holds anything else.
        AppraisalError: if any is null, NaN or infinite; says how many.
    """
    dtype = rows.collect_schema()[name]
    if not (dtype.is_numeric() or dtype == nw.Boolean):
        raise WrongType(f"{name} holds {dtype}, not numbers; cast it before")
    nothing = rows[name].is_null().to_numpy()
    found = np.full(len(rows), np.nan)
    found[~nothing] = rows[name].drop_nulls().cast(nw.Float64).to_numpy()
    unusable = int(np.sum(~np.isfinite(found)))
    if unusable:
        raise AppraisalError(
            f"{name} is null, NaN or infinite in {unusable} of {len(rows)} rows; say what they are, or leave them out "
            "before, and see who they are of: what is missing seldom is so by chance"
        )
    return found


def codes(rows: nw.DataFrame[Any], name: str) -> tuple[Any, list[Any]]:
    """A column of names as the number of each, and the names by their numbers.

    Raises:
        AppraisalError: if any is null; says how many.
    """
    silent = rows[name].null_count()
    if silent:
        raise AppraisalError(f"{name} is null in {silent} of {len(rows)} rows; leave out before what is of nobody")
    place: dict[Any, int] = {}
    found = [place.setdefault(each, len(place)) for each in rows[name].to_list()]
    return np.array(found, np.int64), list(place)
