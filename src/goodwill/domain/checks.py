"""What kinds and rates share: printing as code, and refusing what a file holds with the path to the fault."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from difflib import get_close_matches
from typing import Any, Final

from goodwill.domain.errors import InvalidKind

__all__ = ["check_keys", "check_name", "given", "shown", "table"]

NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")


def given(instance: Any) -> Iterator[tuple[str, Any]]:
    """The fields of a dataclass that differ from their defaults."""
    for spec in fields(instance):
        value = getattr(instance, spec.name)
        if value != spec.default:
            yield spec.name, value


def shown(instance: Any, *positional: str) -> str:
    """An instance of a dataclass as the code that makes it, defaults left out."""
    parts = (repr(value) if name in positional else f"{name}={value!r}" for name, value in given(instance))
    return f"{type(instance).__name__}({', '.join(parts)})"


def check_name(name: object, at: str) -> None:
    """Refuse what is not a name."""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise InvalidKind(
            f"{at}: {name!r} is not a name; a name has a-z, 0-9 and _, starts with a letter and has at most 63 of them"
        )


def check_keys(data: Mapping[str, Any], known: Iterable[str], at: str) -> None:
    """Refuse a key that nobody reads."""
    known = list(known)
    for key in data:
        if key not in known:
            near = get_close_matches(str(key), known, n=3) or known
            raise InvalidKind(f"{at}.{key}: unknown; did you mean {', '.join(near)}?".lstrip("."))


def table(data: object, at: str) -> Mapping[str, Any]:
    """The data, if it is a table."""
    if not isinstance(data, Mapping):
        raise InvalidKind(f"{at}: a table, not {data!r}")
    return data
