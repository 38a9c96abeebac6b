"""What a store writes into its outbox: in the host's transaction, and nothing personal."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from goodwill import Merge, presets
from goodwill.domain.entry import Deposit, Opening, Ref
from goodwill.stores.sqlalchemy import SQLAlchemyStore
from goodwill.stores.sqlalchemy.outbox.writing import BUCKETS
from goodwill.testing.asking import append
from goodwill.testing.drafts import deposit, draft

Book = Any


def types(book: Book) -> list[str]:
    return [row["type"].removeprefix("goodwill.") for row in book.rows()]


def upgrade(book: Book, account: str, reference: str | None = None) -> Deposit:
    return Deposit(account=account, kind="upgrade", occurred_at=book.now, reference=reference)


def test_each_fact_leaves_its_event(book: Book) -> None:
    ledger = book.ledger
    first = ledger.deposit("ada", "upgrade")
    ledger.withdraw("ada", "late_delivery", magnitude=1, reference="order:1:late")
    ledger.amend(first, severity=2.0)
    ledger.reverse(Ref("order:1:late"))
    ledger.merge("bob", into="ada")
    ledger.unmerge("bob")
    ledger.close_account("ada")
    ledger.reopen_account("ada")
    assert types(book) == [
        "entry.recorded", "entry.recorded", "entry.reversed", "entry.amended", "entry.reversed", "account.merged",
        "account.unmerged", "account.closed", "account.reopened",
    ]  # fmt: skip


def test_what_is_replayed_leaves_no_second_event(book: Book) -> None:
    for _ in range(2):
        book.ledger.deposit("ada", "upgrade", reference="once")
        book.ledger.merge("bob", into="ada")
        book.ledger.close_account("ada")
        book.ledger.reopen_account("ada")
    assert types(book).count("entry.recorded") == 1
    assert types(book).count("account.merged") == 1


def test_a_batch_leaves_an_event_for_each_entry_in_order(book: Book) -> None:
    facts = [upgrade(book, account, f"{account}:{n}") for n in range(20) for account in ("ada", "bob", "cy")]
    recorded = book.ledger.record_many(facts)
    assert [row["event_id"] for row in book.rows()] == [entry.id for entry in recorded]
    assert {row["bucket"] for row in book.rows()} == {row["account_id"] % BUCKETS for row in book.rows()}


def test_nothing_stays_of_a_transaction_that_rolled_back(book: Book) -> None:
    with Session(book.database.engine) as session:
        ledger = book.over(session)
        ledger.deposit("ada", "upgrade")
        ledger.merge("bob", into="ada")
        assert session.scalar(text("SELECT count(*) FROM goodwill_outbox")) >= 2
        session.rollback()
    assert book.rows() == []


def test_a_store_without_an_outbox_writes_none(book: Book) -> None:
    ledger = book.over(book.database.engine, outbox=False)
    entry = ledger.deposit("ada", "upgrade")
    ledger.amend(entry, severity=2.0)
    ledger.merge("bob", into="ada")
    ledger.close_account("ada")
    book.put(book.crossing(), outbox=False)
    ledger.erase_account("ada")
    assert book.rows() == []


def test_restricted_accounts_are_left_out(book: Book) -> None:
    book.ledger.deposit("ada", "upgrade")
    book.ledger.deposit("bob", "upgrade")
    before = len(book.rows())
    book.ledger.restrict_account("ada")
    book.ledger.deposit("ada", "upgrade")
    book.ledger.record_many([upgrade(book, name, f"{name}:1") for name in ("ada", "new", "ada", "new")])
    book.put(book.crossing())
    told = [row["type"] for row in book.rows()[before:]]
    assert told == ["goodwill.entry.recorded"]  # of the new customer
    book.ledger.lift_restriction("ada")
    book.ledger.deposit("ada", "upgrade")
    assert types(book)[before + 1 :] == ["account.lifted", "entry.recorded"]


def test_a_merge_with_a_restricted_account_is_left_out(book: Book) -> None:
    book.ledger.deposit("ada", "upgrade")
    book.ledger.deposit("bob", "upgrade")
    book.ledger.restrict_account("ada")
    book.ledger.merge("bob", into="ada")
    assert types(book) == ["entry.recorded"] * 2


def grow_old(book: Book, account: str) -> None:
    for days in (900, 890, 880, 870):
        book.ledger.deposit(account, "upgrade", occurred_at=book.now - timedelta(days=days))


def test_a_purge_is_told_once_and_its_openings_are_no_new_facts(book: Book) -> None:
    grow_old(book, "ada")
    before = len(book.rows())
    (done,) = book.ledger.purge(before=book.now - timedelta(days=730), policies=[presets.default(), presets.linear()])
    assert (done.entries, len(done.openings)) == (2, 2)
    assert types(book)[before:] == ["account.purged"]
    book.ledger.record(Opening(account="ada", positive=3.5, occurred_at=book.now))
    assert types(book)[before:] == ["account.purged", "entry.recorded"]


def test_a_purge_of_a_restricted_or_an_erased_customer_is_not_told(book: Book) -> None:
    for account in ("ada", "bob"):
        grow_old(book, account)
    book.ledger.restrict_account("ada")
    book.ledger.erase_account("bob")
    before = len(book.rows())
    assert [each.entries for each in book.ledger.purge(before=book.now - timedelta(days=730))] == [2, 2]
    assert types(book)[before:] == []


def test_an_erasure_is_all_that_is_left_to_tell(book: Book) -> None:
    book.ledger.deposit("ada", "upgrade")
    book.ledger.deposit("bob", "upgrade")
    book.ledger.merge("ada@example.org", into="ada")
    book.put(book.crossing())
    book.ledger.erase_account("ada")
    assert types(book) == ["entry.recorded", "account.erased", "account.erased"]


def test_nothing_personal_is_in_the_outbox_at_any_time(book: Book) -> None:
    attributes = {"mail": "ophelia@example.org"}
    book.ledger.deposit("ophelia", "upgrade", note="fond of violets", attributes=attributes, actor="agent-7")
    book.ledger.merge("ophelia@example.org", into="ophelia", actor="agent-7")
    book.ledger.close_account("ophelia", reason="moved to a nunnery")
    assert len(book.rows()) == 4
    kept = repr(book.rows()).lower()
    assert [word for word in ("ophelia", "violets", "agent", "nunnery") if word in kept] == []


def test_a_crossing_found_again_is_one_event(book: Book) -> None:
    book.ledger.deposit("ada", "upgrade")
    overdue = book.crossing(threshold="order:1@2026-03-01T00:00:00.000000Z", direction="overdue")
    book.put(book.crossing(), book.crossing(direction="recovered", at_us=86_400_000_001), overdue)
    book.put(book.crossing())
    assert types(book)[1:] == ["account.overdrawn", "account.recovered", "promise.overdue"]
    ids = [row["event_id"] for row in book.rows()]
    assert len(set(ids)) == len(ids)


@pytest.fixture
def counted(small_book: Book) -> Iterator[list[str]]:
    """The statements that a writer runs."""
    ran: list[str] = []

    def count(*call: Any) -> None:
        ran.append(call[2])

    event.listen(small_book.database.engine, "before_cursor_execute", count)
    yield ran
    event.remove(small_book.database.engine, "before_cursor_execute", count)


def test_an_event_costs_one_statement_more(small_book: Book, counted: list[str]) -> None:
    plain = SQLAlchemyStore(small_book.database.engine, ledger="plain")
    for store in (small_book.ledger.store, plain):
        append(store, draft(deposit()))
        counted.clear()
        append(store, draft(deposit()))
        ran = [each for each in counted if not each.startswith(("BEGIN", "PRAGMA"))]
        assert len(ran) == 1 + (store is not plain)
        counted.clear()
        append(store, *(draft(deposit(reference=f"{n}")) for n in range(300)))
        ran = [each for each in counted if "goodwill_outbox" in each]
        assert len(ran) == (store is not plain)


def test_writing_loads_none_of_the_relays_libraries() -> None:
    code = """
import sys
from goodwill import Ledger, presets
from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, open_engine
engine = open_engine("sqlite://")
create_all(engine)
ledger = Ledger(SQLAlchemyStore(engine, outbox=True), policy=presets.default(), catalog=presets.service_catalog())
ledger.deposit("ada", "upgrade")
print(sorted({"httpx", "cloudevents", "standardwebhooks", "tenacity"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_merges_that_an_import_brings_are_told_too(book: Book) -> None:
    book.ledger.record(Merge(account="bob", into="ada", recorded_at=book.now))
    assert types(book) == ["account.merged"]


@pytest.mark.parametrize("missing", ["cloudevents", "httpx", "standardwebhooks", "tenacity"])
def test_a_relay_without_its_libraries_names_what_brings_them(missing: str) -> None:
    code = f"""
import sys
sys.modules["{missing}"] = None
import goodwill.stores.sqlalchemy.outbox.relay
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    said = done.stderr.strip().splitlines()[-1]
    assert said.startswith("ModuleNotFoundError: the relay of the outbox needs " + missing)
    assert 'pip install "goodwill[outbox]"' in said
