"""The schema from release to release, on all three databases."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from goodwill import Ledger, presets
from goodwill.domain.errors import RetryTransaction, SchemaMissing, SchemaOutdated, UnknownRevision
from goodwill.ledger.ports import Merges, Trail
from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, metadata, migrations, open_engine, turns
from goodwill.stores.sqlalchemy.tables import HEAD, tables
from goodwill.testing.asking import answer, append, listed, raised
from goodwill.testing.drafts import deposit, draft
from goodwill.testing.store_deciding import decision
from tests.databases import some

REVISIONS = sorted(path.name[:4] for path in (Path(migrations.__file__).parent / "versions").glob("[0-9]*.py"))
TRIGGERS = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname, pg_get_triggerdef(t.oid) || ' ' || pg_get_functiondef(tgfoid) FROM pg_trigger t "
    "WHERE NOT tgisinternal",
    "mysql": "SELECT trigger_name, concat(event_manipulation, ' ', action_statement) FROM information_schema.triggers "
    "WHERE trigger_schema = DATABASE()",
}
TRIGGERS["mariadb"] = TRIGGERS["mysql"]


def differences(engine: Engine, prefix: str = "goodwill_") -> list[object]:
    """What Alembic would change to get from the database to our MetaData."""
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_name": lambda name, kind, _: kind != "table" or name.startswith(prefix)}
        )
        return list(compare_metadata(context, metadata(prefix)))


def triggers(engine: Engine, prefix: str = "goodwill_") -> dict[str, str]:
    """The triggers under a prefix, with what they do, as they would be under the prefix `goodwill_`."""
    with engine.connect() as connection:
        found = connection.execute(text(TRIGGERS[engine.dialect.name])).all()
    return {
        name.replace(prefix, "goodwill_"): body.replace(prefix, "goodwill_")
        for name, body in found
        if name.startswith(prefix)
    }


def stamp(engine: Engine, revision: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE goodwill_version SET version_num = '{revision}'"))


def forget(engine: Engine) -> None:
    """Leave the tables as release 0.1.0 did: without a word on what they are."""
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE goodwill_version"))


def test_from_nothing_the_revisions_lead_to_what_create_all_makes(engine_of_three: Engine) -> None:
    applied = migrations.upgrade(engine_of_three, prefix="steps_")
    assert [revision.name for revision in applied] == REVISIONS
    assert migrations.check(engine_of_three, prefix="steps_")
    create_all(engine_of_three, prefix="whole_")
    assert migrations.check(engine_of_three, prefix="whole_")
    assert differences(engine_of_three, "steps_") == []
    assert triggers(engine_of_three, "steps_") == triggers(engine_of_three, "whole_")
    assert len(triggers(engine_of_three, "whole_")) >= 6


def test_an_upgrade_is_of_use_and_again_of_no_consequence(engine_of_three: Engine) -> None:
    for applied in (REVISIONS, []):
        assert [revision.name for revision in migrations.upgrade(engine_of_three)] == applied
        append(SQLAlchemyStore(engine_of_three), draft(deposit()))
    assert len(listed(SQLAlchemyStore(engine_of_three))) == 2


@contextmanager
def cut_after(engine: Engine, statements: int) -> Iterator[None]:
    """Lose the connection when so many statements have changed something."""
    left = statements

    def count(connection: Connection, _cursor: object, statement: str, *_more: object) -> None:
        nonlocal left
        if statement.lstrip().upper().startswith(("CREATE", "ALTER", "DROP", "INSERT", "UPDATE")):
            left -= 1
            if left < 0:
                connection.invalidate()
                raise ConnectionError("the connection was cut")

    event.listen(engine, "before_cursor_execute", count)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", count)


@pytest.mark.slow
def test_an_upgrade_that_is_cut_short_again_and_again_gets_there(engine_of_three: Engine) -> None:
    create_all(engine_of_three, prefix="whole_")
    # On MariaDB each attempt goes on from what the last one left; on the others it begins again.
    further = 1 if engine_of_three.dialect.name in {"mysql", "mariadb"} else 7
    attempts, done = 0, False
    while not done:
        try:
            with cut_after(engine_of_three, attempts * further):
                migrations.upgrade(engine_of_three)
            done = True
        except ConnectionError:
            attempts += 1
            assert not migrations.check(engine_of_three)
    assert attempts > 3
    assert migrations.check(engine_of_three)
    assert differences(engine_of_three) == []
    assert triggers(engine_of_three) == triggers(engine_of_three, "whole_")


KILLED = """
import os, signal, sys
from sqlalchemy import event
from goodwill.stores.sqlalchemy import migrations, open_engine

