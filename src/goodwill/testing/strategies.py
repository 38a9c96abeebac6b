"""Hypothesis strategies: members of a family on random parameters, also of a class that somebody just wrote."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from goodwill.domain.errors import PolicyError
from goodwill.domain.instant import MICROSECONDS_PER_DAY
from goodwill.domain.kind import Rate
from goodwill.policies.combinators import Blend
from goodwill.policies.component import Component, Model, registered
from goodwill.policies.decay import Decay
from goodwill.policies.model import families
from goodwill.policies.parameters import Number

try:
    from hypothesis import reject
    from hypothesis import strategies as st
except ImportError as error:
    raise ImportError("goodwill.testing needs hypothesis: install goodwill[testing]") from error

__all__ = ["ages", "decays", "instances", "numbers"]

M = TypeVar("M", bound=Model)
Strategy = st.SearchStrategy[Any]

TYPICAL = {
    "days": [0.5, 1.0, 7.0, 30.0, 84.0, 365.0],
    "number": [0.25, 0.5, 1.0, 2.0, 10.0],
    "share": [0.0, 0.1, 0.5, 1.0],
    "weight": [0.1, 0.5, 1.0],
    "sensitivity": [0.5, 0.88, 1.0],
}

PARTS = st.sampled_from([0.0, 0.5, 1.0, 4.0, 12.0]) | st.floats(0, 1e6)
st.register_type_strategy(Rate, st.builds(Rate, st.sampled_from(["event", "unit", "money"]), PARTS, PARTS, PARTS))


def ages() -> st.SearchStrategy[float]:
    """Ages in days: short ones, long ones, up to a million years; 0, or at least a microsecond."""
    any_age = st.one_of(st.integers(0, 400).map(float), st.floats(0, 4000), st.floats(0, 365.25e6))
    return any_age.map(lambda age: age if age * MICROSECONDS_PER_DAY >= 1.0 else 0.0)


def numbers(rule: Number) -> st.SearchStrategy[float]:
    """What a parameter may be: typical values, ordinary ones, and everything up to its limits."""
    typical = [number for number in TYPICAL.get(rule.noun, [rule.high]) if _allowed(rule, number)]
    ordinary = st.floats(max(rule.low, 0.01), min(rule.high, 1e4)) if rule.low < 1e4 and rule.high > 0.01 else None
    choices = [st.sampled_from(typical) if typical else None, ordinary, st.floats(rule.low, rule.high)]
    return st.one_of(*(choice for choice in choices if choice is not None)).filter(lambda x: _allowed(rule, x))


def decays(depth: int = 2) -> st.SearchStrategy[Decay]:
    """Any registered decay, combinators within combinators to this depth.

    One that goes by the calendar is drawn as it is for an entry of a random date.
    """
    date = st.integers(0, 4_102_444_800_000_000)  # to the end of 2099
    return st.builds(lambda decay, occurred_us: decay.at(occurred_us), _members(Decay, depth), date)


def instances(cls: type[M], depth: int = 1) -> st.SearchStrategy[M]:
    """A component or model with each field drawn by its annotation.

    A field that names examples is drawn from those. What the class itself refuses (two fields that contradict each
    other) is drawn again.

    Args:
        cls: a member of a family, or any other model.
        depth: how deep components stand within it.
    """
    return _instances(cls, depth, _known())


def _known() -> tuple[type[Component], ...]:
    """Every member that is registered now; a strategy that was built serves until this changes."""
    of = [family for family in families.values() if issubclass(family, Component)]
    return tuple(member for family in of for member in registered(family).values())


@lru_cache(maxsize=512)
def _instances(cls: type[M], depth: int, _registered: tuple[type[Component], ...]) -> st.SearchStrategy[M]:
    """The strategy of `instances`, built once for what is registered."""
    if cls is Blend:
        return _blends(depth)
    cls.model_rebuild()  # raises where an annotation names what cannot be found
    fields = {
        name: st.sampled_from(field.examples)
        if field.examples
        else _values(Annotated[field.annotation, *field.metadata, None], depth)
        for name, field in cls.model_fields.items()
    }

    @st.composite
    def made(draw: st.DrawFn) -> M:
        drawn = {name: draw(strategy) for name, strategy in fields.items()}
        try:
            return cls(**drawn)
        except PolicyError:
            reject()

    return made()


def _blends(depth: int) -> Strategy:
    """Blends, whose weights sum to 1: hardly one of those drawn at random would."""
    part = st.tuples(_members(Decay, depth - 1), st.integers(1, 10))
    parts = st.lists(part, min_size=1, max_size=3)
    return parts.map(
        lambda drawn: Blend(
            of=tuple(decay for decay, _ in drawn),
            weights=tuple(weight / sum(weight for _, weight in drawn) for _, weight in drawn),
        )
    )


def _members(family: type[Component], depth: int) -> Strategy:
    members = registered(family).values()
    leaves = [member for member in members if not _composed(member)]
    composed = [member for member in members if _composed(member)] if depth > 0 else []
    return st.one_of(*(instances(member, depth) for member in (*leaves, *composed)))


def _composed(member: type[Component]) -> bool:
    return any(map(_names_component, (field.annotation for field in member.model_fields.values())))


def _names_component(annotation: Any) -> bool:
    if isinstance(annotation, type) and not get_args(annotation):
        return issubclass(annotation, Component)
    return any(map(_names_component, get_args(annotation)))


def _values(annotation: Any, depth: int) -> Strategy:
    """What a field with this annotation may be given."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _annotated(arguments[0], [mark for mark in arguments[1:] if mark is not None], depth)
    if origin in {Union, UnionType}:
        return st.one_of(*(_values(argument, depth) for argument in arguments))
    if isinstance(origin, type) and issubclass(origin, tuple | Mapping):
        return _collections(origin, arguments, depth)
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return _models(annotation, depth)
    if annotation is float:
        return st.floats(allow_nan=False, allow_infinity=False)
    return st.from_type(annotation)


def _annotated(inner: Any, marks: list[Any], depth: int) -> Strategy:
    rule = next((mark for mark in marks if isinstance(mark, Number)), None)
    if rule is not None:
        return numbers(rule)
    pattern = next((mark.pattern for mark in marks if getattr(mark, "pattern", None)), None)
    if pattern is not None:
        return st.from_regex(pattern, fullmatch=True)
    structured = get_origin(inner) is not None or (isinstance(inner, type) and issubclass(inner, Model))
    marked: Any = Annotated[inner, *marks] if marks and not structured else None
    return _values(inner, depth) if marked is None else st.from_type(marked)


def _collections(origin: type, arguments: tuple[Any, ...], depth: int) -> Strategy:
    inner = [_values(argument, depth) for argument in arguments if argument is not Ellipsis]
    if issubclass(origin, Mapping):
        return st.dictionaries(*inner, max_size=2)
    return st.lists(*inner, min_size=2, max_size=3).map(tuple) if Ellipsis in arguments else st.tuples(*inner)


def _models(cls: type[Model], depth: int) -> Strategy:
    if issubclass(cls, Component) and not cls.tag:
        return _members(cls, depth - 1)
    return instances(cls, depth - 1)


def _allowed(rule: Number, number: float) -> bool:
    try:
        rule.check(number)
    except ValueError:
        return False
    return True
