"""What is wrong with a row of a frame: which row, in which column, and what the ledger says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from goodwill.analytics.rows import Row
from goodwill.domain.errors import (
    AccountClosed,
    AccountErased,
    AlreadyReversed,
    CurrencyMismatch,
    GoodwillError,
    InvalidAccount,
    InvalidCost,
    InvalidDimension,
    InvalidEntry,
    InvalidLink,
    InvalidMagnitude,
    InvalidMoney,
    InvalidReference,
    InvalidSeverity,
    InvalidSincerity,
    NotReversible,
    Purged,
    ReferenceConflict,
    RetiredKind,
    UnknownCurrency,
    UnknownEntry,
    UnknownKind,
    WrongDirection,
)
from goodwill.frames.columns import COLUMNS

if TYPE_CHECKING:
    from goodwill.domain.entry import Entry
    from goodwill.ledger.ledger import Ledger

__all__ = ["BAD_FACT", "BadRow", "bad_row", "culprit"]

BAD_FACT: Final = (
    InvalidEntry, InvalidMoney, ReferenceConflict, UnknownEntry, AlreadyReversed, NotReversible, AccountClosed,
    AccountErased, Purged,
)  # fmt: skip
"""What is wrong with a row. Every other error is the store's, and ends the recording."""

COLUMN_OF: Final[Mapping[type[GoodwillError], str]] = {
    AccountClosed: "account",
    AccountErased: "reference",
    AlreadyReversed: "reverses",
    CurrencyMismatch: "currency",
    InvalidAccount: "account",
    InvalidCost: "cost",
    InvalidDimension: "dimensions",
    InvalidLink: "in_response_to",
    InvalidMagnitude: "magnitude",
    InvalidMoney: "cost",
    InvalidReference: "reference",
    InvalidSeverity: "severity",
    InvalidSincerity: "sincerity",
    NotReversible: "reverses",
    Purged: "reference",
    ReferenceConflict: "reference",
    RetiredKind: "kind",
    UnknownCurrency: "currency",
    UnknownEntry: "reverses",
    UnknownKind: "kind",
    WrongDirection: "kind",
}


class BadRow(InvalidEntry):
    """A row of a frame that cannot be recorded.

    Attributes:
        row: its number, from 0, as the frame counts; -1 if it is not known which.
        column: where the fault is, by our name; None if it is in no column by itself.
        values: the row, by column under our names; None where nothing is said.
        error: what is wrong with it.
    """

    def __init__(
        self,
        message: str,
        *,
        row: int = -1,
        column: str | None = None,
        values: Mapping[str, Any] | None = None,
        error: GoodwillError | None = None,
    ) -> None:
        super().__init__(message)
        self.row = row
        self.column = column
        self.values = values or {}
        self.error = error


def bad_row(row: Row | None, error: GoodwillError) -> BadRow:
    """The fault of a row, from what was raised of it."""
    if row is None:
        return BadRow(str(error), error=error)
    column = column_of(error)
    place = f"row {row.number}" if column is None else f"row {row.number}, {column}"
    return BadRow(f"{place}: {error}", row=row.number, column=column, values=row.values, error=error)


def column_of(error: GoodwillError) -> str | None:
    """The column that an error is about: by its sort, else the first that its message names."""
    if type(error) in COLUMN_OF:
        return COLUMN_OF[type(error)]
    return next((word for word in str(error).split() if word in COLUMNS), None)


def culprit(error: GoodwillError, facts: Sequence[tuple[Row, Entry]], ledger: Ledger) -> Row | None:
    """The row that an error is about, which refused a whole batch: what the door says of it, else what the store does."""
    for row, fact in facts:
        try:
            ledger.check(fact)
        except BAD_FACT:
            return row
    attempted = getattr(error, "attempted", None)
    if attempted is not None:
        return next((row for row, fact in reversed(facts) if fact.reference == attempted.reference), None)
    return next((row for row, fact in facts if is_named(fact, str(error))), None)


def is_named(fact: Entry, message: str) -> bool:
    """Whether a message tells a fact's reference or account."""
    return repr(fact.reference) in message or repr(str(fact.account)) in message
