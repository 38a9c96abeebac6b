"""The top floor: the `goodwill` command. Imports every floor below it, and typer and rich (extra `cli`)."""

from __future__ import annotations

import sys

__all__ = ["main"]

NEEDS = {"rich", "simpleeval", "typer"}


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the script `goodwill` and `python -m goodwill` call this.

    Args:
        arguments: the words after `goodwill`; None takes them from `sys.argv`.

    Returns:
        The exit code: 0 fine; 1 the answer is no (an account is unknown, two policies differ, an event was not taken);
        2 wrong usage or bad input, said in one line on stderr; 3 an import that finished and refused some rows; 130
        interrupted.
    """
    try:
        from goodwill.cli.app import run  # noqa: PLC0415 - its libraries are an extra; say so instead of a traceback
    except ModuleNotFoundError as missing:
        library = str(missing.name).partition(".")[0]
        if library not in NEEDS:
            raise
        sys.stderr.write(f'goodwill: the command line needs {library}: pip install "goodwill[cli]"\n')
        return 2
    return run(arguments)