engine, left = open_engine(sys.argv[1]), int(sys.argv[2])

def count(_connection, _cursor, statement, *_more):
    global left
    left -= statement.lstrip().upper().startswith(("CREATE", "ALTER", "DROP", "INSERT", "UPDATE"))
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)

event.listen(engine, "before_cursor_execute", count)
migrations.upgrade(engine)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is Unix's")
@pytest.mark.parametrize("statements", [6, 13])
def test_an_upgrade_that_was_killed_is_run_again(engine_of_three: Engine, statements: int) -> None:
    url = engine_of_three.url.render_as_string(hide_password=False)
    killed = subprocess.run([sys.executable, "-c", KILLED, url, str(statements)], check=False)
    assert killed.returncode == -signal.SIGKILL
    left = migrations.current(engine_of_three)
    assert (left is None) == (engine_of_three.dialect.name in {"sqlite", "postgresql"})
    assert not migrations.check(engine_of_three)
    migrations.upgrade(engine_of_three)
    assert migrations.check(engine_of_three)
    create_all(engine_of_three, prefix="whole_")
    assert triggers(engine_of_three) == triggers(engine_of_three, "whole_")


@pytest.mark.parametrize("revision", some(REVISIONS, 5))
def test_a_step_that_nobody_wrote_down_is_run_again(engine_of_three: Engine, revision: str) -> None:
    create_all(engine_of_three)
    whole = triggers(engine_of_three)
    stamp(engine_of_three, revision)  # as on MariaDB, where DDL is committed before the version is
    migrations.upgrade(engine_of_three)
    assert migrations.check(engine_of_three)
    assert differences(engine_of_three) == []
    assert triggers(engine_of_three) == whole


def test_upgrades_at_once_take_turns(engine_of_three: Engine) -> None:
    url = engine_of_three.url.render_as_string(hide_password=False)

    def upgrade(_: int) -> int:
        engine = open_engine(url)
        try:
            return len(migrations.upgrade(engine))
        finally:
            engine.dispose()

    with ThreadPoolExecutor(4) as pool:
        applied = list(pool.map(upgrade, range(4)))
    assert sorted(applied) == [0, 0, 0, len(REVISIONS)]
    assert migrations.check(engine_of_three)


