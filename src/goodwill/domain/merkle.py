"""Merkle trees as in RFC 6962 and RFC 9162: one hash over many, of which every single one can be proved to be part."""

from __future__ import annotations

from hashlib import sha256

__all__ = ["EMPTY", "Tree", "leaf_hash", "node_hash"]

EMPTY = sha256(b"").digest()
"""The root over nothing."""


def leaf_hash(content: bytes) -> bytes:
    """The hash of one leaf; its prefix keeps a leaf from passing for a node."""
    return sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees side by side."""
    return sha256(b"\x01" + left + right).digest()


class Tree:
    """The root over leaves that come one by one, in memory of the logarithm of their number.

    A last leaf without a neighbor is not doubled, so no two lists of leaves have the same root.

    Example:
        >>> tree = Tree()
        >>> for content in (b"a", b"b", b"c"):
        ...     tree.add(leaf_hash(content))
        >>> tree.root == node_hash(node_hash(leaf_hash(b"a"), leaf_hash(b"b")), leaf_hash(b"c"))
        True
    """

    def __init__(self) -> None:
        self.size = 0
        self._full: list[bytes] = []  # roots of full subtrees, the largest first: one for each 1 of the size in binary

    def add(self, leaf: bytes) -> None:
        """Take in the hash of the next leaf."""
        self.size += 1
        grown, size = leaf, self.size
        while size % 2 == 0:
            grown, size = node_hash(self._full.pop(), grown), size // 2
        self._full.append(grown)

    @property
    def root(self) -> bytes:
        """The root over the leaves so far."""
        if not self._full:
            return EMPTY
        *rest, root = self._full
        while rest:
            root = node_hash(rest.pop(), root)
        return root
