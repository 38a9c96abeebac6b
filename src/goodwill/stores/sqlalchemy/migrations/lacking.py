"""What is not there of the tables that should be: read from the database by name, on all three the same."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, ForeignKeyConstraint, Inspector, MetaData, Table, UniqueConstraint, inspect

__all__ = ["lacking"]


def lacking(connection: Connection, wanted: MetaData, schema: str | None) -> list[str]:
    """The tables, columns, indexes and constraints that are wanted and not there. What a host added is its own affair.

    Args:
        connection: to the database.
        wanted: the tables as they should be.
        schema: where they should be; None is the connection's own.
    """
    found = inspect(connection)
    return [line for table in wanted.sorted_tables for line in lacking_of(table, found, schema)]


def lacking_of(table: Table, found: Inspector, schema: str | None) -> Iterator[str]:
    """What is not there of one table."""
    if not found.has_table(table.name, schema=schema):
        yield f"table {table.name}"
        return
    columns = {column["name"] for column in found.get_columns(table.name, schema=schema)}
    yield from (f"column {table.name}.{column.name}" for column in table.columns if column.name not in columns)
    rules = set(rules_found(table.name, found, schema))
    yield from (f"{what} {name}" for name, what in sorted(rules_of(table)) if name not in rules)


def rules_of(table: Table) -> Iterator[tuple[str, str]]:
    """The names of a table's indexes and constraints, each with what it is."""
    yield from ((str(index.name), "index") for index in table.indexes)
    for rule in table.constraints:
        if isinstance(rule, UniqueConstraint | ForeignKeyConstraint):
            yield str(rule.name), "constraint"


def rules_found(name: str, found: Inspector, schema: str | None) -> Iterator[str]:
    """The names of the indexes and constraints that a table has."""
    for rules in (found.get_indexes, found.get_unique_constraints, found.get_foreign_keys):
        yield from (str(rule["name"]) for rule in rules(name, schema=schema))
