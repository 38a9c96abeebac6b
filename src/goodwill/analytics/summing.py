"""The balances of accounts, summed from arrays of their valued rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import narwhals.stable.v2 as nw
import numpy as np

from goodwill.analytics.accounts import NEVER, Column, by_account, by_numbers
from goodwill.analytics.arrays import Rows, Valued
from goodwill.analytics.bands import band_places
from goodwill.analytics.valuing import MICROSECONDS_A_DAY, in_force
from goodwill.domain.kind import Catalog
from goodwill.policies.policy import Policy
from goodwill.policies.sums import ROUNDING

__all__ = ["by_arrays"]

OF_WORTHS: Final = frozenset({"balance", "positive", "negative", "standing", "is_overdrawn", "unvalued"})
"""The columns that need to know what rows are worth."""

OF_PARTS: Final = frozenset({"positive", "negative", "standing", "is_overdrawn"})
"""Of these, those that need more than the balance."""


LATEST: Final = np.iinfo(np.int64).max
"""Later than anything."""


def by_arrays(
    frame: nw.DataFrame[Any],
    policy: Policy,
    at_us: int,
    known_us: int | None,
    *,
    home: str | None,
    catalog: Catalog | None,
    only: Collection[str],
    unmixed: bool = False,
) -> dict[str, Any]:
    """Columns of balances, one row per account with an entry in force.

    Args:
        frame: in memory, under our names, every row with an account and an instant.
        policy: one that arrays can say.
        at_us: as of when, in microseconds since the epoch.
        known_us: as known when; None knows all.
        home: the currency that a point is measured in.
        catalog: whose kinds end a silence.
        only: the columns to make, beside `account`.
        unmixed: whether every row is known to be a deposit or a withdrawal.
    """
    rows = Rows(unreversed(frame, at_us, known_us), at_us, known_us, unmixed=unmixed)
    each = dict(columns(rows, policy, home, catalog, only))
    is_numbered = "numbered" in vars(rows)  # what remembers its account has looked at the numbers
    if is_numbered:
        names, found = by_numbers(*rows.numbered, each, rows.in_force)
    else:
        names, found = by_account(rows.frame["account"], each, rows.in_force)
    found |= dict(with_terms(found, rows, policy))
    if not OF_PARTS.isdisjoint(only):
        found |= told(found, policy)
    return {"account": names} | {name: found[name] for name in only}


def columns(
    rows: Rows, policy: Policy, home: str | None, catalog: Catalog | None, only: Collection[str]
) -> Iterator[tuple[str, Column]]:
    """What is added up by account, as far as the answer needs it."""
    if "entries" in only:
        yield "entries", Column(rows.moves.astype(np.int64), "sum")
    if "last_contact_us" in only or policy.terms:
        ends = rows.moves | contacts(rows, catalog)
        yield "last_contact_us", Column(np.where(ends, rows.occurred_us, NEVER), "max")
    if policy.terms:
        yield "opened_us", Column(np.where(rows.in_force, rows.occurred_us, LATEST), "min")
    if OF_WORTHS.isdisjoint(only):
        return
    valued = Valued(rows, policy, home)
    points = valued.worth * valued.share
    yield "balance", Column(points, "sum")
    if "unvalued" in only:
        yield "unvalued", Column((rows.moves & ~valued.is_valued).astype(np.int64), "sum")
    if not OF_PARTS.isdisjoint(only):
        yield "positive", Column(np.maximum(points, 0.0), "sum")
        yield "negative", Column(np.minimum(points, 0.0), "sum")


def with_terms(found: Mapping[str, Any], rows: Rows, policy: Policy) -> Iterator[tuple[str, Any]]:
    """The sums with what the accounts have by themselves."""
    if "balance" in found:
        own = list(terms(found, rows.at_us, policy))
        yield "balance", sum(own, found["balance"])
        if "positive" in found:
            yield "positive", sum((np.maximum(each, 0.0) for each in own), found["positive"])
            yield "negative", sum((np.minimum(each, 0.0) for each in own), found["negative"])


def unreversed(frame: nw.DataFrame[Any], at_us: int, known_us: int | None) -> nw.DataFrame[Any]:
    """The frame without reversals and what they took out; most have none, and stay as they are."""
    if "reverses" not in frame.columns or not (frame["type"] == "reversal").any():
        return frame
    seen: nw.DataFrame[Any] = in_force(frame, at_us, known_us)
    return seen


def contacts(rows: Rows, catalog: Catalog | None) -> Any:
    """The observations that end a silence."""
    kinds = {kind.name for kind in (catalog or {}).values() if kind.contact}
    return rows.are("observation") & rows.kind.among(kinds) if kinds else False


def terms(found: Mapping[str, Any], at_us: int, policy: Policy) -> Iterator[Any]:
    """What each account has by itself, term by term."""
    if not policy.terms:
        return
    opened_us, contact_us = found["opened_us"], found["last_contact_us"]
    silent_us = np.where(contact_us == NEVER, opened_us, contact_us)
    days = {
        "open_days": (at_us - opened_us) / MICROSECONDS_A_DAY,
        "silent_days": (at_us - silent_us) / MICROSECONDS_A_DAY,
    }
    yield from (term.amount(**days) for term in policy.terms)


def told(found: Mapping[str, Any], policy: Policy) -> dict[str, Any]:
    """What is said of balances."""
    balance = found["balance"]
    return {
        "standing": np.array(policy.standing.names, object)[band_places(policy.standing, balance)],
        "is_overdrawn": balance < -ROUNDING * (found["positive"] - found["negative"]),
    }
