"""Rows of a frame by what they have in common: a kind, an actor, a month, a currency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import narwhals.stable.v2 as nw

from goodwill.analytics.contributing import KEPT, asked, contributed
from goodwill.analytics.costing import AMOUNT, CURRENCY, costed
from goodwill.analytics.schema import COST_LIMIT, LIMITS, Frame, Limits, named
from goodwill.domain.kind import Catalog
from goodwill.policies.formula import NEGLIGIBLE
from goodwill.policies.policy import Policy

__all__ = ["AMOUNTS", "Costed", "across", "added_up", "cost_of", "rows_with_costs"]

OURS: Final = frozenset({"account", "type", "kind", "recovers_kind"})
"""What rows have by themselves, as they were read; a kept promise's kind is its promise's."""

MONTH: Final = "month"
AMOUNTS: Final[Mapping[str, Limits]] = {**LIMITS, "cost": COST_LIMIT}
"""The limits of numbers, where costs are read."""


class Costed(NamedTuple):
    """Valued rows with `amount` (what an entry cost, null where nothing is said), `currency`, and what they are by.

    Attributes:
        rows: the frame.
        by: the names of what they are by.
    """

    rows: Frame
    by: tuple[str, ...]


def rows_with_costs(
    frame: Any,
    policy: Policy,
    as_of: datetime,
    by: Sequence[str],
    *,
    known_at: datetime | None,
    links: bool,
    columns: Mapping[str, str] | None,
    home: str | None,
    catalog: Catalog | None,
) -> Costed:
    """The contributions of a frame with their costs, each counted once, and the columns that they are asked by.

    Raises:
        MissingColumn: if the frame has no such column.
    """
    ours = costed(named(frame, columns or {}), home or policy.currency)
    there = set(ours.collect_schema().names())
    keep = [name for name in by if name not in OURS and (name != MONTH or MONTH in there)]
    question = asked(
        ours, policy, as_of, known_at=known_at, links=links, columns=None, home=home, catalog=catalog,
        keep=[*keep, AMOUNT, CURRENCY],
    )  # fmt: skip
    rows = contributed(question)
    costs = nw.when(nw.col("counted") == 1).then(nw.col(KEPT.format(AMOUNT)))
    rows = rows.with_columns(amount=costs)
    if MONTH in by and MONTH not in there:
        rows = with_month(rows)
    currency = nw.when(~nw.col("amount").is_null()).then(nw.col(KEPT.format(CURRENCY)))
    own = {KEPT.format(name): nw.col(name) for name in by if name not in keep}
    return Costed(rows.with_columns(currency=currency, **own), tuple(by))


def with_month(rows: Frame) -> Frame:
    """The rows with the month in which they happened, such as "2026-03" (UTC)."""
    if rows.implementation.is_duckdb():
        native = rows.to_native()
        return nw.from_native(native.project("*, strftime(make_timestamp(occurred_us), '%Y-%m') AS month"))
    return rows.with_columns(month=nw.col("occurred_us").cast(nw.Datetime("us")).dt.to_string("%Y-%m"))


def added_up(costed: Costed, sums: Mapping[str, Any]) -> Frame:
    """Sums by what the rows are by and by the currency of their costs; how many accounts; what it cost.

    Args:
        costed: the rows.
        sums: by name, what is added up of each row.
    """
    keys = {KEPT.format(name): name for name in costed.by}
    # PyArrow adds up columns, not expressions.
    rows = costed.rows.with_columns(**sums, has_cost=(~nw.col("amount").is_null()).cast(nw.Int64))
    found = rows.group_by(*keys, "currency").agg(
        nw.col("account").n_unique().alias("accounts"),
        *(nw.col(name).sum() for name in (*sums, "has_cost", "amount")),
    )
    cost = nw.when(nw.col("has_cost") > 0).then(nw.col("amount"))
    return found.with_columns(cost=cost).drop("amount", "has_cost").rename(keys)


def cost_of(points: Any) -> Any:
    """What a point cost: null where there are none."""
    return nw.when(points > NEGLIGIBLE).then(nw.col("cost").cast(nw.Float64) / points)


def across(answers: Frame, by: Sequence[str], sums: Sequence[str]) -> Frame:
    """The sums of several buckets of accounts as one; an account is counted in one of them.

    Args:
        answers: what `added_up` made of each.
        by: what they are by.
        sums: the columns to add up, beside the cost.
    """
    rows = answers.with_columns(has_cost=(~nw.col("cost").is_null()).cast(nw.Int64))
    found = rows.group_by(*by, "currency").agg(nw.col(*sums, "cost", "has_cost").sum())
    return found.with_columns(cost=nw.when(nw.col("has_cost") > 0).then(nw.col("cost")))
