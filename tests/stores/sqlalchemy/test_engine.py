"""Engines that goodwill owns: writers wait for each other, readers do not, and nobody waits for ever."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from goodwill.domain.errors import RetryTransaction
from goodwill.ledger.ports import Append, Select
from goodwill.stores.sqlalchemy import SQLAlchemyStore, open_engine, open_store
from goodwill.testing.asking import append, listed, raised
from goodwill.testing.drafts import deposit, draft


def test_a_writer_gives_up_after_its_patience(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'goodwill.db'}"
    store = open_store(url)
    engine = open_engine(url, patience=0.05)
    hasty = SQLAlchemyStore(engine)
    with store.work(write=True):
        error = raised(RetryTransaction, append, hasty, draft(deposit()))
        assert "0.05 s" in str(error)
    append(hasty, draft(deposit()))
    assert len(listed(store)) == 1
    engine.dispose()
    store.close()


def test_readers_read_beside_the_writer(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'goodwill.db'}")
    append(store, draft(deposit()))
    with store.work(write=True) as work:
        work.answer(Append([draft(deposit())]))
        assert len(listed(store)) == 1
    assert len(listed(store)) == 2
    store.close()


def test_a_reader_sees_one_instant_throughout(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'goodwill.db'}")
    with store.work(write=False) as work:
        assert work.answer(Select()) == []
        append(store, draft(deposit()))
        assert work.answer(Select()) == []
    store.close()


def test_many_open_a_new_file_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'goodwill.db'}"

    def begin(who: int) -> None:
        store = open_store(url)
        append(store, draft(deposit(f"{who}")))
        store.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(begin, range(6)))
    store = open_store(url)
    assert len(listed(store)) == 6
    store.close()


def test_what_was_committed_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "goodwill.db"
    store = open_store(f"sqlite:///{path}")
    append(store, draft(deposit()))
    store.close()
    with closing(sqlite3.connect(path)) as plain:
        assert plain.execute("SELECT count(*) FROM goodwill_entries").fetchone() == (1,)
        assert plain.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_a_database_that_cannot_be_written_is_still_read(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "goodwill.db"
    store = open_store(f"sqlite:///{path}")
    append(store, draft(deposit()))
    store.close()
    with closing(sqlite3.connect(path)) as plain:
        plain.execute(f"PRAGMA journal_mode = {mode}")
    engine = open_engine(f"sqlite:///file:{path}?mode=ro&uri=true")
    assert len(listed(SQLAlchemyStore(engine))) == 1
    with pytest.raises(OperationalError, match="readonly"):
        append(SQLAlchemyStore(engine), draft(deposit()))
    engine.dispose()


def test_an_engine_of_the_hosts_works_as_it_is(tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path / 'goodwill.db'}").close()
    engine = create_engine(f"sqlite:///{tmp_path / 'goodwill.db'}")
    store = SQLAlchemyStore(engine)
    append(store, draft(deposit()))
    raised(ZeroDivisionError, fail_after_writing, store)
    assert len(listed(store)) == 1
    engine.dispose()


def fail_after_writing(store: SQLAlchemyStore) -> None:
    """What a host's bug does."""
    with store.work(write=True) as work:
        work.answer(Append([draft(deposit())]))
        raise ZeroDivisionError
