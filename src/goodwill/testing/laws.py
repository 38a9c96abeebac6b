"""The laws of a decay, each a plain function that raises AssertionError where it does not hold.

A law that takes ages looks at those that are given, and always at a grid over a million years and around every length
of time in the decay. Shares are compared within 1e-12. A decay that goes by the calendar is looked at as it is for an
entry of one date.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import wraps
from itertools import pairwise
from typing import Annotated, Any, Final, NoReturn, TypeVar, cast, get_args, get_origin

from pydantic.fields import FieldInfo

from goodwill.domain.errors import PolicyError
from goodwill.policies.component import Component
from goodwill.policies.decay import Decay
from goodwill.policies.exponentials import total
from goodwill.policies.formula import NEGLIGIBLE
from goodwill.policies.parameters import Number
from goodwill.testing.engines import installed, on_engine

__all__ = [
    "LAWS",
    "age_at_inverts",
    "every_engine_agrees",
    "expiry_is_the_end",
    "floor_holds",
    "grace_is_whole_inside",
    "half_life_is_where_half_is_left",
    "is_a_number_for_a_million_years",
    "is_the_sum_of_its_exponentials",
    "never_rises",
    "prints_as_code",
    "probed_ages",
    "starts_whole",
    "stays_within_0_and_1",
    "stores_as_json",
    "time_units_change_nothing",
]

TOLERANCE: Final = 1e-12
ROUNDING: Final = 2.0**-51
"""What a quotient may be off by, as a share of it, where it is a product with the inverse."""
MILLION_YEARS: Final = 365.25e6
GRID: Final = (0.0, *(10 ** (step / 8) for step in range(-32, 69)), MILLION_YEARS)
AROUND: Final = (0.1, 0.5, 1 - 1e-9, 1.0, 1 + 1e-9, 1.5, 2.0, 10.0)

Ages = Sequence[float]
Law = TypeVar("Law", bound=Callable[..., None])

A_DATE: Final = 1_706_702_400_000_000
"""Noon of 31 January 2024 in UTC: of a long month before a short one, in a leap year."""


def _of_an_entry(law: Law) -> Law:
    """The law of a decay as an entry has it, since one that goes by the calendar has no share by age alone."""

    @wraps(law)
    def held(decay: Decay, *args: Any, **kwargs: Any) -> None:
        law(decay.at(A_DATE), *args, **kwargs)

    return cast("Law", held)


# Laws of shares


@_of_an_entry
def starts_whole(decay: Decay) -> None:
    """At age 0 the share is 1."""
    share = _share(starts_whole, decay, 0.0)
    if not abs(share - 1) <= TOLERANCE:
        _broken(starts_whole, decay, 0.0, f"the share is {share}, not 1")


@_of_an_entry
def stays_within_0_and_1(decay: Decay, ages: Ages = ()) -> None:
    """The share is at least 0 and at most 1."""
    for age, share in _curve(stays_within_0_and_1, decay, ages):
        if share < -TOLERANCE or share > 1 + TOLERANCE:
            _broken(stays_within_0_and_1, decay, age, f"the share is {share}")


@_of_an_entry
def never_rises(decay: Decay, ages: Ages = ()) -> None:
    """The share at a later age is not larger."""
    curve = list(_curve(never_rises, decay, ages))
    for (earlier, before), (age, share) in pairwise(curve):
        if share > before + TOLERANCE:
            _broken(never_rises, decay, age, f"the share is {share}, and it was {before} at age {earlier!r}")


@_of_an_entry
def is_a_number_for_a_million_years(decay: Decay, ages: Ages = ()) -> None:
    """The share is a finite number up to a million years; 0 by underflow is fine."""
    for age, share in _curve(is_a_number_for_a_million_years, decay, ages):
        if not math.isfinite(share):
            _broken(is_a_number_for_a_million_years, decay, age, f"the share is {share}")


@_of_an_entry
def time_units_change_nothing(decay: Decay, ages: Ages = ()) -> None:
    """Scaling the age and every length of time in the decay together leaves the share as it is.

    A length of time is a parameter annotated `Days`, or one whose name says days.
    """
    for factor in (8.0, 0.125):
        try:
            scaled = _scaled(decay, factor)
        except PolicyError:  # beyond what its parameters allow
            continue
        for age, share in _curve(time_units_change_nothing, decay, ages):
            other = _share(time_units_change_nothing, scaled, age * factor)
            if abs(share - other) > TOLERANCE:
                fault = f"the share is {share}, but {other} with age and every length of time {factor:g} times as long"
                fault += "; annotate each of them as Days"
                _broken(time_units_change_nothing, decay, age, fault)
        return


@_of_an_entry
def age_at_inverts(decay: Decay, ages: Ages = ()) -> None:
    """`age_at(share)` is the earliest age at which no more than the share remains."""
    for age, share in _curve(age_at_inverts, decay, ages, every=16):
        if 0 <= share <= 1:
            _is_earliest(age_at_inverts, decay, share, decay.age_at(share), known=age)


@_of_an_entry
def half_life_is_where_half_is_left(decay: Decay) -> None:
    """At the half-life the share falls to a half; it is None where that never happens."""
    _is_earliest(half_life_is_where_half_is_left, decay, 0.5, decay.half_life, known=None)


@_of_an_entry
def grace_is_whole_inside(decay: Decay, ages: Ages = ()) -> None:
    """Within a grace the share is 1, and after it that of the decay at the age beyond it."""
    grace = 14.0
    graced = decay.grace(days=grace)
    for age, share in _curve(grace_is_whole_inside, graced, ages):
        expected = 1.0 if age <= grace else _share(grace_is_whole_inside, decay, age - grace)
        if abs(share - expected) > TOLERANCE:
            _broken(grace_is_whole_inside, graced, age, f"the share is {share}, not {expected}")


@_of_an_entry
def floor_holds(decay: Decay, ages: Ages = ()) -> None:
    """With a floor, the share is never below it."""
    floored = decay.floor(share=0.25)
    for age, share in _curve(floor_holds, floored, ages):
        if share < 0.25 - TOLERANCE:
            _broken(floor_holds, floored, age, f"the share is {share}, below the floor of 0.25")


@_of_an_entry
def expiry_is_the_end(decay: Decay, ages: Ages = ()) -> None:
    """With an expiry, the share is 0 from that age on, and that of the decay before it."""
    expiring = decay.expire(days=365.0)
    for age, share in _curve(expiry_is_the_end, expiring, ages):
        expected = _share(expiry_is_the_end, decay, age) if age < 365 else 0.0
        if abs(share - expected) > TOLERANCE:
            _broken(expiry_is_the_end, expiring, age, f"the share is {share}, not {expected}")


@_of_an_entry
def is_the_sum_of_its_exponentials(decay: Decay, ages: Ages = ()) -> None:
    """Where it says that it is a sum of exponentials and constants, they are at hand, and their sum is its share."""
    law, parts = is_the_sum_of_its_exponentials, decay.exponentials
    if decay.exponential != bool(parts):
        fault = f"exponential is {decay.exponential}, and exponentials is {parts}; define exponentials alone"
        raise AssertionError(_message(law, decay, None, fault))
    for age, share in _curve(law, decay, ages) if parts else ():
        found = total(parts, age)
        if not abs(share - found) <= TOLERANCE:
            _broken(law, decay, age, f"the share is {share}, and its exponentials come to {found}")


@_of_an_entry
def every_engine_agrees(decay: Decay, ages: Ages = (), engines: Sequence[str] | None = None) -> None:
    """Every operand that the decay declares gives the share of a float: arrays, frames and SQL, where installed.

    Where the share jumps, the share of an age that is a rounding away will do: an engine may divide by a number by
    multiplying with its inverse, as polars does. `engines` names those that are asked; all of them where None.
    """
    curve = list(_curve(every_engine_agrees, decay, ages, every=4))
    probed = [age for age, _ in curve]
    for engine in installed(decay.runs_on, engines):
        try:
            found = on_engine(engine, decay.remaining, probed)
        except Exception as error:
            fault = f"{engine} raises {type(error).__name__}: {error}"
            raise AssertionError(_message(every_engine_agrees, decay, None, fault)) from error
        for (age, share), other in zip(curve, found, strict=True):
            if not abs(share - other) <= TOLERANCE and not _is_of_a_rounding(decay, age, other):
                _broken(every_engine_agrees, decay, age, f"the share is {share} on a float and {other} on {engine}")


def _is_of_a_rounding(decay: Decay, age: float, other: float) -> bool:
    """Whether a share lies between those of the ages that are a rounding older and younger."""
    least, most = (_share(every_engine_agrees, decay, age * near) for near in (1 + ROUNDING, 1 - ROUNDING))
    return least - TOLERANCE <= other <= most + TOLERANCE


# Laws of form


def prints_as_code(decay: Decay) -> None:
    """What it prints is code that makes it again."""
    names = {type(part).__name__: type(part) for part in _tree(decay)}
    try:
        again = eval(repr(decay), names)  # noqa: S307 - the repr of an instance that the caller made
    except Exception as error:
        raise AssertionError(_message(prints_as_code, decay, None, f"its repr raises {error!r}")) from error
    if again != decay:
        _broken(prints_as_code, decay, None, f"its repr makes {again!r}")


def stores_as_json(decay: Decay) -> None:
    """Its JSON loads as an equal decay, which has the same JSON and the same digest."""
    try:
        again = Decay.from_json(decay.to_json())
    except Exception as error:
        raise AssertionError(_message(stores_as_json, decay, None, f"{type(error).__name__}: {error}")) from error
    if again != decay or again.to_json() != decay.to_json() or again.digest != decay.digest:
        _broken(stores_as_json, decay, None, f"{decay.to_json()} loads as {again!r}")


LAWS: Final = (
    starts_whole,
    is_a_number_for_a_million_years,
    stays_within_0_and_1,
    never_rises,
    time_units_change_nothing,
    age_at_inverts,
    half_life_is_where_half_is_left,
    grace_is_whole_inside,
    floor_holds,
    expiry_is_the_end,
    is_the_sum_of_its_exponentials,
    prints_as_code,
    stores_as_json,
    every_engine_agrees,
)
"""Every law of a decay; those on which the others rest come first, and the slowest last."""


# How a law looks, and what it says


def probed_ages(decay: Decay, ages: Ages = ()) -> list[float]:
    """The ages at which a law looks: those given, the grid, and around every length of time in the decay."""
    probes = {*map(float, ages), *GRID, *(length * factor for length in _lengths(decay) for factor in AROUND)}
    return sorted(age for age in probes if age <= MILLION_YEARS)


def _curve(law: Any, decay: Decay, ages: Ages, *, every: int = 1) -> Iterator[tuple[float, float]]:
    """The share at each probed age, or at every so many of them and at all that are given."""
    probes = probed_ages(decay, ages)
    chosen = probes if every == 1 else sorted({*probes[::every], *map(float, ages)})
    return ((age, _share(law, decay, age)) for age in chosen)


def _share(law: Any, decay: Decay, age: float) -> float:
    try:
        return float(decay.remaining(age))
    except Exception as error:
        fault = f"remaining raises {type(error).__name__}: {error}"
        raise AssertionError(_message(law, decay, age, fault)) from error


def _is_earliest(law: Any, decay: Decay, share: float, found: float | None, *, known: float | None) -> None:
    """That the age found for a share is the earliest with no more than it; `known` is one that has."""
    if found is None:
        reached = known if known is not None else MILLION_YEARS
        if known is not None or _share(law, decay, reached) < share - TOLERANCE:
            _broken(law, decay, reached, f"no age was found for the share {share}, which is reached here")
        return
    # What is negligible counts as 0, so a smaller share may be found earlier.
    if decay.share(found) > share + TOLERANCE:
        _broken(law, decay, found, f"it was found for the share {share}, but {decay.share(found)} remains")
    earlier = found * (1 - 1e-9)
    if earlier < found and decay.share(earlier) < share - TOLERANCE and share >= NEGLIGIBLE:
        _broken(law, decay, found, f"it was found for the share {share}, but less remains at {earlier!r}")


def _message(law: Any, decay: Decay, age: float | None, fault: str) -> str:
    name = law.__name__.replace("_", " ")
    at = "" if age is None else f" at an age of {age!r} days"
    return f"{name}: {decay!r} breaks this law{at}: {fault}"


def _broken(law: Any, decay: Decay, age: float | None, fault: str) -> NoReturn:
    raise AssertionError(_message(law, decay, age, fault))


# Lengths of time


def _tree(component: Component) -> Iterator[Component]:
    yield component
    for part in component.parts:
        yield from _tree(part)


def _lengths(decay: Decay) -> set[float]:
    found: set[float] = set()

    def note(length: float) -> float:
        found.add(float(length))
        return length

    _changed(decay, Decay, note)
    return found


def _scaled(decay: Decay, factor: float) -> Any:
    """The decay with every length of time in it so many times as long."""
    return _changed(decay, Decay, lambda length: length * factor)


def _changed(value: Any, annotation: Any, change: Callable[[float], float], *, named: bool = False) -> Any:
    """The value with each length of time in it changed: where its annotation says so, or the name of its field."""
    if isinstance(value, Component):
        fields = type(value).model_fields
        return value.replace(**{name: _changed_field(value, name, fields[name], change) for name in fields})
    while get_origin(annotation) is Annotated and not _says_days(annotation, within=False):
        annotation = get_args(annotation)[0]
    if isinstance(value, Mapping | tuple):
        parts = [part for part in get_args(annotation) if part is not Ellipsis] or [None]
        if isinstance(value, Mapping):
            return {key: _changed(part, parts[-1], change, named=named) for key, part in value.items()}
        each = parts if len(parts) == len(value) else parts * len(value)
        return tuple(_changed(part, kind, change, named=named) for part, kind in zip(value, each, strict=False))
    length = isinstance(value, int | float) and (named or _says_days(annotation))
    return change(value) if length else value


def _changed_field(component: Component, name: str, field: FieldInfo, change: Callable[[float], float]) -> Any:
    annotation: Any = Annotated[field.annotation, *field.metadata, None]
    named = name == "days" or name.endswith("_days")
    return _changed(getattr(component, name), annotation, change, named=named)


def _says_days(annotation: Any, *, within: bool = True) -> bool:
    """Whether the annotation is that of days, or a part of it is."""
    if get_origin(annotation) is Annotated:
        inner, *metadata = get_args(annotation)
        return any(isinstance(mark, Number) and mark.noun == "days" for mark in metadata) or (
            within and _says_days(inner)
        )
    return within and any(map(_says_days, get_args(annotation)))
