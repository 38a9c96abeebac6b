"""Person-periods: for every account and period, what was there at its start, and whether the account then stayed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

try:
    import narwhals.stable.v2 as nw
    import numpy as np
except ImportError as error:
    raise ImportError(f"person-periods need {error.name}: install goodwill[appraisal]") from error

from goodwill.analytics.courses import NEVER, Courses, Events
from goodwill.analytics.gathering import Asked, asked, gathered
from goodwill.analytics.instants import instants
from goodwill.analytics.reading import collected
from goodwill.analytics.returning import in_memory, returned
from goodwill.analytics.schema import Frame
from goodwill.analytics.spark import is_spark
from goodwill.analytics.trajectories import points_of
from goodwill.analytics.valuing import in_force
from goodwill.appraisal.faults import AppraisalError
from goodwill.domain.instant import MICROSECONDS_PER_DAY, from_us, to_us
from goodwill.domain.kind import Catalog
from goodwill.policies.policy import Policy

__all__ = ["person_periods"]

LONGEST: Final = 36_525.0
"""Days of a century."""


def person_periods(
    frame: Any,
    policy: Policy,
    *,
    start: datetime,
    end: datetime,
    every: float,
    outcome: str = "purchase",
    churned: str | None = None,
    known_at: datetime | None = None,
    links: bool = True,
    columns: Mapping[str, str] | None = None,
    home: str | None = None,
    catalog: Catalog | None = None,
) -> Any:
    """One row per account and period, with its goodwill before the period and whether it stayed; the same kind of frame.

    A period is half-open: what happens at its first instant is in it. All that a row says but `stayed` is of before
    its period, so that nothing in it explains itself. An account has rows from the first period on that starts after
    its first entry or observation; a last period that would end after `end` is left out, since nobody saw it whole.

    Staying is one of two things, and a link fitted to one says nothing of the other:

    - **non-contractual** (`churned` is None): an observation of the kind `outcome` in the period. Who did not stay may
      come back, and has rows for the periods after.
    - **contractual** (`churned` names a kind): no observation of that kind in the period. The first one ends the
      account, which has no rows after.

    Entries that were reversed, and names that were merged, are read as `goodwill.analytics.balances` reads them: as
    they are known today, or at `known_at`. What was recorded late, or taken out later, is thus in the goodwill of
    periods before it was known.

    Args:
        frame: one row per entry, as `balances` takes it, observations among them; not of PySpark.
        policy: the opinion.
        start: of the first period.
        end: until when the frame tells all that happened; no period goes beyond it.
        every: how long a period is, in days of 24 hours.
        outcome: the kind of the observation that is a purchase, or whatever else a customer does who is still one.
        churned: the kind of the observation that ends an account; None where nobody says so.
        known_at: as `balances` takes it.
        links: as `balances` takes it.
        columns: as `balances` takes them.
        home: as `balances` takes it.
        catalog: as `balances` takes it.

    Returns:
        By period: `account`, `start_us` (of the period; microseconds since the epoch, UTC), `goodwill` (points),
        `tenure_days` (since the first entry), `outcomes` (how many observations of the kind `outcome` before), and
        `stayed` (in the period).

    Raises:
        AppraisalError: if there is no whole period, or no observation of the kind that staying is told by.
        MissingColumn: if the policy reads what the frame has not.
        NaiveDatetime: if instants have no time zone.
        CurrencyMismatch: if money of several currencies is there, and nobody says which is home.

    Example:
        >>> import polars as pl
        >>> from datetime import UTC, datetime
        >>> from goodwill import presets
        >>> entries = pl.DataFrame(
        ...     {
        ...         "account": ["ada", "ada", "ada"],
        ...         "type": ["observation", "withdrawal", "observation"],
        ...         "kind": ["purchase", "late_delivery", "purchase"],
        ...         "magnitude": [1.0, 2.0, 1.0],
        ...         "occurred_at": [datetime(2026, month, 2, tzinfo=UTC) for month in (1, 2, 3)],
        ...     }
        ... )
        >>> start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
        >>> read = person_periods(entries, presets.default(), start=start, end=end, every=30, links=False)
        >>> [round(points, 1) for points in read["goodwill"]], read["outcomes"].to_list(), read["stayed"].to_list()
        ([0.0, -9.7], [1, 1], [False, True])
    """
    if is_spark(frame):
        raise AppraisalError(
            "person-periods are made in memory; give frame.toArrow() in the place of a frame of PySpark"
        )
    periods = periods_of(start, end, every)
    asking = asked(frame, policy, known_at=known_at, links=links, columns=columns, home=home, catalog=catalog)
    return returned(rows_of(asking, periods, outcome, churned), asking.frame)


def rows_of(asking: Asked, periods: Periods, outcome: str, churned: str | None) -> nw.DataFrame[Any]:
    """The rows of all periods.

    Raises:
        AppraisalError: if nothing is there by which staying is told.
    """
    courses = gathered(asking, periods.before)
    seen = observed(asking, periods.end_us, {outcome} if churned is None else {outcome, churned})
    if not seen.of(churned or outcome):
        raise AppraisalError(
            f"no observation of the kind {churned or outcome!r} before {from_us(periods.end_us).isoformat()}; staying is told "
            f"by one: name its kind with {'outcome' if churned is None else 'churned'}=, of "
            f"{', '.join(seen.kinds) or 'none that is there'}"
        )
    done = seen.events(outcome, courses.names)
    left_us = None if churned is None else first_of(seen.events(churned, courses.names), len(courses))
    return at_risk(courses, periods, done, left_us, asking.frame)


class Periods(NamedTuple):
    """Whole periods of one length, in microseconds since the epoch.

    Attributes:
        starts: the first instant of each, which is in it.
        length: so long after it the next one starts.
    """

    starts: tuple[int, ...]
    length: int

    @property
    def end_us(self) -> int:
        """When the last one is over."""
        return self.starts[-1] + self.length

    @property
    def before(self) -> list[int]:
        """The last instant before each."""
        return [us - 1 for us in self.starts]


def periods_of(start: datetime, end: datetime, every: float) -> Periods:
    """The periods that are over by an end.

    Raises:
        AppraisalError: if there is none.
    """
    is_number = isinstance(every, int | float) and not isinstance(every, bool)
    if not is_number or not 0.0 < every <= LONGEST or round(every * MICROSECONDS_PER_DAY) <= 0:
        raise AppraisalError(f"every={every!r} is no length of a period; give days, above 0 and up to {LONGEST:,.0f}")
    length = round(every * MICROSECONDS_PER_DAY)
    if to_us(end, "end") - to_us(start, "start") < length:
        raise AppraisalError(
            f"from {start.isoformat()} to {end.isoformat()} there is no whole period of {every:g} days; take shorter ones"
        )
    step = timedelta(microseconds=length)
    return Periods(instants(start, end - step, step), length)


class Observed(NamedTuple):
    """Observations in force: whose, of which kind, and when in microseconds.

    Attributes:
        kinds: all kinds of observation that are there, asked for or not.
    """

    accounts: Sequence[str]
    kind: Sequence[str]
    at_us: Sequence[int]
    kinds: Sequence[str]

    def of(self, kind: str) -> int:
        """How many are of a kind."""
        return sum(each == kind for each in self.kind)

    def events(self, kind: str, names: Sequence[str]) -> Events:
        """Those of one kind and of some accounts."""
        place = {name: number for number, name in enumerate(names)}
        rows = zip(self.accounts, self.kind, self.at_us, strict=True)
        found = [(place[account], us) for account, each, us in rows if each == kind and account in place]
        return Events.of([account for account, _ in found], [us for _, us in found])


def observed(asking: Asked, until_us: int, kinds: set[str]) -> Observed:
    """The observations of some kinds before an instant, as a reading sees them."""
    rows = in_force(asking.frame, until_us - 1, asking.known_us).filter(nw.col("type") == "observation")
    every = collected(rows.select("kind").unique())["kind"].to_list()
    found = collected(rows.filter(nw.col("kind").is_in(sorted(kinds))).select("account", "kind", "occurred_us"))
    accounts, kind, at_us = (found[name].to_list() for name in ("account", "kind", "occurred_us"))
    return Observed(accounts, kind, at_us, sorted(each for each in every if isinstance(each, str)))


def first_of(events: Events, accounts: int) -> Any:
    """When the first of some events was, by account; `NEVER` without any."""
    found = np.full(accounts, NEVER, np.int64)
    np.minimum.at(found, events.accounts, events.at_us)
    return found


ANSWER: Final[dict[str, Any]] = {
    "account": nw.String,
    "start_us": nw.Int64,
    "goodwill": nw.Float64,
    "tenure_days": nw.Float64,
    "outcomes": nw.Int64,
    "stayed": nw.Boolean,
}
"""The columns of the answer, and what each holds."""


def at_risk(courses: Courses, periods: Periods, done: Events, left_us: Any, frame: Frame) -> nw.DataFrame[Any]:
    """A row for each period and account at risk in it."""
    names = in_memory(frame, {"account": courses.names}, {"account": nw.String})["account"]
    parts = []
    for us, amounts in zip(periods.starts, courses.along(periods.before), strict=True):
        is_there = courses.opened_us < us
        before, until = done.until(us - 1), done.until(us + periods.length - 1)
        stayed = np.bincount(done.accounts[before:until], minlength=len(courses)) > 0
        if left_us is not None:
            is_there &= left_us >= us
            stayed = left_us >= us + periods.length
        known = np.flatnonzero(is_there)
        columns = {
            "account": names[known],
            "start_us": np.full(len(known), us, np.int64),
            "goodwill": points_of(amounts)[known],
            "tenure_days": (us - courses.opened_us[known]) / MICROSECONDS_PER_DAY,
            "outcomes": np.bincount(done.accounts[:before], minlength=len(courses))[known].astype(np.int64),
            "stayed": stayed[known],
        }
        parts.append(in_memory(frame, columns, ANSWER))
    return nw.concat(parts).select(*(nw.col(name).cast(dtype) for name, dtype in ANSWER.items()))
