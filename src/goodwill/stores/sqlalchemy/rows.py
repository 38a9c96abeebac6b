"""Between rows and entries: exact both ways, and without validation, since what is kept was checked at the door."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Context, Decimal
from typing import Any, Final

from goodwill.domain.entry import (
    ABSENT,
    NOTHING,
    Deposit,
    Entry,
    Fact,
    Kept,
    Observation,
    Opening,
    Promise,
    Ref,
    Reversal,
    Withdrawal,
)
from goodwill.domain.instant import from_us, to_us
from goodwill.domain.money import Money
from goodwill.ledger.ports import Draft
from goodwill.stores.sqlalchemy.row_digests import entry_digest

__all__ = ["ENTRY_COLUMNS", "FACT_COLUMNS", "ENTRY_VALUES", "details_of", "entry_of", "fact_of", "row_of"]

MILLION = 1_000_000
# A context of our own: the caller's thread may round to five digits, and a magnitude must not notice.
EXACT: Final = Context(prec=40)

CLASSES: Final[Mapping[str, type[Entry]]] = {
    cls.type: cls for cls in (Deposit, Withdrawal, Observation, Promise, Kept, Opening, Reversal)
}

ENTRY_COLUMNS: Final = (
    "seq", "id", "type", "kind", "magnitude_e6", "currency", "cost_minor", "cost_currency", "cost_exponent",
    "occurred_us", "recorded_us", "reference", "revision", "response_id", "response_ref", "reverses", "amends",
    "sincerity", "severity", "dimensions", "channel", "actor", "backfilled", "due_us", "recurs", "tz",
    "positive", "negative", "read_under",
)  # fmt: skip
"""The columns of `entries` that `entry_of` reads, followed by account, note, attributes and reversed_by."""

FACT_COLUMNS: Final = (
    "id", "seq", "type", "kind", "occurred_us", "recorded_us", "magnitude_e6", "currency", "reference", "revision",
    "response_id", "response_ref", "reverses", "amends", "sincerity", "severity", "dimensions",
    "due_us", "recurs", "tz", "positive", "negative", "read_under",
)  # fmt: skip
"""The columns of `entries` that `fact_of` reads, followed by account."""


ENTRY_VALUES: Final = (
    "id", "ledger", "account_id", "type", "kind", "magnitude_e6", "currency", "cost_minor", "cost_currency",
    "cost_exponent", "occurred_us", "recorded_us", "reference", "revision", "response_id", "response_ref", "reverses",
    "amends", "sincerity", "severity", "dimensions", "channel", "actor", "backfilled", "request_digest",
    "due_us", "recurs", "tz", "positive", "negative", "read_under", "row_digest",
)  # fmt: skip
"""The columns of `entries` that an insert fills: what `row_of` gives, and account_id."""


def row_of(draft: Draft, ledger: str) -> dict[str, Any]:
    """What `entries` keeps of a draft, and its account by name."""
    entry = draft.entry
    cost, link = entry.cost, entry.in_response_to
    exponent = 0 if cost is None else cost.exponent
    row = {
        "id": entry.id,
        "ledger": ledger,
        "account": entry.account,
        "type": entry.type,
        "kind": entry.kind,
        "magnitude_e6": None if entry.magnitude is ABSENT else int(EXACT.scaleb(entry.magnitude, 6)),
        "currency": entry.currency,
        "cost_minor": None if cost is None else int(EXACT.scaleb(cost.amount, exponent)),
        "cost_currency": None if cost is None else cost.currency,
        "cost_exponent": None if cost is None else exponent,
        "occurred_us": to_us(entry.occurred_at),
        "recorded_us": to_us(entry.recorded_at),
        "reference": entry.reference,
        "revision": entry.revision,
        "response_id": link if isinstance(link, str) else None,
        "response_ref": link.reference if isinstance(link, Ref) else None,
        "reverses": entry.reverses if isinstance(entry, Reversal) else None,
        "amends": entry.amends,
        "sincerity": entry.sincerity,
        "severity": entry.severity,
        "dimensions": dump(entry.dimensions),
        "channel": entry.channel,
        "actor": entry.actor,
        "backfilled": entry.backfilled,
        "request_digest": draft.digest,
        "due_us": to_us(entry.due) if isinstance(entry, Promise) else None,
        "recurs": entry.recurs if isinstance(entry, Promise) else None,
        "tz": entry.tz if isinstance(entry, Promise) else None,
        "positive": entry.positive if isinstance(entry, Opening) else None,
        "negative": entry.negative if isinstance(entry, Opening) else None,
        "read_under": entry.read_under if isinstance(entry, Opening) else None,
    }
    row["row_digest"] = entry_digest(row)
    return row


def details_of(entry: Entry) -> dict[str, Any] | None:
    """What `details` keeps of an entry that has its seq, or None if there is nothing to keep."""
    if entry.note is None and not entry.attributes:
        return None
    return {"seq": entry.seq, "note": entry.note, "attributes": dump(entry.attributes)}


def entry_of(row: Sequence[Any]) -> Entry:
    """The entry of a row of ENTRY_COLUMNS, account, note, attributes and reversed_by."""
    (
        seq, id_, type_, kind, magnitude_e6, currency, cost_minor, cost_currency, cost_exponent,
        occurred_us, recorded_us, reference, revision, response_id, response_ref, reverses, amends,
        sincerity, severity, dimensions, channel, actor, backfilled, due_us, recurs, tz, positive, negative, read_under, account, note, attributes, reversed_by, *_,
    ) = row  # fmt: skip
    return CLASSES[type_](
        **({} if reverses is None else {"reverses": reverses}),
        **({} if positive is None else {"positive": positive, "negative": negative, "read_under": read_under}),
        **({} if due_us is None else {"due": from_us(due_us), "recurs": recurs, "tz": tz}),
        account=account,
        kind=kind,
        occurred_at=from_us(occurred_us),
        magnitude=ABSENT if magnitude_e6 is None else magnitude_of(magnitude_e6),
        currency=currency,
        cost=None if cost_minor is None else Money.from_minor(cost_minor, cost_currency, cost_exponent),
        reference=reference,
        in_response_to=response_id if response_ref is None else Ref(response_ref),
        sincerity=sincerity,
        severity=severity,
        dimensions={} if dimensions is None else json.loads(dimensions),
        channel=channel,
        actor=actor,
        note=note,
        attributes={} if attributes is None else json.loads(attributes),
        id=id_,
        recorded_at=from_us(recorded_us),
        revision=revision,
        seq=seq,
        amends=amends,
        backfilled=bool(backfilled),
        reversed_by=reversed_by,
    )


def fact_of(row: Sequence[Any]) -> Fact:
    """The fact of a row of FACT_COLUMNS and account; what nobody said is 1."""
    (
        id_, seq, type_, kind, occurred_us, recorded_us, magnitude_e6, currency, reference, revision,
        response_id, response_ref, reverses, amends, sincerity, severity, dimensions, due_us, recurs, tz,
        positive, negative, read_under, account,
    ) = row  # fmt: skip
    return Fact(
        id_,
        seq,
        type_,
        account,
        kind,
        occurred_us,
        recorded_us,
        1.0 if magnitude_e6 is None else magnitude_e6 / MILLION,
        currency,
        reference,
        revision,
        response_id if response_ref is None else Ref(response_ref),
        reverses,
        amends,
        1.0 if sincerity is None else sincerity,
        1.0 if severity is None else severity,
        NOTHING if dimensions is None else json.loads(dimensions),
        magnitude_e6 is None,
        due_us,
        recurs,
        tz,
        positive or 0.0,
        negative or 0.0,
        read_under,
    )


def magnitude_of(millionths: int) -> Decimal:
    """The magnitude, without zeros at its end.

    Example:
        >>> magnitude_of(3_000_000), magnitude_of(2_500_000)
        (Decimal('3'), Decimal('2.5'))
    """
    whole, rest = divmod(millionths, MILLION)
    return Decimal(whole) if not rest else EXACT.normalize(EXACT.scaleb(Decimal(millionths), -6))


def dump(mapping: Mapping[str, Any]) -> str | None:
    """JSON in ASCII, so that no database has an opinion on it; None if the mapping is empty."""
    if not mapping:
        return None
    return json.dumps(dict(mapping), separators=(",", ":"), allow_nan=False)
