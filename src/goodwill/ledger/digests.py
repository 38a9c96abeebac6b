"""What a caller passed, in 32 bytes: two requests under one reference are the same if their digests are, for ever."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from decimal import Context, Decimal
from typing import Any, Final

from goodwill.domain.canonical import canonical_json, quoted
from goodwill.domain.entry import ABSENT, Entry, Promise, Ref
from goodwill.domain.instant import to_us

__all__ = ["digest", "plain", "request_digest", "request_json"]

DIGEST_VERSION: Final = 1
# A context of our own: the caller's thread may round to three digits, and a fact must not notice.
EXACT: Final = Context(prec=40)


def request_digest(fact: Entry, complete: Entry, occurred_us: int | None) -> bytes:
    """SHA-256 of what the caller passed, before defaults: the same request has the same digest for ever.

    14.990 is 14.99, and what was not passed is absent. Never in it: id, recorded_at, what was filled in, note,
    actor, channel, attributes.

    Args:
        fact: as the caller passed it.
        complete: the same, checked and completed.
        occurred_us: its instant; None if the caller named none.
    """
    return hashlib.sha256(request_json(fact, complete, occurred_us).encode()).digest()


def request_json(fact: Entry, complete: Entry, occurred_us: int | None) -> str:
    """The request's canonical JSON (RFC 8785), put together by hand, since every entry that is written comes this way.

    It is the text that `canonical_json` makes of the same members, in a fifth of the time; a test compares the two.
    The members stand in the order of their names.
    """
    cost, magnitude = complete.cost, fact.magnitude
    before, after = ("", "") if is_bare(fact, complete) else seldom(fact, complete)
    paid = "" if cost is None else f',"cost":["{plain(cost.amount)}",{quoted(cost.currency)}]'
    size = "" if magnitude is ABSENT or magnitude is None else f',"magnitude":"{plain(complete.magnitude)}"'
    # As text: JSON's numbers are doubles, and microseconds of an early century do not fit one.
    when = "" if occurred_us is None else f',"occurred_us":"{occurred_us}"'
    return (
        f'{{"account":{quoted(complete.account)}{paid}{before},"kind":{quoted(fact.kind)}{size}{when}'
        f',"op":"{fact.type}"{after},"version":{DIGEST_VERSION}}}'
    )


def is_bare(fact: Entry, complete: Entry) -> bool:
    """Whether a request has none of the members that most entries lack."""
    return (
        complete.in_response_to is None
        and complete.sincerity is None
        and complete.severity is None
        and fact.currency is None
        and not complete.dimensions
        and not isinstance(complete, Promise)
    )


def seldom(fact: Entry, complete: Entry) -> tuple[str, str]:
    """The members of a request that most entries lack: those from "cost" to "kind", and those from "op" to "version"."""
    answers = complete.in_response_to
    promise = complete if isinstance(complete, Promise) else None
    return members(
        currency=fact.currency,
        dimensions=complete.dimensions or None,
        due_us=None if promise is None else str(to_us(promise.due)),
        in_response_to={"reference": answers.reference} if isinstance(answers, Ref) else answers,
    ), members(
        recurs=None if promise is None else promise.recurs,
        severity=complete.severity,
        sincerity=complete.sincerity,
        tz=None if promise is None else promise.tz,
    )


def members(**values: Any) -> str:
    """What was given of these, each after a comma."""
    return "".join(f',"{name}":{canonical_json(value)}' for name, value in values.items() if value is not None)


def digest(request: Mapping[str, Any]) -> bytes:
    """SHA-256 of a request's canonical JSON (RFC 8785); absent fields are left out."""
    passed = {name: value for name, value in request.items() if value is not None}
    return hashlib.sha256(canonical_json({"version": DIGEST_VERSION, **passed}).encode()).digest()


def plain(number: Decimal) -> str:
    """A decimal's one spelling: 14.99 for 14.990, whatever the caller's thread rounds to."""
    return format(EXACT.normalize(number), "f") if number else "0"
