"""The digest of a request is the same for ever: databases hold those of every reference ever used."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill import Direction, Kind, Money, Ref
from goodwill.domain.canonical import canonical_json
from goodwill.domain.entry import ABSENT, Deposit, Entry, Kept, Observation, Promise, Withdrawal
from goodwill.domain.instant import to_us
from goodwill.ledger.digests import plain, request_digest, request_json
from goodwill.ledger.drafting import Door, new_id
from goodwill.presets import service_catalog
from goodwill.testing.drafts import entries, instants, text

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def request_of(fact: Entry, complete: Entry, occurred_us: int | None) -> dict[str, Any]:
    """What a caller passed, as the mapping whose canonical JSON is digested; what is absent is left out."""
    answers = complete.in_response_to
    given = {
        "version": 1,
        "op": fact.type,
        "account": complete.account,
        "kind": fact.kind,
        "magnitude": None if fact.magnitude is ABSENT or fact.magnitude is None else plain(complete.magnitude),
        "currency": fact.currency,
        "cost": None if complete.cost is None else [plain(complete.cost.amount), complete.cost.currency],
        "occurred_us": None if occurred_us is None else str(occurred_us),
        "in_response_to": {"reference": answers.reference} if isinstance(answers, Ref) else answers,
        "sincerity": complete.sincerity,
        "severity": complete.severity,
        "dimensions": dict(complete.dimensions) or None,
        "due_us": str(to_us(complete.due)) if isinstance(complete, Promise) else None,
        "recurs": complete.recurs if isinstance(complete, Promise) else None,
        "tz": complete.tz if isinstance(complete, Promise) else None,
    }
    return {name: value for name, value in given.items() if value is not None}


@st.composite
def requests(draw: st.DrawFn) -> tuple[Entry, Entry, int | None]:
    """A fact, the same fact completed, and its instant if it was named."""
    complete: Entry = draw(entries())
    if draw(st.integers(0, 3)) == 0:
        recurs, tz = draw(st.none() | text()), draw(st.none() | text())
        given = {spec.name: getattr(complete, spec.name) for spec in fields(Entry)}
        complete = Promise(**given, due=draw(instants()), recurs=recurs, tz=tz)
    passed = draw(st.sampled_from([complete.magnitude, ABSENT, None]))
    fact = replace(complete, magnitude=passed, kind=draw(text()))
    return fact, complete, draw(st.none() | st.just(to_us(complete.occurred_at)))


@given(requests())
def test_the_request_by_hand_is_the_canonical_json_of_what_was_passed(request):
    text = request_json(*request)
    assert text == canonical_json(request_of(*request))
    assert request_digest(*request) == hashlib.sha256(text.encode()).digest()


VISIT = Kind("visit", Direction.DEPOSIT, dimensions=("warmth", "place"))
LONG_AGO = datetime(1066, 10, 14, tzinfo=UTC)
WRITTEN = {
    "e03c1632225bcc56cffac38d27dd2cd2d5ab70ffa3417244566db5490fb62695": Withdrawal(
        account="ada", kind="late_delivery", magnitude=Decimal("3.00"), occurred_at=NOW
    ),
    "9d4b4c8e853369d837340f25b0719c683344beea8a3a929092b4ceebd7e6a171": Deposit(
        account="ada", kind="fee_waived", cost=Money("14.90", "USD"), occurred_at=NOW
    ),
    "4fe6d846fd2f8b93b06bc31cd74d5f806dc3ed8e56826d4f9c7edd3df11e7ac9": Deposit(
        account='q"\\é客',
        kind="credit",
        magnitude=Decimal("2.500"),
        currency="USD",
        occurred_at=LONG_AGO,
        in_response_to=Ref("order:1:late"),
        sincerity=0.1,
        severity=2.0,
    ),
    "4de7aca77fcf59a3473e6aec77f0ad87feeebccee55b9d275a3efd8030c73e1d": Observation(
        account="7", kind="contact", occurred_at=NOW, note="n", actor="a", attributes={"a": 1}
    ),
    "d953d38f92e8bebe33d8a87dbbe621797f712b7845de077c273e1637c659dadd": Deposit(
        account="ada", kind="visit", occurred_at=NOW, dimensions={"warmth": 1e-7, "place": "at home"}
    ),
    "5afa3dada7dff8a4ac655912217e91d55f5f2a5f47695f4a80f08b00f1a0a75f": Promise(
        account="ada", kind="callback", occurred_at=NOW, due=NOW + timedelta(days=1), recurs="FREQ=DAILY", tz="UTC"
    ),
    "13e7826217f3d98ee38957c25aa5b3d4a090abdeab63e25ea5f4b4d191b0e2a4": Kept(
        account="ada", kind="callback", occurred_at=NOW, in_response_to="0195-1"
    ),
}


@pytest.mark.parametrize("hexadecimal", WRITTEN)
def test_what_was_written_before_keeps_its_digest(hexadecimal):
    door = Door(service_catalog().extended(VISIT), ("USD",), timedelta(minutes=5))
    assert door.draft(WRITTEN[hexadecimal], NOW).digest.hex() == hexadecimal


@given(st.integers(-(10**6), to_us(datetime.max.replace(tzinfo=UTC))))
def test_an_id_is_a_uuid_of_version_7_with_the_clocks_milliseconds(recorded_us):
    made = new_id(recorded_us)
    number = uuid.UUID(made)
    assert (str(number), number.version, number.variant) == (made, 7, uuid.RFC_4122)
    assert number.int >> 80 == max(recorded_us, 0) // 1000


def test_ids_of_one_microsecond_differ_in_all_62_random_bits():
    ids = [uuid.UUID(new_id(to_us(NOW))).int for _ in range(200)]
    ones, zeros = 0, 0
    for number in ids:
        ones |= number
        zeros |= ~number
    assert ones & zeros & (2**128 - 1) == 2**62 - 1
