"""What the database itself refuses: append-only rows are never changed and never deleted, whoever asks.

An UPDATE that changes nothing passes: MariaDB's insert-unless-there is one. SQLite leaves a row alone that
INSERT OR REPLACE would put in the place of another; PostgreSQL refuses TRUNCATE, which MariaDB cannot be taught.

A row of `entries` may be deleted if its number stands in `purged`, which is append-only itself: who wants to delete
leaves behind for good that he did, and no other row can go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, Table, UniqueConstraint, event

__all__ = ["guard", "guard_ddl", "triggers_of"]

REFUSAL = "rows of a ledger are never changed or deleted; reverse or amend the entry"
GUARDED = "goodwill_guarded"
PERMIT = "goodwill_permit"
TRIGGER = re.compile(r"CREATE (?:OR REPLACE )?TRIGGER \W(\w+)\W")


def guard(table: Table, *, permit: str | None = None) -> None:
    """Have the creation of a table also create the triggers that keep its rows as they are.

    `permit` names the table, in the same schema, whose rows say by `seq` which rows of this one may be deleted.
    """
    table.info |= {GUARDED: True, PERMIT: permit}
    event.listen(table, "after_create", create_triggers)
    event.listen(table, "after_drop", drop_functions)


def triggers_of(dialect: Dialect, table: Table) -> list[str]:
    """The names of the triggers that keep a table's rows as they are; none for a table that is not guarded.

    Example:
        >>> from sqlalchemy.dialects import mysql
        >>> from goodwill.stores.sqlalchemy.tables import tables
        >>> triggers_of(mysql.dialect(), tables("gw_", None).entries)
        ['gw_entries_no_update', 'gw_entries_no_delete']
    """
    if not table.info.get(GUARDED):
        return []
    columns = [column.name for column in table.columns]
    ddl = guard_ddl(dialect, table.name, None, columns, unique_in(table), permit=table.info[PERMIT])
    made = map(TRIGGER.match, ddl)
    return [found[1] for found in made if found is not None]


def create_triggers(table: Table, connection: Connection, **_options: Any) -> None:
    """Create the triggers, in the schema that the table was created in."""
    schema = connection.schema_for_object(table)
    columns = [column.name for column in table.columns]
    permit = table.info[PERMIT]
    for statement in guard_ddl(connection.dialect, table.name, schema, columns, unique_in(table), permit=permit):
        connection.exec_driver_sql(statement)


def drop_functions(table: Table, connection: Connection, **_options: Any) -> None:
    """Drop what a dropped table leaves behind: on PostgreSQL the function that its triggers called."""
    if connection.dialect.name == "postgresql":
        quote, schema = connection.dialect.identifier_preparer.quote_identifier, connection.schema_for_object(table)
        function = Guarded(quote, table.name, schema, (), ()).placed("_refuse")
        connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {function}()")


def unique_in(table: Table) -> list[list[str]]:
    """The sets of columns that no two rows share."""
    rules = sorted(
        (each for each in table.constraints if isinstance(each, UniqueConstraint)), key=lambda each: str(each.name)
    )
    indexes = [each for each in table.indexes if each.unique]
    keys = [
        list(table.primary_key.columns),
        *(list(each.columns) for each in rules),
        *(list(each.columns) for each in indexes),
    ]
    return [[column.name for column in key] for key in keys]


def guard_ddl(
    dialect: Dialect,
    table: str,
    schema: str | None,
    columns: Sequence[str],
    unique: Sequence[Sequence[str]],
    *,
    permit: str | None = None,
) -> list[str]:
    """The statements that create a table's triggers, in place of older ones; none for a database without a form.

    Args:
        dialect: of the database.
        table: its name.
        schema: the one it is in; None is the connection's own.
        columns: all of them.
        unique: the sets of columns that no two rows share.
        permit: the table that says which rows may be deleted; None, none may.
    """
    forms = {"sqlite": sqlite_ddl, "postgresql": postgresql_ddl, "mysql": mariadb_ddl, "mariadb": mariadb_ddl}
    guarded = Guarded(dialect.identifier_preparer.quote_identifier, table, schema, columns, unique, permit)
    return forms[dialect.name](guarded) if dialect.name in forms else []


class Guarded(NamedTuple):
    """A table to guard, and how its database quotes a name."""

    quote: Callable[[str], str]
    table: str
    schema: str | None
    columns: Sequence[str]
    unique: Sequence[Sequence[str]]
    permit: str | None = None

    def placed(self, suffix: str = "") -> str:
        """The table's name with a suffix, in its schema."""
        return self.in_schema(f"{self.table}{suffix}")

    def in_schema(self, table: str) -> str:
        """A table of the same schema."""
        name = self.quote(table)
        return name if self.schema is None else f"{self.quote(self.schema)}.{name}"


