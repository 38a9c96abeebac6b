"""standings add, list, run, rebuild and remove, done to a real SQLite file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from goodwill import Ledger, presets
from goodwill.stores.sqlalchemy import standings

Ask = Callable[..., Any]


def test_a_policy_is_added_built_listed_and_removed(ask: Ask, db: Path) -> None:
    assert "no readings are kept" in ask("standings", "list", "--db", db).out
    assert "standings run" in ask("standings", "add", "default", "--db", db).out
    assert "kept already" in ask("standings", "add", "default", "--db", db).out
    (waiting,) = ask("standings", "list", "--db", db, "--json").document["policies"]
    assert (waiting["name"], waiting["ready_at"], waiting["is_building"]) == ("default", None, True)
    assert "not yet, being built" in ask("standings", "list", "--db", db).out
    assert ask("standings", "run", "--db", db).out.startswith("0 pending taken in, 2 built")
    assert "since 20" in ask("standings", "list", "--db", db).out
    assert "kept no longer" in ask("standings", "remove", "default", "--db", db).out
    assert ask("standings", "list", "--db", db, "--json").document == {"policies": []}


def test_what_the_command_line_and_scripts_write_is_pending_once_readings_are_kept(ask: Ask, db: Path) -> None:
    ask("standings", "add", "default", "--db", db)
    ask("standings", "run", "--db", db)
    with Ledger.open(f"sqlite:///{db}") as ledger:
        ledger.deposit("cy", "upgrade")
        ledger.merge("cy", into="bob")
    done = ask("standings", "run", "--db", db, "--json").document
    assert (done["folded"], done["built"]) == (3, 0)
    assert done["crossings"] == []
    with Ledger.open(f"sqlite:///{db}") as ledger:
        assert list(standings.compare(ledger)) == []


def test_a_crossing_is_told_with_its_instant_and_no_number_of_ours(ask: Ask, db: Path) -> None:
    ask("standings", "add", "default", "--db", db)
    ask("standings", "run", "--db", db)
    with Ledger.open(f"sqlite:///{db}") as ledger:
        late = ledger.withdraw("cy", "late_delivery", magnitude=2)
    (crossing,) = ask("standings", "run", "--db", db, "--json").document["crossings"]
    assert crossing == {
        "account": "cy",
        "policy_digest": presets.default().digest,
        "policy_name": "default",
        "threshold": 0.0,
        "direction": "overdrawn",
        "at": late.occurred_at.isoformat(),
    }


def test_readings_are_made_anew_for_one_policy_or_all(ask: Ask, db: Path) -> None:
    for policy in ("default", "heroics"):
        ask("standings", "add", policy, "--db", db)
    ask("standings", "run", "--db", db)
    assert ask("standings", "rebuild", "--db", db, "--json").document["policies"] == 2
    one = ask("standings", "rebuild", "--kept", "heroics", "--db", db)
    assert one.out.startswith("1 made anew; 0 pending taken in, 2 built")
    digest = presets.heroics().digest
    assert ask("standings", "remove", digest[:8], "--db", db).code == 0


def test_a_policy_of_a_file_is_kept_under_its_name(ask: Ask, db: Path, tmp_path: Path) -> None:
    (tmp_path / "ours.json").write_text(presets.tk92().replace(name="ours").to_json())
    added = ask("standings", "add", "ours.json", "--db", db, "--json").document
    assert added["policy"].startswith("ours@")
    assert added["added"] is True


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "defualt"), "no file and no ready-made policy; those are default"),
        (("add", "service_catalog"), "no file and no ready-made policy"),
        (("remove", "heroics"), "names 0 of the kept policies, which are: default@"),
        (("rebuild", "--kept", "heroics"), "names 0 of the kept policies"),
        (("remove", ""), "names 2 of the kept policies"),
    ],
)
def test_a_policy_that_is_not_there_is_refused_with_those_that_are(
    ask: Ask, db: Path, words: tuple[str, ...], said: str
) -> None:
    ask("standings", "add", "default", "--db", db)
    if "" in words:
        ask("standings", "add", "heroics", "--db", db)
    answer = ask("standings", *words, "--db", db)
    assert answer.code == 2
    assert said in answer.err


def test_a_watch_goes_on_until_it_is_interrupted(ask: Ask, db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ask("standings", "add", "default", "--db", db)
    naps: list[float] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 3:
            raise KeyboardInterrupt
        with Ledger.open(f"sqlite:///{db}") as ledger:
            ledger.deposit("ada", "upgrade")

    # The command's own clock alone: threads of other tests' libraries sleep as well, and would be interrupted.
    monkeypatch.setattr("goodwill.cli.standings.time", SimpleNamespace(sleep=nap))
    answer = ask("standings", "run", "--watch", "--every", "0.5", "--db", db)
    assert answer.code == 130
    assert naps == [0.5, 0.5, 0.5]
    assert answer.out.count("1 pending taken in") == 2
