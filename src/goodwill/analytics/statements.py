"""How the balances of a frame moved over a period: a statement for every account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import narwhals.stable.v2 as nw
import numpy as np

from goodwill.analytics.courses import Courses, Strand
from goodwill.analytics.gathering import asked, gathered
from goodwill.analytics.returning import in_memory, returned
from goodwill.analytics.spark import from_buckets, is_spark
from goodwill.domain.instant import to_us
from goodwill.domain.kind import Catalog
from goodwill.domain.period import Period
from goodwill.policies.policy import Policy

__all__ = ["moved", "statement_frame"]


def statement_frame(
    frame: Any,
    policy: Policy,
    start: datetime,
    end: datetime,
    *,
    known_at: datetime | None = None,
    links: bool = True,
    columns: Mapping[str, str] | None = None,
    home: str | None = None,
    catalog: Catalog | None = None,
) -> Any:
    """The statement of every account over [start, end), as `Ledger.statement` reads it; the same kind of frame.

    The identity holds in each row, within 1e-9 of what moved:
    closing = opening + deposited - withdrawn - forgotten + forgiven + the terms.

    Args:
        frame: one row per entry, as `balances` takes it.
        policy: the opinion.
        start: the first instant of the period.
        end: the first instant after it; what happens at it is the next period's.
        known_at: as `balances` takes it.
        links: as `balances` takes it.
        columns: as `balances` takes them.
        home: as `balances` takes it.
        catalog: as `balances` takes it.

    Returns:
        One row per account that has an entry before the end: `account`, `opening`, `deposited`, `withdrawn`,
        `forgotten`, `forgiven`, then what each term of the policy moved by, in a column of its name (such as `silence`),
        and `closing`; all in points. `entries` counts those of the period.

    Raises:
        MissingColumn: if the policy reads what the frame has not.
        InvalidPeriod: if the period ends before it starts.
        NaiveDatetime: if instants have no time zone.
        CurrencyMismatch: if money of several currencies is there, and nobody says which is home.

    Example:
        >>> import polars as pl
        >>> from datetime import UTC, datetime
        >>> from goodwill import presets
        >>> entries = pl.DataFrame(
        ...     {
        ...         "account": ["ada", "ada"],
        ...         "type": ["deposit", "withdrawal"],
        ...         "kind": ["upgrade", "late_delivery"],
        ...         "magnitude": [1.0, 2.0],
        ...         "occurred_at": [datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)],
        ...     }
        ... )
        >>> march = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
        >>> read = statement_frame(entries, presets.default(), *march, links=False).to_dicts()[0]
        >>> moved = read["deposited"] - read["withdrawn"] - read["forgotten"] + read["forgiven"]
        >>> abs(read["opening"] + moved - read["closing"]) < 1e-9
        True
    """
    if is_spark(frame):
        return from_buckets(statement_frame, locals())
    period = Period(start, end)
    asking = asked(frame, policy, known_at=known_at, links=links, columns=columns, home=home, catalog=catalog)
    start_us, end_us = to_us(period.start), to_us(period.end)
    courses = gathered(asking, (start_us - 1, end_us - 1))
    columns_of = moved(courses, start_us, end_us)
    schema = {"account": nw.String} | dict.fromkeys(columns_of, nw.Float64) | {"entries": nw.Int64}
    entries = courses.count(end_us - 1, start_us)
    answer = in_memory(asking.frame, {"account": courses.names, **columns_of, "entries": entries}, schema)
    return returned(answer, asking.frame)


NUMBERS: Final = ("opening", "deposited", "withdrawn", "forgotten", "forgiven", "closing")


def moved(courses: Courses, start_us: int, end_us: int) -> dict[str, Any]:
    """The lines of each account's statement over a period, in points; each term has one of its own before the closing."""
    lines = {name: np.zeros(len(courses)) for name in NUMBERS}
    for strand in courses.strands:
        for name, amounts in lines_of(strand, start_us, end_us, len(courses)).items():
            lines[name] += amounts
    at_start = courses.term_amounts(start_us, start_us - 1)
    at_end = courses.term_amounts(end_us, end_us - 1)
    terms = {tag: at_end[tag] - at_start[tag] for tag in at_end}
    closing = lines.pop("closing")
    opening = lines.pop("opening")
    return {
        "opening": sum(at_start.values(), opening),
        **lines,
        **terms,
        "closing": sum(at_end.values(), closing),
    }


def lines_of(strand: Strand, start_us: int, end_us: int, accounts: int) -> dict[str, Any]:
    """What the entries of one strand add to each line."""
    before, until = strand.events.until(start_us - 1), strand.events.until(end_us - 1)
    earlier, within, every = slice(before), slice(before, until), slice(until)
    at_start, at_end = strand.left(start_us, earlier), strand.left(end_us, every)
    worth = strand.worth[within]
    faded = np.concatenate([at_start, worth]) - at_end

    def summed(amounts: Any, rows: slice) -> Any:
        return np.bincount(strand.events.accounts[rows], amounts, minlength=accounts)

    return {
        "opening": summed(at_start, earlier),
        "deposited": summed(np.maximum(worth, 0.0), within),
        "withdrawn": summed(np.maximum(-worth, 0.0), within),
        "forgotten": summed(np.maximum(faded, 0.0), every),
        "forgiven": summed(np.maximum(-faded, 0.0), every),
        "closing": summed(at_end, every),
    }
