"""What revisions are written with: each statement leaves alone what is there, so that a step can be run again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic import context, op
from sqlalchemy import Column, inspect
from sqlalchemy.types import TypeEngine

from goodwill.stores.sqlalchemy.guards import guard_ddl

__all__ = ["add_column", "create_index", "create_table", "guard", "placed", "prefixed", "schema"]

OPTIONS: dict[str, Any] = {"sqlite_autoincrement": True, "mysql_engine": "InnoDB"}


def prefixed(name: str) -> str:
    """A name under the host's prefix."""
    return f"{context.config.attributes['prefix']}{name}"


def placed(name: str) -> str:
    """What a foreign key points at: a column of another of our tables, where it is."""
    return prefixed(name) if schema() is None else f"{schema()}.{prefixed(name)}"


def schema() -> str | None:
    """The host's schema."""
    named: str | None = context.config.attributes["schema"]
    return named


def create_table(name: str, *columns: Any, counted: bool = True) -> None:
    """A table, unless it is there."""
    options = OPTIONS if counted else {"mysql_engine": "InnoDB"}
    op.create_table(prefixed(name), *columns, schema=schema(), if_not_exists=True, **options)


def create_index(table: str, name: str, columns: list[str], **options: Any) -> None:
    """An index, unless it is there."""
    op.create_index(prefixed(name), prefixed(table), columns, schema=schema(), if_not_exists=True, **options)


def add_column(table: str, name: str, form: TypeEngine[Any]) -> None:
    """A column that may be NULL, unless it is there."""
    connection = None if context.is_offline_mode() else op.get_bind()
    if connection is not None:
        found = inspect(connection).get_columns(prefixed(table), schema=schema())
        if name in {column["name"] for column in found}:
            return
    op.add_column(prefixed(table), Column(name, form), schema=schema())


def guard(table: str, columns: Sequence[str], unique: Sequence[Sequence[str]]) -> None:
    """The triggers of an append-only table, in place of older ones."""
    for statement in guard_ddl(context.get_context().dialect, prefixed(table), schema(), columns, unique):
        op.execute(statement)
