"""`goodwill seal`, `seals` and `verify`."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from goodwill import Ledger

Ask = Any


def tampered(db: Path, *changes: str) -> None:
    """Change a database behind the ledger's back."""
    with closing(sqlite3.connect(db)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for change in changes:
            connection.execute(change)
        connection.commit()


def test_what_is_sealed_is_listed_and_verified(ask: Ask, db: Path) -> None:
    assert ask("seals", "--db", db).out == "this ledger has no seals yet; `goodwill seal` makes one\n"
    made = ask("seal", "--db", db)
    number, _, rows, _, digits = made.out.split()
    assert (made.code, number, len(digits)) == (0, "1", 64)
    assert ask("seal", "--db", db).out == "nothing to seal: all that is committed is under a seal\n"
    assert ask("seals", "--db", db).out == made.out
    fine = ask("verify", "--db", db, "--known", digits)
    assert (fine.code, fine.out) == (0, f"fine: {rows} rows and 1 seal are what was written\n")


def test_what_is_under_no_seal_is_counted(ask: Ask, db: Path) -> None:
    told = ask("verify", "--db", db)
    assert told.code == 0
    first, second = told.out.splitlines()
    assert first.endswith("rows and 0 seals are what was written")
    assert second.startswith("under no seal yet: ")


def test_a_changed_row_is_named_and_the_answer_is_no(ask: Ask, db: Path) -> None:
    ask("seal", "--db", db)
    tampered(db, "UPDATE goodwill_entries SET magnitude_e6 = 1 WHERE seq = 1")
    told = ask("verify", "--db", db)
    assert told.code == 1
    bad, first = told.out.splitlines()
    assert bad.startswith("bad: 1 row, of ")
    assert first.startswith("the first row: entries 1 (id ")
    document = ask("verify", "--db", db, "--json").document
    assert (document["is_fine"], document["bad_rows"], document["bad_seals"]) == (False, 1, 0)
    assert document["first_bad_row"]["seq"] == 1
    assert document["first_bad_row"]["source"] == "entries"
    assert document["latest"]["number"] == 1


def test_a_changed_seal_is_named_and_the_answer_is_no(ask: Ask, db: Path) -> None:
    kept = ask("seal", "--db", db, "--json").document["seals"][0]["seal"]
    tampered(db, "UPDATE goodwill_seals SET sealed_us = sealed_us + 1")
    told = ask("verify", "--db", db)
    assert told.code == 1
    assert told.out.splitlines()[1] == "the first seal: seal 1: it is not the hash of its own values"
    tampered(db, "DELETE FROM goodwill_sealed", "DELETE FROM goodwill_seals")
    assert ask("verify", "--db", db).code == 0
    told = ask("verify", "--db", db, "--known", kept)
    assert told.code == 1
    assert f"{kept} was kept elsewhere" in told.out


def test_a_ledger_by_name_and_tables_by_prefix(ask: Ask, db: Path) -> None:
    with Ledger.open(f"sqlite:///{db}", ledger="shop") as ledger:
        ledger.withdraw("eve", "late_delivery", magnitude=1)
    assert ask("seal", "--db", db, "--ledger", "shop", "--json").document["seals"][0]["rows"] == 1
    assert ask("seals", "--db", db, "--json").document == {"seals": []}
    told = ask("verify", "--db", db, "--prefix", "crm_")
    assert told.code == 2
    assert "crm_" in told.err


@pytest.mark.parametrize("word", ["seal", "seals", "verify"])
def test_tables_of_an_earlier_release_are_told_the_way_out(ask: Ask, word: str) -> None:
    ask("db", "upgrade", "--to", "0012")
    told = ask(word)
    assert told.code == 2
    assert "goodwill db upgrade" in told.err


def test_a_kept_reading_that_is_not_what_a_replay_comes_to_is_named(ask: Ask, db: Path) -> None:
    assert ask("standings", "add", "default", "--db", db).code == 0
    assert ask("standings", "run", "--db", db).code == 0
    assert ask("verify", "--db", db).code == 0
    with closing(sqlite3.connect(db)) as connection:
        kept = connection.execute("SELECT account_id, document FROM goodwill_standings").fetchall()
        for account, document in kept:
            opened_us, contact_us, _, *rest = json.loads(document)
            changed = json.dumps([opened_us, contact_us, 1_000, *rest])
            connection.execute("UPDATE goodwill_standings SET document = ? WHERE account_id = ?", (changed, account))
        connection.commit()
    told = ask("verify", "--db", db)
    assert told.code == 1
    assert "entries=1000" in next(line for line in told.out.splitlines() if line.startswith("the first difference: "))


def test_readings_that_were_kept_with_another_catalog_are_not_compared_and_it_is_said(ask: Ask, db: Path) -> None:
    ask("standings", "add", "default", "--db", db)
    ask("standings", "run", "--db", db)
    told = ask("verify", "--db", db, "--currency", "EUR")
    assert told.code == 0
    assert "not compared: the readings kept for default" in told.out


@pytest.mark.parametrize("words", [["verify"], ["seal"], ["seals"], ["outbox", "list"], ["outbox", "unpark", "--all"]])
def test_a_database_without_our_tables_is_told_as_such_and_left_as_it_is(
    words: list[str], ask: Ask, tmp_path: Path
) -> None:
    path = tmp_path / "empty.db"
    path.touch()
    asked = ask(*words, "--db", path)
    assert asked.code == 2
    assert "no goodwill tables" in asked.err
    assert "`goodwill db upgrade`" in asked.err
    assert ask(*words, "--db", path).err == asked.err
