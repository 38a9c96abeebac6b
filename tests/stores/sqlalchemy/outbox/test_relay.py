"""The relay over real HTTP: signed, at least once, in order per account, and a failing account parks alone."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, text
from sqlalchemy.dialects.mysql.mariadb import MariaDBDialect
from sqlalchemy.orm import Session
from standardwebhooks import Webhook, WebhookVerificationError

from goodwill import AsyncLedger, Ledger, presets
from goodwill.domain.errors import EndpointGone, RetryTransaction, SchemaOutdated
from goodwill.domain.instant import to_us
from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, open_engine
from goodwill.stores.sqlalchemy.async_store import AsyncSQLAlchemyStore, open_async_engine
from goodwill.stores.sqlalchemy.outbox.backoff import Backoff
from goodwill.stores.sqlalchemy.outbox.relay import Passed, Relay
from goodwill.stores.sqlalchemy.outbox.sending import Answer, Message
from goodwill.stores.sqlalchemy.outbox.waiting import unpark, waiting
from goodwill.testing.asking import raised
from goodwill.testing.clock import FixedClock
from goodwill.testing.drafts import NOON

Book = Any
Receiver = Any
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def note(book: Book, *accounts: str, times: int = 3) -> None:
    """So many gestures for each account, in turns."""
    for number in range(times):
        for account in accounts:
            book.ledger.deposit(account, "upgrade", reference=f"{account}:{number}")


def references(account: str, times: int = 3) -> list[str]:
    return [f"{account}:{number}" for number in range(times)]


def failing_for(*accounts: str, status: int = 503) -> Callable[[Any], int]:
    return lambda request: status if request.event["subject"] in accounts else 204


def test_what_was_committed_is_posted_signed_and_then_gone(book: Book, receiver: Receiver) -> None:
    entry = book.ledger.deposit("ada", "upgrade", reference="order:1")
    assert book.relay().run() == Passed(sent=1)
    (request,) = receiver.received
    told = Webhook(SECRET).verify(request.body, dict(request.headers))
    assert told["id"] == request.id == entry.id
    assert (told["type"], told["subject"]) == ("goodwill.entry.recorded", "ada")
    assert request.headers["content-type"] == "application/cloudevents+json"
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(request.body.replace(b"ada", b"bob"), dict(request.headers))
    assert book.rows() == []
    assert book.relay().run() == Passed()
    assert len(receiver.received) == 1


def test_nothing_is_sent_for_a_transaction_that_rolled_back(book: Book, receiver: Receiver) -> None:
    with Session(book.database.engine) as session:
        book.over(session).deposit("ada", "upgrade", reference="never")
        session.rollback()
        book.over(session).deposit("ada", "upgrade", reference="stays")
        session.commit()
    book.relay().run()
    assert receiver.told_of("ada") == ["stays"]


def test_nothing_is_sent_before_the_host_commits(server_book: Book, receiver: Receiver) -> None:
    with Session(server_book.database.engine) as session:
        server_book.over(session).deposit("ada", "upgrade", reference="soon")
        server_book.ledger.deposit("bob", "upgrade", reference="now")
        assert server_book.relay().run() == Passed(sent=1)
        session.commit()
    assert server_book.relay().run() == Passed(sent=1)
    assert [each["subject"] for each in receiver.events] == ["bob", "ada"]


def test_each_accounts_events_arrive_in_order(book: Book, receiver: Receiver) -> None:
    accounts = [f"customer-{number}" for number in range(7)]
    note(book, *accounts, times=10)
    book.ledger.reverse(book.ledger.deposit("customer-0", "upgrade", reference="customer-0:10"))
    assert book.relay().run().sent == 7 * 10 + 2
    assert receiver.told_of("customer-0") == [*references("customer-0", 11), "reversed"]
    for account in accounts[1:]:
        assert receiver.told_of(account) == references(account, 10)


def test_a_failing_account_waits_and_parks_alone(book: Book, receiver: Receiver) -> None:
    receiver.answer = failing_for("ada")
    note(book, "ada", "bob")
    assert book.relay().run() == Passed(sent=3, failed=1)
    assert receiver.told_of("bob") == references("bob")
    assert receiver.told_of("ada") == ["ada:0"]
    assert book.relay().run() == Passed()  # not yet due
    book.later(minutes=2)
    assert book.relay().run() == Passed(failed=1)
    book.later(minutes=10)
    note(book, "bob", times=4)
    assert book.relay().run() == Passed(sent=1, parked=1)
    book.later(days=30)
    assert book.relay().run() == Passed()
    (parked,) = waiting(book.database.engine, ledger=book.database.ledger)
    assert (parked.account, parked.events, parked.attempts, parked.fault) == ("ada", 3, 3, "HTTP 503")
    assert parked.parked_at is not None
    assert parked.next_at is None


def test_a_parked_account_goes_on_in_order_once_somebody_says_so(book: Book, receiver: Receiver) -> None:
    receiver.answer = failing_for("ada")
    note(book, "ada")
    relay = book.relay(backoff=Backoff(attempts=1))
    assert relay.run() == Passed(parked=1)
    note(book, "ada", times=4)
    receiver.answer = lambda _: 204
    assert relay.run() == Passed()
    assert unpark(book.database.engine, ["ada"], ledger=book.database.ledger) == ["ada"]
    assert relay.run() == Passed(sent=4)
    assert receiver.told_of("ada") == ["ada:0", *references("ada", 4)]
    assert len({request.id for request in receiver.received}) == 4


def test_the_waits_double_and_an_account_that_recovers_sends_the_rest(book: Book, receiver: Receiver) -> None:
    receiver.answer = failing_for("ada")
    note(book, "ada")
    relay = book.relay(backoff=Backoff(attempts=9, first_s=60, factor=2))
    waits = []
    for _ in range(4):
        assert relay.run() == Passed(failed=1)
        (row,) = [row for row in book.rows() if row["next_us"] is not None]
        wait_s = row["next_us"] / 1e6 - book.now.timestamp()
        waits.append(wait_s)
        book.later(seconds=wait_s - 1)
        assert relay.run() == Passed()
        book.later(seconds=2)
    assert all(60 * 2**n / 2 - 0.01 <= wait <= 60 * 2**n + 0.01 for n, wait in enumerate(waits)), waits
    receiver.answer = lambda _: 204
    assert relay.run() == Passed(sent=3)


def test_a_receiver_that_asks_for_time_gets_it(book: Book, receiver: Receiver) -> None:
    receiver.answer = lambda _: (429, {"retry-after": "7200"})
    note(book, "ada", times=1)
    assert book.relay().run() == Passed(failed=1)
    receiver.answer = lambda _: 204
    book.later(seconds=7_190)
    assert book.relay().run() == Passed()
    book.later(seconds=20)
    assert book.relay().run() == Passed(sent=1)


def test_a_receiver_that_does_not_answer_is_tried_again(small_book: Book, receiver: Receiver) -> None:
    note(small_book, "ada", times=1)
    small_book.to = "http://127.0.0.1:9/nobody"
    assert small_book.relay().run() == Passed(failed=1)
    (row,) = small_book.rows()
    assert row["fault"] == "ConnectError"
    small_book.to = receiver.url
    small_book.later(hours=1)
    assert small_book.relay().run() == Passed(sent=1)


def test_a_receiver_that_is_gone_stops_the_relay_and_loses_nothing(book: Book, receiver: Receiver) -> None:
    receiver.answer = lambda _: 410
    note(book, "ada", "bob")
    assert "another URL" in str(raised(EndpointGone, book.relay().run))
    assert len(receiver.received) == 1
    assert {row["attempts"] for row in book.rows()} == {0}
    receiver.answer = lambda _: 204
    assert book.relay().run() == Passed(sent=6)  # at once: the lease was let go


def end_leases(book: Book) -> None:
    """As if so much time had passed."""
    with book.database.engine.begin() as connection:
        connection.execute(
            text("UPDATE goodwill_outbox_claims SET until_us = 1 WHERE ledger = :ledger"),
            {"ledger": book.database.ledger},
        )


def until_us(book: Book, bucket: int) -> int:
    with book.database.engine.connect() as connection:
        found = connection.scalar(
            text("SELECT until_us FROM goodwill_outbox_claims WHERE ledger = :ledger AND bucket = :bucket"),
            {"ledger": book.database.ledger, "bucket": bucket},
        )
    return int(found or 0)


class Killed(BaseException):
    """The relay's process is gone."""


