"""What entries of a frame cost the firm, by currency; exact where the frame is."""

from __future__ import annotations

from typing import Any, Final

import narwhals.stable.v2 as nw

from goodwill.analytics.schema import COST_LIMIT, Frame, in_memory, refuse
from goodwill.domain.errors import WrongType

__all__ = ["AMOUNT", "CURRENCY", "costed"]

AMOUNT: Final = "cost:amount"
CURRENCY: Final = "cost:currency"


def costed(frame: Frame, home: str | None) -> Frame:
    """The frame with what each row cost, and in which currency.

    A column `cost` says it (in major units: decimals stay exact, floats are what they are), with `cost_currency` or
    else `currency`. In a frame without one, the money that a deposit handed over is what it cost.

    Args:
        frame: under our names, before magnitudes are made floats.
        home: the currency of costs that name none.

    Raises:
        WrongType: if the costs are no numbers.
        InvalidCost: if one is below 0.
    """
    schema = frame.collect_schema()
    frame = frame.with_columns(amount(frame).alias(AMOUNT))
    said = next((nw.col(name) for name in ("cost_currency", "currency") if name in schema), nw.lit(None, nw.String))
    named = said if home is None else said.fill_null(home)
    return frame.with_columns(nw.when(~nw.col(AMOUNT).is_null()).then(named).alias(CURRENCY))


def amount(frame: Frame) -> Any:
    """What each row cost, null where nothing is said."""
    schema = frame.collect_schema()
    nothing = nw.lit(None, nw.Float64)
    if "cost" in schema:
        if says_nothing(frame, "cost"):
            return nothing
        if not schema["cost"].is_numeric() and schema["cost"] != nw.Object:  # pandas keeps decimals as objects
            raise WrongType(f"cost holds {schema['cost']}, not numbers")
        refuse(frame, "cost", COST_LIMIT)
        return nw.col("cost")
    if {"currency", "magnitude", "type"} <= set(schema.names()):
        return nw.when((nw.col("type") == "deposit") & ~nw.col("currency").is_null()).then(nw.col("magnitude"))
    return nothing


def says_nothing(frame: Frame, name: str) -> bool:
    """Whether a column is empty, of which nobody knows whether it would hold numbers or text."""
    unknown = frame.implementation.is_pandas() or frame.collect_schema()[name] == nw.Unknown
    return unknown and bool(in_memory(frame.select(nw.col(name).is_null().all())).item())
