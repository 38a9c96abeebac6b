"""The door: what a caller passes is checked here, once, and completed; an append-only store never forgets a typo."""

from __future__ import annotations

import json
import math
import os
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from goodwill.domain.account import ERASED
from goodwill.domain.entry import (
    ABSENT,
    UNRECORDED,
    Deposit,
    Entry,
    Kept,
    Observation,
    Opening,
    Promise,
    Ref,
    Reversal,
    Withdrawal,
    altered,
)
from goodwill.domain.errors import (
    CurrencyMismatch,
    FutureEntry,
    InvalidAccount,
    InvalidCost,
    InvalidDimension,
    InvalidEntry,
    InvalidLink,
    InvalidMagnitude,
    InvalidMerge,
    InvalidReference,
    InvalidSeverity,
    InvalidSincerity,
    RetiredKind,
    UnknownCurrency,
    WrongDirection,
    WrongType,
)
from goodwill.domain.instant import from_us, in_utc, to_us
from goodwill.domain.kind import Catalog, Kind
from goodwill.domain.merge import Merge, Unmerge
from goodwill.domain.money import Money
from goodwill.domain.promise import begins_with
from goodwill.ledger.digests import EXACT, digest, plain, request_digest
from goodwill.ledger.ports import Draft

__all__ = ["Door", "account_id", "new_id"]

