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
from sqlalchemy import Engine, MetaData, text

from goodwill import Catalog, Policy
from goodwill.ledger.ports import Select
from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, metadata, open_engine
from goodwill.stores.sqlalchemy.migrations import BASELINE, check, current, offline_sql, upgrade
from goodwill.testing.asking import answer

HERE = Path(__file__).parent
RELEASES = sorted(path.parent for path in HERE.glob("*/sqlite.sql"))
WRITE: dict[str, Any] = runpy.run_path(str(HERE / "write.py"))


@pytest.fixture(params=RELEASES, ids=lambda path: path.name)
def release(request: pytest.FixtureRequest) -> Path:
    """The folder of what a release wrote."""
    return Path(request.param)


@pytest.fixture
def then(release: Path, tmp_path: Path) -> Iterator[Engine]:
    """The database that the release left behind."""
    with closing(sqlite3.connect(tmp_path / "then.db")) as connection:
        connection.executescript((release / "sqlite.sql").read_text(encoding="utf-8"))
    engine = open_engine(f"sqlite:///{tmp_path / 'then.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def engine(then: Engine, engine_of_three: Engine) -> Engine:
    """The database that the release left behind, upgraded; on a server, what it would have been there."""
    if engine_of_three.dialect.name == "sqlite":
        upgrade(then)
        return then
    move(then, engine_of_three)
    upgrade(engine_of_three)
    return engine_of_three


def move(then: Engine, server: Engine) -> None:
    """Have a server hold the rows of then in the tables of then."""
    upgrade(server, to=current(then) or BASELINE)
    found = MetaData()
    found.reflect(then)
    with then.connect() as source, server.begin() as target:
        if current(then) is None:
            target.execute(text("DROP TABLE goodwill_version"))
        for table in found.sorted_tables:
            rows = [dict(row) for row in source.execute(table.select()).mappings()]
            if rows and table.name != "goodwill_version":
                target.execute(table.insert(), rows)
        if server.dialect.name == "postgresql":
            for table, key in (("accounts", "id"), ("entries", "seq")):
                counter = f"pg_get_serial_sequence('goodwill_{table}', '{key}')"
                target.execute(text(f"SELECT setval({counter}, max({key})) FROM goodwill_{table}"))


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


def test_it_is_sealed_and_verified_whether_its_rows_keep_digests_or_not(release: Path, engine: Engine) -> None:
    ledger = WRITE["ledger_on"](SQLAlchemyStore(engine), policy_of(release), catalog_of(release))
    before = ledger.verify()
    entries = len(list(ledger.entries()))
    assert (bool(before), before.unsealed) == (True, before.rows)
    assert before.undigested == (entries if release.name == "0.1.0" else 0)
    sealed = sum(seal.rows for seal in ledger.seal())
    ledger.withdraw("A1", "rude", note="today")
    ledger.erase_account("A1")
    after = ledger.verify()
    assert (bool(after), after.rows - after.unsealed, after.undigested) == (True, sealed, before.undigested)


def test_the_tables_are_todays_once_they_are_upgraded(engine: Engine) -> None:
    assert check(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata()) == []


def test_the_indexes_and_triggers_are_todays_once_they_are_upgraded(then: Engine) -> None:
    upgrade(then)
    today = open_engine("sqlite://")
    create_all(today)
    assert schema_of(then, "index trigger") == schema_of(today, "index trigger")
    today.dispose()


def test_the_revisions_up_to_a_release_make_what_it_made(then: Engine) -> None:
    now = open_engine("sqlite://")
    upgrade(now, to=current(then) or BASELINE)
    assert schema_of(now) == schema_of(then)
    now.dispose()


def schema_of(engine: Engine, kinds: str = "table index trigger") -> dict[str, str]:
    """What SQLite keeps of its tables, indexes and triggers, spaces aside."""
    with engine.connect() as connection:
        made = connection.execute(text("SELECT name, type, sql FROM sqlite_master WHERE sql IS NOT NULL")).all()
    theirs = ("sqlite_", "goodwill_version")
    return {name: " ".join(sql.split()) for name, kind, sql in made if kind in kinds and not name.startswith(theirs)}


def changes(script: str) -> list[str]:
    """The statements of a script, spaces aside; how the version is written down is Alembic's affair."""
    return [" ".join(each.split()) for each in script.split(";\n") if "goodwill_version" not in each]


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql", "mariadb"])
def test_what_a_released_revision_does_is_the_same_for_ever(release: Path, dialect: str) -> None:
    then = (release / f"revisions.{dialect}.sql").read_text(encoding="utf-8")
    newest = re.findall(r"^-- Running upgrade \w* -> (\w+)$", then, re.MULTILINE)[-1]
    assert changes(offline_sql(dialect, to=newest)) == changes(then)
