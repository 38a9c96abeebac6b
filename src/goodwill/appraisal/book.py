"""Where an account is read from: a ledger, or a list of entries; and what is known of it at a present."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from goodwill import presets
from goodwill.appraisal.faults import AppraisalError
from goodwill.domain.entry import UNRECORDED, Entry, Fact
from goodwill.domain.history import require_kept
from goodwill.domain.instant import from_us, to_us
from goodwill.domain.kind import Catalog
from goodwill.ledger.drafting import Door
from goodwill.ledger.ledger import Ledger
from goodwill.ledger.reading import Reader
from goodwill.policies.policy import Policy

__all__ = ["Account", "Book", "imagined", "opened", "present"]


class Book(NamedTuple):
    """Where an account is read from, and how.

    Attributes:
        facts: of one customer.
        door: what new facts must pass.
        now: the present.
    """

    facts: list[Fact]
    policy: Policy
    catalog: Catalog
    door: Door
    now: datetime


def opened(
    book: Ledger | Iterable[Entry],
    account: str,
    *,
    now: datetime | None,
    known_at: datetime | None,
    policy: Policy | None,
    catalog: Catalog | None,
    home: str | None,
) -> Book:
    """One customer's facts, of a ledger or of a list of entries, ready to be read.

    Raises:
        AppraisalError: if entries are of several accounts, or no present is named for them.
    """
    if isinstance(book, Ledger):
        entries = list(book.entries(account=account, known_at=known_at))
        door = Door(book.catalog, book.currencies, timedelta(0))
        return Book(
            [Fact.of(entry) for entry in entries], policy or book.policy, book.catalog, door, now or book.clock.now()
        )
    entries = list(book)
    others = {entry.account for entry in entries if entry.account != account}
    if others:
        raise AppraisalError(
            f"a history is of one account, {account!r}, and has entries of {min(others)!r}; leave them out, or give a "
            "ledger, which knows what names are one customer"
        )
    if now is None:
        raise AppraisalError("a list of entries has no clock; say the present with as_of=")
    policy = policy or presets.default()
    catalog = catalog or presets.service_catalog()
    door = Door(catalog, (home or policy.currency or "USD",), timedelta(0))
    return Book([fact_of(door, entry, place) for place, entry in enumerate(entries)], policy, catalog, door, now)


def fact_of(door: Door, entry: Entry, place: int) -> Fact:
    """An entry of a list as a reading sees it; one that no ledger has recorded passes the door first."""
    if entry.recorded_at is not UNRECORDED and entry.id:
        return Fact.of(entry)
    return imagined(door, entry, place)


def imagined(door: Door, entry: Entry, place: int) -> Fact:
    """A fact that stands in no book, as if it had been recorded when it happened."""
    drafted = door.draft(entry, entry.occurred_at).entry
    # Known whenever one asks, and later in the store's order than any real entry of the same instant.
    return Fact.of(drafted)._replace(recorded_us=0, seq=2**62 + place)


class Account(NamedTuple):
    """One customer at a present: what has happened by then, and what happens later in any case."""

    book: Book
    facts: list[Fact]
    then: list[Fact]
    at_us: int
    known_at: datetime | None

    def reader(self, until_us: int) -> Reader:
        """Reads as of an instant ahead."""
        policy, catalog = self.book.policy, self.book.catalog
        return Reader(policy, catalog, self.book.door.currencies[0], from_us(until_us), self.known_at)


def present(book: Book, as_of: datetime | None, known_at: datetime | None, then: Sequence[Entry]) -> Account:
    """A customer at a present; what was recorded of later than it is not read."""
    at_us = to_us(as_of or book.now, "as_of")
    require_kept(book.facts, at_us, None if known_at is None else to_us(known_at, "known_at"))
    facts = [fact for fact in book.facts if fact.type == "reversal" or fact.occurred_us <= at_us]
    later = [imagined(book.door, entry, 2**20 + place) for place, entry in enumerate(then)]
    early = next((fact for fact in later if fact.occurred_us < at_us), None)
    if early is not None:
        raise AppraisalError(f"then= is what happens from {from_us(at_us)} on, and {early.kind} is before; record it")
    return Account(book, facts, later, at_us, known_at)
