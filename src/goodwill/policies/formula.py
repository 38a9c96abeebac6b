"""The functions with which a formula is written once and runs on a float, an array, a frame and in SQL.

`+ - * /` and comparisons already work on all of them; what does not is here. Each function looks at its first operand
that is not a plain number and calls what was registered for its type; floats need nothing installed. Operands of
another library are taught by a module that is named in the entry points of the group "goodwill.operands" under the
library's top-level module, and loaded at first need.

Every function is total: it raises for no finite operand, and gives no infinity, so that a branch of `where` that is
not taken may be computed all the same. Exponents are clamped to [-700, 700], where every engine can still say `exp`.
The engines agree on operands that are 0 or between 1e-300 and 1e12 in size.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from functools import singledispatch, update_wrapper
from importlib.metadata import entry_points
from typing import Any

__all__ = [
    "NEGLIGIBLE",
    "Operand",
    "choose",
    "exp",
    "exp2",
    "flush",
    "log",
    "maximum",
    "minimum",
    "power",
    "register_operand",
    "rise",
    "staircase",
    "where",
]

Operand = Any
"""A float, or what stands for many floats: a NumPy array, a narwhals expression, a SQL expression."""

NEGLIGIBLE = 1e-150
"""A share below this is 0: two that are not can be multiplied on every engine."""

MAX_EXPONENT = 700.0
MAX_EXPONENT_2 = MAX_EXPONENT / math.log(2.0)
LARGEST = math.exp(MAX_EXPONENT)
SMALLEST = math.exp(-MAX_EXPONENT)

NEAR_ZERO = 1e-3
"""Below it the difference of 1 and e^-x would lose more than three digits."""

GROUP = "goodwill.operands"
NUMBER = (float, int)


class Formula:
    """A function that is dispatched on its first operand that is not a plain number.

    Attributes:
        plain: what computes it on plain numbers.
        implementations: what computes it on other operands, by their type.
    """

    __name__: str

    def __init__(self, plain: Callable[..., Operand]) -> None:
        update_wrapper(self, plain)
        self.plain = plain
        self.implementations = singledispatch(self.unknown)

    def __call__(self, *operands: Operand) -> Operand:
        """The function of these operands, on whatever they are."""
        for operand in operands:
            if not isinstance(operand, NUMBER):
                return self.implementations.dispatch(type(operand))(*operands)
        return self.plain(*operands)

    def unknown(self, *operands: Operand) -> Operand:
        """Teach all functions the operand's type, then call this one again."""
        kind = next(type(operand) for operand in operands if not isinstance(operand, NUMBER))
        load_operand(kind, self.__name__)
        implementation = self.implementations.dispatch(kind)
        if implementation == self.unknown:
            raise TypeError(unknown_operand(kind, self.__name__))
        return implementation(*operands)


def load_operand(kind: type, function: str) -> None:
    """Import the module that teaches the formulas this type of operand.

    Raises:
        TypeError: if no installed package has one; the message names the extras that have.
    """
    library = kind.__module__.partition(".")[0]
    found = entry_points(group=GROUP, name=library)
    if not found:
        raise TypeError(unknown_operand(kind, function))
    for entry_point in found:
        entry_point.load()


def unknown_operand(kind: type, function: str) -> str:
    """What is said of an operand that no module teaches."""
    return (
        f"{function} does not run on {kind.__module__}.{kind.__qualname__}: a formula runs on numbers, NumPy arrays "
        "(install goodwill[numpy]), narwhals expressions over any data frame (goodwill[frames]; wrap the frame with "
        f'narwhals.from_native) and SQLAlchemy expressions; entry points of the group "{GROUP}" add others'
    )


@Formula
def exp(x: Operand) -> Operand:
    """The exponential of x, x clamped to [-700, 700].

    Example:
        >>> exp(0.0), exp(1e9) == exp(700.0)
        (1.0, True)
    """
    return math.exp(x if -MAX_EXPONENT <= x <= MAX_EXPONENT else math.copysign(MAX_EXPONENT, x))


@Formula
def exp2(x: Operand) -> Operand:
    """2 to the power of x, clamped as `exp` is: at about 1010.

    Example:
        >>> exp2(-1.0), exp2(1e9) == exp2(1e6)
        (0.5, True)
    """
    return math.exp2(x if -MAX_EXPONENT_2 <= x <= MAX_EXPONENT_2 else math.copysign(MAX_EXPONENT_2, x))


@Formula
def log(x: Operand) -> Operand:
    """The natural logarithm of x; of what is below e^-700, 0 and negative numbers included, -700.

    Example:
        >>> log(1.0), log(0.0)
        (0.0, -700.0)
    """
    return math.log(x) if x > SMALLEST else -MAX_EXPONENT