def test_a_relay_that_dies_between_post_and_delete_sends_the_same_again(book: Book, receiver: Receiver) -> None:
    note(book, "ada", "bob")

    def send_and_die(message: Message) -> Answer:
        with_receiver(message)
        raise Killed

    with_receiver = book.relay()._send
    dying = book.relay(send=send_and_die)
    dying._claims.release = lambda _: None  # who is dead lets nothing go
    with pytest.raises(Killed):
        dying.run()
    (lost,) = receiver.received
    account, other = (lost.event["subject"], {"ada": "bob", "bob": "ada"}[lost.event["subject"]])
    relay = book.relay()
    assert relay.run() == Passed(sent=3)  # the other account's, which no relay had
    assert receiver.told_of(other) == references(other)
    end_leases(book)
    assert relay.run() == Passed(sent=3)
    assert receiver.told_of(account) == [f"{account}:0", *references(account)]
    assert [each.id for each in receiver.received if each.event["subject"] == account][:2] == [lost.id] * 2


def test_relays_at_once_send_each_event_once_and_in_order(book: Book, receiver: Receiver) -> None:
    accounts = [f"customer-{number}" for number in range(12)]
    note(book, *accounts, times=15)
    relays = [book.relay() for _ in range(3)]
    passed: list[Passed] = []

    def run(relay: Relay) -> None:
        while book.rows():
            passed.append(relay.run())

    threads = [threading.Thread(target=run, args=[relay]) for relay in relays]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(each.sent for each in passed) == 12 * 15
    assert len({request.id for request in receiver.received}) == len(receiver.received) == 12 * 15
    for account in accounts:
        assert receiver.told_of(account) == references(account, 15)
    assert book.rows() == []


