"""What concessions cost, what goodwill they bought, and what is left of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import narwhals.stable.v2 as nw

from goodwill.analytics.contributing import KEPT
from goodwill.analytics.grouping import AMOUNTS, Costed, across, added_up, cost_of, rows_with_costs
from goodwill.analytics.schema import Frame
from goodwill.analytics.spark import from_buckets, is_spark
from goodwill.domain.kind import Catalog
from goodwill.policies.formula import NEGLIGIBLE
from goodwill.policies.policy import Policy

__all__ = ["waivers"]


def waivers(
    frame: Any,
    policy: Policy,
    as_of: datetime,
    *,
    by: str | Sequence[str] | None = None,
    known_at: datetime | None = None,
    links: bool = True,
    columns: Mapping[str, str] | None = None,
    home: str | None = None,
    catalog: Catalog | None = None,
    keep: Sequence[str] = (),
) -> Any:
    """Each concession (a deposit with a cost): what it cost, the goodwill that it bought and what is left of it.

    What it bought is what the policy says that it was worth, an assumption and not an effect that was measured. What
    that goodwill is worth in money is left to an appraisal, whose columns would stand beside these.

    Args:
        frame: one row per entry, as `balances` reads it. A column `cost` says what an entry cost (in major units of
            `cost_currency`, or else `currency`); in a frame without one, the money that a deposit handed over is its
            cost.
        policy: the opinion.
        as_of: entries that happened later are not read.
        by: adds them up by "kind", "account", "recovers_kind" (what was answered), "month" (in which they happened,
            UTC), any column of the frame, or several of these; None lists each.
        known_at: nor are those recorded later, where it is given; needs `recorded_at`.
        links: False reads an answer to a withdrawal as a deposit like any other, and needs no columns for it.
        columns: what the frame calls a column of ours, such as {"account": "customer_id"}.
        home: the currency that a point is measured in, where the policy names none and the frame has several.
        catalog: whose kinds end a silence and have other names today; without one, no observation does.
        keep: without `by`, columns of the frame that go along.

    Returns:
        One row per concession: `account`, `id`, `reference`, `kind`, `occurred_us`, `recovers` and `recovers_kind` (id,
        or else reference, and kind of the withdrawal that it gives back from; null where it answers none), `is_valued`.
        With `by`, one row for each value and currency: what it is by, `concessions`, `accounts`. Either has `currency`,
        `cost` (in its major units; exact where the frame has decimals), `bought` (points, when it happened), `left`
        (points, now), `share` (left of bought), `cost_per_point_bought` and `cost_per_point_left` (of that currency;
        null where there are no points above 0).

    Raises:
        MissingColumn, NaiveDatetime, CurrencyMismatch, InvalidMagnitude: as `goodwill.analytics.balances` does.
        InvalidCost: if a cost is below 0.

    Example:
        >>> import polars as pl
        >>> from datetime import UTC, datetime
        >>> from goodwill import presets
        >>> entries = pl.DataFrame(
        ...     {
        ...         "account": ["ada", "bob"],
        ...         "type": ["deposit", "deposit"],
        ...         "kind": ["fee_waived", "fee_waived"],
        ...         "magnitude": [20.0, 10.0],
        ...         "currency": ["USD", "USD"],
        ...         "occurred_at": [datetime(2026, 3, 2, tzinfo=UTC)] * 2,
        ...     }
        ... )
        >>> read = waivers(entries, presets.default(), datetime(2026, 5, 25, tzinfo=UTC), by="kind", links=False)
        >>> read.select("concessions", "currency", "cost", "share").rows()
        [(2, 'USD', 30.0, 0.5)]
    """
    if is_spark(frame):
        return from_buckets(waivers, locals(), sizes=AMOUNTS, together=None if by is None else together)
    keys = [by] if isinstance(by, str) else by or []
    along = list(dict.fromkeys(keep)) if by is None else [name for name in keys if name != "currency"]
    costed = rows_with_costs(
        frame, policy, as_of, along, known_at=known_at, links=links, columns=columns, home=home, catalog=catalog
    )
    concessions = (nw.col("type") == "deposit") & ~nw.col("amount").is_null()
    costed = costed._replace(rows=costed.rows.filter(concessions))
    return (listed(costed) if by is None else summed(costed)).to_native()


def listed(costed: Costed) -> Frame:
    """Each concession."""
    told = ("account", "id", "reference", "kind", "occurred_us", "recovers", "recovers_kind", "is_valued", "currency")
    also = [nw.col(KEPT.format(name)).alias(name) for name in costed.by if name not in told]
    rows = costed.rows.with_columns(cost=nw.col("amount"), bought=nw.col("worth"), left=nw.col("points"))
    return rated(rows).select(*told, *PRICED, *also)


def summed(costed: Costed) -> Frame:
    """Concessions by what they are by."""
    sums = {"concessions": nw.col("counted"), "bought": nw.col("worth"), "left": nw.col("points")}
    found = added_up(costed, sums)
    counts = (nw.col(name).cast(nw.Int64) for name in COUNTS)
    return rated(found).select(*costed.by, "currency", *counts, *PRICED)


COUNTS = ("concessions", "accounts")
PRICED = ("cost", "bought", "left", "share", "cost_per_point_bought", "cost_per_point_left")


def rated(rows: Frame) -> Frame:
    """What is left as a share, and what a point cost; null rather than infinite where nothing was bought."""
    bought, left = nw.col("bought"), nw.col("left")
    some = (bought > NEGLIGIBLE) | (bought < -NEGLIGIBLE)
    return rows.with_columns(
        share=nw.when(some).then(left / bought),
        cost_per_point_bought=cost_of(bought),
        cost_per_point_left=cost_of(left),
    )


def together(answers: Frame) -> Frame:
    """The sums of several buckets of accounts as one."""
    names = answers.collect_schema().names()
    by = [name for name in names if name not in {*COUNTS, *PRICED, "currency"}]
    return rated(across(answers, by, (*COUNTS, "bought", "left"))).select(names)
