"""The store that a CRM trusts: entries in the host's own database, in the host's own transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.orm import Session

from goodwill.domain.errors import WrongType
from goodwill.stores.sqlalchemy.engine import reading, writing
from goodwill.stores.sqlalchemy.failures import translated
from goodwill.stores.sqlalchemy.tables import tables
from goodwill.stores.sqlalchemy.tenant import Tenant
from goodwill.stores.sqlalchemy.work import SQLAlchemyWork

__all__ = ["SQLAlchemyStore", "check_place", "connecting"]

LONGEST_LEDGER = 64


def check_place(ledger: str, prefix: str, schema: str | None) -> None:
    """Refuse a ledger's name or a prefix that is none.

    Raises:
        ValueError: if one is.
    """
    if not 0 < len(ledger) <= LONGEST_LEDGER or not ledger.isprintable():
        raise ValueError(f"a ledger's name is 1 to {LONGEST_LEDGER} characters that can be printed, not {ledger!r}")
    tables(prefix, schema)


def connecting(bind: Session | Connection, entries: Table, *, write: bool) -> Callable[[], Connection]:
    """How to get the connection; a session that has several is told what for, as it is with any statement."""
    if isinstance(bind, Connection):
        return lambda: bind
    return partial(bind.connection, bind_arguments={"clause": entries.insert() if write else entries.select()})


class SQLAlchemyStore:
    """Keeps one ledger's entries in SQLite, PostgreSQL or MariaDB.

    Given a `Session` or a `Connection`, it works in the transaction that the host has, or that begins by itself, and
    never commits, rolls back, closes or changes it: what is recorded stays if the host commits. An error is raised
    before anything is written wherever that can be known; where another transaction was faster in the middle of a
    batch it cannot, so a host that catches an error of goodwill rolls back. PostgreSQL and MariaDB above READ
    COMMITTED may end the host's transaction instead; then `RetryTransaction` says so.

    Given an `Engine`, each `work()` is a transaction of its own, committed at its end, rolled back on an error. Use
    `open_engine`, whose transactions suit the store.

    The tables must be there: `create_all`.

    Attributes:
        ledger: which of the ledgers in the same tables this is; they never see one another.
        prefix: what the names of all tables, indexes and constraints begin with.
        schema: the database schema that they are in; None is the connection's own.
        standings: whether each write leaves a row for the job that keeps readings (`goodwill standings run`).
        outbox: whether each fact leaves an event for the relay that sends them (`goodwill outbox relay`).

    Example:
        >>> from goodwill.ledger.ports import Accounts
        >>> from goodwill.stores.sqlalchemy import create_all, open_engine
        >>> engine = open_engine("sqlite://")
        >>> create_all(engine)
        >>> with SQLAlchemyStore(engine).work(write=False) as work:
        ...     work.answer(Accounts())
        []
    """

    def __init__(
        self,
        bind: Session | Connection | Engine,
        *,
        ledger: str = "default",
        prefix: str = "goodwill_",
        schema: str | None = None,
        standings: bool = False,
        outbox: bool = False,
    ) -> None:
        if not isinstance(bind, Session | Connection | Engine):
            raise WrongType(f"a store needs a Session, a Connection or an Engine, not {type(bind).__name__}")
        check_place(ledger, prefix, schema)
        self.ledger = ledger
        self.prefix = prefix
        self.schema = schema
        self.standings = standings
        self.outbox = outbox
        self._bind = bind

    def __repr__(self) -> str:
        return f"SQLAlchemyStore({type(self._bind).__name__}, ledger={self.ledger!r}, prefix={self.prefix!r})"

    @contextmanager
    def work(self, *, write: bool) -> Iterator[SQLAlchemyWork]:
        """Read, and with `write=True` append, within one transaction: the host's, or with an engine one of its own.

        Raises:
            RetryTransaction: if the database asks for the transaction to be run again.
        """
        if not isinstance(self._bind, Engine):
            yield self._work_on(self._bind, write=write)
            return
        with translated(self.prefix, self.schema), (writing if write else reading)(self._bind) as connection:
            yield self._work_on(connection, write=write)

    def _work_on(self, bind: Session | Connection, *, write: bool) -> SQLAlchemyWork:
        return SQLAlchemyWork(
            connecting(bind, tables(self.prefix, self.schema).entries, write=write),
            tenant=Tenant(self.ledger, self.standings, self.outbox),
            prefix=self.prefix,
            schema=self.schema,
            write=write,
        )
