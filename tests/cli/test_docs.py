"""The pages on the command line, run: their files are written, their commands asked, their output compared."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Ask = Callable[..., Any]

FENCE = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = ("docs/tutorial/first-import.md", "docs/how-to/use-the-command-line.md", "docs/how-to/migrate.md")


def spoken(text: str) -> list[str]:
    """Lines as they are compared: whatever a policy's digest, the tables' revision, a float's last digits."""
    text = re.sub(r"@[0-9a-f]{8}\b", "@........", text.strip())
    text = re.sub(r'(revision"?:? "?)\d{4}\b', r"\1....", text)
    text = re.sub(r"\d+\.\d{7,}", lambda number: f"{float(number[0]):.6f}", text)
    return [line.rstrip() for line in text.splitlines()]


def asked(ask: Ask, command: str) -> str:
    """What a command prints; `cat FILE` is answered too, and `> FILE` obeyed."""
    line, _, target = command.partition(" > ")
    program, *words = shlex.split(line, comments=True)
    assert program in {"goodwill", "cat"}, command
    out = Path(words[0]).read_text(encoding="utf-8") if program == "cat" else said(ask(*words))
    if target:
        Path(target.strip()).write_text(out, encoding="utf-8")
    return "" if target else out


def said(answer: Any) -> str:
    return str(answer.out if answer.code in {0, 1, 3} else answer.err)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_prints_what_the_commands_print(
    ask: Ask, page: str, project_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for language, title, body in FENCE.findall((project_root / page).read_text(encoding="utf-8")):
        if title:
            Path(title).write_text(body, encoding="utf-8")
        elif language == "console":
            for block in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
                command, _, expected = block.partition("\n")
                assert spoken(asked(ask, command)) == spoken(expected), command
