"""The money columns of past concessions: cost beside value, in one currency."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import narwhals.stable.v2 as nw

from goodwill.analytics.contributing import KEPT
from goodwill.analytics.reading import is_missing
from goodwill.analytics.returning import in_memory
from goodwill.appraisal.faults import AppraisalError
from goodwill.appraisal.parameters import Rates, exchanged
from goodwill.appraisal.past.leaving_out import Worth
from goodwill.appraisal.value import CustomerValue
from goodwill.domain.money import Money

__all__ = ["FILLED", "SUMS", "compared", "filled", "margins_of"]

Rows = nw.DataFrame[Any]

FILLED: Final[Mapping[str, Any]] = {
    "value": nw.Float64,
    "net": nw.Float64,
    "is_worth_it": nw.Boolean,
    "if_permanent": nw.Float64,
    "faded": nw.Float64,
    "is_owed": nw.Boolean,
}
"""What is said of each concession, beside what `waivers` says of it."""

SUMS: Final[Mapping[str, Any]] = {
    "appraised": nw.Int64,
    "value": nw.Float64,
    "net": nw.Float64,
    "worth_it": nw.Int64,
    "not_worth_it": nw.Int64,
    "cost_faded": nw.Float64,
    "cost_bought": nw.Float64,
}
"""What is added up of them, 0 where a concession was not appraised; `cost_bought` is of those that bought anything."""


def compared(rows: Rows, wanted: Sequence[bool], currency: str, rates: Rates) -> Rows:
    """The rows with each cost in the currency of the value, where it has a rate; as exact as it was where it needs none.

    Args:
        rows: with `amount` and `currency`.
        wanted: which of them are to be compared with a value.
        currency: that of the value.
        rates: how many of its units one unit of another buys.

    Raises:
        AppraisalError: if a cost that is to be compared has no rate, or names no currency.
    """
    named = [None if is_missing(each) else each for each in rows["currency"].to_list()]
    needed = {each for each, is_wanted in zip(named, wanted, strict=True) if is_wanted}
    if None in needed:
        raise AppraisalError("a cost names no currency; say which it is in with home=, or in a column cost_currency")
    foreign = {each for each in named if each is not None and (each in needed or each in rates)} - {currency}
    if not foreign:
        return rows
    factors = {each: exchanged(Money(1, each), currency, rates) for each in sorted(foreign)}
    amounts = [float(cost) * factors.get(each or "", 1.0) for cost, each in zip(rows["amount"], named, strict=True)]
    paid: dict[str, list[Any]] = {
        "amount": amounts,
        "currency": [currency if each in factors else each for each in named],
    }
    return beside(rows, paid, {"amount": nw.Float64, "currency": nw.String})


def margins_of(rows: Rows, name: str | None, value: CustomerValue) -> list[float]:
    """The margin of each row's customer per period: what the column says, else that of the value.

    Raises:
        AppraisalError: if one is no finite number.
    """
    usual = float(value.margin.amount)
    if name is None:
        return [usual] * len(rows)
    said = [None if is_missing(each) else each for each in rows[KEPT.format(name)].to_list()]
    try:
        found = [usual if each is None else float(each) for each in said]
    except (TypeError, ValueError):
        raise AppraisalError(f"{name} holds {next(filter(None, said))!r}, and a margin is a number") from None
    odd = next((each for each in found if not math.isfinite(each)), None)
    if odd is not None:
        raise AppraisalError(f"{name} holds {odd}, and a margin is a finite number; null stands for that of the value")
    return found


def filled(rows: Rows, changes: Sequence[Worth | None], is_owed: Sequence[bool]) -> Rows:
    """The rows with what is said of each concession, under `KEPT`, and what is added up.

    Args:
        rows: with `amount` in the currency of the value, where there is a change.
        changes: what each concession changes; None where it was not appraised.
        is_owed: whether law or contract owed it.
    """
    costs = [float(cost) for cost in rows["amount"].to_list()]
    each = [judged(cost, change) for cost, change in zip(costs, changes, strict=True)]
    told = {KEPT.format(name): [one[name] for one in each] for name in FILLED if name != "is_owed"}
    told[KEPT.format("is_owed")] = list(is_owed)
    added = [counted(cost, one) for cost, one in zip(costs, each, strict=True)]
    rows = beside(rows, told, {KEPT.format(name): dtype for name, dtype in FILLED.items()})
    return beside(rows, {name: [one[name] for one in added] for name in SUMS}, SUMS)


def judged(cost: float, change: Worth | None) -> dict[str, Any]:
    """What is said of a concession of a cost; nothing where it was not appraised."""
    if change is None:
        return dict.fromkeys(FILLED)
    return {
        "value": change.exact,
        "net": change.exact - cost,
        "is_worth_it": change.exact > cost,
        "if_permanent": change.if_permanent,
        "faded": 1.0 - change.exact / change.if_permanent if change.if_permanent else None,
    }


def counted(cost: float, said: Mapping[str, Any]) -> dict[str, Any]:
    """What is added up of a concession."""
    is_worth_it, faded = said["is_worth_it"], said["faded"]
    return {
        "appraised": int(is_worth_it is not None),
        "value": said["value"] or 0.0,
        "net": said["net"] or 0.0,
        "worth_it": int(is_worth_it is True),
        "not_worth_it": int(is_worth_it is False),
        "cost_faded": 0.0 if faded is None else cost * faded,
        "cost_bought": 0.0 if faded is None else cost,
    }


def beside(rows: Rows, columns: Mapping[str, list[Any]], schema: Mapping[str, Any]) -> Rows:
    """The rows with more columns, in the same order."""
    if not rows.implementation.is_pandas():
        more = in_memory(rows, columns, schema)
        return rows.with_columns(*(more[name] for name in columns))
    # A plain boolean of pandas has no null, and would say False of what was not appraised.
    types = {nw.Boolean: "boolean", nw.Float64: "float64", nw.Int64: "int64", nw.String: "object"}
    frame = rows.to_native().reset_index(drop=True)
    make = type(frame)
    dtypes = {name: types[dtype] for name, dtype in schema.items()}
    return nw.from_native(frame.assign(**make(dict(columns)).astype(dtypes)), eager_only=True)
