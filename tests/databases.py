"""The databases that tests work on: SQLite, PostgreSQL and MariaDB, each with a database of this process's own."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from sqlalchemy import URL, Connection, Engine, MetaData, create_engine, make_url
from sqlalchemy.orm import Session

from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, open_engine
from tests.servers import PrivateServer, ServerMissing, find

SERVERS = ("postgresql", "mariadb")
FAMILIES = ("sqlite", *SERVERS)
T = TypeVar("T")
REQUIRED = "CI" in os.environ or os.environ.get("GOODWILL_SERVERS") == "required"


def some(cases: Sequence[T], part: int) -> Sequence[T]:
    """Of cases that each work on a database one in so many; in `make test-databases` all of them."""
    return cases if "GOODWILL_WHOLE" in os.environ else cases[::part]


def fewer(part: int) -> settings:
    """Of the examples of a property one in so many, for those that write to a database; at least three."""
    return settings(max_examples=max(settings().max_examples // part, 3))


@pytest.fixture
def few_examples() -> Iterator[None]:
    """Of the examples of every property of a test one in four: each works on a database."""
    settings.register_profile("few", fewer(4))
    settings.load_profile("few")
    yield
    settings.load_profile("goodwill")


class Database:
    """A real database with goodwill's tables in it, of which each test uses ledgers of its own.

    Attributes:
        family: "sqlite", "postgresql" or "mariadb".
        url: where it is.
        engine: one of goodwill's own.
        ledger: what this test's ledger is called; no other test meets it.
    """

    def __init__(self, url: URL, engine: Engine) -> None:
        self.family = {"postgresql": "postgresql", "sqlite": "sqlite"}.get(url.get_backend_name(), "mariadb")
        self.url = url
        self.engine = engine
        self.ledger = uuid.uuid4().hex[:12]

    def __repr__(self) -> str:
        return f"Database({self.url})"

    def store(self, bind: Session | Connection | Engine | None = None, ledger: str = "") -> SQLAlchemyStore:
        """A store of one of this test's ledgers; by default each work is a transaction of its own."""
        name = f"{self.ledger}-{ledger}"[:64] if ledger else self.ledger
        return SQLAlchemyStore(self.engine if bind is None else bind, ledger=name)

    def anew(self) -> Database:
        """The same database for another test."""
        return Database(self.url, self.engine)

    @contextmanager
    def host(self, **options: Any) -> Iterator[Engine]:
        """An engine as a host makes it, with SQLAlchemy's own defaults."""
        engine = create_engine(self.url, **options)
        yield engine
        engine.dispose()


@contextmanager
def opened(url: URL) -> Iterator[Database]:
    """A database that is there, with goodwill's tables."""
    engine = open_engine(url)
    create_all(engine)
    yield Database(url, engine)
    engine.dispose()


@contextmanager
def created(server: URL) -> Iterator[URL]:
    """A new database on a server, for this process alone, for a while."""
    name = f"goodwill_test_{os.getpid()}_{uuid.uuid4().hex[:6]}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    force = " WITH (FORCE)" if server.get_backend_name() == "postgresql" else ""
    words = "" if force else " CHARACTER SET utf8mb4"
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}{words}")
    yield server.set(database=name)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name}{force}")
    engine.dispose()


@pytest.fixture(scope="session")
def server_url() -> Iterator[Callable[[str], URL]]:
    """Where a server of a family is: found, or started for this process, once."""
    with ExitStack() as stack:

        @cache
        def url_of(family: str) -> URL:
            try:
                server = find(family)
            except ServerMissing as missing:
                (pytest.fail if REQUIRED else pytest.skip)(f"no {family}: {missing}")
            if isinstance(server, PrivateServer):
                stack.callback(server.end)
                return server.url
            return server

        yield url_of


@pytest.fixture(scope="session")
def databases(server_url: Callable[[str], URL]) -> Iterator[Callable[[str], str]]:
    """The URL of a database that begins empty, by family; whoever makes tables in it drops them."""
    with ExitStack() as stack:

        @cache
        def url_of(family: str) -> str:
            url = stack.enter_context(created(server_url(family)))
            return url.render_as_string(hide_password=False)

        yield url_of


@pytest.fixture(scope="session")
def shared(
    server_url: Callable[[str], URL], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Database]]:
    """A database with goodwill's tables, by family, which stay as long as this process."""
    with ExitStack() as stack:

        @cache
        def of_family(family: str) -> Database:
            if family == "sqlite":
                return stack.enter_context(opened(sqlite_in(tmp_path_factory.mktemp("sqlite"))))
            return stack.enter_context(opened(stack.enter_context(created(server_url(family)))))

        yield of_family


@pytest.fixture(params=FAMILIES)
def database(request: pytest.FixtureRequest, shared: Callable[[str], Database]) -> Database:
    """Each of the three databases, with tables that are there, and ledgers of this test's own."""
    return shared(request.param).anew()


@pytest.fixture(params=SERVERS)
def on_server(request: pytest.FixtureRequest, shared: Callable[[str], Database]) -> Database:
    """Each of the two servers, likewise."""
    return shared(request.param).anew()


@pytest.fixture
def on_postgresql(shared: Callable[[str], Database]) -> Database:
    """PostgreSQL, likewise."""
    return shared("postgresql").anew()


@pytest.fixture
def on_mariadb(shared: Callable[[str], Database]) -> Database:
    """MariaDB, likewise."""
    return shared("mariadb").anew()


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Database]:
    """A file of SQLite that no other test sees."""
    with opened(sqlite_in(tmp_path)) as database:
        yield database


@pytest.fixture
def postgresql(databases: Callable[[str], str]) -> str:
    """The URL of a database without tables, on PostgreSQL."""
    return databases("postgresql")


@pytest.fixture
def mariadb(databases: Callable[[str], str]) -> str:
    """The URL of a database without tables, on MariaDB."""
    return databases("mariadb")


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest, databases: Callable[[str], str]) -> str:
    """The URL of a database without tables, on each of the servers."""
    return databases(request.param)


@pytest.fixture(params=FAMILIES)
def engine_of_three(
    request: pytest.FixtureRequest, databases: Callable[[str], str], tmp_path: Path
) -> Iterator[Engine]:
    """An engine of goodwill's own on each of the three, in a database that is empty before and after."""
    engine = open_engine(sqlite_in(tmp_path) if request.param == "sqlite" else databases(request.param))
    yield engine
    left = MetaData()
    left.reflect(engine)
    left.drop_all(engine)
    engine.dispose()


def sqlite_in(folder: Path) -> URL:
    """The URL of a file of SQLite."""
    return make_url(f"sqlite:///{folder / 'goodwill.db'}")
