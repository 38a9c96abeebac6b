"""The shape of the store's logic: it does no I/O, it says what to run and is sent the rows.

An operation is a generator that yields what to run and receives the rows that it returned. The
sync store runs it on a connection (`work.py`); an async one needs a runner of its own and nothing else.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Executable, Insert

__all__ = ["Put", "Query", "Rows", "Steps", "chunks", "fetch"]

T = TypeVar("T")

Rows = Sequence[Sequence[Any]]


class Query(NamedTuple):
    """A statement to run with these parameters."""

    statement: Executable
    parameters: Mapping[str, Any]


class Put(NamedTuple):
    """An insert to run with each of these rows, whose values the driver takes as they are."""

    statement: Insert
    rows: Sequence[Mapping[str, Any]]


Steps = Generator[Query | Put, Rows, T]

BOUND_AT_ONCE = 500
"""Values in one IN (...): older SQLite takes 999 parameters a statement."""


def chunks(values: Sequence[T]) -> Iterator[list[T]]:
    """The values, each once, in their order, as many at a time as one statement takes.

    Example:
        >>> list(chunks(["b", "a", "b"]))
        [['b', 'a']]
    """
    rest = iter(dict.fromkeys(values))
    while chunk := list(islice(rest, BOUND_AT_ONCE)):
        yield chunk


def fetch(statement: Executable, name: str, values: Sequence[Any], **parameters: Any) -> Steps[list[Sequence[Any]]]:
    """The rows of a statement for all values of its one expanding parameter, however many there are."""
    rows: list[Sequence[Any]] = []
    for chunk in chunks(values):
        rows.extend((yield Query(statement, {name: chunk, **parameters})))
    return rows
