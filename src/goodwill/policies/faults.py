"""How a policy says what is wrong with it: the path to the fault, as one would write it, and the reason."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, NoReturn

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from goodwill.domain.errors import PolicyError
from goodwill.policies.parameters import shown

__all__ = ["MAX_DEPTH", "Path", "check_tree", "nearest", "parse", "policy_error", "refuse", "too_deep"]

MAX_DEPTH = 32
"""How many objects may stand within each other in a policy."""

Path = tuple[int | str, ...]


def refuse(title: str, path: Path, message: str) -> NoReturn:
    """Raise a fault from within a validator; pydantic puts the path that leads to the validator before `path`."""
    fault = PydanticCustomError("policy", "{message}", {"message": message})
    raise ValidationError.from_exception_data(
        title, [InitErrorDetails(type=fault, loc=path, input=None)], hide_input=True
    )


def policy_error(error: ValidationError) -> PolicyError:
    """Pydantic's error as ours: one line per fault, the path first.

    Example:
        >>> from pydantic import TypeAdapter
        >>> try:
        ...     TypeAdapter(dict[str, list[int]]).validate_python({"days": [1, None]})
        ... except ValidationError as error:
        ...     print(policy_error(error))
        days[1]: None is refused: input should be a valid integer
    """
    lines = []
    for fault in error.errors(include_url=False):
        path = written(fault["loc"])
        lines.append(f"{path}: {_reason(fault)}" if path else _reason(fault))
    return PolicyError("\n".join(lines))


def _reason(fault: Any) -> str:
    if fault["type"] in {"policy", "number"}:
        return str(fault["msg"])
    if fault["type"] == "missing":
        return "is missing"
    if fault["type"] == "value_error":
        return str(fault["ctx"]["error"])
    return f"{shown(fault['input'])} is refused: {fault['msg'][:1].lower()}{fault['msg'][1:]}"


def written(path: Path) -> str:
    """A path as one would write it.

    Example:
        >>> written(("decay", "by_kind", "dispute", "of", 1, "days"))
        'decay.by_kind.dispute.of[1].days'
    """
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step != "[key]":  # pydantic's mark for a fault in a key, whose name it gives just before
            text += f".{step}" if step.isidentifier() else f"[{shown(step)}]"
    return text.removeprefix(".")


def nearest(name: object, known: Iterable[str]) -> str:
    """The known names that a wrong one may have meant.

    Example:
        >>> nearest("halflife", ["half_life", "linear"])
        'nearest: half_life'
    """
    names = sorted(known)
    close = get_close_matches(str(name), names, n=3, cutoff=0.5)
    return f"nearest: {', '.join(close)}" if close else f"known: {', '.join(names) or 'none'}"


def too_deep(path: Path = ()) -> str:
    """What is said of a policy whose parts stand too deep within each other."""
    fault = f"more than {MAX_DEPTH} objects within each other"
    return f"{written(path)}: {fault}" if path else fault


def parse(text: str | bytes) -> Any:
    """A JSON text as Python objects, in which `check_tree` still finds a key that was given twice.

    Raises:
        PolicyError: if it is not JSON.
    """
    try:
        return json.loads(text, object_pairs_hook=_pairs)
    except RecursionError:
        raise PolicyError(too_deep()) from None
    except (ValueError, TypeError) as error:
        raise PolicyError(f"this is not JSON: {error}") from None


class _Repeated(dict[str, Any]):
    """An object of a JSON text that gives `key` twice."""

    key: str


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    keys = [key for key, _ in pairs]
    repeated = _Repeated(found)
    repeated.key = next(key for key in keys if keys.count(key) > 1)
    return repeated


def check_tree(value: Any, path: Path = (), depth: int = 0) -> None:
    """Refuse what no field should have to refuse: a key given twice, a number that JSON cannot hold, absurd nesting.

    Raises:
        PolicyError: with the path to the fault.
    """
    if isinstance(value, _Repeated):
        raise PolicyError(f"{written((*path, value.key))}: is given twice")
    if isinstance(value, Mapping):
        for key, part in _inner(value.items(), path, depth + 1):
            check_tree(part, (*path, str(key)), depth + 1)
    elif isinstance(value, list | tuple):
        for index, part in _inner(enumerate(value), path, depth + 1):
            check_tree(part, (*path, index), depth + 1)
    elif isinstance(value, float) and not math.isfinite(value):
        raise PolicyError(f"{written(path)}: {value} is not a finite number")
    elif isinstance(value, int) and value.bit_length() > 1023:
        raise PolicyError(f"{written(path)}: {shown(value)} is too large for a number in JSON")
    elif isinstance(value, str) and any("\ud800" <= char <= "\udfff" for char in value):
        raise PolicyError(f"{written(path)}: {shown(value)} is not valid Unicode")


def _inner(items: Iterable[tuple[Any, Any]], path: Path, depth: int) -> Iterable[tuple[Any, Any]]:
    # A list may stand between any two objects, so twice as many containers as objects are no fault yet.
    if depth > 2 * MAX_DEPTH + 1:
        raise PolicyError(too_deep(path))
    return items
