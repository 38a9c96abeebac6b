"""Who has something waiting, and letting parked accounts go on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from goodwill.domain.errors import UnknownAccount
from goodwill.stores.sqlalchemy.outbox.backoff import Backoff
from goodwill.stores.sqlalchemy.outbox.sending import Answer
from goodwill.stores.sqlalchemy.outbox.waiting import Backlog, unpark, waiting
from goodwill.testing.asking import raised

Book = Any


def of(book: Book) -> list[Backlog]:
    return waiting(book.database.engine, ledger=book.database.ledger)


def note(book: Book, *accounts: str) -> None:
    for account in accounts:
        book.ledger.deposit(account, "upgrade")


def test_what_waits_is_told_by_account(book: Book) -> None:
    note(book, "bob", "ada", "ada", "cy")
    book.ledger.restrict_account("cy")
    assert [(each.account, each.events, each.attempts, each.fault) for each in of(book)] == [
        ("bob", 1, 0, None), ("ada", 2, 0, None), ("cy", 1, 0, None),
    ]  # fmt: skip
    assert [each.is_restricted for each in of(book)] == [False, False, True]
    assert all(timedelta() <= each.oldest < timedelta(minutes=5) for each in of(book))


def test_the_parked_come_first_and_who_waits_says_until_when(book: Book) -> None:
    note(book, "bob", "ada")
    book.relay(send=lambda _: Answer(500), backoff=Backoff(attempts=2, first_s=60)).run()
    assert all(book.now < each.next_at <= book.now + timedelta(seconds=60) for each in of(book) if each.next_at)
    assert [each.next_at is None for each in of(book)] == [False, False]
    book.later(minutes=2)
    faults = {"ada": Answer(500)}
    book.relay(
        send=lambda message: faults["ada"] if b'"ada"' in message.body else Answer(204),
        backoff=Backoff(attempts=2),
    ).run()
    note(book, "a-new-one")
    parked, other = of(book)
    assert (parked.account, parked.parked_at, parked.next_at) == ("ada", book.now, None)
    assert other.account == "a-new-one"


def test_only_parked_accounts_are_unparked_and_none_if_one_is_not(book: Book) -> None:
    note(book, "ada", "bob", "cy")
    book.relay(send=lambda _: Answer(500), backoff=Backoff(attempts=1)).run()
    engine, ledger = book.database.engine, book.database.ledger
    error = raised(UnknownAccount, lambda: unpark(engine, ["ada", "nobody"], ledger=ledger))
    assert "'nobody'" in str(error)
    assert "'ada'" not in str(error)
    assert [each.parked_at is None for each in of(book)] == [False] * 3
    assert unpark(engine, ["ada"], ledger=ledger) == ["ada"]
    assert {each.account for each in of(book) if each.parked_at} == {"bob", "cy"}
    assert unpark(engine, ledger=ledger) == ["bob", "cy"]
    assert unpark(engine, ledger=ledger) == []
    assert {row["attempts"] for row in book.rows()} == {0}


def test_other_ledgers_are_left_alone(book: Book) -> None:
    note(book, "ada")
    book.relay(send=lambda _: Answer(500), backoff=Backoff(attempts=1)).run()
    other = f"{book.database.ledger}-other"
    assert waiting(book.database.engine, ledger=other) == []
    assert unpark(book.database.engine, ledger=other) == []
    assert of(book)[0].parked_at is not None
