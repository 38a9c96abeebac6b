"""A page of HTML in one file: its style is in it, its pictures too, and nothing is loaded from elsewhere."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from io import BytesIO
from typing import Any, Final

import matplotlib as mpl

__all__ = ["facts", "figures", "folded", "grid", "page", "picture", "section"]

NARROW: Final = 3
"""A table of so many columns fits a phone."""


def page(title: str, lead: str, *sections: str) -> str:
    """The whole page.

    Args:
        title: a text.
        lead: HTML below the title.
        sections: HTML.
    """
    style = files("goodwill.reports").joinpath("page.css").read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        f"<header>\n<h1>{escape(title)}</h1>\n{lead}\n</header>\n{''.join(sections)}</main>\n</body>\n</html>\n"
    )


def section(heading: str, *parts: str) -> str:
    """A part of the page, of HTML; nothing where there is nothing in it."""
    body = "\n".join(part for part in parts if part)
    return f"<section>\n<h2>{escape(heading)}</h2>\n{body}\n</section>\n" if body else ""


def figures(pairs: Iterable[Sequence[str]]) -> str:
    """The few numbers that matter most, each a name and a text."""
    items = (f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in pairs)
    return f'<dl class="figures">{"".join(items)}</dl>'


def facts(caption: str, rows: Iterable[Sequence[str]]) -> str:
    """A table whose rows each have a name and a text."""
    return grid(caption, (), rows, numbers=0)


def grid(caption: str, header: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: int) -> str:
    """A table; the first cell of a row names it.

    Args:
        caption: what a reader who does not see the page is told that it is.
        header: the columns' names; none where the rows' names say enough.
        rows: texts.
        numbers: how many columns at the right are numbers.
    """
    head = _line(header, "th", "col", numbers) if header else ""
    body = "".join(_line(row, "td", "row", numbers) for row in rows)
    if not body:
        return ""
    told = escape(caption)
    made = f"<table><caption>{told}</caption>{f'<thead>{head}</thead>' if head else ''}<tbody>{body}</tbody></table>"
    # What may be wider than a phone is scrolled by itself, with the keyboard too.
    return (
        made
        if len(header) <= NARROW
        else f'<div class="wide" tabindex="0" role="group" aria-label="{told}">{made}</div>'
    )


def _line(cells: Sequence[str], tag: str, scope: str, numbers: int) -> str:
    first, *rest = map(escape, cells)
    named = f' scope="{scope}"' if tag == "th" else ""
    classes = ["" if place < len(rest) - numbers else ' class="number"' for place in range(len(rest))]
    others = "".join(f"<{tag}{named}{is_number}>{cell}</{tag}>" for cell, is_number in zip(rest, classes, strict=True))
    return f'<tr><th scope="{scope}">{first}</th>{others}</tr>'


def folded(summary: str, body: str) -> str:
    """HTML that is shown when it is asked for."""
    return f"<details>\n<summary>{escape(summary)}</summary>\n{body}\n</details>"


def picture(drawn: Any, told: str) -> str:
    """A picture of matplotlib, black on nothing, with what it shows in words."""
    file = BytesIO()
    with mpl.rc_context({"svg.hashsalt": "goodwill"}):  # the same picture is the same file
        drawn.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    data = b64encode(file.getvalue()).decode("ascii")
    return f'<img class="drawn" alt="{escape(told)}" src="data:image/svg+xml;base64,{data}">'
