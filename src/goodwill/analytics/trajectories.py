"""Balances over time, by account or by cohort: a frame in, the same kind of frame out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any, Final

import narwhals.stable.v2 as nw
import numpy as np

from goodwill.analytics.bands import band_places
from goodwill.analytics.courses import Amounts, Courses
from goodwill.analytics.gathering import asked, gathered
from goodwill.analytics.instants import instants
from goodwill.analytics.membership import Cohorts, cohorts_by, each_in_one
from goodwill.analytics.returning import at_places, in_memory, returned, texts
from goodwill.analytics.schema import Frame
from goodwill.analytics.spark import from_buckets, is_spark
from goodwill.domain.kind import Catalog
from goodwill.policies.policy import Policy
from goodwill.policies.standing import Standing
from goodwill.policies.sums import ROUNDING

__all__ = ["trajectory"]


def trajectory(
    frame: Any,
    policy: Policy,
    start: datetime,
    end: datetime,
    every: str | timedelta,
    *,
    by: str | Sequence[str] | None = None,
    tz: str = "UTC",
    known_at: datetime | None = None,
    links: bool = True,
    columns: Mapping[str, str] | None = None,
    home: str | None = None,
    catalog: Catalog | None = None,
) -> Any:
    """Balances at each of many instants, each what `balances` gives as of it; the same kind of frame.

    The frame is read once, whatever the policy. What fades exponentially is carried on from instant to instant; what
    fades otherwise is computed anew at each, over all entries before it, and a policy that `plan` folds is folded once.

    Args:
        frame: one row per entry, as `balances` takes it.
        policy: the opinion.
        start: the first instant.
        end: none is later; itself where a step falls on it.
        every: "1d", "1w", "1mo", "1q" or "1y" on the calendar, "6h" by the clock, or an exact timedelta.
        by: one or several columns that say the same in all rows of an account, such as its segment; then the answer
            is by cohort.
        tz: whose calendar, an IANA name.
        known_at: as `balances` takes it.
        links: as `balances` takes it.
        columns: as `balances` takes them.
        home: as `balances` takes it.
        catalog: as `balances` takes it.

    Returns:
        By instant, one row per account that has an entry by then: `account`, `as_of_us` (microseconds since the
        epoch, UTC), `balance`, `positive`, `negative` (points), `standing`, `is_overdrawn`, `entries`.
        With `by`, one row per cohort that has such accounts: its columns, `as_of_us`, `accounts` (how many), `mean`,
        `total` (points), `overdrawn` (the share of accounts, 0 to 1).

    Raises:
        MissingColumn: if the policy reads what the frame has not, or a column of `by` is not there.
        MixedCohort: if an account is in two cohorts.
        InvalidPeriod: if the end is before the start, or the step is none.
        NaiveDatetime: if instants have no time zone.
        CurrencyMismatch: if money of several currencies is there, and nobody says which is home.

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
        >>> start, end = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 5, 25, tzinfo=UTC)
        >>> read = trajectory(entries, presets.default(), start, end, "4w", links=False)
        >>> [round(points / read["balance"][0], 2) for points in read["balance"]]  # a half-life of 12 weeks
        [1.0, 0.79, 0.63, 0.5]
    """
    if is_spark(frame):
        answer = from_buckets(trajectory, locals(), together=partial(across, by=by))
        each_in_one(frame, columns, by)
        return answer
    at = instants(start, end, every, tz=tz)
    asking = asked(frame, policy, known_at=known_at, links=links, columns=columns, home=home, catalog=catalog)
    groups = None if by is None else cohorts_by(asking.frame, [by] if isinstance(by, str) else list(by))
    courses = gathered(asking, at)
    if groups is None:
        return returned(by_account(courses, at, policy.standing, asking.frame), asking.frame)
    return returned(by_cohort(courses, at, groups, asking.frame), asking.frame)


ANSWER: Final[dict[str, Any]] = {
    "account": nw.String,
    "as_of_us": nw.Int64,
    "balance": nw.Float64,
    "positive": nw.Float64,
    "negative": nw.Float64,
    "standing": nw.String,
    "is_overdrawn": nw.Boolean,
    "entries": nw.Int64,
}
"""The columns of the answer by account, and what each holds."""


def by_account(courses: Courses, at: Sequence[int], standing: Standing, frame: Frame) -> nw.DataFrame[Any]:
    """A row for each account and instant.

    Such an answer is larger than all that it is of. pandas copies what it joins, so its answer is written where it stays;
    others join frames without a copy, and have one for each instant.
    """
    pieces = [at] if frame.implementation.is_pandas() else [[us] for us in at]
    course = zip(range(len(at)), courses.along(at), strict=True)
    names = texts(frame, courses.names)
    parts = [
        written(courses, piece, islice(course, len(piece)), standing=standing, names=names, frame=frame)
        for piece in pieces
    ]
    return parts[0] if len(parts) == 1 else nw.concat(parts)


def written(
    courses: Courses,
    at: Sequence[int],
    course: Iterable[tuple[int, Amounts]],
    *,
    standing: Standing,
    names: nw.Series[Any],
    frame: Frame,
) -> nw.DataFrame[Any]:
    """A row for each account and some instants, of which the course says the number and the amounts."""
    known = [np.flatnonzero(courses.opened_us <= us) for us in at]
    ends = np.cumsum([len(each) for each in known]).tolist()
    columns: dict[str, Any] = {name: np.empty(ends[-1], dtype) for name, dtype in NUMBERS.items()}
    band = columns["standing"] = np.empty(ends[-1], np.int8 if courses.regimes is None else object)
    for us, some, end, (number, amounts) in zip(at, known, ends, course, strict=True):
        part, points = slice(end - len(some), end), points_of(amounts)[some]
        columns["account"][part], columns["as_of_us"][part], columns["balance"][part] = some, us, points
        columns["positive"][part], columns["negative"][part] = amounts.positive[some], amounts.negative[some]
        columns["is_overdrawn"][part] = points < -ROUNDING * (amounts.positive - amounts.negative)[some]
        columns["entries"][part] = courses.count(us)[some]
        if courses.regimes is None:
            band[part] = band_places(standing, points)
        else:
            band[part] = [courses.regimes[place][number] for place in some.tolist()]
    columns["account"] = at_places(names, columns["account"])
    if courses.regimes is None:
        columns["standing"] = at_places(texts(frame, standing.names), band)
    return in_memory(frame, {name: columns[name] for name in ANSWER}, ANSWER)


NUMBERS: Final[dict[str, Any]] = {
    "account": np.int64, "as_of_us": np.int64, "balance": np.float64, "positive": np.float64, "negative": np.float64,
    "is_overdrawn": np.bool_, "entries": np.int64,
}  # fmt: skip
"""What arrays hold while the answer is made; of an account, its number."""


def points_of(amounts: Amounts) -> Any:
    """The balances."""
    return amounts.positive + amounts.negative


def by_cohort(courses: Courses, at: Sequence[int], groups: Cohorts, frame: Frame) -> nw.DataFrame[Any]:
    """A row for each cohort and instant."""
    place = groups.places(courses.names)
    parts = []
    for us, amounts in zip(at, courses.along(at), strict=True):
        known = courses.opened_us <= us
        points, whose = points_of(amounts)[known], place[known]
        size = (amounts.positive - amounts.negative)[known]
        accounts = np.bincount(whose, minlength=len(groups))
        some = np.flatnonzero(accounts)
        total = np.bincount(whose, points, minlength=len(groups))[some]
        below = np.bincount(whose, points < -ROUNDING * size, minlength=len(groups))[some]
        columns = {
            "as_of_us": np.full(len(some), us, np.int64),
            "accounts": accounts[some].astype(np.int64),
            "mean": total / accounts[some],
            "total": total,
            "overdrawn": below / accounts[some],
        }
        schema = dict.fromkeys(columns, nw.Float64) | {"as_of_us": nw.Int64, "accounts": nw.Int64}
        parts.append(nw.concat([groups.named(some), in_memory(frame, columns, schema)], how="horizontal"))
    return nw.concat(parts)


def across(answers: Frame, by: str | Sequence[str] | None) -> Frame:
    """The answers of several buckets of accounts as one."""
    if by is None:
        return answers
    keys = [by] if isinstance(by, str) else by
    below = (nw.col("overdrawn") * nw.col("accounts")).alias("below")
    found = answers.with_columns(below).group_by(*keys, "as_of_us").agg(nw.col("accounts", "total", "below").sum())
    found = found.with_columns(
        mean=nw.col("total") / nw.col("accounts"), overdrawn=nw.col("below") / nw.col("accounts")
    )
    return found.select(answers.collect_schema().names())
