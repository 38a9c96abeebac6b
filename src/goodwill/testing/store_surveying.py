"""What every store does with all accounts: it adds them up as the fold of each does, or says that it does not."""

# ruff: noqa: D102 - a test's name is its sentence

from __future__ import annotations

import math
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings

from goodwill import presets
from goodwill.domain.balance import Balance
from goodwill.domain.entry import Amendment, Deposit, Entry, Kept, Observation, Opening, Promise, Ref, Withdrawal
from goodwill.domain.instant import to_us
from goodwill.domain.money import Money
from goodwill.ledger.ledger import Ledger
from goodwill.ledger.planning import Plan
from goodwill.ledger.ports import Request, Store, Total, Work
from goodwill.ledger.survey_requests import Explain, Totals
from goodwill.policies.policy import Policy
from goodwill.policies.standing import Hysteresis, Standing
from goodwill.testing.asking import Contract, answer
from goodwill.testing.clock import FixedClock
from goodwill.testing.histories import CATALOG, END, START, histories

__all__ = ["Surveying", "agrees", "folded", "same"]

DAY = timedelta(days=1)
DEFAULT = presets.default(CATALOG)
REMEMBERING = presets.habituation(CATALOG)
REGIME = DEFAULT.replace(standing=Standing(hysteresis=Hysteresis(down=-5.0, up=5.0)))


# What all accounts are held against


def same(found: Balance, expected: Balance, size: float) -> None:
    """Assert that all of a balance is equal, its numbers within 1e-9 of the sum of absolute contributions."""
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
        self._store = store

    @contextmanager
    def work(self, *, write: bool) -> Iterator[FoldingWork]:
        """A work of the store."""
        with self._store.work(write=write) as work:
            yield FoldingWork(work)


