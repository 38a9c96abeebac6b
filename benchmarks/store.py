"""What it costs to write, beside the floor and beside another library; every ratio is taken within one run.

Each section measures several ways, turn by turn, and keeps the best of each; its first way is the floor that the others
are told in. Wall time is what a user waits for, processor time what is left of it when other programs share the machine
and the disk is quick; where an aim stands, it is missed if both ratios are above it.

    python -m benchmarks.store            all of it, in a few minutes; exit code 1 if an aim is missed
    python -m benchmarks.store --small    in seconds, to see that it runs: such ratios say nothing

To add a section, write one function of (size, folder) that returns a `Section`, and name it in SECTIONS.
"""

from __future__ import annotations

import argparse
import gc
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, NamedTuple

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from goodwill import Deposit, Ledger, Money, Ref, Withdrawal, presets
from goodwill.domain.entry import Entry
from goodwill.ledger.drafting import Door
from goodwill.ledger.ports import Append, Draft
from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, open_engine
from goodwill.testing.clock import FixedClock

NOW = datetime(2026, 3, 1, tzinfo=UTC)
BATCH = 1_000
TABLES = ("goodwill_accounts", "goodwill_entries", "goodwill_details")


class Size(NamedTuple):
    """How much is measured: entries, of how many accounts, how often; and of another library's slow way."""

    entries: int
    accounts: int
    rounds: int
    loaded_accounts: int
    loaded_entries: int  # of each account


FULL = Size(10_000, 1_000, 7, 2, 100)
SMALL = Size(200, 20, 1, 2, 5)


class Spent(NamedTuple):
    """Seconds of the clock on the wall, and of the processor; of one operation where they were divided."""

    wall: float
    processor: float


class Way(NamedTuple):
    """One way of doing something.

    Attributes:
        name: what the table calls it.
        measure: does it once, with a path of its own for a database, and says what it took.
        operations: how many operations that is; the table tells the time of one.
        aim: at most how many times the floor it should take; None if it is only shown.
        rounds: how often it is measured at most; None is as often as the others.
    """

    name: str
    measure: Callable[[Path], Spent]
    operations: int
    aim: float | None = None
    rounds: int | None = None


class Section(NamedTuple):
    """What is compared, and the ways; the first is the floor."""

    title: str
    ways: Sequence[Way]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.store", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--small", action="store_true", help="run in seconds; the ratios then say nothing")
    small = parser.parse_args(arguments).small
    size = SMALL if small else FULL
    missed: list[str] = []
    for section in SECTIONS:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            missed += compare(section(size, folder), size.rounds, folder)
    if small:
        return 0
    print("\n".join(f"missed: {line}" for line in missed) or "every aim is met")
    return 1 if missed else 0


def compare(section: Section, rounds: int, folder: Path) -> list[str]:
    """Measure a section's ways turn by turn and print its table; the answer is which aims are missed."""
    best = {way: Spent(float("inf"), float("inf")) for way in section.ways}
    for turn in range(rounds):
        for number, way in enumerate(section.ways):
            if turn < (way.rounds or rounds):
                path = folder / f"{turn}-{number}.db"
                best[way] = Spent(*map(min, best[way], way.measure(path)))
                path.unlink(missing_ok=True)
    each = {way: Spent(*(seconds / way.operations for seconds in spent)) for way, spent in best.items()}
    floor = each[section.ways[0]]
    print(f"{section.title}, best of {rounds}\n")
    print(f"{'':<44}{'microseconds each':>18}{'times the floor':>17}{'by processor':>14}{'aim':>8}")
    missed = []
    for way, spent in each.items():
        wall, processor = spent.wall / floor.wall, spent.processor / floor.processor
        aim = "" if way.aim is None else f"{way.aim:g}"
        print(f"{way.name:<44}{spent.wall * 1e6:>18,.1f}{wall:>17.2f}{processor:>14.2f}{aim:>8}")
        if way.aim is not None and min(wall, processor) > way.aim:
            missed.append(f"{way.name}: {wall:.2f} ({processor:.2f} by processor), the aim is {way.aim:g}")
    print()
    return missed


