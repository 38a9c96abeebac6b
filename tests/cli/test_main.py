"""The command as a process: its streams, its exit codes, and what it says where its extra is missing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from goodwill import Ledger
from goodwill.cli import main

WITHOUT = """
import sys
sys.modules[{module!r}] = None  # as if it were not installed
from goodwill.cli import main
sys.exit(main(["kinds"]))
"""


def run(*words: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("GOODWILL_", "COLUMNS"))}
    return subprocess.run(
        [sys.executable, *map(str, words)],
        capture_output=True, text=True, encoding="utf-8", cwd=cwd, env={**clean, **environment}, check=False, timeout=60,
    )  # fmt: skip


def test_python_m_goodwill_answers(tmp_path: Path) -> None:
    done = run("-m", "goodwill", "kinds", "--json", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr == ""
    assert "late_delivery" in [kind["name"] for kind in json.loads(done.stdout)["kinds"]]


def test_output_into_a_pipe_is_plain(tmp_path: Path, db: Path) -> None:
    done = run("-m", "goodwill", "balance", "--db", db, "--as-of", "2026-01-01", cwd=tmp_path)
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert "-" in done.stdout
    assert "\N{MINUS SIGN}" not in done.stdout
    assert all(line == line.rstrip() for line in done.stdout.splitlines())


def test_no_color_and_an_ascii_terminal_are_respected(tmp_path: Path, db: Path) -> None:
    words = ("-m", "goodwill", "balance", "--db", db)
    assert "\x1b[3" not in run(*words, cwd=tmp_path, NO_COLOR="1", FORCE_COLOR="1").stdout
    done = run(*words, cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert done.stdout.isascii()


def test_an_id_that_the_output_cannot_spell_is_no_traceback(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path / 'goodwill.db'}") as ledger:
        ledger.deposit("Zo\N{LATIN SMALL LETTER E WITH DIAERESIS}", "upgrade")
    text = run("-m", "goodwill", "balance", cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert (text.returncode, text.stderr) == (0, "")
    assert "Zo?" in text.stdout
    document = run("-m", "goodwill", "balance", "--json", cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert json.loads(document.stdout)["balances"][0]["account"] == "Zo\N{LATIN SMALL LETTER E WITH DIAERESIS}"


def test_a_fault_is_one_line_on_stderr(tmp_path: Path) -> None:
    done = run("-m", "goodwill", "balance", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("goodwill: there is no ledger")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("module", ["typer", "rich", "simpleeval"])
def test_without_its_extra_the_command_names_it(tmp_path: Path, module: str) -> None:
    done = run("-c", WITHOUT.format(module=module), cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == f'goodwill: the command line needs {module}: pip install "goodwill[cli]"\n'


def test_the_version_is_said(tmp_path: Path) -> None:
    done = run("-m", "goodwill", "--version", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("goodwill 0.")


@pytest.mark.skipif(sys.platform == "win32", reason="head is a Unix tool")
def test_a_reader_that_stops_early_gets_no_traceback(tmp_path: Path) -> None:
    command = f"{sys.executable} -m goodwill kinds --json | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=tmp_path, check=False, timeout=60)
    assert done.stdout == "{\n"
    assert "Traceback" not in done.stderr


def test_main_returns_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kinds", "--json"]) == 0
    assert "late_delivery" in capsys.readouterr().out
    assert main(["nonsense"]) == 2
