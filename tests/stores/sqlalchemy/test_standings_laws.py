"""The law of kept readings: whatever is written, in whatever order, and however far the job is, they read as entries do."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill import Ledger, Policy, presets
from goodwill.decays import HalfLife
from goodwill.domain.balance import Balance
from goodwill.domain.entry import Entry, Opening, Withdrawal
from goodwill.domain.errors import GoodwillError
from goodwill.ledger import folding
from goodwill.policies.standing import Band, Hysteresis, Standing
from goodwill.stores.sqlalchemy import SQLAlchemyStore, standings
from goodwill.terms import Endowment, Silence
from goodwill.testing.clock import FixedClock
from goodwill.testing.histories import CATALOG, START, entries, policies
from tests.databases import FAMILIES, Database, fewer

pytestmark = pytest.mark.slow

BANDS = Standing(
    bands=(Band(name="lost", below=-20), Band(name="overdrawn", below=0), Band(name="thin", below=5)), top="solid"
)
DEFAULT = presets.default(CATALOG)
POLICIES: Final[dict[str, Policy]] = {
    "default": DEFAULT,
    "tk92": presets.tk92(CATALOG),
    "linear": presets.linear(CATALOG),
    "loyalty": presets.loyalty(CATALOG),
    "grace21": presets.grace21(CATALOG),
    "entitlement": presets.entitlement(CATALOG),
    "habituation": presets.habituation(CATALOG),
    "double_deviation": presets.double_deviation(CATALOG),
    "honeymoon": presets.honeymoon(CATALOG),
    "heroics": presets.heroics(CATALOG, kinds=("gift",)),
    "sincere_only": presets.sincere_only(CATALOG),
    "bands": DEFAULT.replace(standing=BANDS, rates={"EUR": 1.1}),
    "regimes": DEFAULT.replace(standing=Standing(hysteresis=Hysteresis(down=-10, up=3, critical=("fault",)))),
    "terms": presets.heroics(CATALOG, kinds=("gift",)).replace(
        terms=(Endowment(points=8, decay=HalfLife(days=90)), Silence(points=5, grace=20, half_life=40))
    ),
    "hourly": DEFAULT.replace(decay=HalfLife(days=0.25)),
}
NAMES = ("ada", "bob", "cy")
ids = st.integers(0, 30)


class Book:
    """One ledger, written with kept readings on, and read with and without them."""

    def __init__(self, database: Database, *policies: Policy) -> None:
        name = uuid.uuid4().hex[:12]
        self.clock = FixedClock(START + timedelta(days=200))
        kept = SQLAlchemyStore(database.engine, ledger=name, standings=True)
        self.policies = policies
        self.kept = self._over(kept)
        self.plain = self._over(SQLAlchemyStore(database.engine, ledger=name))
        self.recorded: list[Entry] = []

    def _over(self, store: SQLAlchemyStore) -> Ledger:
        return Ledger(store, policy=self.policies[0], catalog=CATALOG, currencies=("USD", "EUR"), clock=self.clock)

    def keep(self) -> None:
        for policy in self.policies:
            standings.add(self.kept, policy)
        standings.run(self.kept)

    def record(self, entry: Entry) -> None:
        latest = self.clock.now() + timedelta(minutes=2)
        entry = replace(entry, occurred_at=min(entry.occurred_at, latest))
        with suppress(GoodwillError):
            self.recorded.append(self.kept.record(entry))

    def correct(self, number: int, change: dict[str, Any] | None) -> None:
        if self.recorded:
            entry = self.recorded[number % len(self.recorded)]
            with suppress(GoodwillError):
                if change is None:
                    self.kept.reverse(entry)
                else:
                    self.recorded.append(self.kept.amend(entry, **change))

    def act(self, verb: str, *names: str) -> None:
        with suppress(GoodwillError):
            if verb == "merge":
                self.kept.merge(names[0], into=names[1])
            else:
                getattr(self.kept, verb)(names[0])

    def step(self, limit: int) -> None:
        """One step of the job, which takes a few pending rows only."""
        standings.carry_out(self.kept, lambda: folding.fold_pending(standings.view_of(self.kept), limit))

    def check(self) -> None:
        for policy in self.policies:
            for ahead in (timedelta(0), timedelta(days=3)):
                as_of = self.clock.now() + ahead
                for name in NAMES:
                    agree(
                        self.kept.balance(name, policy=policy, as_of=as_of),
                        self.plain.balance(name, policy=policy, as_of=as_of),
                    )
            for kept, plain in zip(self.kept.balances(policy=policy), self.plain.balances(policy=policy), strict=True):
                agree(kept, plain)
            ranks_alike(self.kept.overdrawn(policy=policy), self.plain.overdrawn(policy=policy))
            ranks_alike(self.kept.overdrawn(policy=policy, limit=1), self.plain.overdrawn(policy=policy, limit=1))


def agree(kept: Balance, plain: Balance) -> None:
    size = 1e-9 * (plain.positive - plain.negative)
    for field in fields(Balance):
        one, other = getattr(kept, field.name), getattr(plain, field.name)
        if field.name in {"points", "displayed", "positive", "negative"}:
            assert abs(one - other) <= size, (field.name, kept, plain)
        elif field.name == "terms":
            assert one == pytest.approx(other, abs=size), (kept, plain)
        else:
            assert one == other, (field.name, kept, plain)


def ranks_alike(kept: list[Balance], plain: list[Balance]) -> None:
    """The same accounts in the same order, but for those whose points differ by rounding."""
    assert len(kept) == len(plain), (kept, plain)
    for one, other in zip(kept, plain, strict=True):
        assert one.points == pytest.approx(other.points, abs=1e-9 * (other.positive - other.negative))


written = st.builds(
    lambda entry, name: ("record", replace(entry, account=name)),
    st.integers(0, 12).flatmap(lambda number: entries(CATALOG, number=number)),
    st.sampled_from(NAMES),
)
opened = st.builds(
    lambda name, positive, negative: (
        "record",
        Opening(account=name, positive=positive, negative=negative, occurred_at=START + timedelta(days=30)),
    ),
    st.sampled_from(NAMES),
    st.sampled_from([0.0, 7.5]),
    st.sampled_from([0.0, -9.0]),
)
changes = st.sampled_from(
    [None, None, {"magnitude": Decimal(3)}, {"occurred_at": START + timedelta(days=90)}, {"account": "bob"}]
)
corrected = st.tuples(st.just("correct"), ids, changes)
acted = st.tuples(
    st.just("act"),
    st.sampled_from(
        ["merge", "merge", "unmerge", "erase_account", "restrict_account", "lift_restriction", "close_account"]
    ),
    st.sampled_from(NAMES),
    st.sampled_from(NAMES),
)
worked = st.tuples(st.just("step"), st.integers(1, 4)) | st.just(("run",)) | st.just(("run",))
waited = st.tuples(st.just("wait"), st.sampled_from([0.001, 1.0, 10.0, 40.0, 300.0]))
stories = st.lists(st.one_of(written, written, written, opened, corrected, acted, worked, worked, waited), max_size=14)


def play(book: Book, story: list[Any]) -> None:
    for verb, *given_ in story:
        if verb == "wait":
            book.clock.advance(days=given_[0])
        elif verb == "run":
            standings.run(book.kept)
        else:
            getattr(book, verb)(*given_)
        book.check()


@pytest.fixture(params=FAMILIES, scope="session")
def each_database(request: pytest.FixtureRequest, shared: Callable[[str], Database]) -> Database:
    return shared(request.param)


@pytest.mark.parametrize("name", POLICIES)
@fewer(20)
@given(story=stories)
def test_under_every_preset_a_kept_reading_is_the_reading_of_the_entries_at_every_step(
    name: str, sqlite: Database, story: list[Any]
) -> None:
    book = Book(sqlite, POLICIES[name])
    book.keep()
    play(book, story)


@fewer(5)
@given(story=stories, policy=policies())
def test_under_any_policy_a_kept_reading_is_the_reading_of_the_entries(
    sqlite: Database, story: list[Any], policy: Policy
) -> None:
    book = Book(sqlite, policy)
    book.keep()
    play(book, story)


@fewer(20)
@given(story=stories)
def test_it_is_on_every_database_and_for_several_policies_at_once(each_database: Database, story: list[Any]) -> None:
    book = Book(each_database, POLICIES["default"], POLICIES["terms"], POLICIES["double_deviation"])
    book.keep()
    play(book, story)


@fewer(10)
@given(before=stories, after=stories)
def test_a_policy_that_is_kept_later_reads_the_same(sqlite: Database, before: list[Any], after: list[Any]) -> None:
    book = Book(sqlite, POLICIES["heroics"])
    play(book, before)
    standings.add(book.kept, POLICIES["heroics"])
    play(book, after)
    assert list(standings.compare(book.kept)) == []


@pytest.fixture(scope="session")
def sqlite(shared: Callable[[str], Database]) -> Database:
    return shared("sqlite")


def test_an_account_of_which_nothing_has_happened_yet_is_found_when_something_has(sqlite: Database) -> None:
    book = Book(sqlite, POLICIES["default"])
    book.keep()
    soon = book.clock.now() + timedelta(minutes=2)
    book.record(Withdrawal(account="cy", kind="delay", occurred_at=soon, magnitude=Decimal(4)))
    standings.run(book.kept)
    assert book.kept.overdrawn() == []
    book.clock.advance(days=1)
    book.check()
    assert [balance.account for balance in book.kept.overdrawn()] == ["cy"]
    standings.run(book.kept)
    book.check()
