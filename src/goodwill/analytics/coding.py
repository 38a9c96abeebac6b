"""Columns of texts as numbers: which of the distinct texts each row has, as arrays that formulas take."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from functools import cached_property
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from goodwill.policies.formula import Operand, choose

__all__ = ["Codes", "coded", "places"]


class Codes:
    """A column of texts as numbers; stands for it in formulas, where a table becomes an array that is indexed.

    Args:
        places: of each row the place of its text among the names; -1 where it has none.
        names: the distinct texts.

    Example:
        >>> from goodwill.policies.formula import choose
        >>> kinds = Codes(np.array([1, 0, -1]), ["dispute", "refund"])
        >>> choose(kinds, {"dispute": 2.0}, 1.0).tolist()
        [1.0, 2.0, 1.0]
    """

    def __init__(self, places: Any, names: Sequence[str]) -> None:
        self.places = places
        self.names = names

    def __getitem__(self, rows: Any) -> Codes:
        return Codes(self.places[rows], self.names)

    def choose(self, table: Mapping[str, float], default: float) -> Operand:
        """The table's number for each row, or the one number that they all are."""
        numbers = [float(table.get(name, default)) for name in self.names] + [float(default)]
        alike = set(numbers if self.has_none else numbers[:-1])
        return numbers[0] if len(alike) == 1 else np.array(numbers)[self.places]

    @cached_property
    def has_none(self) -> bool:
        """Whether there are rows without a text."""
        return bool((self.places < 0).any())

    def among(self, names: Container[str]) -> Any:
        """Which rows have one of some texts."""
        return np.array([name in names for name in self.names] + [False])[self.places]


choose.implementations.register(Codes, Codes.choose)


def coded(series: nw.Series[Any]) -> tuple[Any, nw.Series[Any]]:
    """Of each row the place of its text among the distinct ones, -1 where it has none; and these, by the frame's library."""
    native, kind = series.to_native(), series.implementation
    if kind.is_pandas():
        found, names = native.factorize()
        return found, nw.from_native(names.to_series(index=range(len(names))), series_only=True)
    if kind.is_polars():
        names = native.unique().drop_nulls()
        found = native.cast(kind.to_native_namespace().Enum(names)).to_physical()
        return found.cast(kind.to_native_namespace().Int64).fill_null(-1).to_numpy(), nw.from_native(
            names, series_only=True
        )
    whole = native.dictionary_encode().combine_chunks()
    found = whole.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return found, nw.from_native(kind.to_native_namespace().chunked_array([whole.dictionary]), series_only=True)


def places(series: nw.Series[Any], names: nw.Series[Any]) -> Any:
    """Of each row the place of its text among some distinct ones, -1 where it is none of them."""
    try:
        import pyarrow as pa  # type: ignore[import-untyped,unused-ignore] # noqa: PLC0415 - no types; quick
        import pyarrow.compute as pc  # type: ignore[import-untyped,unused-ignore] # noqa: PLC0415 - likewise
    except ImportError:
        numbers = {name: place for place, name in enumerate(names.to_list())}
        return np.array([numbers.get(text, -1) for text in series.to_list()], np.int64)
    texts, known = (pa.chunked_array(each.to_arrow()).cast(pa.large_string()) for each in (series, names))
    found = pc.fill_null(pc.index_in(texts, value_set=known.combine_chunks()), -1)
    return np.asarray(found.to_numpy(), np.int64)
