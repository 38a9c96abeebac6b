"""Rows of a frame as facts, read by the very reader of a ledger: what no expression can say exactly."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from goodwill.domain.balance import Balance
from goodwill.domain.entry import NOTHING, Fact, Ref
from goodwill.domain.kind import Catalog
from goodwill.ledger.merging import Customer
from goodwill.ledger.reading import Reader
from goodwill.policies.policy import Policy

__all__ = ["facts_by_account", "folded"]

TYPES: Final = frozenset({"deposit", "withdrawal", "observation", "promise", "kept", "opening", "reversal"})


def facts_by_account(rows: Iterator[Mapping[str, Any]]) -> dict[str, list[Fact]]:
    """Facts of each account, in the order of the rows."""
    found: dict[str, list[Fact]] = {}
    ids: set[str] = set()
    every = list(rows)
    ids = {str(row["id"]) for row in every if row.get("id") is not None}
    for place, row in enumerate(every, start=1):
        fact = fact_of(row, place, ids)
        found.setdefault(fact.account, []).append(fact)
    return found


def fact_of(row: Mapping[str, Any], place: int, ids: set[str]) -> Fact:
    """A row as a fact; a link is to the id of another row, else to a reference."""
    link = row.get("in_response_to")
    dimensions = row.get("dimensions")
    return Fact(
        str(row["id"]) if row.get("id") is not None else f"row {place}",
        int(row["seq"]) if row.get("seq") is not None else place,
        row["type"],
        str(row["account"]),
        row["kind"] or "",
        int(row["occurred_us"]),
        int(row["recorded_us"]) if row.get("recorded_us") is not None else int(row["occurred_us"]),
        1.0 if row.get("magnitude") is None else float(row["magnitude"]),
        row.get("currency"),
        row.get("reference"),
        int(row.get("revision") or 1),
        None if link is None else link if link in ids else Ref(link),
        row.get("reverses"),
        row.get("amends"),
        1.0 if row.get("sincerity") is None else float(row["sincerity"]),
        1.0 if row.get("severity") is None else float(row["severity"]),
        (json.loads(dimensions) if isinstance(dimensions, str) else dimensions) or NOTHING,
        row.get("magnitude") is None,
        row.get("due_us"),
        row.get("recurs"),
        row.get("tz"),
        row.get("positive") or 0.0,
        row.get("negative") or 0.0,
        row.get("read_under"),
    )


def folded(
    rows: Iterator[Mapping[str, Any]],
    policy: Policy,
    as_of: datetime,
    *,
    known_at: datetime | None,
    home: str,
    catalog: Catalog,
) -> list[Balance]:
    """The balance of each account with an entry in force, in the order of their first rows."""
    reader = Reader(policy, catalog, home, as_of, known_at)
    read = (reader.balance(Customer(account, None, facts)) for account, facts in facts_by_account(rows).items())
    return [balance for balance in read if balance.is_known]
