"""goodwill purge, done to a real SQLite file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from goodwill import Ledger, presets
from tests.cli.conftest import OCTOBER  # type: ignore[import-untyped,unused-ignore]

Ask = Callable[..., Any]
NOVEMBER = "2025-11-01"


@pytest.fixture
def long(db: Path) -> Path:
    """With three more gestures for Bob, in the same month."""
    with Ledger.open(f"sqlite:///{db}") as ledger:
        for number in range(3):
            ledger.deposit("bob", "upgrade", occurred_at=OCTOBER, reference=f"more:{number}")
    return db


def test_a_purge_asks_for_a_yes_and_then_tells_what_gave_way(ask: Ask, long: Path) -> None:
    refused = ask("purge", "--before", NOVEMBER, "--db", long)
    assert refused.code == 2
    assert "--yes" in refused.err
    before = ask("balance", "bob", "--db", long, "--as-of", "2026-01-01", "--json").document["balances"][0]
    done = ask("purge", "--before", NOVEMBER, "--db", long, "--yes", "--reason", "old", "--json").document
    assert [(each["account"], each["entries"]) for each in done["purged"]] == [("ada", 0), ("bob", 2)]
    after = ask("balance", "bob", "--db", long, "--as-of", "2026-01-01", "--json").document["balances"][0]
    assert after["points"] == pytest.approx(before["points"])
    early = ask("balance", "bob", "--db", long, "--as-of", "2025-10-15")
    assert early.code == 2
    assert "were purged" in early.err
    assert "purge" in ask("account", "audit", "--db", long).out


def test_a_purge_of_one_account_is_shown_as_a_table(ask: Ask, long: Path, tmp_path: Path) -> None:
    other = tmp_path / "linear.json"
    other.write_text(json.dumps(presets.linear().to_dict()), encoding="utf-8")
    shown = ask("purge", "bob", "--before", NOVEMBER, "--also", other, "--db", long, "--yes")
    assert shown.code == 0
    assert "2 milestone" in shown.out
    assert "ada" not in shown.out
    read = ask("balance", "bob", "--db", long, "--as-of", "2026-01-01", "--policy", other, "--json").document
    assert read["balances"][0].get("foreign", []) == []


def test_where_nothing_happened_nothing_is_purged(ask: Ask, long: Path) -> None:
    assert "nothing" in ask("purge", "--before", "2020-01-01", "--db", long, "--yes").err
    assert "not a date" in ask("purge", "--before", "soon", "--db", long, "--yes").err
