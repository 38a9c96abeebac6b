"""Databases for the tests of stores: SQLite, and real servers that are found or started (`tests/servers.py`)."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import Engine, MetaData

from goodwill.stores.sqlalchemy import open_engine


def load() -> ModuleType:
    """The module that finds and starts servers; tests are no package, so it is loaded from its file, once."""
    name = "goodwill_test_servers"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).resolve().parents[1] / "servers.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


SERVERS = load()


@pytest.fixture(scope="session")
def server_url() -> Iterator[Callable[[str], str]]:
    """The URL of a server by name, found or started once."""
    with ExitStack() as stack:
        found: dict[str, str] = {}

        def url_of(name: str) -> str:
            if name not in found:
                try:
                    found[name] = SERVERS.server(name, stack)
                except SERVERS.NoServer as reason:
                    SERVERS.missing(str(reason))
            return found[name]

        yield url_of


@pytest.fixture(scope="session")
def databases(server_url: Callable[[str], str]) -> Iterator[Callable[[str], str]]:
    """The URL of a database of this run's own on a server by name; whoever makes tables in it drops them."""
    with ExitStack() as stack:
        made: dict[str, str] = {}

        def url_of(name: str) -> str:
            if name not in made:
                made[name] = stack.enter_context(SERVERS.database(name, server_url(name)))
            return made[name]

        yield url_of


@pytest.fixture
def postgresql(databases: Callable[[str], str]) -> str:
    """A database on PostgreSQL."""
    return databases("postgresql")


@pytest.fixture
def mariadb(databases: Callable[[str], str]) -> str:
    """A database on MariaDB."""
    return databases("mariadb")


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest, databases: Callable[[str], str]) -> str:
    """A database on each of the servers."""
    return databases(request.param)


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def engine_of_three(
    request: pytest.FixtureRequest, databases: Callable[[str], str], tmp_path: Path
) -> Iterator[Engine]:
    """An engine of goodwill's own on each of the three, in a database that is empty before and after."""
    sqlite = f"sqlite:///{tmp_path / 'goodwill.db'}"
    engine = open_engine(sqlite if request.param == "sqlite" else databases(request.param))
    yield engine
    left = MetaData()
    left.reflect(engine)
    left.drop_all(engine)
    engine.dispose()
