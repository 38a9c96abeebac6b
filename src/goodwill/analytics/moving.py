"""Whose balances moved most over a period, and through what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

import narwhals.stable.v2 as nw
import numpy as np

from goodwill.analytics.folding import facts_by_account
from goodwill.analytics.gathering import Asked, asked, gathered
from goodwill.analytics.lookup import like
from goodwill.analytics.reading import rows_of
from goodwill.analytics.returning import in_memory, returned
from goodwill.analytics.schema import Frame
from goodwill.analytics.spark import from_buckets, is_spark
from goodwill.analytics.statements import moved
from goodwill.domain.errors import InvalidPeriod
from goodwill.domain.instant import to_us
from goodwill.domain.kind import Catalog
from goodwill.domain.period import Period
from goodwill.domain.statement import Statement
from goodwill.ledger.merging import Customer
from goodwill.policies.policy import Policy

__all__ = ["movers"]

ANSWER: Final[dict[str, Any]] = {
    "account": nw.String,
    "opening": nw.Float64,
    "closing": nw.Float64,
    "change": nw.Float64,
    "through": nw.String,
    "amount": nw.Float64,
    "entry": nw.String,
}
"""The columns of the answer, and what each holds."""


def movers(
    frame: Any,
    policy: Policy,
    start: datetime,
    end: datetime,
    n: int = 10,
    *,
    known_at: datetime | None = None,
    links: bool = True,
    columns: Mapping[str, str] | None = None,
    home: str | None = None,
    catalog: Catalog | None = None,
) -> Any:
    """The accounts that fell and that rose most over [start, end), and through what; the same kind of frame.

    What it was is said by the account's statement: of its lines, with entries summed by kind, the largest in the
    direction of the change. That says which numbers moved, not why the customer did what they stand for.

    Args:
        frame: one row per entry, as `balances` takes it.
        policy: the opinion.
        start: the first instant of the period.
        end: the first instant after it.
        n: how many that fell, and how many that rose, at most.
        known_at: as `balances` takes it.
        links: as `balances` takes it.
        columns: as `balances` takes them.
        home: as `balances` takes it.
        catalog: as `balances` takes it.

    Returns:
        The one that fell most first, the one that rose most last: `account`, `opening`, `closing`, `change` (points),
        `through` (a kind, "forgotten", "forgiven", or the name of a term), `amount` (what that line adds, in points),
        `entry` (of the entries of the period, the id of the one with the largest worth in the direction of the change;
        null without one, or where the frame has no column `id`).

    Raises:
        MissingColumn: if the policy reads what the frame has not.
        InvalidPeriod: if the period ends before it starts, or n is not above 0.
        NaiveDatetime: if instants have no time zone.
        CurrencyMismatch: if money of several currencies is there, and nobody says which is home.

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
        >>> march = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
        >>> movers(entries, presets.default(), *march, links=False).select("account", "through").rows()
        [('ada', 'late_delivery'), ('bob', 'upgrade')]
    """
    if is_spark(frame):
        return from_buckets(movers, locals(), together=partial(most_of, n=n))
    if n < 1:
        raise InvalidPeriod(f"movers are at least one that fell and one that rose, not {n!r}")
    period = Period(start, end)
    asking = asked(frame, policy, known_at=known_at, links=links, columns=columns, home=home, catalog=catalog)
    start_us, end_us = to_us(period.start), to_us(period.end)
    courses = gathered(asking, (start_us - 1, end_us - 1))
    lines = moved(courses, start_us, end_us)
    change = lines["closing"] - lines["opening"]
    order = np.argsort(change, kind="stable")
    fell, rose = order[:n], order[-n:]
    most = [*fell[change[fell] < 0.0].tolist(), *rose[change[rose] > 0.0].tolist()]
    said = dict(told(asking, [courses.names[place] for place in most], period))
    rows = [said[courses.names[place]] for place in most]
    answer = in_memory(asking.frame, {name: [row[name] for row in rows] for name in ANSWER}, ANSWER)
    return returned(answer, asking.frame)


def told(asking: Asked, accounts: Sequence[str], period: Period) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is said of some accounts, by their statements."""
    if not accounts:
        return
    some = asking.of(like(asking.frame, {"account": list(accounts)}, {"account": nw.String}))
    has_ids = "id" in some.frame.collect_schema()
    reader = asking.reader(to_us(period.end))
    for account, facts in facts_by_account(rows_of(some.frame)).items():
        statement = reader.statement(Customer(account, None, facts), period)
        yield account, row_of(statement, has_ids=has_ids)


def row_of(statement: Statement, *, has_ids: bool) -> dict[str, Any]:
    """One row of the answer."""
    change = statement.closing - statement.opening
    sign = 1.0 if change > 0.0 else -1.0
    causes = causes_of(statement)
    through = max(causes, key=lambda name: sign * causes[name])
    own = max(statement.lines, key=lambda line: sign * line.worth, default=None)
    named = has_ids and own is not None and sign * own.worth > 0.0
    return {
        "account": statement.account,
        "opening": statement.opening,
        "closing": statement.closing,
        "change": change,
        "through": through,
        "amount": causes[through],
        "entry": own.id if named and own is not None else None,
    }


def causes_of(statement: Statement) -> dict[str, float]:
    """What moved a balance, in points: its entries by kind, what was forgotten and forgiven, and each term."""
    by_kind: dict[str, float] = defaultdict(float)
    for line in statement.lines:
        by_kind[line.kind] += line.worth
    return {**by_kind, "forgotten": -statement.forgotten, "forgiven": statement.forgiven, **statement.terms}


def most_of(answers: Frame, n: int) -> Frame:
    """Of those that moved most in each bucket of accounts, those that moved most."""
    ways = answers.with_columns(fell=nw.col("change") < 0.0, size=0.0 - nw.col("change").abs(), one=nw.lit(1))
    placed = ways.with_columns(place=nw.col("one").cum_sum().over("fell", order_by=["size", "account"]))
    return placed.filter(nw.col("place") <= n).select(*ANSWER).sort("change", "account")
