"""A clock that goes backwards, or machines whose clocks differ: the order of what follows from what stands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from goodwill import Deposit, Ledger, Ref, presets
from goodwill.domain.entry import Reversal
from goodwill.domain.errors import AccountClosed
from goodwill.ledger.ports import Store
from goodwill.stores import MemoryStore
from goodwill.testing.clock import FixedClock
from goodwill.testing.drafts import NOON
from tests.databases import Database

HOUR = timedelta(hours=1)


class Book:
    """A ledger, and its clock."""

    def __init__(self, store: Store) -> None:
        self.clock = FixedClock(NOON)
        self.ledger = Ledger(store, policy=presets.default(), catalog=presets.service_catalog(), clock=self.clock)


@pytest.fixture(params=["memory", "sqlite", "postgresql", "mariadb"])
def book(request: pytest.FixtureRequest, shared: Callable[[str], Database]) -> Book:
    """An empty ledger in memory and in each database, at noon."""
    return Book(MemoryStore() if request.param == "memory" else shared(request.param).anew().store())


def test_a_reversal_is_not_recorded_before_what_it_takes_out(book: Book) -> None:
    first, second = (book.ledger.withdraw("ada", "late_delivery", magnitude=1) for _ in range(2))
    book.clock.set(NOON - HOUR)
    assert book.ledger.reverse(first).recorded_at == NOON
    (imported,) = book.ledger.record_many([Reversal(reverses=second.id)])
    assert imported.recorded_at == NOON
    for known_at in (NOON - HOUR, NOON):
        assert book.ledger.balance("ada", as_of=NOON, known_at=known_at).points == 0
    assert book.ledger.balance("ada", as_of=NOON).points == 0


def test_an_amendment_is_not_recorded_before_what_it_amends(book: Book) -> None:
    late = book.ledger.withdraw("ada", "late_delivery", magnitude=3, reference="r")
    before = book.ledger.balance("ada", as_of=NOON).points
    book.clock.set(NOON - HOUR)
    amended = book.ledger.amend(Ref("r"), magnitude=1)
    assert (amended.recorded_at, amended.occurred_at, amended.backfilled) == (NOON, NOON, False)
    again = book.ledger.amend(late, magnitude=2)
    assert (again.recorded_at, again.revision) == (NOON, 3)
    assert before < book.ledger.balance("ada", as_of=NOON).points < 0


def test_of_two_merges_the_one_that_was_made_last_stands(book: Book) -> None:
    for name in ("mail", "ada", "bob"):
        book.ledger.deposit(name, "upgrade")
    merged = book.ledger.merge("mail", into="ada")
    book.clock.set(NOON - HOUR)
    book.ledger.unmerge("mail")
    assert book.ledger.balance("mail", as_of=NOON).account == "mail"
    moved = book.ledger.merge("mail", into="bob")
    assert moved.recorded_at == merged.recorded_at == NOON
    assert not moved.backfilled
    assert book.ledger.balance("mail", as_of=NOON).account == "bob"
    assert book.ledger.merge("mail", into="bob").replayed


def test_a_retry_after_the_clock_went_back_is_a_retry(book: Book) -> None:
    first = book.ledger.deposit("ada", "upgrade", reference="r")
    book.clock.set(NOON - HOUR)
    again = book.ledger.deposit("ada", "upgrade", reference="r")
    assert (again.id, again.replayed, again.recorded_at) == (first.id, True, NOON)
    assert len(list(book.ledger.entries())) == 1


def test_an_account_is_what_was_done_to_it_last(book: Book) -> None:
    book.ledger.deposit("ada", "upgrade")
    book.ledger.close_account("ada")
    book.clock.set(NOON - HOUR)
    book.ledger.reopen_account("ada")
    book.ledger.deposit("ada", "upgrade")
    book.ledger.close_account("ada")
    with pytest.raises(AccountClosed):
        book.ledger.deposit("ada", "upgrade")
    assert [record.operation for record in book.ledger.audit("ada")] == ["close", "reopen", "close"]


def test_what_others_recorded_an_hour_ahead_is_read_and_paged(book: Book) -> None:
    ahead = [book.ledger.deposit("ada", "upgrade", reference=f"ahead {n}") for n in range(3)]
    book.clock.set(NOON - HOUR)
    behind = [book.ledger.deposit("ada", "upgrade", reference=f"behind {n}") for n in range(3)]
    pages, after = [], None
    while True:
        page = book.ledger.page(account="ada", after=after, limit=2)
        pages += page.entries
        if (after := page.next) is None:
            break
    assert pages == behind + ahead
    assert len({entry.id for entry in pages}) == 6
    # What has not happened yet is not read yet.
    assert book.ledger.balance("ada").entries == 3
    assert book.ledger.balance("ada", as_of=NOON).entries == 6


class Backwards:
    """A clock that says an earlier hour whenever it is asked."""

    def __init__(self) -> None:
        self._now = NOON

    def now(self) -> datetime:
        self._now -= HOUR
        return self._now


def test_a_batch_during_which_the_clock_goes_back_keeps_its_order(book: Book) -> None:
    ledger = Ledger(book.ledger.store, policy=book.ledger.policy, catalog=book.ledger.catalog, clock=Backwards())
    facts = [
        Deposit(account="ada", kind="upgrade", occurred_at=NOON - 99 * HOUR, reference=f"{number}")
        for number in range(4)
    ]
    recorded = ledger.record_many(facts)
    assert [entry.recorded_at for entry in recorded] == [NOON - HOUR * (number + 1) for number in range(4)]
    assert list(book.ledger.entries()) == recorded
    assert [entry.id for entry in ledger.record_many(facts)] == [entry.id for entry in recorded]
