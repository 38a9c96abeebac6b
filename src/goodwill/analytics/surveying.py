"""What of a frame a reading leaves out, has no opinion on, or cannot put in order: counted before it is believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import narwhals.stable.v2 as nw

from goodwill.analytics.reading import as_read, collected, needed, today
from goodwill.analytics.schema import TYPES, Frame, is_parked, opened
from goodwill.analytics.valued import moves
from goodwill.domain.kind import Catalog
from goodwill.policies.policy import Policy
from goodwill.valuations import RateCard

__all__ = ["Survey", "survey"]


@dataclass(frozen=True, slots=True)
class Survey:
    """What there is to know of a frame before its balances are believed; every number counts rows.

    Attributes:
        rows: all.
        parked: without an account or an instant; no reading has them.
        negative: of a magnitude below 0, with which a reading is refused.
        other_types: of a type that is none, by type, "" where nobody said it; no reading has them.
        unrated: of a kind for which the policy has no rate, by kind, "" where nobody said it; they count 0 and are
            listed as unvalued.
        same_id: that have the id of another; a link or a reversal by it is of one of them, nobody knows of which.
        same_reference: that have reference and revision of another, as one entry that was exported twice has; both are
            read, where a ledger would have refused the second.
        tied: of one account and instant, which neither reference nor seq puts in an order. Where a policy looks at the
            order, that of the rows is taken, or whichever the engine has.
    """

    rows: int
    parked: int = 0
    negative: int = 0
    other_types: Mapping[str, int] = field(default_factory=dict)
    unrated: Mapping[str, int] = field(default_factory=dict)
    same_id: int = 0
    same_reference: int = 0
    tied: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether there is nothing to tell."""
        return self == Survey(self.rows)


def survey(
    frame: Any,
    policy: Policy,
    *,
    links: bool = True,
    columns: Mapping[str, str] | None = None,
    catalog: Catalog | None = None,
) -> Survey:
    """What of a frame of entries a policy's readings leave out, have no opinion on, or cannot put in order.

    Args:
        frame: one row per entry, as `balances` reads it.
        policy: the opinion.
        links: False asks for no columns of links.
        columns: what the frame calls a column of ours, such as {"account": "customer_id"}.
        catalog: whose kinds have other names today.

    Raises:
        MissingColumn: if the policy reads what the frame has not.
        NaiveDatetime: if instants have no time zone.
        WrongType: if a column holds what it cannot hold.

    Example:
        >>> import polars as pl
        >>> from datetime import UTC, datetime
        >>> from goodwill import presets
        >>> entries = pl.DataFrame(
        ...     {
        ...         "account": ["ada", "bob", None],
        ...         "type": ["withdrawal", "deposit", "deposit"],
        ...         "kind": ["late_delivery", "song", "upgrade"],
        ...         "magnitude": [2.0, 1.0, 1.0],
        ...         "occurred_at": [datetime(2026, 3, 2, tzinfo=UTC)] * 3,
        ...     }
        ... )
        >>> found = survey(entries, presets.default(), links=False)
        >>> found.parked, found.unrated
        (1, {'song': 1})
    """
    opinion = as_read(policy, links=links, catalog=catalog)
    every = opened(frame, needed(opinion, None), columns)
    read = today(every.filter(~is_parked()), catalog)
    worded = read.with_columns(nw.col("type", "kind").fill_null(""))
    rows = count(every)
    return Survey(
        rows=rows,
        parked=rows - count(read),
        negative=count(read.filter(nw.col("magnitude") < 0.0)),
        other_types=counts(worded.filter(~nw.col("type").is_in(TYPES)), "type"),
        unrated=counts(worded.filter(moves() & ~nw.col("kind").is_in(rated(opinion))), "kind"),
        same_id=repeated(read, ["id"]),
        same_reference=repeated(read, ["reference", "revision"]),
        tied=tied(read),
    )


def rated(policy: Policy) -> list[str]:
    """The kinds for which it has a rate."""
    card = policy.valuation.steps[0]
    return sorted(card.rates) if isinstance(card, RateCard) else sorted(policy.kinds)


def count(frame: Frame) -> int:
    """How many rows."""
    return int(collected(frame.select(nw.len())).item())


def counts(frame: Frame, name: str) -> dict[str, int]:
    """How many rows of each value."""
    found = collected(frame.group_by(name).agg(nw.len().alias("rows")))
    return dict(sorted((str(value), int(rows)) for value, rows in found.select(name, "rows").iter_rows()))


def repeated(frame: Frame, keys: Sequence[str]) -> int:
    """How many rows have the key of another; one of each is not counted. A key without its first part is none."""
    there = [key for key in keys if key in frame.collect_schema()]
    return beyond_first(frame.filter(~nw.col(there[0]).is_null()), there) if keys[0] in there else 0


def beyond_first(frame: Frame, keys: Sequence[str]) -> int:
    """How many rows there are beyond one for each key."""
    return count(frame) - count(frame.select(*keys).unique())


def tied(frame: Frame) -> int:
    """How many rows nothing puts in an order."""
    there = frame.collect_schema()
    order = [key for key in ("account", "occurred_us", "reference", "seq") if key in there]
    rows = frame.filter(moves())
    if "in_response_to" not in there:
        return beyond_first(rows, order)
    return beyond_first(rows.with_columns(linked=nw.col("in_response_to").is_null()), [*order, "linked"])
