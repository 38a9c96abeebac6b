"""What a ledger does, without I/O: generators that yield requests to a store and are sent the answers.

The sync and the async ledger run the very same operations; all that differs is how a request is carried out.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from goodwill.domain.account import ERASED, Account
from goodwill.domain.entry import UNRECORDED, Amendment, Entry, Ref, Reversal
from goodwill.domain.errors import (
    AccountErased,
    AlreadyReversed,
    GoodwillError,
    InvalidEntry,
    InvalidLink,
    NotReversible,
    ReferenceConflict,
    RetryTransaction,
    SchemaMissing,
    SchemaOutdated,
    UnknownAccount,
    UnknownEntry,
)
from goodwill.domain.merge import Merge, Names, Unmerge
from goodwill.ledger.decision_requests import SelectDecisions
from goodwill.ledger.drafting import Door, account_id, check_answer
from goodwill.ledger.merging import merge, names_of
from goodwill.ledger.ports import Accounts, Append, Draft, Find, Request

__all__ = ["Recordable", "Recorded", "Rejected"]

Correction = Reversal | Amendment | Merge | Unmerge
Recordable = Entry | Amendment | Merge | Unmerge
"""What can be recorded: an entry of any type, an amendment of one, and that two names are one customer or two."""
Recorded = Entry | Merge | Unmerge

BATCH = 1000
AMENDABLE = frozenset(
    {
        "account", "kind", "magnitude", "currency", "cost", "occurred_at", "in_response_to", "sincerity", "severity",
        "dimensions", "channel", "actor", "note", "attributes", "due", "recurs", "tz",
    }
)  # fmt: skip


class Rejected(NamedTuple):
    """A fact that could not be recorded, and why; nothing of it was written."""

    fact: Recordable
    error: GoodwillError


def record(
    door: Door,
    facts: Iterable[Recordable],
    now: Callable[[], datetime],
    rejects: list[Rejected] | None = None,
    *,
    occurred_at_given: bool = True,
) -> Generator[Request, Any, list[Recorded]]:
    """Record facts in their order; all or none, unless `rejects` takes the bad ones."""
    recorded: list[Recorded] = []
    for run in runs(facts):
        if isinstance(run, list):
            recorded += yield from append(door, run, now, rejects, occurred_at_given)
            continue
        try:
            recorded.append((yield from correct(door, run, now)))
        except (RetryTransaction, SchemaMissing, SchemaOutdated):
            raise  # not of this fact: nothing can be recorded now
        except GoodwillError as error:
            reject(run, error, rejects)
    return recorded


def runs(facts: Iterable[Recordable]) -> Iterator[list[Entry] | Correction]:
    """Facts in batches; a correction stands alone, since it may name what was just recorded."""
    batch: list[Entry] = []
    for fact in facts:
        if isinstance(fact, Correction):
            if batch:
                yield batch
                batch = []
            yield fact
            continue
        if len(batch) == BATCH:
            yield batch
            batch = []
        batch.append(fact)
    if batch:
        yield batch


def append(
    door: Door,
    facts: Sequence[Entry],
    now: Callable[[], datetime],
    rejects: list[Rejected] | None,
    occurred_at_given: bool,
) -> Generator[Request, Any, list[Entry]]:
    """Check a batch, then append it; what is refused is told in the order of the facts."""
    refused: dict[int, GoodwillError] = {}
    drafts: dict[int, Draft] = {}
    for place, fact in enumerate(facts):
        try:
            drafts[place] = door.draft(fact, now(), occurred_at_given=occurred_at_given)
        except GoodwillError as error:
            refused[place] = error
    if refused and rejects is None:
        tell(facts, refused, rejects)
    yield from drop_broken_links(drafts, refused)
    if refused and rejects is None:
        tell(facts, refused, rejects)
    answers = (yield Append(list(drafts.values()), tolerant=rejects is not None)) if drafts else []
    answered = zip(drafts, answers, strict=True)
    refused |= {place: answer for place, answer in answered if isinstance(answer, GoodwillError)}
    tell(facts, refused, rejects)
    return [answer for answer in answers if isinstance(answer, Entry)]


def drop_broken_links(drafts: dict[int, Draft], refused: dict[int, GoodwillError]) -> Generator[Request, Any, None]:
    """Move the drafts that answer, by id, what cannot be answered."""
    linked = {link for draft in drafts.values() if isinstance(link := draft.entry.in_response_to, str)}
    if not linked:
        return
    targets = {entry.id: entry for entry in (yield Find(ids=sorted(linked)))}
    names = yield from names_between([draft.entry for draft in drafts.values()], targets)
    for place, draft in list(drafts.items()):
        try:
            check_link(draft.entry, targets, names)
        except GoodwillError as error:
            refused[place] = error
            del drafts[place]


def tell(facts: Sequence[Entry], refused: dict[int, GoodwillError], rejects: list[Rejected] | None) -> None:
    """Set the refused facts aside, in order; without a place for them, refuse everything and name the first."""
    for place in sorted(refused):
        reject(facts[place], refused[place], rejects)


def reject(fact: Recordable, error: GoodwillError, rejects: list[Rejected] | None) -> None:
    """Keep a bad fact aside, or refuse everything and name it."""
    if rejects is None:
        error.add_note(f"refused: {fact!r}")
        raise error
    rejects.append(Rejected(fact, error))


def names_between(entries: Iterable[Entry], targets: Mapping[str, Entry]) -> Generator[Request, Any, Names]:
    """Which names are one customer now, where an entry answers what was written under another name."""
    pairs = [(entry, targets[str(entry.in_response_to)]) for entry in entries if str(entry.in_response_to) in targets]
    strange = {each.account for entry, target in pairs if entry.account != target.account for each in (entry, target)}
    return (yield from names_of(sorted(strange))) if strange else Names()


def check_link(entry: Entry, targets: Mapping[str, Entry], names: Names) -> None:
    """A link by id must be to what can be answered, of the same account; a `Ref` may arrive later and is only read."""
    answered = entry.in_response_to
    if not isinstance(answered, str):
        return
    target = targets.get(answered)
    if target is None:
        raise InvalidLink(
            f"in_response_to {answered!r} is no entry of this ledger; to link by your own reference, which may arrive "
            f"later, write Ref({answered!r})"
        )
    check_answer(entry, target)
    if target.account.startswith(ERASED):
        raise InvalidLink(
            f"in_response_to {target.id!r} is an entry of a customer who was erased since, and is answered no more; "
            "leave the link out"
        )
    if names.root(target.account) != names.root(entry.account):
        raise InvalidLink(
            f"in_response_to {target.id!r} belongs to account {target.account!r}, not to {entry.account!r}; if they are "
            "one customer, merge them first"
        )


def correct(door: Door, correction: Correction, now: Callable[[], datetime]) -> Generator[Request, Any, Recorded]:
    """Take an entry out, or replace it; or say that two names are one customer, or two."""
    if isinstance(correction, Merge | Unmerge):
        return (yield from merge(door, correction, now()))
    if isinstance(correction, Amendment):
        return (yield from amend(door, correction, now()))
    target = yield from locate(correction.reverses)
    if target.type == "reversal":
        raise NotReversible(f"{target.id} is itself a reversal; to bring the fact back, record it again")
    recorded: list[Entry] = yield Append([door.reversal(correction, target, now())])
    return recorded[0]


def amend(door: Door, amendment: Amendment, now: datetime) -> Generator[Request, Any, Entry]:
    """Write an entry again with changes, and take out the old one; a change of nothing writes nothing."""
    unknown = sorted(amendment.changes.keys() - AMENDABLE)
    if unknown:
        raise InvalidEntry(
            f"amend cannot change {', '.join(unknown)}; it changes {', '.join(sorted(AMENDABLE))}. To change what "
            "sort of entry it is, reverse it and record another"
        )
    target = yield from locate(amendment.amends, in_force=True)
    if target.type == "reversal":
        raise NotReversible(f"{target.id} is a reversal; a reversal is not amended")
    if target.type == "opening":
        raise InvalidEntry(f"{target.id} is an opening, which carries points alone; reverse it and record another")
    if "account" not in amendment.changes:
        require_living(target)
    reversal = door.reversal(
        Reversal(reverses=target.id, note=amendment.reason, recorded_at=amendment.recorded_at), target, now
    )
    # What was accepted is not in the future now, though the clock was set back since.
    draft = door.draft(replacement(door, target, amendment), max(now, target.recorded_at))
    entry = replace(draft.entry, recorded_at=reversal.entry.recorded_at, backfilled=reversal.entry.backfilled)
    if same_fact(entry, target):
        return replace(target, replayed=True)
    if isinstance(entry.in_response_to, str) and entry.in_response_to != target.in_response_to:
        found = yield Find(ids=[entry.in_response_to])
        targets = {item.id: item for item in found}
        check_link(entry, targets, (yield from names_between([entry], targets)))
    try:
        recorded: list[Entry] = yield Append([reversal, draft._replace(entry=entry)])
    except (AlreadyReversed, ReferenceConflict) as error:
        # Another transaction was faster. If it made the very same amendment, this one repeats it. Which of the two it
        # meets, the other's reversal or its replacement, is a matter of when it looks.
        faster = yield from locate(amendment.amends, in_force=True)
        if faster.id != target.id and same_fact(entry, faster):
            return replace(faster, replayed=True)
        if isinstance(error, AlreadyReversed):
            raise
        raise AlreadyReversed(
            f"{target.id} ({target.kind}) was amended by another transaction meanwhile; read it again, and amend what stands"
        ) from error
    return recorded[1]


def require_living(entry: Entry) -> None:
    """Refuse to write to the account of an entry whose customer was erased.

    Raises:
        AccountErased: naming what can be done.
    """
    if entry.account.startswith(ERASED):
        raise AccountErased(
            f"{entry.id} ({entry.kind}) is an entry of a customer who was erased since, and nothing new is written under "
            f"{entry.account!r}; reverse it if it never was so, or amend it with account= if it was another customer's"
        )


def replacement(door: Door, target: Entry, amendment: Amendment) -> Entry:
    """The fact that stands in the target's place; what is not named is kept."""
    changes = dict(amendment.changes)
    kind = door.catalog.resolve(changes.get("kind", target.kind))
    if not kind.is_money:
        changes.setdefault("currency", None)
    elif "cost" in changes and target.cost is not None and target.magnitude == target.cost.amount:
        # The magnitude of a money kind was filled from its cost; it goes with it.
        changes.setdefault("magnitude", None)
        changes.setdefault("currency", None)
    fresh = {"id": "", "seq": 0, "recorded_at": UNRECORDED, "reversed_by": None, "replayed": False}
    return replace(target, **{**fresh, "revision": target.revision + 1, "amends": target.id, **changes})


