"""Entries as Arrow record batches, and those as the frame of a library; imports pyarrow (`goodwill[parquet]`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from itertools import islice
from typing import Any, Final, Literal, get_args

from goodwill.domain.currencies import EXPONENTS
from goodwill.domain.entry import Entry
from goodwill.domain.errors import WrongType
from goodwill.frames.columns import COLUMNS, Form

try:
    import pyarrow as pa  # type: ignore[import-untyped,unused-ignore] # it ships no types
except ImportError as error:
    raise ImportError("entries become a frame by way of pyarrow: install goodwill[parquet]") from error

__all__ = ["SCHEMA", "TYPES", "Backend", "array", "as_frame", "check_backend", "reader_of"]

Backend = Literal["polars", "pandas", "pyarrow", "duckdb", "reader"]
"""Whose frame: a polars or pandas one, an Arrow table, a DuckDB relation, or a reader of Arrow record batches."""

TYPES: Final[dict[Form, Any]] = {
    "text": pa.string(),
    "number": pa.float64(),
    "amount": pa.decimal128(38, max(EXPONENTS.values())),
    "whole": pa.int64(),
    "small": pa.int32(),
    "instant": pa.timestamp("us", tz="UTC"),
}
"""What Arrow keeps each form in; an amount has as many decimals as the finest currency of ISO 4217."""

SCHEMA: Final = pa.schema([(name, TYPES[column.form]) for name, column in COLUMNS.items()])
"""The schema of a frame of entries."""


def array(values: Sequence[Any], form: Any) -> Any:
    """The values of a column as an Arrow array of a type; instants are given in microseconds since the epoch."""
    made = pa.array(values, pa.int64() if form == TYPES["instant"] else form)
    return made.cast(form)


def itself(name: str) -> str:
    """A name that answers for itself."""
    return name


def batch_of(entries: Sequence[Entry], answering: Callable[[str], str]) -> Any:
    """Entries as a record batch."""
    columns = {name: [column.of(entry) for entry in entries] for name, column in COLUMNS.items()}
    columns["account"] = list(map(answering, columns["name"]))
    return pa.RecordBatch.from_arrays([array(columns[field.name], field.type) for field in SCHEMA], schema=SCHEMA)


def reader_of(entries: Iterable[Entry], *, rows: int, answering: Callable[[str], str] = itself) -> Any:
    """A reader of record batches, each made when it is asked for: one batch is in memory at a time.

    Args:
        entries: in the order of the rows.
        rows: of a batch.
        answering: the name that answers for the customer of a name.
    """
    return pa.RecordBatchReader.from_batches(SCHEMA, batches(iter(entries), rows, answering))


def batches(entries: Iterator[Entry], rows: int, answering: Callable[[str], str]) -> Iterator[Any]:
    """The record batches, as they are asked for."""
    while batch := list(islice(entries, rows)):
        yield batch_of(batch, answering)


def check_backend(backend: object) -> None:
    """Refuse what is no library that frames are made for.

    Raises:
        WrongType: naming those that are.
    """
    if backend not in get_args(Backend):
        raise WrongType(f"backend {backend!r} is none of {', '.join(get_args(Backend))}")


def as_frame(reader: Any, backend: Backend) -> Any:
    """What a reader of record batches reads, as the frame of a library; raises ImportError if it is not installed."""
    if backend == "reader":
        return reader
    table = reader.read_all()
    match backend:
        case "pandas":
            return table.to_pandas()
        case "polars":
            return import_module("polars").from_arrow(table)
        case "duckdb":
            return import_module("duckdb").connect().from_arrow(table)
        case _:
            return table
