"""Readings of many accounts, as balances, frames or mappings say them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple, Protocol, runtime_checkable

from goodwill.domain.balance import Balance
from goodwill.domain.errors import WrongType
from goodwill.plots.canvas import CannotDraw
from goodwill.plots.frames import columns_of, has, names_of

__all__ = ["Compared", "Reading", "Readings", "readings_of", "side_by_side"]

BALANCE: Final = "balance_"
"""What the columns of balances begin with where policies stand side by side; the policy's name follows."""


@runtime_checkable
class Compared(Protocol):
    """What `goodwill.analytics.compare` returns; drawing needs nothing else of that package."""

    @property
    def accounts(self) -> Any:
        """A frame of one row per account, with `balance_<name>` and `standing_<name>` for each policy."""

    @property
    def entries(self) -> Any:
        """A frame of contributions."""

    @property
    def correlation(self) -> Mapping[tuple[str, str], float | None]:
        """Of the orders in which the policies put the accounts."""


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
    return framed_readings(given, "balance", "standing", "analytics.balances")


def side_by_side(given: Any, names: tuple[str, str] | None = None) -> tuple[Readings, Readings]:
    """The readings of two policies in what `analytics.compare` returned, or in its frame of accounts.

    Args:
        given: the comparison.
        names: of the two policies, where it is of more.

    Raises:
        CannotDraw: if two are not named, where it is of more, or one is not in it.
        WrongType: for anything else.
    """
    frame = given.accounts if isinstance(given, Compared) else given
    there = [name.removeprefix(BALANCE) for name in names_of(frame) if name.startswith(BALANCE)]
    asked = there if names is None else list(names)
    if len(asked) != 2 or not set(asked) <= set(there):
        raise CannotDraw(
            f"a picture is of two policies, and the comparison is of {', '.join(there) or 'none'}: name two of them "
            "with names=, or give two readings"
        )
    first, second = (
        framed_readings(frame, f"{BALANCE}{name}", f"standing_{name}", "analytics.compare")._replace(name=name)
        for name in asked
    )
    return first, second


def framed_readings(frame: Any, balance: str, standing: str, made_by: str) -> Readings:
    """The readings in columns of a frame; the standing may be missing."""
    names = ["account", balance, *([standing] if has(frame, standing) else [])]
    accounts, *rest = columns_of(frame, names, made_by)
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
