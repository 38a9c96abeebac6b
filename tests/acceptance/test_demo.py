"""The demo: the main job on an invented export, the same for ever."""

from __future__ import annotations

import csv
import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from goodwill import Ledger, presets
from goodwill.cli.app import app
from goodwill.cli.demo import AS_OF


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `goodwill demo --keep` leaves behind."""
    return tmp_path_factory.mktemp("demo") / "kept"


@pytest.fixture(scope="module")
def told(kept: Path) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["demo", "--keep", str(kept), "--json"], catch_exceptions=False)
    assert result.exit_code == 0
    document: dict[str, Any] = json.loads(result.stdout)
    return document


@pytest.fixture(scope="module")
def page() -> str:
    result = CliRunner(env={"COLUMNS": "80"}).invoke(app, ["demo"], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_forty_customers_come_in_and_the_bad_rows_stay_out(told: dict[str, Any]) -> None:
    assert told["customers"] == 40
    assert [report["rows"] for report in told["imports"]] == [239, 176, 85, 2]
    assert [report["rejected"] for report in told["imports"]] == [1, 1, 2, 0]
    assert [(row["file"], row["line"]) for row in told["refused"]] == [
        ("visits.csv", "19"),
        ("tickets.csv", "10"),
        ("credits.csv", "13"),
        ("credits.csv", "25"),
    ]


def test_a_row_that_came_twice_counts_once_and_a_corrected_one_amends(told: dict[str, Any]) -> None:
    visits, *_, corrected = told["imports"]
    assert visits["replayed"] > 0
    assert (corrected["recorded"], corrected["amended"]) == (0, 2)


def test_it_says_who_is_overdrawn_and_what_did_it(told: dict[str, Any], kept: Path) -> None:
    points = [each["points"] for each in told["overdrawn"]]
    assert 0 < len(points) < 40
    assert points == sorted(points)
    assert all(each["drivers"] and each["drivers"][0]["points"] < 0 for each in told["overdrawn"])
    with Ledger.open(f"sqlite:///{kept / 'goodwill.db'}") as ledger:
        answers = ledger.overdrawn(as_of=AS_OF)
    assert [each["account"] for each in told["overdrawn"]] == [balance.account for balance in answers]


def test_every_accounts_contributions_sum_to_its_balance(told: dict[str, Any], kept: Path) -> None:
    assert told
    with Ledger.open(f"sqlite:///{kept / 'goodwill.db'}") as ledger:
        for balance in ledger.balances(as_of=AS_OF):
            added = ledger.contributions(balance.account, as_of=AS_OF)
            assert sum(entry.points for entry in added) == pytest.approx(balance.points, abs=1e-9)


def test_every_recovery_found_the_failure_that_it_answers(told: dict[str, Any], kept: Path) -> None:
    assert told
    with Ledger.open(f"sqlite:///{kept / 'goodwill.db'}") as ledger:
        linked = {entry.id for entry in ledger.entries() if entry.in_response_to and not entry.reversed_by}
        added = [each for account in ledger.accounts() for each in ledger.contributions(account.id, as_of=AS_OF)]
    assert len(linked) > 40
    assert linked == {each.id for each in added if each.recovers}
    assert [each.note for each in added if each.note] == []


def test_the_statement_adds_up(told: dict[str, Any]) -> None:
    shown = told["statement"]
    moved = shown["deposited"] - shown["withdrawn"] - shown["forgotten"] + shown["forgiven"]
    assert shown["opening"] + moved == pytest.approx(shown["closing"], abs=1e-9)
    (overdrawn,) = [each for each in told["overdrawn"] if each["account"] == shown["account"]]
    assert shown["closing"] == pytest.approx(overdrawn["points"], abs=1e-9)


def test_concessions_cost_what_the_export_says(told: dict[str, Any], kept: Path) -> None:
    with (kept / "credits.csv").open(newline="") as file:
        rows = {row["credit"]: row for row in csv.DictReader(file)}
    with (kept / "credits_corrected.csv").open(newline="") as file:
        rows |= {row["credit"]: row for row in csv.DictReader(file)}
    waived = [row for row in rows.values() if row["reason"] == "fee waived"]
    usable = [row for row in waived if row["amount"].startswith("$") and row["ticket"] != "T-9999"]
    cents = sum(int(row["amount"].removeprefix("$").replace(".", "")) for row in usable)
    (fees,) = [each for each in told["concessions"] if each["kind"] == "fee_waived"]
    assert fees["entries"] == len(usable)
    assert fees["cost"] == f"{cents // 100}.{cents % 100:02}"
    assert 0 < fees["left"] < fees["bought"]


def test_the_second_policy_moves_customers_both_ways(told: dict[str, Any]) -> None:
    fallen = [move for move in told["moves"] if move["second_standing"] == "overdrawn"]
    risen = [move for move in told["moves"] if move["standing"] == "overdrawn"]
    assert fallen
    assert risen
    assert len(fallen) + len(risen) == len(told["moves"])


def test_the_page_is_the_same_every_time_and_fits_eighty_columns(page: str) -> None:
    again = CliRunner(env={"COLUMNS": "80"}).invoke(app, ["demo"], catch_exceptions=False).stdout
    assert page == again
    assert max(map(len, page.splitlines())) <= 80


def test_the_page_prints_each_caveat_once_and_calls_itself_invented(page: str) -> None:
    words = " ".join(page.split())
    assert "invented" in words
    assert all(words.count(caveat) == 1 for caveat in presets.default().caveats)


def test_what_was_kept_can_be_asked_on(told: dict[str, Any], kept: Path) -> None:
    assert told
    asked = ["explain", "C-1001", "--db", str(kept / "goodwill.db"), "--as-of", "2026-01-01"]
    assert "disputed_charge" in CliRunner().invoke(app, asked).stdout
    again = ["import", str(kept / "visits.csv"), "--map", str(kept / "visits.toml"), "--json", "--rejects"]
    result = CliRunner().invoke(app, [*again, str(kept / "r.csv"), "--db", str(kept / "goodwill.db")])
    assert json.loads(result.stdout)["recorded"] == 0


def test_a_folder_with_something_in_it_is_not_written_to(told: dict[str, Any], kept: Path) -> None:
    assert told
    result = CliRunner().invoke(app, ["demo", "--keep", str(kept)])
    assert result.exit_code == 2
    assert "there is something in it" in result.stderr


def test_the_export_is_what_its_generator_writes(
    project_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = project_root / "examples" / "demo" / "generate.py"
    spec = importlib.util.spec_from_file_location("generate_demo", script)
    assert spec is not None
    assert spec.loader is not None
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    shipped = generate.FOLDER
    monkeypatch.setattr(generate, "FOLDER", tmp_path)
    generate.main()
    written = sorted(path.name for path in tmp_path.iterdir())
    assert written == sorted(path.name for path in shipped.glob("*.csv"))
    assert all((tmp_path / name).read_bytes() == (shipped / name).read_bytes() for name in written)
