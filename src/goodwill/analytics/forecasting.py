"""Who goes below zero, and when, if nothing happens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, Protocol

import narwhals.stable.v2 as nw
import numpy as np

from goodwill.analytics.courses import NEVER, Carried, Courses, Sums
from goodwill.analytics.folding import facts_by_account
from goodwill.analytics.gathering import Asked, asked, gathered
from goodwill.analytics.lookup import like
from goodwill.analytics.reading import rows_of
from goodwill.analytics.returning import in_memory, returned
from goodwill.analytics.spark import from_buckets, is_spark
from goodwill.analytics.trajectories import by_account
from goodwill.domain.entry import Fact
from goodwill.domain.errors import InvalidPeriod
from goodwill.domain.instant import MICROSECONDS_PER_DAY, to_us
from goodwill.domain.kind import Catalog
from goodwill.ledger.course import Course, Turn, turns
from goodwill.ledger.reading import Reader
from goodwill.policies.crossings import LAST_US, next_overdrawn
from goodwill.policies.policy import Policy
from goodwill.policies.sums import ROUNDING, Sum

__all__ = ["at_risk", "end_of", "forecast", "walked"]

NOTHING: Final = Course()
STRETCH_US: Final = 60 * MICROSECONDS_PER_DAY
"""How far ahead one walk looks: it takes at most 64 looks, and some are a day apart."""


def forecast(
    frame: Any,
    policy: Policy,
    as_of: datetime,
    days: float,
    *,
    known_at: datetime | None = None,
    links: bool = True,
    columns: Mapping[str, str] | None = None,
    home: str | None = None,
    catalog: Catalog | None = None,
) -> Any:
    """When each account goes below zero within some days, if nothing happens; the same kind of frame.

    Nothing happens means that no entry comes: what was given fades, silence grows, and a promise that falls due is
    broken. It is what `balances` would say then of the entries that there are now, and no guess at what customers do.

    The instant is exact, to the microsecond, where every decay of the policy is a sum of exponentials and it has no
    term. Under others it is exact where the balance moves one way from one entry to the next; of an account with more
    than 200 entries, or under a term that may rise, it is looked at once a day, and a dip in between may be missed.

    Under one rate for everything, without terms, nobody goes below zero by time alone: all parts fade alike.

    Args:
        frame: one row per entry, as `balances` takes it; those that happened after `as_of` are not read.
        policy: the opinion.
        as_of: the present.
        days: how far ahead, above 0.
        known_at: as `balances` takes it.
        links: as `balances` takes it.
        columns: as `balances` takes them.
        home: as `balances` takes it.
        catalog: as `balances` takes it.

    Returns:
        One row per account with an entry: `account`, `balance` (points), `standing`, `is_overdrawn` as of the present,
        and `overdrawn_us` (microseconds since the epoch, UTC), the first instant at which it is overdrawn: the present
        where it is, null where it never is within these days.

    Raises:
        MissingColumn: if the policy reads what the frame has not.
        InvalidPeriod: if days are not above 0, or lead beyond the year 9999.
        NaiveDatetime: if instants have no time zone.
        CurrencyMismatch: if money of several currencies is there, and nobody says which is home.

    Example:
        >>> import polars as pl
        >>> from datetime import UTC, datetime
        >>> from goodwill import presets
        >>> from goodwill.decays import HalfLife
        >>> from goodwill.policies.schedule import DecaySchedule
        >>> entries = pl.DataFrame(
        ...     {
        ...         "account": ["ada", "ada"],
        ...         "type": ["deposit", "withdrawal"],
        ...         "kind": ["upgrade", "late_delivery"],
        ...         "magnitude": [1.0, 1.0],
        ...         "occurred_at": [datetime(2026, 1, 2, tzinfo=UTC)] * 2,
        ...     }
        ... )
        >>> fast = DecaySchedule(default=HalfLife(days=84), by_direction={"deposit": HalfLife(days=14)})
        >>> policy = presets.default().replace(decay=fast)
        >>> read = forecast(entries, policy, datetime(2026, 1, 2, tzinfo=UTC), 90, links=False)
        >>> read["is_overdrawn"][0], read["overdrawn_us"][0] is not None
        (False, True)
    """
    if is_spark(frame):
        return from_buckets(forecast, locals())
    asking = until_now(
        asked(frame, policy, known_at=known_at, links=links, columns=columns, home=home, catalog=catalog), as_of
    )
    return returned(foreseen(asking, to_us(as_of, "as_of"), days), asking.frame)


def at_risk(
    frame: Any,
    policy: Policy,
    as_of: datetime,
    within: float,
    *,
    known_at: datetime | None = None,
    links: bool = True,
    columns: Mapping[str, str] | None = None,
    home: str | None = None,
    catalog: Catalog | None = None,
) -> Any:
    """The accounts that are below zero, or will be within some days if nothing happens; the lowest balance first.

    The rows of `forecast` that have an instant, with its columns; the arguments and errors are its own, too.

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
        >>> at_risk(entries, presets.default(), datetime(2026, 3, 9, tzinfo=UTC), 30, links=False)["account"].to_list()
        ['ada']
    """
    if is_spark(frame):
        return from_buckets(at_risk, locals(), together=lambda found: found.sort("balance", "account"))
    asking = until_now(
        asked(frame, policy, known_at=known_at, links=links, columns=columns, home=home, catalog=catalog), as_of
    )
    found = foreseen(asking, to_us(as_of, "as_of"), within)
    return returned(found.filter(~nw.col("overdrawn_us").is_null()).sort("balance", "account"), asking.frame)


def until_now(asking: Asked, as_of: datetime) -> Asked:
    """What happened so far; a reversal's own instant is never read."""
    happened = nw.col("occurred_us") <= to_us(as_of, "as_of")
    return asking._replace(frame=asking.frame.filter(happened | (nw.col("type") == "reversal")))


