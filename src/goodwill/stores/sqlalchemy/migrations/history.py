"""The revisions, in their order, and how Alembic runs them without anything that a host's own Alembic would notice."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from alembic.ddl.postgresql import PostgresqlImpl
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Dialect, insert, make_url
from sqlalchemy.dialects.mysql.base import MySQLDialect
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from goodwill.domain.errors import InvalidDatabase, UnknownRevision
from goodwill.stores.sqlalchemy.migrations.steps import Steps
from goodwill.stores.sqlalchemy.tables import HEAD, tables

__all__ = ["BASELINE", "Revision", "known", "run", "since", "write"]

BASELINE = "0003"
"""What release 0.1.0 made, which kept no version."""


class YugabyteDB(PostgresqlImpl):
    """YugabyteDB speaks PostgreSQL, and its dialect does not tell Alembic so."""

    __dialect__ = "yugabytedb"


class Revision(NamedTuple):
    """A change of the tables.

    Attributes:
        name: its number, like "0004"; they are applied in their order.
        title: what it is for.
    """

    name: str
    title: str


@lru_cache(maxsize=1)
def scripts() -> ScriptDirectory:
    """The revisions in `versions/`."""
    return ScriptDirectory(str(Path(__file__).parent))


def known(name: str) -> str | None:
    """The full name of a revision; "base", before the first, is None.

    Raises:
        UnknownRevision: if this release has none of that name.

    Example:
        >>> known("head") == HEAD
        True
    """
    try:
        script = scripts().get_revision(name)
    except CommandError:
        raise UnknownRevision(
            f"this release of goodwill knows no revision {name!r} of its tables, only up to {HEAD}; "
            "if a database says so, install the release that made it"
        ) from None
    return None if script is None else script.revision


def between(lower: str | None, upper: str | None) -> list[Script]:
    """The revisions after `lower` up to `upper`, in the order in which they are applied."""
    if upper is None or (lower is not None and lower >= upper):
        return []
    return list(scripts().iterate_revisions(upper, lower or "base"))[::-1]


def since(lower: str | None, upper: str | None = HEAD) -> list[Revision]:
    """What is applied to get from one revision to another.

    Example:
        >>> since("0003", "0004")
        [Revision(name='0004', title='Merges of two names of a customer.')]
    """
    return [Revision(script.revision, script.doc) for script in between(lower, upper)]


def run(connection: Connection, *, prefix: str, schema: str | None, to: str | None) -> None:
    """Apply what a database lacks, in the transaction that the connection is in; nothing is committed."""
    if not connection.in_transaction():
        connection.begin()  # Alembic would begin one of its own, and commit it
    apply(MigrationContext.configure(connection, opts=options(prefix, schema, to)), prefix, schema)


def write(dialect: str, *, prefix: str, schema: str | None, lower: str | None, to: str | None, adopt: bool) -> str:
    """The SQL of what a database of revision `lower` lacks; to adopt is to begin with the version table."""
    written = io.StringIO()
    opts = {"as_sql": True, "output_buffer": written, "starting_rev": lower, "literal_binds": True}
    context = MigrationContext.configure(dialect=dialect_of(dialect), opts=opts | options(prefix, schema, to))
    with context.begin_transaction():
        if adopt:
            version = tables(prefix, schema).version
            context.impl.create_table(version)
            context.execute(insert(version).values(version_num=lower))
        apply(context, prefix, schema)
    return written.getvalue()


def dialect_of(name: str) -> Dialect:
    """The dialect of a name or a URL.

    Raises:
        InvalidDatabase: if it is none that the store writes in.
    """
    try:
        dialect = make_url(name if ":" in name else f"{name}://").get_dialect()()
    except (ArgumentError, NoSuchModuleError):
        dialect = None
    if not isinstance(dialect, SQLiteDialect | PGDialect | MySQLDialect):
        raise InvalidDatabase(f"SQL is written for sqlite, postgresql, mariadb or the URL of one, not for {name!r}")
    return dialect


def options(prefix: str, schema: str | None, to: str | None) -> dict[str, Any]:
    """What Alembic is told: which version table is ours, and what is to be applied."""

    def lacking(heads: Sequence[str], _context: MigrationContext) -> list[RevisionStep]:
        scripts_ = between(heads[0] if heads else None, to)
        return [RevisionStep(scripts().revision_map, script, is_upgrade=True) for script in scripts_]

    return {"version_table": f"{prefix}version", "version_table_schema": schema, "fn": lacking}


def apply(context: MigrationContext, prefix: str, schema: str | None) -> None:
    """Run what the context was told."""
    context.run_migrations(steps=Steps(Operations(context), prefix=prefix, schema=schema))
