"""What waits in the outbox, and letting parked accounts go on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine

from goodwill.domain.errors import UnknownAccount
from goodwill.domain.instant import from_us
from goodwill.stores.sqlalchemy.engine import reading, writing
from goodwill.stores.sqlalchemy.failures import translated
from goodwill.stores.sqlalchemy.outbox.statements import PARKED_US, RelayStatements, relay_statements
from goodwill.stores.sqlalchemy.statements import family_of
from goodwill.stores.sqlalchemy.steps import chunks

__all__ = ["Backlog", "unpark", "waiting"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits of one account.

    Attributes:
        account: the customer's id, as it is now.
        events: how many wait.
        oldest: for how long the oldest has waited.
        attempts: how often the first of them was tried.
        next_at: when it is tried again; None at once, or when it is parked.
        parked_at: since when the account is parked; None if it is not.
        fault: why the first was not taken.
        is_restricted: nothing is sent until the restriction is lifted.
    """

    account: str
    events: int
    oldest: timedelta
    attempts: int
    next_at: datetime | None
    parked_at: datetime | None
    fault: str | None
    is_restricted: bool


def waiting(
    engine: Engine, *, ledger: str = "default", prefix: str = "goodwill_", schema: str | None = None
) -> list[Backlog]:
    """Every account of which something waits: the parked ones first, then who has waited longest.

    Example:
        >>> from goodwill.stores.sqlalchemy import create_all, open_engine
        >>> engine = open_engine("sqlite://")
        >>> create_all(engine)
        >>> waiting(engine)
        []
    """
    sql = statements_of(engine, prefix, schema)
    with translated(prefix, schema), reading(engine) as connection:
        rows = connection.execute(sql.accounts, {"ledger": ledger}).all()
    return [
        Backlog(
            account=name,
            events=events,
            oldest=timedelta(microseconds=max(now_us - oldest_us, 0)),
            attempts=attempts,
            next_at=None if next_us is None or next_us == PARKED_US else from_us(next_us),
            parked_at=None if parked_us is None else from_us(parked_us),
            fault=fault,
            is_restricted=restricted_us is not None,
        )
        for name, restricted_us, events, oldest_us, attempts, next_us, parked_us, fault, now_us in rows
    ]


def unpark(
    engine: Engine,
    accounts: Collection[str] | None = None,
    *,
    ledger: str = "default",
    prefix: str = "goodwill_",
    schema: str | None = None,
) -> list[str]:
    """Let parked accounts go on, as if their events had never been tried; the answer is who was parked.

    Args:
        engine: of the database.
        accounts: customers' ids; None is all that are parked.
        ledger: whose.
        prefix: as for `SQLAlchemyStore`.
        schema: likewise.

    Raises:
        UnknownAccount: if one of them is not parked; nothing was changed.
    """
    sql = statements_of(engine, prefix, schema)
    with translated(prefix, schema), writing(engine) as connection:
        parked = {name: account_id for account_id, name in connection.execute(sql.parked, {"ledger": ledger})}
        wanted = sorted(parked if accounts is None else set(accounts))
        if unknown := [name for name in wanted if name not in parked]:
            raise UnknownAccount(
                f"no event of {', '.join(map(repr, unknown))} is parked; `goodwill outbox list` shows which are"
            )
        for ids in chunks([parked[name] for name in wanted]):
            connection.execute(sql.unpark, {"account_ids": ids})
    return wanted


def statements_of(engine: Engine, prefix: str, schema: str | None) -> RelayStatements:
    """The statements for an engine's database."""
    return relay_statements(prefix, schema, family_of(engine.dialect))
