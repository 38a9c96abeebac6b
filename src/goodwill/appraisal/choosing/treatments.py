"""The rows of a portfolio: each a customer and an option, checked, in the currency of a budget."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, DecimalException
from math import isfinite
from typing import Any, Final, NamedTuple

from goodwill.analytics.reading import rows_of
from goodwill.analytics.schema import MissingColumn
from goodwill.appraisal.faults import AppraisalError
from goodwill.appraisal.parameters import Rates, exchanged, rounded
from goodwill.domain.errors import GoodwillError
from goodwill.domain.money import Money

__all__ = ["Row", "rows_in"]

COLUMNS: Final = ("account", "option", "cost", "net", "group", "currency", "stay", "margin")
NEEDED: Final = COLUMNS[:4]


class Row(NamedTuple):
    """One customer and option: the cost in minor units, the net value in major ones."""

    account: str
    option: str
    group: str
    cost: int
    net: float
    value: float
    stay: float | None
    margin: float | None

    @property
    def slot(self) -> tuple[str, str]:
        """Of which one at most is given."""
        return self.account, self.group


def rows_in(frame: Any, currency: str, rates: Rates) -> list[Row]:
    """The rows of a portfolio, checked, in the order of the frame."""
    there = frame.collect_schema().names()
    missing = [name for name in NEEDED if name not in there]
    if missing:
        raise MissingColumn(
            f"a portfolio has {', '.join(NEEDED)}, and this one has {', '.join(there)}: say with columns= what it calls "
            f"{', '.join(missing)}",
            columns=tuple(missing),
        )
    given = frame.select(name for name in COLUMNS if name in there)
    rows = [row_of(row, currency, rates) for row in rows_of(given)]
    seen: set[tuple[str, str]] = set()
    for row in rows:
        if (row.account, row.option) in seen:
            raise AppraisalError(f"{row.option!r} for {row.account!r} stands in two rows; a portfolio has each once")
        seen.add((row.account, row.option))
    return rows


def row_of(row: Mapping[str, Any], currency: str, rates: Rates) -> Row:
    """One row, in the currency of the budget."""
    if row["account"] is None or row["option"] is None:
        raise AppraisalError("a row of the portfolio has no account or no option; leave it out")
    of = f"{row['option']} for {row['account']}"
    own = currency if row.get("currency") is None else str(row["currency"])
    price = price_of(row["cost"], own, of)
    cost = price if own == currency else rounded(exchanged(price, currency, rates), currency)
    net = number(row["net"], "net", of) * (1.0 if own == currency else rates[own])
    stay = number(row["stay"], "stay", of) if "stay" in row else None
    if stay is not None and not 0.0 <= stay <= 1.0:
        raise AppraisalError(f"{of}: stay is a probability, not {stay!r}")
    margin = number(row["margin"], "margin", of) if "margin" in row else None
    group = "" if row.get("group") is None else str(row["group"])
    return Row(str(row["account"]), str(row["option"]), group, cost.minor, net, net + float(cost.amount), stay, margin)


def price_of(cost: Any, currency: str, of: str) -> Money:
    """A cost as money, exactly: a float is taken as it prints."""
    try:
        price = Money(Decimal(repr(cost)) if isinstance(cost, float) else cost, currency)
    except (GoodwillError, DecimalException) as error:
        raise AppraisalError(f"{of}: the cost is no money: {error}") from None
    if price.is_negative:
        raise AppraisalError(f"{of}: a cost of {price} is below 0")
    return price


def number(value: Any, name: str, of: str) -> float:
    """A finite number of a column."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or not isfinite(value):
        raise AppraisalError(f"{of}: {name} is a finite number, not {value!r}")
    return float(value)
