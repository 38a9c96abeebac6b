"""Every level of isolation that a host may choose: goodwill answers right, or asks for the transaction again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.orm import Session

from goodwill.domain.entry import Entry
from goodwill.domain.errors import AlreadyReversed, ReferenceConflict, RetryTransaction, SchemaMissing
from goodwill.ledger.ports import Draft
from goodwill.stores.sqlalchemy import SQLAlchemyStore
from goodwill.testing.asking import append, listed, raised
from goodwill.testing.drafts import deposit, draft, reversal_of, withdrawal
from tests.databases import Database

SEES = "sees what others committed"
RETRIES = "asks for the transaction again"
HOLDS = "makes others wait"

# What a transaction does that has read before others wrote the same.
LEVELS = {
    ("sqlite", "SERIALIZABLE"): SEES,  # the driver begins at the first write, whatever was read before
    ("sqlite", "READ UNCOMMITTED"): SEES,
    ("postgresql", "READ UNCOMMITTED"): SEES,
    ("postgresql", "READ COMMITTED"): SEES,
    ("postgresql", "REPEATABLE READ"): RETRIES,
    ("postgresql", "SERIALIZABLE"): RETRIES,
    ("mariadb", "READ UNCOMMITTED"): SEES,
    ("mariadb", "READ COMMITTED"): SEES,
    ("mariadb", "REPEATABLE READ"): SEES,  # an insert and what looks after it see the present, whatever was read
    ("mariadb", "SERIALIZABLE"): HOLDS,
}


@pytest.fixture(params=LEVELS, ids=" ".join)
def at_level(request: pytest.FixtureRequest, shared: Callable[[str], Database]) -> tuple[Database, str, str]:
    """A database, a level of isolation that it has, and what a transaction at that level does."""
    family, level = request.param
    return shared(family).anew(), level, LEVELS[request.param]


@contextmanager
def host(database: Database, level: str) -> Iterator[tuple[Session, SQLAlchemyStore]]:
    """A host's session at a level of isolation, and our store in it."""
    with database.host(isolation_level=level) as engine, Session(engine) as session:
        yield session, database.store(session)


@contextmanager
def impatient(database: Database) -> Iterator[SQLAlchemyStore]:
    """Somebody else's store, which does not wait long for locks."""
    with database.host() as engine:
        if database.family == "mariadb":
            words = "SET innodb_lock_wait_timeout = 1"
            event.listen(engine, "connect", lambda connection, _: connection.cursor().execute(words))
        yield database.store(engine)


def test_a_transaction_writes_reads_and_repeats_itself(at_level: tuple[Database, str, str]) -> None:
    database, level, _ = at_level
    with host(database, level) as (session, store):
        (first,) = append(store, draft(deposit(reference="r", note="n")))
        (again,) = append(store, draft(deposit(reference="r", note="n")))
        assert (again.id, again.replayed, again.note) == (first.id, True, "n")
        raised(ReferenceConflict, append, store, draft(deposit("other", reference="r")))
        append(store, draft(reversal_of(first)), draft(deposit("new")))
        raised(AlreadyReversed, append, store, draft(reversal_of(first)))
        assert len(listed(store)) == 3
        session.commit()
    assert len(listed(database.store())) == 3


def test_a_transaction_that_has_read_nothing_yet_meets_what_others_wrote(at_level: tuple[Database, str, str]) -> None:
    database, level, _ = at_level
    others = database.store()
    (late,) = append(others, draft(withdrawal()))
    append(others, draft(deposit("new", reference="r", note="theirs"), "x"), draft(reversal_of(late)))
    with host(database, level) as (session, mine):
        (again,) = append(mine, draft(deposit("new", reference="r"), "x"))
        assert (again.replayed, again.note) == (True, "theirs")
        raised(ReferenceConflict, append, mine, draft(deposit("new", reference="r"), "y"))
        raised(AlreadyReversed, append, mine, draft(reversal_of(late)))
        session.commit()
    assert len(listed(others)) == 3


def repeat(mine: SQLAlchemyStore, others: SQLAlchemyStore, _late: Entry) -> Callable[[], None]:
    """Somebody recorded the same under the same reference."""
    append(others, draft(deposit("new", reference="r"), "x"))

    def check() -> None:
        assert [entry.replayed for entry in append(mine, draft(deposit("new", reference="r"), "x"))] == [True]

    return check


def contradict(mine: SQLAlchemyStore, others: SQLAlchemyStore, _late: Entry) -> Callable[[], None]:
    """Somebody recorded something else under the same reference."""
    append(others, draft(deposit("new", reference="r"), "y"))
    return lambda: raised(ReferenceConflict, append, mine, draft(deposit("new", reference="r"), "x")) and None


