"""Running the store's steps on a connection: all the I/O that a sync store does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import Connection, Dialect, Insert

from goodwill.ledger.ports import Answer, Request
from goodwill.stores.conflict import require_write
from goodwill.stores.sqlalchemy.answers import answer
from goodwill.stores.sqlalchemy.failures import reached, translated
from goodwill.stores.sqlalchemy.statements import family_of, statements
from goodwill.stores.sqlalchemy.steps import Put, Query, Rows, Steps
from goodwill.stores.sqlalchemy.tenant import Tenant

__all__ = ["SQLAlchemyWork", "run"]

T = TypeVar("T")


class SQLAlchemyWork:
    """One stretch of reading and writing on one connection, within whatever transaction it is in."""

    def __init__(
        self, connect: Callable[[], Connection], *, tenant: Tenant, prefix: str, schema: str | None, write: bool
    ) -> None:
        self._connect = connect
        self._tenant = tenant
        self._prefix = prefix
        self._schema = schema
        self._write = write

    def answer(self, request: Request) -> Answer:
        """Carry out a request; each request's class says what its answer is and what may be raised."""
        require_write(request, write=self._write)
        with translated(self._prefix, self._schema):
            with reached():
                connection = self._connect()
            dialect = connection.dialect
            sql = statements(self._prefix, self._schema, family_of(dialect), returning=dialect.insert_returning)
            return run(answer(request, sql, self._tenant), connection)


def run(steps: Steps[T], connection: Connection) -> T:
    """Carry out steps one after the other, and return what they come to."""
    try:
        step = next(steps)
        while True:
            step = steps.send(rows_of(step, connection))
    except StopIteration as stop:
        result: T = stop.value
        return result


def rows_of(step: Query | Put, connection: Connection) -> Rows:
    """Execute one step; the rows that it returned."""
    if isinstance(step, Query) or connection.get_execution_options().get("schema_translate_map"):
        result = connection.execute(*step)
    else:
        text, values_of = prepared(step.statement, connection.dialect)
        values = [values_of(row) for row in step.rows]
        result = connection.exec_driver_sql(text, values if len(values) > 1 else values[0])
    return result.fetchall() if result.returns_rows else ()


@lru_cache(maxsize=64)
def prepared(statement: Insert, dialect: Dialect) -> tuple[str, Callable[[Mapping[str, Any]], Any]]:
    """The text of an insert in the driver's own words, and what makes the driver's parameters of a row.

    An insert through this costs a third of one that SQLAlchemy binds, in a batch and alone.
    """
    compiled = statement.compile(dialect=dialect)
    names = getattr(compiled, "positiontup", None)
    return str(compiled), itemgetter(*names) if names else dict
