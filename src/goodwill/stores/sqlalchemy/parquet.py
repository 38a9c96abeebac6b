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
from goodwill.ledger.ports import Merges
from goodwill.stores.sqlalchemy.store import SQLAlchemyStore
from goodwill.stores.sqlalchemy.tables import Tables, tables

__all__ = ["SCHEMA", "bucket_of", "write_parquet"]

INSTANT: Final = pa.timestamp("us", tz="UTC")
COLUMNS: Final[Mapping[str, tuple[str, Any]]] = {
    "seq": ("seq", pa.int64()),
    "id": ("id", pa.string()),
    "type": ("type", pa.string()),
    "kind": ("kind", pa.string()),
    "magnitude": ("magnitude_e6", pa.float64()),
    "currency": ("currency", pa.string()),
    "cost_minor": ("cost_minor", pa.int64()),
    "cost_currency": ("cost_currency", pa.string()),
    "cost_exponent": ("cost_exponent", pa.int16()),
    "occurred_at": ("occurred_us", INSTANT),
    "recorded_at": ("recorded_us", INSTANT),
    "reference": ("reference", pa.string()),
    "revision": ("revision", pa.int32()),
    "response_id": ("response_id", pa.string()),
    "response_ref": ("response_ref", pa.string()),
    "due_at": ("due_us", INSTANT),
    "recurs": ("recurs", pa.string()),
    "tz": ("tz", pa.string()),
    "reverses": ("reverses", pa.string()),
    "amends": ("amends", pa.string()),
    "sincerity": ("sincerity", pa.float64()),
    "severity": ("severity", pa.float64()),
    "dimensions": ("dimensions", pa.string()),
    "channel": ("channel", pa.string()),
    "actor": ("actor", pa.string()),
    "positive": ("positive", pa.float64()),
    "negative": ("negative", pa.float64()),
    "read_under": ("read_under", pa.string()),
}
"""The columns of a file but the first two, each with the column of `entries` that it comes from and its type."""

SCHEMA: Final = pa.schema(
    [("account", pa.string()), ("name", pa.string()), *((name, form) for name, (_, form) in COLUMNS.items())]
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
        select(accounts.c.name, *(entries.c[column] for column, _ in COLUMNS.values()))
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
            arrays = [array(values, field) for values, field in zip(columns, SCHEMA, strict=True)]
            self._writer.write_table(pa.Table.from_arrays(arrays, schema=SCHEMA))
            self._gathered.clear()


def array(values: Sequence[Any], field: Any) -> Any:
    """The values of a column, as the file has them."""
    if field.name == "magnitude":
        values = [None if value is None else value / MILLION for value in values]
    made = pa.array(values, pa.int64() if field.type == INSTANT else field.type)
    return made.cast(field.type)
