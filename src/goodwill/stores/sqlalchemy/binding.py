"""Values of statements that are bound when they are run."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, bindparam

__all__ = ["many", "one"]


def one(name: str) -> ColumnElement[Any]:
    """A value that is bound later."""
    return bindparam(name)


def many(name: str) -> Any:
    """Values that are bound later, however many."""
    return bindparam(name, expanding=True)
