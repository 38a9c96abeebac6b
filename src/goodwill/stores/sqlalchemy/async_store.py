"""The store on asyncio: the host's AsyncSession or AsyncConnection, and the very same statements.

SQLAlchemy runs sync code on an async driver (`run_sync`), so what answers a request is written once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session
from sqlalchemy.util import await_only

from goodwill.domain.errors import WrongType
from goodwill.ledger.ports import Answer, Request
from goodwill.stores.sqlalchemy.engine import PATIENCE_S, WRITES, engine_options, teach_sqlite
from goodwill.stores.sqlalchemy.failures import reached, translated
from goodwill.stores.sqlalchemy.opening import keeps_readings, opened, tells_events
from goodwill.stores.sqlalchemy.store import check_place, connecting
from goodwill.stores.sqlalchemy.tables import create_all, tables
from goodwill.stores.sqlalchemy.tenant import Tenant
from goodwill.stores.sqlalchemy.work import SQLAlchemyWork

__all__ = ["AsyncSQLAlchemyStore", "open_async_engine", "open_async_store"]


class AsyncSQLAlchemyStore:
    """`SQLAlchemyStore` for an `AsyncLedger`: the same tables and promises on an async driver.

    Given an `AsyncSession` or `AsyncConnection` it works in the host's transaction and never ends it; given an
    `AsyncEngine`, each work is a transaction of its own. As everywhere with SQLAlchemy, one session or connection
    serves one task at a time.

    Attributes:
        ledger, prefix, schema, standings, outbox: as of `SQLAlchemyStore`.

    Example:
        >>> from goodwill import AsyncLedger, presets
        >>> async def note(session: AsyncSession) -> None:
        ...     store = AsyncSQLAlchemyStore(session)
        ...     ledger = AsyncLedger(store, policy=presets.default(), catalog=presets.service_catalog())
        ...     await ledger.deposit("ada", "upgrade", reference="order:1:upgrade")
        ...     await session.commit()
    """

    def __init__(
        self,
        bind: AsyncSession | AsyncConnection | AsyncEngine,
        *,
        ledger: str = "default",
        prefix: str = "goodwill_",
        schema: str | None = None,
        standings: bool = False,
        outbox: bool = False,
    ) -> None:
        if not isinstance(bind, AsyncSession | AsyncConnection | AsyncEngine):
            raise WrongType(
                f"an async store needs an AsyncSession, AsyncConnection or AsyncEngine, not {type(bind).__name__}"
            )
        check_place(ledger, prefix, schema)
        self.ledger = ledger
        self.prefix = prefix
        self.schema = schema
        self.standings = standings
        self.outbox = outbox
        self._bind = bind

    def __repr__(self) -> str:
        return f"AsyncSQLAlchemyStore({type(self._bind).__name__}, ledger={self.ledger!r}, prefix={self.prefix!r})"

    @asynccontextmanager
    async def work(self, *, write: bool) -> AsyncIterator[AsyncSQLAlchemyWork]:
        """Read, and with `write=True` append, within one transaction: the host's, or with an engine one of its own.

        Raises:
            RetryTransaction: if the database asks for the transaction to be run again.
        """
        if not isinstance(self._bind, AsyncEngine):
            yield AsyncSQLAlchemyWork(self._bind, self, write=write)
            return
        with translated(self.prefix, self.schema):
            async with transaction(self._bind, write=write) as connection:
                yield AsyncSQLAlchemyWork(connection, self, write=write)


@asynccontextmanager
async def transaction(engine: AsyncEngine, *, write: bool) -> AsyncIterator[AsyncConnection]:
    """A transaction of its own, committed at the end, rolled back on any error."""
    async with AsyncExitStack() as stack:
        with reached():
            connection = await stack.enter_async_context(engine.connect())
        if write:
            await connection.execution_options(**{WRITES: True})
        async with connection.begin():
            yield connection


class AsyncSQLAlchemyWork:
    """One stretch of reading and writing on one async connection, within whatever transaction it is in."""

    def __init__(self, bind: AsyncSession | AsyncConnection, store: AsyncSQLAlchemyStore, *, write: bool) -> None:
        self._bind = bind
        self._store = store
        self._write = write

    async def answer(self, request: Request) -> Answer:
        """Carry out a request; each request's class says what its answer is and what may be raised."""
        return await self._bind.run_sync(self._answer, request)

    def _answer(self, bind: Session | Connection, request: Request) -> Answer:
        store = self._store
        connect = connecting(bind, tables(store.prefix, store.schema).entries, write=self._write)
        tenant = Tenant(store.ledger, store.standings, store.outbox)
        work = SQLAlchemyWork(connect, tenant=tenant, prefix=store.prefix, schema=store.schema, write=self._write)
        return work.answer(request)


def open_async_engine(url: str, *, patience: float = PATIENCE_S) -> AsyncEngine:
    """An async engine of goodwill's own, with the transactions that its store wants; see `open_engine`."""
    made, options = engine_options(url)
    engine = create_async_engine(made, **options)
    if made.get_backend_name() == "sqlite":
        teach_sqlite(engine.sync_engine, patience, nap=nap)
    return engine


def nap(seconds: float) -> None:
    """Wait without holding up other tasks."""
    await_only(asyncio.sleep(seconds))


class OwnedAsyncStore(AsyncSQLAlchemyStore):
    """A store over an engine that it made; its tables are made when it is first used."""

    def __init__(
        self, engine: AsyncEngine, *, ledger: str, standings: bool | None = None, outbox: bool | None = False
    ) -> None:
        super().__init__(engine, ledger=ledger, standings=bool(standings), outbox=bool(outbox))
        self._engine = engine
        self._is_said = standings is not None
        self._is_told = outbox is not None
        self._is_ready = False

    @asynccontextmanager
    async def work(self, *, write: bool) -> AsyncIterator[AsyncSQLAlchemyWork]:
        """As of `AsyncSQLAlchemyStore`; the first work of all makes the tables where there are none."""
        if not self._is_ready:
            with translated(self.prefix, self.schema):
                async with transaction(self._engine, write=True) as connection:
                    await connection.run_sync(create_all)
                    if not self._is_said:
                        self.standings = await connection.run_sync(keeps_readings, self.ledger)
                    if not self._is_told:
                        self.outbox = await connection.run_sync(tells_events, self.ledger)
            self._is_ready = True
        async with super().work(write=write) as work:
            yield work

    async def close(self) -> None:
        """Close the database's connections."""
        await self._engine.dispose()


def open_async_store(
    url: str, *, ledger: str = "default", standings: bool | None = None, outbox: bool | None = False
) -> OwnedAsyncStore:
    """An async store in the database at `url`, which names an async driver: "sqlite+aiosqlite:///goodwill.db".

    Raises:
        InvalidDatabase: if the URL names no database that SQLAlchemy can reach with what is installed.
    """
    return OwnedAsyncStore(
        opened(url, partial(open_async_engine, url)), ledger=ledger, standings=standings, outbox=outbox
    )
