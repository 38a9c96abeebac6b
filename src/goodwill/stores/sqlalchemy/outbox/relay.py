"""The relay: sends what waits in the outbox, at least once, and each account's events in their order.

For a bucket of accounts that it leased (`claims.py`), it reads a batch in order, and then for each event: read what it
says, post it, delete it. What is not taken waits for another try, and so do the account's later events; after the last
try the account is parked until somebody looks (`waiting.py`). Other accounts go on. No transaction is open while it
posts, and an event is deleted only after the receiver has it: a relay that is killed between the two sends it again,
under the same id.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from goodwill.domain.account import ERASED
from goodwill.domain.errors import EndpointGone, RetryTransaction
from goodwill.domain.instant import to_us
from goodwill.ledger.ports import Clock, SystemClock
from goodwill.stores.sqlalchemy.engine import reading, writing
from goodwill.stores.sqlalchemy.failures import translated
from goodwill.stores.sqlalchemy.outbox.backoff import Backoff
from goodwill.stores.sqlalchemy.outbox.claims import Claims, Lease
from goodwill.stores.sqlalchemy.outbox.events import Waiting, default_source, event_of, message_of
from goodwill.stores.sqlalchemy.outbox.sending import Answer, Send
from goodwill.stores.sqlalchemy.outbox.statements import PARKED_US, relay_statements
from goodwill.stores.sqlalchemy.statements import family_of
from goodwill.stores.sqlalchemy.store import check_place

__all__ = ["Outcome", "Passed", "Relay"]

BATCH: Final = 100
"""Events of a bucket that are sent before other relays may have it."""
LEASE_S: Final = 120.0
ERASURE: Final = "goodwill.account.erased"
LONGEST_FAULT: Final = 255


class Outcome(StrEnum):
    """What became of one event: taken, to be tried again, parked with its account, or without anything to tell."""

    SENT = "sent"
    FAILED = "failed"
    PARKED = "parked"
    DROPPED = "dropped"


class Passed(NamedTuple):
    """How many events had which outcome.

    Attributes:
        sent: taken by the receiver, and deleted.
        failed: not taken; they are tried again.
        parked: not taken after the last try; their accounts wait for `unpark`.
        dropped: deleted unsent, since their customer was erased, or what they tell is no longer in the ledger.
    """

    sent: int = 0
    failed: int = 0
    parked: int = 0
    dropped: int = 0

    def __add__(self, other: tuple[Any, ...]) -> Passed:
        return Passed(*(one + two for one, two in zip(self, other, strict=True)))


class Relay:
    """Sends the events of one ledger. Any number of relays may run at once, in threads, processes and on machines.

    Args:
        engine: of the database, best from `open_engine`; each step is a short transaction of its own.
        send: posts one message; `goodwill.stores.sqlalchemy.outbox.sending.webhook` makes one.
        ledger: whose events.
        prefix: as for `SQLAlchemyStore`.
        schema: likewise.
        source: the events' `source`, a URI reference; by default "/goodwill/<ledger>".
        backoff: when an event is tried again, and when its account is parked.
        lease_s: for how many seconds a bucket of accounts is ours without renewal, and so how long what a relay had
            that died waits. `send` must come back within half of it, or another relay might send beside this one.
        clock: by which tries are due.
        stop: once it is set, the relay ends after the event that it is at.

    Example:
        >>> from goodwill import Ledger, presets
        >>> from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, open_engine
        >>> engine = open_engine("sqlite://")
        >>> create_all(engine)
        >>> store = SQLAlchemyStore(engine, outbox=True)
        >>> ledger = Ledger(store, policy=presets.default(), catalog=presets.service_catalog())
        >>> _ = ledger.deposit("ada", "upgrade")
        >>> Relay(engine, lambda message: Answer(204)).run()
        Passed(sent=1, failed=0, parked=0, dropped=0)
    """

    def __init__(
        self,
        engine: Engine,
        send: Send,
        *,
        ledger: str = "default",
        prefix: str = "goodwill_",
        schema: str | None = None,
        source: str | None = None,
        backoff: Backoff | None = None,
        lease_s: float = LEASE_S,
        clock: Clock | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        check_place(ledger, prefix, schema)
        self._engine = engine
        self._send = send
        self._place = (prefix, schema)
        self._sql = relay_statements(prefix, schema, family_of(engine.dialect))
        self._ledger = ledger
        self._source = source or default_source(ledger)
        self._backoff = backoff or Backoff()
        self._claims = Claims(engine, self._sql, ledger, lease_s)
        self._clock = clock or SystemClock()
        self._stop = stop or threading.Event()

    def run(self) -> Passed:
        """Send all that is due, and return when nothing is left that is due and that no other relay is at.

        Raises:
            EndpointGone: if the receiver says so (410); the event stays, untried.
            SchemaOutdated: if its tables are not there.
            RetryTransaction: if the database could not be asked; run it again.
        """
        passed = Passed()
        with translated(*self._place):
            self._claims.prepare()
            while not self._stop.is_set() and (free := set(self._claims.free(self._now_us()))):
                claimed = 0
                while free and not self._stop.is_set() and (lease := self._claims.claim(free)) is not None:
                    claimed += 1
                    free.discard(lease.bucket)
                    passed += self._work(lease)
                if not claimed:
                    break
        return passed

    def watch(
        self,
        *,
        pause_s: float = 1.0,
        report: Callable[[Passed], None] | None = None,
        complain: Callable[[Exception], None] | None = None,
    ) -> Passed:
        """Run again and again until `stop` is set; a database that goes away after the first run is waited for.

        Args:
            pause_s: seconds between two runs.
            report: told after each run in which something happened.
            complain: told what a run could not do.
        """
        passed, is_first = Passed(), True
        while not self._stop.is_set():
            try:
                now = self.run()
            except (RetryTransaction, OperationalError) as fault:
                if is_first:
                    raise
                if complain is not None:
                    complain(fault)
            else:
                is_first = False
                passed += now
                if report is not None and any(now):
                    report(now)
            self._stop.wait(pause_s)
        return passed

    def _work(self, lease: Lease) -> Passed:
        """Send a batch of a bucket, and let it go."""
        held: Lease | None = lease
        passed, stuck = Passed(), set[int]()
        try:
            for event, account_id in self._batch(lease.bucket):
                if account_id in stuck:
                    continue
                if self._stop.is_set() or held is None or (held := self._claims.hold(held)) is None:
                    break
                outcome = self._settle(event)
                if outcome is None or outcome in {Outcome.FAILED, Outcome.PARKED}:
                    stuck.add(account_id)
                passed += counted(outcome)
        finally:
            self._claims.release(lease)
        return passed

    def _batch(self, bucket: int) -> list[tuple[int, int]]:
        """Events and their accounts, in order."""
        asked = {"ledger": self._ledger, "bucket": bucket, "limit": BATCH, "now_us": self._now_us()}
        with reading(self._engine) as connection:
            return [(row[0], row[1]) for row in connection.execute(self._sql.batch, asked)]

    def _settle(self, event: int) -> Outcome | None:
        """Read one event, post it, and write down what came of it; None if it is no longer to be sent."""
        with reading(self._engine) as connection:
            row = connection.execute(self._sql.load, {"event": event, "now_us": self._now_us()}).one_or_none()
            if row is None:
                return None
            waiting = Waiting(*row)
            is_told = waiting.type == ERASURE or not waiting.account.startswith(ERASED)
            told = event_of(waiting, self._source, self._sql, connection) if is_told else None
        if told is None:
            self._delete(event)
            return Outcome.DROPPED
        answer = self._send(message_of(told))
        if answer.is_taken:
            self._delete(event)
            return Outcome.SENT
        if answer.status == HTTPStatus.GONE:
            raise EndpointGone(
                "the receiver answered 410 Gone: it wants no more events; nothing was lost, and what waits is sent when "
                "a relay is started with another URL"
            )
        return self._fail(waiting, answer)

    def _delete(self, event: int) -> None:
        with writing(self._engine) as connection:
            connection.execute(self._sql.delete, {"event": event})

    def _fail(self, waiting: Waiting, answer: Answer) -> Outcome:
        """Write down when an event is tried again, or that its account is parked."""
        attempts, now_us = waiting.attempts + 1, self._now_us()
        wait_s = self._backoff.wait_s(attempts, answer.retry_after_s)
        values = {
            "event": waiting.id,
            "new_attempts": attempts,
            "new_next_us": PARKED_US if wait_s is None else now_us + max(int(wait_s * 1_000_000), 1),
            "new_parked_us": now_us if wait_s is None else None,
            "new_fault": answer.reason[:LONGEST_FAULT],
        }
        with writing(self._engine) as connection:
            connection.execute(self._sql.fail, values)
        return Outcome.PARKED if wait_s is None else Outcome.FAILED

    def _now_us(self) -> int:
        return to_us(self._clock.now())


def counted(outcome: Outcome | None) -> Passed:
    """One event, counted."""
    return Passed() if outcome is None else Passed(**{outcome.value: 1})
