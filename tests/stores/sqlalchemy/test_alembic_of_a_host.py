"""A host that runs Alembic itself, over its tables and goodwill's, on all three databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from goodwill.stores.sqlalchemy import SQLAlchemyStore, migrations
from goodwill.testing.asking import append, listed
from goodwill.testing.drafts import deposit, draft

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


@pytest.fixture
def project(engine_of_three: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """The host's Alembic, which knows the database and both kinds of tables."""
    config = Config(tmp_path / "alembic.ini")
    command.init(config, str(tmp_path / "host"))
    (tmp_path / "host" / "env.py").write_text(ENV)
    monkeypatch.setenv("HOST_URL", engine_of_three.url.render_as_string(hide_password=False))
    return config


def generated(project: Config, message: str) -> Path:
    """The file of a migration that Alembic wrote by comparing."""
    command.revision(project, message=message, autogenerate=True)
    (made,) = Path(str(project.get_main_option("script_location"))).glob(f"versions/*_{message}.py")
    return made


def upgrade_of(migration: Path) -> str:
    return migration.read_text().split("def upgrade")[1].split("def downgrade")[0]


def test_beside_it_goodwill_keeps_its_tables_and_it_finds_nothing_to_change(
    engine_of_three: Engine, project: Config
) -> None:
    migrations.upgrade(engine_of_three)
    first = generated(project, "first")
    assert "create_table('host_orders'" in upgrade_of(first)
    assert "goodwill" not in upgrade_of(first)
    command.upgrade(project, "head")
    assert "op." not in upgrade_of(generated(project, "second"))
    command.upgrade(project, "head")
    command.check(project)
    assert migrations.check(engine_of_three)


def test_a_migration_of_the_hosts_calls_goodwills(engine_of_three: Engine, project: Config) -> None:
    migrations.upgrade(engine_of_three, to="0003")
    append_to(
        make_empty(project, "goodwill"), "op.execute('CREATE TABLE host_orders (id INTEGER NOT NULL PRIMARY KEY)')"
    )
    command.upgrade(project, "head")
    assert migrations.check(engine_of_three)
    assert inspect(engine_of_three).has_table("host_orders")
    command.check(project)


def make_empty(project: Config, message: str) -> Path:
    command.revision(project, message=message)
    (made,) = Path(str(project.get_main_option("script_location"))).glob(f"versions/*_{message}.py")
    made.write_text(made.read_text().replace("    pass\n", "", 1))
    return made


def append_to(migration: Path, *more: str) -> None:
    """Have a migration of the host's also upgrade goodwill's tables, and go on after that."""
    before, after = migration.read_text().split("\n\n\ndef downgrade")
    ours = ("from goodwill.stores.sqlalchemy import migrations", "migrations.upgrade(op.get_bind())", *more)
    migration.write_text("\n    ".join([before.rstrip(), *ours]) + "\n\n\ndef downgrade" + after)


def test_it_may_make_goodwills_tables_itself_and_the_triggers_come_with_upgrade(
    engine_of_three: Engine, project: Config
) -> None:
    first = generated(project, "first")
    assert "create_table('goodwill_entries'" in upgrade_of(first)
    append_to(first)
    command.upgrade(project, "head")
    command.check(project)
    assert migrations.check(engine_of_three)
    store = SQLAlchemyStore(engine_of_three)
    append(store, draft(deposit()))
    with pytest.raises(DBAPIError, match="never changed"), engine_of_three.begin() as connection:
        connection.execute(text("DELETE FROM goodwill_entries"))
    assert len(listed(store)) == 1