def test_a_relay_that_lost_its_bucket_leaves_the_rest_to_the_other(book: Book, receiver: Receiver) -> None:
    note(book, "ada")
    other = book.relay()

    def send_too_slowly(_: Message) -> Answer:
        end_leases(book)
        other.run()
        return Answer(204)

    # With a lease so short, each event is checked; meanwhile the other took the bucket and sent everything.
    assert book.relay(send=send_too_slowly, lease_s=0.001).run() == Passed(sent=1)
    assert receiver.told_of("ada") == references("ada")
    assert book.rows() == []


def test_a_lease_is_renewed_when_half_of_it_is_over_and_others_have_not_taken_it(book: Book) -> None:
    note(book, "ada")
    claims, others = book.relay()._claims, book.relay()._claims
    claims.prepare()
    (bucket,) = claims.free(to_us(book.now))
    lease = claims.claim([bucket])
    assert lease is not None
    assert others.free(to_us(book.now)) == []
    assert others.claim([bucket]) is None
    first_us = until_us(book, bucket)
    assert claims.hold(lease) == lease
    assert until_us(book, bucket) == first_us
    renewed = claims.hold(lease._replace(until=time.monotonic() + 1))
    assert renewed is not None
    assert renewed.until > lease.until
    assert until_us(book, bucket) > first_us
    end_leases(book)
    taken = others.claim([bucket])
    assert taken is not None
    assert claims.hold(lease._replace(until=0.0)) is None
    claims.release(lease)  # which is not its own any more
    assert claims.claim([bucket]) is None
    others.release(taken)
    assert claims.claim([bucket]) is not None


