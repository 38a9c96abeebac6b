"""Decisions at the door, and listed page by page: generators that do no I/O, as `operations` has them."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from goodwill.domain.decision import Answer, Decision, Request, Ruling
from goodwill.domain.entry import ABSENT, Entry, Ref
from goodwill.domain.errors import (
    FutureEntry,
    InvalidCost,
    InvalidEntry,
    InvalidLink,
    InvalidReference,
    UnknownCurrency,
    WrongDirection,
    WrongType,
)
from goodwill.domain.instant import from_us, in_utc, to_us
from goodwill.domain.money import Money
from goodwill.ledger.decision_requests import AppendDecision, SelectDecisions
from goodwill.ledger.digests import digest, plain
from goodwill.ledger.drafting import Door, magnitude, new_id, note, number, own_name, text
from goodwill.ledger.listing import after as place_of
from goodwill.ledger.listing import cursor as cursor_of
from goodwill.ledger.listing import page_size
from goodwill.ledger.merging import names_of
from goodwill.ledger.ports import Request as Asked

__all__ = ["DecisionPage", "checked_request", "query", "record", "select_page"]

DIGEST: Final = re.compile(r"[0-9a-f]{64}")
MOST_POINTS: Final = 1e15


class DecisionPage(NamedTuple):
    """Some decisions, and where the next page starts; None is the end."""

    decisions: tuple[Decision, ...]
    next: str | None


def checked_request(request: Request) -> Request:
    """A request as the door leaves it, whatever ledger it is for.

    Raises:
        InvalidEntry: or one of its kind, naming what is wrong and the way out.
    """
    if not isinstance(request, Request):
        raise WrongType(f"a request is a goodwill.domain.decision.Request, not {type(request).__name__} {request!r}")
    if not isinstance(request.cost, Money):
        raise InvalidCost(f"cost must be Money, not {type(request.cost).__name__} {request.cost!r}")
    if request.cost.is_negative:
        raise InvalidCost(f"cost {request.cost} is negative; a cost is what the firm pays, never below zero")
    return replace(
        request,
        account=own_name(request.account),
        kind=required(request.kind, "kind"),
        actor=required(request.actor, "actor"),
        role=text(request.role, "role", InvalidEntry),
        requested_at=in_utc(request.requested_at, to_us(request.requested_at, "requested_at")),
        magnitude=ABSENT if request.magnitude is ABSENT else magnitude(request.magnitude),
        in_response_to=answered(request.in_response_to),
        reference=text(request.reference, "reference", InvalidReference),
        note=note(request.note),
    )


def required(value: object, name: str) -> str:
    """A name that every request has."""
    found = text(value, name, InvalidEntry)
    if found is None:
        raise InvalidEntry(f"{name} is missing; a request says who asks to give what")
    return found


def answered(link: object) -> str | Ref | None:
    """What the gesture would make up for, as an id or a `Ref`."""
    if isinstance(link, Entry):
        link = link.id
    if isinstance(link, Ref):
        text(link.reference, "in_response_to's reference", InvalidLink)
    elif link is not None and not (isinstance(link, str) and link):
        raise InvalidLink(f"in_response_to takes an entry, an id or Ref('...'), not {link!r}")
    return link


def checked(door: Door, decision: Decision, now: datetime) -> Decision:
    """A decision as the ledger keeps it, complete but for `seq`.

    Raises:
        InvalidEntry: or one of its kind; UnknownKind for a kind that the catalog does not hold.
        UnknownCurrency: for a currency that the ledger does not keep.
    """
    if not isinstance(decision, Decision):
        raise WrongType(f"a ledger records a Decision, not {type(decision).__name__} {decision!r}")
    now_us = to_us(now, "the clock's now()")
    request = of_ledger(door, checked_request(decision.request))
    decided_us = not_ahead(door, decision.decided_at, now_us, "decided_at")
    not_ahead(door, request.requested_at, now_us, "requested_at")
    return replace(
        decision,
        request=request,
        answer=answer_of(decision.answer),
        rules=tuple(map(ruling, decision.rules)),
        authority=digits(decision.authority, "authority"),
        policy=None if decision.policy is None else digits(decision.policy, "policy"),
        balance=number(decision.balance, "balance", -MOST_POINTS, MOST_POINTS, InvalidEntry),
        decided_at=in_utc(decision.decided_at, decided_us),
        reference=text(decision.reference, "reference", InvalidReference),
        id=new_id(now_us),
        recorded_at=from_us(now_us),
        seq=0,
        replayed=False,
    )


def of_ledger(door: Door, request: Request) -> Request:
    """The request with the kind as the catalog calls it today; its cost in a currency that the ledger keeps."""
    kind = door.catalog.resolve(request.kind)
    if kind.direction != "deposit":
        raise WrongDirection(
            f"{kind.name} is a {kind.direction}; what is asked for is a deposit, which a customer gets"
        )
    if request.cost.currency not in door.currencies:
        raise UnknownCurrency(
            f"this ledger keeps {', '.join(door.currencies)}, not {request.cost.currency}; declare it with "
            f"currencies={(*door.currencies, request.cost.currency)!r}"
        )
    return replace(request, kind=kind.name)


def not_ahead(door: Door, instant: datetime, now_us: int, name: str) -> int:
    """An instant that is not further in the future than the ledger tolerates, in microseconds."""
    us = to_us(instant, name)
    if us > now_us + door.tolerance // timedelta(microseconds=1):
        raise FutureEntry(f"{name} {instant.isoformat()} is in the future (now is {from_us(now_us).isoformat()})")
    return us


def answer_of(value: object) -> Answer:
    """An answer, or the text of one."""
    if not isinstance(value, str) or value not in list(Answer):
        raise InvalidEntry(f"answer {value!r} is none of {', '.join(Answer)}")
    return Answer(value)


def ruling(said: object) -> Ruling:
    """What one rule said, checked."""
    if not isinstance(said, Ruling):
        raise WrongType(f"rules holds Rulings, not {type(said).__name__} {said!r}")
    return Ruling(required(said.rule, "rule"), answer_of(said.answer), note(said.reason) or "")


def digits(value: object, name: str) -> str:
    """A digest, in hex."""
    if not isinstance(value, str) or not DIGEST.fullmatch(value):
        raise InvalidEntry(f"{name} {value!r} is no digest; give the {name}'s `digest`, 64 hexadecimal digits")
    return value


def record(door: Door, decision: Decision, now: datetime) -> Generator[Asked, Any, Decision]:
    """Record a decision, once for each reference.

    Raises:
        ReferenceConflict: if the reference stands for another decision.
        AccountErased: if it stands for one of an erased customer.
    """
    complete = checked(door, decision, now)
    recorded: Decision = yield AppendDecision(complete, decision_digest(complete))
    return recorded


def decision_digest(decision: Decision) -> bytes:
    """SHA-256 of what makes a decision the same when it is recorded again: what was asked, and what was answered by whom.

    Never in it: instants, the balance, reasons and notes, which a retry a second later sees and says otherwise.
    """
    request, link = decision.request, decision.request.in_response_to
    return digest(
        {
            "op": "decision",
            "account": request.account,
            "kind": request.kind,
            "cost": [plain(request.cost.amount), request.cost.currency],
            "actor": request.actor,
            "role": request.role,
            "magnitude": size(request.magnitude),
            "in_response_to": {"reference": link.reference} if isinstance(link, Ref) else link,
            "reference": request.reference,
            "answer": decision.answer.value,
            "authority": decision.authority,
            "policy": decision.policy,
        }
    )


def size(of: Decimal) -> str | None:
    """A magnitude as text; None where nobody said one."""
    return None if of is ABSENT else plain(of)


def query(
    *,
    account: str | None,
    actor: str | None,
    role: str | None,
    answer: object,
    start: datetime | None,
    end: datetime | None,
    cursor: str | None,
    limit: int,
) -> SelectDecisions:
    """What to ask the store for, of what a caller asked for.

    Raises:
        InvalidEntry: if the limit is not a whole number from 1 to 10,000, the cursor is none, or there is no such
            answer.
    """
    return SelectDecisions(
        accounts=None if account is None else [account],
        actor=actor,
        role=role,
        answer=None if answer is None else answer_of(answer).value,
        start_us=None if start is None else to_us(start, "start"),
        end_us=None if end is None else to_us(end, "end"),
        after=place_of(cursor),
        limit=page_size(limit),
        unrestricted=account is None,
    )


def select_page(asked: SelectDecisions) -> Generator[Asked, Any, DecisionPage]:
    """One page of decisions and the cursor of the next; of an account, those under all of its names."""
    if asked.accounts is not None:
        names = yield from names_of(asked.accounts)
        asked = asked._replace(accounts=[each for name in asked.accounts for each in names.under(names.root(name))])
    found: list[Decision] = yield asked
    last = found[-1] if len(found) == asked.limit else None
    return DecisionPage(tuple(found), None if last is None else cursor_of(last.decided_at, last.seq))
