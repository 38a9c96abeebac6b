"""Disks that are full, files that others hold, databases that may only be read: nothing by halves, and on it goes."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from goodwill.domain.errors import RetryTransaction
from goodwill.ledger.ports import Draft
from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, open_engine
from goodwill.testing.asking import append, listed, raised
from goodwill.testing.drafts import deposit, draft
from tests.databases import REQUIRED, Database, opened, sqlite_in
from tests.servers import PrivatePostgreSQL, PrivateServer, ServerMissing

BATCH = 20
# In kilobytes: what the files of empty tables take, and a little; and what somebody else's file takes of it, which is
# enough for the next batch. MariaDB is not among them: where InnoDB finds no room for a page that it promised, the server
# ends itself, and what is left is a server that died, which test_servers.py looks at.
SIZES = {"sqlite": (600, 200), "postgresql": (9_500, 500)}
FULL = {"sqlite": "disk is full", "postgresql": "No space left"}


@contextmanager
def small_disk(kilobytes: int) -> Iterator[Path]:
    """A file system that holds little, in memory; only root may mount one."""
    folder = Path(tempfile.mkdtemp(prefix="gw", dir="/tmp"))  # where servers may go that do not run as root
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k,mode=777", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mounting, capture_output=True, text=True, check=False)
        fault = done.stderr.strip() if done.returncode else None
    except FileNotFoundError as missing:
        fault = str(missing)
    if fault is not None:
        folder.rmdir()
        is_root = sys.platform != "win32" and os.geteuid() == 0
        (pytest.fail if REQUIRED and is_root else pytest.skip)(f"no small disk can be mounted: {fault}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()


def on_small_disk(server: PrivateServer, disk: Path) -> URL:
    """A database of a server of PostgreSQL whose tables are on that disk; its journal is not."""
    if where := server.as_whom():
        shutil.chown(disk, **where)
    engine = create_engine(server.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE TABLESPACE small LOCATION '{disk}'"))
        connection.execute(text("CREATE DATABASE small TABLESPACE small"))
    engine.dispose()
    return server.url.set(database="small")


@pytest.fixture(params=SIZES)
def cramped(request: pytest.FixtureRequest) -> Iterator[tuple[Database, Path]]:
    """A database with goodwill's tables on a disk that holds little more, and the disk."""
    size, _ = SIZES[request.param]
    with small_disk(size) as disk, ExitStack() as stack:
        url = sqlite_in(disk)
        if request.param == "postgresql":
            try:
                server = PrivatePostgreSQL()
            except ServerMissing as missing:
                (pytest.fail if REQUIRED else pytest.skip)(f"no {request.param}: {missing}")
            stack.callback(server.end)
            url = on_small_disk(server, disk)
        yield stack.enter_context(opened(url)), disk


def batch(number: int) -> list[Draft]:
    """Entries with much beside them."""
    return [
        draft(deposit(f"c{number}", reference=f"{number} {part}", note=note(number, part)), "x")
        for part in range(BATCH)
    ]


def note(number: int, part: int) -> str:
    """Text that no database makes smaller."""
    return random.Random(f"{number} {part}").randbytes(1500).hex()


def test_a_full_disk_refuses_whole_batches_and_loses_none(cramped: tuple[Database, Path]) -> None:
    database, disk = cramped
    ballast = disk / "ballast"  # somebody else's file, which an administrator will find and delete
    ballast.write_bytes(b"x" * (SIZES[database.family][1] * 1024))
    store, kept, fault = database.store(), 0, None
    while fault is None and kept < 200:
        try:
            append(store, *batch(kept))
            kept += 1
        except DBAPIError as error:
            fault = error
    assert fault is not None, "the disk was never full"
    assert FULL[database.family] in str(fault)
    assert [entry.reference for entry in listed(store)] == [f"{n} {part}" for n in range(kept) for part in range(BATCH)]
    raised(DBAPIError, append, store, *batch(kept))
    assert len(listed(store)) == kept * BATCH
    ballast.unlink()
    assert not any(entry.replayed for entry in append(store, *batch(kept)))
    assert all(entry.replayed for number in range(kept + 1) for entry in append(store, *batch(number)))
    assert len(listed(store)) == (kept + 1) * BATCH
    notes = {entry.reference: entry.note for entry in listed(store)}
    assert notes == {f"{n} {part}": note(n, part) for n in range(kept + 1) for part in range(BATCH)}


