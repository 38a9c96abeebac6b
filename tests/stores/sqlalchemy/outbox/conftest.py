"""Ledgers whose facts are told to a receiver on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from goodwill import Ledger, presets
from goodwill.domain.crossing import Crossing
from goodwill.stores.sqlalchemy import SQLAlchemyStore
from goodwill.stores.sqlalchemy.outbox.backoff import Backoff
from goodwill.stores.sqlalchemy.outbox.relay import Relay
from goodwill.stores.sqlalchemy.outbox.sending import webhook
from goodwill.stores.sqlalchemy.outbox.signing import Signer
from goodwill.stores.sqlalchemy.outbox.writing import put_crossings
from goodwill.stores.sqlalchemy.statements import family_of, statements
from goodwill.stores.sqlalchemy.tenant import Tenant
from goodwill.stores.sqlalchemy.work import run
from goodwill.testing.clock import FixedClock
from goodwill.testing.drafts import NOON
from tests.databases import Database
from tests.receivers import Receiver

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ANOTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDsMjhZaCnhxM="


class Book:
    """A ledger whose facts are told, and relays for it, on one clock."""

    def __init__(self, database: Database, to: str, stack: ExitStack) -> None:
        self.database = database
        self.clock = FixedClock(NOON)
        self.to = to
        self._stack = stack
        self.ledger = self.over(database.engine)

    def over(self, bind: Session | Connection | Engine, *, outbox: bool = True) -> Ledger:
        """The ledger, in the transactions of another session, connection or engine."""
        store = SQLAlchemyStore(bind, ledger=self.database.ledger, outbox=outbox)
        policy, catalog = presets.default(), presets.service_catalog()
        return Ledger(store, policy=policy, catalog=catalog, clock=self.clock)

    def relay(self, **options: Any) -> Relay:
        """A relay that posts to the receiver; its clock is the ledger's."""
        if "send" not in options:
            options["send"] = self._stack.enter_context(webhook(self.to, Signer([SECRET]), timeout_s=5))
        settings = {"clock": self.clock, "backoff": Backoff(attempts=3, first_s=60), **options}
        return Relay(self.database.engine, settings.pop("send"), ledger=self.database.ledger, **settings)

    def later(self, **duration: float) -> None:
        """Let time pass."""
        self.clock.advance(**duration)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def rows(self) -> list[dict[str, Any]]:
        """What is in the outbox."""
        with self.database.engine.connect() as connection:
            found = connection.execute(
                text("SELECT * FROM goodwill_outbox WHERE ledger = :ledger ORDER BY id"),
                {"ledger": self.database.ledger},
            )
            return [dict(row) for row in found.mappings()]

    def crossing(self, **changes: Any) -> Crossing:
        """That Ada, who has an account, went overdrawn."""
        with self.database.engine.connect() as connection:
            account_id = connection.scalar(
                text("SELECT id FROM goodwill_accounts WHERE ledger = :ledger AND name = 'ada'"),
                {"ledger": self.database.ledger},
            )
        policy = presets.default()
        found = Crossing("ada", account_id or 0, policy.digest, policy.name, 0.0, "overdrawn", 86_400_000_000)
        return found._replace(**changes)

    def put(self, *crossings: Crossing, outbox: bool = True) -> None:
        """Write crossings, as the job does that finds them."""
        dialect = self.database.engine.dialect
        sql = statements("goodwill_", None, family_of(dialect), returning=dialect.insert_returning)
        with self.database.engine.begin() as connection:
            run(put_crossings(crossings, sql, Tenant(self.database.ledger, outbox=outbox)), connection)


@pytest.fixture
def book(database: Database, receiver: Receiver) -> Iterator[Book]:
    """On each of the three databases."""
    with ExitStack() as stack:
        yield Book(database, receiver.url, stack)


@pytest.fixture
def server_book(on_server: Database, receiver: Receiver) -> Iterator[Book]:
    """On each of the two servers, where relays work beside writers."""
    with ExitStack() as stack:
        yield Book(on_server, receiver.url, stack)


@pytest.fixture
def small_book(on_sqlite: Database, receiver: Receiver) -> Iterator[Book]:
    """In a file of SQLite, where the database does not matter."""
    with ExitStack() as stack:
        yield Book(on_sqlite, receiver.url, stack)
