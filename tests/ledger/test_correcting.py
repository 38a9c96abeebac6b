"""Corrections that the store refuses: set aside like other bad facts, and not mistaken for a race that all won."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from goodwill import Deposit, Ledger, Ref, Withdrawal, presets
from goodwill.domain.entry import Amendment, Reversal
from goodwill.domain.errors import AlreadyReversed, GoodwillError, ReferenceConflict, RetryTransaction, SchemaMissing
from goodwill.ledger.operations import Rejected
from goodwill.ledger.ports import Answer, Append, Request
from goodwill.stores import MemoryStore
from goodwill.testing.drafts import NOON


def test_a_correction_that_the_store_refuses_is_set_aside(ledger: Ledger) -> None:
    first, second = (ledger.withdraw("ada", "late_delivery", magnitude=n, reference=f"r{n}") for n in (1, 2))
    ledger.reverse(first, reference="undo")
    facts = [
        Deposit(account="ada", kind="upgrade", occurred_at=first.occurred_at),
        Reversal(reverses=first.id),
        Reversal(reverses=second.id, reference="undo"),
        Amendment(amends=first.id, changes={"magnitude": 3}),
        Reversal(reverses=second.id),
        Deposit(account="bob", kind="upgrade", occurred_at=first.occurred_at),
    ]
    rejects: list[Rejected] = []
    recorded = ledger.record_many(facts, rejects=rejects)
    assert [entry.type for entry in recorded] == ["deposit", "reversal", "deposit"]
    assert [each.fact for each in rejects] == facts[1:4]
    assert [type(each.error) for each in rejects] == [AlreadyReversed, ReferenceConflict, AlreadyReversed]
    assert len(list(ledger.entries())) == 6


def test_without_a_place_for_it_a_refused_correction_is_named_and_nothing_is_written(ledger: Ledger) -> None:
    first = ledger.withdraw("ada", "late_delivery", magnitude=1)
    ledger.reverse(first)
    facts = [Deposit(account="ada", kind="upgrade", occurred_at=first.occurred_at), Reversal(reverses=first.id)]
    with pytest.raises(AlreadyReversed) as caught:
        ledger.record_many(facts)
    assert caught.value.__notes__ == [f"refused: {facts[1]!r}"]
    assert len(list(ledger.entries())) == 2


class Interrupted(MemoryStore):
    """A store in which something happens right before the next append."""

    def __init__(self) -> None:
        super().__init__()
        self.before: list[Callable[[], object]] = []

    @contextmanager
    def work(self, *, write: bool) -> Iterator[Any]:
        with super().work(write=write) as work:
            yield InterruptedWork(work, self.before)


class InterruptedWork:
    """One stretch of work in it."""

    def __init__(self, work: Any, before: list[Callable[[], object]]) -> None:
        self._work = work
        self._before = before

    def answer(self, request: Request) -> Answer:
        if isinstance(request, Append) and self._before:
            self._before.pop()()
        answer: Answer = self._work.answer(request)
        return answer


@pytest.fixture
def racing() -> tuple[Ledger, Interrupted]:
    store = Interrupted()
    ledger = Ledger(store, policy=presets.default(), catalog=presets.service_catalog())
    ledger.record(Withdrawal(account="ada", kind="late_delivery", magnitude=1, occurred_at=NOON, reference="r"))
    return ledger, store


def test_an_amendment_that_somebody_made_meanwhile_is_replayed(racing: tuple[Ledger, Interrupted]) -> None:
    ledger, store = racing
    theirs = []
    store.before.append(lambda: theirs.append(ledger.amend(Ref("r"), magnitude=2)))
    mine = ledger.amend(Ref("r"), magnitude=2)
    assert mine.replayed
    assert [mine] == theirs
    assert [entry.type for entry in ledger.entries()] == ["withdrawal", "reversal", "withdrawal"]


def test_an_amendment_that_lost_to_another_says_so(racing: tuple[Ledger, Interrupted]) -> None:
    ledger, store = racing
    for rival in (lambda: ledger.amend(Ref("r"), magnitude=3), lambda: ledger.reverse(Ref("r"))):
        store.before.append(rival)
        with pytest.raises(AlreadyReversed):
            ledger.amend(Ref("r"), magnitude=2)
    assert ledger.entry(Ref("r")).magnitude == 3


@pytest.mark.parametrize("fault", [RetryTransaction, SchemaMissing])
def test_what_is_not_of_a_fact_is_not_set_aside_with_it(
    racing: tuple[Ledger, Interrupted], fault: type[GoodwillError]
) -> None:
    ledger, store = racing

    def fail() -> None:
        raise fault("the database says")

    store.before.append(fail)
    rejects: list[Rejected] = []
    with pytest.raises(fault):
        ledger.record_many([Reversal(reverses=Ref("r"))], rejects=rejects)
    assert rejects == []
