"""balance, statement, explain and overdrawn, asked of a real SQLite file."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from goodwill import Ledger

Ask = Callable[..., Any]

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def test_balance_shows_every_account_when_none_is_named(ask: Ask, db: Path) -> None:
    answer = ask("balance", "--db", db, "--as-of", "2026-01-01")
    assert answer.code == 0
    assert "ada" in answer.out
    assert "bob" in answer.out
    assert "overdrawn" in answer.out


def test_balance_as_json_is_what_the_ledger_answers(ask: Ask, db: Path) -> None:
    answer = ask("balance", "ada", "--db", db, "--as-of", "2026-01-01", "--json")
    with Ledger.open(f"sqlite:///{db}") as ledger:
        assert answer.document == {"balances": [ledger.balance("ada", as_of=NEW_YEAR).to_dict()]}


def test_an_unknown_account_is_a_no(ask: Ask, db: Path) -> None:
    answer = ask("balance", "nobody", "ada", "--db", db)
    assert answer.code == 1
    assert "unknown account" in answer.out
    assert ask("balance", "nobody", "--db", db, "--json").document["balances"][0]["is_known"] is False


@pytest.mark.parametrize("command", ["explain", "statement"])
def test_nothing_can_be_told_of_an_unknown_account(ask: Ask, db: Path, command: str) -> None:
    answer = ask(command, "nobody", "--db", db)
    assert answer.code == 1
    assert "unknown account" in answer.out + answer.err


def test_a_ledger_without_entries_says_so(ask: Ask, tmp_path: Path) -> None:
    Ledger.open(f"sqlite:///{tmp_path / 'empty.db'}").close()
    answer = ask("balance", "--db", tmp_path / "empty.db")
    assert answer.code == 0
    assert "no entries yet" in answer.err
    assert ask("overdrawn", "--db", tmp_path / "empty.db").out == "no account is overdrawn\n"


def test_an_explanation_adds_up_to_the_balance(ask: Ask, db: Path) -> None:
    document = ask("explain", "ada", "--db", db, "--as-of", "2026-01-01", "--json").document
    added = sum(entry["points"] for entry in document["contributions"])
    assert added == pytest.approx(document["balance"]["points"])
    assert [entry["reference"] for entry in document["contributions"]] == ["order:1:late", "order:1:waiver"]


def test_an_explanation_names_what_was_answered(ask: Ask, db: Path) -> None:
    assert "answers late_delivery of 2025-10-01" in ask("explain", "ada", "--db", db, "--as-of", "2026-01-01").out


def test_a_statement_covers_the_period_that_was_asked_for(ask: Ask, db: Path) -> None:
    document = ask("statement", "ada", "--db", db, "--period", "2025-Q4", "--json").document
    assert document["start"] == "2025-10-01T00:00:00+00:00"
    assert [line["kind"] for line in document["lines"]] == ["late_delivery", "fee_waived"]
    assert ask("statement", "ada", "--db", db, "--period", "2025-11", "--json").document["lines"] == []


def test_a_relative_period_ends_when_the_reading_does(ask: Ask, db: Path) -> None:
    document = ask(
        "statement", "ada", "--db", db, "--period", "last 7 days", "--as-of", "2025-10-04", "--json"
    ).document
    assert (document["start"], document["end"]) == ("2025-09-27T00:00:00+00:00", "2025-10-04T00:00:00+00:00")


def test_a_month_may_be_local(ask: Ask, db: Path) -> None:
    asked = ("statement", "ada", "--db", db, "--period", "2025-10", "--tz", "America/Chicago")
    document = ask(*asked, "--json").document
    assert document["start"] == "2025-10-01T05:00:00+00:00"
    assert "2025-10-01 to 2025-11-01" in ask(*asked).out
    assert [line["kind"] for line in document["lines"]] == ["fee_waived"]


def test_a_statement_shows_apart_what_became_known_later(ask: Ask, db: Path) -> None:
    document = ask(
        "statement", "ada", "--db", db, "--period", "2025-11", "--restating", "2025-10-15", "--json"
    ).document
    assert document["opening"] == 0.0
    assert document["restated"] < 0.0


def test_overdrawn_lists_the_lowest_first_and_no_more_than_asked_for(ask: Ask, db: Path) -> None:
    with Ledger.open(f"sqlite:///{db}") as ledger:
        ledger.withdraw("cy", "faulty_product", occurred_at=NEW_YEAR)
    asked = ("overdrawn", "--db", db, "--as-of", "2026-01-02")
    assert [each["account"] for each in ask(*asked, "--json").document["overdrawn"]] == ["cy", "ada"]
    limited = ask(*asked, "--json", "--limit", 1).document
    assert (limited["count"], len(limited["overdrawn"])) == (2, 1)
    assert "2 overdrawn, the first 1" in ask(*asked, "--limit", 1).out


def test_a_reading_as_known_before_anything_was_written_knows_nobody(ask: Ask, db: Path) -> None:
    answer = ask("balance", "ada", "--db", db, "--known-at", "2025-12-01")
    assert answer.code == 1
    assert "known at 2025-12-01" in answer.out


def test_a_reading_as_of_an_earlier_day_sees_no_later_entry(ask: Ask, db: Path) -> None:
    before = ask("balance", "ada", "--db", db, "--as-of", "2025-10-02", "--json").document["balances"][0]
    assert before["positive"] == 0.0
    assert before["entries"] == 1


def test_the_database_may_come_from_the_environment(ask: Ask, db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOODWILL_DB", f"sqlite:///{db}")
    assert "ada" in ask("balance").out
    assert ask("balance", "--db", "elsewhere.db").code == 2


def test_a_policy_file_reads_the_same_ledger_otherwise(ask: Ask, db: Path, tmp_path: Path) -> None:
    document = ask("policy", "show", "--json").document
    document["name"], document["decay"]["default"]["days"] = "short", 1
    mine = tmp_path / "mine.json"
    mine.write_text(json.dumps(document))
    answer = ask("balance", "ada", "--db", db, "--policy", mine, "--as-of", "2026-01-01", "--json")
    (balance,) = answer.document["balances"]
    assert balance["policy"].startswith("short@")
    assert abs(balance["points"]) < 1e-6
