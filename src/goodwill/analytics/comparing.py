"""Several opinions on one frame: for whom they make a difference, and through which entries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from math import isnan
from statistics import correlation
from typing import Any

import narwhals.stable.v2 as nw

from goodwill.analytics.contributing import TOLD, contributions
from goodwill.analytics.reading import balances, collected
from goodwill.analytics.schema import Frame
from goodwill.analytics.spark import from_buckets, is_spark
from goodwill.domain.errors import PolicyError
from goodwill.domain.kind import Catalog
from goodwill.policies.policy import Policy

__all__ = ["Comparison", "compare", "correlated", "ranked"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One frame under several policies. Points of different policies have no order; ranks and standings do.

    Attributes:
        accounts: one row per account: `account`, `balance_<name>` and `standing_<name>` for each policy, and
            `differs`: whether the standings do.
        entries: of the accounts whose standing differs, one row per contribution: `account`, `id`, `reference`,
            `type`, `kind`, `occurred_us`, `points_<name>` for each policy, and `difference`, of the most and the least.
        correlation: Spearman's rank correlation of the balances for each pair of names, ties at their mean rank; None
            where all accounts of one are equal. Of a frame of PySpark it is the one thing that is computed at once.
    """

    accounts: Any
    entries: Any
    correlation: Mapping[tuple[str, str], float | None]


def compare(
    frame: Any,
    policies: Mapping[str, Policy],
    as_of: datetime,
    *,
    known_at: datetime | None = None,
    links: bool = True,
    columns: Mapping[str, str] | None = None,
    home: str | None = None,
    catalog: Catalog | None = None,
) -> Comparison:
    """Where policies differ on the accounts of a frame: in whose standing, in which order, through which entries.

    Args:
        frame: one row per entry, as `balances` reads it.
        policies: two or more, each under a name of its own.
        as_of: entries that happened later are not read.
        known_at: nor are those recorded later, where it is given; needs `recorded_at`.
        links: False reads an answer to a withdrawal as a deposit like any other, and needs no columns for it.
        columns: what the frame calls a column of ours, such as {"account": "customer_id"}.
        home: the currency that a point is measured in, where a policy names none and the frame has several.
        catalog: whose kinds end a silence and have other names today; without one, no observation does.

    Returns:
        Frames of the kind that was given, and the correlations.

    Raises:
        PolicyError: if there are fewer than two policies.
        MissingColumn, NaiveDatetime, CurrencyMismatch, InvalidMagnitude: as `goodwill.analytics.balances` does.

    Example:
        >>> import polars as pl
        >>> from datetime import UTC, datetime
        >>> from goodwill import presets
        >>> entries = pl.DataFrame(
        ...     {
        ...         "account": ["ada", "bob"],
        ...         "type": ["withdrawal", "deposit"],
        ...         "kind": ["late_delivery", "upgrade"],
        ...         "magnitude": [2.0, 1.0],
        ...         "occurred_at": [datetime(2026, 3, 2, tzinfo=UTC)] * 2,
        ...     }
        ... )
        >>> policies = {"default": presets.default(), "linear": presets.linear()}
        >>> compare(entries, policies, datetime(2026, 3, 9, tzinfo=UTC), links=False).correlation
        {('default', 'linear'): 1.0}
    """
    if is_spark(frame):
        return on_spark(locals())
    if len(policies) < 2:
        raise PolicyError(f"a comparison is of two policies or more, and here are {len(policies)}")
    given: dict[str, Any] = {"known_at": known_at, "links": links, "columns": columns, "home": home, "catalog": catalog}
    accounts = side_by_side({name: balances(frame, policy, as_of, **given) for name, policy in policies.items()})
    read = {name: contributions(frame, policy, as_of, **given) for name, policy in policies.items()}
    points = collected(accounts.select(*(f"balance_{name}" for name in policies)))
    ranks = {name: ranked(points[f"balance_{name}"].to_list()) for name in policies}
    return Comparison(
        accounts=accounts.to_native(),
        entries=differing(read, accounts).to_native(),
        correlation={(a, b): correlated(ranks[a], ranks[b]) for a, b in combinations(policies, 2)},
    )


