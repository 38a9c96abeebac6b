"""What an expression may call, and what its operators do with dates, decimals and empty cells."""

from __future__ import annotations

import ast
import dataclasses
import operator
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import partial
from typing import Any, Final

from goodwill.domain.money import Money
from goodwill.sources.cells import Conventions, read_date, read_id, read_instant, read_number, read_text

__all__ = ["FUNCTIONS", "chosen", "functions", "operators", "truth"]

LONGEST_TEXT: Final = 100_000
MICROSECOND: Final = timedelta(microseconds=1)
MICROSECONDS_PER_DAY: Final = timedelta(days=1) // MICROSECOND


def days_between(earlier: Any, later: Any, *, conventions: Conventions) -> Decimal:
    """Days from one to the other: whole between two dates, with a fraction where either is an instant."""
    first, second = comparable(earlier, later, conventions)
    return Decimal((second - first) // MICROSECOND) / MICROSECONDS_PER_DAY


def rounded(value: Any, digits: Any = 0, *, conventions: Conventions) -> Decimal:
    """A number rounded to so many decimals, halves to the even neighbor."""
    unit = Decimal(1).scaleb(-int(digits))
    return read_number(value, conventions).quantize(unit, rounding=ROUND_HALF_EVEN)


def to_date(value: Any, *formats: str, conventions: Conventions) -> date:
    """The local day of a text or an instant."""
    return read_date(value, with_formats(conventions, formats))


def to_instant(value: Any, *formats: str, conventions: Conventions) -> datetime:
    """The instant of a text, or the one that a day stands for."""
    return read_instant(value, with_formats(conventions, formats))


def with_formats(conventions: Conventions, formats: tuple[str, ...]) -> Conventions:
    return dataclasses.replace(conventions, dates=formats) if formats else conventions


def minor(value: Any, currency: str, *, conventions: Conventions) -> Decimal:
    """The amount that so many minor units (cents) of a currency are."""
    return Money.from_minor(int(read_number(value, conventions)), currency).amount


def smallest(*values: Any, conventions: Conventions) -> Any:
    """The smallest number, or the earliest date."""
    return chosen(values, operator.lt, conventions)


def largest(*values: Any, conventions: Conventions) -> Any:
    """The largest number, or the latest date."""
    return chosen(values, operator.gt, conventions)


def chosen(values: tuple[Any, ...], better: Callable[[Any, Any], bool], conventions: Conventions) -> Any:
    """The best of some values, the first of equal ones."""
    best = values[0]
    for value in values[1:]:
        best = value if better(*comparable(value, best, conventions)) else best
    return best


def replace(text: Any, old: str, new: str) -> str:
    """A text with every `old` made `new`."""
    return bounded(read_text(text).replace(old, new))


def bounded(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"a text grew beyond {LONGEST_TEXT} characters")
    return text


def coalesce(*values: Any) -> Any:
    """The first value that is not empty."""
    return next((value for value in values if value is not None), None)


PLAIN: Final[dict[str, Callable[..., Any]]] = {
    "abs": abs,
    "contains": lambda text, part: part in read_text(text),
    "days": lambda number: timedelta(days=float(number)),
    "endswith": lambda text, end: read_text(text).endswith(end),
    "hours": lambda number: timedelta(hours=float(number)),
    "id": read_id,
    "length": lambda text: Decimal(len(read_text(text))),
    "lower": lambda text: read_text(text).lower(),
    "replace": replace,
    "startswith": lambda text, start: read_text(text).startswith(start),
    "strip": lambda text: read_text(text).strip(),
    "text": read_text,
    "upper": lambda text: read_text(text).upper(),
}
BY_CONVENTION: Final[dict[str, Callable[..., Any]]] = {
    "date": to_date,
    "days_between": days_between,
    "instant": to_instant,
    "max": largest,
    "min": smallest,
    "minor": minor,
    "number": lambda value, *, conventions: read_number(value, conventions),
    "round": rounded,
}
FUNCTIONS: Final = frozenset({*PLAIN, *BY_CONVENTION, "coalesce"})
"""The names of everything that an expression may call."""


def functions(conventions: Conventions) -> dict[str, Callable[..., Any]]:
    """The functions as they read cells of these conventions. Each but `coalesce` is empty if an argument is."""
    table = dict(PLAIN)
    table.update({name: partial(function, conventions=conventions) for name, function in BY_CONVENTION.items()})
    return {**{name: empty_in_empty_out(function) for name, function in table.items()}, "coalesce": coalesce}


def empty_in_empty_out(function: Callable[..., Any]) -> Callable[..., Any]:
    def quiet(*values: Any) -> Any:
        return None if any(value is None for value in values) else function(*values)

    return quiet


def operators(conventions: Conventions) -> dict[type[ast.AST], Callable[..., Any]]:
    """The operators, by the node of the syntax tree that stands for each."""

    def ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
        def apply(left: Any, right: Any) -> bool:
            return left is not None and right is not None and compare(*comparable(left, right, conventions))

        return apply

    def equal(left: Any, right: Any) -> bool:
        if left is None or right is None:
            return left is right
        first, second = comparable(left, right, conventions)
        return bool(first == second)

    def within(value: Any, container: Any) -> bool:
        if isinstance(container, tuple):
            return any(equal(value, item) for item in container)
        return value is not None and container is not None and value in container

    return {
        **{node: empty_in_empty_out(function) for node, function in ARITHMETIC.items()},
        ast.Lt: ordered(operator.lt),
        ast.LtE: ordered(operator.le),
        ast.Gt: ordered(operator.gt),
        ast.GtE: ordered(operator.ge),
        ast.Eq: equal,
        ast.NotEq: lambda left, right: not equal(left, right),
        ast.Is: equal,
        ast.IsNot: lambda left, right: not equal(left, right),
        ast.In: within,
        ast.NotIn: lambda value, container: not within(value, container),
        ast.Not: lambda value: not truth(value),
    }


def add(left: Any, right: Any) -> Any:
    result = left + right
    return bounded(result) if isinstance(result, str) else result


def multiply(left: Any, right: Any) -> Any:
    if isinstance(left, str) or isinstance(right, str):
        raise TypeError("text cannot be multiplied; write number(...) around a column of numbers")
    return left * right


ARITHMETIC: Final[dict[type[ast.AST], Callable[..., Any]]] = {
    ast.Add: add,
    ast.Sub: operator.sub,
    ast.Mult: multiply,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: lambda left, right: Decimal(left) % Decimal(right),
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}


def comparable(left: Any, right: Any, conventions: Conventions) -> tuple[Any, Any]:
    """Both values, a date made the instant that it stands for where the other is an instant.

    Raises:
        TypeError: if one is text and the other a number, and the like: "5" == 5 would be false without a word.
    """
    sorts = sort_of(left), sort_of(right)
    if sorts[0] == sorts[1]:
        return left, right
    if set(sorts) == {"a date", "an instant"}:
        return read_instant(left, conventions), read_instant(right, conventions)
    shown = " with ".join(f"{sort} {read_text(value)!r}" for sort, value in zip(sorts, (left, right), strict=True))
    raise TypeError(f"cannot compare {shown}; number(...), date(...) and instant(...) read a text")


def truth(value: Any) -> bool:
    """Whether a condition holds; an empty one does not.

    Raises:
        TypeError: if it is no condition: the text "0", or "false", would hold without a word.
    """
    if value is None or isinstance(value, bool):
        return bool(value)
    raise TypeError(f'{sort_of(value)} {read_text(value)!r} is no condition; compare it, as in flag == "yes"')


def sort_of(value: Any) -> str:
    match value:
        case bool():
            return "a truth value"
        case str():
            return "text"
        case int() | Decimal():
            return "a number"
        case datetime():
            return "an instant"
        case date():
            return "a date"
        case _:
            return f"a {type(value).__name__}"
