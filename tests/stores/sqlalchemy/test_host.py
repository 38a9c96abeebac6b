"""The host owns the transaction: what goodwill writes is there if, and only if, the host commits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, Pool, event, insert, select, text
from sqlalchemy.engine import Dialect
from sqlalchemy.event import registry
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, Mapper, Session, mapped_column

from goodwill.domain.errors import AlreadyReversed, ReferenceConflict, RetryTransaction, WrongType
from goodwill.ledger.ports import Append
from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, open_engine
from goodwill.testing.asking import append, listed, raised
from goodwill.testing.drafts import deposit, draft, reversal_of
from tests.databases import Database


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)


@pytest.fixture
def engine(database: Database) -> Iterator[Engine]:
    """A host's engine, with SQLAlchemy's own defaults, and the host's own table."""
    with database.host(**({"connect_args": {"timeout": 0}} if database.family == "sqlite" else {})) as engine:
        Base.metadata.create_all(engine)
        yield engine
        Base.metadata.drop_all(engine)


def kept(database: Database) -> int:
    """How many entries another connection sees."""
    return len(listed(database.store()))


def test_the_order_and_the_goodwill_or_neither(database: Database, engine: Engine) -> None:
    with Session(engine) as session:
        session.add(Order(id=1))
        append(database.store(session), draft(deposit(note="with details")))
        assert kept(database) == 0
        session.rollback()
        assert kept(database) == 0
        session.add(Order(id=1))
        append(database.store(session), draft(deposit()))
        session.commit()
        assert kept(database) == 1
        assert session.scalars(select(Order.id)).all() == [1]


def test_a_connection_is_the_hosts_too(database: Database, engine: Engine) -> None:
    with engine.connect() as connection:
        append(database.store(connection), draft(deposit()))
        assert kept(database) == 0
        connection.rollback()
        assert listed(database.store(connection)) == []
        append(database.store(connection), draft(deposit()))
        connection.commit()
        assert not connection.closed
    assert kept(database) == 1


def test_a_store_outlives_the_hosts_rollback(database: Database, engine: Engine) -> None:
    with Session(engine) as session:
        store = database.store(session)
        lost = append(store, draft(deposit("ada"), "x"), draft(deposit("bob", reference="r")))
        session.rollback()
        append(store, draft(deposit("bob")))
        again = append(store, draft(deposit("ada")), draft(deposit("bob", reference="r")))
        session.commit()
        assert {entry.id for entry in listed(store)}.isdisjoint(entry.id for entry in lost)
        assert len(listed(store)) == 3
        assert not any(entry.replayed for entry in again)


def test_a_savepoint_takes_goodwill_back_with_it(database: Database) -> None:
    # On SQLite an engine with transactions as SQLAlchemy recommends them for savepoints.
    with Session(database.engine) as session:
        store = database.store(session)
        append(store, draft(deposit("outer")))
        with session.begin_nested() as savepoint:
            append(store, draft(deposit("inner", reference="r", note="gone")))
            savepoint.rollback()
        with session.begin_nested():
            (again,) = append(store, draft(deposit("kept", reference="r")))
        assert not again.replayed
        session.commit()
    assert [entry.account for entry in listed(database.store())] == ["outer", "kept"]


def test_a_savepoint_of_a_transaction_that_is_rolled_back_leaves_nothing(database: Database) -> None:
    with Session(database.engine) as session:
        with session.begin_nested():
            append(database.store(session), draft(deposit()))
        session.rollback()
    assert kept(database) == 0


def test_a_refusal_within_a_savepoint_leaves_the_transaction_usable(database: Database) -> None:
    with Session(database.engine) as session:
        store = database.store(session)
        append(store, draft(deposit(reference="r")))
        with pytest.raises(ReferenceConflict), session.begin_nested():
            append(store, draft(deposit("new")), draft(deposit("other", reference="r")))
        append(store, draft(deposit("after")))
        session.commit()
    assert [entry.account for entry in listed(database.store())] == ["ada", "after"]


def test_a_session_that_begins_by_hand_works(database: Database, engine: Engine) -> None:
    with Session(engine, autobegin=False) as session:
        store = database.store(session)
        with session.begin():
            append(store, draft(deposit()))
        with session.begin():
            assert len(listed(store)) == 1
        with pytest.raises(Exception, match="Autobegin is disabled"):
            listed(store)


def test_the_session_is_left_as_it_was(database: Database, engine: Engine) -> None:
    calls: list[str] = []
    with Session(engine) as session:
        for name in ("after_commit", "after_rollback", "after_flush", "after_transaction_end"):
            event.listen(session, name, lambda *_, name=name: calls.append(name))
        connection = session.connection()
        before = dict(connection.get_execution_options()), connection.get_isolation_level()
        session.add(Order(id=7))
        store = database.store(session)
        (entry,) = append(store, draft(deposit(reference="r")))
        listed(store)
        raised(ReferenceConflict, append, store, draft(deposit("other", reference="r")))
        append(store, draft(reversal_of(entry)))
        assert session.info == {}
        assert session.in_transaction()
        assert len(session.new) == 1
        assert session.connection() is connection
        assert (dict(connection.get_execution_options()), connection.get_isolation_level()) == before
        assert calls == []


def test_nothing_listens_to_what_is_the_hosts_or_everybodys(database: Database, engine: Engine) -> None:
    with Session(engine) as session:
        session.connection()
        before = set(registry._key_to_collection)
        append(database.store(session), draft(deposit()))
        listed(database.store(session))
        assert set(registry._key_to_collection) <= before
    assert {key[0] for key in before}.isdisjoint(map(id, (Session, Engine, Pool, Dialect, Mapper)))


