"""The database itself keeps rows as they are, on SQLite, PostgreSQL and MariaDB, whoever asks."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, Dialect, create_engine, text
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

from goodwill import Ledger, presets
from goodwill.domain.instant import to_us
from goodwill.domain.merge import Merge
from goodwill.ledger.ports import AppendMerge, Lock
from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, metadata
from goodwill.stores.sqlalchemy.guards import guard_ddl
from goodwill.testing.asking import append, listed
from goodwill.testing.drafts import NOON, deposit, draft
from goodwill.testing.store_deciding import decision
from goodwill.testing.store_purging import put
from tests.databases import Database

DIALECTS: list[Dialect] = [sqlite.dialect(), postgresql.dialect(), mysql.dialect()]
CHANGES = [
    "DELETE FROM goodwill_entries WHERE ledger = :ledger",
    "DELETE FROM goodwill_entries WHERE ledger = :ledger AND (id = 'nobody' OR 1 = 1)",
    "UPDATE goodwill_entries SET magnitude_e6 = 0 WHERE ledger = :ledger",
    "UPDATE goodwill_entries SET reference = 'from nothing' WHERE ledger = :ledger",
    "UPDATE goodwill_entries SET actor = NULL WHERE ledger = :ledger",
    "UPDATE goodwill_entries SET actor = 'Eve' WHERE ledger = :ledger",
    "UPDATE goodwill_entries SET actor = 'eve ' WHERE ledger = :ledger",
    "UPDATE goodwill_entries SET seq = seq + 1000000000 WHERE ledger = :ledger",
    "UPDATE goodwill_entries SET severity = NULL WHERE ledger = :ledger",
    "UPDATE goodwill_entries SET ledger = 'another' WHERE ledger = :ledger",
]


def refused(connection: Connection, change: str, **values: object) -> str:
    """What the database says to a change that it refuses; the transaction goes on."""
    with pytest.raises(DBAPIError) as caught, connection.begin_nested():
        connection.execute(text(change), values)
    return str(caught.value.orig)


@pytest.mark.parametrize("change", CHANGES)
def test_an_entry_is_neither_changed_nor_deleted(database: Database, change: str) -> None:
    store = database.store()
    recorded = append(store, draft(deposit(actor="eve", severity=0.1 + 0.2)))
    with database.engine.connect() as connection:
        told = refused(connection, change, ledger=store.ledger)
        assert "never changed or deleted; reverse or amend the entry" in told
        connection.commit()
    assert listed(store) == recorded


def test_every_column_of_an_entry_is_guarded(database: Database) -> None:
    store = database.store()
    recorded = append(store, draft(deposit()))
    entries = metadata().tables["goodwill_entries"]
    ours = entries.c.ledger == store.ledger
    with database.engine.connect() as connection:
        (row,) = connection.execute(entries.select().where(ours))
        for column in entries.columns:
            change = entries.update().where(ours).values({column: another(getattr(row, column.name), column.type)})
            with pytest.raises(DBAPIError, match="never changed"), connection.begin_nested():
                connection.execute(change)
    assert listed(store) == recorded


def another(value: object, kind: TypeEngine[Any]) -> object:
    """A value that the column may hold, other than the one that it holds."""
    by_type = {bool: not value, bytes: b"y" * 32, str: "y", int: 77, float: 0.5}
    return by_type[kind.python_type]


def test_an_update_that_changes_nothing_passes(database: Database) -> None:
    store = database.store()
    recorded = append(store, draft(deposit(actor="eve")))
    same = "UPDATE goodwill_entries SET actor = actor, reference = NULL WHERE ledger = :ledger"
    with database.engine.begin() as connection:
        assert connection.execute(text(same), {"ledger": store.ledger}).rowcount == 1
    assert listed(store) == recorded


@pytest.mark.parametrize("change", ["UPDATE goodwill_merges SET actor = 'eve'", "DELETE FROM goodwill_merges"])
def test_a_merge_is_neither_changed_nor_deleted(database: Database, change: str) -> None:
    store = database.store()
    with store.work(write=True) as work:
        work.answer(Lock(["A", "B"], to_us(NOON)))
        work.answer(AppendMerge(Merge(account="A", into="B", recorded_at=NOON)))
    with database.engine.connect() as connection:
        told = refused(connection, f"{change} WHERE ledger = :ledger", ledger=store.ledger)
        assert "never changed or deleted" in told


def test_what_was_purged_may_go_and_nothing_else(database: Database) -> None:
    store = database.store()
    old, kept, unmarked = append(store, *(draft(deposit(reference=name)) for name in ("old", "kept", "unmarked")))
    put(store, [old])
    with database.engine.connect() as connection:
        for entry in (kept, unmarked):
            refused(connection, "DELETE FROM goodwill_entries WHERE seq = :seq", seq=entry.seq)
        refused(connection, "DELETE FROM goodwill_entries WHERE ledger = :ledger", ledger=store.ledger)
    assert [each.reference for each in listed(store) if each.type == "deposit"] == ["kept", "unmarked"]


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM goodwill_purged WHERE ledger = :ledger",
        "UPDATE goodwill_purged SET reference = NULL WHERE ledger = :ledger",
        "UPDATE goodwill_purged SET seq = seq + 1 WHERE ledger = :ledger",
        "DELETE FROM goodwill_audit WHERE ledger = :ledger",
        "UPDATE goodwill_audit SET before_us = 0 WHERE ledger = :ledger",
    ],
)
def test_what_stays_of_a_purged_entry_stays(database: Database, change: str) -> None:
    store = database.store()
    (old,) = append(store, draft(deposit(reference="old")))
    put(store, [old])
    with database.engine.connect() as connection:
        assert "never changed or deleted" in refused(connection, change, ledger=store.ledger)


def test_no_temporary_table_passes_for_the_one_that_permits(on_postgresql: Database) -> None:
    store = on_postgresql.store()
    recorded = append(store, draft(deposit()))
    with on_postgresql.engine.connect() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE goodwill_purged AS SELECT seq FROM goodwill_entries"))
        refused(connection, "DELETE FROM goodwill_entries WHERE ledger = :ledger", ledger=store.ledger)
        connection.rollback()
    assert listed(store) == recorded


def test_a_decision_is_never_changed_or_deleted(database: Database) -> None:
    store = database.store()
    ledger = Ledger(store, policy=presets.default(), catalog=presets.service_catalog())
    kept = ledger.record_decision(decision(note="personal"))
    with database.engine.connect() as connection:
        for change in (
            "DELETE FROM goodwill_decisions WHERE ledger = :ledger",
            "UPDATE goodwill_decisions SET answer = 'deny' WHERE ledger = :ledger",
            "UPDATE goodwill_decisions SET role = 'manager' WHERE ledger = :ledger",
        ):
            assert "never changed or deleted" in refused(connection, change, ledger=store.ledger)
    assert list(ledger.decisions()) == [kept]


@pytest.mark.parametrize(
    "table", ["goodwill_entries", "goodwill_merges", "goodwill_audit", "goodwill_purged", "goodwill_decisions"]
)
def test_postgresql_does_not_truncate(on_postgresql: Database, table: str) -> None:
    with on_postgresql.engine.connect() as connection:
        assert "never changed or deleted" in refused(connection, f"TRUNCATE {table} CASCADE")


def test_mariadb_does_not_truncate_what_others_refer_to(on_mariadb: Database) -> None:
    with on_mariadb.engine.connect() as connection, pytest.raises(DBAPIError, match="foreign key"):
        connection.execute(text("TRUNCATE goodwill_entries"))


@pytest.mark.parametrize("key", ["seq", "id", "reference"])
def test_an_insert_that_would_replace_an_entry_does_not(database: Database, key: str) -> None:
    store = database.store()
    first, second = append(store, draft(deposit(reference="r1")), draft(deposit(reference="r2")))
    columns = [name for name in metadata().tables["goodwill_entries"].columns.keys() if name != key]  # noqa: SIM118
    other = {"seq": first.seq, "id": f"'{first.id}'", "reference": "'r1'"}[key]
    fresh = {"seq": "seq + 1000000000", "id": "'new'", "reference": "'new'"}
    copied = ", ".join(fresh.get(name, name) for name in columns)
    replace = {"sqlite": "INSERT OR REPLACE", "mariadb": "REPLACE"}.get(database.family, "INSERT")
    statement = (
        f"{replace} INTO goodwill_entries ({key}, {', '.join(columns)}) "
        f"SELECT {other}, {copied} FROM goodwill_entries WHERE ledger = :ledger AND id = :id"
    )
    with database.engine.connect() as connection:
        if database.family == "sqlite":
            assert connection.execute(text(statement), {"ledger": store.ledger, "id": second.id}).rowcount == 0
            connection.commit()
        else:
            refused(connection, statement, ledger=store.ledger, id=second.id)
    assert listed(store) == [first, second]


def test_what_is_personal_beside_an_entry_can_be_erased(database: Database) -> None:
    store = database.store()
    (entry,) = append(store, draft(deposit(note="calls at night", attributes={"age": 41})))
    with database.engine.begin() as connection:
        connection.execute(text("DELETE FROM goodwill_details WHERE seq = :seq"), {"seq": entry.seq})
        erased = "UPDATE goodwill_accounts SET name = NULL WHERE ledger = :ledger"
        connection.execute(text(erased), {"ledger": store.ledger})
    assert [(each.account, each.note, each.attributes) for each in listed(store)] == [(None, None, {})]


@pytest.mark.parametrize("table", ["entries", "merges", "audit", "purged", "decisions"])
def test_every_append_only_table_has_its_triggers(database: Database, table: str) -> None:
    source = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
        "mariadb": "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = DATABASE()",
    }
    with database.engine.connect() as connection:
        found = set(connection.scalars(text(source[database.family])))
    assert {f"goodwill_{table}_no_update", f"goodwill_{table}_no_delete"} <= found


def test_a_dropped_table_leaves_no_function_behind(on_postgresql: Database) -> None:
    create_all(on_postgresql.engine, prefix="gone_")
    with on_postgresql.engine.begin() as connection:
        functions = text("SELECT count(*) FROM pg_proc WHERE proname LIKE 'gone%'")
        assert connection.scalar(functions) > 0
        metadata("gone_").drop_all(connection)
        assert connection.scalar(functions) == 0


def test_triggers_stand_in_the_schema_that_the_host_names(on_server: Database) -> None:
    schema = f"Crm-{on_server.ledger}"
    quoted = on_server.engine.dialect.identifier_preparer.quote(schema)
    with on_server.engine.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {quoted}"))
        connection.commit()
    try:
        create_all(on_server.engine, schema=schema)
        store = SQLAlchemyStore(on_server.engine, schema=schema)
        (entry,) = append(store, draft(deposit()))
        with on_server.engine.connect() as connection:
            assert "never changed" in refused(connection, f"DELETE FROM {quoted}.goodwill_entries")
        assert listed(store) == [entry]
    finally:
        metadata(schema=schema).drop_all(on_server.engine)
        with on_server.engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {quoted}"))


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda each: each.name)
def test_names_of_triggers_fit_under_the_longest_prefix(dialect: Dialect) -> None:
    quote = '"' if dialect.name != "mysql" else "`"
    for table in metadata("p" * 28).sorted_tables:
        statements = guard_ddl(dialect, table.name, "s" * 63, [], [])
        assert max(len(name) for each in statements for name in each.split(quote)[1::2]) <= 63


def test_triggers_follow_a_hosts_schema_translation() -> None:
    engine = create_engine("sqlite://")
    with engine.connect().execution_options(schema_translate_map={None: "tenant"}) as connection:
        connection.execute(text("ATTACH DATABASE ':memory:' AS tenant"))
        create_all(connection)
        append(SQLAlchemyStore(connection), draft(deposit()))
        with pytest.raises(DBAPIError, match="never changed"):
            connection.execute(text("DELETE FROM tenant.goodwill_entries"))
    engine.dispose()
