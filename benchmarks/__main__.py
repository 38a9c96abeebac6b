"""How fast entries are written and read on SQLite, beside the floor: the same rows by the driver's own executemany.

Read the ratios: seconds differ from machine to machine and from minute to minute. Each figure is the best of several
runs, taken in turns. Usage: make bench.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

from sqlalchemy.orm import Session

from goodwill import Ledger, Withdrawal, presets
from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, open_engine
from goodwill.testing.clock import FixedClock

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ENTRIES = 5_000
ACCOUNTS = 500
ROUNDS = 3
TABLES = ("goodwill_accounts", "goodwill_entries")


def main() -> None:
    """Measure, and print the tables."""
    with tempfile.TemporaryDirectory() as folder:
        writing(Path(folder))
        reading(Path(folder))


def facts(entries: int, accounts: int) -> list[Withdrawal]:
    return [
        Withdrawal(
            account=f"customer-{number % accounts}",
            kind="late_delivery",
            magnitude=1 + number % 3,
            occurred_at=NOW - timedelta(hours=number),
            reference=f"order:{number}:late",
        )
        for number in range(entries)
    ]


def ledger_over(bind: Session) -> Ledger:
    catalog = presets.service_catalog()
    return Ledger(SQLAlchemyStore(bind), policy=presets.default(), catalog=catalog, clock=FixedClock(NOW))


def writing(folder: Path) -> None:
    """Seconds per way to write the same entries, and how many times the floor."""
    batch = facts(ENTRIES, ACCOUNTS)
    rows = recorded_rows(folder / "model.db", batch)

    def one_by_one(ledger: Ledger) -> None:
        for fact in batch:
            ledger.record(fact)

    ways: dict[str, Callable[[Path], float]] = {
        "executemany, by the driver": lambda path: by_the_driver(path, rows),
        "record_many": lambda path: by_the_ledger(path, lambda ledger: ledger.record_many(batch)),
        "record, one by one, one transaction": lambda path: by_the_ledger(path, one_by_one),
    }
    best = dict.fromkeys(ways, float("inf"))
    for turn in range(ROUNDS):
        for number, (way, measure) in enumerate(ways.items()):
            best[way] = min(best[way], measure(folder / f"{turn}-{number}.db"))
    floor = min(best.values())
    print(f"Writing {ENTRIES:,} entries of {ACCOUNTS:,} accounts\n")
    print(f"{'way':<40}{'entries/s':>12}{'times the floor':>18}")
    for way, seconds in best.items():
        print(f"{way:<40}{ENTRIES / seconds:>12,.0f}{seconds / floor:>18.1f}")


def recorded_rows(path: Path, batch: list[Withdrawal]) -> dict[str, list[tuple[object, ...]]]:
    """What the tables hold once the ledger has written the batch."""
    by_the_ledger(path, lambda ledger: ledger.record_many(batch))
    with sqlite3.connect(path) as connection:
        return {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}


def by_the_driver(path: Path, rows: dict[str, list[tuple[object, ...]]]) -> float:
    engine = open_engine(f"sqlite:///{path}")
    create_all(engine)
    engine.dispose()
    with sqlite3.connect(path) as connection:
        start = perf_counter()
        for table, values in rows.items():
            places = ", ".join("?" * len(values[0]))
            connection.executemany(f"INSERT INTO {table} VALUES ({places})", values)
        connection.commit()
        return perf_counter() - start


def by_the_ledger(path: Path, write: Callable[[Ledger], object]) -> float:
    engine = open_engine(f"sqlite:///{path}")
    create_all(engine)
    with Session(engine) as session:
        start = perf_counter()
        write(ledger_over(session))
        session.commit()
        seconds = perf_counter() - start
    engine.dispose()
    return seconds


def reading(folder: Path) -> None:
    """Microseconds of one balance, by how many entries the account has."""
    policy = presets.default()
    kind = "additive" if policy.is_additive else "not additive"
    print(f"\nOne balance under {policy.fingerprint} ({policy.policy_class}, {kind})\n")
    print(f"{'entries of the account':<40}{'microseconds':>12}")
    for entries in (10, 100, 1_000, 10_000):
        engine = open_engine(f"sqlite:///{folder / f'read-{entries}.db'}")
        create_all(engine)
        with Session(engine) as session:
            ledger = ledger_over(session)
            ledger.record_many(facts(entries, 1))
            best = min(timed(lambda ledger=ledger: ledger.balance("customer-0", as_of=NOW)) for _ in range(5))
        engine.dispose()
        print(f"{entries:<40,}{best * 1e6:>12,.0f}")


def timed(call: Callable[[], object]) -> float:
    start = perf_counter()
    call()
    return perf_counter() - start


if __name__ == "__main__":
    main()
