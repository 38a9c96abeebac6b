"""What the balances of all accounts are held against: the fold of each, whoever added them up."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from goodwill import Ledger
from goodwill.domain.balance import Balance
from goodwill.ledger.ports import Request, Store
from goodwill.ledger.survey_requests import Totals


def same(found: Balance, expected: Balance, size: float) -> None:
    """All of a balance is equal, its numbers within 1e-9 of the sum of absolute contributions."""
    slack = 1e-9 * size + 1e-100
    for name in ("points", "displayed", "positive", "negative"):
        assert abs(getattr(found, name) - getattr(expected, name)) <= slack, (name, found, expected)
    assert found.terms == expected.terms
    numbers = {name: getattr(expected, name) for name in ("points", "displayed", "positive", "negative")}
    if abs(expected.points) <= 2 * slack:  # on the edge of two bands
        numbers |= {"standing": expected.standing, "is_overdrawn": expected.is_overdrawn}
    assert replace(found, **numbers) == expected


class Folding:
    """A store that leaves all accounts to the fold."""

    def __init__(self, store: Store) -> None:
        self.store = store

    @contextmanager
    def work(self, *, write: bool) -> Iterator[Folding]:
        with self.store.work(write=write) as self.working:
            yield self

    def answer(self, request: Request) -> Any:
        return None if isinstance(request, Totals) else self.working.answer(request)


def folded(ledger: Ledger, **when: Any) -> list[Balance]:
    """The balances of all accounts as the fold has them."""
    options = {"policy": ledger.policy, "catalog": ledger.catalog, "currencies": ledger.currencies}
    return Ledger(Folding(ledger.store), clock=ledger.clock, **options).balances(**when)


def agrees(ledger: Ledger, **when: Any) -> list[Balance]:
    """Hold the balances of all accounts against those that folding each gives."""
    found, read = ledger.balances(**when), folded(ledger, **when)
    assert [each.account for each in found] == [each.account for each in read]
    for balance, expected in zip(found, read, strict=True):
        assert ledger.balance(balance.account, **when) == expected
        amounts = [each.points for each in ledger.contributions(balance.account, **when)]
        same(balance, expected, math.fsum(map(abs, [*amounts, *expected.terms.values()])))
    below = [each.account for each in ledger.overdrawn(**when)]
    assert sorted(below) == sorted(each.account for each in found if each.is_overdrawn)
    return found
