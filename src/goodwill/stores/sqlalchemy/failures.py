"""What a database's error means for the caller: try again, create the tables, or none of our business."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError

from goodwill.domain.errors import RetryTransaction, SchemaMissing, SchemaOutdated

__all__ = ["is_busy", "reached", "translated"]

# SQLSTATEs of PostgreSQL: serialization failure, deadlock, lock not available.
RETRY_STATES = frozenset({"40001", "40P01", "55P03"})
# MariaDB: record has changed since last read, lock wait timeout, deadlock, deadlock over the table's counter.
RETRY_NUMBERS = frozenset({1020, 1205, 1213, 1467})
# The connection is gone: PostgreSQL's classes of shutdowns and broken connections, and MariaDB's shutdown, gone away,
# lost, killed.
LOST_STATES = ("57P0", "08")
LOST_NUMBERS = frozenset({1053, 1927, 2006, 2013})
# Nobody answers yet, or there is no room: said before there is a connection, by PostgreSQL's psycopg in words alone.
UNREACHED_NUMBERS = frozenset({1040, 2002, 2003})
UNREACHED_STATES = frozenset({"57P03", "53300"})
UNREACHED = re.compile(
    "connection refused|no such file or directory|closed the connection|connection reset|timeout expired"
    "|failed to resolve host|the database system is|too many clients|too many connections|connection slots are reserved",
    re.IGNORECASE,
)
MISSING_STATES = frozenset({"42P01", "3F000"})
MISSING_NUMBERS = frozenset({1146})
# The tables that every release has; of an earlier release others are not there.
OLDEST = ("accounts", "entries", "details")
# A column that is not there: undefined column, unknown column.
OUTDATED_STATES = frozenset({"42703"})
OUTDATED_NUMBERS = frozenset({1054})
NO_COLUMN = re.compile("no such column|has no column named")


@contextmanager
def translated(prefix: str, schema: str | None) -> Iterator[None]:
    """Raise the database's errors as goodwill's where they have a meaning of their own.

    Raises:
        RetryTransaction: if the database asks for the transaction to be run again, the connection broke, or nobody
            answers.
        SchemaMissing: if the tables are not there.
        SchemaOutdated: if they are those of an earlier release.
    """
    try:
        yield
    except DBAPIError as error:
        if is_busy(error):
            raise RetryTransaction(
                f"the database asks to run the transaction again ({error.orig}); roll it back and repeat it"
            ) from error
        if is_unreached(error):
            raise unreached(error.orig) from error
        if is_lost(error):
            raise RetryTransaction(
                f"the connection to the database broke ({error.orig}), and whether a commit came through cannot be known; "
                f"roll back and repeat the transaction: what has a reference is not recorded twice"
            ) from error
        if is_missing(error) and not is_of_later(error, prefix):
            where = "this database" if schema is None else f"schema {schema!r} of this database"
            raise SchemaMissing(
                f"{where} has no goodwill tables with the prefix {prefix!r}; create them once with "
                f"`goodwill db upgrade`, or goodwill.stores.sqlalchemy.create_all(engine, prefix={prefix!r}, schema={schema!r})"
            ) from error
        if is_missing(error) or is_outdated(error):
            raise SchemaOutdated(
                f"the goodwill tables with the prefix {prefix!r} are those of an earlier release ({error.orig}); "
                "run `goodwill db upgrade`, or goodwill.stores.sqlalchemy.migrations.upgrade(connection)"
            ) from error
        raise


@contextmanager
def reached() -> Iterator[None]:
    """Around nothing but what connects: asyncpg lets the system's errors out as they are, and SQLAlchemy too.

    Raises:
        RetryTransaction: if nobody answers.
    """
    try:
        yield
    except OSError as error:
        raise unreached(error) from error


def unreached(fault: BaseException | None) -> RetryTransaction:
    """That there is no connection, for a reason that may pass."""
    return RetryTransaction(
        f"nobody answers at the database ({' '.join(str(fault).split())}), and nothing was written; if it is being "
        "restarted, repeat the transaction, otherwise see to its URL"
    )


def is_busy(error: DBAPIError) -> bool:
    """Whether the transaction may succeed if it is run again from its start."""
    return (
        state_of(error) in RETRY_STATES
        or number_of(error) in RETRY_NUMBERS
        or sqlite_name(error).startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
    )


def is_lost(error: DBAPIError) -> bool:
    """Whether the connection broke, and its transaction with it."""
    return error.connection_invalidated or state_of(error).startswith(LOST_STATES) or number_of(error) in LOST_NUMBERS


def is_unreached(error: DBAPIError) -> bool:
    """Whether there is no connection, for a reason that may pass."""
    if error.statement is not None:
        return False
    if state_of(error):
        return state_of(error) in UNREACHED_STATES
    return number_of(error) in UNREACHED_NUMBERS or (
        isinstance(error, OperationalError)
        and not sqlite_name(error)
        and number_of(error) == 0
        and bool(UNREACHED.search(str(error.orig)))
    )


def is_missing(error: DBAPIError) -> bool:
    """Whether a table is not there."""
    return (
        state_of(error) in MISSING_STATES
        or number_of(error) in MISSING_NUMBERS
        or (sqlite_name(error) == "SQLITE_ERROR" and "no such table" in str(error.orig))
    )


def is_of_later(error: DBAPIError, prefix: str) -> bool:
    """Whether the table that is not there is one that not every release had."""
    said = next(iter(str(error.orig).splitlines()), "")  # PostgreSQL shows the statement below
    return prefix in said and not any(f"{prefix}{name}" in said for name in OLDEST)


def is_outdated(error: DBAPIError) -> bool:
    """Whether a column is not there."""
    return (
        state_of(error) in OUTDATED_STATES
        or number_of(error) in OUTDATED_NUMBERS
        or (sqlite_name(error) == "SQLITE_ERROR" and bool(NO_COLUMN.search(str(error.orig))))
    )


def state_of(error: DBAPIError) -> str:
    """The SQLSTATE, from the drivers that have one."""
    return str(getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None) or "")


def number_of(error: DBAPIError) -> int:
    """MariaDB's error number, or 0; its drivers hand it over as the first argument."""
    first = next(iter(getattr(error.orig, "args", ())), 0)
    return first if isinstance(first, int) else 0


def sqlite_name(error: DBAPIError) -> str:
    """SQLite's name of the error (SQLITE_BUSY), or nothing."""
    return str(getattr(error.orig, "sqlite_errorname", ""))
