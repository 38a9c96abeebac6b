"""Whoever looks at what killed writers left sees what is lost, doubled or halved."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
from sqlalchemy import insert

from goodwill import Ledger
from goodwill.stores import MemoryStore
from goodwill.testing.asking import append
from goodwill.testing.drafts import deposit, draft
from tests.chaos import invariants
from tests.chaos.invariants import INVARIANTS, Aftermath, faults_of
from tests.chaos.works import ORDERS, book_in, entries_of, found, perform, things_of
from tests.databases import Database

WORKS = range(10)


@pytest.fixture
def after(on_sqlite: Database) -> Aftermath:
    """Ten works, done in order."""
    ORDERS.create(on_sqlite.engine)
    for number in WORKS:
        perform(number, on_sqlite.engine, on_sqlite.ledger)
    return Aftermath(on_sqlite.engine, on_sqlite.ledger, WORKS, frozenset(WORKS), whole=True)


def test_works_that_were_done_leave_all_their_things_and_nothing_else(after: Aftermath) -> None:
    assert faults_of(after, INVARIANTS) == {}
    assert set(after.things) == {thing for number in WORKS for thing in things_of(number)}
    assert len(after.entries) == sum(map(entries_of, WORKS))
    for number in WORKS:
        assert set(found(after.engine, after.ledger, [number])) >= things_of(number)


def test_works_that_are_done_again_change_nothing(after: Aftermath) -> None:
    for number in reversed(WORKS):
        perform(number, after.engine, after.ledger)
    assert faults_of(after, INVARIANTS) == {}


def test_what_was_acknowledged_and_is_not_there_is_told(after: Aftermath) -> None:
    lost = Aftermath(after.engine, after.ledger, range(12), frozenset(range(12)), whole=True)
    faults = faults_of(lost, INVARIANTS)
    assert len(faults["nothing_acknowledged_is_lost"]) == len(things_of(10) | things_of(11))
    assert "nothing_else_is_there" in faults


def part_of_a_batch(ledger: Ledger, _after: Aftermath) -> None:
    ledger.deposit("ada", "upgrade", reference="11.0", attributes={"salt": 11})


def an_order_without_its_goodwill(_ledger: Ledger, after: Aftermath) -> None:
    with after.engine.begin() as connection:
        connection.execute(insert(ORDERS).values(ledger=after.ledger, number=10))


@pytest.mark.parametrize("half", [part_of_a_batch, an_order_without_its_goodwill])
def test_a_half_is_told(after: Aftermath, half: Callable[[Ledger, Aftermath], None]) -> None:
    half(book_in(after.store), after)
    looked = Aftermath(after.engine, after.ledger, range(12), frozenset(WORKS))
    assert list(faults_of(looked, INVARIANTS)) == ["nothing_is_halved", "nothing_else_is_there"]


def test_a_reversal_without_its_amendment_is_a_half(after: Aftermath) -> None:
    perform(10, after.engine, after.ledger)
    ledger = book_in(after.store, 99)
    ledger.reverse(next(entry for entry in ledger.entries() if entry.reference == "10"))
    looked = Aftermath(after.engine, after.ledger, [10, 12], frozenset([10]))
    assert faults_of(looked, invariants.AFTER_EACH_KILL).keys() == {"nothing_is_halved"}


def test_an_entry_too_many_is_told(after: Aftermath) -> None:
    append(after.store, draft(deposit("ada", kind="upgrade")))
    assert list(faults_of(after, INVARIANTS)) == ["nothing_else_is_there"]


def test_things_that_are_there_twice_are_told(after: Aftermath) -> None:
    after.things.update(("entry", "0", 1) for _ in range(1))
    assert faults_of(after, invariants.AFTER_EACH_KILL) == {
        "nothing_is_doubled": ["('entry', '0', 1) is there 2 times"]
    }


def test_a_balance_that_a_replay_does_not_give_is_told(after: Aftermath, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invariants, "replay", lambda _after: MemoryStore())
    assert list(faults_of(after, INVARIANTS)) == ["balances_equal_a_replay"]


def test_a_row_that_names_one_that_is_gone_is_told(after: Aftermath) -> None:
    with closing(sqlite3.connect(str(after.engine.url.database))) as careless:
        careless.execute("DELETE FROM goodwill_accounts WHERE name = 'person 4'")
        careless.commit()
    assert "the_file_is_sound" in faults_of(after, INVARIANTS)
