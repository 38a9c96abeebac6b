"""Ledgers to test with: the same tests run on each store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from goodwill import Ledger
from goodwill.testing.clock import FixedClock

LedgerMaker = Callable[..., Ledger]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(params=["memory", "sqlite"])
def make_ledger(request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock) -> Iterator[LedgerMaker]:
    """Makes a ledger in the store that the test runs on, with the test's clock."""
    opened: list[Ledger] = []

    def make(**options: Any) -> Ledger:
        options = {"clock": clock, "currencies": ("USD", "EUR"), **options}
        if request.param == "memory":
            opened.append(Ledger.in_memory(**options))
        else:
            opened.append(Ledger.open(f"sqlite:///{tmp_path / f'{len(opened)}.db'}", **options))
        return opened[-1]

    yield make
    for ledger in opened:
        ledger.close()


@pytest.fixture
def ledger(make_ledger: LedgerMaker) -> Ledger:
    return make_ledger()
