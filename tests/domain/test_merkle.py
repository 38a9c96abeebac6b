"""Merkle trees are those of RFC 6962."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from goodwill.domain.merkle import EMPTY, Tree, leaf_hash


def by_the_rfc(contents: list[bytes]) -> bytes:
    """Section 2.1 as it is written: split at the largest power of two below the length."""
    if not contents:
        return sha256().digest()
    if len(contents) == 1:
        return sha256(b"\x00" + contents[0]).digest()
    k = 1 << (len(contents) - 1).bit_length() - 1
    return sha256(b"\x01" + by_the_rfc(contents[:k]) + by_the_rfc(contents[k:])).digest()


def root_of(contents: list[bytes]) -> bytes:
    tree = Tree()
    for content in contents:
        tree.add(leaf_hash(content))
    assert tree.size == len(contents)
    return tree.root


@given(st.lists(st.binary(max_size=3), max_size=70))
def test_the_root_is_the_one_that_the_rfc_defines(contents: list[bytes]) -> None:
    assert root_of(contents) == by_the_rfc(contents)


@given(st.lists(st.binary(max_size=3), max_size=20), st.lists(st.binary(max_size=3), max_size=20))
def test_other_leaves_have_another_root(some: list[bytes], others: list[bytes]) -> None:
    assert (root_of(some) == root_of(others)) == (some == others)


def test_a_last_leaf_is_not_doubled() -> None:
    assert root_of([b"a", b"b", b"c"]) != root_of([b"a", b"b", b"c", b"c"])


def test_the_root_over_nothing_is_the_hash_of_nothing() -> None:
    assert Tree().root == EMPTY == sha256(b"").digest()


def test_the_root_can_be_asked_for_between_leaves() -> None:
    tree = Tree()
    roots = []
    for content in (b"a", b"b", b"c"):
        tree.add(leaf_hash(content))
        roots.append(tree.root)
    assert roots == [by_the_rfc([b"a"]), by_the_rfc([b"a", b"b"]), by_the_rfc([b"a", b"b", b"c"])]
