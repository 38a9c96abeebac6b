"""What the tests of sources share: the real files, ledgers in memory and in SQLite, and files made on the spot."""

from __future__ import annotations

import os
import textwrap
from datetime import UTC, datetime
from pathlib import Path

import pytest

from goodwill import Ledger
from goodwill.sources import ImportMapping, import_file

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared():
    """The folder of real exports; without it a test is skipped here and fails on CI."""
    if not SHARED.exists():
        (pytest.fail if "CI" in os.environ else pytest.skip)(f"{SHARED} is not there; nothing real was read")
    return SHARED


class StoppedClock:
    """A clock that a test sets."""

    def __init__(self, now: datetime) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time


@pytest.fixture
def clock():
    return StoppedClock(datetime(2026, 6, 1, tzinfo=UTC))


@pytest.fixture(params=["memory", "sqlite"])
def ledger(request, tmp_path, clock):
    """A ledger in memory and one in a real SQLite file."""
    options = {"currencies": ("EUR", "USD"), "clock": clock}
    if request.param == "memory":
        yield Ledger.in_memory(**options)
        return
    with Ledger.open(f"sqlite:///{tmp_path / 'goodwill.db'}", **options) as opened:
        yield opened


@pytest.fixture
def export(tmp_path):
    """Writes an export file: `export("orders.csv", text)`; text is dedented."""

    def write(name, text, encoding="utf-8"):
        path = tmp_path / name
        written = textwrap.dedent(text).lstrip("\n") if isinstance(text, str) else text
        path.write_bytes(written.encode(encoding) if isinstance(written, str) else written)
        return path

    return write


@pytest.fixture
def bring(ledger):
    """Imports a file by the text of a mapping."""

    def run(path, mapping, **options):
        return import_file(ledger, path, ImportMapping.from_toml(textwrap.dedent(mapping)), **options)

    return run


@pytest.fixture
def entries(ledger):
    """The entries of the ledger that no reversal has taken out, reversals aside."""

    def read():
        return [entry for entry in ledger.entries() if entry.type != "reversal" and entry.reversed_by is None]

    return read
