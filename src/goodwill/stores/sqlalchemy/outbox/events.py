"""What an event says: CloudEvents 1.0 in JSON, made from the ledger's own rows when it is sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from sqlalchemy import Connection

from goodwill.domain.instant import from_us
from goodwill.ledger.exporting import record
from goodwill.stores.sqlalchemy.outbox.libraries import CloudEvent, JSONFormat
from goodwill.stores.sqlalchemy.outbox.sending import Message
from goodwill.stores.sqlalchemy.outbox.statements import RelayStatements
from goodwill.stores.sqlalchemy.rows import entry_of

__all__ = ["Waiting", "default_source", "event_of", "message_of"]

LEFT_OUT: Final = frozenset({"note", "attributes", "reversed_by"})
"""Of an entry: what is free and personal, and what is not yet known when it is written."""


class Waiting(NamedTuple):
    """A row of the outbox, with its account's name as it is now."""

    id: int
    account_id: int
    event_id: str
    type: str
    seq: int | None
    document: str | None
    attempts: int
    account: str


class Told(NamedTuple):
    """What an event is about: when it was, and its data."""

    time: datetime
    data: Mapping[str, Any]


def event_of(waiting: Waiting, source: str, sql: RelayStatements, connection: Connection) -> CloudEvent | None:
    """The event of a row; None if what it was to tell is no longer in the ledger.

    Its `subject` is the customer's id. Its `partitionkey` (an extension that CloudEvents documents) is the number of
    the account, which stays when the customer is erased: by it a receiver knows whose data to erase.
    """
    told = told_of(waiting, sql, connection)
    if told is None:
        return None
    attributes = {
        "specversion": "1.0",
        "id": waiting.event_id,
        "source": source,
        "type": waiting.type,
        "subject": waiting.account,
        "time": told.time,
        "datacontenttype": "application/json",
        "partitionkey": str(waiting.account_id),
    }
    return CloudEvent(attributes, dict(told.data))


def message_of(event: CloudEvent) -> Message:
    """An event as it is posted: the whole of it is the body (structured mode), so that all of it is signed."""
    form = JSONFormat()
    return Message(event.get_id(), form.get_content_type(), form.write(event))


def default_source(ledger: str) -> str:
    """What events say they come from, unless the relay is told otherwise: a URI reference.

    Example:
        >>> default_source("shop de")
        '/goodwill/shop%20de'
    """
    return f"/goodwill/{quote(ledger, safe='')}"


def told_of(waiting: Waiting, sql: RelayStatements, connection: Connection) -> Told | None:
    """What a row is about, read from where the ledger keeps it."""
    if waiting.document is not None:
        return of_crossing(waiting, json.loads(waiting.document))
    if waiting.type.startswith("goodwill.entry."):
        return of_entry(waiting, sql, connection)
    if waiting.type in {"goodwill.account.merged", "goodwill.account.unmerged"}:
        return of_merge(waiting, sql, connection)
    return of_mark(waiting, sql, connection)


def of_entry(waiting: Waiting, sql: RelayStatements, connection: Connection) -> Told | None:
    """An entry: all of its facts, nothing that erasure deletes."""
    row = connection.execute(sql.entry, {"seq": waiting.seq}).one_or_none()
    if row is None:
        return None
    entry = entry_of(row)
    facts = {name: value for name, value in record(entry).items() if name not in LEFT_OUT}
    return Told(entry.recorded_at, {"type": entry.type, **facts})


def of_merge(waiting: Waiting, sql: RelayStatements, connection: Connection) -> Told | None:
    """A merge. The other name is left out where that one is restricted now."""
    row = connection.execute(sql.merge, {"seq": waiting.seq}).one_or_none()
    if row is None:
        return None
    into, restricted_us, recorded_us, actor, backfilled = row
    told = {
        "account": waiting.account,
        "into": into if restricted_us is None and waiting.type == "goodwill.account.merged" else None,
        "recorded_at": from_us(recorded_us).isoformat(),
        "backfilled": bool(backfilled),
        "actor": actor,
    }
    return Told(from_us(recorded_us), known(told))


def of_mark(waiting: Waiting, sql: RelayStatements, connection: Connection) -> Told | None:
    """An operation on an account as a whole; its reason, in somebody's own words, stays here."""
    row = connection.execute(sql.mark, {"seq": waiting.seq}).one_or_none()
    if row is None:
        return None
    operation, recorded_us, actor, before_us = row
    recorded_at = from_us(recorded_us)
    told = {
        "account": waiting.account,
        "operation": operation,
        "before": None if before_us is None else from_us(before_us).isoformat(),
        "recorded_at": recorded_at.isoformat(),
        "actor": actor,
    }
    return Told(recorded_at, known(told))


def of_crossing(waiting: Waiting, found: Mapping[str, Any]) -> Told:
    """A crossing, which is in no table but the outbox."""
    threshold = "breach" if waiting.type == "goodwill.promise.overdue" else "threshold"
    data = {"account": waiting.account, "policy": found["policy"], threshold: found["threshold"]}
    return Told(from_us(int(found["at_us"])), data)


def known(told: Mapping[str, Any]) -> dict[str, Any]:
    """What there is to say."""
    return {name: value for name, value in told.items() if value is not None}
