"""The async store and ledger: the contract of every store on each async driver, and the host's own transaction."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import uuid
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

from goodwill import AsyncLedger, Deposit, Ledger, Merge, Money, presets
from goodwill.domain.errors import InvalidDatabase, ReferenceConflict, RetryTransaction, WrongType
from goodwill.stores.memory import AsyncMemoryStore
from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, metadata, open_engine
from goodwill.stores.sqlalchemy.async_store import AsyncSQLAlchemyStore, open_async_engine
from goodwill.testing.async_store import Loop, Waited
from goodwill.testing.store import Ledgers, OwnTransactions, StoreContract

PREFIX = "gwa_"
DRIVERS = {
    "aiosqlite": ("sqlite", "sqlite+aiosqlite"),
    "psycopg": ("postgresql", "postgresql+psycopg"),
    "asyncpg": ("postgresql", "postgresql+asyncpg"),
    "asyncmy": ("mariadb", "mariadb+asyncmy"),
}


def url_for(driver: str, databases: Callable[[str], str], folder: Path) -> tuple[str, str]:
    """Where a test's tables are: for a sync driver and for the async one."""
    family, name = DRIVERS[driver]
    sync = f"sqlite:///{folder / 'goodwill.db'}" if family == "sqlite" else databases(family)
    url = make_url(sync).set(drivername=name)
    return sync, url.render_as_string(hide_password=False)


class Place(NamedTuple):
    """A database with our tables, and what this test's ledger is called; no other test meets it."""

    url: str
    ledger: str


@pytest.fixture(scope="module")
def prepared(
    databases: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], str]]:
    """The URL of a database with our tables, by async driver; they are made once, at first need."""
    with ExitStack() as stack:

        @cache
        def of_driver(driver: str) -> str:
            sync, url = url_for(driver, databases, tmp_path_factory.mktemp(driver))
            engine = open_engine(sync)
            stack.callback(engine.dispose)
            stack.callback(metadata(PREFIX).drop_all, engine)
            create_all(engine, prefix=PREFIX)
            return url

        yield of_driver


@pytest.fixture(params=DRIVERS)
def place(request: pytest.FixtureRequest, prepared: Callable[[str], str]) -> Place:
    """A place for each async driver."""
    return Place(prepared(request.param), uuid.uuid4().hex[:12])


class TestAsyncMemory(StoreContract, OwnTransactions):
    @contextmanager
    def open(self) -> Iterator[Ledgers]:
        with Loop() as loop:
            yield cache(lambda name: Waited(AsyncMemoryStore(name), loop))


@pytest.mark.slow
@pytest.mark.usefixtures("few_examples")
class TestAsyncDrivers(StoreContract, OwnTransactions):
    @pytest.fixture(autouse=True)
    def there(self, place: Place) -> None:
        self.place = place

    @contextmanager
    def open(self) -> Iterator[Ledgers]:
        with Loop() as loop:
            engine = loop.wait(made(self.place.url))

            def store(name: str) -> Waited:
                ledger = f"{self.place.ledger}-{name}"[:64]
                return Waited(AsyncSQLAlchemyStore(engine, ledger=ledger, prefix=PREFIX), loop)

            try:
                yield store
            finally:
                loop.wait(engine.dispose())


async def made(url: str) -> AsyncEngine:
    return open_async_engine(url)


def on(url: str, action: Callable[[AsyncEngine], Coroutine[Any, Any, None]], **options: Any) -> None:
    """Run a coroutine on an engine as a host makes it."""

    async def main() -> None:
        engine = create_async_engine(url, **options)
        try:
            await action(engine)
        finally:
            await engine.dispose()

    asyncio.run(main())


def ledger_on(bind: AsyncSession | AsyncConnection | AsyncEngine, ledger: str = "default") -> AsyncLedger:
    store = AsyncSQLAlchemyStore(bind, ledger=ledger, prefix=PREFIX)
    return AsyncLedger(store, policy=presets.default(), catalog=presets.service_catalog())


def test_what_a_host_records_stays_if_the_host_commits_and_only_then(place: Place) -> None:
    async def action(engine: AsyncEngine) -> None:
        async with AsyncSession(engine) as session:
            await ledger_on(session, place.ledger).deposit("ada", "upgrade", reference="lost")
            await session.rollback()
            await ledger_on(session, place.ledger).deposit("ada", "upgrade", reference="kept")
            await session.commit()
        async with engine.connect() as connection:
            ledger = ledger_on(connection, place.ledger)
            assert [entry.reference async for entry in ledger.entries()] == ["kept"]
            assert (await ledger.balance("ada")).points > 0

    on(place.url, action)


def test_a_savepoint_of_the_hosts_takes_back_what_was_recorded_in_it(place: Place) -> None:
    async def action(engine: AsyncEngine) -> None:
        async with engine.begin() as connection:
            ledger = ledger_on(connection, place.ledger)
            await ledger.deposit("ada", "upgrade", reference="before")
            nested = await connection.begin_nested()
            await ledger.deposit("ada", "upgrade", reference="within")
            await nested.rollback()
        async with engine.connect() as connection:
            assert [entry.reference async for entry in ledger_on(connection, place.ledger).entries()] == ["before"]

    # aiosqlite, as sqlite3, begins no transaction before the SAVEPOINT unless it is told to.
    if "aiosqlite" in place.url:
        pytest.skip("SQLite's default driver mode: see the how-to for hosts")
    on(place.url, action)


