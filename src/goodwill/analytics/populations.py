"""How cohorts of accounts stand: a frame in, the same kind of frame out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import narwhals.stable.v2 as nw

from goodwill.analytics.courses import Courses
from goodwill.analytics.gathering import asked, gathered
from goodwill.analytics.membership import Cohorts, cohorts_by, each_in_one
from goodwill.analytics.returning import in_memory, returned
from goodwill.analytics.schema import Frame
from goodwill.analytics.spark import from_buckets, is_spark
from goodwill.analytics.trajectories import by_account
from goodwill.domain.instant import from_us, to_us
from goodwill.domain.kind import Catalog
from goodwill.domain.period import zone_of
from goodwill.policies.policy import Policy

__all__ = ["cohorts"]


def cohorts(
    frame: Any,
    policy: Policy,
    as_of: datetime,
    *,
    by: str | Sequence[str] | None = None,
    tz: str = "UTC",
    known_at: datetime | None = None,
    links: bool = True,
    columns: Mapping[str, str] | None = None,
    home: str | None = None,
    catalog: Catalog | None = None,
) -> Any:
    """How the accounts of each cohort stand as of an instant; the same kind of frame.

    Cohorts differ in more than what was done for them: a mean of one beside that of another is an association.

    Args:
        frame: one row per entry, as `balances` takes it.
        policy: the opinion.
        as_of: entries that happened later are not read.
        by: one or several columns that say the same in all rows of an account; the month of an account's first entry
            where it is not given.
        tz: whose months, an IANA name.
        known_at: as `balances` takes it.
        links: as `balances` takes it.
        columns: as `balances` takes them.
        home: as `balances` takes it.
        catalog: as `balances` takes it.

    Returns:
        One row per cohort and standing that has accounts: `cohort` (a month such as "2026-03") or the columns of `by`,
        `standing`, `accounts` (how many), `share` (of the cohort's accounts, 0 to 1), `mean` (balance of these
        accounts, in points); by cohort, then by standing.

    Raises:
        MissingColumn: if the policy reads what the frame has not, or a column of `by` is not there.
        MixedCohort: if an account is in two cohorts.
        NaiveDatetime: if instants have no time zone.
        CurrencyMismatch: if money of several currencies is there, and nobody says which is home.
        InvalidPeriod: if the zone is unknown.

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
        >>> read = cohorts(entries, presets.default(), datetime(2026, 3, 9, tzinfo=UTC), links=False)
        >>> read.select("cohort", "standing", "accounts", "share").rows()
        [('2026-03', 'overdrawn', 1, 0.5), ('2026-03', 'positive', 1, 0.5)]
    """
    if is_spark(frame):
        answer = from_buckets(cohorts, locals(), together=partial(across, by=by or "cohort"))
        each_in_one(frame, columns, by)
        return answer
    zone = zone_of(tz)
    asking = asked(frame, policy, known_at=known_at, links=links, columns=columns, home=home, catalog=catalog)
    at_us = to_us(as_of, "as_of")
    courses = gathered(asking, (at_us,))
    if by is None:
        names, groups = ["cohort"], by_month(courses, zone, asking.frame)
    else:
        names = [by] if isinstance(by, str) else list(by)
        groups = cohorts_by(asking.frame, names)
    read = by_account(courses, (at_us,), policy.standing, asking.frame)
    return returned(counted(read, groups, courses, asking.frame).sort(*names, "standing"), asking.frame)


def by_month(courses: Courses, zone: Any, frame: Frame) -> Cohorts:
    """Accounts by the month of their first entry."""
    months = [from_us(us).astimezone(zone).strftime("%Y-%m") for us in courses.opened_us.tolist()]
    schema = {"account": nw.String, "cohort": nw.String}
    return Cohorts(in_memory(frame, {"account": courses.names, "cohort": months}, schema), ["cohort"])


def counted(read: nw.DataFrame[Any], groups: Cohorts, courses: Courses, frame: Frame) -> nw.DataFrame[Any]:
    """The accounts of each cohort by their standing."""
    place = in_memory(frame, {"place": groups.places(courses.names)}, {"place": nw.Int64})
    standings = (
        nw.concat([read, place], how="horizontal")
        .group_by("place", "standing")
        .agg(nw.len().alias("accounts"), nw.col("balance").mean().alias("mean"))
    )
    size = standings.group_by("place").agg(nw.col("accounts").sum().alias("size"))
    told = standings.join(size, on="place", how="left").with_columns(share=nw.col("accounts") / nw.col("size"))
    named = groups.named(told["place"].to_numpy())
    told = told.select("standing", nw.col("accounts").cast(nw.Int64), nw.col("share").cast(nw.Float64), "mean")
    return nw.concat([named, told], how="horizontal")


def across(answers: Frame, by: str | Sequence[str]) -> Frame:
    """The answers of several buckets of accounts as one."""
    keys = [by] if isinstance(by, str) else list(by)
    found = answers.with_columns(total=nw.col("mean") * nw.col("accounts"))
    found = found.group_by(*keys, "standing").agg(nw.col("accounts", "total").sum())
    found = found.with_columns(
        share=nw.col("accounts") / nw.col("accounts").sum().over(*keys), mean=nw.col("total") / nw.col("accounts")
    )
    return found.select(answers.collect_schema().names()).sort(*keys, "standing")
