"""Readings of many accounts, as balances, frames or mappings say them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from goodwill.domain.balance import Balance
from goodwill.domain.errors import WrongType
from goodwill.plots.canvas import CannotDraw
from goodwill.plots.frames import columns_of, has

__all__ = ["Reading", "Readings", "readings_of"]


class Reading(NamedTuple):
    """The points of one account, and its standing where that is said."""

    points: float
    standing: str | None = None


class Readings(NamedTuple):
    """The readings of many accounts, and the fingerprint of the policy where they say it."""

    by_account: dict[str, Reading]
    name: str | None = None


def readings_of(given: Any) -> Readings:
    """The readings in balances, in a frame, or in a mapping by account.

    Raises:
        CannotDraw: if an account is there twice.
        WrongType: for anything else.
    """
    if isinstance(given, Mapping):
        fingerprints = {value.policy for value in given.values() if isinstance(value, Balance)}
        return Readings({str(account): reading(value) for account, value in given.items()}, only(fingerprints))
    if isinstance(given, list | tuple):
        pairs = [(each.account, reading(each)) for each in balances(given)]
        return Readings(once(pairs), only({each.policy for each in given}))
    names = ["account", "balance", *(["standing"] if has(given, "standing") else [])]
    accounts, *rest = columns_of(given, names, "analytics.balances")
    rows = zip(*rest, strict=True)
    return Readings(once(zip(map(str, accounts), (Reading(*row) for row in rows), strict=True)))


def balances(given: Iterable[object]) -> Iterable[Balance]:
    """The same, every one of them a balance."""
    for each in given:
        if not isinstance(each, Balance):
            raise WrongType(f"a list of readings holds balances of ledger.balances(...), not {type(each).__name__}")
        yield each


def reading(value: object) -> Reading:
    """A balance, or points alone."""
    if isinstance(value, Balance):
        return Reading(value.points, value.standing)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WrongType(f"an account's reading is a Balance or points, not {type(value).__name__} {value!r}")
    return Reading(float(value))


def only(names: set[str]) -> str | None:
    """The one name, where there is one alone."""
    return names.pop() if len(names) == 1 else None


def once(pairs: Iterable[tuple[str, Reading]]) -> dict[str, Reading]:
    """By account, none of which is there twice."""
    found: dict[str, Reading] = {}
    for account, each in pairs:
        if account in found:
            raise CannotDraw(f"account {account!r} is there twice; compare readings of one instant, a row an account")
        found[account] = each
    return found
