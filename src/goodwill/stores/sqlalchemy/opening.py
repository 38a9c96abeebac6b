"""A database of the ledger's own, opened by URL: what `Ledger.open` stands on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, Engine, make_url, select
from sqlalchemy.exc import ArgumentError, InvalidRequestError, NoSuchModuleError

from goodwill.domain.errors import InvalidDatabase
from goodwill.stores.sqlalchemy.engine import open_engine, reading
from goodwill.stores.sqlalchemy.failures import translated
from goodwill.stores.sqlalchemy.store import SQLAlchemyStore
from goodwill.stores.sqlalchemy.tables import create_all, tables

__all__ = ["OwnedStore", "engine_at", "keeps_readings", "open_store", "opened", "require_tables", "tells_events"]

T = TypeVar("T")


EXAMPLES = "a database URL is like sqlite:///goodwill.db or postgresql+psycopg://user@host/database"


class OwnedStore(SQLAlchemyStore):
    """A store over an engine that it made and lets go of."""

    def __init__(self, engine: Engine, *, ledger: str, standings: bool = False, outbox: bool = False) -> None:
        super().__init__(engine, ledger=ledger, standings=standings, outbox=outbox)
        self._engine = engine

    def close(self) -> None:
        """Close the database's connections."""
        self._engine.dispose()


def engine_at(url: str) -> Engine:
    """An engine of goodwill's own.

    Raises:
        InvalidDatabase: if the URL names no database that SQLAlchemy can reach with what is installed.
    """
    return opened(url, lambda: open_engine(url))


def opened(url: str, make: Callable[[], T]) -> T:
    """What `make` makes of a URL; its faults in words that help.

    Raises:
        InvalidDatabase: if the URL names no database that SQLAlchemy can reach with what is installed.
    """
    try:
        return make()
    except (NoSuchModuleError, ModuleNotFoundError) as fault:
        raise InvalidDatabase(
            f"{make_url(url).render_as_string(hide_password=True)} cannot be opened: {fault}; its driver must be "
            f"installed, and {EXAMPLES}"
        ) from fault
    except InvalidRequestError as fault:
        raise InvalidDatabase(f"{fault}; {EXAMPLES}") from fault
    except ArgumentError:
        raise InvalidDatabase(
            f"this is no database URL and cannot be opened; {EXAMPLES}"
        ) from None  # it may hold a password


def keeps_readings(
    connection: Connection, ledger: str, *, prefix: str = "goodwill_", schema: str | None = None
) -> bool:
    """Whether readings are kept in a ledger, so that whoever writes to it must leave pending rows."""
    policies = tables(prefix, schema).policies.c
    return connection.scalar(select(policies.id).where(policies.ledger == ledger).limit(1)) is not None


def tells_events(connection: Connection, ledger: str, *, prefix: str = "goodwill_", schema: str | None = None) -> bool:
    """Whether a ledger's events are sent, so that whoever writes to it must leave them: some wait, or a relay was here."""
    of = tables(prefix, schema)
    return any(
        connection.scalar(select(each.c.bucket).where(each.c.ledger == ledger).limit(1)) is not None
        for each in (of.outbox, of.claims)
    )


def require_tables(engine: Engine, *, prefix: str = "goodwill_", schema: str | None = None) -> None:
    """Look for the oldest of the tables; where it is not there, none of the others is missing for being newer.

    Raises:
        SchemaMissing: if the database has no tables of this prefix.
        RetryTransaction: if it does not answer.
    """
    with translated(prefix, schema), reading(engine) as connection:
        connection.execute(select(tables(prefix, schema).entries.c.seq).limit(1))


def open_store(
    url: str, *, ledger: str = "default", standings: bool | None = None, outbox: bool | None = False
) -> OwnedStore:
    """A store in the database at `url`; its tables are made where there are none.

    Args:
        url: a database URL of SQLAlchemy.
        ledger: the name of the ledger.
        standings: whether each write leaves a row for the job that keeps readings; None is as the database says: where
            readings are kept, it does.
        outbox: whether each fact leaves an event for the relay that sends them; None is as the database says: where events
            wait, or a relay has been, it does.

    Raises:
        InvalidDatabase: if the URL names no database that SQLAlchemy can reach with what is installed.
        SchemaOutdated: if its tables are those of an earlier release.
        UnknownRevision: if they are those of a later one.
    """
    engine = engine_at(url)
    try:
        with translated("goodwill_", None):
            create_all(engine)
            if standings is None or outbox is None:
                with reading(engine) as connection:
                    standings = keeps_readings(connection, ledger) if standings is None else standings
                    outbox = tells_events(connection, ledger) if outbox is None else outbox
    except BaseException:
        engine.dispose()
        raise
    return OwnedStore(engine, ledger=ledger, standings=standings, outbox=outbox)
