"""The contract lets through a store that adds up all accounts, and finds one that does so wrongly or says what is not so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import Any

import pytest

from goodwill import Balance, Ledger, Policy
from goodwill.domain.instant import from_us, to_us
from goodwill.ledger.planning import Plan
from goodwill.ledger.ports import Request, Total
from goodwill.ledger.survey_requests import Explain, Totals
from goodwill.stores import MemoryStore
from goodwill.testing.clock import FixedClock
from goodwill.testing.store import Ledgers
from goodwill.testing.store_surveying import Surveying

Change = Callable[[Total], Iterator[Total]]
CASES = [name for name in dir(Surveying) if name.startswith("test_")]


def as_it_is(total: Total) -> Iterator[Total]:
    yield total


class Adding:
    """A store that adds up all accounts under some policies, and may get it wrong."""

    def __init__(self, change: Change = as_it_is, boasts: bool = False) -> None:
        self._store = MemoryStore()
        self._change = change
        self._boasts = boasts

    @contextmanager
    def work(self, *, write: bool) -> Iterator[Any]:
        with self._store.work(write=write) as self._work:
            yield self

    def answer(self, request: Request) -> Any:
        if isinstance(request, Explain):
            reasons = () if self._boasts else self.reasons(request.policy)
            return Plan(request.policy.fingerprint, "python" if reasons else "database", reasons)
        if isinstance(request, Totals):
            return None if self.reasons(request.policy) else self.added(request)
        return self._work.answer(request)

    def reasons(self, policy: Policy) -> tuple[str, ...]:
        return ("it is not so simple",) if policy.policy_class == "folded" or policy.standing.hysteresis else ()

    def added(self, request: Totals) -> list[Total]:
        names = {"policy": request.policy, "catalog": request.catalog, "currencies": (request.home, "EUR")}
        ledger = Ledger(self._store, clock=FixedClock(from_us(request.as_of_us)), **names)
        known_at = None if request.known_us is None else from_us(request.known_us)
        return [each for found in ledger.balances(known_at=known_at) for each in self._change(total(found))]


def total(balance: Balance) -> Total:
    """What a balance is made of; openings that are foreign are left to the fold."""
    last_us = None if balance.last_contact is None else to_us(balance.last_contact)
    found = Total(balance.account, balance.positive, balance.negative, balance.entries, None, last_us)
    return found._replace(unvalued=balance.unvalued, is_exact=not balance.foreign)


def contract_of(**store: Any) -> Surveying:
    class Contract(Surveying):
        def open(self) -> AbstractContextManager[Ledgers]:
            return nullcontext(cache(lambda _name: Adding(**store)))

    return Contract()


@pytest.mark.parametrize("case", CASES)
def test_a_store_that_adds_up_what_it_can_passes(case: str) -> None:
    getattr(contract_of(), case)()


def loses(found: Total) -> Iterator[Total]:
    if found.account != "later":
        yield found


def drifts(found: Total) -> Iterator[Total]:
    yield found._replace(positive=found.positive * (1 + 1e-6))


def hides(found: Total) -> Iterator[Total]:
    yield found._replace(unvalued=())


def renames(found: Total) -> Iterator[Total]:
    yield found
    if found.account == "one":
        yield found._replace(account="Two", is_exact=False)


def tells(found: Total) -> Iterator[Total]:
    yield found
    if found.account == "one":
        yield found._replace(account="hidden", is_exact=False)


@pytest.mark.parametrize("change", [loses, drifts, hides, renames, tells], ids=lambda each: each.__name__)
def test_a_store_that_adds_up_wrongly_is_found(change: Change) -> None:
    with pytest.raises(AssertionError):
        contract_of(change=change).test_all_accounts_add_up_to_what_the_fold_of_each_comes_to()


def test_a_store_that_says_of_itself_what_is_not_so_is_found() -> None:
    with pytest.raises(AssertionError):
        contract_of(boasts=True).test_a_store_adds_up_just_what_it_says_that_it_does_and_the_rest_is_folded()
