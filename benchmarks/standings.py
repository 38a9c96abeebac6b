"""What kept readings cost on SQLite: a balance by the length of its history, a ranking by the number of accounts.

Usage: python -m benchmarks.standings [MOST_ACCOUNTS]. Prints best wall times and the ratios that are promised.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

from sqlalchemy import Engine, insert, select

from goodwill import Ledger, presets
from goodwill.domain.entry import Deposit, Entry, Withdrawal
from goodwill.domain.instant import to_us
from goodwill.ledger.kept import KeptReading
from goodwill.policies.sums import Sum, rank_key
from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, open_engine, standings
from goodwill.stores.sqlalchemy.tables import tables
from goodwill.testing.clock import FixedClock

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TABLES = tables("goodwill_", None)
SHORT, LONG = 10, 100_000
FEW, MANY = 10_000, 1_000_000
RATE = presets.default().decay.rates[0]


def book(path: Path) -> tuple[Ledger, Engine]:
    """A ledger in a file, that keeps readings for the default policy."""
    engine = open_engine(f"sqlite:///{path}")
    create_all(engine)
    store = SQLAlchemyStore(engine, standings=True)
    ledger = Ledger(store, policy=presets.default(), catalog=presets.service_catalog(), clock=FixedClock(NOW))
    standings.add(ledger, ledger.policy)
    standings.run(ledger)
    return ledger, engine


def history(account: str, count: int, since: timedelta) -> Iterator[Entry]:
    """Plain entries of an account, which answer nothing."""
    for number in range(count):
        at = NOW - since * (1 - number / count)
        if number % 3:
            yield Deposit(account=account, kind="thank_you", occurred_at=at)
        else:
            yield Withdrawal(account=account, kind="late_delivery", magnitude=1, occurred_at=at)


def best(work: Callable[[], object], rounds: int = 15) -> float:
    """The shortest of some times, in seconds."""
    times = []
    for _ in range(rounds):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return min(times)


def balances(folder: Path, longest: int = LONG) -> dict[int, float]:
    """By how many plain entries are pending: what a balance of a long history costs, in those of a short one."""
    ledger, engine = book(folder / "balances.db")
    for account, count in (("short", SHORT), ("long", longest)):
        ledger.record_many(history(account, count, timedelta(days=1000)))
    standings.run(ledger, batch=longest)
    ratios = {}
    for pending in (0, 100):
        for account in ("short", "long") if pending else ():
            ledger.record_many(history(account, pending, timedelta(hours=1)))
        costs = {account: best(lambda name=account: ledger.balance(name)) for account in ("short", "long")}  # type: ignore[misc]  # a lambda's default
        ratios[pending] = costs["long"] / costs["short"]
        print(
            f"balance, {pending:>3} pending: {costs['short'] * 1e6:8,.0f} us of {SHORT} entries, "
            f"{costs['long'] * 1e6:8,.0f} us of {longest:,}: ratio {ratios[pending]:.2f} (at most 1.5)"
        )
    engine.dispose()
    return ratios


def ranking(folder: Path, few: int = FEW, many: int = MANY) -> float:
    """What the 100 lowest of many accounts cost, in those of few."""
    costs = {}
    for count in (few, many):
        ledger, engine = book(folder / f"{count}.db")
        fill(engine, count)
        assert len(ledger.overdrawn(limit=100)) == 100
        costs[count] = best(lambda book=ledger: book.overdrawn(limit=100), rounds=5)  # type: ignore[misc]  # a lambda's default
        engine.dispose()
    ratio = costs[many] / costs[few]
    print(
        f"overdrawn(limit=100): {costs[few] * 1e3:.1f} ms of {few:,} accounts, {costs[many] * 1e3:.1f} ms of {many:,}: "
        f"ratio {ratio:.2f} (at most 2)"
    )
    return ratio


def fill(engine: Engine, count: int) -> None:
    """Accounts with a kept reading each, and no entries: rows as the job writes them."""
    with engine.begin() as connection:
        policy_id = connection.scalar(select(TABLES.policies.c.id))
        for start in range(1, count + 1, 10_000):
            numbers = range(start, min(start + 10_000, count + 1))
            names = [{"id": n, "ledger": "default", "name": f"c{n}", "created_us": 0} for n in numbers]
            connection.execute(insert(TABLES.accounts), names)
            connection.execute(insert(TABLES.standings), [row(policy_id, number) for number in numbers])


def row(policy_id: int | None, number: int) -> dict[str, object]:
    """A row of a random balance."""
    chance = random.Random(number)  # noqa: S311 - the same accounts in every run
    at_us = to_us(NOW) - chance.randrange(400 * 86_400_000_000)
    one = Sum(RATE, at_us, chance.uniform(0, 50), -chance.uniform(0, 50))
    is_overdrawn = one.positive + one.negative < 0
    kept = KeptReading(at_us, None, to_us(NOW), at_us, at_us, 2, (one,), (), (), (), "", is_overdrawn)
    return {
        "policy_id": policy_id,
        "account_id": number,
        "from_us": at_us,
        "until_us": None,
        "looked_us": to_us(NOW),
        "document": kept.document,
        "covers": None,
        "hidden": False,
        "band": "overdrawn" if is_overdrawn else "positive",
        "is_overdrawn": is_overdrawn,
        "rank_key": rank_key(one),
        "next_crossing_us": None,
    }


def main() -> None:
    """Measure, and print a table."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else MANY
    with tempfile.TemporaryDirectory() as folder:
        balances(Path(folder))
        ranking(Path(folder), FEW, most)


if __name__ == "__main__":
    main()
