"""Which relay sends whose events: a bucket of accounts is leased to one relay at a time.

A lease and not a lock: nobody holds a transaction open while a receiver takes its time, and what a relay that died had
is free when its lease ends. Leases go by the database's clock, so relays need not agree on the time.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Engine, func, insert, select
from sqlalchemy.exc import IntegrityError

from goodwill.stores.sqlalchemy.engine import reading, writing
from goodwill.stores.sqlalchemy.outbox.statements import RelayStatements
from goodwill.stores.sqlalchemy.outbox.writing import BUCKETS

__all__ = ["Claims", "Lease"]

SKIPS_LOCKED: Final = (10, 6)
"""The MariaDB that learned SKIP LOCKED; an older one waits the moment that another's claim takes."""


class Lease(NamedTuple):
    """A bucket that is ours until another clock of this machine says so (`time.monotonic`), unless it is renewed."""

    bucket: int
    until: float


class Claims:
    """The buckets of a ledger, for one relay.

    Args:
        engine: of the database.
        sql: the statements.
        ledger: whose events.
        lease_s: for how long a bucket is leased.
    """

    def __init__(self, engine: Engine, sql: RelayStatements, ledger: str, lease_s: float) -> None:
        self._engine = engine
        self._sql = sql
        self._ledger = ledger
        self._lease_s = lease_s
        self._owner = uuid.uuid4().hex

    def prepare(self) -> None:
        """Make the rows of the buckets where there are none; of two relays that do, one finds them made."""
        claims = self._sql.claims
        counted = select(func.count()).select_from(claims).where(claims.c.ledger == self._ledger)
        rows = [{"ledger": self._ledger, "bucket": bucket, "until_us": 0} for bucket in range(BUCKETS)]
        with reading(self._engine) as connection:
            if connection.scalar(counted) == BUCKETS:
                return
        try:
            with writing(self._engine) as connection:
                if connection.scalar(counted) == 0:
                    connection.execute(insert(claims), rows)
        except IntegrityError:
            pass  # another relay was faster; its transaction made all of them

    def free(self, now_us: int) -> list[int]:
        """The buckets that no relay has and that hold something to send at an instant, in a random order."""
        with reading(self._engine) as connection:
            asked = {"of_ledger": self._ledger, "now_us": now_us}
            found = list(connection.scalars(self._sql.claimable, asked))
        random.shuffle(found)
        return found

    def claim(self, buckets: Collection[int]) -> Lease | None:
        """Lease one of these buckets; None if others have them all."""
        until = time.monotonic() + self._lease_s
        with writing(self._engine) as connection:
            bucket = connection.scalar(self._lock(connection), {"of_ledger": self._ledger, "buckets": list(buckets)})
            if bucket is None:
                return None
            taken = connection.execute(self._sql.claim, {**self._of(bucket), **self._lease(), "new_owner": self._owner})
        return Lease(bucket, until) if taken.rowcount else None

    def hold(self, lease: Lease) -> Lease | None:
        """The lease, renewed if half of it is over; None if another relay has the bucket now."""
        if lease.until - time.monotonic() > self._lease_s / 2:
            return lease
        until = time.monotonic() + self._lease_s
        with writing(self._engine) as connection:
            renewed = connection.execute(self._sql.renew, {**self._of(lease.bucket), **self._lease(), **self._own()})
        return Lease(lease.bucket, until) if renewed.rowcount else None

    def release(self, lease: Lease) -> None:
        """Let others have the bucket at once."""
        with writing(self._engine) as connection:
            connection.execute(self._sql.release, {**self._of(lease.bucket), **self._own()})

    def _lock(self, connection: Connection) -> Any:
        dialect = connection.dialect
        is_old = getattr(dialect, "is_mariadb", False) and (dialect.server_version_info or ()) < SKIPS_LOCKED
        return self._sql.lock.with_for_update() if is_old else self._sql.lock

    def _of(self, bucket: int) -> Mapping[str, Any]:
        return {"of_ledger": self._ledger, "of_bucket": bucket}

    def _own(self) -> Mapping[str, Any]:
        return {"of_owner": self._owner}

    def _lease(self) -> Mapping[str, Any]:
        return {"lease_us": int(self._lease_s * 1_000_000)}
