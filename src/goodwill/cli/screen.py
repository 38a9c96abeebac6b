"""Where a command's answer goes: tables for people, one JSON document for programs, complaints to stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

__all__ = ["MINUS", "Screen", "complain"]

MINUS = "\N{MINUS SIGN}"
PIPE_WIDTH = 120
"""Columns of a table that no terminal shows, unless COLUMNS says otherwise."""


class Screen:
    """One command's output.

    Attributes:
        json: the answer is one JSON document on stdout, and nothing else.
        is_plain: nobody sees colors and signs there: a pipe, a file, a terminal of few characters.
    """

    def __init__(self, *, json: bool = False) -> None:
        self.json = json
        self.out = console(stderr=False)
        self.err = console(stderr=True)
        self.is_plain = not (self.out.is_terminal and self.out.encoding.startswith("utf"))

    def show(self, *renderables: RenderableType) -> None:
        """Print for people; where it is plain, without colors and trailing blanks, and with a program's minus signs."""
        for renderable in renderables:
            if self.is_plain:
                with self.out.capture() as captured:
                    self.out.print(renderable)
                lines = captured.get().replace(MINUS, "-").split("\n")
                write("\n".join(line.rstrip() for line in lines))
            else:
                self.out.print(renderable)

    def document(self, value: Any) -> None:
        """Print one JSON document; keys keep their order, so that two runs compare."""
        text = json.dumps(value, indent=2, ensure_ascii=not self.out.encoding.startswith("utf"), allow_nan=False)
        write(text + "\n")

    def note(self, text: str) -> None:
        """Say something beside the answer, on stderr."""
        self.err.print(text, style="dim", markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def busy(self, what: str) -> Iterator[None]:
        """A sign of life on stderr while an answer is worked out; nothing where nobody watches."""
        if self.err.is_terminal:
            with self.err.status(what):
                yield
        else:
            yield

    @contextmanager
    def progress(self, what: str) -> Iterator[Callable[[int, int], None] | None]:
        """A progress bar on stderr, moved by calls with (done, total); None where nobody watches."""
        if not self.err.is_terminal:
            yield None
            return
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        with Progress(*columns, console=self.err, transient=True) as bar:
            task = bar.add_task(what, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)


def console(*, stderr: bool) -> Console:
    """A console for one of the two streams; wide where nobody's window limits it."""
    made = Console(stderr=stderr, highlight=False, emoji=False, markup=False)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = PIPE_WIDTH
    return made


def write(text: str) -> None:
    """Write on stdout; a character that its encoding does not have becomes a question mark, not a traceback."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding))


def complain(text: str) -> None:
    """One line on stderr that says what was wrong and names the way out."""
    console(stderr=True).print(f"goodwill: {' '.join(text.split())}", style="red", soft_wrap=True)
