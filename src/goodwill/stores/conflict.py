"""What every store says when a request contradicts what it keeps: one wording for all of them."""

from __future__ import annotations

from dataclasses import fields, replace

from goodwill.domain.account import ERASED
from goodwill.domain.decision import Decision
from goodwill.domain.entry import Entry, Reversal
from goodwill.domain.errors import (
    AccountClosed,
    AccountErased,
    AlreadyReversed,
    InvalidEntry,
    Purged,
    ReferenceConflict,
)
from goodwill.ledger.ports import WRITES, Draft, Request

__all__ = [
    "already_reversed", "closed", "conflict", "erased", "id_taken", "is_new_fact", "purged", "require_write",
    "same_decision",
]  # fmt: skip

# What the request digest does not cover: a retry may differ in these (and in what the door filled in).
OUTSIDE_THE_DIGEST = frozenset({
    "id", "seq", "recorded_at", "revision", "amends", "backfilled", "replayed", "reversed_by",
    "note", "actor", "channel", "attributes",
})  # fmt: skip


def conflict(original: Entry, attempted: Entry) -> ReferenceConflict:
    """The error for a reference that stands for something else, with both sides, field by field."""
    return ReferenceConflict(
        f"reference {attempted.reference!r} was used before, for something else: {differences(original, attempted)}; "
        f"give the new fact a reference of its own, or amend the recorded one ({original.id})",
        original=original,
        attempted=attempted,
    )


def differences(original: Entry, attempted: Entry) -> str:
    """Where two entries differ: `magnitude recorded as 3, now 4`."""
    if type(original) is not type(attempted):
        return f"a {original.type} was recorded, now it is a {attempted.type}"
    names = [spec.name for spec in fields(original) if spec.name not in OUTSIDE_THE_DIGEST]
    pairs = [(name, getattr(original, name), getattr(attempted, name)) for name in names]
    told = [f"{name} recorded as {before!s}, now {now!s}" for name, before, now in pairs if before != now]
    # What was passed can differ where what was filled in does not: a magnitude given, and the same one by default.
    return ", ".join(told) or "the same fact, but one of the two leaves to defaults what the other says"


def already_reversed(attempted: Reversal, by: str) -> AlreadyReversed:
    """The error for a second reversal of one entry."""
    return AlreadyReversed(
        f"entry {attempted.reverses} was reversed before, by {by}; an entry is reversed at most once: "
        f"record the fact again if it holds after all"
    )


def erased(original: Entry, attempted: Entry) -> AccountErased | None:
    """The error for a reference of an entry whose customer was erased since; None where the customer was not."""
    if not original.account.startswith(ERASED):
        return None
    return AccountErased(
        f"reference {attempted.reference!r} stands for an entry of a customer who was erased since; what is new of the "
        "same customer needs a reference of its own"
    )


def purged(attempted: Draft, digest: bytes) -> Purged | ReferenceConflict:
    """The error for a reference that stood for an entry which was purged since; `digest` is what was asked then."""
    reference = attempted.entry.reference
    if digest == attempted.digest:
        return Purged(
            f"reference {reference!r} stands for an entry that was purged since, and is not recorded anew; what is new "
            "needs a reference of its own"
        )
    return ReferenceConflict(
        f"reference {reference!r} was used before, for something else, which was purged since; give the new fact a "
        "reference of its own",
        attempted=attempted.entry,
    )


def closed(attempted: Entry) -> AccountClosed:
    """The error for a new entry of a closed account."""
    return AccountClosed(
        f"account {attempted.account!r} is closed; ledger.reopen_account({attempted.account!r}) opens it again, and "
        "what is recorded already can still be reversed or amended"
    )


def is_new_fact(entry: Entry) -> bool:
    """Whether an entry says something new, which a closed account takes no more; corrections it takes."""
    return entry.amends is None and not isinstance(entry, Reversal)


def id_taken(entry: Entry) -> InvalidEntry:
    """The error for an id that another entry of the ledger has."""
    return InvalidEntry(f"the id {entry.id} belongs to another entry of this ledger; leave it out, and one is made")


def same_decision(original: Decision, digest: bytes, attempted: Decision, attempted_digest: bytes) -> Decision:
    """The decision that a reference stands for, if it is recorded again.

    Raises:
        AccountErased: if its customer was erased since.
        ReferenceConflict: if it is another.
    """
    if original.request.account.startswith(ERASED):
        raise AccountErased(
            f"reference {attempted.reference!r} stands for a decision on a customer who was erased since; what is asked "
            "anew needs a reference of its own"
        )
    if digest != attempted_digest:
        raise ReferenceConflict(
            f"reference {attempted.reference!r} was used before, for another decision; it was: {original}; now: "
            f"{attempted}; give the new one a reference of its own",
            original=original,
            attempted=attempted,
        )
    return replace(original, replayed=True)


def require_write(request: Request, *, write: bool) -> None:
    """Refuse to append in a work that was opened for reading: what it wrote might be dropped without a word.

    Raises:
        RuntimeError: for a request that writes where `write` is False.
    """
    if isinstance(request, WRITES) and not write:
        raise RuntimeError("this work was opened for reading; open it with work(write=True) to append")
