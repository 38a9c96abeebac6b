"""What one balance on SQLite costs the processor, by how many entries the account has. Usage: python -m benchmarks.balance."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time

from sqlalchemy.orm import Session

from goodwill import Ledger, Withdrawal, presets
from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, open_engine
from goodwill.testing.clock import FixedClock

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SIZES = (10, 100, 1_000, 10_000)
ROUNDS = 5


def main() -> None:
    """Measure, and print a table."""
    policy = presets.default()
    kind = "additive" if policy.is_additive else "not additive"
    print(f"One balance on SQLite under {policy.fingerprint} ({policy.policy_class}, {kind}), best of {ROUNDS}\n")
    print(f"{'entries of the account':<24}{'microseconds':>14}{'an entry':>12}")
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            seconds = one_balance(Path(folder) / f"{size}.db", size)
            print(f"{size:<24,}{seconds * 1e6:>14,.0f}{seconds * 1e6 / size:>12.1f}")


def one_balance(path: Path, entries: int) -> float:
    engine = open_engine(f"sqlite:///{path}")
    create_all(engine)
    with Session(engine) as session:
        store = SQLAlchemyStore(session)
        clock = FixedClock(NOW)
        ledger = Ledger(store, policy=presets.default(), catalog=presets.service_catalog(), clock=clock)
        ledger.record_many(
            Withdrawal(account="ada", kind="late_delivery", magnitude=1, occurred_at=NOW - timedelta(hours=hour))
            for hour in range(entries)
        )
        best = min(timed(ledger) for _ in range(ROUNDS))
    engine.dispose()
    return best


def timed(ledger: Ledger) -> float:
    start = process_time()
    ledger.balance("ada", as_of=NOW)
    return process_time() - start


if __name__ == "__main__":
    main()
