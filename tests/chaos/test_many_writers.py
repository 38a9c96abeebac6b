"""Sixteen writers at once, on one account and on many: exact counts, and whoever stood in another's way tries again."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from goodwill import Deposit, Ledger, Ref, Withdrawal, presets
from goodwill.domain.entry import Entry, Reversal
from goodwill.domain.errors import AlreadyReversed, GoodwillError, ReferenceConflict, RetryTransaction
from goodwill.stores.sqlalchemy import SQLAlchemyStore
from goodwill.testing.drafts import NOON
from tests.databases import Database

pytestmark = pytest.mark.slow

WRITERS = 16
ROUNDS = int(os.environ.get("GOODWILL_ROUNDS", "1"))
MANY = tuple(f"customer {number}" for number in range(5))
POLICY, CATALOG = presets.default(), presets.service_catalog()

Outcomes = Counter[str]
Action = Callable[[Ledger], object]


class Writers:
    """Sixteen threads over one database, each with its own transactions.

    Attributes:
        retries: how often a transaction was asked for again.
    """

    def __init__(self, database: Database, *, of_host: bool) -> None:
        self.database = database
        self.of_host = of_host
        self.retries = 0

    def together(self, action: Callable[[int, Callable[[Action], Outcomes]], Outcomes]) -> Outcomes:
        """Let all of them act at once; how often what came of it. What is no typed error ends the test."""
        start = Barrier(WRITERS)

        def run(who: int, engine: Engine) -> Outcomes:
            start.wait()
            return action(who, lambda work: self.transact(engine, work, random.Random(who)))

        with self.engine() as engine, ThreadPoolExecutor(WRITERS) as pool:
            done = list(pool.map(lambda who: run(who, engine), range(WRITERS)))
        return sum(done, Counter())

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        """A host's engine, or goodwill's own."""
        if not self.of_host:
            yield self.database.engine
            return
        with self.database.host(pool_size=WRITERS) as engine:
            yield engine

    def transact(self, engine: Engine, work: Action, chance: random.Random) -> Outcomes:
        """Work in one transaction, again from its start where the database asks for it."""
        while True:
            try:
                if not self.of_host:
                    return outcome(work, self.ledger(engine))
                with Session(engine) as session:
                    told = outcome(work, self.ledger(session))
                    (session.rollback if is_refusal(told) else session.commit)()
                    return told
            except RetryTransaction:
                self.retries += 1
                time.sleep(chance.uniform(0.0, 0.01))

    def ledger(self, bind: Any = None) -> Ledger:
        """The ledger that they all write in."""
        store = SQLAlchemyStore(self.database.engine if bind is None else bind, ledger=self.database.ledger)
        return Ledger(store, policy=POLICY, catalog=CATALOG)

    def kept(self) -> list[Entry]:
        """All that was written."""
        return list(self.ledger().entries())


def outcome(work: Action, ledger: Ledger) -> Outcomes:
    """What came of a work: what was recorded and what was replayed, or a refusal."""
    try:
        done = work(ledger)
    except RetryTransaction:
        raise
    except GoodwillError as error:
        return Counter([type(error).__name__])
    entries = done if isinstance(done, list) else [done]
    return Counter("replayed" if entry.replayed else "recorded" for entry in entries)


def is_refusal(told: Outcomes) -> bool:
    """Whether nothing came of a work, so that its host rolls back."""
    return not told.keys() & {"recorded", "replayed"}


@pytest.fixture(params=[(("ada",), False), (MANY, True)], ids=["one account", "many accounts in hosts' transactions"])
def crowd(
    request: pytest.FixtureRequest, database: Database, record_property: Callable[[str, object], None]
) -> Iterator[tuple[Writers, tuple[str, ...]]]:
    """Sixteen writers on each database, and whose entries they write."""
    accounts, of_host = request.param
    writers = Writers(database, of_host=of_host)
    yield writers, accounts
    record_property("retries", f"{database.family} {writers.retries}")


def test_what_many_write_at_once_is_there_once(crowd: tuple[Writers, tuple[str, ...]]) -> None:
    writers, accounts = crowd

    def shared(number: int, name: str) -> Deposit:
        return Deposit(account=name, kind="upgrade", occurred_at=NOON, reference=f"shared {number} {name}", note="n")

    def write(who: int, transact: Callable[[Action], Outcomes]) -> Outcomes:
        told, order = Counter[str](), random.Random(who)
        for number in range(ROUNDS):
            own = [
                Withdrawal(
                    account=name,
                    kind="late_delivery",
                    magnitude=1,
                    occurred_at=NOON,
                    reference=f"{who} {number} {name}",
                )
                for name in accounts
            ]
            facts = [*own, *(shared(number, name) for name in accounts)]
            order.shuffle(facts)  # so that transactions meet the same references in another order
            told += transact(lambda ledger, facts=facts: ledger.record_many(facts))
        return told

    told = writers.together(write)
    own, duplicates = WRITERS * ROUNDS * len(accounts), ROUNDS * len(accounts)
    assert told == {"recorded": own + duplicates, "replayed": (WRITERS - 1) * duplicates}
    kept = writers.kept()
    assert (
        len(kept) == len({entry.reference for entry in kept}) == len({entry.seq for entry in kept}) == own + duplicates
    )
    assert all(entry.note == "n" for entry in kept if entry.type == "deposit")
    entries = {account.id: account.entries for account in writers.ledger().accounts()}
    assert entries == dict.fromkeys(accounts, ROUNDS * (WRITERS + 1))
    assert all(writers.ledger().balance(name).entries == ROUNDS * (WRITERS + 1) for name in accounts)


def test_of_reversals_and_contradictions_that_race_one_of_each_stands(crowd: tuple[Writers, tuple[str, ...]]) -> None:
    writers, accounts = crowd

    targets = [
        writers.ledger().withdraw(accounts[n % len(accounts)], "late_delivery", magnitude=1, reference=f"late {n}")
        for n in range(ROUNDS)
    ]

    def write(who: int, transact: Callable[[Action], Outcomes]) -> Outcomes:
        told = Counter[str]()
        for number, target in enumerate(targets):
            name = accounts[number % len(accounts)]
            told += transact(lambda ledger, target=target: ledger.reverse(target))
            told += transact(
                lambda ledger, name=name, n=number: ledger.deposit(
                    name, "follow_up", magnitude=who, reference=f"same {n}"
                )
            )
            told += transact(
                lambda ledger, target=target, n=number: ledger.record_many(
                    [Deposit(account="never", kind="upgrade", occurred_at=NOON), Reversal(reverses=target.id)]
                )
            )
        return told

    told = writers.together(write)
    assert told["recorded"] == 2 * ROUNDS
    assert told[AlreadyReversed.__name__] == (2 * WRITERS - 1) * ROUNDS
    assert told[ReferenceConflict.__name__] == (WRITERS - 1) * ROUNDS
    types = Counter(entry.type for entry in writers.kept())
    assert types == {"withdrawal": ROUNDS, "reversal": ROUNDS, "deposit": ROUNDS}


def test_of_amendments_that_race_every_revision_stands_once(crowd: tuple[Writers, tuple[str, ...]]) -> None:
    writers, accounts = crowd

    for name in accounts:
        writers.ledger().withdraw(name, "late_delivery", magnitude=1, reference=name, note="kept")

    def write(who: int, transact: Callable[[Action], Outcomes]) -> Outcomes:
        told = Counter[str]()
        for number in range(ROUNDS):
            for name in accounts:
                # Half of the writers say the same, the others each something else.
                days = 100 + number if who % 2 else 1000 * who + number + 2
                told += transact(lambda ledger, name=name, days=days: ledger.amend(Ref(name), magnitude=days))
        return told

    told = writers.together(write)
    kept = writers.kept()
    assert set(told) <= {"recorded", "replayed", AlreadyReversed.__name__}
    for name in accounts:
        revisions = [entry for entry in kept if entry.reference == name]
        assert [entry.revision for entry in sorted(revisions, key=lambda each: each.seq)] == [
            *range(1, len(revisions) + 1)
        ]
        assert [entry.reversed_by is None for entry in sorted(revisions, key=lambda each: each.revision)].index(
            True
        ) == (len(revisions) - 1)
        assert all(entry.note == "kept" for entry in revisions)
    assert told["recorded"] == sum(entry.amends is not None for entry in kept)
    assert told["recorded"] == sum(entry.type == "reversal" for entry in kept)


def test_merges_among_many_writers_lose_nothing(crowd: tuple[Writers, tuple[str, ...]]) -> None:
    writers, _ = crowd
    for name in MANY:
        writers.ledger().deposit(name, "upgrade", reference=name)

    def write(who: int, transact: Callable[[Action], Outcomes]) -> Outcomes:
        told = Counter[str]()
        mine, other = MANY[who % len(MANY)], MANY[(who + 1) % len(MANY)]
        for number in range(ROUNDS):
            facts = [
                Deposit(account=mine, kind="upgrade", occurred_at=NOON, reference=f"{who} {number}"),
                Deposit(account=other, kind="upgrade", occurred_at=NOON, reference=f"{who} {number} too"),
            ]
            told += transact(lambda ledger, facts=facts: ledger.record_many(facts))
            told += transact(lambda ledger: ledger.merge(mine, into=other))
            told += transact(lambda ledger: ledger.unmerge(mine))
        return told

    told = writers.together(write)
    assert set(told) <= {"recorded", "replayed", "InvalidMerge"}
    kept = writers.kept()
    assert len(kept) == len(MANY) + 2 * WRITERS * ROUNDS
    accounts = list(writers.ledger().accounts())
    assert sum(account.entries for account in accounts) == len(kept)
    assert {name for account in accounts for name in (account.id, *account.merged)} == set(MANY)
