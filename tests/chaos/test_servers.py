"""Servers that are killed and restarted, and connections that are cut: a typed error, and then all goes on."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from goodwill.domain.errors import RetryTransaction
from goodwill.testing.asking import append, listed, raised
from goodwill.testing.drafts import deposit, draft, reversal_of
from tests.databases import REQUIRED, Database, opened
from tests.servers import PRIVATE, PrivateServer, ServerMissing

pytestmark = pytest.mark.slow

# PyMySQL drops the sockets of connections that the server did not answer, and does not close them.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
WRITERS = 4
BATCHES = 12


@pytest.fixture(scope="module", params=PRIVATE)
def server(request: pytest.FixtureRequest) -> Iterator[PrivateServer]:
    """A server that this module may kill."""
    try:
        started = PRIVATE[request.param]()
    except ServerMissing as missing:
        (pytest.fail if REQUIRED else pytest.skip)(f"no {request.param}: {missing}")
    yield started
    started.end()


@pytest.fixture(scope="module")
def tables(server: PrivateServer) -> Iterator[Database]:
    """A database on it, with goodwill's tables; it goes with the server."""
    engine = create_engine(server.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE goodwill"))
    engine.dispose()
    with opened(server.url.set(database="goodwill")) as database:
        yield database


@pytest.fixture(autouse=True)
def dropped() -> Iterator[None]:
    """Collect what was dropped here, before another test is blamed for it."""
    yield
    gc.collect()


@pytest.fixture
def mortal(tables: Database) -> Database:
    """A ledger of this test's own on a server that may be killed."""
    return tables.anew()


def stop(server: PrivateServer) -> None:
    server.stop()


def kill(server: PrivateServer) -> None:
    server.kill()


@pytest.mark.parametrize("end", [stop, kill])
def test_writers_go_on_after_the_server_ended_in_mid_run_and_came_back(
    server: PrivateServer, mortal: Database, end: Callable[[PrivateServer], None]
) -> None:
    under_way, faults, acknowledged = Event(), Counter[str](), Counter[str]()

    def write(who: int) -> None:
        store = mortal.store()
        for number in range(BATCHES):
            batch = [draft(deposit(f"c{part}", reference=f"{who} {number} {part}", note="n"), "x") for part in range(5)]
            shared = draft(deposit("ada", reference=f"shared {number}"), "x")
            while True:
                try:
                    append(store, *batch, shared)
                    break
                except RetryTransaction as fault:
                    faults[str(fault).partition("(")[0]] += 1
                    under_way.wait(0.01)
            acknowledged.update(each.entry.reference for each in batch)
            if number == BATCHES // 4:
                under_way.set()

    with ThreadPoolExecutor(WRITERS) as pool:
        writers = [pool.submit(write, who) for who in range(WRITERS)]
        assert under_way.wait(60)
        end(server)
        server.start()
        for writer in writers:
            writer.result()
    kept = Counter(entry.reference for entry in listed(mortal.store()))
    assert acknowledged <= kept
    assert set(kept.values()) == {1}
    assert len(kept) == WRITERS * BATCHES * 5 + BATCHES
    assert all(entry.note == "n" for entry in listed(mortal.store()) if entry.account != "ada")
    assert faults, "nobody noticed that the server was gone"


def test_a_transaction_whose_server_was_restarted_asks_for_itself_again(
    server: PrivateServer, mortal: Database
) -> None:
    def transact(session: Session, *, interrupted: bool) -> None:
        store = mortal.store(session)
        (late,) = append(store, draft(deposit(reference="r", note="n"), "x"))
        if interrupted:
            server.stop()
            server.start()
        append(store, draft(reversal_of(late)), draft(deposit("bob", reference="s"), "x"))
        session.commit()

    with mortal.host() as engine, Session(engine) as session:
        fault = raised(RetryTransaction, lambda: transact(session, interrupted=True))
        assert "what has a reference is not recorded twice" in str(fault)
        session.rollback()
        assert listed(mortal.store(session)) == []
        transact(session, interrupted=False)
    assert [entry.type for entry in listed(mortal.store())] == ["deposit", "reversal", "deposit"]


def test_a_server_that_is_away_is_told_from_one_that_refuses(server: PrivateServer, mortal: Database) -> None:
    server.stop()
    try:
        for bind in (mortal.engine, None):
            with mortal.host() as engine, Session(engine) as session:
                fault = raised(RetryTransaction, append, mortal.store(bind or session), draft(deposit()))
                assert "nothing was written" in str(fault) or "the connection to the database broke" in str(fault)
    finally:
        server.start()
    with mortal.host() as engine, Session(engine) as session:
        append(mortal.store(session), draft(deposit()))
        session.commit()
    nowhere = Database(mortal.url.set(database="nowhere"), mortal.engine)
    with nowhere.host() as engine:
        raised(DBAPIError, append, mortal.store(engine), draft(deposit()))
    assert len(listed(mortal.store())) == 1


def own_number(connection: Connection) -> int:
    """What the server calls this connection."""
    of_mine = "pg_backend_pid()" if connection.dialect.name == "postgresql" else "connection_id()"
    return int(connection.execute(text(f"SELECT {of_mine}")).scalar_one())


def cut(database: Database, number: int) -> None:
    """End a connection, as an administrator or a proxy does, and wait until it is gone."""
    words = "SELECT pg_terminate_backend(:n, 10000)" if database.family == "postgresql" else "KILL CONNECTION :n"
    with database.host(isolation_level="AUTOCOMMIT") as engine, engine.connect() as connection:
        connection.execute(text(words), {"n": number})


@pytest.mark.parametrize("alone", [True, False], ids=["one entry", "a batch"])
def test_a_connection_that_is_cut_in_mid_transaction_asks_for_a_retry(on_server: Database, alone: bool) -> None:
    drafts = [draft(deposit(f"{n}", reference=f"r{n}"), "x") for n in range(1 if alone else 7)]
    with on_server.host() as engine, Session(engine) as session:
        store = on_server.store(session)
        append(store, draft(deposit(reference="before", note="n"), "x"))
        cut(on_server, own_number(session.connection()))
        raised(RetryTransaction, append, store, *drafts)
        assert listed(on_server.store()) == []
        session.rollback()
        entries = append(store, draft(deposit(reference="before", note="n"), "x"), *drafts)
        assert not any(entry.replayed for entry in entries)
        session.commit()
    assert len(listed(on_server.store())) == 1 + len(drafts)


def at_commit(engine: Engine, action: Callable[[Connection], None]) -> None:
    """Have something happen once, right before an engine's next commit reaches the database."""
    pending = [action]

    def act(connection: Connection) -> None:
        if pending:
            pending.pop()(connection)

    event.listen(engine, "commit", act)


def test_a_connection_that_is_cut_before_its_commit_has_written_nothing(on_server: Database) -> None:
    with on_server.host() as engine:
        at_commit(engine, lambda connection: cut(on_server, own_number(connection)))
        batch = [draft(deposit(f"{n}", reference=f"r{n}"), "x") for n in range(3)]
        raised(RetryTransaction, append, on_server.store(engine), *batch)
        assert listed(on_server.store()) == []
        assert not any(entry.replayed for entry in append(on_server.store(engine), *batch))
    assert len(listed(on_server.store())) == 3


def test_a_commit_whose_answer_is_lost_is_found_by_the_retry(on_server: Database) -> None:
    def commit_unheard(connection: Connection) -> None:
        number = own_number(connection)
        connection.connection.commit()
        cut(on_server, number)
        connection.execute(text("SELECT 1"))  # the connection breaks, as it would under the answer to the commit

    with on_server.host() as engine:
        at_commit(engine, commit_unheard)
        batch = [draft(deposit(f"{n}", reference=f"r{n}"), "x") for n in range(3)]
        fault = raised(RetryTransaction, append, on_server.store(engine), *batch)
        assert "whether a commit came through cannot be known" in str(fault)
        assert [entry.replayed for entry in append(on_server.store(engine), *batch)] == [True] * 3
    assert len(listed(on_server.store())) == 3
