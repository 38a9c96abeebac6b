"""The schema from release to release, on all three databases."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text

from goodwill import Ledger
from goodwill.domain.errors import SchemaOutdated
from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, metadata, migrations
from goodwill.stores.sqlalchemy.tables import HEAD
from goodwill.testing.asking import append, listed, raised
from goodwill.testing.drafts import deposit, draft


def differences(engine: Engine, prefix: str = "goodwill_") -> list[object]:
    """What Alembic would change to get from the database to our MetaData."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": f"{prefix}version"})
        return list(compare_metadata(context, metadata(prefix)))


def triggers(connection: Connection) -> dict[str, str]:
    """All triggers of the connection's database, with what they do."""
    of_all = {
        "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
        "mariadb": "SELECT trigger_name, action_statement FROM information_schema.triggers "
        "WHERE trigger_schema = DATABASE()",
    }
    return {row[0]: row[1] for row in connection.execute(text(of_all[family(connection)]))}


def family(connection: Connection) -> str:
    return {"mysql": "mariadb"}.get(connection.dialect.name, connection.dialect.name)


def test_from_nothing_the_revisions_lead_to_what_create_all_makes(engine_of_three: Engine) -> None:
    migrations.upgrade(engine_of_three, prefix="steps_")
    assert migrations.check(engine_of_three, prefix="steps_")
    create_all(engine_of_three, prefix="whole_")
    assert migrations.check(engine_of_three, prefix="whole_")
    assert [each for each in differences(engine_of_three, "steps_") if "whole_" not in str(each)] == []
    with engine_of_three.connect() as connection:
        found = triggers(connection)
    stepwise = {name.replace("steps_", "whole_"): body for name, body in found.items() if name.startswith("steps_")}
    at_once = {name: body for name, body in found.items() if name.startswith("whole_")}
    assert {name: body.replace("steps_", "whole_") for name, body in stepwise.items()} == at_once
    assert len(at_once) >= 6


def test_an_upgrade_is_of_use_and_again_of_no_consequence(engine_of_three: Engine) -> None:
    for _ in range(2):
        migrations.upgrade(engine_of_three)
        append(SQLAlchemyStore(engine_of_three), draft(deposit()))
    assert len(listed(SQLAlchemyStore(engine_of_three))) == 2


def test_an_upgrade_that_was_interrupted_is_run_again(engine_of_three: Engine) -> None:
    migrations.upgrade(engine_of_three)
    # As on MariaDB, where a step is committed by itself: all is there, and the version says less.
    with engine_of_three.begin() as connection:
        connection.execute(text("UPDATE goodwill_version SET version_num = '0001'"))
    migrations.upgrade(engine_of_three)
    assert migrations.current(engine_of_three) == HEAD
    assert differences(engine_of_three) == []


def test_two_upgrades_at_once_take_turns(engine_of_three: Engine) -> None:
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(migrations.upgrade, engine_of_three) for _ in range(2)]:
            done.result()
    assert migrations.check(engine_of_three)


def test_older_tables_are_told_by_whoever_opens_them(engine_of_three: Engine) -> None:
    migrations.upgrade(engine_of_three, to="0003")
    assert not migrations.check(engine_of_three)
    error = raised(SchemaOutdated, create_all, engine_of_three)
    assert "goodwill db upgrade" in str(error)
    raised(SchemaOutdated, append, SQLAlchemyStore(engine_of_three), draft(deposit()))
    with pytest.raises(SchemaOutdated):
        Ledger.open(engine_of_three.url.render_as_string(hide_password=False))


def test_tables_of_the_first_release_which_kept_no_version_are_adopted(engine_of_three: Engine) -> None:
    migrations.upgrade(engine_of_three, to="0003")
    with engine_of_three.begin() as connection:
        connection.execute(text("DROP TABLE goodwill_version"))
    assert migrations.current(engine_of_three) is None
    raised(SchemaOutdated, create_all, engine_of_three)
    migrations.upgrade(engine_of_three)
    assert migrations.check(engine_of_three)
    assert differences(engine_of_three) == []


def test_on_a_hosts_connection_nothing_is_committed_by_us(engine_of_three: Engine) -> None:
    if engine_of_three.dialect.name in {"mysql", "mariadb"}:
        pytest.skip("MariaDB commits DDL by itself")
    with engine_of_three.connect() as connection:
        migrations.upgrade(connection)
        assert migrations.check(connection)
        connection.rollback()
    assert not inspect(engine_of_three).has_table("goodwill_entries")


def test_the_newest_revision_is_the_one_that_the_tables_are_of() -> None:
    script = ScriptDirectory.from_config(migrations.configuration("goodwill_", None))
    assert script.get_current_head() == HEAD
    assert [each.revision for each in script.walk_revisions()][::-1] == [f"{n:04}" for n in range(1, int(HEAD) + 1)]


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql", "mariadb"])
def test_the_sql_for_hands_names_every_table_under_the_prefix(dialect: str) -> None:
    written = migrations.offline_sql(dialect, prefix="crm_")
    for table in metadata("crm_").tables:
        assert table in written
    assert "goodwill_" not in written
    assert "CREATE TABLE IF NOT EXISTS crm_entries" not in migrations.offline_sql(dialect, prefix="crm_", since="0003")


def test_the_sql_for_hands_makes_what_an_upgrade_makes(engine_of_three: Engine) -> None:
    if engine_of_three.dialect.name != "sqlite":
        pytest.skip("a driver that runs a script at once is SQLite's")
    with engine_of_three.connect() as connection:
        connection.connection.cursor().executescript(migrations.offline_sql("sqlite"))  # type: ignore[attr-defined]
    assert migrations.check(engine_of_three)
    assert differences(engine_of_three) == []


ENV = """
import os
from alembic import context
from sqlalchemy import Column, Integer, MetaData, NullPool, Table, create_engine
from goodwill.stores.sqlalchemy import metadata

own = MetaData()
Table("host_orders", own, Column("id", Integer, primary_key=True))
with create_engine(os.environ["HOST_URL"], poolclass=NullPool).connect() as connection:
    context.configure(connection=connection, target_metadata=[own, metadata()])
    with context.begin_transaction():
        context.run_migrations()
"""


def test_a_hosts_own_alembic_finds_nothing_to_change(
    engine_of_three: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrations.upgrade(engine_of_three)
    config = Config(tmp_path / "alembic.ini")
    command.init(config, str(tmp_path / "host"))
    (tmp_path / "host" / "env.py").write_text(ENV)
    monkeypatch.setenv("HOST_URL", engine_of_three.url.render_as_string(hide_password=False))
    with engine_of_three.begin() as connection:
        connection.execute(text("CREATE TABLE host_orders (id INTEGER NOT NULL PRIMARY KEY)"))
    command.revision(config, message="first", autogenerate=True)
    (made,) = (tmp_path / "host" / "versions").glob("*_first.py")
    assert "pass" in made.read_text()
    assert "op." not in made.read_text().split("def upgrade")[1]
    command.upgrade(config, "head")
    command.check(config)


def test_nothing_of_alembic_is_loaded_until_it_is_asked(tmp_path: Path) -> None:
    code = (
        "import sys, goodwill.stores.sqlalchemy, goodwill.stores.sqlalchemy.migrations; print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
