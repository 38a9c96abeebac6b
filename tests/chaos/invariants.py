"""What must hold of a ledger whose writers were killed: each invariant looks at it, and says what is wrong.

An invariant is a function of an `Aftermath` that yields faults in words. To hold the store to one more, write it here
and add it to `INVARIANTS`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Engine

from goodwill.domain.entry import Entry, Reversal
from goodwill.ledger.kept_requests import Pending
from goodwill.ledger.ports import Append, Draft, Merges, Store
from goodwill.stores import MemoryStore
from goodwill.stores.sqlalchemy import SQLAlchemyStore, standings
from goodwill.testing.asking import accounts, answer, listed
from tests.chaos.works import POLICY, Thing, book_in, entries_of, found, things_of

__all__ = ["AFTER_EACH_KILL", "INVARIANTS", "Aftermath", "faults_of"]


@dataclass(frozen=True)
class Aftermath:
    """A ledger after kills, and what its writers said before.

    Attributes:
        engine: of the database.
        ledger: the ledger's name.
        works: the works to look at, of which any may have been done in part only if something is wrong.
        acknowledged: the works whose transaction had come through before the writer died.
        whole: the works are all that there are, and the ledger holds nothing else.
    """

    engine: Engine
    ledger: str
    works: Sequence[int]
    acknowledged: frozenset[int]
    whole: bool = False

    @property
    def store(self) -> SQLAlchemyStore:
        """The ledger's store."""
        return SQLAlchemyStore(self.engine, ledger=self.ledger)

    @cached_property
    def things(self) -> Counter[Thing]:
        """What is there of the works, and how often."""
        return found(self.engine, self.ledger, None if self.whole else self.works)

    @cached_property
    def entries(self) -> list[Entry]:
        """All entries of the ledger."""
        return listed(self.store, limit=1000)


Invariant = Callable[[Aftermath], Iterable[str]]


def nothing_acknowledged_is_lost(after: Aftermath) -> Iterator[str]:
    """What a writer was told was committed is there."""
    for number in sorted(after.acknowledged.intersection(after.works)):
        for thing in sorted(things_of(number) - after.things.keys(), key=str):
            yield f"work {number} was acknowledged, and {thing} is not there"


def nothing_is_doubled(after: Aftermath) -> Iterator[str]:
    """However often a work was begun and begun again, it was done once."""
    for thing, times in after.things.items():
        if times > 1:
            yield f"{thing} is there {times} times"


def nothing_is_halved(after: Aftermath) -> Iterator[str]:
    """Of a work that was not acknowledged all is there or nothing: no half of a batch, no half of an amendment."""
    for number in after.works:
        things = things_of(number)
        there = things & after.things.keys()
        if there and there != things:
            yield f"work {number} is there in part: {sorted(there, key=str)} without {sorted(things - there, key=str)}"


def nothing_else_is_there(after: Aftermath) -> Iterator[str]:
    """The entries are those of the works, every number and every reversal once, and no account has more."""
    wanted = sum(map(entries_of, after.works))
    if (count := len(after.entries)) != wanted:
        yield f"{count} entries, where the works make {wanted}"
    if len({entry.seq for entry in after.entries}) != count or len({entry.id for entry in after.entries}) != count:
        yield "two entries share a number or an id"
    reversed_ = Counter(entry.reverses for entry in after.entries if isinstance(entry, Reversal))
    yield from (f"{target} was reversed {times} times" for target, times in reversed_.items() if times > 1)
    if (counted := sum(account.entries for account in accounts(after.store, limit=1000))) != count:
        yield f"the accounts have {counted} entries, and the ledger {count}"
    unknown = after.things.keys() - {thing for number in after.works for thing in things_of(number)}
    yield from (f"{thing} is there, which no work makes" for thing in sorted(unknown, key=str))


def balances_equal_a_replay(after: Aftermath) -> Iterator[str]:
    """Every balance is what the same entries come to in a store of plain Python, folded and added up in the database."""
    names = [account.id for account in accounts(after.store, limit=1000)]
    ours, theirs = book_in(after.store, 10**6), book_in(replay(after), 10**6)
    folded = theirs.balances(names)
    if ours.balances(names) != folded:
        yield "balances differ from those of a replay"
    added_up = {balance.account: balance for balance in ours.balances()}
    for balance in folded:
        there = added_up.pop(balance.account, None)
        rounding = 1e-9 * (balance.positive - balance.negative)
        if there is None or there.entries != balance.entries or abs(there.points - balance.points) > rounding:
            yield f"what the database adds up differs from a replay: {there} is not {balance}"
    yield from (f"the database adds up {account!r}, which has no entries" for account in added_up)


def kept_readings_equal_a_replay(after: Aftermath) -> Iterator[str]:
    """What a job keeps, of what the dead left pending and of what it took in between, is what all entries come to."""
    ledger = book_in(SQLAlchemyStore(after.engine, ledger=after.ledger, standings=True), 10**6)
    standings.add(ledger, POLICY)
    standings.run(ledger)
    yield from (f"a kept reading differs: {difference}" for difference in standings.compare(ledger))
    if left := answer(ledger.store, Pending()):
        yield f"{len(left)} rows are pending after a run"


def replay(after: Aftermath) -> Store:
    """The same entries, in the order of their numbers, in memory."""
    memory = MemoryStore(after.ledger)
    in_order = sorted(after.entries, key=lambda entry: entry.seq)
    answer(memory, Append([Draft(entry, entry.id.encode()) for entry in in_order]))
    assert not answer(memory, Merges())
    return memory


def every_row_and_every_seal_is_as_written(after: Aftermath) -> Iterator[str]:
    """What the dead left can be sealed, and verified."""
    ledger = book_in(after.store, 10**6)
    ledger.seal()
    if not (found := ledger.verify()):
        yield f"verify finds {found}"


def the_file_is_sound(after: Aftermath) -> Iterator[str]:
    """SQLite finds its file whole, and every row that another names."""
    if after.engine.dialect.name != "sqlite":
        return
    with after.engine.connect() as connection:
        if (said := connection.exec_driver_sql("PRAGMA integrity_check").scalar()) != "ok":
            yield f"integrity_check: {said}"
        yield from (f"foreign_key_check: {row}" for row in connection.exec_driver_sql("PRAGMA foreign_key_check"))


AFTER_EACH_KILL: tuple[Invariant, ...] = (nothing_acknowledged_is_lost, nothing_is_doubled, nothing_is_halved)
INVARIANTS: tuple[Invariant, ...] = (
    *AFTER_EACH_KILL,
    nothing_else_is_there,
    balances_equal_a_replay,
    kept_readings_equal_a_replay,
    every_row_and_every_seal_is_as_written,
    the_file_is_sound,
)
"""What holds when the last writer has come to its end."""


def faults_of(after: Aftermath, invariants: Iterable[Invariant]) -> dict[str, list[str]]:
    """What is wrong, by invariant; nothing where all is well."""
    told = {invariant.__name__: list(invariant(after)) for invariant in invariants}
    return {name: faults for name, faults in told.items() if faults}
