"""The schema from release to release. Imports Alembic (`pip install "goodwill[migrations]"`).

Each revision is one step, frozen once it is released, under the prefix and schema of the host's choice; what is applied
stands in the table `<prefix>version`, beside which a host's own Alembic keeps its own. Nothing here runs on import, or
when a host's session is first used. There is no way back but a backup: what a later release wrote, an earlier one could
not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, MetaData, create_engine, insert
from sqlalchemy.orm import Session

from goodwill.domain.errors import SchemaMissing
from goodwill.stores.sqlalchemy.engine import reading, writing
from goodwill.stores.sqlalchemy.failures import translated
from goodwill.stores.sqlalchemy.migrations.history import BASELINE, Revision, known, run, since, write
from goodwill.stores.sqlalchemy.migrations.lacking import lacking
from goodwill.stores.sqlalchemy.tables import HEAD, has, revision_of, tables
from goodwill.stores.sqlalchemy.turns import one_at_a_time, settle

__all__ = ["BASELINE", "Revision", "Status", "check", "current", "offline_sql", "upgrade"]

Bind = Session | Connection | Engine


@dataclass(frozen=True, slots=True)
class Status:
    """How a database's tables stand to this release; true if they are up to date.

    Attributes:
        revision: the one that the database says its tables are of; None if it says nothing.
        newest: the one of this release.
        pending: what `upgrade` would apply.
        lacking: tables, columns, indexes, constraints and triggers of this release that are not there, by name.
    """

    revision: str | None
    newest: str
    pending: list[Revision]
    lacking: list[str]

    def __bool__(self) -> bool:
        return self.revision == self.newest and not self.lacking


def upgrade(bind: Bind, *, prefix: str = "goodwill_", schema: str | None = None, to: str = "head") -> list[Revision]:
    """Bring the tables up to date, or make them. Tables of release 0.1.0, which kept no version, are adopted.

    On a session or connection of yours nothing is committed by us, and all of it takes part in your transaction:
    commit it, or take it back. MariaDB commits each DDL statement by itself, and so does Python's SQLite driver unless
    your engine has told it otherwise. An upgrade that was interrupted is run again and goes on where it stopped; of
    two at once, one waits for the other.

    Args:
        bind: where; an engine gets a transaction of its own.
        prefix: as for `SQLAlchemyStore`.
        schema: likewise; it must exist.
        to: the revision wanted, if not the newest.

    Returns:
        The revisions that were applied; none if the tables were up to date.

    Raises:
        SchemaMissing: if there are tables of these names that no release made.
        UnknownRevision: if the tables are of a later release than this, or there is no revision `to`.
        RetryTransaction: if the database asks for the transaction to be run again.

    Example:
        >>> from goodwill.stores.sqlalchemy import open_engine
        >>> engine = open_engine("sqlite://")
        >>> [revision.name for revision in upgrade(engine, to="0002")]
        ['0001', '0002']
        >>> bool(check(engine))
        False
    """
    target = known(to)
    with translated(prefix, schema), connected(bind, write=True) as connection:
        place = place_of(connection, prefix, schema)
        with one_at_a_time(connection, prefix, place):
            before = adopted(connection, prefix, place)
            run(connection, prefix=prefix, schema=place, to=target)
            applied = since(before, target)
            if applied:
                settle(connection)
            return applied


def current(bind: Bind, *, prefix: str = "goodwill_", schema: str | None = None) -> str | None:
    """The revision that the database says its tables are of; None if nothing says so.

    Example:
        >>> from goodwill.stores.sqlalchemy import create_all, open_engine
        >>> engine = open_engine("sqlite://")
        >>> create_all(engine)
        >>> current(engine) == HEAD
        True
    """
    with connected(bind, write=False) as connection:
        return revision_of(connection, tables(prefix, schema))


def check(bind: Bind, *, prefix: str = "goodwill_", schema: str | None = None) -> Status:
    """Whether the tables are those of this release, and if not, what they lack.

    Raises:
        UnknownRevision: if the tables are of a later release than this.

    Example:
        >>> from goodwill.stores.sqlalchemy import open_engine
        >>> check(open_engine("sqlite://")).lacking[0]
        'table goodwill_accounts'
    """
    with connected(bind, write=False) as connection:
        place = place_of(connection, prefix, schema)
        found = revision_of(connection, tables(prefix, schema))
        pending = since(None if found is None else known(found))
        return Status(found, HEAD, pending, lacking(connection, tables(prefix, place).metadata, place))


def offline_sql(
    dialect: str, *, prefix: str = "goodwill_", schema: str | None = None, since: str = "base", to: str = "head"
) -> str:
    """The SQL that `upgrade` would run, for whoever runs it by hand; nothing is connected to.

    Args:
        dialect: "sqlite", "postgresql", "mariadb" or a database URL.
        prefix: as for `SQLAlchemyStore`.
        schema: likewise.
        since: the revision that the database has; "0.1.0" for tables of that release, which kept no version.
        to: the revision wanted.

    Raises:
        UnknownRevision: if there is no such revision.
        InvalidDatabase: if the dialect is none that the store writes in.

    Example:
        >>> "CREATE TABLE IF NOT EXISTS goodwill_entries" in offline_sql("postgresql")
        True
    """
    tables(prefix, schema)  # refuses a prefix that is none
    adopt = since == "0.1.0"
    lower = known(BASELINE if adopt else since)
    return write(dialect, prefix=prefix, schema=schema, lower=lower, to=known(to), adopt=adopt)


@contextmanager
def connected(bind: Bind, *, write: bool) -> Iterator[Connection]:
    """The host's connection, or one of the engine's with a transaction of our own."""
    if isinstance(bind, Engine):
        with (writing if write else reading)(bind) as connection:
            yield connection
    else:
        yield bind.connection() if isinstance(bind, Session) else bind


def place_of(connection: Connection, prefix: str, schema: str | None) -> str | None:
    """The schema that the tables are in, the host's translation of schemas followed."""
    return connection.schema_for_object(tables(prefix, schema).version)


def adopted(connection: Connection, prefix: str, schema: str | None) -> str | None:
    """The revision that the tables are of. It is written down for those that nobody has given one yet.

    Raises:
        SchemaMissing: if they lack something that release 0.1.0 made.
    """
    ours = tables(prefix, schema)
    found = revision_of(connection, ours)
    if found is not None:
        return known(found)
    if not has(connection, ours.entries):
        return None
    if absent := lacking(connection, first_release(prefix), schema):
        raise SchemaMissing(
            f"there are tables with the prefix {prefix!r}, but no release of goodwill made them: "
            f"{', '.join(absent)} not found; choose another prefix"
        )
    ours.version.create(connection, checkfirst=True)
    connection.execute(insert(ours.version).values(version_num=BASELINE))
    return BASELINE


def first_release(prefix: str) -> MetaData:
    """The tables of release 0.1.0, read from what its revisions make in an empty database in memory."""
    found = MetaData()
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        run(connection, prefix=prefix, schema=None, to=BASELINE)
        found.reflect(connection, only=lambda name, _: not name.endswith("version"))
    engine.dispose()
    return found