LONGEST_ID = 255
LARGEST_MAGNITUDE = Decimal(10) ** 12
FINEST_MAGNITUDE = Decimal("0.000001")
GRAVEST = 1e6
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters (Unicode category Cc) and halves of surrogate pairs (Cs)."""
UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
"""What no database keeps in a text."""
LONGEST_NOTE = 10_000
MOST_POINTS = 1e15
VARIANT = {f"{digit:x}": "89ab"[digit % 4] for digit in range(16)}
"""For a random digit, one whose first two bits are those of RFC 9562 and whose others are random."""
DIGEST = re.compile(r"[0-9a-f]{64}")
ANSWERS = {"deposit": ("withdrawal", "promise"), "kept": ("promise",)}
RECORDABLE = (Deposit, Withdrawal, Observation, Promise, Kept, Opening)
VERBS = {
    "promise": "ledger.promise, and ledger.keep",
    "deposit": "ledger.deposit",
    "withdrawal": "ledger.withdraw",
    "observation": "ledger.observe",
}


@dataclass(frozen=True, slots=True)
class Door:
    """Checks what a caller passes against one ledger's catalog and currencies, and fills what was left out.

    Attributes:
        catalog: the kinds that the ledger accepts.
        currencies: the ones that it declares; the first is its home.
        tolerance: how far in the future an instant may be.
    """

    catalog: Catalog
    currencies: tuple[str, ...]
    tolerance: timedelta

    def draft(self, fact: Entry, now: datetime, *, occurred_at_given: bool = True) -> Draft:
        """Any entry but a reversal, checked and completed, with the digest of what was passed.

        Raises:
            InvalidEntry: or one of its kind, naming what is wrong and the way out.
            InvalidMoney: for a currency that the ledger does not keep.
        """
        if not isinstance(fact, RECORDABLE):
            names = ", ".join(form.__name__ for form in RECORDABLE)
            raise WrongType(
                f"a ledger records {names}, Reversal, Amendment, Merge or Unmerge, not {type(fact).__name__}"
            )
        if isinstance(fact, Opening):
            return self._opening(fact, now, occurred_at_given)
        kind = self._kind(fact)
        cost = self._cost(fact.cost)
        magnitude, currency = self._size(fact, kind, cost)
        now_us = to_us(now, "the clock's now()")
        recorded_us = now_us if fact.recorded_at is UNRECORDED else self._past(fact.recorded_at, now_us, "recorded_at")
        account = own_name(fact.account)
        occurred_us = self._past(fact.occurred_at, now_us, "occurred_at")
        complete = altered(
            fact,
            {
                "account": account,
                "kind": kind.name,
                "occurred_at": in_utc(fact.occurred_at, occurred_us),
                "recorded_at": in_utc(now if recorded_us == now_us else fact.recorded_at, recorded_us),
                "magnitude": magnitude,
                "currency": currency,
                "cost": cost,
                "reference": text(fact.reference, "reference", InvalidReference),
                "in_response_to": link(fact),
                "sincerity": number(fact.sincerity, "sincerity", -1.0, 1.0, InvalidSincerity),
                "severity": number(fact.severity, "severity", 0.0, GRAVEST, InvalidSeverity),
                "dimensions": dimensions(fact.dimensions, kind),
                "channel": text(fact.channel, "channel", InvalidEntry),
                "actor": text(fact.actor, "actor", InvalidEntry),
                "note": note(fact.note),
                "attributes": attributes(fact.attributes),
                "id": new_id(recorded_us),
                "backfilled": recorded_us < now_us,
                **due_date(fact),
            },
        )
        return Draft(complete, request_digest(fact, complete, occurred_us if occurred_at_given else None))

    def _opening(self, fact: Opening, now: datetime, occurred_at_given: bool) -> Draft:
        """An opening, checked and completed: it has points, an account and an instant, and no kind of the catalog."""
        said: dict[str, object] = {
            "magnitude": fact.magnitude is not ABSENT,
            "currency": fact.currency,
            "cost": fact.cost,
        }
        said |= {"in_response_to": fact.in_response_to, "dimensions": fact.dimensions, "sincerity": fact.sincerity}
        wrong = [name for name, given in said.items() if given]
        if wrong or fact.kind != Opening.type:
            raise InvalidEntry(
                f"an Opening carries points alone; leave out {', '.join(wrong) or f'kind={fact.kind!r}'}"
            )
        now_us = to_us(now, "the clock's now()")
        recorded_us = now_us if fact.recorded_at is UNRECORDED else self._past(fact.recorded_at, now_us, "recorded_at")
        complete = replace(
            fact,
            account=own_name(fact.account),
            occurred_at=from_us(self._past(fact.occurred_at, now_us, "occurred_at")),
            recorded_at=from_us(recorded_us),
            magnitude=Decimal(0),
            positive=number(fact.positive, "positive", 0.0, MOST_POINTS, InvalidMagnitude) or 0.0,
            negative=number(fact.negative, "negative", -MOST_POINTS, 0.0, InvalidMagnitude) or 0.0,
            read_under=policy_digest(fact.read_under),
            reference=text(fact.reference, "reference", InvalidReference),
            channel=text(fact.channel, "channel", InvalidEntry),
            actor=text(fact.actor, "actor", InvalidEntry),
            note=note(fact.note),
            attributes=attributes(fact.attributes),
            id=new_id(recorded_us),
            backfilled=recorded_us < now_us,
        )
        return Draft(
            complete,
            digest(
                {
                    "op": "opening",
                    "account": complete.account,
                    "occurred_us": str(to_us(complete.occurred_at)) if occurred_at_given else None,
                    "positive": complete.positive,
                    "negative": complete.negative,
                    "read_under": complete.read_under,
                }
            ),
        )

    def reversal(self, fact: Reversal, target: Entry, now: datetime) -> Draft:
        """The reversal of an entry: it takes over the entry's account, kind and instant, and is not earlier known."""
        now_us = to_us(now, "the clock's now()")
        recorded_us = max(now_us, to_us(target.recorded_at))
        if fact.recorded_at is not UNRECORDED:
            recorded_us = self._past(fact.recorded_at, now_us, "recorded_at")
            if recorded_us < to_us(target.recorded_at):
                raise InvalidEntry(
                    f"recorded_at {fact.recorded_at.isoformat()} of a reversal is before that of the entry it takes "
                    f"out, {target.recorded_at.isoformat()}"
                )
        complete = replace(
            fact,
            account=target.account,
            kind=target.kind,
            occurred_at=target.occurred_at,
            recorded_at=from_us(recorded_us),
            magnitude=Decimal(0),
            reverses=target.id,
            reference=text(fact.reference, "reference", InvalidReference),
            actor=text(fact.actor, "actor", InvalidEntry),
            note=note(fact.note),
            id=new_id(recorded_us),
            backfilled=recorded_us < now_us,
        )
        return Draft(complete, digest({"op": "reversal", "reverses": target.id}))

    def merge(self, fact: Merge | Unmerge, now: datetime) -> Merge:
        """A merge, checked as far as it says itself; to unmerge is to merge a name into itself."""
        account = own_name(fact.account)
        into = own_name(fact.into) if isinstance(fact, Merge) else account
        if isinstance(fact, Merge) and account == into:
            raise InvalidMerge(f"{account!r} is one name; to have it stand for itself again, unmerge it")
        now_us = to_us(now, "the clock's now()")
        recorded_us = now_us if fact.recorded_at is UNRECORDED else self._past(fact.recorded_at, now_us, "recorded_at")
        return Merge(
            account=account,
            into=into,
            recorded_at=from_us(recorded_us),
            actor=text(fact.actor, "actor", InvalidEntry),
            backfilled=recorded_us < now_us,
        )

    def _kind(self, fact: Entry) -> Kind:
        if not isinstance(fact.kind, str):
            raise WrongType(f"kind must be the name of one, not {type(fact.kind).__name__} {fact.kind!r}")
        kind = self.catalog.resolve(fact.kind)
        if kind.retired:
            raise RetiredKind(f"{kind.name} is retired: it is read and no longer written; use one of today's kinds")
        if kind.direction != ("promise" if fact.type == "kept" else fact.type):
            verb = VERBS.get(kind.direction, kind.direction)
            raise WrongDirection(f"{kind.name} is a {kind.direction}, not a {fact.type}; use {verb}")
        return kind

    def _cost(self, cost: Money | None) -> Money | None:
        if cost is None:
            return None
        if not isinstance(cost, Money):
            raise InvalidCost(f"cost must be Money, not {type(cost).__name__} {cost!r}; write Money('14.99', 'USD')")
        if cost.is_negative:
            raise InvalidCost(f"cost {cost} is negative; a cost is what the firm paid, never below zero")
        self._declared(cost.currency)
        return cost

    def _declared(self, currency: str) -> str:
        if currency not in self.currencies:
            raise UnknownCurrency(
                f"this ledger keeps {', '.join(self.currencies)}, not {currency}; declare it with "
                f"currencies={(*self.currencies, currency)!r}"
            )
        return currency

    def _size(self, fact: Entry, kind: Kind, cost: Money | None) -> tuple[Decimal, str | None]:
        given = None if fact.magnitude is ABSENT or fact.magnitude is None else magnitude(fact.magnitude)
        if fact.type == "kept" and given is None:
            return ABSENT, None  # all of its promise, however much that is
        if not kind.is_money:
            if fact.currency is not None:
                raise CurrencyMismatch(
                    f"{kind.name} is counted in {kind.unit}s, so its magnitude has no currency; use cost="
                )
            return typical(kind) if given is None else given, None
        currency = self._currency(fact, cost)
        if given is not None:
            return given, currency
        return (Decimal(plain(cost.amount)), currency) if cost is not None else (typical(kind), currency)

    def _currency(self, fact: Entry, cost: Money | None) -> str:
        currency = self._declared(fact.currency or (cost.currency if cost else self.currencies[0]))
        if cost is not None and cost.currency != currency:
            raise CurrencyMismatch(f"the magnitude is in {currency} and the cost in {cost.currency}; use one currency")
        return currency

    def _past(self, instant: datetime, now_us: int, name: str) -> int:
        us = to_us(instant, name)
        if us <= now_us:
            return us
        if name == "recorded_at" or us > now_us + self.tolerance // timedelta(microseconds=1):
            raise FutureEntry(
                f"{name} {instant.isoformat()} is in the future (now is {from_us(now_us).isoformat()}); a ledger "
                "keeps what happened"
            )
        return us


