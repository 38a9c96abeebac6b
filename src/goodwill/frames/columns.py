"""The columns of a frame of entries: what each is called, what it holds, and what of an entry it says.

They are those that `goodwill.analytics` reads, and those that bring an entry back. What nobody said is null.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NamedTuple

from goodwill.domain.entry import ABSENT, UNRECORDED, Entry, Ref
from goodwill.domain.instant import to_us

__all__ = ["COLUMNS", "Column", "Form"]

Form = Literal["text", "number", "amount", "whole", "small", "instant"]
"""What a column holds: texts, doubles, exact decimals, whole numbers of 64 bits, of 32 bits, or instants in UTC."""


class Column(NamedTuple):
    """A column of a frame of entries.

    Attributes:
        form: what it holds.
        of: what it says of an entry; of an instant, microseconds since the epoch.
    """

    form: Form
    of: Callable[[Entry], Any]


def plain(name: str) -> Callable[[Entry], Any]:
    """A field as it is; None of an entry that has no such field."""
    return lambda entry: getattr(entry, name, None)


def instant(name: str) -> Callable[[Entry], int | None]:
    """An instant in microseconds since the epoch; None where it is not known yet."""

    def read(entry: Entry) -> int | None:
        value = getattr(entry, name, None)
        return None if value is None or value is UNRECORDED else to_us(value, name)

    return read


def as_json(name: str) -> Callable[[Entry], str | None]:
    """A mapping as JSON; None where it is empty."""
    return lambda entry: json.dumps(dict(value)) if (value := getattr(entry, name)) else None


def magnitude(entry: Entry) -> float | None:
    """How big, as a reading has it."""
    return None if entry.magnitude is ABSENT else float(entry.magnitude)


def answered(entry: Entry) -> str | None:
    """The id or the reference that a link names."""
    link = entry.in_response_to
    return link.reference if isinstance(link, Ref) else link


COLUMNS: Final[Mapping[str, Column]] = {
    "account": Column("text", plain("account")),
    "name": Column("text", plain("account")),
    "type": Column("text", plain("type")),
    "kind": Column("text", plain("kind")),
    "magnitude": Column("number", magnitude),
    "currency": Column("text", plain("currency")),
    "cost": Column("amount", lambda entry: None if entry.cost is None else entry.cost.amount),
    "cost_currency": Column("text", lambda entry: None if entry.cost is None else entry.cost.currency),
    "occurred_at": Column("instant", instant("occurred_at")),
    "recorded_at": Column("instant", instant("recorded_at")),
    "id": Column("text", plain("id")),
    "seq": Column("whole", plain("seq")),
    "reference": Column("text", plain("reference")),
    "revision": Column("small", plain("revision")),
    "in_response_to": Column("text", answered),
    "reverses": Column("text", plain("reverses")),
    "amends": Column("text", plain("amends")),
    "sincerity": Column("number", plain("sincerity")),
    "severity": Column("number", plain("severity")),
    "due": Column("instant", instant("due")),
    "recurs": Column("text", plain("recurs")),
    "tz": Column("text", plain("tz")),
    "dimensions": Column("text", as_json("dimensions")),
    "channel": Column("text", plain("channel")),
    "actor": Column("text", plain("actor")),
    "note": Column("text", plain("note")),
    "attributes": Column("text", as_json("attributes")),
    "positive": Column("number", plain("positive")),
    "negative": Column("number", plain("negative")),
    "read_under": Column("text", plain("read_under")),
}
"""The columns in their order; `account` is the name that answers for the customer, `name` the one that was written."""
