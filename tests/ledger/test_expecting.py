"""Optimistic control: what a caller may expect, and what is asked of the store where nothing is expected."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from goodwill import Deposit, Ledger, Merge, presets
from goodwill.domain.errors import GoodwillError, InvalidEntry, SeqConflict, WrongType
from goodwill.ledger.operations import Rejected
from goodwill.ledger.ports import Answer, LastSeq, Lock, Request
from goodwill.stores import MemoryStore
from goodwill.testing.clock import FixedClock


class Overheard(MemoryStore):
    """A store that remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Request] = []

    @contextmanager
    def work(self, *, write: bool) -> Iterator[Any]:
        with super().work(write=write) as work:
            yield Listening(work, self.asked)


class Listening:
    def __init__(self, work: Any, asked: list[Request]) -> None:
        self._work, self._asked = work, asked

    def answer(self, request: Request) -> Answer:
        self._asked.append(request)
        answer: Answer = self._work.answer(request)
        return answer


def test_who_expects_nothing_holds_nothing() -> None:
    store = Overheard()
    ledger = Ledger(store, policy=presets.default(), catalog=presets.service_catalog())
    first = ledger.deposit("ada", "upgrade")
    assert not any(isinstance(each, Lock | LastSeq) for each in store.asked)
    ledger.deposit("ada", "upgrade", expected_seq=first.seq)
    assert sum(isinstance(each, Lock) for each in store.asked) == 1
    assert sum(isinstance(each, LastSeq) for each in store.asked) == 1


@pytest.mark.parametrize(
    ("expected", "error"), [(True, WrongType), ("3", WrongType), (1.0, WrongType), (-1, InvalidEntry)]
)
def test_what_is_no_number_of_an_entry_is_refused(ledger: Ledger, expected: Any, error: type[GoodwillError]) -> None:
    with pytest.raises(error, match="expected_seq"):
        ledger.deposit("ada", "upgrade", expected_seq=expected)
    assert list(ledger.entries()) == []


def test_a_merge_expects_nothing(ledger: Ledger) -> None:
    with pytest.raises(InvalidEntry, match="without it"):
        ledger.record(Merge(account="A", into="B"), expected_seq=0)


def test_bad_facts_are_set_aside_and_the_good_ones_expect(ledger: Ledger, clock: FixedClock) -> None:
    good = Deposit(account="ada", kind="upgrade", occurred_at=clock.now())
    bad = [
        Deposit(account="", kind="upgrade", occurred_at=clock.now()),
        Deposit(account="ada", kind="nonsense", occurred_at=clock.now()),
    ]
    rejects: list[Rejected] = []
    (kept,) = ledger.record_many([bad[0], good, bad[1]], rejects=rejects, expected_seq=0)
    assert [each.fact for each in rejects] == bad
    with pytest.raises(SeqConflict):
        ledger.record_many([good], rejects=rejects, expected_seq=kept.seq + 1)
    assert ledger.record_many([bad[0]], rejects=rejects, expected_seq=99) == []
