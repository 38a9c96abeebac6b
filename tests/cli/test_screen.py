"""A terminal gets colors, typographic minus signs and a progress bar; a pipe gets none of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Ask = Callable[..., Any]

MINUS = "\N{MINUS SIGN}"


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")


def test_a_pipe_gets_plain_text(ask: Ask, db: Path) -> None:
    answer = ask("balance", "--db", db, "--as-of", "2026-01-01")
    assert "\x1b" not in answer.out
    assert MINUS not in answer.out


@pytest.mark.usefixtures("terminal")
def test_a_terminal_gets_colors_and_minus_signs(ask: Ask, db: Path) -> None:
    answer = ask("balance", "--db", db, "--as-of", "2026-01-01")
    assert "\x1b[" in answer.out
    assert MINUS in answer.out


@pytest.mark.usefixtures("terminal")
def test_json_is_json_on_a_terminal_too(ask: Ask, db: Path) -> None:
    answer = ask("overdrawn", "--db", db, "--json")
    assert json.loads(answer.out)["count"] == 1


@pytest.mark.usefixtures("terminal")
def test_long_work_shows_a_bar_on_stderr_and_never_on_stdout(ask: Ask) -> None:
    Path("map.toml").write_text(
        '[[entries]]\nkind = "upgrade"\naccount = "{who}"\noccurred_at = "{when}"\nreference = "{who}"\n'
        '[source]\nzone = "UTC"\n'
    )
    Path("a.csv").write_text("who,when\n" + "".join(f"c{number},2025-01-01\n" for number in range(50)))
    answer = ask("import", "a.csv", "--map", "map.toml", "--json")
    assert answer.document["recorded"] == 50
    assert "importing a.csv" in answer.err
