"""What built goodwill, what drew it down, and what it cost: by kind, actor, channel, or any column of a frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import narwhals.stable.v2 as nw

from goodwill.analytics.grouping import AMOUNTS, across, added_up, rows_with_costs
from goodwill.analytics.schema import Frame
from goodwill.analytics.spark import from_buckets, is_spark
from goodwill.domain.kind import Catalog
from goodwill.policies.policy import Policy

__all__ = ["drivers"]

COUNTS: Final = ("entries", "unvalued", "accounts")
POINTS: Final = ("deposited", "withdrawn", "positive", "negative")


def drivers(
    frame: Any,
    policy: Policy,
    as_of: datetime,
    *,
    by: str | Sequence[str] = "kind",
    known_at: datetime | None = None,
    links: bool = True,
    columns: Mapping[str, str] | None = None,
    home: str | None = None,
    catalog: Catalog | None = None,
) -> Any:
    """What built the goodwill of a frame's accounts, what drew it down, and what it cost; the same kind of frame.

    It adds up what `contributions` lists: the points of all rows are those of all `balances`. What an account has by
    itself, such as for its silence, is a row of its own: its kind is the term's, other columns are null. It tells what
    the policy counts, which is an assumption, not what customers did because of it.

    Args:
        frame: one row per entry, as `balances` reads it.
        policy: the opinion.
        as_of: entries that happened later are not read.
        by: "kind", "type", "account", "recovers_kind" (what an answer gives back from), "month" (in which it
            happened, UTC), any column of the frame, or several of these.
        known_at: nor are those recorded later, where it is given; needs `recorded_at`.
        links: False reads an answer to a withdrawal as a deposit like any other, and needs no columns for it.
        columns: what the frame calls a column of ours, such as {"account": "customer_id"}.
        home: the currency that a point is measured in, where the policy names none and the frame has several.
        catalog: whose kinds end a silence and have other names today; without one, no observation does.

    Returns:
        One row for each value and each currency of costs, null where nothing cost anything: what it is by,
        `currency`, `entries` (deposits, withdrawals, kept promises and openings), `unvalued` (of those and breaches,
        on which the policy has no opinion), `accounts`, `deposited` and `withdrawn` (points, when it happened; both at
        least 0), `positive`, `negative` and `points` (what is left of them), `cost` (in major units of the currency;
        exact where the frame has decimals). Money of two currencies is never added.

    Raises:
        MissingColumn, NaiveDatetime, CurrencyMismatch, InvalidMagnitude: as `goodwill.analytics.balances` does.
        InvalidCost: if a cost is below 0.

    Example:
        >>> import polars as pl
        >>> from datetime import UTC, datetime
        >>> from goodwill import presets
        >>> entries = pl.DataFrame(
        ...     {
        ...         "account": ["ada", "bob", "bob"],
        ...         "type": ["withdrawal", "withdrawal", "deposit"],
        ...         "kind": ["late_delivery", "late_delivery", "upgrade"],
        ...         "magnitude": [2.0, 1.0, 1.0],
        ...         "occurred_at": [datetime(2026, 3, 2, tzinfo=UTC)] * 3,
        ...     }
        ... )
        >>> read = drivers(entries, presets.default(), datetime(2026, 3, 2, tzinfo=UTC), links=False)
        >>> read.sort("points").select("kind", "entries", "accounts").rows()
        [('late_delivery', 2, 2), ('upgrade', 1, 1)]
    """
    if is_spark(frame):
        return from_buckets(drivers, locals(), sizes=AMOUNTS, together=together)
    keys = [by] if isinstance(by, str) else list(by)
    costed = rows_with_costs(
        frame, policy, as_of, [name for name in keys if name != "currency"],
        known_at=known_at, links=links, columns=columns, home=home, catalog=catalog,
    )  # fmt: skip
    happened = nw.when(nw.col("type") == "term").then(nw.lit(0.0)).otherwise(nw.col("worth"))
    sums = {
        "entries": nw.col("counted"),
        "unvalued": (~nw.col("is_valued")).cast(nw.Int64),
        "deposited": happened.clip(lower_bound=0.0),
        "withdrawn": (0.0 - happened).clip(lower_bound=0.0),
        "positive": nw.col("points").clip(lower_bound=0.0),
        "negative": nw.col("points").clip(upper_bound=0.0),
    }
    found = added_up(costed, sums).with_columns(points=nw.col("positive") + nw.col("negative"))
    counts = (nw.col(name).cast(nw.Int64) for name in COUNTS)
    return found.select(*costed.by, "currency", *counts, *POINTS, "points", "cost").to_native()


def together(answers: Frame) -> Frame:
    """The answers of several buckets of accounts as one."""
    names, sums = answers.collect_schema().names(), (*COUNTS, *POINTS, "points")
    return across(answers, [name for name in names if name not in {*sums, "currency", "cost"}], sums).select(names)
