"""The balances of all accounts on SQLite: added up in the database, and folded from all entries.

Usage: python -m benchmarks.all_accounts [entries]
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time
from typing import Any

from goodwill import Deposit, Ledger, Money, Ref, Withdrawal, presets
from goodwill.domain.entry import Entry
from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, open_engine
from goodwill.testing.clock import FixedClock

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ENTRIES = 200_000
PER_ACCOUNT = 20


def main() -> None:
    """Measure, and print what each takes of the processor and how they compare."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else ENTRIES
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{Path(folder) / 'goodwill.db'}")
        create_all(engine)
        catalog = presets.service_catalog()
        ledger = Ledger(SQLAlchemyStore(engine), policy=presets.default(), catalog=catalog, clock=FixedClock(NOW))
        ledger.record_many(entries(size))
        names = [account.id for account in ledger.accounts()]
        ledger.balances()  # the statement is built once
        added, in_database = timed(ledger.balances)
        folded, in_python = timed(lambda: ledger.balances(names))
        worst = max(abs(one.points - other.points) for one, other in zip(added, folded, strict=True))
        engine.dispose()
    print(f"{size:,} entries of {len(names):,} accounts under {ledger.policy.fingerprint}, seconds of the processor")
    print(f"in the database {in_database:.2f}, folded {in_python:.2f}: {in_python / in_database:.1f} times as long")
    print(f"no balance differs by more than {worst:.1e} points")


def entries(size: int) -> Iterator[Entry]:
    """Failures and gestures; three in ten gestures answer the account's failure before."""
    drawn, failed = random.Random(1), {}  # noqa: S311 - the same entries in each run, no secret
    for number in range(size):
        account = f"c{drawn.randrange(max(size // PER_ACCOUNT, 1))}"
        at = NOW - timedelta(days=700) + timedelta(days=699) * number / size
        given: dict[str, Any] = {"account": account, "occurred_at": at, "reference": f"r{number}"}
        if drawn.random() < 0.5:
            failed[account] = f"r{number}"
            yield Withdrawal(kind="late_delivery", magnitude=drawn.randrange(1, 5), **given)
            continue
        if account in failed and drawn.random() < 0.3:
            given["in_response_to"] = Ref(failed[account])
        yield Deposit(kind="fee_waived", cost=Money.from_minor(drawn.randrange(100, 9000), "USD"), **given)


def timed(read: Callable[[], Any]) -> tuple[Any, float]:
    """What a reading gives, and the seconds of the processor that it took."""
    begun = process_time()
    found = read()
    return found, process_time() - begun


if __name__ == "__main__":
    main()
