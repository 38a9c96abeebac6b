"""Entries as Parquet files, by hash of their customer: what a cluster reads that folds each bucket by itself.

Imports pyarrow (`pip install "goodwill[parquet]"`).
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, cast

import pyarrow as pa  # type: ignore[import-untyped,unused-ignore] # it ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped,unused-ignore] # likewise
from sqlalchemy import Connection, Select, select

from goodwill.domain.merge import Merge, Names
from goodwill.frames.arrow import TYPES, array
from goodwill.frames.columns import COLUMNS as COLUMNS_OF_A_FRAME
from goodwill.ledger.ports import Merges
from goodwill.stores.sqlalchemy.store import SQLAlchemyStore
from goodwill.stores.sqlalchemy.tables import Tables, tables

__all__ = ["SCHEMA", "bucket_of", "write_parquet"]

COLUMNS: Final[Mapping[str, str]] = {
    "seq": "seq",
    "id": "id",
    "type": "type",
    "kind": "kind",
    "magnitude": "magnitude_e6",
    "currency": "currency",
    "cost_minor": "cost_minor",
    "cost_currency": "cost_currency",
    "cost_exponent": "cost_exponent",
    "occurred_at": "occurred_us",
    "recorded_at": "recorded_us",
    "reference": "reference",
    "revision": "revision",
    "response_id": "response_id",
    "response_ref": "response_ref",
    "due_at": "due_us",
    "recurs": "recurs",
    "tz": "tz",
    "reverses": "reverses",
    "amends": "amends",
    "sincerity": "sincerity",
    "severity": "severity",
    "dimensions": "dimensions",
    "channel": "channel",
    "actor": "actor",
    "positive": "positive",
    "negative": "negative",
    "read_under": "read_under",
}
"""The columns of a file but the first two, each with the column of `entries` that it comes from."""
OWN: Final = {
    "cost_minor": pa.int64(),
    "cost_exponent": pa.int16(),
    "response_id": pa.string(),
    "response_ref": pa.string(),
    "due_at": TYPES["instant"],
}
"""The types of the columns that a frame of entries does not have; the others have those of a frame."""

SCHEMA: Final = pa.schema(
    [(name, OWN.get(name) or TYPES[COLUMNS_OF_A_FRAME[name].form]) for name in ("account", "name", *COLUMNS)]
)
"""The schema of every file: `account` is the name that answers, `name` the one that the entry was written under."""
MILLION = 1e6


def bucket_of(account: str, buckets: int) -> int:
    """The bucket of an account: the same in every run and from every database.

    Example:
        >>> bucket_of("ada", 64)
        40
    """
    return zlib.crc32(account.encode()) % buckets


def write_parquet(
    connection: Connection,
    folder: Path,
    *,
    ledger: str = "default",
    buckets: int = 64,
    rows: int = 10_000,
    prefix: str = "goodwill_",
    schema: str | None = None,
) -> list[Path]:
    """Write all entries of a ledger, in one pass, to `folder/bucket=N/entries.parquet`; nothing personal but the names.

    Every entry is there, reversals and reversed ones too, as a reading takes them: magnitudes as floats, instants in
    UTC. All names of a customer are in one bucket. Restricted accounts, notes and attributes are left out. As it is one
    statement, the files are of one moment, and other writers are not held up.

    Args:
        connection: the host's, or one of an engine.
        folder: where; it is made, and what a bucket had is replaced.
        ledger: which.
        buckets: how many; each is folded by itself.
        rows: kept in memory for each bucket before they are written as a row group.
        prefix: as for `SQLAlchemyStore`.
        schema: likewise.

    Returns:
        The files, of those buckets that have entries.
    """
    ours = tables(prefix, schema)
    with SQLAlchemyStore(connection, ledger=ledger, prefix=prefix, schema=schema).work(write=False) as work:
        names = Names(cast(list[Merge], work.answer(Merges())))
    found = connection.execute(entries_of(ours, ledger), execution_options={"stream_results": True, "yield_per": rows})
    with ExitStack() as stack:
        files: dict[int, Bucket] = {}
        for row in found:
            account = names.root(row[0])
            number = bucket_of(account, buckets)
            if number not in files:
                place = folder / f"bucket={number}"
                place.mkdir(parents=True, exist_ok=True)
                files[number] = stack.enter_context(Bucket(place / "entries.parquet", rows))
            files[number].add((account, *row))
    return [files[number].path for number in sorted(files)]


def entries_of(ours: Tables, ledger: str) -> Select[Any]:
    """The entries of a ledger, but of restricted accounts, with the name that each was written under."""
    accounts, entries = ours.accounts, ours.entries
    return (
        select(accounts.c.name, *(entries.c[column] for column in COLUMNS.values()))
        .select_from(entries.join(accounts, accounts.c.id == entries.c.account_id))
        .where(entries.c.ledger == ledger, accounts.c.restricted_us.is_(None))
    )


class Bucket:
    """One file that is being written: rows are gathered into groups."""

    def __init__(self, path: Path, rows: int) -> None:
        self.path = path
        self._rows = rows
        self._gathered: list[Sequence[Any]] = []
        self._writer = pq.ParquetWriter(path, SCHEMA, compression="zstd")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._write()
        self._writer.close()

    def add(self, row: Sequence[Any]) -> None:
        """Gather a row."""
        self._gathered.append(row)
        if len(self._gathered) >= self._rows:
            self._write()

    def _write(self) -> None:
        if self._gathered:
            columns = zip(*self._gathered, strict=True)
            arrays = [
                array(scaled(values, field.name), field.type) for values, field in zip(columns, SCHEMA, strict=True)
            ]
            self._writer.write_table(pa.Table.from_arrays(arrays, schema=SCHEMA))
            self._gathered.clear()


def scaled(values: Sequence[Any], name: str) -> Sequence[Any]:
    """The values of a column as a reading has them; magnitudes are kept in millionths."""
    if name != "magnitude":
        return values
    return [None if value is None else value / MILLION for value in values]
