"""account merge, close, restrict, erase, export and audit, done to a real SQLite file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from goodwill import Ledger
from goodwill.domain.errors import AccountClosed

Ask = Callable[..., Any]


def test_a_merged_name_is_answered_for_by_the_other_until_it_is_unmerged(ask: Ask, db: Path) -> None:
    alone = ask("balance", "bob", "--db", db, "--as-of", "2026-01-01", "--json").document["balances"][0]
    assert ask("account", "merge", "bob", "--into", "ada", "--db", db).out == "ada answers for bob\n"
    merged = ask("balance", "bob", "--db", db, "--as-of", "2026-01-01", "--json").document["balances"][0]
    assert (merged["account"], merged["resolved_from"]) == ("ada", "bob")
    assert ask("account", "unmerge", "bob", "--db", db, "--actor", "agent-7").code == 0
    again = ask("balance", "bob", "--db", db, "--as-of", "2026-01-01", "--json").document["balances"][0]
    assert again == alone


def test_a_merge_again_says_that_it_was_recorded_before(ask: Ask, db: Path) -> None:
    first = ask("account", "merge", "bob", "--into", "ada", "--db", db, "--json").document
    again = ask("account", "merge", "bob", "--into", "ada", "--db", db, "--json").document
    assert (first.pop("replayed"), again.pop("replayed")) == (False, True)
    assert {key: first[key] for key in again} == again
    assert "as recorded before" in ask("account", "merge", "bob", "--into", "ada", "--db", db).out


def test_a_closed_account_takes_nothing_new_until_it_is_reopened(ask: Ask, db: Path) -> None:
    closed = ask("account", "close", "ada", "--db", db, "--reason", "moved [bold]away[/]", "--actor", "agent-7")
    assert closed.code == 0
    assert "close" in closed.out
    assert "moved [bold]away[/]" in closed.out
    with Ledger.open(f"sqlite:///{db}") as ledger, pytest.raises(AccountClosed):
        ledger.deposit("ada", "upgrade")
    assert "already" in ask("account", "close", "ada", "--db", db).err
    assert ask("account", "reopen", "ada", "--db", db).code == 0
    with Ledger.open(f"sqlite:///{db}") as ledger:
        assert ledger.deposit("ada", "upgrade").seq


def test_a_restricted_account_is_left_out_of_all_balances_until_it_is_lifted(ask: Ask, db: Path) -> None:
    assert ask("account", "restrict", "ada", "--db", db).code == 0
    found = ask("balance", "--db", db, "--json").document["balances"]
    assert [balance["account"] for balance in found] == ["bob"]
    assert ask("account", "lift", "ada", "--db", db).code == 0
    found = ask("balance", "--db", db, "--json").document["balances"]
    assert [balance["account"] for balance in found] == ["ada", "bob"]


def test_an_erasure_asks_for_a_yes_and_then_leaves_no_name(ask: Ask, db: Path) -> None:
    refused = ask("account", "erase", "ada", "--db", db)
    assert refused.code == 2
    assert "--yes" in refused.err
    assert ask("balance", "ada", "--db", db).code == 0
    erased = ask("account", "erase", "ada", "--db", db, "--yes", "--json").document["audit"]
    assert [each["operation"] for each in erased] == ["erase"]
    assert "ada" not in erased[0]["account"]
    assert ask("balance", "ada", "--db", db).code == 1


def test_an_export_is_what_the_ledger_exports(ask: Ask, db: Path) -> None:
    with Ledger.open(f"sqlite:///{db}") as ledger:
        assert ask("account", "export", "ada", "--db", db).document == ledger.export_account("ada")


def test_the_trail_says_who_did_what_and_why(ask: Ask, db: Path) -> None:
    assert "nothing was done" in ask("account", "audit", "--db", db).err
    ask("account", "close", "ada", "--db", db, "--reason", "moved away", "--actor", "agent-7")
    ask("account", "restrict", "bob", "--db", db)
    trail = ask("account", "audit", "--db", db, "--json").document["audit"]
    told = [(each["account"], each["operation"], each.get("actor"), each.get("reason")) for each in trail]
    assert told == [("ada", "close", "agent-7", "moved away"), ("bob", "restrict", None, None)]
    assert "agent-7" in ask("account", "audit", "ada", "--db", db).out
    assert "nothing was done" not in ask("account", "audit", "bob", "--db", db).err


@pytest.mark.parametrize("verb", ["close", "reopen", "restrict", "lift", "export"])
def test_an_account_that_nobody_wrote_to_is_refused(ask: Ask, db: Path, verb: str) -> None:
    answer = ask("account", verb, "nobody", "--db", db)
    assert answer.code == 2
    assert "nobody" in answer.err