def test_a_bucket_that_another_is_just_claiming_is_passed_over_at_once(server_book: Book) -> None:
    claims = server_book.relay()._claims
    claims.prepare()
    with server_book.database.engine.begin() as connection:
        held = {"of_ledger": server_book.database.ledger, "buckets": [5]}
        assert connection.scalar(claims._sql.lock, held) == 5
        begun = time.monotonic()
        assert claims.claim([5]) is None
        other = claims.claim([5, 6])
        assert time.monotonic() - begun < 30  # MariaDB would wait 50 s for a lock, PostgreSQL for ever
    assert other is not None
    assert other.bucket == 6
    assert claims.claim([5]) is not None


@pytest.mark.parametrize(("version", "skips"), [((10, 5, 9), False), ((10, 6), True), ((11, 4, 2), True)])
def test_an_older_mariadb_is_not_asked_to_skip(small_book: Book, version: tuple[int, ...], skips: bool) -> None:
    dialect = SimpleNamespace(is_mariadb=True, server_version_info=version)
    asked = small_book.relay()._claims._lock(SimpleNamespace(dialect=dialect))
    words = str(asked.compile(dialect=MariaDBDialect()))
    assert "FOR UPDATE" in words
    assert ("SKIP LOCKED" in words) is skips


def test_no_transaction_is_open_while_it_posts(book: Book) -> None:
    note(book, "ada", "bob")
    engine = book.database.engine

    def send(_: Message) -> Answer:
        assert engine.pool.checkedout() == 0
        return Answer(204)

    assert book.relay(send=send).run() == Passed(sent=6)


def test_a_restricted_accounts_events_wait_until_it_is_lifted(book: Book, receiver: Receiver) -> None:
    note(book, "ada", "bob", times=2)
    book.ledger.restrict_account("ada")
    book.ledger.deposit("ada", "upgrade", reference="meanwhile")
    assert book.relay().run() == Passed(sent=2)
    assert receiver.told_of("ada") == []
    (held,) = waiting(book.database.engine, ledger=book.database.ledger)
    assert held.is_restricted
    book.ledger.lift_restriction("ada")
    assert book.relay().run() == Passed(sent=3)
    assert receiver.told_of("ada") == [*references("ada", 2), "lifted"]


def test_an_erased_customers_id_is_not_sent_again(book: Book, receiver: Receiver) -> None:
    note(book, "ophelia", times=1)
    book.relay().run()
    (before,) = receiver.events
    note(book, "ophelia", times=3)
    book.ledger.erase_account("ophelia")
    assert book.relay().run() == Passed(sent=1)
    erased = receiver.events[-1]
    assert erased["type"] == "goodwill.account.erased"
    assert erased["partitionkey"] == before["partitionkey"]
    assert "ophelia" not in receiver.received[-1].body.decode()


def test_what_was_written_beside_an_erasure_is_dropped(book: Book, receiver: Receiver) -> None:
    note(book, "ophelia", times=1)
    # As if another transaction had written its event while the erasure did not see it.
    rows = book.rows()
    book.ledger.erase_account("ophelia")
    columns = ", ".join(rows[0])
    with book.database.engine.begin() as connection:
        connection.execute(
            text(f"INSERT INTO goodwill_outbox ({columns}) VALUES ({', '.join(f':{name}' for name in rows[0])})"), rows
        )
    assert book.relay().run() == Passed(sent=1, dropped=1)
    assert [each["type"] for each in receiver.events] == ["goodwill.account.erased"]
    assert book.rows() == []


def test_an_erasure_is_told_of_a_restricted_account_too(book: Book, receiver: Receiver) -> None:
    note(book, "ada", times=1)
    book.ledger.restrict_account("ada")
    book.ledger.erase_account("ada")
    assert book.relay().run() == Passed(sent=1)
    assert receiver.events[0]["type"] == "goodwill.account.erased"


