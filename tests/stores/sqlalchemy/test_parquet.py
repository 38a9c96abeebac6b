"""Entries as Parquet files, by bucket of customers."""

from __future__ import annotations

from datetime import UTC, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from goodwill import Ledger, Money, Ref, presets
from goodwill.stores.sqlalchemy.parquet import SCHEMA, bucket_of, write_parquet
from goodwill.testing.clock import FixedClock
from tests.databases import Database


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database.store(), policy=presets.default(), catalog=presets.service_catalog(), clock=FixedClock())


def files_of(database: Database, folder: Path, **options: int) -> list[Path]:
    with database.engine.connect() as connection:
        return write_parquet(connection, folder, ledger=database.ledger, **options)


def test_every_entry_is_in_the_bucket_of_its_customer_as_it_was_recorded(
    database: Database, ledger: Ledger, tmp_path: Path
) -> None:
    for number in range(60):
        at = ledger.clock.now() - timedelta(days=number, microseconds=number)
        late = ledger.withdraw(
            f"c{number % 9}", "late_delivery", Decimal("2.5"), occurred_at=at, reference=f"r{number}"
        )
        ledger.deposit(
            late.account, "fee_waived", cost=Money("14.99", "USD"), in_response_to=Ref(f"r{number}"), note="personal"
        )
    ledger.reverse(Ref("r7"))
    files = files_of(database, tmp_path, buckets=4, rows=7)
    assert {path.parent.name for path in files} == {f"bucket={bucket_of(f'c{n}', 4)}" for n in range(9)}
    assert all(pq.read_schema(path).equals(SCHEMA) for path in files)
    for path in files:
        number = int(path.parent.name.partition("=")[2])
        assert {bucket_of(account, 4) for account in pl.read_parquet(path, hive_partitioning=False)["account"]} == {
            number
        }
    found = {row["id"]: row for path in files for row in pl.read_parquet(path, hive_partitioning=False).to_dicts()}
    entries = list(ledger.entries())
    assert found.keys() == {entry.id for entry in entries}
    for entry in entries:
        row = found[entry.id]
        told = (row["account"], row["name"], row["seq"], row["type"], row["kind"], row["reference"], row["magnitude"])
        assert told == (
            entry.account, entry.account, entry.seq, entry.type, entry.kind, entry.reference, float(entry.magnitude),
        )  # fmt: skip
        assert row["occurred_at"].astimezone(UTC) == entry.occurred_at
        assert row["cost_minor"] == (1499 if entry.cost else None)
        assert row["reverses"] == getattr(entry, "reverses", None)
    assert not {"note", "attributes"} & set(SCHEMA.names)


def test_names_of_one_customer_are_in_one_bucket_and_restricted_ones_in_none(
    database: Database, ledger: Ledger, tmp_path: Path
) -> None:
    for name in ("A", "B", "C", "gone"):
        ledger.deposit(name, "upgrade")
    ledger.merge("A", into="B")
    ledger.merge("B", into="C")
    ledger.restrict_account("gone")
    (path,) = files_of(database, tmp_path)
    rows = pl.read_parquet(path, hive_partitioning=False)
    assert sorted(rows["name"]) == ["A", "B", "C"]
    assert set(rows["account"]) == {"C"}
    assert path.parent.name == f"bucket={bucket_of('C', 64)}"


def test_a_ledger_without_entries_leaves_no_files(database: Database, tmp_path: Path) -> None:
    assert files_of(database, tmp_path) == []
    assert list(tmp_path.iterdir()) == []
