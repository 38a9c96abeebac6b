"""Drafts to test stores with: made by hand, or drawn by hypothesis from all that the door lets through."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from hypothesis import strategies as st

from goodwill.domain.entry import Deposit, Entry, Observation, Ref, Reversal, Withdrawal
from goodwill.domain.instant import from_us, to_us
from goodwill.domain.money import Money
from goodwill.ledger.ports import Draft

__all__ = ["NOON", "batches", "deposit", "draft", "entries", "reversal_of", "withdrawal"]

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

E = TypeVar("E", bound=Entry)

# Ids that sloppy databases take for one another.
TRICKY = (
    "A1",
    "a1",
    "a1 ",
    " a1",
    "á1",
    "a\u03011",
    "ß",
    "ss",
    "🦊",
    "👩\u200d🚀",
    "名前",
    "0",
    "O'Brien; --",
    "x" * 255,
)


def deposit(account: str = "ada", **fields: Any) -> Deposit:
    """A recorded deposit, with an id of its own."""
    return made(Deposit, account, fields)


def withdrawal(account: str = "ada", **fields: Any) -> Withdrawal:
    """A recorded withdrawal, with an id of its own."""
    return made(Withdrawal, account, fields)


def made(form: type[E], account: str, fields: dict[str, Any]) -> E:
    """An entry as the door would leave it."""
    defaults = {
        "kind": "gesture",
        "occurred_at": NOON,
        "recorded_at": NOON,
        "magnitude": Decimal(1),
        "id": str(uuid.uuid4()),
    }
    return form(account=account, **{**defaults, **fields})


def reversal_of(entry: Entry, **fields: Any) -> Reversal:
    """A reversal of an entry, as the door would leave it."""
    copied = {"kind": entry.kind, "occurred_at": entry.occurred_at, "magnitude": Decimal(0), "reverses": entry.id}
    return made(Reversal, entry.account, {**copied, **fields})


def draft(entry: Entry, request: str | None = None) -> Draft:
    """A draft of an entry; `request` stands for what the caller passed, by default for the facts of the entry."""
    told = request or repr(replace(entry, note=None, actor=None, channel=None, attributes={}))
    return Draft(entry, hashlib.sha256(told.encode()).digest())


def text(longest: int = 20) -> st.SearchStrategy[str]:
    """Identifiers: no control characters, no halves of surrogate pairs, anything else."""
    return st.sampled_from(TRICKY) | st.text(
        st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=longest
    )


def instants() -> st.SearchStrategy[datetime]:
    """Microseconds of the years 1900 to 2200, in UTC."""
    first, last = (to_us(datetime(year, 1, 1, tzinfo=UTC)) for year in (1900, 2200))
    return st.integers(first, last).map(from_us)


def magnitudes() -> st.SearchStrategy[Decimal]:
    """Steps of a millionth up to a trillion, without zeros at the end."""
    return st.integers(0, 10**18).map(lambda millionths: trimmed(Decimal(millionths).scaleb(-6)))


def trimmed(number: Decimal) -> Decimal:
    """The decimal without an exponent above 0 and without zeros behind the point."""
    return Decimal(int(number)) if number == int(number) else number.normalize()


def costs() -> st.SearchStrategy[Money]:
    """Amounts of currencies with no, two and three decimals."""
    return st.builds(Money.from_minor, st.integers(0, 2**63 - 1), st.sampled_from(["JPY", "USD", "KWD"]))


def json_values() -> st.SearchStrategy[Any]:
    """What JSON holds and brings back unchanged."""
    words = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words
    return leaves | st.lists(leaves, max_size=3) | st.dictionaries(words, st.lists(leaves, max_size=2), max_size=2)


@st.composite
def entries(draw: st.DrawFn, accounts: st.SearchStrategy[str] | None = None) -> Entry:
    """Deposits, withdrawals and observations with every field that one may have."""
    form = draw(st.sampled_from([Deposit, Withdrawal, Observation]))
    maybe: dict[str, st.SearchStrategy[Any]] = {
        "currency": st.sampled_from(["USD", "JPY"]),
        "cost": costs(),
        "reference": text(),
        "in_response_to": st.uuids().map(str) | text().map(Ref),
        "sincerity": st.floats(-1, 1).map(lambda number: number + 0.0),  # the door lets no -0.0 pass
        "severity": st.floats(0, 1e6),
        "channel": text(),
        "actor": text(),
        "amends": st.uuids().map(str),
        "note": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=50),
    }
    optional: dict[str, Any] = {name: draw(st.none() | values) for name, values in maybe.items()}
    return form(
        account=draw(accounts or text()),
        kind=draw(st.sampled_from(["gesture", "k", "k_9", "k" * 63])),
        occurred_at=draw(instants()),
        recorded_at=draw(instants()),
        magnitude=draw(magnitudes()),
        id=str(draw(st.uuids())),
        revision=draw(st.integers(1, 1000)),
        backfilled=draw(st.booleans()),
        dimensions=draw(st.dictionaries(text(8), text(8) | st.floats(-1e12, 1e12), max_size=3)),
        attributes=draw(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), json_values(), max_size=3)),
        **optional,
    )


@st.composite
def batches(draw: st.DrawFn) -> Sequence[Draft]:
    """A few drafts that get in each other's way: few accounts, references, instants, and reversals among them."""
    drafts: list[Draft] = []
    for number in range(draw(st.integers(1, 8))):
        targets = [each.entry for each in drafts if not isinstance(each.entry, Reversal)]
        if targets and draw(st.integers(0, 3)) == 0:
            target = draw(st.sampled_from(targets))
            moment = NOON + timedelta(hours=draw(st.integers(0, 3)))
            drafts.append(draft(reversal_of(target, id=str(draw(st.uuids())), recorded_at=moment)))
            continue
        entry = deposit(
            draw(st.sampled_from(["ada", "Ada", "bob"])),
            id=str(draw(st.uuids())),
            kind=draw(st.sampled_from(["gesture", "refund"])),
            occurred_at=NOON + timedelta(days=draw(st.integers(0, 2))),
            recorded_at=NOON + timedelta(hours=draw(st.integers(0, 3))),
            reference=draw(st.none() | st.sampled_from(["r1", "r2", "r3"])),
            actor=draw(st.none() | st.just("eve")),
        )
        drafts.append(draft(entry, draw(st.sampled_from(["one request", "another", f"request {number}"]))))
    return drafts
