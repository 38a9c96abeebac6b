"""Running the store's steps on a connection: all the I/O that a sync store does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from goodwill.ledger.ports import Answer, Request
from goodwill.stores.conflict import require_write
from goodwill.stores.sqlalchemy.answers import answer
from goodwill.stores.sqlalchemy.failures import translated
from goodwill.stores.sqlalchemy.statements import family_of, statements
from goodwill.stores.sqlalchemy.steps import Rows, Step, Steps

__all__ = ["SQLAlchemyWork", "run"]

T = TypeVar("T")


class SQLAlchemyWork:
    """One stretch of reading and writing on one connection, within whatever transaction it is in."""

    def __init__(
        self, connect: Callable[[], Connection], *, ledger: str, prefix: str, schema: str | None, write: bool
    ) -> None:
        self._connect = connect
        self._ledger = ledger
        self._prefix = prefix
        self._schema = schema
        self._write = write

    def answer(self, request: Request) -> Answer:
        """Carry out a request; each request's class says what its answer is and what may be raised."""
        require_write(request, write=self._write)
        with translated(self._prefix, self._schema):
            connection = self._connect()
            sql = statements(self._prefix, self._schema, family_of(connection.dialect))
            return run(answer(request, sql, self._ledger), connection)


def run(steps: Steps[T], connection: Connection) -> T:
    """Carry out steps one after the other, and return what they come to."""
    try:
        step = next(steps)
        while True:
            step = steps.send(rows_of(step, connection))
    except StopIteration as stop:
        result: T = stop.value
        return result


def rows_of(step: Step, connection: Connection) -> Rows:
    """Execute one step; the rows that it returned."""
    statement, parameters = step
    result = connection.execute(statement, parameters)
    return result.fetchall() if result.returns_rows else ()
