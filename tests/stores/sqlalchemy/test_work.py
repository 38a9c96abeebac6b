"""How the store talks to the database: few statements, and errors that say what to do."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from decimal import Decimal, localcontext

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.dialects import mssql, mysql, oracle, postgresql, sqlite
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from goodwill.domain.errors import RetryTransaction, SchemaMissing
from goodwill.domain.money import Money
from goodwill.ledger.ports import Accounts, Append, Facts, Find, Select
from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, open_engine
from goodwill.stores.sqlalchemy.appending import append as append_steps
from goodwill.stores.sqlalchemy.failures import translated
from goodwill.stores.sqlalchemy.statements import family_of, statements
from goodwill.stores.sqlalchemy.steps import Query
from goodwill.stores.sqlalchemy.tenant import Tenant
from goodwill.testing.asking import answer, append, listed, raised
from goodwill.testing.drafts import deposit, draft, reversal_of


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = open_engine("sqlite://")
    create_all(engine)
    yield engine
    engine.dispose()


def test_few_statements_do_the_work(engine: Engine) -> None:
    store = SQLAlchemyStore(engine)
    (first,) = append(store, draft(deposit()))
    ran: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *call: ran.append(call[2]))

    def statements_of(request: Append | Accounts | Facts | Find | Select) -> int:
        ran.clear()
        answer(store, request)
        return len([each for each in ran if not each.startswith(("BEGIN", "PRAGMA"))])

    assert statements_of(Append([draft(deposit(reference="r"))])) == 1
    assert statements_of(Append([draft(deposit(note="with details"))])) == 2
    assert statements_of(Append([draft(deposit("a new customer", reference="new"))])) == 4
    assert statements_of(Append([draft(reversal_of(first))])) == 1
    assert statements_of(Append([draft(deposit(reference=f"{n}", note="n")) for n in range(500)])) == 5
    assert statements_of(Select(accounts=["ada"])) == 1
    assert statements_of(Facts(["ada", "bob"])) == 1
    assert statements_of(Accounts()) == 1
    assert statements_of(Find([first.id])) == 1


def test_a_clash_that_cannot_be_seen_asks_for_a_retry() -> None:
    # The store's logic does no I/O, so a database can be played by hand: one that inserts nothing and shows nothing.
    sql = statements("goodwill_", None, "sqlite", returning=True)
    steps = append_steps(Append([draft(deposit(reference="r"))]), sql, Tenant("default"))

    def play() -> None:
        step = next(steps)
        while True:
            knows_accounts = isinstance(step, Query) and step.statement is sql.account_ids
            step = steps.send([("ada", 1, None)] if knows_accounts else [])

    assert "another transaction is writing what 'r' stands for" in str(raised(RetryTransaction, play))


def test_the_callers_decimal_context_changes_nothing(engine: Engine) -> None:
    entry = deposit(magnitude=Decimal("123456.789012"), cost=Money("98765432.10", "USD"))
    with localcontext() as context:
        context.prec = 3
        append(SQLAlchemyStore(engine), draft(entry))
        (found,) = listed(SQLAlchemyStore(engine))
        assert (found.magnitude, found.cost) == (entry.magnitude, entry.cost)


class PostgresError(Exception):
    def __init__(self, state: str) -> None:
        super().__init__(f"error {state}")
        self.sqlstate = state


class MariaDBError(Exception):
    pass


def busy() -> Exception:
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorname = "SQLITE_BUSY_SNAPSHOT"
    return error


@pytest.mark.parametrize(
    "fault",
    [
        *(PostgresError(state) for state in ("40001", "40P01")),
        *(MariaDBError(n, "") for n in (1020, 1205, 1213, 1467)),
        busy(),
    ],
    ids=repr,
)
def test_what_may_succeed_next_time_asks_for_a_retry(fault: Exception) -> None:
    with pytest.raises(RetryTransaction, match="roll it back and repeat it"), translated("goodwill_", None):
        raise DBAPIError("INSERT", {}, fault)


@pytest.mark.parametrize(
    "fault",
    [
        PostgresError("57P01"),
        PostgresError("08006"),
        *(MariaDBError(n, "") for n in (1053, 1927, 2006, 2013)),
    ],
    ids=repr,
)
def test_a_connection_that_broke_asks_for_a_retry(fault: Exception) -> None:
    with pytest.raises(RetryTransaction, match="cannot be known"), translated("goodwill_", None):
        raise DBAPIError("INSERT", {}, fault)


@pytest.mark.parametrize(
    "fault",
    [
        *(MariaDBError(n, "") for n in (1040, 2002, 2003)),
        Exception('connection failed: connection to server at "127.0.0.1", port 1 failed: Connection refused'),
        Exception("connection failed: FATAL:  the database system is starting up"),
        Exception("connection failed: FATAL:  sorry, too many clients already"),
    ],
    ids=repr,
)
def test_a_database_that_does_not_answer_asks_for_a_retry(fault: Exception) -> None:
    with pytest.raises(RetryTransaction, match="nothing was written"), translated("goodwill_", None):
        raise OperationalError(None, None, fault)
    with pytest.raises(OperationalError), translated("goodwill_", None):
        raise OperationalError("SELECT", {}, fault)  # where a statement was sent, something else is wrong


@pytest.mark.parametrize("words", ['FATAL:  password authentication failed for user "ada"', 'role "x" does not exist'])
def test_a_database_that_refuses_us_is_not_asked_again(words: str) -> None:
    with pytest.raises(OperationalError, match=re.escape(words)), translated("goodwill_", None):
        raise OperationalError(None, None, Exception(f"connection failed: {words}"))


@pytest.mark.parametrize("fault", [PostgresError("42P01"), MariaDBError(1146, "")], ids=repr)
def test_what_is_missing_is_named(fault: Exception) -> None:
    with pytest.raises(SchemaMissing, match="schema 'crm' of this database"), translated("goodwill_", "crm"):
        raise DBAPIError("INSERT", {}, fault)


@pytest.mark.parametrize(
    "fault", [PostgresError("23502"), MariaDBError(1406, ""), sqlite3.OperationalError("disk is full")]
)
def test_any_other_error_is_the_databases_own(fault: Exception) -> None:
    error = IntegrityError("INSERT", {}, fault)
    with pytest.raises(IntegrityError) as caught, translated("goodwill_", None):
        raise error
    assert caught.value is error


def test_a_database_that_goodwill_does_not_know_is_refused() -> None:
    for dialect in (oracle.dialect(), mssql.dialect()):
        with pytest.raises(NotImplementedError, match="SQLite, PostgreSQL or MariaDB"):
            family_of(dialect)


@pytest.mark.parametrize(
    "dialect", [sqlite.dialect(), postgresql.dialect(), mysql.dialect()], ids=lambda each: each.name
)
def test_inserts_say_in_each_databases_words_what_to_do_with_what_is_there(dialect: object) -> None:
    words = {
        "sqlite": "ON CONFLICT DO NOTHING",
        "postgresql": "ON CONFLICT DO NOTHING",
        "mariadb": "ON DUPLICATE KEY UPDATE",
    }
    family = family_of(dialect)  # type: ignore[arg-type]
    sql = statements("goodwill_", None, family, returning=True)
    for statement in (
        sql.add_accounts,
        sql.add_entries,
        sql.add_details,
        *filter(lambda each: each is not None, [sql.add_entry]),
    ):
        assert words[family] in str(statement.compile(dialect=dialect))  # type: ignore[arg-type]
