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
    """The request's canonical JSON (RFC 8785), put together by hand: every entry that is written comes this way.

    The members stand in the order of their names, and `canonical_json` writes what is seldom given; of all of them it
    makes the same text, in five times the time. A test compares the two.
    """
    cost, answers, said = complete.cost, complete.in_response_to, complete.dimensions
    members = [f'"account":{quoted(complete.account)}']
    if cost is not None:
        members.append(f'"cost":["{plain(cost.amount)}",{quoted(cost.currency)}]')
    if fact.currency is not None:
        members.append(f'"currency":{canonical_json(fact.currency)}')
    if said:
        members.append(f'"dimensions":{canonical_json(said)}')
    if isinstance(complete, Promise):
        members.append(f'"due_us":"{to_us(complete.due)}"')
    if answers is not None:
        link = {"reference": answers.reference} if isinstance(answers, Ref) else answers
        members.append(f'"in_response_to":{canonical_json(link)}')
    members.append(f'"kind":{quoted(fact.kind)}')
    if fact.magnitude is not ABSENT and fact.magnitude is not None:
        members.append(f'"magnitude":"{plain(complete.magnitude)}"')
    if occurred_us is not None:
        # As text: JSON's numbers are doubles, and microseconds of an early century do not fit one.
        members.append(f'"occurred_us":"{occurred_us}"')
    members.append(f'"op":"{fact.type}"')
    if isinstance(complete, Promise) and complete.recurs is not None:
        members.append(f'"recurs":{quoted(complete.recurs)}')
    if complete.severity is not None:
        members.append(f'"severity":{canonical_json(complete.severity)}')
    if complete.sincerity is not None:
        members.append(f'"sincerity":{canonical_json(complete.sincerity)}')
    if isinstance(complete, Promise) and complete.tz is not None:
        members.append(f'"tz":{quoted(complete.tz)}')
    return f'{{{",".join(members)},"version":{DIGEST_VERSION}}}'


def digest(request: Mapping[str, Any]) -> bytes:
    """SHA-256 of a request's canonical JSON (RFC 8785); absent fields are left out."""
    passed = {name: value for name, value in request.items() if value is not None}
    return hashlib.sha256(canonical_json({"version": DIGEST_VERSION, **passed}).encode()).digest()


def plain(number: Decimal) -> str:
    """A decimal's one spelling: 14.99 for 14.990, whatever the caller's thread rounds to."""
    return format(EXACT.normalize(number), "f") if number else "0"
