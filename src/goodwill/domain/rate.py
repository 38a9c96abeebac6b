"""Rates: what an entry of a kind is worth before any other step of a valuation."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Final, Literal, Self, get_args

from goodwill.domain.checks import check_keys, shown, table
from goodwill.domain.errors import InvalidKind

__all__ = ["Per", "Rate"]

LARGEST: Final = 10**12

Per = Literal["event", "unit", "money"]


@dataclass(frozen=True, slots=True, repr=False)
class Rate:
    """What one entry of a kind is worth, in points, before any other step of a valuation.

    Attributes:
        per: what the two parts are multiplied by: "event" (by nothing), "unit" (by the magnitude), or "money" (by
            the magnitude, converted into the policy's currency).
        material: the part that would be worth as much from a machine, in points; at least 0.
        symbolic: the part that lives on being meant, which sincerity scales, in points; at least 0.
        kept: of a promise, what keeping it is worth, as a share of what breaking it costs before loss aversion;
            exceeding a promise is worth no more than keeping it (Gneezy & Epley 2014).

    Raises:
        InvalidKind: if a part is negative, not finite or above 1e12.

    Example:
        >>> Rate("unit", material=4)
        Rate('unit', material=4.0)
    """

    per: Per
    material: float = 0.0
    symbolic: float = 0.0
    kept: float = 1.0

    def __post_init__(self) -> None:
        if self.per not in get_args(Per):
            raise InvalidKind(f"per: a rate is per event, unit or money, not {self.per!r}")
        for part in ("material", "symbolic", "kept"):
            value = getattr(self, part)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise InvalidKind(f"{part}: points are a number, not {type(value).__name__} {value!r}")
            if not 0 <= value <= LARGEST:  # which no NaN is
                raise InvalidKind(f"{part}: points are from 0 to 1e12, not {Decimal(value):.3g}")
            object.__setattr__(self, part, float(value))

    @classmethod
    def from_dict(cls, data: object, at: str = "rate") -> Self:
        """A rate from its table in TOML or JSON.

        Args:
            data: the attributes by name.
            at: where the table stands, for messages.

        Raises:
            InvalidKind: with the path to the fault.

        Example:
            >>> Rate.from_dict({"per": "event", "symbolic": 5})
            Rate('event', symbolic=5.0)
        """
        values = table(data, at)
        check_keys(values, [spec.name for spec in fields(cls)], at)
        if "per" not in values:
            raise InvalidKind(f"{at}.per: missing; one of {', '.join(get_args(Per))}")
        try:
            return cls(**values)
        except InvalidKind as error:
            raise InvalidKind(f"{at}.{error}") from None

    def __repr__(self) -> str:
        return shown(self, "per")
