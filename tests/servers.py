"""Real PostgreSQL and MariaDB servers for the tests: named by the environment, found on loopback, or started here.

`GOODWILL_POSTGRESQL_URL` and `GOODWILL_MARIADB_URL` name servers; a user and a password belong into them. Without
them a server on loopback that lets root in without a password is taken; without that a private one is started in a
temporary folder from what is installed, and ended with the tests. Where nothing works a test skips with the reason,
or fails where `CI` is set.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import SQLAlchemyError

PATIENCE_S = 60


class NoServer(Exception):
    """There is no such server here and none could be started; the text says why."""


def reachable(url: str) -> str | None:
    """Why a server cannot be reached; None if it can."""
    try:
        engine = create_engine(url)
        try:
            engine.connect().close()
        finally:
            engine.dispose()
    except (ModuleNotFoundError, SQLAlchemyError) as fault:
        return str(fault).splitlines()[0]
    return None


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: list[str], url: str) -> Iterator[str]:
    """A server process, from when it answers until it is ended; its URL."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + PATIENCE_S
        while (fault := reachable(url)) is not None:
            if process.poll() is not None or time.monotonic() > deadline:
                raise NoServer(f"{command[0]} did not come up: {fault}")
            time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


@contextmanager
def private_postgresql(folder: Path) -> Iterator[str]:
    """A PostgreSQL of our own, from the newest binaries installed; it refuses to run as root."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    initdb = shutil.which("initdb") or (str(found[-1]) if found else None)
    if initdb is None:
        raise NoServer("PostgreSQL is not installed: apt-get install postgresql")
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres")
    data, port = folder / "data", free_port()
    made = subprocess.run(
        [*as_user, initdb, "-D", str(data), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"],
        capture_output=True,
        check=False,
        text=True,
        cwd=folder,
    )
    if made.returncode:
        raise NoServer(f"initdb failed: {made.stderr.strip()}")
    options = [
        "-D",
        str(data),
        "-p",
        str(port),
        "-k",
        str(folder),
        "-c",
        "listen_addresses=127.0.0.1",
        "-c",
        "fsync=off",
    ]
    server = str(Path(initdb).with_name("postgres"))
    with running([*as_user, server, *options], f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres") as url:
        yield url


@contextmanager
def private_mariadb(folder: Path) -> Iterator[str]:
    """A MariaDB of our own."""
    server, install = shutil.which("mariadbd", path=SBIN), shutil.which("mariadb-install-db", path=SBIN)
    if server is None or install is None:
        raise NoServer("MariaDB is not installed: apt-get install mariadb-server")
    data, port = folder / "data", free_port()
    user = ["--user=root"] if os.geteuid() == 0 else []
    made = subprocess.run(
        [
            install,
            "--no-defaults",
            f"--datadir={data}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            *user,
        ],
        capture_output=True,
        check=False,
        text=True,
    )
    if made.returncode:
        raise NoServer(f"mariadb-install-db failed: {made.stderr.strip() or made.stdout.strip()}")
    options = [f"--datadir={data}", f"--port={port}", f"--socket={folder / 's'}", "--bind-address=127.0.0.1", *user]
    flush = "--innodb-flush-log-at-trx-commit=0"
    url = f"mariadb+pymysql://root@127.0.0.1:{port}/mysql?charset=utf8mb4"
    with running([server, "--no-defaults", *options, flush], url) as found:
        yield found


SBIN = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin:/usr/bin"

LOOPBACK = {
    "postgresql": "postgresql+psycopg://postgres@127.0.0.1/postgres",
    "mariadb": "mariadb+pymysql://root@127.0.0.1/mysql?charset=utf8mb4",
}
PRIVATE: dict[str, Callable[[Path], object]] = {"postgresql": private_postgresql, "mariadb": private_mariadb}


def server(name: str, stack: ExitStack, *, private: bool = False) -> str:
    """The URL of a server, which lives as long as the stack; with `private`, one of our own in any case.

    Raises:
        NoServer: if there is none.
    """
    named = os.environ.get(f"GOODWILL_{name.upper()}_URL")
    if named and not private:
        if (fault := reachable(named)) is not None:
            raise NoServer(f"GOODWILL_{name.upper()}_URL cannot be reached: {fault}")
        return named
    if not private and reachable(LOOPBACK[name]) is None:
        return LOOPBACK[name]
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
    return str(stack.enter_context(PRIVATE[name](folder)))  # type: ignore[arg-type]


@contextmanager
def database(name: str, url: str) -> Iterator[str]:
    """An empty database on a server, dropped at the end; its URL."""
    own = f"goodwill_test_{os.getpid()}_{time.monotonic_ns() % 10**9}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    options = " TEMPLATE template0 ENCODING 'UTF8'" if name == "postgresql" else " CHARACTER SET utf8mb4"
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {own}{options}")
    try:
        yield make_url(url).set(database=own).render_as_string(hide_password=False)
    finally:
        force = " WITH (FORCE)" if name == "postgresql" else ""
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {own}{force}")
        engine.dispose()


def missing(reason: str) -> None:
    """Skip for want of a server; where CI is set, fail."""
    if "CI" in os.environ:
        pytest.fail(f"under CI there must be a server: {reason}")
    pytest.skip(reason)
