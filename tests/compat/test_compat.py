"""What an earlier release wrote is read the same for ever, and asking for it again records nothing twice."""

from __future__ import annotations

import json
import re
import runpy
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text

from goodwill import Catalog, Policy
from goodwill.ledger.ports import Select
from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, metadata, open_engine
from goodwill.stores.sqlalchemy.migrations import BASELINE, offline_sql, upgrade
from goodwill.testing.asking import answer

HERE = Path(__file__).parent
RELEASES = sorted(path.parent for path in HERE.glob("*/sqlite.sql"))
WRITE: dict[str, Any] = runpy.run_path(str(HERE / "write.py"))


@pytest.fixture(params=RELEASES, ids=lambda path: path.name)
def release(request: pytest.FixtureRequest) -> Path:
    """The folder of what a release wrote."""
    return Path(request.param)


@pytest.fixture
def engine(release: Path, tmp_path: Path) -> Iterator[Engine]:
    """The database that the release left behind."""
    path = tmp_path / "goodwill.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((release / "sqlite.sql").read_text(encoding="utf-8"))
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    yield engine
    engine.dispose()


def policy_of(release: Path) -> Policy:
    return Policy.from_file(release / "policy.json")


def catalog_of(release: Path) -> Catalog:
    return Catalog.from_toml(release / "catalog.toml")


def test_there_is_something_to_read() -> None:
    assert RELEASES


@pytest.mark.parametrize("name", ["default", "other shop"])
def test_entries_facts_accounts_and_balances_read_as_they_did(release: Path, engine: Engine, name: str) -> None:
    expected = json.loads((release / "expected.json").read_text(encoding="utf-8"))[name]
    found = WRITE["told"](SQLAlchemyStore(engine, ledger=name), policy_of(release), catalog_of(release))
    found = json.loads(json.dumps(found))
    assert found["accounts"] == expected["accounts"]
    for entry, before in zip(found["entries"], expected["entries"], strict=True):
        assert {field: entry[field] for field in before} == before  # a later release may say more, never other
    for account, facts in expected["facts"].items():
        for fact, before in zip(found["facts"][account], facts, strict=True):
            assert {field: fact[field] for field in before} == before
    assert found["balances"] == pytest.approx(expected["balances"], rel=1e-9, abs=1e-9)


def test_the_same_requests_are_replays(release: Path, engine: Engine) -> None:
    store = SQLAlchemyStore(engine)
    before = answer(store, Select())
    ledger = WRITE["ledger_on"](store, policy_of(release), catalog_of(release))
    recorded = [ledger.record(fact) for fact in WRITE["facts"]()]
    assert [entry.replayed for entry in recorded] == [True] * len(recorded)
    assert answer(store, Select()) == before


def test_the_database_is_written_on(release: Path, engine: Engine) -> None:
    store = SQLAlchemyStore(engine)
    ledger = WRITE["ledger_on"](store, policy_of(release), catalog_of(release))
    last = max(entry.seq for entry in answer(store, Select()))
    assert ledger.withdraw("A1", "rude", note="today").seq > last
    assert ledger.reverse(ledger.deposit("somebody new", "heroics")).seq > last


def schema_of(engine: Engine, kinds: str = "table index trigger") -> dict[str, str]:
    """What SQLite keeps of its tables, indexes and triggers, spaces aside."""
    with engine.connect() as connection:
        made = connection.execute(text("SELECT name, type, sql FROM sqlite_master WHERE sql IS NOT NULL")).all()
    return {name: " ".join(sql.split()) for name, kind, sql in made if kind in kinds and not name.startswith("sqlite_")}


def test_the_schema_is_todays_once_it_is_upgraded(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "goodwill_version"})
        assert compare_metadata(context, metadata()) == []
    today = open_engine("sqlite://")
    create_all(today)
    assert schema_of(engine, "index trigger") == schema_of(today, "index trigger")
    today.dispose()


def test_the_revisions_up_to_the_first_release_make_what_it_made(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "then.db")) as connection:
        connection.executescript((HERE / "0.1.0" / "sqlite.sql").read_text(encoding="utf-8"))
    then, now = open_engine(f"sqlite:///{tmp_path / 'then.db'}"), open_engine("sqlite://")
    upgrade(now, to=BASELINE)
    made = schema_of(now)
    del made["goodwill_version"]
    assert made == schema_of(then)
    then.dispose()
    now.dispose()


def changes(script: str) -> list[str]:
    """The statements of a script, spaces aside; how the version is written down is Alembic's affair."""
    return [" ".join(each.split()) for each in script.split(";\n") if "goodwill_version" not in each]


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql", "mariadb"])
def test_what_a_released_revision_does_is_the_same_for_ever(release: Path, dialect: str) -> None:
    then = (release / f"revisions.{dialect}.sql").read_text(encoding="utf-8")
    newest = re.findall(r"^-- Running upgrade \w* -> (\w+)$", then, re.MULTILINE)[-1]
    assert changes(offline_sql(dialect, to=newest)) == changes(then)
