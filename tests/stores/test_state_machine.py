"""Memory and the three databases, driven side by side through the ledger: every answer is the same."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from goodwill import Deposit, Ledger, Merge, Money, Observation, Promise, Ref, Unmerge, Withdrawal, presets
from goodwill.domain.account import ERASED
from goodwill.domain.entry import Amendment, Entry, Reversal
from goodwill.domain.errors import GoodwillError
from goodwill.ledger.ports import Store
from goodwill.stores import MemoryStore
from goodwill.testing.clock import FixedClock
from goodwill.testing.drafts import NOON
from tests.databases import FAMILIES, Database

HISTORIES = int(os.environ.get("GOODWILL_HISTORIES", "8"))
STEPS = 30
POLICY, CATALOG = presets.default(), presets.service_catalog()

NAMES = ("ada", "Ada", "ada ", "zoë")
KINDS = ("upgrade", "upgrade", "follow_up", "late_delivery")
REFERENCES = ("r1", "R1", "r2", "r3")
names = st.sampled_from(NAMES)
references = st.none() | st.sampled_from(REFERENCES)
moments = st.integers(-3, 1).map(lambda days: timedelta(days=days, minutes=3))
"""Relative to now; a day ahead is refused."""
texts = st.none() | st.sampled_from(["n", "è", "x" * 300])


class Side:
    """One of the ledgers that are compared, and what it calls the things that all of them have.

    Attributes:
        ids: what every side calls an entry, by this ledger's id.
        numbers: what every side calls an entry, by this store's number, which other ledgers' entries take too.
        erased: what every side calls an erased customer, by this ledger's name.
        entries: what was recorded, as this ledger knows it, in the order in which it was.
    """

    def __init__(self, name: str, store: Store, clock: FixedClock) -> None:
        self.name = name
        self.ledger = Ledger(store, policy=POLICY, catalog=CATALOG, clock=clock)
        self.ids: dict[str, str] = {}
        self.numbers: dict[int, str] = {}
        self.erased: dict[str, str] = {}
        self.entries: list[Entry] = []

    def common(self, value: Any) -> Any:  # noqa: PLR0911 - one line for each sort of answer
        """An answer in the words that all sides share."""
        match value:
            case None | bool() | int() | datetime() | timedelta() | Enum() | Money():
                return value
            case float():
                return round(value, 6) + 0.0  # a database adds up in another order
            case str():
                return self.told(value)
            case Entry():
                return self.met(value)
            case GoodwillError():
                return type(value).__name__, self.told(str(value))
            case Mapping():
                return {self.common(key): self.common(each) for key, each in value.items() if key != "seq"}
            case _ if is_dataclass(value):
                known = {spec.name: getattr(value, spec.name) for spec in fields(value) if spec.name != "seq"}
                return type(value).__name__, self.common(self.numbered(known))
            case tuple() if hasattr(value, "_asdict"):
                return type(value).__name__, self.common(self.numbered(value._asdict()))
            case Sequence():
                return [self.common(each) for each in value]
            case _:
                return repr(value)

    def numbered(self, known: dict[str, Any]) -> dict[str, Any]:
        """What an account holds, with the last of its entries by the word that all sides share, and its names by theirs."""
        if known.get("last_seq") is None:
            return known
        merged = sorted(map(self.told, known["merged"]))  # the store has them in the order of its own names
        return {**known, "last_seq": self.numbers.get(known["last_seq"], "a number"), "merged": merged}

    def met(self, entry: Entry) -> Any:
        """An entry without its number; its id is what all sides call it."""
        known = {
            spec.name: getattr(entry, spec.name) for spec in fields(entry) if spec.name not in {"seq", "magnitude"}
        }
        return entry.type, str(entry.magnitude), self.common(known)

    def told(self, text: str) -> str:
        """Text with every id and every erased name in the words that all sides share."""
        text = ID.sub(lambda found: self.ids.get(found[0], "an id"), text)
        return NOBODY.sub(lambda found: self.erased.get(found[0], "a nobody"), text)

    def note(self, answer: Any) -> None:
        """Learn what this ledger calls what was just recorded."""
        for entry in answer if isinstance(answer, list) else [answer]:
            if isinstance(entry, Entry) and entry.id not in self.ids:
                self.ids[entry.id] = f"entry {len(self.entries)}"
                if entry.seq is not None:
                    self.numbers[entry.seq] = self.ids[entry.id]
                self.entries.append(entry)


ID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
NOBODY = re.compile(f"{ERASED}[0-9]+")


class Machine(RuleBasedStateMachine):
    """Does the same in every ledger, and compares what each says."""

    stores: Callable[[], dict[str, Store]]

    def __init__(self) -> None:
        super().__init__()
        self.clock = FixedClock(NOON)
        self.sides = [Side(name, store, self.clock) for name, store in type(self).stores().items()]

    def all_say(self, ask: Callable[[Side], Any]) -> Any:
        """Ask every side; the common answer."""
        answers: dict[str, Any] = {}
        for side in self.sides:
            try:
                answer = ask(side)
                side.note(answer)
                answers[side.name] = side.common(answer)
            except GoodwillError as error:
                answers[side.name] = side.common(error)
        expected = answers["memory"]
        for name, answer in answers.items():
            assert answer == expected, f"{name} says otherwise than memory: {difference(answer, expected)}"
        return expected

    def recorded(self, draw: int, side: Side) -> Entry:
        """One of the entries that were recorded, on a side."""
        return side.entries[draw % len(side.entries)]

    def has_entries(self) -> bool:
        return bool(self.sides[0].entries)

    # Writing

    @initialize(bare=st.booleans())
    def begin(self, bare: bool) -> None:
        """Most histories begin with something that can be answered, reversed, merged and erased."""
        if bare:
            return
        facts = [
            Withdrawal(account="ada", kind="late_delivery", magnitude=3, occurred_at=NOON, reference="r1", note="n"),
            Deposit(account="Ada", kind="upgrade", occurred_at=NOON, reference="R1", attributes={"a": [1]}),
            Promise(account="ada", kind="repair", magnitude=2, occurred_at=NOON, due=NOON + timedelta(days=1)),
            Merge(account="zoë", into="ada"),
        ]
        self.all_say(lambda side: side.ledger.record_many(facts))

    @rule(minutes=st.sampled_from([1, 60, 1440, 10_000, -90]))
    def time_passes(self, minutes: int) -> None:
        """Mostly forward; now and then a clock is set back."""
        self.clock.advance(minutes=minutes)

    @rule(
        name=names,
        kind=st.sampled_from(KINDS),
        reference=references,
        when=st.none() | moments,
        note=texts,
    )
    def deposit(self, name: str, kind: str, reference: str | None, when: timedelta | None, note: str | None) -> None:
        given = {} if when is None else {"occurred_at": self.clock.now() + when}
        self.all_say(lambda side: side.ledger.deposit(name, kind, reference=reference, note=note, **given))

    @rule(
        name=names,
        days=st.integers(-1, 3),
        reference=references,
        when=moments,
        attributes=st.sampled_from([None, {"a": [1]}]),
    )
    def withdraw(self, name: str, days: int, reference: str | None, when: timedelta, attributes: Any) -> None:
        at = self.clock.now() + when
        self.all_say(
            lambda side: side.ledger.withdraw(
                name, "late_delivery", magnitude=days, reference=reference, occurred_at=at, attributes=attributes
            )
        )

    @rule(name=names, kind=st.sampled_from(["contact", "review"]), reference=references)
    def observe(self, name: str, kind: str, reference: str | None) -> None:
        self.all_say(lambda side: side.ledger.observe(name, kind, magnitude=1, reference=reference))

    @precondition(has_entries)
    @rule(
        name=names,
        which=st.integers(0, 9),
        by_id=st.booleans(),
        cost=st.sampled_from(["5", "14.99"]),
        reference=references,
    )
    def recover(self, name: str, which: int, by_id: bool, cost: str, reference: str | None) -> None:
        """A deposit that answers something, by id or by reference."""

        def act(side: Side) -> Entry:
            answered = self.recorded(which, side)
            link = answered.id if by_id or answered.reference is None else Ref(answered.reference)
            return side.ledger.deposit(
                name, "fee_waived", cost=Money(cost, "USD"), in_response_to=link, reference=reference
            )

        self.all_say(act)

    @rule(
        name=names,
        hours=st.integers(-1, 48),
        recurs=st.booleans(),
        reference=references,
        steps=st.sampled_from([None, 2]),
    )
    def promise(self, name: str, hours: int, recurs: bool, reference: str | None, steps: int | None) -> None:
        rule = {"recurs": "FREQ=DAILY;COUNT=3", "tz": "Europe/Berlin"} if recurs else {}
        due = self.clock.now() + timedelta(hours=hours)
        self.all_say(
            lambda side: side.ledger.promise(name, "repair", magnitude=steps, due=due, reference=reference, **rule)
        )

    @precondition(has_entries)
    @rule(which=st.integers(0, 9), steps=st.sampled_from([None, 1]), of_due=st.booleans(), reference=references)
    def keep(self, which: int, steps: int | None, of_due: bool, reference: str | None) -> None:
        def act(side: Side) -> Entry:
            made = self.recorded(which, side)
            due = made.due if of_due and isinstance(made, Promise) else None
            return side.ledger.keep(made.id, steps, due=due, reference=reference)

        self.all_say(act)

    @precondition(has_entries)
    @rule(which=st.integers(0, 9), by_reference=st.booleans(), reference=references)
    def reverse(self, which: int, by_reference: bool, reference: str | None) -> None:
        self.all_say(lambda side: side.ledger.reverse(self.named(side, which, by_reference), reference=reference))

    @precondition(has_entries)
    @rule(
        which=st.integers(0, 9),
        by_reference=st.booleans(),
        changes=st.sampled_from(
            [{"magnitude": 2}, {"account": "zoë"}, {"note": "amended"}, {}, {"kind": "thank_you"}, {"magnitude": -1}]
        ),
    )
    def amend(self, which: int, by_reference: bool, changes: dict[str, Any]) -> None:
        self.all_say(lambda side: side.ledger.amend(self.named(side, which, by_reference), **changes))

    def named(self, side: Side, which: int, by_reference: bool) -> Entry | Ref:
        """An entry, or its reference."""
        entry = self.recorded(which, side)
        return Ref(entry.reference) if by_reference and entry.reference else entry

    @rule(name=names, into=names, back=st.booleans())
    def merge(self, name: str, into: str, back: bool) -> None:
        self.all_say(lambda side: side.ledger.unmerge(name) if back else side.ledger.merge(name, into=into))

    @rule(
        name=names,
        operation=st.sampled_from(["close_account", "reopen_account", "restrict_account", "lift_restriction"]),
    )
    def mark(self, name: str, operation: str) -> None:
        self.all_say(lambda side: getattr(side.ledger, operation)(name, actor="eve", reason="asked for"))

    @rule(name=names)
    def erase(self, name: str) -> None:
        """Every side gives the customer a name of its own choice; the order of the answer says which are the same."""

        def act(side: Side) -> Any:
            records = side.ledger.erase_account(name)
            for record in records:
                side.erased[record.account] = f"nobody {len(side.erased)}"
            return records

        self.all_say(act)

    @rule(
        facts=st.lists(st.integers(0, 10**6), min_size=1, max_size=6),
        tolerant=st.booleans(),
        ago=st.none() | st.integers(0, 3),
    )
    def record_many(self, facts: list[int], tolerant: bool, ago: int | None) -> None:
        """Good facts and bad ones, corrections among them, some with a recorded_at of the past."""
        now = self.clock.now()

        def act(side: Side) -> Any:
            rejects: list[Any] | None = [] if tolerant else None
            passed = {} if ago is None else {"recorded_at": now - timedelta(days=ago)}
            done = side.ledger.record_many([self.fact(side, number, passed) for number in facts], rejects=rejects)
            side.note(done)
            return [*done, *(each.error for each in rejects or ())]

        self.all_say(act)

    def fact(self, side: Side, number: int, passed: dict[str, Any]) -> Any:
        """One of the facts that an import may hold, by a number that says which."""
        name, reference = NAMES[number % 4], (None, *REFERENCES)[number // 4 % 5]
        at = self.clock.now() - timedelta(hours=number // 20 % 50)
        named: Any = Ref(reference or "r1")
        if side.entries and number % 3:
            named = self.recorded(number // 7, side).id
        into = NAMES[number // 13 % 4]
        makers: list[Callable[[], Any]] = [
            lambda: Deposit(account=name, kind="upgrade", occurred_at=at, reference=reference, **passed),
            lambda: Withdrawal(
                account=name, kind="late_delivery", magnitude=1, occurred_at=at, reference=reference, **passed
            ),
            lambda: Observation(account=name, kind="contact", occurred_at=at, note="x" * (number % 30), **passed),
            lambda: Deposit(account=name, kind="no_such_kind", occurred_at=at, reference=reference, **passed),
            lambda: Deposit(account=name, kind="follow_up", occurred_at=at, in_response_to=named, **passed),
            lambda: Reversal(reverses=named, reference=reference, **passed),
            lambda: Amendment(amends=named, changes={"magnitude": 1 + number % 3}, **passed),
            lambda: Merge(account=name, into=into, **passed),
            lambda: Unmerge(account=name, **passed),
        ]
        return makers[number % 1009 % len(makers)]()

    # Reading

    @rule(name=names, ago=st.none() | st.integers(0, 5000), known=st.none() | st.integers(0, 5000))
    def read(self, name: str, ago: int | None, known: int | None) -> None:
        when = {
            key: self.clock.now() - timedelta(minutes=minutes)
            for key, minutes in (("as_of", ago), ("known_at", known))
            if minutes is not None
        }
        known_at = when.get("known_at")
        self.all_say(lambda side: side.ledger.balance(name, **when))
        self.all_say(lambda side: [each.points for each in side.ledger.contributions(name, **when)])
        self.all_say(
            lambda side: side.ledger.statement(name, "last 3 days", known_at=known_at, as_of=when.get("as_of"))
        )
        self.all_say(lambda side: side.ledger.account(name))
        self.all_say(lambda side: side.ledger.audit(name))

    @rule(
        name=st.none() | names,
        kind=st.sampled_from([None, "upgrade", "late_delivery"]),
        limit=st.integers(1, 4),
        known=st.none() | st.integers(0, 5000),
    )
    def page_through(self, name: str | None, kind: str | None, limit: int, known: int | None) -> None:
        """Cursors hold numbers of the store's own; the pages that they lead to are the same."""
        known_at = None if known is None else self.clock.now() - timedelta(minutes=known)

        def pages(side: Side) -> list[Any]:
            found, after = [], None
            while True:
                page = side.ledger.page(account=name, kind=kind, known_at=known_at, limit=limit, after=after)
                found.append(list(page.entries))
                after = page.next
                if after is None:
                    return found

        self.all_say(pages)

    def teardown(self) -> None:
        """Whatever was done, in the end every side holds the same."""
        self.all_say(lambda side: list(side.ledger.entries()))
        self.all_say(lambda side: side.ledger.audit())
        self.all_say(lambda side: by_account(side, side.ledger.accounts()))
        self.all_say(lambda side: by_account(side, side.ledger.balances()))
        self.all_say(lambda side: by_account(side, side.ledger.overdrawn()))
        for name in NAMES:
            self.all_say(lambda side, name=name: side.ledger.export_account(name))


def difference(one: Any, other: Any, path: str = "") -> str:
    """Where two answers differ first."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return next(difference(one[key], other[key], f"{path}.{key}") for key in one if one[key] != other[key])
    if isinstance(one, list | tuple) and isinstance(other, list | tuple) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return next(difference(each, its, f"{path}[{place}]") for place, (each, its) in pairs if each != its)
    return f"{path} is {one!r}, not {other!r}"


def by_account(side: Side, answers: Any) -> list[Any]:
    """In the order of names that all sides share: that of erased ones is the store's own."""
    return sorted((side.common(each) for each in answers), key=repr)


@pytest.mark.slow
def test_memory_and_the_three_databases_give_the_same_answers(shared: Callable[[str], Database]) -> None:
    databases = [shared(family) for family in FAMILIES]

    class SideBySide(Machine):
        @staticmethod
        def stores() -> dict[str, Store]:
            ledger = uuid.uuid4().hex
            return {"memory": MemoryStore(ledger), **{each.family: each.store(ledger=ledger) for each in databases}}

    run_state_machine_as_test(
        SideBySide,
        settings=settings(
            max_examples=HISTORIES, stateful_step_count=STEPS, suppress_health_check=list(HealthCheck), deadline=None
        ),
    )