@pytest.mark.slow
def test_processes_that_upgrade_and_open_at_once_take_turns(engine_of_three: Engine) -> None:
    url = engine_of_three.url.render_as_string(hide_password=False)
    opened = "import sys; from goodwill import Ledger; Ledger.open(sys.argv[1]).close()"
    upgraded = "import sys; from goodwill.cli import main; sys.exit(main(['db', 'upgrade', '--db', sys.argv[1]]))"
    running = [
        subprocess.Popen([sys.executable, "-c", code, url], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for code in (upgraded, opened, upgraded)
    ]
    assert [(process.communicate()[1], process.returncode) for process in running] == [(b"", 0)] * 3
    assert migrations.check(engine_of_three)


def test_who_waits_for_another_upgrade_in_vain_is_told(mariadb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE_S", 0)
    engine = open_engine(mariadb)
    with engine.connect() as connection, turns.one_at_a_time(connection, "goodwill_", None):
        raised(RetryTransaction, migrations.upgrade, engine)
        migrations.upgrade(engine, prefix="other_")
    metadata("other_").drop_all(engine)
    engine.dispose()


def test_older_tables_are_told_by_whoever_opens_them(engine_of_three: Engine) -> None:
    migrations.upgrade(engine_of_three, to="0003")
    error = raised(SchemaOutdated, create_all, engine_of_three)
    assert f"goodwill db upgrade --db {engine_of_three.url.render_as_string()}" in str(error)
    store = SQLAlchemyStore(engine_of_three)
    for work in (
        lambda: append(store, draft(deposit())),
        lambda: answer(store, Merges()),
        lambda: answer(store, Trail()),
    ):
        assert "goodwill db upgrade" in str(raised(SchemaOutdated, work))
    with pytest.raises(SchemaOutdated):
        Ledger.open(engine_of_three.url.render_as_string(hide_password=False))


def test_what_a_database_lacks_is_named(engine_of_three: Engine) -> None:
    migrations.upgrade(engine_of_three, to="0004")
    status = migrations.check(engine_of_three)
    assert (status.revision, status.newest) == ("0004", HEAD)
    assert [revision.name for revision in status.pending] == REVISIONS[4:]
    assert {"table goodwill_audit", "column goodwill_accounts.closed_us"} <= set(status.lacking)
    migrations.upgrade(engine_of_three)
    assert migrations.check(engine_of_three)
    with engine_of_three.begin() as connection:
        connection.execute(text("ALTER TABLE goodwill_merges RENAME TO elsewhere"))
    status = migrations.check(engine_of_three)
    assert not status
    assert status.lacking == ["table goodwill_merges"]


def test_a_ledger_from_before_there_were_decisions_keeps_them_after_the_upgrade(engine_of_three: Engine) -> None:
    migrations.upgrade(engine_of_three, to="0026")
    store = SQLAlchemyStore(engine_of_three)
    (before,) = append(store, draft(deposit()))
    ledger = Ledger(store, policy=presets.default(), catalog=presets.service_catalog())
    for asked in (lambda: ledger.record_decision(decision()), lambda: list(ledger.decisions())):
        assert "goodwill db upgrade" in str(raised(SchemaOutdated, asked))
    assert [revision.name for revision in migrations.upgrade(engine_of_three)] == ["0027", "0028"]
    kept = ledger.record_decision(decision(note="first"))
    assert list(ledger.decisions(account="ada")) == [kept]
    assert listed(store) == [before]
    with engine_of_three.connect() as connection, pytest.raises(DBAPIError, match="never changed"):
        connection.execute(text("UPDATE goodwill_decisions SET answer = 'deny'"))


def test_a_trigger_that_was_taken_away_is_named(engine_of_three: Engine) -> None:
    create_all(engine_of_three)
    assert migrations.check(engine_of_three)
    place = "ON goodwill_entries" if engine_of_three.dialect.name == "postgresql" else ""
    with engine_of_three.begin() as connection:
        connection.execute(text(f"DROP TRIGGER goodwill_entries_no_delete {place}"))
    assert migrations.check(engine_of_three).lacking == ["trigger goodwill_entries_no_delete"]


def test_tables_of_a_later_release_are_left_alone(engine_of_three: Engine) -> None:
    create_all(engine_of_three)
    stamp(engine_of_three, "9999")
    url = engine_of_three.url.render_as_string(hide_password=False)
    work: list[Callable[[], object]] = [
        lambda: migrations.upgrade(engine_of_three),
        lambda: migrations.check(engine_of_three),
        lambda: create_all(engine_of_three),
        lambda: Ledger.open(url),
    ]
    for each in work:
        assert "9999" in str(raised(UnknownRevision, each))
    assert migrations.current(engine_of_three) == "9999"


def test_tables_of_the_first_release_which_kept_no_version_are_adopted(engine_of_three: Engine) -> None:
    migrations.upgrade(engine_of_three, to="0003")
    forget(engine_of_three)
    assert migrations.current(engine_of_three) is None
    raised(SchemaOutdated, create_all, engine_of_three)
    assert [revision.name for revision in migrations.upgrade(engine_of_three)] == REVISIONS[3:]
    assert migrations.check(engine_of_three)
    assert differences(engine_of_three) == []


def test_tables_that_no_release_made_are_not_adopted(engine_of_three: Engine) -> None:
    migrations.upgrade(engine_of_three, to="0003")
    forget(engine_of_three)
    with engine_of_three.begin() as connection:
        connection.execute(text("ALTER TABLE goodwill_details RENAME COLUMN note TO remark"))
    error = raised(SchemaMissing, migrations.upgrade, engine_of_three)
    assert "column goodwill_details.note" in str(error)
    assert not inspect(engine_of_three).has_table("goodwill_version")


@pytest.mark.parametrize("of_session", [True, False])
def test_on_a_hosts_connection_nothing_is_committed_by_us(engine_of_three: Engine, of_session: bool) -> None:
    if engine_of_three.dialect.name in {"mysql", "mariadb"}:
        pytest.skip("MariaDB commits DDL by itself")
    with Session(engine_of_three) as session:
        bind = session if of_session else session.connection()
        migrations.upgrade(bind)
        assert migrations.check(bind)
        session.rollback()
    assert not inspect(engine_of_three).has_table("goodwill_entries")


def test_a_fresh_connection_is_left_for_the_host_to_commit(engine_of_three: Engine) -> None:
    with engine_of_three.connect() as connection:
        migrations.upgrade(connection)
        connection.commit()
    assert migrations.check(engine_of_three)


def test_a_hosts_schema_and_its_translation_are_followed() -> None:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        connection.execute(text("ATTACH DATABASE ':memory:' AS crm"))
        migrations.upgrade(connection, schema="crm")
        translated = connection.execution_options(schema_translate_map={None: "crm"})
        assert migrations.check(translated)
        assert migrations.upgrade(translated) == []
        migrations.upgrade(translated, prefix="more_")
        assert migrations.check(connection, prefix="more_", schema="crm")
        append(SQLAlchemyStore(connection, schema="crm"), draft(deposit()))
        assert connection.scalars(text("SELECT name FROM main.sqlite_master")).all() == []
    engine.dispose()


def test_the_schema_of_a_server_is_the_hosts_choice(postgresql: str) -> None:
    engine = open_engine(postgresql)
    with engine.connect() as connection:
        connection.execute(text('CREATE SCHEMA "the crm"'))
        migrations.upgrade(connection, schema="the crm")
        assert migrations.check(connection, schema="the crm")
        append(SQLAlchemyStore(connection, schema="the crm"), draft(deposit()))
        with pytest.raises(DBAPIError, match="never changed"):
            connection.execute(text('DELETE FROM "the crm".goodwill_entries'))
        connection.rollback()
    engine.dispose()


def test_every_name_carries_the_longest_prefix(postgresql: str) -> None:
    engine, prefix = open_engine(postgresql), "p" * 28
    names = (
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace UNION "
        "SELECT conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n' UNION "
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace UNION "
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    with engine.connect() as connection:
        before = set(connection.scalars(text(names)))
        migrations.upgrade(connection, prefix=prefix)
        made = set(connection.scalars(text(names))) - before
        connection.rollback()
    assert len(made) > 20
    assert [name for name in made if not name.startswith(prefix)] == []
    assert [name for name in made if len(name) >= 63] == []  # PostgreSQL cuts longer ones to 63
    engine.dispose()


@pytest.mark.parametrize("make", [create_all, migrations.upgrade])
def test_on_mariadb_every_table_is_transactional_whatever_the_servers_default(
    mariadb: str, make: Callable[..., object]
) -> None:
    engine = open_engine(mariadb)
    with engine.connect() as connection:
        connection.execute(text("SET SESSION default_storage_engine = MyISAM"))
        make(connection)
        engines = text("SELECT table_name, engine FROM information_schema.tables WHERE table_schema = DATABASE()")
        found = {name: engine for name, engine in connection.execute(engines) if name != "goodwill_version"}
    metadata().drop_all(engine)
    engine.dispose()
    assert set(found.values()) == {"InnoDB"}
    assert len(found) == len(metadata().tables) - 1


def test_the_newest_revision_is_the_one_that_the_tables_are_of() -> None:
    assert [revision.name for revision in migrations.history.since(None, migrations.history.known("head"))] == REVISIONS


@pytest.mark.parametrize("name", ["0", "nonsense", "9999"])
def test_a_revision_that_is_none_is_refused(name: str) -> None:
    engine = open_engine("sqlite://")
    raised(UnknownRevision, lambda: migrations.upgrade(engine, to=name))
    raised(UnknownRevision, lambda: migrations.offline_sql("sqlite", since=name))
    assert inspect(engine).get_table_names() == []
    engine.dispose()


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql", "mariadb"])
def test_the_sql_for_hands_names_every_table_under_the_prefix(dialect: str) -> None:
    written = migrations.offline_sql(dialect, prefix="crm_")
    for table in metadata("crm_").tables:
        assert table in written
    assert "goodwill_" not in written
    assert "CREATE TABLE IF NOT EXISTS crm_entries" not in migrations.offline_sql(dialect, prefix="crm_", since="0003")


def by_hand(url: URL, script: str) -> None:
    """Run a script with the database's own client, or skip the test where it is not installed."""
    server = ["-h", str(url.host), f"-{'P' if url.get_backend_name() != 'postgresql' else 'p'}{url.port or ''}"]
    words = {
        "sqlite": ["sqlite3", "-bail", str(url.database)],
        "postgresql": ["psql", "-qX", "-v", "ON_ERROR_STOP=1", *server, "-U", str(url.username), str(url.database)],
        "mariadb": ["mariadb", *server, "-u", str(url.username), str(url.database)],
    }[url.get_backend_name()]
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} is not installed")
    secret = {"PGPASSWORD": url.password, "MYSQL_PWD": url.password} if url.password else {}
    done = subprocess.run(
        [word for word in words if word not in {"-p", "-P"}],
        input=script, env={**os.environ, **secret}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_the_sql_for_hands_makes_what_an_upgrade_makes(engine_of_three: Engine) -> None:
    create_all(engine_of_three, prefix="whole_")
    url = engine_of_three.url
    by_hand(url, migrations.offline_sql(url.render_as_string(hide_password=False)))
    assert migrations.check(engine_of_three)
    assert differences(engine_of_three) == []
    assert triggers(engine_of_three) == triggers(engine_of_three, "whole_")


def test_the_sql_for_hands_adopts_the_first_release_too(engine_of_three: Engine) -> None:
    migrations.upgrade(engine_of_three, to="0003")
    forget(engine_of_three)
    by_hand(engine_of_three.url, migrations.offline_sql(engine_of_three.dialect.name, since="0.1.0"))
    assert migrations.check(engine_of_three)
    assert differences(engine_of_three) == []


def test_to_open_a_ledger_loads_nothing_of_alembic(tmp_path: Path) -> None:
    code = (
        "import sys; from goodwill import Ledger; Ledger.open(sys.argv[1]).close(); Ledger.open(sys.argv[1]).close(); "
        "print('alembic' in sys.modules)"
    )
    url = f"sqlite:///{tmp_path / 'goodwill.db'}"
    done = subprocess.run([sys.executable, "-c", code, url], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    engine = open_engine(url)
    with engine.connect() as connection:
        assert connection.scalars(select(tables("goodwill_", None).version.c.version_num)).all() == [HEAD]
    engine.dispose()
