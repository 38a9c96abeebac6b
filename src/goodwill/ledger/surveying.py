"""Reading all accounts: by the store where it can, else by the fold; generators that do no I/O."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from itertools import islice
from typing import Any

from goodwill.domain.balance import Balance
from goodwill.domain.errors import InvalidEntry
from goodwill.domain.history import no_longer_kept
from goodwill.ledger.merging import customers
from goodwill.ledger.operations import BATCH, all_accounts
from goodwill.ledger.planning import Plan
from goodwill.ledger.ports import LastPurge, Request
from goodwill.ledger.reading import Reader
from goodwill.ledger.survey_requests import Explain, Totals

__all__ = ["all_balances", "check_limit", "explained", "overdrawn"]

KEPT_NOWHERE = "this store keeps no database that could compute them"


def all_balances(reader: Reader, *, below: bool = False) -> Generator[Request, Any, list[Balance]]:
    """The balances of all accounts that have entries by then, but restricted ones, in the order of their ids' bytes.

    With `below`, some of those that are not overdrawn may be left out.
    """
    yield from require_all_kept(reader)
    # A term may be what takes an account below zero, and the store does not know it.
    below = below and not reader.policy.terms
    asked = Totals(reader.opinion, reader.catalog, reader.home, reader.at_us, reader.known_us, below)
    totals = yield asked
    if totals is None:
        accounts = yield from all_accounts(reader.known_us)
        folded = yield from balances_of([account.id for account in accounts], reader)
        return [balance for balance in folded if balance.is_known]
    totals = sorted(totals, key=lambda total: total.account)
    rest = [total.account for total in totals if not total.is_exact]
    folded_of = dict(zip(rest, (yield from balances_of(rest, reader)), strict=True))
    return [reader.summed(total) if total.is_exact else folded_of[total.account] for total in totals]


def require_all_kept(reader: Reader) -> Generator[Request, Any, None]:
    """Refuse to read all accounts as they stood before facts of one of them were purged.

    Raises:
        Purged: naming the earliest instant from which all can be read.
    """
    found: tuple[int, int] | None = yield LastPurge()
    if found is None:
        return
    before_us, recorded_us = found
    if reader.at_us < before_us - 1:
        raise no_longer_kept("of some accounts", before_us, "as of")
    if reader.known_us is not None and reader.known_us < recorded_us:
        raise no_longer_kept("of some accounts", recorded_us, "as known at")


def balances_of(names: Sequence[str], reader: Reader) -> Generator[Request, Any, list[Balance]]:
    """The balances of these accounts, in order, by the fold."""
    found: list[Balance] = []
    rest = iter(names)
    while batch := list(islice(rest, BATCH)):
        read = yield from customers(batch, reader.at_us, reader.known_us)
        found += [reader.balance(read[name]) for name in batch]
    return found


def overdrawn(reader: Reader, limit: int | None = None) -> Generator[Request, Any, list[Balance]]:
    """The accounts below zero, the lowest first, and no more of them than `limit`.

    Raises:
        InvalidEntry: if the limit is not a whole number from 1 on.
    """
    check_limit(limit)
    balances = yield from all_balances(reader, below=True)
    below = sorted((each for each in balances if each.is_overdrawn), key=lambda balance: balance.points)
    return below[:limit]


def check_limit(limit: int | None) -> None:
    """Refuse a limit that is not a whole number from 1 on.

    Raises:
        InvalidEntry: if it is none.
    """
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
        raise InvalidEntry(f"limit {limit!r} is not a whole number from 1 on; leave it out for all of them")


def explained(reader: Reader) -> Generator[Request, Any, Plan]:
    """Which engine computes the balances of all accounts."""
    plan: Plan | None = yield Explain(reader.opinion)
    if plan is None:
        return Plan(reader.policy.fingerprint, "python", (KEPT_NOWHERE,))
    return Plan(reader.policy.fingerprint, plan.engine, plan.reasons, plan.folded)
