"""What if: facts that stand in no book, read as if they did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from goodwill.domain.entry import Entry, Fact, Reversal
from goodwill.domain.errors import InvalidEntry
from goodwill.domain.instant import from_us
from goodwill.ledger.drafting import Door, account_id
from goodwill.ledger.merging import Customer
from goodwill.ledger.reading import Reader

__all__ = ["imagined"]


def imagined(
    door: Door, customer: Customer, facts: Sequence[Entry], reader: Reader, *, account: str, now: datetime
) -> Customer:
    """The customer with these facts in the book too; `account` is the name that was asked for.

    Raises:
        InvalidEntry: or one of its kind, if a fact is of another account or could not be kept.
    """
    latest = max(now, reader.as_of)
    more = [imagine(door, fact, place, reader, account=account, now=latest) for place, fact in enumerate(facts)]
    return customer._replace(facts=[*customer.facts, *more])


def imagine(door: Door, fact: Entry, place: int, reader: Reader, *, account: str, now: datetime) -> Fact:
    """A fact as a reading sees it, had it been recorded."""
    known_us = reader.at_us if reader.known_us is None else reader.known_us
    if isinstance(fact, Reversal):
        named = str(fact.reverses)
        return Fact(f"what-if-{place}", place, "reversal", account, "", known_us, known_us, reverses=named)
    if account_id(fact.account) != account:
        raise InvalidEntry(f"what_if of {account!r} was given a fact of {fact.account!r}; name one account")
    entry = door.draft(fact, now).entry
    # Later in the store's order than any real entry of the same instant.
    return Fact.of(replace(entry, seq=2**62 + place, recorded_at=from_us(known_us)))