def test_a_store_alone_begins_nothing(database: Database, engine: Engine) -> None:
    with Session(engine) as session, database.store(session).work(write=True):
        assert not session.in_transaction()


def test_a_host_that_swallows_a_refusal_keeps_what_it_had(database: Database, engine: Engine) -> None:
    with Session(engine) as session:
        store = database.store(session)
        (first,) = append(store, draft(deposit(reference="r")))
        append(store, draft(reversal_of(first)))
        batch = [draft(deposit("new", note="lost")), draft(deposit("other", reference="r"))]
        raised(ReferenceConflict, append, store, *batch)
        halves = [draft(reversal_of(first)), draft(deposit("new", reference="r2"))]
        raised(AlreadyReversed, append, store, *halves)
        session.commit()
    assert [entry.type for entry in listed(database.store())] == ["deposit", "reversal"]


def overtaken_by(rival: SQLAlchemyStore, engine: Engine, *drafts: object) -> None:
    """Have a rival commit drafts after our store has looked and before it inserts its entries."""
    pending = list(drafts)

    def overtake(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "INSERT INTO goodwill_entries" in statement and pending:
            batch = [pending.pop() for _ in list(pending)]
            append(rival, *batch)  # type: ignore[arg-type]

    event.listen(engine, "before_cursor_execute", overtake)


def test_a_host_that_swallows_a_lost_race_keeps_whole_entries_and_no_half_of_one(on_server: Database) -> None:
    with on_server.host(isolation_level="READ COMMITTED") as engine, Session(engine) as session:
        store = on_server.store(session)
        append(on_server.store(), draft(deposit("ada")), draft(deposit("bob")))
        overtaken_by(on_server.store(), engine, draft(deposit("ada", reference="r"), "theirs"))
        mine = [draft(deposit("bob", note="whole")), draft(deposit("ada", reference="r"), "mine")]
        raised(ReferenceConflict, append, store, *mine)
        session.commit()
    assert [(entry.account, entry.note) for entry in listed(on_server.store())[2:]] in (
        [("ada", None), ("bob", "whole")],
        [("bob", "whole"), ("ada", None)],
    )


def test_a_host_that_swallows_a_lost_race_keeps_no_half_of_an_amendment(on_server: Database) -> None:
    with on_server.host(isolation_level="READ COMMITTED") as engine, Session(engine) as session:
        (first,) = append(on_server.store(), draft(deposit(reference="r")))
        overtaken_by(on_server.store(), engine, draft(reversal_of(first)))
        amended = deposit(reference="r", revision=2, amends=first.id)
        raised(AlreadyReversed, append, on_server.store(session), draft(reversal_of(first)), draft(amended))
        session.commit()
    assert [entry.type for entry in listed(on_server.store())] == ["deposit", "reversal"]


def test_a_host_that_swallows_an_error_of_postgresql_commits_nothing(on_postgresql: Database) -> None:
    with on_postgresql.host() as engine, Session(engine) as session:
        append(on_postgresql.store(session), draft(deposit()))
        with pytest.raises(DBAPIError):
            session.execute(text("SELECT 1 / 0"))
        with pytest.raises(DBAPIError, match="current transaction is aborted"):
            append(on_postgresql.store(session), draft(deposit()))
        session.commit()  # which PostgreSQL answers with a rollback
    assert kept(on_postgresql) == 0


def test_a_host_that_fails_after_goodwill_leaves_nothing(database: Database, engine: Engine) -> None:
    def fail() -> None:
        with Session(engine) as session, session.begin():
            append(database.store(session), draft(deposit(note="n")), draft(deposit("bob", reference="r")))
            raise KeyError("the host's own error")

    raised(KeyError, fail)
    assert kept(database) == 0
    (again,) = append(database.store(), draft(deposit("bob", reference="r")))
    assert not again.replayed


def test_an_error_of_the_hosts_flush_takes_goodwill_with_it(database: Database, engine: Engine) -> None:
    with Session(engine) as session:
        session.execute(insert(Order).values(id=1))
        session.commit()
        append(database.store(session), draft(deposit()))
        session.add(Order(id=1))
        with pytest.raises(DBAPIError):
            session.flush()
        session.rollback()
        assert kept(database) == 0


def test_a_locked_file_asks_for_a_retry(on_sqlite: Database) -> None:
    with on_sqlite.host(connect_args={"timeout": 0}) as engine, engine.connect() as other, Session(engine) as session:
        other.execute(text("BEGIN IMMEDIATE"))
        error = raised(RetryTransaction, append, on_sqlite.store(session), draft(deposit()))
        assert "roll it back" in str(error)
        session.rollback()
        other.rollback()
        append(on_sqlite.store(session), draft(deposit()))


def test_tables_are_created_in_the_hosts_transaction(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    with Session(engine) as session:
        create_all(session)
        append(SQLAlchemyStore(session), draft(deposit()))
        session.rollback()
        assert session.scalars(text("SELECT name FROM sqlite_master")).all() == []
    engine.dispose()


def test_one_work_is_one_transaction_of_a_store_with_an_engine(database: Database) -> None:
    with database.store().work(write=True) as work:
        work.answer(Append([draft(deposit())]))
        if database.family != "sqlite":  # whose file has one writer, and readers beside it
            assert kept(database) == 0
        work.answer(Append([draft(deposit())]))
    assert kept(database) == 2


def test_only_a_session_a_connection_or_an_engine_will_do(on_sqlite: Database) -> None:
    with pytest.raises(WrongType, match="not str"):
        SQLAlchemyStore("sqlite://")  # type: ignore[arg-type]
    for name in ("", "x" * 65, "\0", "two\nlines"):
        with pytest.raises(ValueError, match="1 to 64 characters"):
            SQLAlchemyStore(on_sqlite.engine, ledger=name)
