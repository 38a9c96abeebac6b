"""The host owns the transaction: what goodwill writes is there if, and only if, the host commits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from goodwill.domain.errors import ReferenceConflict, RetryTransaction, WrongType
from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, open_engine
from goodwill.testing.asking import append, listed, raised
from goodwill.testing.drafts import deposit, draft, reversal_of


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A host's engine, with SQLAlchemy's own defaults."""
    engine = create_engine(f"sqlite:///{tmp_path / 'host.db'}", connect_args={"timeout": 0})
    Base.metadata.create_all(engine)
    create_all(engine)
    yield engine
    engine.dispose()


def kept(engine: Engine) -> int:
    """How many entries another connection sees."""
    with engine.connect() as connection:
        return len(listed(SQLAlchemyStore(connection)))


def test_the_order_and_the_goodwill_or_neither(engine: Engine) -> None:
    with Session(engine) as session:
        session.add(Order(id=1))
        append(SQLAlchemyStore(session), draft(deposit(note="with details")))
        assert kept(engine) == 0
        session.rollback()
        assert kept(engine) == 0
        session.add(Order(id=1))
        append(SQLAlchemyStore(session), draft(deposit()))
        session.commit()
        assert kept(engine) == 1
        assert session.scalars(select(Order.id)).all() == [1]


def test_a_connection_is_the_hosts_too(engine: Engine) -> None:
    with engine.connect() as connection:
        append(SQLAlchemyStore(connection), draft(deposit()))
        assert kept(engine) == 0
        connection.rollback()
        assert listed(SQLAlchemyStore(connection)) == []
        append(SQLAlchemyStore(connection), draft(deposit()))
        connection.commit()
        assert not connection.closed
    assert kept(engine) == 1


def test_a_store_outlives_the_hosts_rollback(engine: Engine) -> None:
    with Session(engine) as session:
        store = SQLAlchemyStore(session)
        lost = append(store, draft(deposit("ada"), "x"), draft(deposit("bob", reference="r")))
        session.rollback()
        append(store, draft(deposit("bob")))
        again = append(store, draft(deposit("ada")), draft(deposit("bob", reference="r")))
        session.commit()
        assert {entry.id for entry in listed(store)}.isdisjoint(entry.id for entry in lost)
        assert len(listed(store)) == 3
        assert not any(entry.replayed for entry in again)


def test_a_savepoint_takes_goodwill_back_with_it(tmp_path: Path) -> None:
    # An engine with transactions as SQLAlchemy recommends them for savepoints on SQLite.
    engine = open_engine(f"sqlite:///{tmp_path / 'savepoint.db'}")
    create_all(engine)
    with Session(engine) as session:
        store = SQLAlchemyStore(session)
        append(store, draft(deposit("outer")))
        with session.begin_nested() as savepoint:
            append(store, draft(deposit("inner")))
            savepoint.rollback()
        with session.begin_nested():
            append(store, draft(deposit("kept")))
        session.commit()
        assert [entry.account for entry in listed(store)] == ["outer", "kept"]
    engine.dispose()


def test_a_session_that_begins_by_hand_works(engine: Engine) -> None:
    with Session(engine, autobegin=False) as session:
        store = SQLAlchemyStore(session)
        with session.begin():
            append(store, draft(deposit()))
        with session.begin():
            assert len(listed(store)) == 1


def test_the_session_is_left_as_it_was(engine: Engine) -> None:
    calls: list[str] = []
    with Session(engine) as session:
        for name in ("after_commit", "after_rollback", "after_flush"):
            event.listen(session, name, lambda *_, name=name: calls.append(name))
        options = dict(session.connection().get_execution_options())
        session.add(Order(id=7))
        store = SQLAlchemyStore(session)
        (entry,) = append(store, draft(deposit(reference="r")))
        listed(store)
        raised(ReferenceConflict, append, store, draft(deposit("other", reference="r")))
        append(store, draft(reversal_of(entry)))
        assert session.info == {}
        assert session.in_transaction()
        assert len(session.new) == 1
        assert session.connection().get_execution_options() == options
        assert calls == []


def test_a_store_alone_begins_nothing(engine: Engine) -> None:
    with Session(engine) as session, SQLAlchemyStore(session).work(write=True):
        assert not session.in_transaction()


def test_a_host_that_swallows_a_refusal_keeps_what_it_had(engine: Engine) -> None:
    with Session(engine) as session:
        store = SQLAlchemyStore(session)
        append(store, draft(deposit(reference="r")))
        batch = [draft(deposit("new", note="lost")), draft(deposit("other", reference="r"))]
        raised(ReferenceConflict, append, store, *batch)
        session.commit()
    assert kept(engine) == 1


def test_a_locked_database_asks_for_a_retry(engine: Engine) -> None:
    with engine.connect() as other, Session(engine) as session:
        other.execute(text("BEGIN IMMEDIATE"))
        error = raised(RetryTransaction, append, SQLAlchemyStore(session), draft(deposit()))
        assert "roll it back" in str(error)
        session.rollback()
        other.rollback()
        append(SQLAlchemyStore(session), draft(deposit()))


def test_tables_are_created_in_the_hosts_transaction() -> None:
    engine = open_engine("sqlite://")
    with Session(engine) as session:
        create_all(session)
        append(SQLAlchemyStore(session), draft(deposit()))
        session.rollback()
        assert session.scalars(text("SELECT name FROM sqlite_master")).all() == []
    engine.dispose()


def test_only_a_session_a_connection_or_an_engine_will_do(engine: Engine) -> None:
    with pytest.raises(WrongType, match="not str"):
        SQLAlchemyStore("sqlite://")  # type: ignore[arg-type]
    for name in ("", "x" * 65):
        with pytest.raises(ValueError, match="1 to 64 characters"):
            SQLAlchemyStore(engine, ledger=name)
