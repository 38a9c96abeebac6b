"""Standings, the kept readings: how readers use them.

A writer never touches a kept reading: it leaves a pending row in its own transaction. Readers take the reading and what
is pending; the job (`goodwill.ledger.folding`) folds the one into the other.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from goodwill.domain.account import Account
from goodwill.domain.balance import Balance
from goodwill.ledger import surveying
from goodwill.ledger.kept_reading import has_one_rate, read, read_with
from goodwill.ledger.kept_requests import Due, Kept, Ranked, Waiting
from goodwill.ledger.merging import Customer, names_of
from goodwill.ledger.operations import BATCH, united
from goodwill.ledger.ports import Accounts, Facts, Request
from goodwill.ledger.reading import Reader

__all__ = ["balances_in_order", "balances_of", "differing", "overdrawn_of"]

NO_LIMIT = 2**31 - 1


# Reading


def balances_of(
    accounts: Collection[str], reader: Reader, *, standings: bool
) -> Generator[Request, Any, dict[str, Balance]]:
    """The balances of these names, by the name that was asked for: by kept readings where there are any.

    With `standings` the store is asked for what it keeps; only for the present, with all that is known.
    """
    names = yield from names_of(list(accounts), reader.known_us)
    under = {root: names.under(root) for root in dict.fromkeys(names.root(account) for account in accounts)}
    found: dict[str, Balance] = {}
    if standings and reader.known_us is None:
        kept = yield Kept(reader.policy.digest, read_with(reader.policy, reader.catalog, reader.home), under)
        by_root = {root: balance for root, held in kept.items() if (balance := read(reader, held, root, None))}
        found = {
            account: resolved(by_root[root], account)
            for account in accounts
            if (root := names.root(account)) in by_root
        }
    rest = {names.root(account) for account in accounts if account not in found}
    facts = (
        (yield Facts([name for root in rest for name in under[root]], reader.at_us, reader.known_us)) if rest else {}
    )
    for root in rest:
        own = [fact for name in under[root] for fact in facts.get(name, ())]
        balance = reader.balance(Customer(root, None, own))
        found |= {account: resolved(balance, account) for account in accounts if names.root(account) == root}
    return found


def balances_in_order(
    names: Sequence[str], reader: Reader, *, standings: bool
) -> Generator[Request, Any, list[Balance]]:
    """The balances of these names, in their order."""
    found: list[Balance] = []
    rest = iter(names)
    while batch := list(islice(rest, BATCH)):
        balances = yield from balances_of(batch, reader, standings=standings)
        found += [balances[name] for name in batch]
    return found


def overdrawn_of(reader: Reader, limit: int | None, *, standings: bool) -> Generator[Request, Any, list[Balance]]:
    """The accounts below zero, the lowest first, and no more of them than `limit`; by what is kept, where it is.

    Raises:
        InvalidEntry: if the limit is not a whole number from 1 on.
    """
    surveying.check_limit(limit)
    names = (yield from lowest(reader, limit)) if standings and reader.known_us is None else None
    if names is None:
        return (yield from surveying.overdrawn(reader, limit))
    balances = yield from balances_in_order(names, reader, standings=True)
    below = sorted((each for each in balances if each.is_overdrawn), key=lambda balance: balance.points)
    return below[:limit]


def lowest(reader: Reader, limit: int | None) -> Generator[Request, Any, list[str] | None]:
    """Who may be among the lowest: those that were when the job last looked, and all that may have changed since.

    None where nothing is kept to tell by.
    """
    digest, read = reader.policy.digest, read_with(reader.policy, reader.catalog, reader.home)
    waiting: list[str] = yield Waiting()
    due: list[str] = yield Due(digest, reader.at_us)
    doubtful = {*waiting, *due}
    by_key = limit is not None and has_one_rate(reader.opinion)
    found: list[str] | None = yield Ranked(digest, read, (limit or 0) + len(doubtful) if by_key else None)
    if found is None or not doubtful:
        return None if found is None else sorted(found)
    names = yield from names_of(sorted(doubtful))
    # Whoever was restricted meanwhile is pending, and is asked about by all of its names.
    roots = {names.root(name) for name in doubtful}
    every = [name for root in sorted(roots) for name in names.under(root)]
    accounts: list[Account] = yield Accounts(every, None, NO_LIMIT)
    shown = {account.id for account in united(accounts, names) if account.restricted_at is None}
    return sorted((set(found) - roots - doubtful) | shown)


def resolved(balance: Balance, account: str) -> Balance:
    """The balance as the answer to a question for this name."""
    if balance.account == account:
        return balance
    return replace(balance, resolved_from=account)


# Checking


def differing(
    readers: Iterable[Reader], accounts: Sequence[str]
) -> Generator[Request, Any, list[tuple[Balance, Balance]]]:
    """Of these names, the balances by kept readings that are not what the entries say, each with the right one."""
    found = []
    for reader in readers:
        kept = yield from balances_of(accounts, reader, standings=True)
        entries = yield from balances_of(accounts, reader, standings=False)
        found += [
            (kept[account], entries[account]) for account in accounts if not same(kept[account], entries[account])
        ]
    return found


def same(one: Balance, other: Balance) -> bool:
    """Whether two balances are the same, but for rounding."""
    size = 1e-9 * (other.positive - other.negative)
    numbers = ("points", "positive", "negative")
    exactly = (
        "account", "standing", "is_overdrawn", "is_known", "unvalued", "entries", "foreign", "last_contact",
        "resolved_from",
    )  # fmt: skip
    return (
        all(abs(getattr(one, name) - getattr(other, name)) <= size for name in numbers)
        and all(getattr(one, name) == getattr(other, name) for name in exactly)
        and one.terms.keys() == other.terms.keys()
        and all(abs(one.terms[name] - other.terms[name]) <= size for name in one.terms)
    )
