"""What a step remembers, as JSON: numbers, texts, tuples, and tables of them by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from goodwill.domain.errors import PolicyError
from goodwill.policies.parameters import shown

__all__ = ["from_plain", "to_plain"]


def to_plain(state: Any) -> Any:
    """A state as lists, dicts, texts and numbers.

    Raises:
        PolicyError: if it is made of anything else; such a step defines `dump_state` and `load_state` itself.

    Example:
        >>> to_plain({"gift": (2.0, 86_400_000_000)})
        {'gift': [2.0, 86400000000]}
    """
    if state is None or isinstance(state, str | int | float):
        return state
    if isinstance(state, tuple):
        return [to_plain(part) for part in state]
    if isinstance(state, Mapping) and all(isinstance(name, str) for name in state):
        return {name: to_plain(part) for name, part in state.items()}
    raise PolicyError(
        f"a state has {shown(state)} in it, a {type(state).__name__}, which JSON would not give back; "
        "make it of numbers, texts, tuples and dicts by text, or define dump_state and load_state"
    )


def from_plain(plain: Any) -> Any:
    """The state of what `to_plain` gave: every list is a tuple again.

    Example:
        >>> from_plain({"gift": [2.0, 86_400_000_000]})
        {'gift': (2.0, 86400000000)}
    """
    if isinstance(plain, list):
        return tuple(from_plain(part) for part in plain)
    if isinstance(plain, Mapping):
        return {name: from_plain(part) for name, part in plain.items()}
    return plain
