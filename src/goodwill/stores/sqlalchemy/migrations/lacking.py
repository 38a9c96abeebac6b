"""What is not there of the tables that should be: read from the database by name, on all three the same."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import (
    Connection,
    Executable,
    ForeignKeyConstraint,
    Inspector,
    MetaData,
    Table,
    UniqueConstraint,
    column,
    inspect,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql.base import PGDialect

from goodwill.stores.sqlalchemy.guards import triggers_of

__all__ = ["lacking"]


def lacking(connection: Connection, wanted: MetaData, schema: str | None) -> list[str]:
    """What is wanted and not there: tables, columns, indexes, constraints, triggers. What a host added is its own affair.

    Args:
        connection: to the database.
        wanted: the tables as they should be.
        schema: where they should be; None is the connection's own.
    """
    found, triggers = inspect(connection), triggers_found(connection, schema)
    lines: list[str] = []
    for each in wanted.sorted_tables:
        if found.has_table(each.name, schema=schema):
            lines += lacking_of(each, found, schema)
            lines += [f"trigger {name}" for name in triggers_of(connection.dialect, each) if name not in triggers]
        else:
            lines.append(f"table {each.name}")
    return lines


def lacking_of(wanted: Table, found: Inspector, schema: str | None) -> Iterator[str]:
    """The columns, indexes and constraints that a table lacks."""
    columns = {column["name"] for column in found.get_columns(wanted.name, schema=schema)}
    yield from (f"column {wanted.name}.{column.name}" for column in wanted.columns if column.name not in columns)
    rules = set(rules_found(wanted.name, found, schema))
    yield from (f"{what} {name}" for name, what in sorted(rules_of(wanted)) if name not in rules)


def rules_of(wanted: Table) -> Iterator[tuple[str, str]]:
    """The names of a table's indexes and constraints, each with what it is."""
    yield from ((str(index.name), "index") for index in wanted.indexes)
    for rule in wanted.constraints:
        if isinstance(rule, UniqueConstraint | ForeignKeyConstraint):
            yield str(rule.name), "constraint"


def rules_found(name: str, found: Inspector, schema: str | None) -> Iterator[str]:
    """The names of the indexes and constraints that a table has."""
    for rules in (found.get_indexes, found.get_unique_constraints, found.get_foreign_keys):
        yield from (str(rule["name"]) for rule in rules(name, schema=schema))


def triggers_found(connection: Connection, schema: str | None) -> set[str]:
    """The names of the triggers in a schema; on MariaDB those that the connection's user may see."""
    place = schema or connection.dialect.default_schema_name
    query: Executable
    if connection.dialect.name == "sqlite":
        listing = table("sqlite_master", column("name"), column("type"), schema=schema)
        query = select(listing.c.name).where(listing.c.type == "trigger")
    elif isinstance(connection.dialect, PGDialect):
        query = text(
            "SELECT tgname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid "
            "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = :place"
        ).bindparams(place=place)
    else:
        query = text("SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = :place").bindparams(
            place=place
        )
    return set(connection.scalars(query))
