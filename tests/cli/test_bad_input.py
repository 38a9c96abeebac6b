"""What is wrong is said in one line on stderr, with the way out, and the exit code is 2."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from goodwill import Ledger

Ask = Callable[..., Any]


def refused(answer: Any) -> str:
    assert answer.code == 2
    assert answer.out == ""
    assert answer.err.startswith("goodwill: ")
    assert answer.err.count("\n") == 1
    assert "Traceback" not in answer.err
    return str(answer.err)


def test_a_question_to_a_ledger_that_is_not_there_makes_none(ask: Ask) -> None:
    assert "there is no ledger at goodwill.db" in refused(ask("balance", "ada"))
    assert not Path("goodwill.db").exists()
    refused(ask("balance", "ada", "--db", "sqlite+pysqlite:///other.db"))
    assert not Path("other.db").exists()


def test_an_interrupted_command_says_so(ask: Ask, db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Ledger, "overdrawn", interrupted)
    answer = ask("overdrawn", "--db", db)
    assert (answer.code, answer.err) == (130, "goodwill: interrupted\n")


def test_a_bug_of_ours_keeps_its_traceback(ask: Ask, db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Ledger, "overdrawn", broken)
    with pytest.raises(ZeroDivisionError):
        ask("overdrawn", "--db", db)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nosuchdatabase://here/db", "cannot be opened"),
        ("://", "cannot be opened"),
        ("sqlite:////no/such/folder/a.db", "there is no ledger"),
    ],
)
def test_a_bad_database_url_is_said_so(ask: Ask, url: str, said: str) -> None:
    assert said in refused(ask("balance", "ada", "--db", url))


def test_a_database_whose_driver_is_not_installed_names_it(ask: Ask) -> None:
    assert "cx_Oracle" in refused(ask("balance", "--db", "oracle+cx_oracle://here/db"))


def test_a_file_that_is_no_database_is_said_so(ask: Ask) -> None:
    Path("notes.db").write_text("milk, bread, and a good deal of paper to make it long enough for a header " * 20)
    assert "not a database" in refused(ask("balance", "--db", "notes.db"))


def test_a_folder_is_no_database(ask: Ask) -> None:
    Path("folder").mkdir()
    assert "unable to open database file" in refused(ask("balance", "--db", "folder"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--as-of", "tomorrow"), "'tomorrow' is not a date"),
        (("--as-of", "2026-01-01T12:00"), "has no zone"),
        (("--known-at", "2026-13-01"), "is not a date"),
        (("--policy", "nowhere.toml"), "nowhere.toml: No such file or directory"),
        (("--catalog", "nowhere.toml"), "nowhere.toml"),
        (("--currency", "XYZ"), "XYZ"),
    ],
)
def test_an_option_that_cannot_be_understood_is_said_so(ask: Ask, db: Path, words: tuple[str, ...], said: str) -> None:
    assert said in refused(ask("balance", "ada", "--db", db, *words))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--period", "the other day"), "the other day"),
        (("--tz", "Mars/Olympus"), "Mars/Olympus"),
        (("--period", "2025-01-01/2025-02-01", "--tz", "Mars/Olympus"), "Mars/Olympus"),
    ],
)
def test_a_period_that_cannot_be_understood_is_said_so(ask: Ask, db: Path, words: tuple[str, ...], said: str) -> None:
    assert said in refused(ask("statement", "ada", "--db", db, *words))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("p.toml", b"valuation = 3", "p.toml"),
        ("p.toml", b"= 3", "not TOML"),
        ("p.json", b"{", "p.json"),
        ("p.json", b"\xff\xfe\x00", "not a text file"),
        ("p.json", b'{"valuation": {"steps": [{"type": "rate_crad"}]}}', "valuation.steps[0]"),
    ],
)
def test_a_policy_that_cannot_be_read_is_said_with_its_file(
    ask: Ask, db: Path, name: str, content: bytes, said: str
) -> None:
    Path(name).write_bytes(content)
    assert said in refused(ask("balance", "ada", "--db", db, "--policy", name))


def test_an_account_id_that_no_ledger_keeps_is_said_so(ask: Ask, db: Path) -> None:
    refused(ask("balance", "a\x07b", "--db", db))
    refused(ask("explain", "", "--db", db))


def test_an_unknown_command_or_option_is_wrong_usage(ask: Ask) -> None:
    assert ask("blance").code == 2
    assert ask("balance", "--jsno").code == 2
    assert ask("overdrawn", "--limit", "0").code == 2


def test_every_error_leaves_stdout_empty_for_a_program_that_reads_json(ask: Ask) -> None:
    refused(ask("balance", "ada", "--json"))