def reverse(mine: SQLAlchemyStore, others: SQLAlchemyStore, late: Entry) -> Callable[[], None]:
    """Somebody reversed the same entry."""
    append(others, draft(reversal_of(late)))
    return lambda: raised(AlreadyReversed, append, mine, draft(reversal_of(late))) and None


def greet(mine: SQLAlchemyStore, others: SQLAlchemyStore, _late: Entry) -> Callable[[], None]:
    """Somebody recorded the first entry of the same new customer."""
    append(others, draft(deposit("new")))
    return lambda: append(mine, draft(deposit("new"))) and None


@pytest.mark.parametrize("clash", [repeat, contradict, reverse, greet])
def test_a_transaction_that_has_read_before_others_wrote(
    at_level: tuple[Database, str, str],
    clash: Callable[[SQLAlchemyStore, SQLAlchemyStore, Entry], Callable[[], None]],
) -> None:
    database, level, does = at_level
    with host(database, level) as (session, mine), impatient(database) as others:
        (late,) = append(others, draft(withdrawal()))
        listed(mine)
        if does == HOLDS:
            raised(RetryTransaction, clash, mine, others, late)
            session.rollback()
        check = clash(mine, others, late)
        if does == RETRIES:
            error = raised(RetryTransaction, check)
            assert "roll it back and repeat it" in str(error)
            session.rollback()
        check()
        session.commit()
    expected = 3 if clash is greet else 2
    assert len(listed(database.store())) == expected


@pytest.mark.parametrize("asked", [1, 2], ids=["before the first question", "between two questions"])
def test_a_reversal_that_is_repeated_while_the_first_is_committed_is_a_repetition(
    on_server: Database, asked: int
) -> None:
    rival = on_server.store()
    (late,) = append(rival, draft(withdrawal()))
    theirs: list[Entry] = []
    selects: list[str] = []

    def overtake(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("SELECT"):
            selects.append(statement)
            if len(selects) == asked:
                theirs.extend(append(rival, draft(reversal_of(late, reference="undo"), "x")))

    with host(on_server, "READ COMMITTED") as (session, mine):
        session.connection()
        event.listen(session.get_bind(), "before_cursor_execute", overtake)
        undone, new = append(mine, draft(reversal_of(late, reference="undo"), "x"), draft(deposit("new")))
        session.commit()
    assert (undone.id, undone.replayed, new.replayed) == (theirs[0].id, True, False)


@pytest.mark.parametrize("level", ["READ COMMITTED", "REPEATABLE READ"])
def test_facts_of_one_customer_never_wait_for_one_another(on_server: Database, level: str) -> None:
    append(on_server.store(), draft(deposit()))
    with host(on_server, level) as (one, mine), host(on_server, level) as (two, theirs):
        append(mine, draft(deposit(reference="mine")))
        append(theirs, draft(deposit(reference="theirs")))
        append(mine, *[draft(deposit()) for _ in range(5)])
        append(theirs, *[draft(deposit()) for _ in range(5)])
        two.commit()
        one.commit()
    assert len(listed(on_server.store())) == 13


def test_a_file_that_others_wrote_to_since_it_was_read_asks_for_the_transaction_again(on_sqlite: Database) -> None:
    # Within a transaction that has begun, which SQLAlchemy's recipe for savepoints does before the first statement.
    with on_sqlite.engine.connect() as connection:
        mine = on_sqlite.store(connection)
        listed(mine)
        append(on_sqlite.store(), draft(deposit()))
        raised(RetryTransaction, append, mine, draft(deposit()))
        connection.rollback()
        append(mine, draft(deposit()))
        connection.commit()
    assert len(listed(on_sqlite.store())) == 2


def test_a_host_that_commits_each_statement_gets_all_of_it_but_not_all_or_nothing(database: Database) -> None:
    with database.host() as engine, engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        store = database.store(connection)
        drafts = [draft(deposit(reference="r", note="n")), draft(deposit("bob"))]
        append(store, *drafts)
        connection.rollback()
    assert [entry.account for entry in listed(database.store())] == ["ada", "bob"]


def test_missing_tables_are_named_on_every_database(database: Database) -> None:
    with database.engine.connect() as connection:
        raised(SchemaMissing, listed, SQLAlchemyStore(connection, prefix="gw_nowhere_"))
        raised(SchemaMissing, recorded, connection, draft(deposit()))


def recorded(connection: Connection, one: Draft) -> list[Entry]:
    """Append to tables that are not there, in a transaction that PostgreSQL has given up."""
    connection.rollback()
    connection.execute(text("SELECT 1"))
    return append(SQLAlchemyStore(connection, prefix="gw_nowhere_"), one)
