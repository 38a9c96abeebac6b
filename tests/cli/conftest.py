"""A ledger in a file, and the command line to ask it with."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from goodwill import Ledger, Money
from goodwill.cli.app import app

OCTOBER = datetime(2025, 10, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Answer:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Its one JSON document."""
        return json.loads(self.out)


Ask = Callable[..., Answer]


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Ask:
    """Run a command in an empty folder, without the environment's GOODWILL_ variables, at 120 columns."""
    monkeypatch.chdir(tmp_path)
    for name in ("DB", "POLICY", "CATALOG", "CURRENCY"):
        monkeypatch.delenv(f"GOODWILL_{name}", raising=False)
    monkeypatch.setenv("COLUMNS", "120")

    def run(*words: object) -> Answer:
        result = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
        return Answer(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """Ada was served late and got a fee waived; Bob was only ever delighted. All in October 2025."""
    path = tmp_path / "book.db"
    with Ledger.open(f"sqlite:///{path}") as ledger:
        late = ledger.withdraw("ada", "late_delivery", magnitude=5, occurred_at=OCTOBER, reference="order:1:late")
        ledger.deposit(
            "ada", "fee_waived", cost=Money("4.99", "USD"), occurred_at=OCTOBER + timedelta(days=2), in_response_to=late,
            reference="order:1:waiver",
        )  # fmt: skip
        ledger.deposit("bob", "service_heroics", occurred_at=OCTOBER, reference="ticket:1:heroics")
    return path
