"""Which kinds a policy names, and how it reads when a catalog calls them something else now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Final, TypeVar, Union, get_args, get_origin

from pydantic import StringConstraints

from goodwill.policies.model import Model

__all__ = ["KindName", "Name", "kinds_named", "renamed"]

A_KIND: Final = "names a kind"

Name = StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")
"""What a catalog takes for a name (`goodwill.domain.checks.check_name`): any other names nothing, so it is a typo."""

KindName = Annotated[str, Name, A_KIND]
"""A kind's name, in a field of a component: `Frozen[KindName, Gains]`. A catalog may have renamed it since."""

M = TypeVar("M", bound=Model)
Rename = Callable[[str], str]


def kinds_named(model: Model) -> frozenset[str]:
    """Every kind that a policy, or a part of one, names in a field annotated as `KindName`."""
    found: set[str] = set()

    def note(name: str) -> str:
        found.add(name)
        return name

    renamed(model, note)
    return frozenset(found)


def renamed(model: M, rename: Rename) -> M:
    """The model with each kind called by another name; itself where none is."""
    changes = {}
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        new = _renamed(value, Annotated[field.annotation, *field.metadata, None], rename)
        if new != value:
            changes[name] = new
    return model.replace(**changes) if changes else model


def _renamed(value: Any, annotation: Any, rename: Rename) -> Any:
    if isinstance(value, str):
        return rename(value) if any(A_KIND in get_args(option) for option in _options(annotation)) else value
    if isinstance(value, Model):
        return renamed(value, rename)
    if isinstance(value, Mapping):
        keys, values = _arguments(annotation, 2)
        items = [(key, _renamed(key, keys, rename), _renamed(each, values, rename)) for key, each in value.items()]
        # A name of today's goes before one that it had.
        return {new: each for key, new, each in sorted(items, key=lambda item: item[0] == item[1])}
    if isinstance(value, tuple):
        (each,) = _arguments(annotation, 1)
        return tuple(_renamed(part, each, rename) for part in value)
    return value


def _options(annotation: Any) -> Iterator[Any]:
    """What an annotation allows: itself, what it annotates, and each part of a union."""
    yield annotation
    if get_origin(annotation) is Annotated:
        yield from _options(get_args(annotation)[0])
    elif get_origin(annotation) in {Union, UnionType}:
        for option in get_args(annotation):
            yield from _options(option)


def _arguments(annotation: Any, count: int) -> tuple[Any, ...]:
    """The annotations of what stands in a table or a tuple."""
    collection = (option for option in _options(annotation) if get_origin(option) not in {Annotated, Union, UnionType})
    found = next((get_args(option) for option in collection if get_args(option)), ())
    return (*found, *[None] * count)[:count]
