"""What a row's digest costs the writer, and how fast a ledger on SQLite is sealed and verified.

Read the processor's time where other programs run. Usage: python -m benchmarks.seal
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time

from goodwill import Deposit, Ledger, Money, presets
from goodwill.ledger.drafting import Door
from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, open_engine
from goodwill.stores.sqlalchemy.row_digests import entry_digest
from goodwill.stores.sqlalchemy.rows import row_of
from goodwill.testing.clock import FixedClock

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ENTRIES = 100_000
DIGESTS = 20_000
ROUNDS = 7


def main() -> None:
    """Measure, and print a table."""
    row = row_of(Door(presets.service_catalog(), ("USD",), timedelta(0)).draft(fact(1), NOW), "default")
    digest = min(spent(lambda: [entry_digest(row) for _ in range(DIGESTS)])[1] for _ in range(ROUNDS)) / DIGESTS
    print(f"The digest of a row: {digest * 1e6:.1f} microseconds of the processor, best of {ROUNDS}\n")
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{Path(folder) / 'goodwill.db'}")
        create_all(engine)
        store = SQLAlchemyStore(engine)
        ledger = Ledger(store, policy=presets.default(), catalog=presets.service_catalog(), clock=FixedClock(NOW))
        print(f"{ENTRIES:,} entries on SQLite{'seconds':>18}{'of the processor':>20}{'rows a second':>16}")
        ways: dict[str, Callable[[], object]] = {
            "record_many": lambda: ledger.record_many(map(fact, range(ENTRIES))),
            "verify, nothing sealed": ledger.verify,
            "seal": ledger.seal,
            "verify, all sealed": ledger.verify,
            "seal, nothing new": ledger.seal,
        }
        for way, action in ways.items():
            wall, processor = spent(action)
            print(f"{way:<26}{wall:>18.2f}{processor:>20.2f}{ENTRIES / processor:>16,.0f}")
        engine.dispose()


def fact(number: int) -> Deposit:
    return Deposit(
        account=f"customer-{number % 5_000}",
        kind="fee_waived",
        cost=Money("14.99", "USD"),
        occurred_at=NOW,
        reference=f"order:{number}:waiver",
        channel="phone",
        actor="agent-7",
    )


def spent(action: Callable[[], object]) -> tuple[float, float]:
    """Seconds of the clock on the wall, and of the processor."""
    wall, processor = perf_counter(), process_time()
    action()
    return perf_counter() - wall, process_time() - processor


if __name__ == "__main__":
    main()
