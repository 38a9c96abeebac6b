"""What the rows of each account add up to: by PyArrow's hash tables where the names are its own, else by their numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

import narwhals.stable.v2 as nw
import numpy as np

from goodwill.analytics.coding import coded

__all__ = ["NEVER", "Column", "by_account", "by_numbers"]

NEVER: Final = np.iinfo(np.int64).min
"""When something happened that never did."""

BYTES: Final = 2**31 - 1
"""So much text fits one piece of Arrow's smaller type, which it groups by several times as fast."""


class Column(NamedTuple):
    """A number of each row, and how those of an account become one."""

    values: Any
    how: Literal["sum", "max", "min"]


def by_account(
    accounts: nw.Series[Any], columns: Mapping[str, Column], there: Any
) -> tuple[nw.Series[Any], dict[str, Any]]:
    """The accounts that have rows that are there, and what each column comes to for each of them.

    Args:
        accounts: of each row.
        columns: numbers of each row, by name, which change nothing where it is not there.
        there: which rows are.

    Example:
        >>> import pandas as pd
        >>> names = nw.from_native(pd.Series(["ada", "bob", "ada", "cy"]), series_only=True)
        >>> points = Column(np.array([1.0, 2.0, 4.0, 0.0]), "sum")
        >>> found, sums = by_account(names, {"points": points}, np.array([True, True, True, False]))
        >>> found.to_list(), sums["points"].tolist()
        (['ada', 'bob'], [5.0, 2.0])
    """
    texts = of_arrow(accounts)
    if texts is None:
        return by_numbers(*coded(accounts), columns, there)
    import pyarrow as pa  # type: ignore[import-untyped,unused-ignore] # noqa: PLC0415 - it is there, for these are its

    count = None if there.all() else counting(columns, there)
    given = {name: pa.array(column.values) for name, column in columns.items()}
    asked: list[tuple[Any, ...]] = [(name, column.how) for name, column in columns.items()]
    if count is not None:
        given[count.name] = count.values
        asked = [*(each for each in asked if each[0] != count.name), (count.name, "sum", count.options)]
    found = pa.table({"account": texts, **given}).group_by("account", use_threads=False).aggregate(asked)
    if count is not None:
        found = found.filter(found[f"{count.name}_sum"].is_valid())
    sums = {name: found[f"{name}_{column.how}"].to_numpy() for name, column in columns.items()}
    return like(found["account"], accounts), sums


class Counting(NamedTuple):
    """A sum of PyArrow's that is null for accounts without a row that is there, and how it is asked for."""

    name: str
    values: Any
    options: Any


def counting(columns: Mapping[str, Column], there: Any) -> Counting:
    """The first sum that is asked for, made so that it also tells which accounts are there; one of its own without any."""
    import pyarrow as pa  # type: ignore[import-untyped,unused-ignore] # noqa: PLC0415 - polars does without it
    import pyarrow.compute as pc  # type: ignore[import-untyped,unused-ignore] # noqa: PLC0415 - polars does without it

    name = next((name for name, column in columns.items() if column.how == "sum"), "there")
    values = columns[name].values if name in columns else there
    return Counting(name, pa.array(values, mask=~there), pc.ScalarAggregateOptions(min_count=1))


def of_arrow(accounts: nw.Series[Any]) -> Any:
    """The names as PyArrow groups by them fastest; None where they are not its own."""
    native = accounts.to_native()
    if accounts.implementation.is_pandas():
        native = native.array.__arrow_array__() if hasattr(native.array, "__arrow_array__") else None
    elif not accounts.implementation.is_pyarrow():
        native = None
    if native is None:
        return None
    import pyarrow as pa  # type: ignore[import-untyped,unused-ignore] # noqa: PLC0415 - it is there, for these are its

    if pa.types.is_string(native.type):
        return native
    larger = pa.types.is_large_string(native.type) or pa.types.is_string_view(native.type)
    return native.cast(pa.string()) if larger and native.nbytes < BYTES else None


def like(names: Any, accounts: nw.Series[Any]) -> nw.Series[Any]:
    """Some of the names, in the library and of the type of all."""
    native = accounts.to_native()
    if accounts.implementation.is_pyarrow():
        return nw.from_native(names.cast(native.type), series_only=True)
    pandas: Any = accounts.implementation.to_native_namespace()
    return nw.from_native(pandas.Series(pandas.array(names, dtype=native.dtype)), series_only=True)


def by_numbers(
    place: Any, names: nw.Series[Any], columns: Mapping[str, Column], there: Any
) -> tuple[nw.Series[Any], dict[str, Any]]:
    """The same, of accounts that were numbered before."""
    sums = {name: reduced(column, place, len(names)) for name, column in columns.items()}
    if there.all():
        return names, sums
    some = np.flatnonzero(np.bincount(place[there], minlength=len(names)))
    return names[some], {name: each[some] for name, each in sums.items()}


def reduced(column: Column, place: Any, count: int) -> Any:
    """What a column comes to, by the number of each row's account."""
    if column.how == "sum":
        return np.bincount(place, column.values, minlength=count)
    extreme = np.iinfo(np.int64)
    found = np.full(count, extreme.min if column.how == "max" else extreme.max, np.int64)
    (np.maximum if column.how == "max" else np.minimum).at(found, place, column.values)
    return found
