"""What the database itself refuses, whoever asks."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all
from goodwill.testing.asking import append, listed
from goodwill.testing.drafts import deposit, draft, withdrawal

TABLES = ("entries", "merges", "audit")


@pytest.fixture
def store(engine_of_three: Engine) -> SQLAlchemyStore:
    create_all(engine_of_three)
    store = SQLAlchemyStore(engine_of_three)
    append(store, draft(deposit(reference="r")), draft(withdrawal("bob")))
    return store


def refused(engine: Engine, statement: str) -> str:
    with engine.connect() as connection, pytest.raises(DBAPIError) as error:
        connection.execute(text(statement))
    return str(error.value)


@pytest.mark.parametrize(
    "change",
    ["kind = 'x'", "cost_minor = 1", "reference = NULL", "occurred_us = occurred_us + 1", "actor = 'x'", "seq = 99"],
)
def test_no_column_of_an_entry_is_changed_not_even_from_or_to_null(
    store: SQLAlchemyStore, engine_of_three: Engine, change: str
) -> None:
    before = listed(store)
    message = refused(engine_of_three, f"UPDATE goodwill_entries SET {change} WHERE reference = 'r'")
    assert "reverse or amend" in message
    assert listed(store) == before


def test_no_entry_is_deleted(store: SQLAlchemyStore, engine_of_three: Engine) -> None:
    before = listed(store)
    assert "never changed or deleted" in refused(engine_of_three, "DELETE FROM goodwill_entries")
    assert listed(store) == before


def test_an_update_that_changes_nothing_passes(store: SQLAlchemyStore, engine_of_three: Engine) -> None:
    before = listed(store)
    with engine_of_three.begin() as connection:
        connection.execute(text("UPDATE goodwill_entries SET kind = kind, channel = channel"))
    assert listed(store) == before


@pytest.mark.parametrize("table", TABLES)
def test_every_append_only_table_has_its_triggers(engine_of_three: Engine, table: str) -> None:
    create_all(engine_of_three)
    with engine_of_three.connect() as connection:
        found = triggers(connection)
    assert {f"goodwill_{table}_no_update", f"goodwill_{table}_no_delete"} <= found


def triggers(connection: Connection) -> set[str]:
    """The names of all triggers of the connection's database."""
    of_all = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
        "mariadb": "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = DATABASE()",
        "mysql": "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = DATABASE()",
    }
    return set(connection.scalars(text(of_all[connection.dialect.name])))


def test_sqlite_leaves_alone_what_a_replace_would_put_in_the_place_of_an_entry(
    store: SQLAlchemyStore, engine_of_three: Engine
) -> None:
    if engine_of_three.dialect.name != "sqlite":
        pytest.skip("INSERT OR REPLACE is SQLite's; MariaDB's REPLACE meets the trigger on DELETE")
    before = listed(store)
    with engine_of_three.begin() as connection:
        columns = (
            "id, ledger, account_id, type, occurred_us, recorded_us, reference, revision, backfilled, request_digest"
        )
        for key in ("seq, ", ""):
            connection.execute(
                text(f"INSERT OR REPLACE INTO goodwill_entries ({key}{columns}, kind) "
                     f"SELECT {key}{columns}, 'forged' FROM goodwill_entries")
            )  # fmt: skip
    assert listed(store) == before


def test_mariadb_refuses_a_replace(store: SQLAlchemyStore, engine_of_three: Engine) -> None:
    if engine_of_three.dialect.name not in {"mysql", "mariadb"}:
        pytest.skip("MariaDB's word")
    message = refused(engine_of_three, "REPLACE INTO goodwill_entries SELECT * FROM goodwill_entries")
    assert "never changed or deleted" in message or "foreign key" in message.lower() or "duplicate" in message.lower()


def test_postgresql_refuses_to_truncate(store: SQLAlchemyStore, engine_of_three: Engine) -> None:
    if engine_of_three.dialect.name != "postgresql":
        pytest.skip("SQLite has no TRUNCATE, and MariaDB asks no trigger for it")
    assert "never changed" in refused(engine_of_three, "TRUNCATE goodwill_entries CASCADE")