def timed(action: Callable[[], object]) -> Spent:
    gc.collect()
    wall, processor = perf_counter(), process_time()
    action()
    return Spent(perf_counter() - wall, process_time() - processor)


# Writing


def writing(size: Size, folder: Path) -> Section:
    """The ledger beside the driver's own executemany of the same rows into the same tables, with their triggers.

    Entries are made before the clock starts, as the floor's rows are; what that costs has a line of its own.
    """
    entries = facts(size)
    rows = rows_of(folder / "model.db", entries)
    number = size.entries
    title = f"Writing {number:,} entries of {size.accounts:,} accounts in one transaction on SQLite"
    return Section(
        title,
        [
            Way("executemany of the same rows, by the driver", lambda path: by_the_driver(path, rows), number),
            Way("the ledger, record_many", lambda path: by_the_ledger(path, at_once, entries), number, aim=3),
            Way("the ledger, record", lambda path: by_the_ledger(path, one_by_one, entries), number, aim=15, rounds=5),
            Way("  of it the door: checks, ids, digests", lambda _path: timed(lambda: drafted(entries)), number),
            Way("  the store, in batches of 1,000", lambda path: by_the_store(path, entries, BATCH), number),
            Way("  the store, one by one", lambda path: by_the_store(path, entries, 1), number, rounds=3),
            Way(
                "  the store, one by one, a replay",
                lambda path: by_the_store(path, entries, 1, again=True),
                number,
                rounds=3,
            ),
            Way("the caller's: to make the entries", lambda _path: timed(lambda: facts(size)), number),
        ],
    )


def beside_eventsourcing(size: Size, folder: Path) -> Section:
    """The same facts as events of the library `eventsourcing`, an aggregate an account, in its own SQLite recorder."""
    entries = facts(size)
    rows = rows_of(folder / "model.db", entries)
    few = size._replace(entries=size.loaded_accounts * size.loaded_entries, accounts=size.loaded_accounts)
    loaded = few.entries
    title = f"Beside the library eventsourcing: {size.entries:,} entries in one transaction, or {loaded:,} one by one"
    return Section(
        title,
        [
            Way("executemany of the same rows, by the driver", lambda path: by_the_driver(path, rows), size.entries),
            Way("goodwill, record_many", lambda path: by_the_ledger(path, at_once, entries), size.entries),
            Way("goodwill, record", lambda path: by_the_ledger(path, one_by_one, facts(few)), loaded),
            Way("eventsourcing, one save", lambda path: saved_at_once(path, entries), size.entries),
            Way(
                f"eventsourcing, load and save, {size.loaded_entries} an account",
                lambda path: loaded_and_saved(path, facts(few)),
                loaded,
                rounds=2,
            ),
        ],
    )


SECTIONS: tuple[Callable[[Size, Path], Section], ...] = (writing, beside_eventsourcing)


def facts(size: Size) -> list[Entry]:
    """By turns a late delivery, and a waived fee that answers it; all with references, one in ten with a note."""
    fee = Money("14.99", "USD")
    made: list[Entry] = []
    for number in range(size.entries):
        order, answers = divmod(number, 2)
        common: dict[str, Any] = {
            "account": f"customer-{order % size.accounts}",
            "occurred_at": NOW - timedelta(minutes=size.entries - number),
            "actor": f"agent-{order % 7}",
            "note": None if number % 10 else "The parcel was left at the neighbour's.",
        }
        if answers:
            late = Ref(f"order:{order}:late")
            common |= {"reference": f"order:{order}:waiver", "in_response_to": late}
            made.append(Deposit(kind="fee_waived", cost=fee, **common))
        else:
            days = order % 5 + 1
            made.append(Withdrawal(kind="late_delivery", magnitude=days, reference=f"order:{order}:late", **common))  # type: ignore[arg-type]  # as a caller writes it
    return made


