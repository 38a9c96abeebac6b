"""A relay's process is killed between the post and the delete: the same event comes again, and the order holds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from goodwill.stores.sqlalchemy.outbox.relay import Passed

Book = Any
Receiver = Any

RELAY = """
import sys
from goodwill.stores.sqlalchemy import open_engine
from goodwill.stores.sqlalchemy.outbox.relay import Relay
from goodwill.stores.sqlalchemy.outbox.sending import webhook
from goodwill.stores.sqlalchemy.outbox.signing import Signer

url, ledger, to, secret = sys.argv[1:]
with webhook(to, Signer([secret])) as send:
    Relay(open_engine(url), send, ledger=ledger, lease_s=5.0).run()
"""
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def start(book: Book, to: str) -> subprocess.Popen[bytes]:
    """A relay in a process of its own."""
    url = book.database.url.render_as_string(hide_password=False)
    return subprocess.Popen([sys.executable, "-c", RELAY, url, book.database.ledger, to, SECRET])


def test_what_was_posted_and_not_deleted_is_posted_again_under_the_same_id(book: Book, receiver: Receiver) -> None:
    for number in range(3):
        book.ledger.deposit("ada", "upgrade", reference=f"ada:{number}")
    relay = start(book, receiver.url)

    def kill_at_the_second(_: object) -> int:
        if len(receiver.received) == 2:
            os.kill(relay.pid, signal.SIGKILL)
        return 204

    receiver.answer = kill_at_the_second
    assert relay.wait(60) == -signal.SIGKILL
    receiver.answer = lambda _: 204
    assert [row["attempts"] for row in book.rows()] == [0, 0]
    deadline = time.monotonic() + 30
    passed = Passed()
    while book.rows() and time.monotonic() < deadline:
        passed += book.relay().run()
        time.sleep(0.05)
    assert passed == Passed(sent=2)
    assert receiver.told_of("ada") == ["ada:0", "ada:1", "ada:1", "ada:2"]
    assert receiver.received[1].id == receiver.received[2].id


@pytest.mark.slow
def test_whoever_is_killed_every_event_arrives_and_the_first_arrivals_are_in_order(
    book: Book, receiver: Receiver
) -> None:
    accounts, times = [f"customer-{number}" for number in range(6)], 8
    for number in range(times):
        for account in accounts:
            book.ledger.deposit(account, "upgrade", reference=f"{account}:{number}")
    relays = [start(book, receiver.url) for _ in range(2)]
    victims = {10: relays[0], 25: relays[1]}  # each dies with a post of whoever is just sending

    def kill_some(_: object) -> int:
        victim = victims.pop(len(receiver.received), None)
        if victim is not None:
            victim.kill()
        return 204

    receiver.answer = kill_some
    for relay in relays:
        relay.wait(60)
    deadline = time.monotonic() + 60
    while book.rows() and time.monotonic() < deadline:
        book.relay().run()
        time.sleep(0.05)
    assert book.rows() == []
    for account in accounts:
        assert list(dict.fromkeys(receiver.told_of(account))) == [f"{account}:{number}" for number in range(times)]
    assert len(receiver.received) <= len(accounts) * times + len(relays)
