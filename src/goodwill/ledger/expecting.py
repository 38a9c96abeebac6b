"""Optimistic control for who asks for it: record only if an account has no other entries than the caller had read.

It wraps the operation that records, so that the ordinary write path does not know of it and holds nothing.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from goodwill.domain.entry import Amendment, Entry, Ref, Reversal
from goodwill.domain.errors import GoodwillError, InvalidEntry, SeqConflict, WrongType
from goodwill.domain.instant import to_us
from goodwill.domain.merge import Merge, Names, Unmerge
from goodwill.ledger.drafting import account_id
from goodwill.ledger.operations import Recordable
from goodwill.ledger.ports import Append, Draft, Find, LastSeq, Lock, Merges, Request

__all__ = ["expecting"]

T = TypeVar("T")


def expecting(
    expected: int, facts: Sequence[Recordable], now: datetime, operation: Generator[Request, Any, T]
) -> Generator[Request, Any, T]:
    """Run an operation that records facts of one account, if the last of its entries is still `expected`.

    All names of the customer are held until the transaction ends, so of several who expect the same one is first. What
    was recorded before is replayed, whatever was written since.

    Raises:
        SeqConflict: if the account has other entries by now; nothing of the operation was written.
        InvalidEntry: if the facts are of several accounts, or say that two names are one.
    """
    check(expected, facts)
    names = yield from held(sorted((yield from accounts_of(facts))), now)
    is_first = True
    try:
        request = next(operation)
        while True:
            if isinstance(request, Append):
                refuse_others(request, names)
                if is_first and not (yield from repeats(request)):
                    yield from compare(expected, names)
                    is_first = False
            request = operation.send((yield request))
    except StopIteration as done:
        result: T = done.value
        return result


def check(expected: object, facts: Sequence[Recordable]) -> None:
    """Refuse what is no number of an entry, and facts that are not of an account."""
    if isinstance(expected, bool) or not isinstance(expected, int):
        raise WrongType(f"expected_seq is the `last_seq` of an account, not {type(expected).__name__} {expected!r}")
    if expected < 0:
        raise InvalidEntry(f"expected_seq {expected} is below 0, which stands for an account without entries")
    if any(isinstance(fact, Merge | Unmerge) for fact in facts):
        raise InvalidEntry("expected_seq= is for the entries of one account; record a merge without it")


def accounts_of(facts: Sequence[Recordable]) -> Generator[Request, Any, set[str]]:
    """The names that facts are written under; what cannot be recorded has none, and the operation says why."""
    corrected = [fact.reverses for fact in facts if isinstance(fact, Reversal)]
    corrected += [fact.amends for fact in facts if isinstance(fact, Amendment)]
    ids = [str(name) for name in corrected if not isinstance(name, Ref)]
    references = [name.reference for name in corrected if isinstance(name, Ref)]
    found: list[Entry] = (yield Find(ids, references)) if corrected else []
    names = {entry.account for entry in found}
    for fact in facts:
        if isinstance(fact, Entry) and not isinstance(fact, Reversal):
            try:
                names.add(account_id(fact.account))
            except GoodwillError:
                continue
    return names


def held(accounts: list[str], now: datetime) -> Generator[Request, Any, set[str]]:
    """All names of the one customer of these, held until the transaction ends; none of nobody.

    Raises:
        InvalidEntry: if they are of several.
    """
    if not accounts:
        return set()
    names, known = set[str](), Names((yield Merges(accounts)))
    while not names >= (wanted := {name for account in accounts for name in known.under(known.root(account))}):
        one_customer(accounts, known)
        yield Lock(sorted(wanted), to_us(now))
        names |= wanted
        known = Names((yield Merges(accounts, latest=True)))
    one_customer(accounts, known)
    return wanted


def one_customer(accounts: Sequence[str], known: Names) -> None:
    """Refuse names that do not resolve to one."""
    other = next((name for name in accounts if known.root(name) != known.root(accounts[0])), None)
    if other is not None:
        raise InvalidEntry(
            f"expected_seq= is for the entries of one account, and these are of {accounts[0]!r} and {other!r}; record "
            "them in a call each"
        )


def refuse_others(request: Append, names: set[str]) -> None:
    """Refuse what would be written under a name that is not held, such as an amendment that moves an entry."""
    other = next((draft.entry.account for draft in request.drafts if draft.entry.account not in names), None)
    if other is not None:
        raise InvalidEntry(
            f"expected_seq= is for the entries of one account, and this one would be written under {other!r} too; "
            "record it without expected_seq"
        )


def repeats(request: Append) -> Generator[Request, Any, bool]:
    """Whether all of it was recorded before, so that nothing will be written."""
    references = [draft.entry.reference for draft in request.drafts if draft.entry.reference is not None]
    if len(references) < len(request.drafts):
        return False
    found: list[Entry] = yield Find(references=references, latest=True)
    known = {(entry.reference, entry.revision) for entry in found}
    return all(key(draft) in known for draft in request.drafts)


def key(draft: Draft) -> tuple[str | None, int]:
    """What a request is known again by."""
    return draft.entry.reference, draft.entry.revision


def compare(expected: int, names: set[str]) -> Generator[Request, Any, None]:
    """Raise SeqConflict if the last entry under these names is another than the caller had read."""
    found: int = yield LastSeq(sorted(names))
    if found != expected:
        raise SeqConflict(
            f"the account's last entry is number {found}, not {expected}: somebody wrote since it was read; roll back, "
            "read it again (ledger.account(...).last_seq), and decide anew",
            expected=expected,
            found=found,
        )
