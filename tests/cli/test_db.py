"""`goodwill db`: the tables of a ledger's database, from release to release."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from goodwill.stores.sqlalchemy import migrations
from goodwill.stores.sqlalchemy.tables import HEAD

Ask = Any


def test_an_upgrade_makes_the_tables_and_says_which_they_are(ask: Ask) -> None:
    made = ask("db", "upgrade", "--db", "sqlite:///book.db")
    assert made.code == 0
    assert "0004  Merges of two names of a customer." in made.out.splitlines()
    assert made.out.endswith(f"the tables are of revision {HEAD}\n")
    assert ask("db", "current", "--db", "book.db").out == f"{HEAD}\n"
    assert ask("db", "check", "--db", "book.db").out == f"up to date: the tables are of revision {HEAD}\n"
    again = ask("db", "upgrade", "--db", "book.db", "--json")
    assert again.document == {"applied": [], "revision": HEAD}


def test_what_is_not_up_to_date_is_named_with_the_way_out(ask: Ask) -> None:
    ask("db", "upgrade", "--to", "0004")
    told = ask("db", "check")
    assert told.code == 1
    assert "not there: table goodwill_audit" in told.out.splitlines()
    assert told.out.endswith("not up to date; run `goodwill db upgrade`\n")
    document = ask("db", "check", "--json").document
    assert (document["is_current"], document["revision"], document["newest"]) == (False, "0004", HEAD)
    assert document["pending"][0]["revision"] == "0005"
    assert "table goodwill_audit" in document["lacking"]


def test_what_somebody_took_away_is_named(ask: Ask) -> None:
    ask("db", "upgrade")
    with closing(sqlite3.connect("goodwill.db")) as connection:
        connection.execute("DROP TRIGGER goodwill_entries_no_delete")
        connection.execute("DROP INDEX goodwill_entries_account_idx")
    told = ask("db", "check")
    assert told.code == 1
    assert told.out.splitlines() == [
        "not there: index goodwill_entries_account_idx",
        "not there: trigger goodwill_entries_no_delete",
        "taken away since; what makes it is in `goodwill db sql`",
    ]


@pytest.mark.parametrize("word", ["balance", "overdrawn"])
def test_a_ledger_of_an_earlier_release_names_the_word_that_brings_it_up_to_date(ask: Ask, word: str) -> None:
    ask("db", "upgrade", "--to", "0003")
    told = ask(word)
    assert told.code == 2
    _, _, way_out = told.err.partition("run `goodwill ")
    words = way_out.partition("`")[0].split()
    assert words[:2] == ["db", "upgrade"]
    assert ask(*words).code == 0
    assert ask(word).code == 0


def test_a_database_that_says_nothing_is_no_answer(ask: Ask) -> None:
    Path("goodwill.db").touch()
    answer = ask("db", "current")
    assert (answer.code, answer.out) == (1, "no revision is recorded\n")


@pytest.mark.parametrize("word", ["current", "check"])
def test_a_question_to_a_database_that_is_not_there_makes_none(ask: Ask, word: str) -> None:
    answer = ask("db", word)
    assert answer.code == 2
    assert "there is no ledger" in answer.err
    assert not Path("goodwill.db").exists()


def test_a_prefix_is_the_hosts_choice(ask: Ask) -> None:
    ask("db", "upgrade", "--prefix", "crm_")
    assert ask("db", "check", "--prefix", "crm_").code == 0
    assert ask("db", "check").code == 1


def test_the_sql_is_written_for_whoever_runs_it_by_hand(ask: Ask) -> None:
    for since in ("0003", "0.1.0"):
        answer = ask("db", "sql", "mariadb", "--since", since, "--to", "0004")
        assert answer.out.strip() == migrations.offline_sql("mariadb", since=since, to="0004").strip()
    assert "goodwill_merges" in answer.out
    assert "CREATE TABLE IF NOT EXISTS goodwill_entries" not in answer.out
    assert not Path("goodwill.db").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("upgrade", "--db", "nonsense://"), "cannot be opened"),
        (("upgrade", "--to", "9999"), "no revision '9999'"),
        (("sql", "oracle"), "not for 'oracle'"),
        (("sql", "nonsense"), "not for 'nonsense'"),
        (("upgrade", "--schema", "nowhere"), "nowhere"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(ask: Ask, words: tuple[str, ...], said: str) -> None:
    told = ask("db", *words)
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith("goodwill: ")
    assert told.err.count("\n") == 1
    assert said in told.err