def foreseen(asking: Asked, at_us: int, days: float) -> nw.DataFrame[Any]:
    """The answer of `forecast`."""
    end_us = end_of(at_us, days)
    courses = gathered(asking, (at_us, end_us))
    answer = by_account(courses, (at_us,), asking.policy.standing, asking.frame)
    first = first_below(courses, asking, at_us, end_us)[courses.opened_us <= at_us]
    when = nw.maybe_convert_dtypes(in_memory(asking.frame, {"overdrawn_us": first}, {"overdrawn_us": nw.Int64}))
    # The integers of pandas have no null but in its nullable type, into which they were converted.
    when = when.select(nw.when(nw.col("overdrawn_us") < NEVER).then(nw.col("overdrawn_us")))
    return nw.concat([answer.select("account", "balance", "standing", "is_overdrawn"), when], how="horizontal")


def end_of(at_us: int, days: float) -> int:
    """The end of a forecast of so many days.

    Raises:
        InvalidPeriod: if it is not after its start, or beyond the year 9999.
    """
    if not 0.0 < days * MICROSECONDS_PER_DAY <= LAST_US - at_us:
        raise InvalidPeriod(f"a forecast is of some days, above 0 and before the year 10000, not {days!r}")
    return at_us + round(days * MICROSECONDS_PER_DAY)


def first_below(courses: Courses, asking: Asked, at_us: int, end_us: int) -> Any:
    """When each account is overdrawn first, from an instant up to another; `NEVER` where it is not."""
    now = next(courses.along((at_us,)))
    is_below = now.positive + now.negative < -ROUNDING * (now.positive - now.negative)
    found = np.where(is_below & (courses.opened_us <= at_us), at_us, NEVER)
    maybe = np.flatnonzero(~is_below & (lowest(courses, at_us, end_us) < 0.0))
    if asking.policy.decay.exponential and not asking.policy.terms:
        surprised = np.unique(np.concatenate([NOBODY, *(breaches(strand, at_us)[0] for strand in courses.strands)]))
        alone = np.setdiff1d(maybe, surprised)
        if len(asking.policy.decay.rates) > 1:  # what fades at one rate keeps its sign
            found[alone] = list(by_sums(courses, alone, at_us, end_us))
        maybe = np.intersect1d(maybe, surprised)
    by_name = dict(zip((courses.names[place] for place in maybe.tolist()), maybe.tolist(), strict=True))
    for account, us in by_walk(asking, list(by_name), at_us, end_us):
        found[by_name[account]] = us
    return found


NOBODY: Final = np.array([], np.int64)


def breaches(strand: Any, at_us: int) -> tuple[Any, Any]:
    """The accounts of what comes after an instant by itself, and what it is worth: promises that are broken."""
    rows = slice(strand.events.until(at_us), None)
    return strand.events.accounts[rows], strand.worth[rows]


def lowest(courses: Courses, at_us: int, end_us: int) -> Any:
    """What no balance can be below, between two instants: each part at its least."""
    if not all(term.falls for term in courses.terms):
        return np.full(len(courses), -np.inf)
    entries = replace(courses, terms=())
    before, after = entries.along((at_us, end_us))
    least = after.positive + before.negative + sum(courses.term_amounts(end_us).values(), np.zeros(len(courses)))
    for strand in courses.strands:
        accounts, worth = breaches(strand, at_us)
        np.add.at(least, accounts, np.minimum(worth, 0.0))
    return least


def by_sums(courses: Courses, places: Any, at_us: int, end_us: int) -> Iterator[int]:
    """When accounts of exponentials cross zero, by their sums."""
    size = len(courses)
    sums = Sums([Carried(strand, size) for strand in courses.strands], size)
    sums.at(at_us)
    for place in places.tolist():
        own = (
            Sum(rate, at_us, float(amounts[place]), float(amounts[size + place]))
            for rate, amounts in sums.by_rate.items()
        )
        us = next_overdrawn(tuple(each for each in own if each.positive or each.negative), at_us)
        yield NEVER if us is None or us > end_us else us


def by_walk(asking: Asked, accounts: Sequence[str], at_us: int, end_us: int) -> Iterator[tuple[str, int]]:
    """When accounts cross zero, by a walk along what the ledger's reader sees of each."""
    if not accounts:
        return
    some = asking.of(like(asking.frame, {"account": list(accounts)}, {"account": nw.String}))
    for account, facts in facts_by_account(rows_of(some.frame)).items():
        yield account, walked(asking, facts, at_us, end_us)


class Reads(Protocol):
    """What knows how an account is read as of an instant."""

    def reader(self, us: int, /) -> Reader:
        """Who reads it then."""


def walked(asking: Reads, facts: Sequence[Fact], at_us: int, end_us: int, before: Course = NOTHING) -> int:
    """When one account is overdrawn first; `NEVER` if not.

    Args:
        asking: how it is read.
        facts: the account's.
        at_us: from when on.
        end_us: until when.
        before: what it is made of besides, such as a threshold to be kept, taken off.
    """
    while at_us < end_us:
        reader = asking.reader(min(at_us + STRETCH_US, end_us))
        history, valued = reader.valued(facts)
        found = turns(reader, before, Turn(at_us, is_overdrawn=False), history, valued)
        us = next((turn.at_us for turn in found if turn.is_overdrawn), None)
        if us is not None:
            return us
        at_us = reader.at_us
    return NEVER
