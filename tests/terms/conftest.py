"""Ledgers whose policy has terms, with a clock that stands far ahead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from goodwill import Ledger, presets
from goodwill.policies.term import Term
from goodwill.testing.clock import FixedClock

START = datetime(2026, 1, 1, tzinfo=UTC)
Maker = Callable[..., Ledger]


@pytest.fixture(scope="session")
def ledger_with() -> Maker:
    """Makes a ledger under the default policy with these terms."""

    def make(*terms: Term) -> Ledger:
        clock = FixedClock(START + timedelta(days=100_000))
        return Ledger.in_memory(presets.default().replace(terms=terms), clock=clock)

    return make


@pytest.fixture(scope="session")
def day() -> Callable[[float], datetime]:
    """The instant so many days after the start of each test's story."""
    return lambda days: START + timedelta(days=days)
