"""The JSON Schema of events, for receivers: what each type says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["TYPES", "event_schema"]

TEXT: Final = {"type": "string", "minLength": 1}
INSTANT: Final = {"type": "string", "format": "date-time"}
DECIMAL: Final = {"type": "string", "pattern": r"^\d+(\.\d+)?$"}

ENTRY: Final[Mapping[str, Any]] = {
    "type": {"enum": ["deposit", "withdrawal", "observation", "promise", "kept", "opening", "reversal"]},
    "id": TEXT,
    "seq": {"type": "integer"},
    "account": TEXT,
    "kind": TEXT,
    "occurred_at": INSTANT,
    "recorded_at": INSTANT,
    "revision": {"type": "integer", "minimum": 1},
    "backfilled": {"type": "boolean"},
    "magnitude": DECIMAL,
    "currency": TEXT,
    "cost": {
        "type": "object",
        "properties": {"amount": DECIMAL, "currency": TEXT},
        "required": ["amount", "currency"],
        "additionalProperties": False,
    },
    "reference": TEXT,
    "in_response_to": {
        "anyOf": [
            TEXT,
            {
                "type": "object",
                "properties": {"reference": TEXT},
                "required": ["reference"],
                "additionalProperties": False,
            },
        ]
    },
    "reverses": TEXT,
    "amends": TEXT,
    "sincerity": {"type": "number", "minimum": -1, "maximum": 1},
    "severity": {"type": "number", "minimum": 0},
    "dimensions": {"type": "object", "additionalProperties": {"type": ["number", "string"]}},
    "channel": TEXT,
    "actor": TEXT,
    "due": INSTANT,
    "recurs": TEXT,
    "tz": TEXT,
    "positive": {"type": "number", "minimum": 0},
    "negative": {"type": "number", "maximum": 0},
    "read_under": TEXT,
}
ENTRY_REQUIRED: Final = (
    "type", "id", "seq", "account", "kind", "occurred_at", "recorded_at", "revision", "backfilled",
)  # fmt: skip

MARK: Final[Mapping[str, Any]] = {"account": TEXT, "recorded_at": INSTANT, "actor": TEXT}
POLICY: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {"name": TEXT, "digest": TEXT},
    "required": ["name", "digest"],
    "additionalProperties": False,
}


def an_object(properties: Mapping[str, Any], *required: str) -> dict[str, Any]:
    """The schema of data that have these properties and no others."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def marked(operation: str, **more: Any) -> dict[str, Any]:
    """The schema of the data of an operation on an account, with what one sort of it says more."""
    properties = {**MARK, "operation": {"const": operation}, **more}
    return an_object(properties, "account", "operation", "recorded_at", *more)


MERGED: Final = {**MARK, "into": TEXT, "backfilled": {"type": "boolean"}}
CROSSED: Final = {"account": TEXT, "policy": POLICY, "threshold": {"type": "number"}}

TYPES: Final[Mapping[str, dict[str, Any]]] = {
    "goodwill.entry.recorded": an_object(ENTRY, *ENTRY_REQUIRED),
    "goodwill.entry.amended": an_object(ENTRY, *ENTRY_REQUIRED, "amends"),
    "goodwill.entry.reversed": an_object(ENTRY, *ENTRY_REQUIRED, "reverses"),
    "goodwill.account.merged": an_object(MERGED, "account", "recorded_at", "backfilled"),
    "goodwill.account.unmerged": an_object(
        {name: form for name, form in MERGED.items() if name != "into"}, "account", "recorded_at", "backfilled"
    ),
    "goodwill.account.closed": marked("close"),
    "goodwill.account.reopened": marked("reopen"),
    "goodwill.account.lifted": marked("lift"),
    "goodwill.account.erased": marked("erase"),
    "goodwill.account.purged": marked("purge", before=INSTANT),
    "goodwill.account.overdrawn": an_object(CROSSED, "account", "policy", "threshold"),
    "goodwill.account.recovered": an_object(CROSSED, "account", "policy", "threshold"),
    "goodwill.promise.overdue": an_object(
        {"account": TEXT, "policy": POLICY, "breach": TEXT}, "account", "policy", "breach"
    ),
}
"""The schema of the data of each type of event."""


def event_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of an event as it is posted.

    Example:
        >>> event_schema()["properties"]["type"]["enum"][0]
        'goodwill.entry.recorded'
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An event of goodwill: CloudEvents 1.0 in JSON",
        "type": "object",
        "properties": {
            "specversion": {"const": "1.0"},
            "id": TEXT,
            "source": {"type": "string", "format": "uri-reference", "minLength": 1},
            "type": {"enum": list(TYPES)},
            "subject": TEXT,
            "time": INSTANT,
            "datacontenttype": {"const": "application/json"},
            "partitionkey": TEXT,
            "data": {"type": "object"},
        },
        "required": ["specversion", "id", "source", "type", "subject", "time", "partitionkey", "data"],
        "allOf": [
            {"if": {"properties": {"type": {"const": name}}}, "then": {"properties": {"data": data}}}
            for name, data in TYPES.items()
        ],
    }
