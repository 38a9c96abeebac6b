"""One opinion with other numbers: how the balances of a frame move with each parameter of a policy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from math import fsum
from typing import Any, Final, NamedTuple

import narwhals.stable.v2 as nw

from goodwill.analytics.comparing import correlated, ranked
from goodwill.analytics.reading import balances, collected
from goodwill.analytics.schema import Frame
from goodwill.analytics.spark import from_buckets, is_spark, without_rows
from goodwill.analytics.valued import made
from goodwill.domain.errors import PolicyError
from goodwill.domain.kind import Catalog
from goodwill.policies.faults import nearest
from goodwill.policies.policy import Policy, flat

__all__ = ["sensitivity"]


class Moved(NamedTuple):
    """One row of `sensitivity`."""

    path: str
    was: float
    value: float
    balance: float
    change: float
    mean_absolute_change: float
    overdrawn: int
    standings_changed: int
    rank_correlation: float | None


MOVED: Final[dict[str, Any]] = {
    "path": nw.String, "was": nw.Float64, "value": nw.Float64, "balance": nw.Float64, "change": nw.Float64,
    "mean_absolute_change": nw.Float64, "overdrawn": nw.Int64, "standings_changed": nw.Int64,
    "rank_correlation": nw.Float64,
}  # fmt: skip


def sensitivity(
    frame: Any,
    policy: Policy,
    as_of: datetime,
    vary: Mapping[str, float | Sequence[float]],
    *,
    known_at: datetime | None = None,
    links: bool = True,
    columns: Mapping[str, str] | None = None,
    home: str | None = None,
    catalog: Catalog | None = None,
) -> Any:
    """How the balances of a frame move with each parameter of a policy, one at a time; the same kind of frame.

    Args:
        frame: one row per entry, as `balances` reads it.
        policy: where it starts from.
        as_of: entries that happened later are not read.
        vary: by the path of a number, as `Policy.diff` writes it, the values to try; or one number, a relative step:
            0.1 tries a tenth less and a tenth more.
        known_at: nor are those recorded later, where it is given; needs `recorded_at`.
        links: False reads an answer to a withdrawal as a deposit like any other, and needs no columns for it.
        columns: what the frame calls a column of ours, such as {"account": "customer_id"}.
        home: the currency that a point is measured in, where the policy names none and the frame has several.
        catalog: whose kinds end a silence and have other names today; without one, no observation does.

    Returns:
        One row for each value: `path`, `was` (the policy's own), `value`, `balance` (the sum over accounts, in
        points), `change` (of that sum), `mean_absolute_change` (of an account's balance), `overdrawn` (accounts),
        `standings_changed` (accounts), `rank_correlation` (Spearman's, with the policy's own; null where all accounts
        are equal).

    Raises:
        PolicyError: if there is no number at a path, or the policy cannot have the value.
        MissingColumn, NaiveDatetime, CurrencyMismatch, InvalidMagnitude: as `goodwill.analytics.balances` does.

    Example:
        >>> import polars as pl
        >>> from datetime import UTC, datetime
        >>> from goodwill import presets
        >>> entries = pl.DataFrame(
        ...     {
        ...         "account": ["ada"],
        ...         "type": ["withdrawal"],
        ...         "kind": ["late_delivery"],
        ...         "magnitude": [2.0],
        ...         "occurred_at": [datetime(2026, 3, 2, tzinfo=UTC)],
        ...     }
        ... )
        >>> at = datetime(2026, 5, 25, tzinfo=UTC)
        >>> moved = sensitivity(entries, presets.default(), at, {"decay.default.days": [42, 168]}, links=False)
        >>> moved.select("was", "value", pl.col("change").round(2)).rows()
        [(84.0, 42.0, 3.05), (84.0, 168.0, -2.52)]
    """
    if is_spark(frame):
        return on_spark(locals())
    given: dict[str, Any] = {"known_at": known_at, "links": links, "columns": columns, "home": home, "catalog": catalog}

    def read(opinion: Policy) -> dict[str, tuple[float, str, bool]]:
        answer = nw.from_native(balances(frame, opinion, as_of, **given))
        rows = collected(answer.select("account", "balance", "standing", "is_overdrawn")).iter_rows()
        return {account: (points, standing, overdrawn) for account, points, standing, overdrawn in rows}

    tried = [(path, was, value, varied(policy, path, value)) for path, was, value in values(policy, vary)]
    own = read(policy)
    found = [moved(path, was, value, own, read(opinion)) for path, was, value, opinion in tried]
    columns_of = {name: [getattr(each, name) for each in found] for name in MOVED}
    return made(nw.from_native(frame), columns_of, MOVED).to_native()


def moved(
    path: str,
    was: float,
    value: float,
    own: Mapping[str, tuple[float, str, bool]],
    read: Mapping[str, tuple[float, str, bool]],
) -> Moved:
    """What one value of one parameter changes."""
    both = [(own[account], other) for account, other in read.items()]
    changes = [now[0] - before[0] for before, now in both]
    before, after = ([pair[place][0] for pair in both] for place in (0, 1))
    return Moved(
        path=path,
        was=was,
        value=value,
        balance=fsum(after),
        change=fsum(changes),
        mean_absolute_change=fsum(map(abs, changes)) / len(changes) if changes else 0.0,
        overdrawn=sum(now[2] for _, now in both),
        standings_changed=sum(before[1] != now[1] for before, now in both),
        rank_correlation=correlated(ranked(before), ranked(after)),
    )


def values(policy: Policy, vary: Mapping[str, float | Sequence[float]]) -> Iterator[tuple[str, float, float]]:
    """Each path with the policy's own number and the values to try.

    Raises:
        PolicyError: if there is no number at a path.
    """
    numbers = {
        path: float(value)
        for path, value in flat(policy.to_dict())
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    for path, given in vary.items():
        if path not in numbers:
            raise PolicyError(f"the policy has no number at {path}; {nearest(path, numbers)}")
        was = numbers[path]
        for value in [was * (1.0 - given), was * (1.0 + given)] if isinstance(given, int | float) else given:
            yield path, was, float(value)


def varied(policy: Policy, path: str, value: float) -> Policy:
    """The policy with another number at a path.

    Raises:
        PolicyError: if it cannot have that.
    """
    data = policy.to_dict()
    *way, last = (int(part) if part.isdecimal() else part for part in re.findall(r"[^.\[\]]+", path))
    inner: Any = data
    for part in way:
        inner = inner[part]
    inner[last] = value
    return Policy.from_dict(data)


# On Spark


def on_spark(given: Mapping[str, Any]) -> Any:
    """The answer for a frame of PySpark: accounts are read in buckets under each value, and Spark adds them up."""
    frame = given["frame"]
    nothing = nw.from_native(sensitivity(**{**given, "frame": without_rows(frame)}))
    if not len(nothing):
        return frame.sparkSession.createDataFrame(nothing.to_native())
    tried = nothing.select("path", "was", "value").with_row_index("place").with_columns(nw.col("place").cast(nw.Int64))
    rows = nw.from_native(frame.sparkSession.createDataFrame(tried.to_native()))
    return from_buckets(accounts_of, given, together=partial(across, rows=rows))


def accounts_of(frame: Any, policy: Policy, as_of: datetime, vary: Mapping[str, Any], **given: Any) -> Any:
    """Each account's balance under the policy and under each value, of which it tells the place."""
    wanted = ("account", "balance", "standing", "is_overdrawn")

    def read(opinion: Policy) -> Frame:
        return nw.from_native(balances(frame, opinion, as_of, **given)).select(wanted)

    own = read(policy).drop("is_overdrawn").rename({"balance": "before", "standing": "stood"})
    found = [read(varied(policy, path, value)).join(own, on="account") for path, _, value in values(policy, vary)]
    moved = (each.with_columns(place=nw.lit(place, nw.Int64)) for place, each in enumerate(found))
    return nw.concat(list(moved)).to_native()


def across(answers: Frame, rows: Frame) -> Frame:
    """What each value changes, over all accounts."""
    ranks = {name: nw.col(of).rank("average").over("place") for name, of in (("now", "balance"), ("then", "before"))}
    moved = answers.with_columns(
        change=nw.col("balance") - nw.col("before"),
        overdrawn=nw.col("is_overdrawn").cast(nw.Int64),
        standings_changed=(nw.col("standing") != nw.col("stood")).cast(nw.Int64),
        **ranks,
    )
    sums = ("balance", "change", "overdrawn", "standings_changed")
    found = moved.with_columns(size=nw.col("change").abs()).group_by("place").agg(
        nw.col(sums).sum(), nw.col("size").mean().alias("mean_absolute_change"),
        nw.corr("now", "then").alias("rank_correlation"),
    )  # fmt: skip
    known = nw.when(~nw.col("rank_correlation").is_nan()).then(nw.col("rank_correlation").round(12))
    told = rows.join(found, on="place", how="left").with_columns(rank_correlation=known)
    return told.with_columns(nw.col(*sums, "mean_absolute_change").fill_null(0)).sort("place").select(*MOVED)