def read_only(connection: object, _record: object) -> None:
    """What a replica or a database under maintenance says of itself."""
    words = {
        "sqlite3": "PRAGMA query_only = 1",
        "psycopg": "SET default_transaction_read_only = on",
        "pymysql": "SET SESSION TRANSACTION READ ONLY",
    }
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute(words[type(connection).__module__.partition(".")[0]])
    cursor.close()
    connection.commit()  # type: ignore[attr-defined]


def test_a_database_that_may_only_be_read_is_read_and_told_from_one_to_try_again(database: Database) -> None:
    (kept,) = append(database.store(), draft(deposit(reference="r", note="n"), "x"))
    with database.host() as engine:
        event.listen(engine, "connect", read_only)
        for bind in (engine, Session(engine)):
            store = database.store(bind)
            assert listed(store) == [kept]
            for drafts in ([draft(deposit())], batch(1)):
                fault = raised(DBAPIError, append, store, *drafts)
                assert "read" in str(fault.orig).lower()
                if isinstance(bind, Session):
                    bind.rollback()
            if isinstance(bind, Session):
                bind.close()
    assert listed(database.store()) == [kept]
    append(database.store(), *batch(1))


@pytest.fixture
def in_one_file(tmp_path: Path) -> Iterator[Engine]:
    """A host's engine on a file without WAL, where a writer keeps readers out too; it waits for nobody."""
    url = sqlite_in(tmp_path)
    engine = create_engine(url, connect_args={"timeout": 0})
    create_all(engine)
    yield engine
    engine.dispose()


def test_a_file_that_somebody_else_holds_alone_is_neither_read_nor_written(in_one_file: Engine) -> None:
    store = SQLAlchemyStore(in_one_file)
    append(store, draft(deposit()))
    with closing(sqlite3.connect(str(in_one_file.url.database))) as other:
        other.execute("BEGIN EXCLUSIVE")
        raised(RetryTransaction, listed, store)
        raised(RetryTransaction, append, store, draft(deposit()))
        with Session(in_one_file) as session:
            raised(RetryTransaction, append, SQLAlchemyStore(session), *batch(1))
            session.rollback()
        other.rollback()
    append(store, draft(deposit()))
    assert len(listed(store)) == 2


def test_a_commit_that_a_reader_holds_up_is_asked_for_again(in_one_file: Engine) -> None:
    store = SQLAlchemyStore(in_one_file)
    append(store, draft(deposit()))
    with closing(sqlite3.connect(str(in_one_file.url.database))) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM goodwill_entries").fetchone()
        raised(RetryTransaction, append, store, *batch(1))  # written, and not committed while somebody reads
        reader.rollback()
    assert len(listed(store)) == 1
    assert not any(entry.replayed for entry in append(store, *batch(1)))


HOLDER = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1])
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
connection.rollback()
"""


def test_a_file_that_another_program_holds_for_a_while_is_waited_for(on_sqlite: Database) -> None:
    command = [sys.executable, "-c", HOLDER, str(on_sqlite.url.database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        holder.stdout.readline()
        hasty = open_engine(on_sqlite.url, patience=0.05)
        raised(RetryTransaction, append, on_sqlite.store(hasty), draft(deposit()))
        hasty.dispose()
        assert listed(on_sqlite.store()) == []
        holder.stdin.write("let go\n")
        holder.stdin.flush()
        append(on_sqlite.store(), draft(deposit()))
    assert len(listed(on_sqlite.store())) == 1


def test_a_program_that_died_holding_a_file_holds_it_no_longer(on_sqlite: Database) -> None:
    command = [sys.executable, "-c", HOLDER, str(on_sqlite.url.database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        holder.kill()
    append(on_sqlite.store(), draft(deposit()))
    assert len(listed(on_sqlite.store())) == 1
