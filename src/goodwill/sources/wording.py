"""Words for messages."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["nearest"]


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: the nearest known ones, or a few of all.

    Example:
        >>> nearest("occured_at", ["account", "occurred_at"])
        '; did you mean occurred_at?'
        >>> nearest("x", ["account", "kind"])
        '; there is account, kind'
    """
    names = sorted(known)
    near = get_close_matches(name, names, n=3, cutoff=0.6)
    if near:
        return f"; did you mean {' or '.join(near)}?"
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f"; there is {shown}" if names else ""
