"""Seals stand on one another, and a stranger can compute them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from goodwill.domain.instant import to_us
from goodwill.domain.seal import BadRow, BadSeal, Seal, Verification
from goodwill.testing.drafts import NOON

FIRST = Seal.upon(None, root=b"a" * 32, rows=3, sealed_at=NOON, is_complete=False)
SECOND = Seal.upon(FIRST, root=b"b" * 32, rows=4, sealed_at=NOON, is_complete=True)


def by_hand(*, before: bytes, root: bytes, number: int, rows: int, is_complete: bool) -> str:
    """As the docstring says it."""
    parts = [
        b"\x01", before, root, number.to_bytes(8, "big"), rows.to_bytes(8, "big"), bytes([is_complete]),
        to_us(NOON).to_bytes(8, "big", signed=True),
    ]  # fmt: skip
    return sha256(b"".join(parts)).hexdigest()


def test_a_stranger_computes_the_same() -> None:
    assert FIRST.seal == by_hand(before=bytes(32), root=b"a" * 32, number=1, rows=3, is_complete=False)
    before = bytes.fromhex(FIRST.seal)
    assert SECOND.seal == by_hand(before=before, root=b"b" * 32, number=2, rows=4, is_complete=True)


def test_a_seal_stands_on_the_one_before_and_on_no_other() -> None:
    assert FIRST.stands_on(None)
    assert SECOND.stands_on(FIRST)
    assert not SECOND.stands_on(None)
    assert not FIRST.stands_on(SECOND)


@pytest.mark.parametrize(
    "change",
    [
        {"number": 3}, {"seal": "00" * 32}, {"root": "00" * 32}, {"rows": 5}, {"is_complete": False},
        {"sealed_at": NOON + timedelta(microseconds=1)},
    ],
)  # fmt: skip
def test_a_seal_with_another_value_stands_on_nothing(change: dict[str, Any]) -> None:
    assert not replace(SECOND, **change).stands_on(FIRST)


def test_a_verification_is_true_if_nothing_bad_was_found() -> None:
    assert Verification(rows=3, undigested=1, unsealed=2, purged=1, belated=1)
    assert not Verification(bad_rows=1)
    assert not Verification(bad_seals=1)
    assert not Verification(differences=1)


def test_what_is_bad_says_so_in_a_line() -> None:
    row = BadRow(source="entries", seq=7, id="x", seal=2, reason="it is gone")
    assert str(row) == "entries 7 (id x): it is gone"
    assert str(replace(row, source="merges", id=None)) == "merges 7: it is gone"
    assert str(BadSeal(number=2, reason="it is gone")) == "seal 2: it is gone"
    assert str(BadSeal(number=None, reason="not here")) == "not here"
