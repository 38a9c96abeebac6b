"""What the database itself refuses: entries are never changed and never deleted, whoever asks.

On SQLite so far. An UPDATE that changes nothing passes, for it changes nothing.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table, event, text

__all__ = ["guard"]

REFUSAL = "entries are never changed or deleted; reverse or amend them"


def guard(table: Table) -> None:
    """Have the creation of a table also create the triggers that keep its rows as they are."""
    event.listen(table, "after_create", create_triggers)


def create_triggers(table: Table, connection: Connection, **_options: Any) -> None:
    """Create the triggers, in the schema that the table was created in."""
    if connection.dialect.name != "sqlite":
        return
    quote = connection.dialect.identifier_preparer.quote_identifier
    schema = connection.schema_for_object(table)
    place = "" if schema is None else f"{quote(schema)}."
    columns = [quote(column.name) for column in table.columns]
    rules = {
        f"{table.name}_no_update": ("UPDATE", " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in columns)),
        f"{table.name}_no_delete": ("DELETE", "TRUE"),
    }
    for name, (change, condition) in rules.items():
        when = f"BEFORE {change} ON {quote(table.name)} WHEN {condition}"
        refuse = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        connection.execute(text(f"CREATE TRIGGER {place}{quote(name)} {when} {refuse}"))