class FoldingWork:
    """A work that adds up nothing."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def answer(self, request: Request) -> Any:
        """Carry out a request; to add up all accounts is declined."""
        return None if isinstance(request, Totals) else self._work.answer(request)


def folded(ledger: Ledger, **when: Any) -> list[Balance]:
    """The balances of all accounts as the fold has them."""
    options: dict[str, Any] = {"policy": ledger.policy, "catalog": ledger.catalog, "currencies": ledger.currencies}
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


# The cases


def book(store: Store, policy: Policy = DEFAULT) -> tuple[Ledger, FixedClock]:
    """A ledger over the store, and its clock, which says that the last history is over."""
    clock = FixedClock(END)
    return Ledger(store, policy=policy, catalog=CATALOG, currencies=("USD", "EUR"), clock=clock), clock


def gift(account: str, day: int = 0, **more: Any) -> Deposit:
    """Something that is worth more than nothing."""
    return Deposit(**{"account": account, "kind": "gift", "occurred_at": START + day * DAY, **more})


def fault(account: str, day: int = 0, **more: Any) -> Withdrawal:
    """Something that is worth less than nothing."""
    return Withdrawal(**{"account": account, "kind": "fault", "occurred_at": START + day * DAY, **more})


HARD: Sequence[Entry | Amendment] = (
    fault("answered", reference="late"),
    gift("answered", 1, in_response_to=Ref("late")),
    gift("answered", 2, in_response_to=Ref("nothing yet"), sincerity=0.5),
    fault("amended", reference="fault", severity=2.0),
    gift("amended", 1, in_response_to=Ref("fault")),
    Amendment(amends=Ref("fault"), changes={"severity": 0.5}),
    Deposit(account="unvalued", kind="mystery", occurred_at=START, reference="who knows"),
    Deposit(account="unvalued", kind="waiver", cost=Money("5", "EUR"), occurred_at=START),
    Promise(account="broken", kind="visit", magnitude=Decimal(2), occurred_at=START, due=START + DAY, reference="p"),
    Promise(account="held", kind="visit", magnitude=Decimal(2), occurred_at=START, due=START + 9 * DAY, reference="q"),
    Kept(account="held", kind="visit", occurred_at=START + DAY, in_response_to=Ref("q")),
    Opening(account="brought", positive=8.0, negative=-3.0, occurred_at=START),
    Opening(account="foreign", positive=8.0, occurred_at=START, read_under="ab" * 32),
    Observation(account="seen", kind="touch", occurred_at=START + 3 * DAY),
    gift("one"),
    fault("Two", 3),
    fault("two", 5, kind="delay", magnitude=3),
    gift("later", 200),
    gift("hidden"),
)
"""One account of each sort that is easily added up wrong; ids that differ in little."""


def tell_all(ledger: Ledger, clock: FixedClock) -> list[Any]:
    """Write the hard cases, a minute after another; then take one out, merge two and restrict one."""
    moments = []
    for fact in HARD:
        clock.advance(minutes=1)
        ledger.record(fact)
        moments.append(clock.now())
    clock.advance(minutes=1)
    ledger.reverse(ledger.record(gift("emptied")))
    ledger.merge("Two", into="one")
    ledger.restrict_account("hidden")
    clock.advance(minutes=1)
    return moments


class Surveying(Contract):
    """All accounts are added up as each of them is read, by whoever does it."""

    def test_all_accounts_add_up_to_what_the_fold_of_each_comes_to(self) -> None:
        with self.fresh() as store:
            ledger, clock = book(store)
            moments = tell_all(ledger, clock)
            found = {each.account: each for each in agrees(ledger)}
            assert {"one", "later"} < found.keys()
            assert {"Two", "hidden"}.isdisjoint(found)
            assert found["broken"].is_overdrawn
            assert (found["emptied"].entries, found["emptied"].is_known) == (0, True)
            assert [each.reason for each in found["unvalued"].unvalued] == ["no rate for kind", "no rate for currency"]
            agrees(ledger, as_of=START + 2 * DAY)
            agrees(ledger, as_of=START + 199 * DAY, known_at=moments[4])
            request = Totals(DEFAULT, CATALOG, "USD", to_us(clock.now()))
            names = {each.account for each in totals(store, request)}
            below = {each.account for each in totals(store, request._replace(overdrawn=True))}
            assert names in (set(), found.keys())
            assert not names or {each.account for each in ledger.overdrawn()} <= below <= names

    def test_a_store_adds_up_just_what_it_says_that_it_does_and_the_rest_is_folded(self) -> None:
        with self.fresh() as store:
            book(store)[0].record_many([fault("ada"), *(gift("ada", day) for day in (1, 2)), gift("bob")])
            for policy in (DEFAULT, REMEMBERING, REGIME):
                ledger, clock = book(store, policy)
                assert [each.account for each in agrees(ledger)] == ["ada", "bob"]
                plan: Plan | None = answer(store, Explain(policy))
                found = answer(store, Totals(policy, CATALOG, "USD", to_us(clock.now())))
                engine = "python" if found is None else "database"
                assert plan is None or (plan.policy, plan.engine) == (policy.fingerprint, engine)
                assert plan is not None or found is None
                assert ledger.plan().engine == engine
                assert bool(ledger.plan().reasons) == (found is None)

    def test_the_lowest_of_those_below_zero_come_first_and_no_more_than_asked(self) -> None:
        with self.fresh() as store:
            ledger, _ = book(store)
            ledger.record_many([gift("ada"), fault("bob"), *(fault("cyd", reference=f"{n}") for n in range(3))])
            ledger.record(Promise(account="dan", kind="visit", magnitude=Decimal(9), occurred_at=START, due=START))
            assert [each.account for each in ledger.overdrawn()] == ["dan", "cyd", "bob"]
            assert [each.account for each in ledger.overdrawn(limit=2)] == ["dan", "cyd"]

    def test_a_ledger_adds_up_nothing_of_another(self) -> None:
        with self.open() as ledgers:
            ours, theirs = book(ledgers("ours"))[0], book(ledgers("theirs"))[0]
            for ledger, size in ((ours, 1.0), (theirs, 2.0)):
                ledger.record_many([fault("ada", reference="f", severity=size), gift("bob", in_response_to=Ref("f"))])
            theirs.merge("bob", into="ada")
            assert [each.account for each in agrees(ours)] == ["ada", "bob"]
            assert [each.account for each in agrees(theirs)] == ["ada"]
            assert answer(ledgers("empty"), Totals(DEFAULT, CATALOG, "USD", to_us(END))) in (None, [])

    def test_histories_of_any_sort_add_up_to_what_their_fold_comes_to(self) -> None:
        with self.open() as ledgers:

            @settings(max_examples=max(2, settings().max_examples // 50))
            @given(histories(), histories())
            def law(of_ada: list[Entry], of_bob: list[Entry]) -> None:
                ledger, _ = book(ledgers(uuid.uuid4().hex))
                told = [*of_ada, *(replace(each, account="bob", reference=None) for each in of_bob)]
                ledger.record_many(told, rejects=[])
                agrees(ledger)
                agrees(ledger, as_of=START + 300 * DAY)

            law()


def totals(store: Store, request: Totals) -> list[Total]:
    """What a store adds up; nothing where it leaves all accounts to the fold."""
    return answer(store, request) or []