def same_fact(entry: Entry, other: Entry) -> bool:
    """Whether two entries say the same, whenever they were written."""
    return all(getattr(entry, name, None) == getattr(other, name, None) for name in AMENDABLE)


def locate(named: str | Ref | Entry, *, in_force: bool = False) -> Generator[Request, Any, Entry]:
    """The entry of an id, or the latest revision of a reference; with `in_force`, through amendments.

    Raises:
        UnknownEntry: if this ledger has none.
        AlreadyReversed: if it must be in force and is not.
    """
    if isinstance(named, Entry):
        named = named.id
    found: list[Entry] = yield (
        Find(references=[named.reference]) if isinstance(named, Ref) else Find(ids=[str(named)])
    )
    if not found:
        raise UnknownEntry(
            f"no entry of this ledger has {'the reference' if isinstance(named, Ref) else 'the id'} {named!r}"
        )
    entry = max(found, key=lambda item: item.revision)
    if in_force and entry.reversed_by is not None:
        revisions: list[Entry] = (yield Find(references=[entry.reference])) if entry.reference else []
        standing = [item for item in revisions if item.reversed_by is None]
        if not standing:
            raise AlreadyReversed(f"{entry.id} ({entry.kind}) was taken out by {entry.reversed_by}; record it anew")
        entry = standing[-1]
    return entry


