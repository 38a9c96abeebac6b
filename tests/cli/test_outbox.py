"""outbox relay, list, unpark and schema, on a real SQLite file and a receiver on loopback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from goodwill import Ledger, presets
from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, open_engine

Ask = Callable[..., Any]
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """A ledger whose facts are told: two of Ada, one of Bob."""
    path = tmp_path / "told.db"
    engine = open_engine(f"sqlite:///{path}")
    create_all(engine)
    store = SQLAlchemyStore(engine, outbox=True)
    ledger = Ledger(store, policy=presets.default(), catalog=presets.service_catalog())
    for account in ("ada", "bob", "ada"):
        ledger.deposit(account, "upgrade")
    engine.dispose()
    return path


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("GOODWILL_WEBHOOK_SECRET", SECRET)
    return SECRET


def test_a_relay_posts_what_waits(ask: Ask, told: Path, secret: str, receiver: Any) -> None:
    assert ask("outbox", "list", "--db", told, "--json").document["events"] == 3
    done = ask("outbox", "relay", "--db", told, "--to", receiver.url, "--json")
    assert (done.code, done.document) == (0, {"sent": 3, "failed": 0, "parked": 0, "dropped": 0})
    assert ask("outbox", "relay", "--db", told, "--to", receiver.url).out == "sent 0\n"
    assert ask("outbox", "list", "--db", told).err == "nothing waits\n"
    assert len(receiver.received) == 3


def test_what_the_command_line_does_is_told_where_events_are_sent(
    ask: Ask, told: Path, secret: str, receiver: Any
) -> None:
    ask("outbox", "relay", "--db", told, "--to", receiver.url)
    ask("account", "erase", "ada", "--db", told, "--yes")
    ask("account", "close", "bob", "--db", told)
    ask("outbox", "relay", "--db", told, "--to", receiver.url)
    types = [each["type"].rpartition(".")[2] for each in receiver.events[3:]]
    assert types == ["erased", "closed"]


def test_where_nothing_is_sent_the_command_line_leaves_no_events(ask: Ask, tmp_path: Path) -> None:
    path = tmp_path / "silent.db"
    with Ledger.open(f"sqlite:///{path}") as ledger:
        ledger.deposit("ada", "upgrade")
    ask("account", "erase", "ada", "--db", path, "--yes")
    assert ask("outbox", "list", "--db", path).err == "nothing waits\n"


def test_who_is_not_taken_is_listed_parked_and_let_go_on(ask: Ask, told: Path, secret: str, receiver: Any) -> None:
    receiver.answer = lambda request: 500 if request.event["subject"] == "ada" else 204
    done = ask("outbox", "relay", "--db", told, "--to", receiver.url, "--attempts", 1)
    assert (done.code, done.out) == (1, "sent 1, parked 1\n")
    listed = ask("outbox", "list", "--db", told)
    assert listed.code == 1
    assert "2 events of 1 accounts wait, 1 of them parked" in listed.out
    assert "HTTP 500" in listed.out
    (ada,) = ask("outbox", "list", "--db", told, "--json").document["accounts"]
    assert (ada["account"], ada["events"], ada["fault"]) == ("ada", 2, "HTTP 500")
    assert "--all" in ask("outbox", "unpark", "--db", told).err
    refused = ask("outbox", "unpark", "bob", "--db", told)
    assert (refused.code, "no event of 'bob' is parked" in refused.err) == (2, True)
    assert ask("outbox", "unpark", "ada", "--db", told).out == "unparked ada\n"
    assert ask("outbox", "unpark", "--all", "--db", told).out == "no account is parked\n"
    receiver.answer = lambda _: 204
    assert ask("outbox", "relay", "--db", told, "--to", receiver.url).out == "sent 2\n"


@pytest.mark.parametrize(
    "to",
    ["nowhere", "ftp://example.com", "https://", "https://u:geheim@[/x?token=geheim", "http://a:99999/", "http://."],
)
def test_a_url_that_is_none_is_refused(ask: Ask, told: Path, secret: str, to: str) -> None:
    answer = ask("outbox", "relay", "--db", told, "--to", to)
    assert answer.code == 2
    assert "is no URL to post to; a webhook's URL is like https://example.com/hooks/goodwill" in answer.err
    assert "geheim" not in answer.err


@pytest.mark.parametrize("wrong", ["geheim", "whsec_geheim", "whsec_" + "geheim" * 40, "whsec_%%%%geheim%%%%"])
def test_a_secret_that_is_none_is_refused_and_not_shown(
    ask: Ask, told: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    monkeypatch.setenv("HOOK", wrong)
    answer = ask("outbox", "relay", "--db", told, "--to", "https://example.com", "--secret-env", "HOOK")
    assert answer.code == 2
    assert "make one with" in answer.err
    assert "geheim" not in answer.err


def test_a_secret_that_is_not_there_is_asked_for(ask: Ask, told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOODWILL_WEBHOOK_SECRET", raising=False)
    answer = ask("outbox", "relay", "--db", told, "--to", "https://example.com")
    assert answer.code == 2
    assert "GOODWILL_WEBHOOK_SECRET" in answer.err


def test_a_receiver_that_is_gone_is_said_in_a_line(ask: Ask, told: Path, secret: str, receiver: Any) -> None:
    receiver.answer = lambda _: 410
    answer = ask("outbox", "relay", "--db", told, "--to", receiver.url)
    assert answer.code == 2
    assert "410 Gone" in answer.err
    assert ask("outbox", "list", "--db", told, "--json").document["events"] == 3


def test_without_its_libraries_the_relay_says_how_to_get_them(told: Path) -> None:
    code = """
import sys
sys.modules["httpx"] = None
from goodwill.cli import main
sys.exit(main(["outbox", "relay", "--db", sys.argv[1], "--to", "https://example.com"]))
"""
    done = subprocess.run([sys.executable, "-c", code, str(told)], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert 'pip install "goodwill[outbox]"' in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr


def test_a_relay_that_watches_ends_in_order_when_it_is_asked_to(told: Path, secret: str, receiver: Any) -> None:
    command = [sys.executable, "-m", "goodwill", "outbox", "relay", "--db", str(told), "--to", receiver.url, "--watch"]
    relay = subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, text=True)
    # It is asked to stop while it posts the second event, settles that one, and leaves the third.
    receiver.answer = lambda _: (os.kill(relay.pid, signal.SIGTERM) if len(receiver.received) == 2 else None) or 204
    out, _ = relay.communicate(timeout=60)
    assert relay.returncode == 0
    assert json.loads(out)["sent"] == 2


def test_the_schema_is_one_and_the_file_in_the_docs(ask: Ask, project_root: Path) -> None:
    schema = ask("outbox", "schema").document
    Draft202012Validator.check_schema(schema)
    kept = json.loads((project_root / "docs" / "reference" / "events.schema.json").read_text(encoding="utf-8"))
    assert schema == kept