def ledger_on(session: Session) -> Ledger:
    catalog = presets.service_catalog()
    return Ledger(SQLAlchemyStore(session), policy=presets.default(), catalog=catalog, clock=FixedClock(NOW))


def drafted(entries: Sequence[Entry]) -> list[Draft]:
    door = Door(presets.service_catalog(), ("USD",), timedelta(minutes=5))
    return [door.draft(fact, NOW) for fact in entries]


def at_once(ledger: Ledger, entries: Sequence[Entry]) -> None:
    ledger.record_many(entries)


def one_by_one(ledger: Ledger, entries: Sequence[Entry]) -> None:
    for fact in entries:
        ledger.record(fact)


@contextmanager
def made(path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{path}")
    create_all(engine)
    yield engine
    engine.dispose()


def rows_of(path: Path, entries: Sequence[Entry]) -> dict[str, list[tuple[object, ...]]]:
    """What the tables hold once the entries are recorded."""
    by_the_ledger(path, at_once, entries)
    with closing(sqlite3.connect(path)) as connection:
        return {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}


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


def by_the_ledger(path: Path, write: Callable[[Ledger, Sequence[Entry]], None], entries: Sequence[Entry]) -> Spent:
    with made(path) as engine, Session(engine) as session:

        def record() -> None:
            write(ledger_on(session), entries)
            session.commit()

        return timed(record)


def by_the_store(path: Path, entries: Sequence[Entry], batch: int, *, again: bool = False) -> Spent:
    with made(path) as engine, Session(engine) as session:
        store = SQLAlchemyStore(session)

        def write(drafts: list[Draft]) -> None:
            for first in range(0, len(drafts), batch):
                with store.work(write=True) as work:
                    work.answer(Append(drafts[first : first + batch]))
            session.commit()

        if again:
            write(drafted(entries))
        return timed(partial(write, drafted(entries)))


class Customer(Aggregate):
    """An account as `eventsourcing` has them: what happened is events, and the whole is loaded to add one."""

    @event("Opened")
    def __init__(self, name: str) -> None:
        self.name = name
        self.entries = 0

    @event("Noted")
    def note(self, fact: dict[str, Any]) -> None:
        self.entries += 1


@contextmanager
def application(path: Path) -> Iterator[Application[Any]]:
    made = Application(env={"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(path)})
    yield made
    made.close()


def as_json(entry: Entry) -> dict[str, Any]:
    """An entry as an event carries it."""
    return {
        "type": entry.type,
        "kind": entry.kind,
        "magnitude": str(entry.magnitude),
        "cost": None if entry.cost is None else entry.cost.to_dict(),
        "occurred_at": entry.occurred_at.isoformat(),
        "reference": entry.reference,
        "in_response_to": entry.in_response_to.reference if isinstance(entry.in_response_to, Ref) else None,
        "actor": entry.actor,
        "note": entry.note,
    }


def saved_at_once(path: Path, entries: Sequence[Entry]) -> Spent:
    with application(path) as app:
        told = [(entry.account, as_json(entry)) for entry in entries]
        names = dict.fromkeys(name for name, _fact in told)

        def save() -> None:
            customers = {name: Customer(name) for name in names}
            for name, fact in told:
                customers[name].note(fact)
            app.save(*customers.values())

        return timed(save)


def loaded_and_saved(path: Path, entries: Sequence[Entry]) -> Spent:
    with application(path) as app:
        customers = {name: Customer(name) for name in {entry.account for entry in entries}}
        app.save(*customers.values())
        told = [(customers[entry.account].id, as_json(entry)) for entry in entries]

        def save_each() -> None:
            for key, fact in told:
                customer: Customer = app.repository.get(key)
                customer.note(fact)
                app.save(customer)

        return timed(save_each)


if __name__ == "__main__":
    sys.exit(main())