def account_id(value: object) -> str:
    """The customer's id as it is kept: never trimmed, never folded.

    Raises:
        WrongType: for a float, a boolean, None, or anything but str, int and UUID.
        InvalidAccount: if it is empty, longer than 255 characters or holds control characters.

    Example:
        >>> account_id(17850)
        '17850'
    """
    if isinstance(value, bool) or not isinstance(value, str | int | uuid.UUID):
        hint = "; an id read as 17850.0 is probably 17850" if isinstance(value, float) else ""
        raise WrongType(f"an account is named by str, int or UUID, not {type(value).__name__} {value!r}{hint}")
    name = text(str(value), "account", InvalidAccount)
    if name is None:
        raise InvalidAccount("account is missing; every entry belongs to a customer")
    return name


def own_name(value: object) -> str:
    """A customer's id as it is written; names that stand in an erased customer's place are only read."""
    name = account_id(value)
    if name.startswith(ERASED):
        raise InvalidAccount(
            f"account {name!r}: names that begin with {ERASED!r} stand for erased customers; choose another"
        )
    return name


def new_id(recorded_us: int) -> str:
    """A time-ordered id: a UUID of version 7 (RFC 9562), its time bits from the ledger's clock, to 1/4096 ms."""
    milliseconds, rest = divmod(max(recorded_us, 0), 1000)
    # By hand: uuid.UUID costs more than all checks of an entry.
    time, chance = f"{milliseconds:012x}", os.urandom(8).hex()
    return f"{time[:8]}-{time[8:]}-7{rest * 4096 // 1000:03x}-{VARIANT[chance[0]]}{chance[1:4]}-{chance[4:]}"