def sqlite_ddl(guarded: Guarded) -> list[str]:
    """Triggers of SQLite. A REPLACE deletes without asking a trigger, so the row is left out before."""
    quote, table = guarded.quote, guarded.quote(guarded.table)
    changed = " OR ".join(f"OLD.{quote(column)} IS NOT NEW.{quote(column)}" for column in guarded.columns)
    there = (
        " AND ".join(f"{quote(column)} = NEW.{quote(column)}" for column in key)  # names are ours, and quoted
        for key in guarded.unique
    )
    taken = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {same})" for same in there)  # noqa: S608 - as above
    refuse = f"SELECT RAISE(ABORT, '{REFUSAL}')"
    permit = None if guarded.permit is None else quote(guarded.permit)
    stays = "TRUE" if permit is None else f"NOT EXISTS (SELECT 1 FROM {permit} WHERE seq = OLD.seq)"  # noqa: S608 - as above
    rules = {
        "_no_update": ("UPDATE", changed, refuse),
        "_no_delete": ("DELETE", stays, refuse),
        "_no_replace": ("INSERT", taken, "SELECT RAISE(IGNORE)"),
    }
    return [f"DROP TRIGGER IF EXISTS {guarded.placed(name)}" for name in rules] + [
        f"CREATE TRIGGER {guarded.placed(name)} BEFORE {change} ON {table} WHEN {when} BEGIN {then}; END"
        for name, (change, when, then) in rules.items()
    ]


def postgresql_ddl(guarded: Guarded) -> list[str]:
    """One function for the triggers of a table; rows are compared whole, NULLs too.

    The table that permits is looked for beside the guarded one, so that no temporary table can pass for it.
    """
    function = f"{guarded.placed('_refuse')}()"
    declared, permitted = "", ""
    if guarded.permit is not None:
        name = guarded.quote(guarded.permit).replace("'", "''")
        # Names are ours, and quoted.
        asked = f"'SELECT EXISTS (SELECT 1 FROM ' || quote_ident(TG_TABLE_SCHEMA) || '.{name} WHERE seq = $1)'"  # noqa: S608
        declared = "DECLARE permitted boolean; "
        permitted = (
            f"IF TG_OP = 'DELETE' THEN EXECUTE {asked} INTO permitted USING OLD.seq; "
            "IF permitted THEN RETURN OLD; END IF; END IF; "
        )
    body = (
        f"{declared}BEGIN IF TG_OP = 'UPDATE' AND NEW IS NOT DISTINCT FROM OLD THEN RETURN NEW; END IF; {permitted}"
        f"RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation'; END"
    )
    rules = {
        "_no_update": ("UPDATE", "ROW"),
        "_no_delete": ("DELETE", "ROW"),
        "_no_truncate": ("TRUNCATE", "STATEMENT"),
    }
    return [f"CREATE OR REPLACE FUNCTION {function} RETURNS trigger LANGUAGE plpgsql AS $guard${body}$guard$"] + [
        f"CREATE OR REPLACE TRIGGER {guarded.quote(guarded.table + name)} BEFORE {change} ON {guarded.placed()} "
        f"FOR EACH {each} EXECUTE FUNCTION {function}"
        for name, (change, each) in rules.items()
    ]


def mariadb_ddl(guarded: Guarded) -> list[str]:
    """Triggers of MariaDB, which cannot refuse TRUNCATE."""
    same = " AND ".join(f"OLD.{name} <=> NEW.{name}" for name in map(guarded.quote, guarded.columns))
    refuse = f"SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{REFUSAL}'"
    stay = refuse
    if guarded.permit is not None:
        permit = guarded.in_schema(guarded.permit)
        # Names are ours, and quoted.
        stay = f"IF NOT EXISTS (SELECT 1 FROM {permit} WHERE seq = OLD.seq) THEN {refuse}; END IF"  # noqa: S608
    rules = {"_no_update": ("UPDATE", f"IF NOT ({same}) THEN {refuse}; END IF"), "_no_delete": ("DELETE", stay)}
    return [
        f"CREATE OR REPLACE TRIGGER {guarded.placed(name)} BEFORE {change} ON {guarded.placed()} FOR EACH ROW {then}"
        for name, (change, then) in rules.items()
    ]
