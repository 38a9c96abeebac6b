"""Edge: the schema from release to release. Imports Alembic (`pip install "goodwill[migrations]"`), when it is asked.

Each revision is one step, frozen for ever, under prefix and schema of the host's choice; what is applied stands in the
table `<prefix>version`, beside which a host's own Alembic keeps its own. Nothing here runs on import, or when a host's
session is first used.
"""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, inspect, select

from goodwill.stores.sqlalchemy.engine import writing
from goodwill.stores.sqlalchemy.tables import HEAD, tables

__all__ = ["check", "current", "offline_sql", "upgrade"]

BASELINE = "0003"
"""What release 0.1.0 made, which kept no version."""


def upgrade(
    bind: Connection | Engine, *, prefix: str = "goodwill_", schema: str | None = None, to: str = "head"
) -> None:
    """Bring the tables up to date, or make them; a database of release 0.1.0 is adopted.

    On a connection nothing is committed by us (DDL commits by itself on MariaDB). An upgrade that was interrupted is
    run again; of two at once, one waits for the other.

    Raises:
        ModuleNotFoundError: without Alembic.

    Example:
        >>> from goodwill.stores.sqlalchemy import open_engine
        >>> engine = open_engine("sqlite://")
        >>> upgrade(engine)
        >>> check(engine)
        True
    """
    from alembic import command  # noqa: PLC0415 - an extra, and only here

    if isinstance(bind, Engine):
        with writing(bind) as connection:
            upgrade(connection, prefix=prefix, schema=schema, to=to)
        return
    with alone(bind, prefix):
        config = configuration(prefix, schema, connection=bind)
        if current(bind, prefix=prefix, schema=schema) is None and is_of_first_release(bind, prefix, schema):
            command.stamp(config, BASELINE)
        command.upgrade(config, to)


def current(bind: Connection | Engine, *, prefix: str = "goodwill_", schema: str | None = None) -> str | None:
    """The revision that the tables are said to be; None if nothing says so."""
    if isinstance(bind, Engine):
        with bind.connect() as connection:
            return current(connection, prefix=prefix, schema=schema)
    version = tables(prefix, schema).version
    if not inspect(bind).has_table(version.name, schema=schema):
        return None
    return bind.scalar(select(version.c.version_num))


def check(bind: Connection | Engine, *, prefix: str = "goodwill_", schema: str | None = None) -> bool:
    """Whether the tables are those of this release."""
    return current(bind, prefix=prefix, schema=schema) == HEAD


def offline_sql(
    dialect: str, *, prefix: str = "goodwill_", schema: str | None = None, since: str = "base", to: str = "head"
) -> str:
    """The SQL that `upgrade` would run, for whoever runs it by hand.

    Args:
        dialect: "sqlite", "postgresql" or "mariadb".
        prefix: as for `SQLAlchemyStore`.
        schema: likewise.
        since: the revision that the database has; `BASELINE` for one of release 0.1.0.
        to: the revision wanted.

    Example:
        >>> "CREATE TABLE goodwill_entries" in offline_sql("postgresql")
        True
    """
    from alembic import command  # noqa: PLC0415 - an extra, and only here

    written = io.StringIO()
    config = configuration(prefix, schema, dialect=dialect, written=written)
    with redirect_stdout(written):
        command.upgrade(config, f"{since}:{to}", sql=True)
    return written.getvalue()


def configuration(prefix: str, schema: str | None, *, written: io.StringIO | None = None, **attributes: Any) -> Any:
    """Alembic's configuration of our revisions; env.py reads the attributes."""
    from alembic.config import Config  # noqa: PLC0415 - an extra, and only here

    config = Config(output_buffer=written) if written is not None else Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes.update(attributes, prefix=prefix, schema=schema)
    return config


def is_of_first_release(connection: Connection, prefix: str, schema: str | None) -> bool:
    """Whether there are tables that release 0.1.0 made."""
    return inspect(connection).has_table(f"{prefix}entries", schema=schema)


class alone:  # noqa: N801 - reads as a word: with alone(connection)
    """Holds other upgrades off where the database does not do so by itself: SQLite's writers take turns anyway."""

    def __init__(self, connection: Connection, prefix: str) -> None:
        self._connection = connection
        self._name = f"goodwill upgrade {prefix}"

    def __enter__(self) -> None:
        if self._connection.dialect.name == "postgresql":
            # Until the transaction ends; CockroachDB accepts it and does nothing, and has its own serializability.
            self._connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext(%s))", (self._name,))
        elif self._connection.dialect.name in {"mysql", "mariadb"}:
            self._connection.exec_driver_sql("SELECT GET_LOCK(%s, 600)", (self._name,)).scalar()

    def __exit__(self, *_error: object) -> None:
        if self._connection.dialect.name in {"mysql", "mariadb"}:
            self._connection.exec_driver_sql("SELECT RELEASE_LOCK(%s)", (self._name,)).scalar()
