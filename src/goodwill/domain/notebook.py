"""How a record shows itself in a notebook: by what a floor above registers for its class."""

from __future__ import annotations

from importlib.metadata import entry_points

__all__ = ["as_html"]


def as_html(value: object) -> str | None:
    """The value as HTML, or None, for which a notebook prints it, where nobody registered how."""
    for found in entry_points(group="goodwill.html", name=type(value).__name__.lower()):
        written: str = found.load()(value)
        return written
    return None