def test_an_account_erased_after_the_batch_was_read_is_told_as_such(book: Book) -> None:
    note(book, "ophelia", "bob", times=2)
    bodies: list[bytes] = []

    def send(message: Message) -> Answer:
        if not bodies:
            for account in ("ophelia", "bob"):
                book.ledger.erase_account(account)
        bodies.append(message.body)
        return Answer(204)

    book.relay(send=send).run()
    assert not [body for body in bodies[1:] if b"ophelia" in body or b"bob" in body]
    assert [body for body in bodies[1:] if b"account.erased" in body] == bodies[1:]
    assert len(bodies) == 3


def test_ledgers_do_not_see_each_others_events(book: Book, receiver: Receiver) -> None:
    note(book, "ada", times=2)
    other = Relay(book.database.engine, book.relay()._send, ledger=f"{book.database.ledger}-other", clock=book.clock)
    assert other.run() == Passed()
    assert book.relay().run() == Passed(sent=2)
    assert receiver.events[0]["source"] == f"/goodwill/{book.database.ledger}"


def test_a_relay_ends_after_the_event_that_it_is_at(small_book: Book) -> None:
    note(small_book, "ada")
    stop = threading.Event()

    def send(_: Message) -> Answer:
        stop.set()
        return Answer(204)

    assert small_book.relay(send=send, stop=stop).watch(pause_s=0.01) == Passed(sent=1)
    assert len(small_book.rows()) == 2


def test_a_relay_that_watches_sends_what_comes_and_outlives_its_database(small_book: Book) -> None:
    stop, faults = threading.Event(), list[Exception]()
    reports = list[Passed]()
    relay = small_book.relay(send=lambda _: Answer(204), stop=stop)
    runs = 0
    run = relay.run

    def troubled() -> Passed:
        nonlocal runs
        runs += 1
        if runs == 2:
            raise RetryTransaction("the database went away")
        if runs == 3:
            note(small_book, "ada")
        if runs == 4:
            stop.set()
        return run()

    relay.run = troubled  # type: ignore[method-assign]
    assert relay.watch(pause_s=0.001, report=reports.append, complain=faults.append) == Passed(sent=3)
    assert reports == [Passed(sent=3)]
    assert [str(fault) for fault in faults] == ["the database went away"]


def test_a_relay_without_tables_says_how_to_get_them() -> None:
    engine = open_engine("sqlite://")
    error = raised(SchemaOutdated, Relay(engine, lambda _: Answer(204)).run)
    assert "goodwill db upgrade" in str(error)
    engine.dispose()


def test_an_idle_relay_does_not_take_sqlites_write_lock(small_book: Book) -> None:
    relay = small_book.relay(send=lambda _: Answer(204))
    relay.run()
    begun: list[str] = []
    event.listen(small_book.database.engine, "before_cursor_execute", lambda *call: begun.append(call[2]))
    relay.run()
    assert begun
    assert [each for each in begun if "IMMEDIATE" in each] == []


def test_crossings_are_told_in_their_turn(book: Book, receiver: Receiver) -> None:
    note(book, "ada", times=1)
    found = book.crossing()
    book.put(found, found._replace(threshold="order:1@2026-03-02T00:00:00.000000Z", direction="overdue"))
    book.relay().run()
    overdrawn, overdue = receiver.events[1:]
    assert overdrawn["data"]["policy"] == {"name": found.policy_name, "digest": found.policy_digest}
    assert (overdrawn["data"]["threshold"], overdrawn["time"]) == (0, "1970-01-02T00:00:00Z")
    assert overdue["data"]["breach"] == "order:1@2026-03-02T00:00:00.000000Z"