@Formula
def power(base: Operand, exponent: Operand) -> Operand:
    """A base of at least 0 to the power of the exponent; a negative base counts as 0.

    0 to a negative power is e^700, which is also the largest result.

    Example:
        >>> power(4.0, 0.5), power(0.0, 0.88), power(-1.0, 0.88), power(0.0, 0.0)
        (2.0, 0.0, 0.0, 1.0)
    """
    if base <= 0:
        return 0.0 if exponent > 0 else 1.0 if exponent == 0 else LARGEST
    try:
        return min(math.pow(base, exponent), LARGEST)
    except OverflowError:
        return LARGEST


@Formula
def minimum(a: Operand, b: Operand) -> Operand:
    """The smaller of the two, element by element.

    Example:
        >>> minimum(2.0, 1.5)
        1.5
    """
    return min(a, b)


@Formula
def maximum(a: Operand, b: Operand) -> Operand:
    """The larger of the two, element by element.

    Example:
        >>> maximum(0.0, 1.0 - 2.0)
        0.0
    """
    return max(a, b)


@Formula
def where(condition: Operand, a: Operand, b: Operand) -> Operand:
    """`a` where the condition holds and `b` elsewhere; both are computed.

    Example:
        >>> where(3.0 < 14.0, 1.0, 0.0)
        1.0
    """
    return a if condition else b


@Formula
def flush(share: Operand) -> Operand:
    """The share, or 0 where it is below 1e-150, so that no product of two can vanish on one engine and not on another.

    Example:
        >>> flush(0.5), flush(1e-200)
        (0.5, 0.0)
    """
    return share if share >= NEGLIGIBLE else 0.0


@Formula
def choose(key: Operand, table: Mapping[str, float], default: float) -> Operand:
    """The table's number for a key, or the default for a key that it does not have.

    Args:
        key: a text, or an operand of texts.
        table: a number for each text.
        default: for any other key, and for none.

    Example:
        >>> choose("dispute", {"dispute": 2.0}, 1.0), choose("refund", {"dispute": 2.0}, 1.0)
        (2.0, 1.0)
    """
    if not isinstance(key, str | None):
        raise TypeError(f"choose looks up a text, not {type(key).__name__} {key!r}")
    return default if key is None else table.get(key, default)


def rise(x: Operand) -> Operand:
    """1 - e^-x for x >= 0, also where x is so small that the difference would lose its digits.

    Example:
        >>> rise(0.0), rise(1e-12) == 1e-12 * (1 - 0.5e-12)
        (0.0, True)
    """
    series = x * (1.0 - x / 2.0 * (1.0 - x / 3.0 * (1.0 - x / 4.0)))
    return where(x < NEAR_ZERO, series, 1.0 - exp(-x))


def staircase(x: Operand, edges: Sequence[float], levels: Sequence[float]) -> Operand:
    """The level of the step that x is on: the first below the first edge, and from each edge on the next.

    Halved again and again, so that a database compares a handful of times, however many steps there are.

    Args:
        x: the operand.
        edges: where the steps begin, each above the one before.
        levels: one more than there are edges.

    Example:
        >>> [staircase(age, (30, 90), (1.0, 0.5, 0.0)) for age in (0, 30, 89.9, 90)]
        [1.0, 0.5, 0.5, 0.0]
    """
    if isinstance(x, NUMBER):
        return levels[bisect_right(edges, x)]
    if not edges:
        return levels[0]
    half = len(edges) // 2
    below = staircase(x, edges[:half], levels[: half + 1])
    return where(x < edges[half], below, staircase(x, edges[half + 1 :], levels[half + 1 :]))


for _plain in (str, type(None), Mapping):  # the table comes first where the key is a number, to be refused
    choose.implementations.register(_plain, choose.plain)


def register_operand(
    kind: type,
    *,
    exp: Callable[[Operand], Operand],
    exp2: Callable[[Operand], Operand],
    log: Callable[[Operand], Operand],
    power: Callable[[Operand, Operand], Operand],
    minimum: Callable[[Operand, Operand], Operand],
    maximum: Callable[[Operand, Operand], Operand],
    where: Callable[[Operand, Operand, Operand], Operand],
    flush: Callable[[Operand], Operand],
    choose: Callable[[Operand, Mapping[str, float], float], Operand],
) -> None:
    """Teach every function of this module an operand; a new function breaks those that do not know it yet.

    `kind` is the operand's type, subclasses included; each other argument computes the function of its name, where
    any of the operands may be a plain number, but not all.
    """
    given = dict(locals())
    for name in __all__:
        if isinstance(function := globals()[name], Formula):
            function.implementations.register(kind, given[name])