def text(value: object, name: str, error: type[InvalidEntry]) -> str | None:
    """An identifier: 1 to 255 characters, none of them a control character or half a surrogate pair."""
    if value is None:
        return None
    if type(value) is str and 0 < len(value) <= LONGEST_ID and value.isprintable():
        return value  # nothing that can be printed is a control character or half a surrogate pair
    if not isinstance(value, str):
        raise WrongType(f"{name} must be text, not {type(value).__name__} {value!r}")
    if not value:
        raise error(f"{name} is empty; leave it out or name it")
    if len(value) > LONGEST_ID:
        raise error(f"{name} has {len(value)} characters ({value[:20]!r}...); at most {LONGEST_ID} are kept")
    if CONTROL.search(value):
        raise error(f"{name} {value!r} holds control characters; take them out")
    return value


def note(value: object) -> str | None:
    """Free text for people, up to 10,000 characters."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise WrongType(f"note must be text, not {type(value).__name__}")
    if len(value) > LONGEST_NOTE or UNSTORABLE.search(value):
        raise InvalidEntry(f"note must be at most {LONGEST_NOTE} characters of text that UTF-8 can hold")
    return value


def magnitude(value: object) -> Decimal:
    """How big, as an exact decimal in steps of a millionth; a float is taken to the nearest one."""
    if type(value) is int and 0 <= value <= LARGEST_MAGNITUDE:
        return Decimal(value)
    if isinstance(value, bool) or not isinstance(value, Decimal | int | float | str):
        raise WrongType(f"magnitude must be a number, not {type(value).__name__} {value!r}")
    try:
        number = Decimal(repr(value) if isinstance(value, float) else value)
    except InvalidOperation:
        raise InvalidMagnitude(f"magnitude {value!r} is not a number") from None
    if not number.is_finite():
        raise InvalidMagnitude(f"magnitude {value!r} is not finite; leave it out if it is not known")
    if number < 0:
        raise InvalidMagnitude(f"magnitude {value!r} is negative; the direction is the kind's, the magnitude its size")
    if number > LARGEST_MAGNITUDE:
        raise InvalidMagnitude(f"magnitude {value!r} is above {LARGEST_MAGNITUDE:,}; use a larger unit")
    exact = number.quantize(FINEST_MAGNITUDE, context=EXACT)
    if exact != number and not isinstance(value, float):
        raise InvalidMagnitude(f"magnitude {value!r} is finer than a millionth; round it first")
    return Decimal(plain(exact))


def typical(kind: Kind) -> Decimal:
    """The magnitude of a kind where none was given."""
    if kind.typical is not None:
        return Decimal(plain(kind.typical))
    if kind.unit == "event":
        return Decimal(1)
    way = "give magnitude= or cost=" if kind.is_money else f"give magnitude= in {kind.unit}s"
    raise InvalidMagnitude(f"{kind.name} needs a magnitude and its kind has no typical one; {way}")


def number(value: object, name: str, least: float, most: float, error: type[InvalidEntry]) -> float | None:
    """A finite float within bounds, or None."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, float | int | Decimal):
        raise WrongType(f"{name} must be a number, not {type(value).__name__} {value!r}")
    if not math.isfinite(value) or not least <= value <= most:
        raise error(f"{name} {value} is not in [{least:g}, {most:g}]")
    return float(value) + 0.0  # -0.0 is 0.0: SQLite and MariaDB keep no other