def test_a_pointer_to_what_is_no_longer_kept_is_dropped(book: Book, receiver: Receiver) -> None:
    note(book, "ada", times=3)
    first = book.rows()[0]
    with book.database.engine.begin() as connection:
        connection.execute(text("UPDATE goodwill_outbox SET seq = 0 WHERE id = :id"), {"id": first["id"]})
    assert book.relay().run() == Passed(sent=2, dropped=1)
    assert receiver.told_of("ada") == references("ada")[1:]


def test_a_relay_works_over_an_engine_as_a_host_makes_it(book: Book, receiver: Receiver) -> None:
    note(book, "ada", "bob")
    with book.database.host() as engine:
        relays = [
            Relay(engine, book.relay()._send, ledger=book.database.ledger, clock=book.clock, lease_s=lease_s)
            for lease_s in (60.0, 30.0)
        ]
        claims = [relay._claims for relay in relays]
        claims[0].prepare()
        free = claims[0].free(relays[0]._now_us())
        lease = claims[0].claim(free)
        assert lease is not None
        assert claims[1].claim([lease.bucket]) is None
        claims[0].release(lease)
        assert sum(relay.run().sent for relay in relays) == 6
    assert receiver.told_of("ada") == references("ada")


@pytest.mark.parametrize("driver", ["sqlite+aiosqlite", "postgresql+asyncpg", "postgresql+psycopg", "mariadb+asyncmy"])
def test_what_an_async_ledger_records_is_told_too(driver: str, shared: Callable[[str], Any]) -> None:
    database = shared(driver.partition("+")[0]).anew()

    async def record() -> None:
        engine = open_async_engine(database.url.set(drivername=driver).render_as_string(hide_password=False))
        store = AsyncSQLAlchemyStore(engine, ledger=database.ledger, outbox=True)
        ledger = AsyncLedger(store, policy=presets.default(), catalog=presets.service_catalog())
        for number in range(3):
            await ledger.deposit("ada", "upgrade", reference=f"ada:{number}")
        await ledger.merge("bob", into="ada")
        await engine.dispose()

    asyncio.run(record())
    sent: list[Message] = []

    def send(message: Message) -> Answer:
        sent.append(message)
        return Answer(204)

    assert Relay(database.engine, send, ledger=database.ledger).run() == Passed(sent=4)
    assert [json.loads(message.body)["data"].get("reference") for message in sent if b"entry" in message.body] == (
        references("ada")
    )


ACCOUNTS = ("ada", "bob", "cy")
STEPS = st.lists(
    st.one_of(
        st.sampled_from(ACCOUNTS),
        st.tuples(st.just("relay"), st.lists(st.sampled_from([204, 204, 204, 500]), max_size=6)),
    ),
    max_size=25,
)


@given(STEPS)
def test_whatever_the_receiver_answers_each_account_is_told_all_of_its_events_in_order(steps: list[Any]) -> None:
    engine = open_engine("sqlite://")
    create_all(engine)
    clock = FixedClock(NOON)
    store = SQLAlchemyStore(engine, outbox=True)
    ledger = Ledger(store, policy=presets.default(), catalog=presets.service_catalog(), clock=clock)
    taken: dict[str, list[str]] = {account: [] for account in ACCOUNTS}
    written: dict[str, list[str]] = {account: [] for account in ACCOUNTS}
    answers: list[int] = []

    def send(message: Message) -> Answer:
        told = json.loads(message.body)
        status = answers.pop(0) if answers else 204
        if status == 204:
            taken[told["subject"]].append(message.id)
        return Answer(status)

    relay = Relay(engine, send, clock=clock, backoff=Backoff(attempts=2, first_s=60))
    for step in [*steps, ("relay", []), ("relay", [])]:
        if isinstance(step, str):
            written[step].append(ledger.deposit(step, "upgrade").id)
            continue
        answers[:] = step[1]
        relay.run()
        unpark(engine)
        clock.advance(hours=1)
    assert taken == written
    engine.dispose()
