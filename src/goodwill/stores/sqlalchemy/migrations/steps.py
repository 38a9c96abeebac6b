"""What revisions are written with: each statement leaves alone what is there, so that a step can be run again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic.operations import Operations
from sqlalchemy import Column, inspect, text
from sqlalchemy.types import TypeEngine

from goodwill.stores.sqlalchemy.columns import TRANSACTIONAL
from goodwill.stores.sqlalchemy.guards import guard_ddl

__all__ = ["Steps"]


class Steps:
    """Changes of tables under one prefix, in one schema: run on a connection, or written down as SQL.

    They are handed to a revision's `upgrade`. Alembic's own `op` is one for the whole process, and belongs to the host,
    whose migration may be the one that calls us.

    Args:
        operations: Alembic's, on the connection or for the SQL.
        prefix: what the names of all tables, indexes, constraints and triggers begin with.
        schema: the one that they are in; None is the connection's own.
    """

    def __init__(self, operations: Operations, *, prefix: str, schema: str | None) -> None:
        self._operations = operations
        self._prefix = prefix
        self._schema = schema

    def prefixed(self, name: str) -> str:
        """A name under the host's prefix."""
        return f"{self._prefix}{name}"

    def placed(self, name: str) -> str:
        """What a foreign key points at: a column of another of our tables, where it is."""
        return self.prefixed(name) if self._schema is None else f"{self._schema}.{self.prefixed(name)}"

    def quoted(self, name: str) -> str:
        """A name under the host's prefix, in its schema, as the database writes it."""
        quote = self._operations.migration_context.dialect.identifier_preparer.quote_identifier
        return (
            quote(self.prefixed(name))
            if self._schema is None
            else f"{quote(self._schema)}.{quote(self.prefixed(name))}"
        )

    @property
    def on_sqlite(self) -> bool:
        """Whether the database is SQLite."""
        return self._operations.migration_context.dialect.name == "sqlite"

    def create_table(self, name: str, *columns: Any, counted: bool = True) -> None:
        """A table, unless it is there; `counted` if the database counts up its key."""
        options = TRANSACTIONAL | ({"sqlite_autoincrement": True} if counted else {})
        self._operations.create_table(self.prefixed(name), *columns, schema=self._schema, if_not_exists=True, **options)

    def create_index(self, table: str, name: str, columns: list[str], **options: Any) -> None:
        """An index, unless it is there."""
        self._operations.create_index(
            self.prefixed(name), self.prefixed(table), columns, schema=self._schema, if_not_exists=True, **options
        )

    def add_column(self, table: str, name: str, form: TypeEngine[Any]) -> None:
        """A column that may be NULL, unless it is there; SQLite cannot be told IF NOT EXISTS."""
        if self.on_sqlite and name in self._columns_of(table):
            return
        self._operations.add_column(
            self.prefixed(table), Column(name, form), schema=self._schema, if_not_exists=not self.on_sqlite
        )

    def guard(
        self, table: str, columns: Sequence[str], unique: Sequence[Sequence[str]], permit: str | None = None
    ) -> None:
        """The triggers of an append-only table, in place of older ones; `permit` says which rows may be deleted."""
        dialect = self._operations.migration_context.dialect
        permitting = None if permit is None else self.prefixed(permit)
        for statement in guard_ddl(dialect, self.prefixed(table), self._schema, columns, unique, permit=permitting):
            self.execute(statement)

    def execute(self, statement: str) -> None:
        """A statement as it is. Where it holds semicolons inside, the script for MariaDB's client says so."""
        context = self._operations.migration_context
        if context.as_sql and context.dialect.name in {"mysql", "mariadb"} and ";" in statement:
            context.impl.static_output(f"DELIMITER $$\n{statement}$$\nDELIMITER ;")
        else:
            self._operations.execute(text(statement.replace(":", r"\:")))

    def _columns_of(self, table: str) -> set[str]:
        if self._operations.migration_context.as_sql:
            return set()
        found = inspect(self._operations.get_bind())
        return {column["name"] for column in found.get_columns(self.prefixed(table), schema=self._schema)}
