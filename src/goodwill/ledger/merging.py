"""Merging names, and reading customers under all of theirs: generators that do no I/O, as `operations` has them."""

from __future__ import annotations

from collections.abc import Collection, Generator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from goodwill.domain.entry import UNRECORDED, Fact
from goodwill.domain.errors import InvalidMerge
from goodwill.domain.instant import from_us, to_us
from goodwill.domain.merge import Merge, Names, Unmerge
from goodwill.ledger.drafting import Door
from goodwill.ledger.ports import AppendMerge, Facts, Lock, Merges, Request

__all__ = ["Customer", "customers", "merge", "names_of"]


class Customer(NamedTuple):
    """What is known under all names of one customer.

    Attributes:
        account: the name that answers for all of them.
        resolved_from: the name that was asked for, where it is another.
        facts: of all names.
    """

    account: str
    resolved_from: str | None
    facts: list[Fact]


def names_of(accounts: Sequence[str] | None, known_us: int | None = None) -> Generator[Request, Any, Names]:
    """Which names are one customer, among those that merges connect with these; of the whole ledger with None."""
    return Names((yield Merges(accounts)), None if known_us is None else from_us(known_us))


def customers(
    accounts: Collection[str], as_of_us: int | None, known_us: int | None
) -> Generator[Request, Any, dict[str, Customer]]:
    """The customers of these names, by the name that was asked for; one without any facts has none."""
    names = yield from names_of(list(accounts), known_us)
    roots = {account: names.root(account) for account in accounts}
    under = {root: names.under(root) for root in roots.values()}
    found = yield Facts([name for each in under.values() for name in each], as_of_us, known_us)
    facts = {root: [fact for name in each for fact in found.get(name, ())] for root, each in under.items()}
    return {
        account: Customer(root, None if root == account else account, facts[root]) for account, root in roots.items()
    }


def merge(door: Door, fact: Merge | Unmerge, now: datetime) -> Generator[Request, Any, Merge | Unmerge]:
    """Link a name to another, or make it its own again; what is so already is replayed.

    Raises:
        InvalidMerge: if the name is not its own to merge, or would come back to itself.
    """
    link = door.merge(fact, now)
    known = yield from locked(link)
    if fact.recorded_at is UNRECORDED:
        link = not_before(known, link)
    parent = Names(known, link.recorded_at).latest.get(link.account)
    if parent is not None and parent.into == link.into:
        return told(fact, replace(parent, replayed=True))
    check(link, known)
    return told(fact, (yield AppendMerge(link)))


def locked(link: Merge) -> Generator[Request, Any, list[Merge]]:
    """The merges around a new one, while nobody else can merge the names that it would join."""
    around, held = [link.account, link.into], set[str]()
    known = yield Merges(around)
    while not held >= (wanted := {link.account, Names(known).root(link.into)}):
        yield Lock(sorted(wanted), to_us(link.recorded_at))
        held |= wanted
        known = yield Merges(around, latest=True)
    return list(known)


def not_before(known: Sequence[Merge], link: Merge) -> Merge:
    """The link, not recorded before those that it follows, though the clock says so: the latest one decides."""
    return replace(link, recorded_at=max([link.recorded_at, *(each.recorded_at for each in known)]))


def check(link: Merge, known: Sequence[Merge]) -> None:
    """Only a name that stands for itself is merged, into one that does not resolve to it, now and ever after."""
    names = Names(known, link.recorded_at)
    if link.account == link.into:
        if names.parent(link.account) == link.account:
            raise InvalidMerge(f"{link.account!r} is merged into no other name; there is nothing to unmerge")
        return
    if names.parent(link.account) != link.account:
        raise InvalidMerge(
            f"{link.account!r} was merged into {names.parent(link.account)!r}; merge {names.root(link.account)!r}, "
            f"which answers for it, or unmerge {link.account!r} first"
        )
    if names.root(link.into) == link.account:
        raise InvalidMerge(f"{link.into!r} is read as {link.account!r} already; merge it the other way round")
    with_it = [*known, link]
    later = {each.recorded_at for each in known if each.recorded_at > link.recorded_at}
    if any(Names(with_it, instant).has_circle() for instant in later):
        raise InvalidMerge(
            f"{link.account!r} into {link.into!r} as of {link.recorded_at.isoformat()} would make a circle with merges "
            "that were recorded later; import merges in the order in which they were made"
        )


def told(fact: Merge | Unmerge, link: Merge) -> Merge | Unmerge:
    """The link as the kind of fact that was recorded."""
    if isinstance(fact, Merge):
        return link
    return Unmerge(
        account=link.account,
        recorded_at=link.recorded_at,
        actor=link.actor,
        seq=link.seq,
        backfilled=link.backfilled,
        replayed=link.replayed,
    )
