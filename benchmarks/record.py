"""What a record costs beside the floor, and which part of it is the store's.

The floor is the driver's own executemany of the same rows into the same tables, in the same run. Read the ratios; where
other programs run at the same time, those of the processor's time, which leave out what the disk takes.
Usage: python -m benchmarks.record
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from typing import NamedTuple

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from goodwill import Deposit, Ledger, Money, presets
from goodwill.ledger.drafting import Door
from goodwill.ledger.ports import Append, Draft
from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, open_engine
from goodwill.testing.clock import FixedClock

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ENTRIES = 5_000
ACCOUNTS = 500
BATCH = 1_000
ROUNDS = 5
TABLES = ("goodwill_accounts", "goodwill_entries", "goodwill_details")


class Spent(NamedTuple):
    """Seconds of the clock on the wall, and of the processor."""

    wall: float
    processor: float


def timed(action: Callable[[], object]) -> Spent:
    wall, processor = perf_counter(), process_time()
    action()
    return Spent(perf_counter() - wall, process_time() - processor)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = rows_of(folder / "model.db")
        ways: dict[str, Callable[[Path], Spent]] = {
            "executemany, by the driver": lambda path: by_the_driver(path, rows),
            "the store, batches of 1,000": lambda path: by_the_store(path, BATCH),
            "the store, one by one": lambda path: by_the_store(path, 1),
            "the store, a replay, one by one": lambda path: by_the_store(path, 1, again=True),
            "the door alone": lambda _path: by_the_door(),
            "the ledger, record_many": lambda path: by_the_ledger(path, lambda ledger: ledger.record_many(facts())),
            "the ledger, record": lambda path: by_the_ledger(path, one_by_one),
        }
        best = dict.fromkeys(ways, Spent(float("inf"), float("inf")))
        for turn in range(ROUNDS):
            for number, (way, measure) in enumerate(ways.items()):
                spent = measure(folder / f"{turn}-{number}.db")
                best[way] = Spent(*map(min, best[way], spent))
    floor = next(iter(best.values()))
    print(f"{ENTRIES:,} entries of {ACCOUNTS:,} accounts in one transaction on SQLite, best of {ROUNDS}\n")
    print(f"{'way':<36}{'microseconds an entry':>24}{'times the floor':>18}{'processor alone':>18}")
    for way, spent in best.items():
        ratios = f"{spent.wall / floor.wall:>18.1f}{spent.processor / floor.processor:>18.1f}"
        print(f"{way:<36}{spent.wall / ENTRIES * 1e6:>24.1f}{ratios}")


def facts() -> list[Deposit]:
    fee = Money("14.99", "USD")
    return [
        Deposit(
            account=f"customer-{number % ACCOUNTS}",
            kind="fee_waived",
            cost=fee,
            occurred_at=NOW - timedelta(hours=number),
            reference=f"order:{number}:waiver",
            actor=f"agent-{number % 7}",
        )
        for number in range(ENTRIES)
    ]


def ledger_on(session: Session) -> Ledger:
    catalog = presets.service_catalog()
    return Ledger(SQLAlchemyStore(session), policy=presets.default(), catalog=catalog, clock=FixedClock(NOW))


def drafted() -> list[Draft]:
    door = Door(presets.service_catalog(), ("USD",), timedelta(minutes=5))
    return [door.draft(fact, NOW) for fact in facts()]


def one_by_one(ledger: Ledger) -> None:
    for fact in facts():
        ledger.record(fact)


def rows_of(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """What the tables hold once the entries are recorded."""
    by_the_ledger(path, lambda ledger: ledger.record_many(facts()))
    with closing(sqlite3.connect(path)) as connection:
        return {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}


@contextmanager
def made(path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{path}")
    create_all(engine)
    yield engine
    engine.dispose()


def by_the_driver(path: Path, rows: dict[str, list[tuple[object, ...]]]) -> Spent:
    with made(path):
        pass
    with closing(sqlite3.connect(path)) as connection:

        def write() -> None:
            for table, values in rows.items():
                if values:
                    connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values[0]))})", values)
            connection.commit()

        return timed(write)


def by_the_store(path: Path, size: int, *, again: bool = False) -> Spent:
    with made(path) as engine, Session(engine) as session:
        store = SQLAlchemyStore(session)

        def write(drafts: list[Draft]) -> None:
            for first in range(0, ENTRIES, size):
                with store.work(write=True) as work:
                    work.answer(Append(drafts[first : first + size]))
            session.commit()

        if again:
            write(drafted())
        return timed(partial(write, drafted()))


def by_the_door() -> Spent:
    return timed(drafted)


def by_the_ledger(path: Path, write: Callable[[Ledger], object]) -> Spent:
    with made(path) as engine, Session(engine) as session:

        def record() -> None:
            write(ledger_on(session))
            session.commit()

        return timed(record)


if __name__ == "__main__":
    main()
