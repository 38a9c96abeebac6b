"""Rows of a frame as facts, read by the very reader of a ledger: what no expression can say exactly."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from goodwill.analytics.valuing import after
from goodwill.domain.balance import Balance
from goodwill.domain.entry import NOTHING, Fact, Ref
from goodwill.domain.errors import InvalidEntry
from goodwill.domain.kind import Catalog
from goodwill.ledger.merging import Customer
from goodwill.ledger.reading import Reader
from goodwill.policies.fold import Valued
from goodwill.policies.policy import Policy

__all__ = ["Read", "facts_by_account", "folded", "folded_rows"]


def facts_by_account(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Fact]]:
    """Facts of each account, in the order of the rows; a reversal is of the account of what it takes out.

    Raises:
        InvalidEntry: if two rows have one id, so that neither link nor reversal says which it means.
    """
    found: dict[str, list[Fact]] = {}
    every = list(rows)
    ids = given_ids(every)
    owners = {row["id"]: str(row["account"]) for row in every if row.get("id") is not None}
    for place, row in enumerate(every, start=1):
        fact = fact_of(row, place, ids)
        found.setdefault(owners.get(fact.reverses or "", fact.account), []).append(fact)
    return found


def given_ids(rows: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The ids that rows have of their own."""
    counts = Counter(str(row["id"]) for row in rows if row.get("id") is not None)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise InvalidEntry(
            f"{len(twice)} ids stand in more than one row, such as {twice[0]!r}; an id is of one entry: drop the "
            "duplicates, or leave the column out"
        )
    return frozenset(counts)


def fact_of(row: Mapping[str, Any], place: int, ids: frozenset[str]) -> Fact:
    """A row as a fact; a link is to the id of another row, else to a reference."""
    link = row.get("in_response_to")
    dimensions = row.get("dimensions")
    return Fact(
        id_of(row, place),
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


def id_of(row: Mapping[str, Any], place: int) -> str:
    """The id of a row, or one by its place."""
    return str(row["id"]) if row.get("id") is not None else f"row {place}"


def folded(
    rows: Iterable[Mapping[str, Any]],
    policy: Policy,
    as_of: datetime,
    *,
    known_at: datetime | None,
    home: str,
    catalog: Catalog,
) -> list[Balance]:
    """The balance of each account with an entry in force, in the order of their first rows."""
    reader = Reader(policy, catalog, home, as_of, known_at)
    found = ((account, facts) for account, facts in facts_by_account(rows).items() if has_any(reader, facts))
    read = (reader.balance(Customer(account, None, facts)) for account, facts in found)
    return [balance for balance in read if balance.is_known]


def has_any(reader: Reader, facts: list[Fact]) -> bool:
    """Whether reversals, if there are any, leave an entry in force; of an account of nothing else nothing is said."""
    return all(fact.type != "reversal" for fact in facts) or bool(reader.history(facts).in_force)


class Read(NamedTuple):
    """One valued row as the fold reads it: a term of an account where it has no `place`.

    Attributes:
        place: of the frame's row, from 0; that of the promise for a breach.
        values: the columns of `goodwill.analytics.contributing.ANSWER`, those of the trace where it went through them.
    """

    place: int | None
    values: dict[str, Any]


def folded_rows(
    rows: Sequence[Mapping[str, Any]],
    policy: Policy,
    as_of: datetime,
    *,
    known_at: datetime | None,
    home: str,
    catalog: Catalog,
) -> Iterator[Read]:
    """Each entry that was or could have been valued, account by account in fold order; then the account's terms."""
    reader = Reader(policy, catalog, home, as_of, known_at)
    facts = facts_by_account(rows)
    ids = given_ids(rows)
    places = {id_of(row, place): place - 1 for place, row in enumerate(rows, start=1)}
    for account, own in facts.items():
        history, valued = reader.valued(own)
        last = None
        for entry in valued:
            told = entry_read(entry, reader.at_us, ids, counts=entry.fact.id != last)
            obligation = history.broken.get(entry.fact.id)
            yield Read(places[entry.fact.id if obligation is None else obligation.promise.id], told)
            last = entry.fact.id
        opened_us, contact_us = reader.opened(history, reader.at_us), reader.last_contact(history, reader.at_us)
        for tag, points in reader.terms(opened_us, contact_us, reader.at_us).items():
            yield Read(None, term_read(account, tag, points))


def entry_read(entry: Valued, at_us: int, ids: frozenset[str], *, counts: bool) -> dict[str, Any]:
    """The columns of a valued entry; it counts unless it is a breach or the second part of an opening."""
    fact, share, failure = entry.fact, entry.share(at_us), entry.recovers
    return {
        "account": fact.account,
        "id": name_of(fact, ids),
        "reference": fact.reference,
        "type": fact.type,
        "kind": fact.kind or None,
        "occurred_us": fact.occurred_us,
        "worth": entry.worth,
        "share": share,
        "points": entry.worth * share,
        "recovers": None if failure is None else name_of(failure, ids) or failure.reference,
        "recovers_kind": None if failure is None else failure.kind,
        "is_valued": entry.unvalued is None,
        "counted": int(counts and fact.type != "breach"),
        **{after(step.step): step.after for step in entry.trace},
    }


def name_of(fact: Fact, ids: frozenset[str]) -> str | None:
    """The id that the caller gave it, or a breach has by itself."""
    return fact.id if fact.id in ids or fact.type == "breach" else None


def term_read(account: str, tag: str, points: float) -> dict[str, Any]:
    """The columns of what an account has by itself."""
    told = {"account": account, "type": "term", "kind": tag, "worth": points, "share": 1.0, "points": points}
    return {**told, "is_valued": True, "counted": 0}
