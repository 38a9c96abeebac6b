"""The numbers and tables that a policy is made of: each knows its own limits and refuses what is beyond them.

A parameter is an annotated float, `days: Days`. Booleans and numeric strings are refused; so is what is not finite,
and what is so large or so close to 0 that a product of two could overflow or vanish on some engine.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Annotated, Any, NoReturn, TypeVar

from pydantic import AfterValidator, BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

__all__ = [
    "Days",
    "Finite",
    "Frozen",
    "FrozenDict",
    "NonNegative",
    "Number",
    "Positive",
    "Sensitivity",
    "Share",
    "Weight",
    "Whole",
    "shown",
]

K = TypeVar("K")
V = TypeVar("V")


def shown(value: object, width: int = 60) -> str:
    """How a message shows a value that was refused: its repr, cut to `width`.

    Example:
        >>> shown("half-life")
        "'half-life'"
        >>> shown(10**5000)
        'an integer of 16610 bits'
    """
    if isinstance(value, int) and value.bit_length() > 256:  # Python itself refuses to print the longest ones
        return f"an integer of {value.bit_length()} bits"
    text = repr(value)
    return text if len(text) <= width else text[: width - 3] + "..."


@dataclass(frozen=True, slots=True)
class Number:
    """What a parameter may be, as the annotation of a float: `Annotated[float, Number("days", 0, 1e9, above=True)]`.

    Attributes:
        noun: what a message calls it; "days" also says that it is a length of time (the laws rescale those).
        low, high: its limits, inclusive.
        above: whether `low` itself is refused.
        smallest: the size below which a number that is not 0 is refused, since products of it could vanish.
    """

    noun: str
    low: float
    high: float
    above: bool = False
    smallest: float = 1e-12

    def check(self, value: object) -> float:
        """The value as a float, -0.0 as 0.0.

        Raises:
            PydanticCustomError: with what is wrong and what the number must be.
        """
        if isinstance(value, bool) or not isinstance(value, Real):
            self.refuse(value, "is not a number")
        try:
            number = float(value)
        except OverflowError:
            self.refuse(value, "is not finite as a float")
        if not math.isfinite(number):
            self.refuse(value, "is not finite")
        if number < self.low or (self.above and number == self.low):
            self.refuse(value, f"is {'not above' if self.above else 'below'} {self.low:g}")
        if number > self.high:
            self.refuse(value, f"is above {self.high:g}")
        if 0 < abs(number) < self.smallest:
            self.refuse(value, f"is closer to 0 than {self.smallest:g}")
        return number + 0.0

    @property
    def rule(self) -> str:
        """What the number must be, in words.

        Example:
            >>> Number("days", 0, 1e9, above=True).rule
            'must be finite and > 0'
        """
        if self.high <= 1:
            return f"must be in {'(' if self.above else '['}{self.low:g}, {self.high:g}]"
        if self.low < 0:
            return "must be finite"
        return f"must be finite and {'>' if self.above else '>='} {self.low:g}"

    def refuse(self, value: object, fault: str) -> NoReturn:
        """Raise the error that names the value, its fault and the rule."""
        message = f"{shown(value)} {fault} ({self.noun}, {self.rule})"
        raise PydanticCustomError("number", "{message}", {"message": message})

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.check)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "number", "exclusiveMinimum" if self.above else "minimum": self.low, "maximum": self.high}


Days = Annotated[float, Number("days", 0.0, 1e9, above=True, smallest=1e-9)]
"""A length of time in days of 86,400 s: above 0 (at least a tenth of a millisecond), at most 1e9."""

Positive = Annotated[float, Number("number", 0.0, 1e12, above=True)]
"""A finite number above 0, at most 1e12."""

NonNegative = Annotated[float, Number("number", 0.0, 1e12)]
"""A finite number of at least 0, at most 1e12."""

Finite = Annotated[float, Number("number", -1e12, 1e12)]
"""A finite number between -1e12 and 1e12."""

Share = Annotated[float, Number("share", 0.0, 1.0)]
"""A share of a whole, in [0, 1]."""

Weight = Annotated[float, Number("weight", 0.0, 1.0, above=True)]
"""A part's weight in a whole, in (0, 1]."""

Sensitivity = Annotated[float, Number("sensitivity", 0.0, 1.0, above=True)]
"""The exponent of a value function, in (0, 1]: 1 is linear, less is diminishing sensitivity."""


def _whole(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int):
        raise PydanticCustomError("number", "{message}", {"message": f"{shown(value)} is not a whole number"})
    return value


Whole = Annotated[int, BeforeValidator(_whole)]
"""A whole number, neither a boolean nor a text nor a float; its limits are the field's."""


class FrozenDict(dict[K, V]):
    """A dict that cannot be changed, in the order of its keys where they are text: how a policy keeps a table.

    It prints, compares and serialises as a dict does, and can be pickled.

    Example:
        >>> table = FrozenDict({"dispute": 2.0, "complaint": 1.5})
        >>> table
        {'complaint': 1.5, 'dispute': 2.0}
        >>> table["dispute"] = 3.0
        Traceback (most recent call last):
            ...
        TypeError: a policy's table cannot be changed; make another policy with .replace(...)
    """

    __slots__ = ()

    def __init__(self, items: Mapping[K, V]) -> None:
        textual = all(isinstance(key, str) for key in items)
        super().__init__(sorted(items.items(), key=lambda item: str(item[0])) if textual else items)

    def _refuse(self, *args: object, **kwargs: object) -> NoReturn:
        raise TypeError("a policy's table cannot be changed; make another policy with .replace(...)")

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[type[FrozenDict[K, V]], tuple[dict[K, V]]]:
        return type(self), (dict(self),)


Frozen = Annotated[Mapping[K, V], AfterValidator(FrozenDict)]
"""A table that cannot be changed: annotate a field as `Frozen[str, Decay]`."""
