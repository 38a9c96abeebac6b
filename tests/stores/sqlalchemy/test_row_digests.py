"""The digest of a row is one of its own, and the same from whatever a database gives back."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goodwill.ledger.ports import Append, Draft
from goodwill.ledger.seal_requests import Unsealed
from goodwill.stores.sqlalchemy.row_digests import COVERED, PLAIN, digest_of, entry_digest, leaf_of
from goodwill.testing.asking import answer
from goodwill.testing.drafts import batches, deposit, draft, entries
from tests.databases import Database

texts = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=3)
numbers = st.none() | st.integers(-(2**63), 2**63 - 1)
doubles = st.none() | st.floats(allow_nan=False)
values = st.tuples(
    *(texts | numbers for _ in PLAIN), st.binary(max_size=2), st.booleans(), doubles, doubles, doubles, doubles
)
EXTREMES = [
    5e-324, 2.2250738585072014e-308, 0.1 + 0.2, 1 / 3, 1.0, 123456789.123456789, 1e22, 5e-5, 1e16, math.nextafter(1, 2),
    1.7976931348623157e308, 0.0, -0.0, -1e-300,
]  # fmt: skip


def read_back(text: str) -> tuple[Any, ...]:
    """The values that an array stands for: as the module says, backwards."""
    *plain, digest, backfilled, one, two, three, four = json.loads(text)
    floats = [each if each is None else struct.unpack(">d", bytes.fromhex(each))[0] for each in (one, two, three, four)]
    return (*plain, bytes.fromhex(digest), bool(backfilled), *floats)


def written(row: Sequence[Any]) -> str:
    """The array, as the module says it is written."""
    *plain, digest, backfilled, one, two, three, four = row
    bits = [each if each is None else struct.pack(">d", each + 0.0).hex() for each in (one, two, three, four)]
    return json.dumps([*plain, digest.hex(), int(backfilled), *bits], separators=(",", ":"))


@given(values)
def test_a_row_can_be_read_back_from_what_is_hashed_so_no_two_have_the_same(row: tuple[Any, ...]) -> None:
    text = written(row)
    assert digest_of("entries", row) == sha256(b"\x01" + text.encode("ascii")).digest()
    assert read_back(text) == row
    assert [type(each) for each in read_back(text)] == [type(each) for each in row]


@given(values)
def test_what_is_written_has_the_digest_of_what_is_read(row: tuple[Any, ...]) -> None:
    assert entry_digest(dict(zip(COVERED["entries"], row, strict=True))) == digest_of("entries", row)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["ab", "c"], ["a", "bc"]), (["", "a"], ["a", ""]), ([None, "a"], ["", "a"]), (["1", "a"], [1, "a"]),
        (["null", "a"], [None, "a"]), (['a","b', "c"], ["a", 'b","c']), ([b"a", "a"], ["b'a'", "a"]), ([1.0, "a"], [1, "a"]),
    ],
)  # fmt: skip
def test_values_do_not_run_into_each_other(one: list[Any], other: list[Any]) -> None:
    rest = [None] * (len(PLAIN) - 2) + [b"", False, None, None, None, None]
    assert digest_of("entries", [*one, *rest]) != digest_of("entries", [*other, *rest])


def test_merges_and_the_audit_trail_read_a_truth_as_any_database_keeps_it() -> None:
    assert digest_of("merges", ["shop", 1, 2, None, True]) == digest_of("merges", ["shop", 1, 2, None, 1])
    assert digest_of("merges", ["shop", 1, 2, None, False]) == digest_of("merges", ["shop", 1, 2, None, 0])
    assert digest_of("merges", ["shop", 1, 2, "0", 0]) != digest_of("merges", ["shop", 1, 2, None, 0])


def test_a_leaf_is_of_its_source_number_account_and_digest() -> None:
    leaves = {
        leaf_of(source, seq, account, digest, has_digest=has_digest)
        for source in ("entries", "merges")
        for seq in (1, 2)
        for account in (3, 4)
        for digest in (bytes(32), b"d" * 32)
        for has_digest in (True, False)
    }
    assert len(leaves) == 32


def found_in(database: Database, drafts: Sequence[Draft]) -> list[tuple[bytes | None, bytes | None]]:
    """Append what can be appended; of each row the digest that was kept, and that of what the database gives back."""
    store = database.anew().store()
    answer(store, Append(drafts, tolerant=True))
    return [(row.kept, row.digest) for row in answer(store, Unsealed())]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(drafts=batches() | st.lists(entries().map(draft), min_size=1, max_size=5, unique_by=lambda each: each.entry.id))
def test_every_database_gives_back_what_was_digested(database: Database, drafts: Sequence[Draft]) -> None:
    found = found_in(database, drafts)
    assert found
    assert all(kept == digest for kept, digest in found)


@pytest.mark.parametrize("double", EXTREMES)
def test_every_database_gives_back_a_double_to_the_bit(database: Database, double: float) -> None:
    (found,) = found_in(database, [draft(deposit(severity=double, sincerity=-double))])
    assert found[0] == found[1] is not None


@pytest.mark.parametrize("text", ["é", "e\u0301", "🦊", "a ", "'", "\\", '"', "\u2028", "NULL", "名前" * 100, "\x7f"])
def test_every_database_gives_back_a_text_to_the_byte(database: Database, text: str) -> None:
    ((kept, digest),) = found_in(database, [draft(deposit(actor=text, channel=text, dimensions={"d": text}))])
    assert kept == digest is not None