def all_accounts(known_us: int | None = None) -> Generator[Request, Any, list[Account]]:
    """Every account with entries under any of its names, in the order of their ids' bytes, but restricted ones."""
    accounts: list[Account] = []
    while True:
        page = yield Accounts(None, accounts[-1].id if accounts else None, BATCH)
        accounts += page
        if len(page) < BATCH:
            break
    names = yield from names_of(None, known_us)
    return [each for each in united(accounts, names) if each.restricted_at is None]


def united(accounts: Iterable[Account], names: Names) -> list[Account]:
    """One account for all names of a customer: restricted if one of them is, closed if the one that answers is."""
    by_root: dict[str, list[Account]] = {}
    for account in accounts:
        by_root.setdefault(names.root(account.id), []).append(account)
    return [unite(root, of_root, tuple(names.under(root)[1:])) for root, of_root in sorted(by_root.items())]


def unite(root: str, accounts: Sequence[Account], merged: tuple[str, ...]) -> Account:
    """The account that answers for these."""
    return Account(
        root,
        min(each.opened_at for each in accounts),
        sum(each.entries for each in accounts),
        max(each.last_seq for each in accounts),
        merged,
        next((each.closed_at for each in accounts if each.id == root), None),
        min((each.restricted_at for each in accounts if each.restricted_at is not None), default=None),
    )


def names_kept(account: object) -> Generator[Request, Any, list[str]]:
    """All names of a customer of whom an entry or a decision is kept, first the one that answers for them.

    Raises:
        UnknownAccount: if none is.
    """
    name = account_id(account)
    names = yield from names_of([name])
    under = names.under(names.root(name))
    if not (yield Accounts(under, None, 1)) and not (yield SelectDecisions(under, limit=1)):
        raise unknown(name)
    return under


def unknown(name: str) -> UnknownAccount:
    """What is raised for a name without entries."""
    return UnknownAccount(f"no entry of this ledger is for account {name!r}; an account opens with its first entry")


def one_account(account: object) -> Generator[Request, Any, Account]:
    """The account that a name resolves to.

    Raises:
        UnknownAccount: if no entry was ever written for it.
    """
    name = account_id(account)
    names = yield from names_of([name])
    under = names.under(names.root(name))
    found: list[Account] = yield Accounts(under, None, len(under))
    if not found:
        raise unknown(name)
    return united(found, names)[0]
