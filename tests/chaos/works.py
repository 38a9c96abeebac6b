"""What the writers write that are killed: an endless row of works, each all or nothing, each known by its number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, insert, select
from sqlalchemy.orm import Session

from goodwill import Deposit, Ledger, Promise, Ref, presets
from goodwill.domain.entry import Amendment, Entry
from goodwill.domain.errors import RetryTransaction
from goodwill.domain.merge import Merge
from goodwill.ledger.ports import Find, Merges, Store
from goodwill.stores.sqlalchemy import SQLAlchemyStore
from goodwill.testing.asking import answer, listed
from goodwill.testing.clock import FixedClock
from goodwill.testing.drafts import NOON

BATCH = 12
ORDERS = Table(
    "chaos_orders",
    MetaData(),
    Column("ledger", String(64), primary_key=True),
    Column("number", Integer, primary_key=True),
)
"""The host's own table: an order, and what it cost in goodwill, or neither."""

POLICY, CATALOG = presets.default(), presets.service_catalog()

Thing = tuple[Any, ...]
"""Something that a work leaves behind: an entry, its note, that it was reversed, a host's row, a merge."""


def perform(number: int, engine: Engine, ledger: str) -> None:
    """Do a work, again and again until its transaction came through; to do it once more changes nothing."""
    while True:
        try:
            return once(number, engine, ledger)
        except RetryTransaction:
            continue


def once(number: int, engine: Engine, ledger: str) -> None:
    """Do a work: an order with its entry, a batch, an amendment, a reversal, or a little of each."""
    if number % 5 == 0:
        return order(number, engine, ledger)
    book = book_in(SQLAlchemyStore(engine, ledger=ledger, standings=True), number)
    match number % 5:
        case 1:
            book.record_many(fact(f"{number}.{part}", number + part) for part in range(BATCH))
        case 2:
            book.amend(Ref(f"{number - 2}"), magnitude=2, reason="counted wrong")
        case 3:
            book.reverse(Ref(f"{number - 2}.0"), reference=f"{number}")
        case 4:
            promised = Promise(account="ada", kind="callback", occurred_at=NOON, due=NOON, reference=f"{number}.p")
            amended = Amendment(amends=Ref(f"{number}.a"), changes={"kind": "thank_you"})
            merged = Merge(account=f"alias {number}", into=f"person {number}")
            book.record_many([fact(f"{number}.a", number), promised, amended, merged])
    return None


def order(number: int, engine: Engine, ledger: str) -> None:
    """A host's transaction: the order, and the goodwill that its lateness cost."""
    of_ours = ORDERS.c.ledger == ledger, ORDERS.c.number == number
    with Session(engine) as session:
        book = book_in(SQLAlchemyStore(session, ledger=ledger, standings=True), number)
        late = book.withdraw(
            customer(number), "late_delivery", magnitude=1, occurred_at=NOON, reference=f"{number}", note="sorry"
        )
        if not session.execute(select(ORDERS.c.number).where(*of_ours)).all():
            assert not late.replayed, f"the goodwill of order {number} was there without the order"
            session.execute(insert(ORDERS).values(ledger=ledger, number=number))
        session.commit()


def fact(reference: str, salt: int) -> Deposit:
    """A gesture to one of a few customers, or to a new one."""
    return Deposit(
        account=customer(salt), kind="upgrade", occurred_at=NOON, reference=reference, attributes={"salt": salt}
    )


def customer(salt: int) -> str:
    """Most of what happens, happens to a few; now and then somebody is new."""
    return f"new {salt}" if salt % 7 == 0 else ("ada", "bob", "Zoë", "🦊")[salt % 4]


def book_in(store: Store, number: int = 0) -> Ledger:
    """The ledger, at an instant that is the work's own."""
    clock = FixedClock(NOON + timedelta(seconds=number))
    return Ledger(store, policy=POLICY, catalog=CATALOG, clock=clock)


def things_of(number: int) -> set[Thing]:
    """What a work leaves behind: all of it, or it was not done."""
    match number % 5:
        case 0:
            return {("entry", f"{number}", 1), ("note", f"{number}", 1), ("order", number)}
        case 1:
            references = [f"{number}.{part}" for part in range(BATCH)]
            return {(what, each, 1) for each in references for what in ("entry", "attributes")}
        case 2:
            return {("entry", f"{number - 2}", 2), ("note", f"{number - 2}", 2), ("reversed", f"{number - 2}", 1)}
        case 3:
            return {("entry", f"{number}", 1), ("reversed", f"{number - 2}.0", 1)}
    amended = {("entry", f"{number}.a", 2), ("attributes", f"{number}.a", 2), ("reversed", f"{number}.a", 1)}
    added = {("entry", f"{number}.a", 1), ("attributes", f"{number}.a", 1), ("entry", f"{number}.p", 1)}
    return {*amended, *added, ("merge", f"alias {number}", f"person {number}")}


def entries_of(number: int) -> int:
    """How many entries a work leaves behind, reversals included."""
    things = things_of(number)
    unnamed = sum(thing[0] == "reversed" for thing in things) - (number % 5 == 3)
    return sum(thing[0] == "entry" for thing in things) + unnamed


def found(engine: Engine, ledger: str, works: Iterable[int] | None = None) -> Counter[Thing]:
    """What is there, and how often: of some works, or all of it."""
    store = SQLAlchemyStore(engine, ledger=ledger)
    if works is None:
        entries, numbers, merges = listed(store, limit=1000), None, answer(store, Merges())
    else:
        numbers = list(works)
        things = [thing for number in numbers for thing in things_of(number)]
        references = sorted({thing[1] for thing in things if thing[0] in {"entry", "reversed"}})
        entries = answer(store, Find(references=references))
        merges = answer(store, Merges([thing[1] for thing in things if thing[0] == "merge"]))
    mine = ORDERS.c.ledger == ledger if numbers is None else (ORDERS.c.ledger == ledger) & ORDERS.c.number.in_(numbers)
    with engine.connect() as connection:
        orders = connection.execute(select(ORDERS.c.number).where(mine)).scalars().all()
    return counted(entries) + Counter(("order", each) for each in orders) + merged(merges, works)


def merged(merges: Iterable[Merge], works: Iterable[int] | None) -> Counter[Thing]:
    """The merges, of some works or all."""
    names = None if works is None else {f"alias {number}" for number in works}
    return Counter(("merge", each.account, each.into) for each in merges if names is None or each.account in names)


def counted(entries: Iterable[Entry]) -> Counter[Thing]:
    """Entries by their references, with what lies beside them, and that they were reversed."""
    things: Counter[Thing] = Counter()
    for entry in entries:
        if entry.reference is None:
            continue
        key = entry.reference, entry.revision
        things["entry", *key] += 1
        things["note", *key] += entry.note is not None and entry.type != "reversal"
        things["attributes", *key] += bool(entry.attributes)
        things["reversed", *key] += entry.reversed_by is not None
    return +things


__all__ = ["BATCH", "ORDERS", "POLICY", "Thing", "book_in", "entries_of", "found", "perform", "things_of"]
