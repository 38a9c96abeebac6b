"""Accounts in cohorts: which one each is in, by columns that say the same in all rows of an account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from goodwill.analytics.reading import collected
from goodwill.analytics.schema import Frame, MissingColumn, is_parked, opened
from goodwill.domain.errors import GoodwillError

__all__ = ["Cohorts", "MixedCohort", "cohorts_by", "each_in_one"]


class MixedCohort(GoodwillError, ValueError):
    """An account whose rows say different cohorts of it; says which, and what to do."""


class Cohorts:
    """Which cohort each account is in.

    Args:
        members: the account, and the columns of its cohort; one row per account, in memory.
        by: the columns of cohorts.
    """

    def __init__(self, members: nw.DataFrame[Any], by: Sequence[str]) -> None:
        members = members.sort("account")
        keys = list(zip(*(members[name].to_list() for name in by), strict=True))
        numbers: dict[tuple[Any, ...], int] = {}
        self._of = {
            account: numbers.setdefault(tuple(map(said, key)), len(numbers))
            for account, key in zip(members["account"].to_list(), keys, strict=True)
        }
        first = {number: place for place, number in reversed(list(enumerate(self._of.values())))}
        self._named = members.select(*by)[[first[number] for number in range(len(numbers))]]

    def __len__(self) -> int:
        return len(self._named)

    def places(self, accounts: Sequence[str]) -> Any:
        """The number of each account's cohort, as an array."""
        return np.array([self._of[account] for account in accounts], np.int64)

    def named(self, places: Any) -> nw.DataFrame[Any]:
        """The columns of some cohorts, by their numbers."""
        named: nw.DataFrame[Any] = self._named[places]
        return named


def said(value: Any) -> Any:
    """A value as what a cohort is told by; pandas says NaN where nobody said anything, and no NaN is another."""
    return None if value != value else value  # noqa: PLR0124 - only NaN differs from itself


def cohorts_by(frame: Frame, by: Sequence[str]) -> Cohorts:
    """Accounts by columns; rows that say nothing of them do not count, and an account without any is in a cohort of null.

    Raises:
        MissingColumn: if a column is not there.
        MixedCohort: if an account is in two.
    """
    there = frame.collect_schema().names()
    missing = [name for name in by if name not in there]
    if missing:
        raise MissingColumn(
            f"by= names {', '.join(missing)}, and the frame has {', '.join(sorted(there))}", columns=tuple(missing)
        )
    rows = collected(frame.select("account", *by).unique())
    refuse_mixed(rows, by)
    spoken = rows.filter(~is_silent(by))
    rest = rows.filter(is_silent(by)).join(spoken, on="account", how="anti")
    return Cohorts(nw.concat([spoken, rest.select(spoken.columns)]), by)


def is_silent(by: Sequence[str]) -> Any:
    """Which rows say nothing of a cohort."""
    return nw.all_horizontal(*(nw.col(name).is_null() for name in by), ignore_nulls=False)


def refuse_mixed(rows: Frame, by: Sequence[str]) -> None:
    """Refuse accounts that are in two cohorts, of rows that say each once.

    Raises:
        MixedCohort: naming the first.
    """
    said = rows.filter(~is_silent(by)).group_by("account").agg(nw.len().alias("cohorts"))
    twice = said.filter(nw.col("cohorts") > 1)
    first, count = collected(twice.select(nw.col("account").min(), nw.len().alias("count"))).row(0)
    if count:
        raise MixedCohort(
            f"{', '.join(by)} differ among the rows of {first!r} (and {count - 1} more accounts); give every account "
            "one value, such as that of its last entry"
        )


def each_in_one(frame: Any, columns: Mapping[str, str] | None, by: str | Sequence[str] | None) -> None:
    """Refuse accounts that are in two cohorts, where the frame's own engine has to look.

    Raises:
        MixedCohort: naming the first.
    """
    if by is None:
        return
    keys = [by] if isinstance(by, str) else list(by)
    refuse_mixed(opened(frame, (), columns).filter(~is_parked()).select("account", *keys).unique(), keys)
