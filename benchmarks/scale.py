"""What a ledger takes per entry on a real database: bytes by table and index, and seconds to write and to hand over.

Everything is measured on the database that is named, which must be empty; nothing is extrapolated here. Sizes are read
after VACUUM or OPTIMIZE, as the database states them. Usage: python -m benchmarks.scale URL [ENTRIES] [PARTITIONS]
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time

from sqlalchemy import Engine, text

from goodwill import Entry, Ledger, presets
from goodwill.domain.entry import Deposit, Ref, Withdrawal
from goodwill.domain.money import Money
from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, open_engine
from goodwill.stores.sqlalchemy.parquet import write_parquet
from goodwill.stores.sqlalchemy.partitioning import partition
from goodwill.testing.clock import FixedClock

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PER_ACCOUNT = 20
BATCH = 1000
SINGLES = 300
SIZES = {
    "postgresql": (
        "SELECT regexp_replace(c.relname, '_p[0-9]+', ''), sum(pg_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = 'public' AND c.relname LIKE 'goodwill%' AND c.relkind IN ('r', 'i') GROUP BY 1 ORDER BY 2 DESC"
    ),
    "mysql": (
        "SELECT concat(table_name, ' ', index_name), stat_value * @@innodb_page_size FROM mysql.innodb_index_stats "
        "WHERE database_name = DATABASE() AND stat_name = 'size' ORDER BY 2 DESC"
    ),
    "sqlite": "SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC",
}


def facts(count: int) -> Iterator[Entry]:
    """Two of a kind: a late delivery, and a waived fee that answers it; every one has a reference."""
    for number in range(count // 2):
        account, at = (
            f"customer-{number % (count // PER_ACCOUNT):08}",
            NOW - timedelta(minutes=3 * (count - number) // 2),
        )
        reference = f"order:{number:010}:late"
        yield Withdrawal(
            account=account,
            kind="late_delivery",
            occurred_at=at,
            magnitude=2,
            reference=reference,
            actor="agent-7",  # type: ignore[arg-type]  # as a call takes them
        )
        yield Deposit(
            account=account, kind="fee_waived", occurred_at=at + timedelta(days=1), cost=Money("14.99", "USD"),
            in_response_to=Ref(reference), reference=f"order:{number:010}:waiver", actor="agent-7",
        )  # fmt: skip


def sizes(engine: Engine) -> dict[str, int]:
    """Bytes of each table and index that is not small."""
    name = engine.dialect.name.replace("mariadb", "mysql")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if name == "postgresql":
            connection.execute(text("VACUUM ANALYZE"))
        elif name == "mysql":
            connection.execute(
                text("ANALYZE TABLE goodwill_entries, goodwill_accounts, goodwill_details, goodwill_purged")
            )
        return {str(row[0]): int(row[1]) for row in connection.execute(text(SIZES[name])) if row[1]}


def analyze(engine: Engine) -> None:
    """What autovacuum does by itself where it is on: without statistics PostgreSQL reads whole tables."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))


def main() -> None:
    url, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    partitions = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    engine = open_engine(url)
    create_all(engine)
    if partitions:
        with engine.begin() as connection:
            partition(connection, partitions=partitions)
    ledger = Ledger(
        SQLAlchemyStore(engine), policy=presets.default(), catalog=presets.service_catalog(), clock=FixedClock(NOW)
    )
    made = list(facts(count))
    taken, worked = 0.0, 0.0
    for start in range(0, count, BATCH):
        started, working = perf_counter(), process_time()
        ledger.record_many(made[start : start + BATCH])
        taken, worked = taken + perf_counter() - started, worked + process_time() - working
        if start in {0, 9 * BATCH}:
            analyze(engine)
    print(f"{engine.dialect.name}, {count:,} entries, {partitions or 'no'} partitions")
    print(f"record_many, batches of {BATCH}, a transaction each: {count / taken:,.0f} entries/s")
    print(f"of that, processor time of this process: {worked / count * 1e6:,.0f} us/entry")
    started = perf_counter()
    for number in range(SINGLES):
        ledger.deposit(f"customer-{number:08}", "upgrade", reference=f"single:{number}")
    print(f"one by one, a transaction each: {SINGLES / (perf_counter() - started):,.0f} entries/s")
    with tempfile.TemporaryDirectory() as name, engine.connect() as connection:
        started = perf_counter()
        files = write_parquet(connection, Path(name), buckets=64)
        taken, written = perf_counter() - started, sum(path.stat().st_size for path in files)
    print(f"Parquet: {written / (count + SINGLES):.1f} bytes/entry, {(count + SINGLES) / taken:,.0f} entries/s")
    for size_of, size in list((found := sizes(engine)).items())[:24]:
        print(f"{size / count:8.1f} bytes/entry  {size_of}")
    print(f"{sum(found.values()) / count:8.1f} bytes/entry in all")
    long_ago = NOW - timedelta(minutes=9 * count // 8)  # half of the entries
    names = [each.id for _, each in zip(range(50), ledger.accounts(), strict=False)]
    before = perf_counter()
    gone = sum(ledger.purge(before=long_ago, account=each)[0].entries for each in names)
    print(f"purge: {len(names)} customers, {gone:,} entries, {gone / (perf_counter() - before):,.0f} entries/s")
    kept = sum(size for name, size in sizes(engine).items() if "purged" in name)
    print(f"what stays of a purged entry: {kept / max(gone, 1):.1f} bytes")


if __name__ == "__main__":
    main()
