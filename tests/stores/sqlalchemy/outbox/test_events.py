"""What events say: CloudEvents of which the schema holds, with all facts and nothing personal."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from jsonschema import Draft202012Validator, FormatChecker

from goodwill import Money
from goodwill.domain.entry import Opening, Ref
from goodwill.stores.sqlalchemy.outbox.schema import TYPES, event_schema

Book = Any
Receiver = Any
SCHEMA = Draft202012Validator(event_schema(), format_checker=FormatChecker())


def tell_everything(book: Book) -> None:
    """One event of each type, and entries of each type with all that they can say."""
    ledger, now = book.ledger, book.now
    late = ledger.withdraw(
        "ada", "late_delivery", magnitude=2.5, severity=2.0, channel="mail", reference="order:1:late"
    )
    ledger.deposit(
        "ada", "fee_waived", cost=Money("14.99", "USD"), in_response_to=late, actor="agent:4", sincerity=0.5,
        note="she likes violets", attributes={"mail": "ada@example.org"}, reference="order:1:waiver",
    )  # fmt: skip
    ledger.deposit("ada", "fee_waived", cost=Money("1.00", "USD"), in_response_to=Ref("order:2:late"))
    ledger.observe("ada", "contact")
    promise = ledger.promise("ada", "callback", due=now + timedelta(days=30), reference="promise:1")
    ledger.keep(promise)
    ledger.promise("ada", "callback", due=now + timedelta(days=30), recurs="FREQ=MONTHLY;COUNT=3", tz="UTC")
    ledger.record(Opening(account="ada", positive=3.5, negative=-1.0, occurred_at=now - timedelta(days=900)))
    ledger.amend(late, severity=1.0, reason="she rang up")
    ledger.reverse(Ref("order:1:waiver"))
    ledger.merge("bob", into="ada")
    ledger.unmerge("bob")
    ledger.close_account("ada", reason="moved away", actor="agent:4")
    ledger.reopen_account("ada")
    ledger.restrict_account("ada")
    ledger.lift_restriction("ada")
    book.put(
        book.crossing(),
        book.crossing(direction="recovered", at_us=1),
        book.crossing(direction="overdue", threshold="promise-1@2026-03-31T12:00:00.000000Z"),
    )
    for days in (900, 890, 880, 870):
        ledger.deposit("dee", "upgrade", occurred_at=now - timedelta(days=days))
    ledger.purge(before=now - timedelta(days=730), account="dee", actor="agent:4", reason="dee went to sea")
    ledger.deposit("cy", "upgrade")
    ledger.erase_account("cy")


def test_every_type_is_told_as_the_schema_says(book: Book, receiver: Receiver) -> None:
    tell_everything(book)
    book.relay().run()
    for told in receiver.events:
        SCHEMA.validate(told)
    assert {told["type"] for told in receiver.events} == set(TYPES)
    entries = {told["data"]["type"] for told in receiver.events if told["type"].startswith("goodwill.entry.")}
    assert entries == {"deposit", "withdrawal", "observation", "promise", "kept", "opening", "reversal"}


def test_the_library_reads_every_event_back(small_book: Book, receiver: Receiver) -> None:
    tell_everything(small_book)
    small_book.relay().run()
    for request in receiver.received:
        event = JSONFormat().read(CloudEvent, request.body)
        assert (event.get_id(), event.get_subject()) == (request.id, request.event["subject"])
        assert event.get_time() is not None


def test_an_entry_says_all_of_its_facts_and_nothing_personal(book: Book, receiver: Receiver) -> None:
    tell_everything(book)
    book.relay().run()
    waiver = next(told for told in receiver.events if told["data"].get("reference") == "order:1:waiver")
    data = waiver["data"]
    assert data["cost"] == {"amount": "14.99", "currency": "USD"}
    assert (data["magnitude"], data["actor"], data["sincerity"]) == ("14.99", "agent:4", 0.5)
    assert waiver["time"] == book.now.isoformat().replace("+00:00", "Z")
    said = b"".join(request.body for request in receiver.received).decode()
    assert [
        word for word in ("violets", "ada@example.org", "rang up", "moved away", "went to sea") if word in said
    ] == []


def test_an_event_says_what_was_so_when_it_was_written(book: Book, receiver: Receiver) -> None:
    first = book.ledger.deposit("ada", "upgrade", reference="order:1")
    book.ledger.reverse(first)
    book.relay().run()
    recorded, reversal = receiver.events
    assert "reversed_by" not in recorded["data"]
    assert reversal["data"]["reverses"] == first.id


def test_a_restricted_name_is_not_told_by_a_merge_of_another(book: Book, receiver: Receiver) -> None:
    book.ledger.merge("bob", into="ophelia")
    book.ledger.unmerge("bob")
    book.ledger.deposit("ophelia", "upgrade")
    book.ledger.restrict_account("ophelia")
    book.relay().run()
    assert [told["data"].get("into") for told in receiver.events] == [None, None]
    assert "ophelia" not in b"".join(request.body for request in receiver.received).decode()


def test_the_docs_list_every_type(project_root: Path) -> None:
    page = (project_root / "docs" / "reference" / "events.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(goodwill\.[a-z.]+)`", page, re.MULTILINE) == list(TYPES)