def side_by_side(read: Mapping[str, Any]) -> Frame:
    """The balances of each policy beside those of the others."""
    ours = [
        nw.from_native(answer).select(
            "account",
            nw.col("balance").alias(f"balance_{name}"),
            nw.col("standing").alias(f"standing_{name}"),
        )
        for name, answer in read.items()
    ]
    accounts: Frame = ours[0]
    for other in ours[1:]:
        accounts = accounts.join(other, on="account", how="inner")
    first, *rest = (nw.col(f"standing_{name}") for name in read)
    return accounts.with_columns(differs=nw.any_horizontal(*(first != other for other in rest), ignore_nulls=True))


def differing(read: Mapping[str, Any], accounts: Frame) -> Frame:
    """The contributions of the accounts whose standing differs, each policy's beside the others'."""
    columns = {name: f"points_{name}" for name in read}
    parts = [
        nw.from_native(rows).select(
            *TOLD, *((nw.col("points") if name == own else nw.lit(0.0)).alias(to) for name, to in columns.items())
        )
        for own, rows in read.items()
    ]
    added = nw.concat(parts).group_by(*TOLD).agg(*(nw.col(name).sum() for name in columns.values()))
    of_those = added.join(accounts.filter(nw.col("differs")).select("account"), on="account", how="semi")
    spread = nw.max_horizontal(*columns.values()) - nw.min_horizontal(*columns.values())
    return of_those.with_columns(difference=spread)


def ranked(values: Sequence[float]) -> list[float]:
    """The rank of each value, from 1; equal ones share the mean of theirs.

    Example:
        >>> ranked([10.0, 30.0, 10.0])
        [1.5, 3.0, 1.5]
    """
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    for end in range(1, len(order) + 1):
        if end == len(order) or values[order[end]] != values[order[start]]:
            for place in order[start:end]:
                ranks[place] = (start + 1 + end) / 2.0
            start = end
    return ranks


def correlated(a: Sequence[float], b: Sequence[float]) -> float | None:
    """The correlation of two rankings; None where one of them ranks nothing."""
    return round(correlation(a, b), 12) if len(set(a)) > 1 and len(set(b)) > 1 else None


# On Spark


def on_spark(given: Mapping[str, Any]) -> Comparison:
    """The comparison that is asked for of a frame of PySpark; accounts and their entries are compared in buckets."""
    accounts = from_buckets(accounts_of, given)
    return Comparison(
        accounts, from_buckets(entries_of, given), correlations(nw.from_native(accounts), given["policies"])
    )


def accounts_of(frame: Any, **given: Any) -> Any:
    """The accounts of a comparison."""
    return compare(frame, **given).accounts


def entries_of(frame: Any, **given: Any) -> Any:
    """The entries of a comparison."""
    return compare(frame, **given).entries


def correlations(accounts: Frame, names: Iterable[str]) -> dict[tuple[str, str], float | None]:
    """The correlations of accounts that only Spark can rank."""
    ranks = {name: nw.col(f"balance_{name}").rank("average").over("every") for name in names}
    pairs = list(combinations(ranks, 2))
    ranked = accounts.with_columns(every=nw.lit(1)).select(**ranks)
    (found,) = ranked.select(**{f"{place}": nw.corr(*pair) for place, pair in enumerate(pairs)}).collect().rows()
    return {pair: number_of(value) for pair, value in zip(pairs, found, strict=True)}


def number_of(correlation: float | None) -> float | None:
    """A correlation as `correlated` says it; Spark says NaN where nothing is ranked."""
    return None if correlation is None or isnan(correlation) else round(correlation, 12)