def test_sync_and_async_read_what_the_other_wrote(place: Place) -> None:
    sync = make_url(place.url)
    name = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}.get(sync.get_backend_name(), "mariadb+pymysql")
    engine = open_engine(sync.set(drivername=name))
    store = SQLAlchemyStore(engine, ledger=place.ledger, prefix=PREFIX)
    here = Ledger(store, policy=presets.default(), catalog=presets.service_catalog())
    late = here.withdraw("ada", "late_delivery", magnitude=2, reference="late", note="è", attributes={"a": [1, None]})

    async def action(other: AsyncEngine) -> None:
        there = ledger_on(other, place.ledger)
        found = await there.entry(late.id)
        assert (found, found.note, found.attributes) == (late, "è", {"a": [1, None]})
        again = await there.withdraw("ada", "late_delivery", magnitude=2, reference="late")
        assert again.replayed
        await there.deposit("ada", "fee_waived", cost=Money("14.99", "USD"), in_response_to=late)
        await there.merge("mail", into="ada")
        assert (await there.balance("mail")).resolved_from == "mail"
        with pytest.raises(ReferenceConflict):
            await there.withdraw("ada", "late_delivery", magnitude=3, reference="late")

    on(place.url, action)
    assert here.balance("mail").account == "ada"
    assert [entry.type for entry in here.entries(account="ada")] == ["withdrawal", "deposit"]
    engine.dispose()


def test_many_tasks_at_once_lose_and_double_nothing(place: Place) -> None:
    async def action(_engine: AsyncEngine) -> None:
        engine = open_async_engine(place.url)

        async def write(who: int) -> None:
            ledger = ledger_on(engine, place.ledger)
            for number in range(5):
                while True:
                    try:
                        await ledger.deposit("ada", "upgrade", reference=f"{number}" if who % 2 else f"{who} {number}")
                        break
                    except RetryTransaction:
                        continue

        try:
            await asyncio.gather(*(write(who) for who in range(8)))
            assert (await ledger_on(engine, place.ledger).account("ada")).entries == 5 + 4 * 5
        finally:
            await engine.dispose()

    on(place.url, action)


NOWHERE = {
    "a port that nobody listens at": {"host": "127.0.0.1", "port": 1},
    "a socket that is not there": {"host": None, "query": {"host": "/nowhere", "unix_socket": "/nowhere/socket"}},
    "a name that is no machine's": {"host": "nowhere.invalid"},
}


@pytest.mark.parametrize("where", NOWHERE.values(), ids=NOWHERE)
@pytest.mark.parametrize("driver", ["postgresql+psycopg", "postgresql+asyncpg", "mysql+asyncmy"])
def test_a_server_that_does_not_answer_asks_for_a_retry_on_every_driver(driver: str, where: dict[str, Any]) -> None:
    url = make_url(f"{driver}://nobody@localhost/nothing").set(**where)
    of_other = "unix_socket" if "postgresql" in driver else "host"
    url = url.difference_update_query([of_other])

    async def action(engine: AsyncEngine) -> None:
        async with AsyncSession(engine) as session:
            for bind in (engine, session):
                with pytest.raises(RetryTransaction, match="nothing was written"):
                    await ledger_on(bind).balance("ada")
        own = AsyncLedger.open(url.render_as_string(hide_password=False))
        with pytest.raises(RetryTransaction, match="nothing was written"):
            await own.balance("ada")

    on(url.render_as_string(hide_password=False), action)


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_a_server_without_a_connection_left_asks_for_a_retry(
    driver: str, databases: Callable[[str], str], tmp_path: Path
) -> None:
    sync, url = url_for(driver, databases, tmp_path)
    role = f"goodwill_full_{uuid.uuid4().hex[:8]}"
    engine = create_engine(sync, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {role} LOGIN PASSWORD 'full' CONNECTION LIMIT 0")

    async def action(other: AsyncEngine) -> None:
        with pytest.raises(RetryTransaction, match="nothing was written"):
            await ledger_on(other).balance("ada")

    try:
        on(make_url(url).set(username=role, password="full").render_as_string(hide_password=False), action)
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP ROLE {role}")
        engine.dispose()


def test_an_error_of_the_systems_that_the_caller_runs_into_is_the_callers(tmp_path: Path) -> None:
    def facts() -> Iterator[Deposit]:
        raise FileNotFoundError("my.csv")
        yield

    async def action(engine: AsyncEngine) -> None:
        with pytest.raises(FileNotFoundError, match="my.csv"):
            await ledger_on(engine).record_many(facts())

    on(f"sqlite+aiosqlite:///{tmp_path / 'goodwill.db'}", action)


def test_a_ledger_of_its_own_opens_by_url_and_closes(tmp_path: Path) -> None:
    async def main() -> None:
        async with AsyncLedger.open(f"sqlite+aiosqlite:///{tmp_path / 'own.db'}") as ledger:
            facts = [
                Deposit(account="ada", kind="upgrade", occurred_at=ledger.clock.now()),
                Merge(account="mail", into="ada"),
            ]
            recorded = await ledger.record_many(facts)
            assert [type(each) for each in recorded] == [Deposit, Merge]
            assert [account.id async for account in ledger.accounts()] == ["ada"]
        async with AsyncLedger.open(f"sqlite+aiosqlite:///{tmp_path / 'own.db'}") as ledger:
            assert (await ledger.statement("mail", "last 1 days")).deposited > 0

    asyncio.run(main())


def test_a_sync_driver_or_a_sync_session_is_refused_and_the_way_out_is_named() -> None:
    with pytest.raises(InvalidDatabase, match="async"):
        AsyncLedger.open("sqlite:///goodwill.db")
    engine = open_engine("sqlite://")
    with pytest.raises(WrongType, match="AsyncSession"):
        AsyncSQLAlchemyStore(engine)  # type: ignore[arg-type]
    engine.dispose()


def test_the_async_ledger_is_written_from_the_ledger(project_root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "tools/async_twin.py", "--check"],
        cwd=project_root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