def policy_digest(value: object) -> str | None:
    """The digest of a policy, as `Policy.digest` says it."""
    if value is None:
        return None
    if not isinstance(value, str) or not DIGEST.fullmatch(value):
        raise InvalidEntry(f"read_under {value!r} is no policy's digest; give policy.digest, or leave it out")
    return value


def link(fact: Entry) -> str | Ref | None:
    """What the fact answers, as an id or a `Ref`; only deposits answer."""
    answered: object = fact.in_response_to
    if answered is None and fact.type == "kept":
        raise InvalidLink("a Kept names the promise that it keeps: in_response_to=, an entry, an id or Ref('...')")
    if answered is None:
        return None
    if fact.type not in ANSWERS:
        raise InvalidLink(f"a {fact.type} answers nothing; in_response_to belongs to the deposit that makes up for it")
    if isinstance(answered, Entry):
        check_answer(fact, answered)
        answered = answered.id
    if isinstance(answered, Ref):
        text(answered.reference, "in_response_to's reference", InvalidLink)
        return answered
    if not isinstance(answered, str) or not answered:
        raise InvalidLink(f"in_response_to takes an entry, an id or Ref('...'), not {answered!r}")
    return answered


def check_answer(answer: Entry, target: Entry) -> None:
    """A deposit answers a withdrawal or promise, and a `Kept` keeps a promise; whose it is, the ledger looks up.

    Raises:
        InvalidLink: if it is anything else.
    """
    if target.type not in ANSWERS[answer.type]:
        wanted = " or ".join(f"a {name}" for name in ANSWERS[answer.type])
        raise InvalidLink(f"in_response_to {target.id!r} is a {target.type}; a {answer.type} answers {wanted}")


def due_date(fact: Entry) -> dict[str, Any]:
    """When a promise is due, checked; nothing for any other entry."""
    if not isinstance(fact, Promise):
        return {}
    due_us = to_us(fact.due, "due")
    if due_us < to_us(fact.occurred_at, "occurred_at"):
        raise InvalidEntry(f"due {fact.due.isoformat()} is before the promise was made, {fact.occurred_at.isoformat()}")
    rule = text(fact.recurs, "recurs", InvalidEntry)
    zone = text(fact.tz, "tz", InvalidEntry)
    if (rule is None) != (zone is None):
        raise InvalidEntry("recurs and tz go together: a rule follows the calendar of a zone, such as 'Europe/Berlin'")
    if rule is not None and zone is not None:
        try:
            begins = begins_with(rule, zone, due_us)
        except (ValueError, TypeError, KeyError, OSError) as fault:
            raise InvalidEntry(f"recurs {rule!r} in {zone!r} cannot be read: {fault}; see RFC 5545") from None
        if not begins:
            raise InvalidEntry(f"due {fact.due.isoformat()} is no date of recurs {rule!r}; give the first one as due")
    return {"due": from_us(due_us), "recurs": rule, "tz": zone}


def dimensions(values: Mapping[str, float | str] | None, kind: Kind) -> Mapping[str, float | str]:
    """Values of the dimensions that the kind declares: numbers or short texts."""
    checked: dict[str, float | str] = {}
    for name, value in (values or {}).items():
        if value is None:
            continue
        if name not in kind.dimensions:
            declared = ", ".join(kind.dimensions) or "none"
            raise InvalidDimension(f"{kind.name} declares no dimension {name!r} (it has: {declared}); declare it first")
        if isinstance(value, str):
            text(value, f"dimension {name}", InvalidDimension)
            checked[name] = value
        else:
            number(value, f"dimension {name}", -1e12, 1e12, InvalidDimension)
            checked[name] = float(value)
    return checked


def attributes(values: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Free values of the host's, as JSON holds them."""
    if not values:
        return {}
    try:
        kept = json.loads(json.dumps(dict(values), allow_nan=False))
    except (TypeError, ValueError, RecursionError) as fault:
        raise WrongType(f"attributes must be what JSON can hold: {fault}") from None
    if kept != dict(values):
        raise WrongType("attributes change when stored as JSON; use text keys, lists and plain values")
    return dict(kept)
