"""What can be wrong with one row. It rejects the row and never the file."""

from __future__ import annotations

from typing import Self

__all__ = ["RowError"]


class RowError(Exception):
    """A row, or a cell of it, that cannot become an entry.

    Attributes:
        reason: short and free of the row's content, so that a report can count it: "occurred_at: not a date".
        detail: what was found, and the way out.

    Example:
        >>> print(RowError("not a number", "'12,5'").within("magnitude"))
        magnitude: not a number ('12,5')
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.reason} ({self.detail})" if self.detail else self.reason

    def within(self, place: str) -> Self:
        """The same fault, said with the place where it was found."""
        return type(self)(f"{place}: {self.reason}", self.detail)
