"""How the store writes: at most once per reference, whoever else writes at the same time.

First look, so that what contradicts the ledger is refused before anything is written; then insert what is new,
without an error where another transaction was faster; then look again for those. A lone draft is inserted at once: if
that does nothing, nothing was written, and there is time to look.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, NamedTuple

from goodwill.domain.entry import Entry, Reversal
from goodwill.domain.errors import GoodwillError, RetryTransaction
from goodwill.domain.instant import to_us
from goodwill.ledger.ports import Append, Draft
from goodwill.stores.conflict import already_reversed, closed, conflict, erased, id_taken, is_new_fact, purged
from goodwill.stores.sqlalchemy.beside import beside_entries
from goodwill.stores.sqlalchemy.rows import entry_of, row_of
from goodwill.stores.sqlalchemy.statements import Statements
from goodwill.stores.sqlalchemy.steps import Put, Rows, Steps, fetch
from goodwill.stores.sqlalchemy.tenant import Tenant

__all__ = ["append"]


class Settled(NamedTuple):
    """What a draft is: new, or a repetition of `source`, which `reversed_by` had taken out by then."""

    source: Draft
    is_new: bool
    reversed_by: str | None = None


Overtaken = dict[int, Draft | GoodwillError]
"""By the identity of a draft that another transaction overtook: the original that it repeats, or what is wrong."""


class Ground:
    """What the ledger holds under the drafts' references, and what took out the entries that they reverse."""

    def __init__(self) -> None:
        self._originals: dict[tuple[str, int], Draft] = {}
        self._purged: dict[tuple[str, int], bytes] = {}
        self._reversals: dict[str, str] = {}

    def look(self, drafts: Sequence[Draft], sql: Statements, tenant: Tenant, *, now: bool = False) -> Steps[None]:
        """Ask the database; with `now`, also for what others committed since this transaction began."""
        # Reversals first: one that is committed between the two questions is then found by its reference too.
        targets = [str(draft.entry.reverses) for draft in drafts if isinstance(draft.entry, Reversal)]
        reversals = sql.reversals_now if now else sql.reversals
        for target, reversal in (yield from fetch(reversals, "targets", targets, ledger=tenant.ledger)):
            self._reversals[target] = reversal
        references = [draft.entry.reference for draft in drafts if draft.entry.reference is not None]
        by_references = sql.by_references_now if now else sql.by_references
        for row in (yield from fetch(by_references, "references", references, ledger=tenant.ledger)):
            entry = entry_of(row)
            self._originals[str(entry.reference), entry.revision] = Draft(entry, bytes(row[-1]))

    def look_at_purged(
        self, drafts: Sequence[Draft], sql: Statements, tenant: Tenant, *, now: bool = False
    ) -> Steps[None]:
        """Ask which references stand for what was purged; after the entries, so that nothing is missed in between."""
        references = [draft.entry.reference for draft in drafts if draft.entry.reference is not None]
        gone = sql.purged_now if now else sql.purged
        for reference, revision, digest in (yield from fetch(gone, "references", references, ledger=tenant.ledger)):
            self._purged[reference, revision] = bytes(digest)

    def settle(self, draft: Draft) -> Settled | GoodwillError:
        """Say what the draft is, or what is wrong; a new one becomes part of the ground for those after it."""
        entry = draft.entry
        try:
            source = self.original(draft)
        except GoodwillError as error:
            return error
        if source is not None:
            return Settled(source, False, self._reversals.get(source.entry.id, source.entry.reversed_by))
        if entry.reference is not None:
            self._originals[entry.reference, entry.revision] = draft
        if isinstance(entry, Reversal):
            self._reversals[str(entry.reverses)] = entry.id
        return Settled(draft, True)

    def original(self, draft: Draft) -> Draft | None:
        """What the draft repeats, or None.

        Raises:
            ReferenceConflict: if its reference stands for something else.
            AlreadyReversed: if it reverses what was reversed before.
            AccountErased: if its reference stands for an entry of an erased customer.
            Purged: if its reference stands for an entry that was purged.
        """
        entry = draft.entry
        key = (str(entry.reference), entry.revision)
        if entry.reference is not None and key in self._purged and key not in self._originals:
            raise purged(draft, self._purged[key])
        source = None if entry.reference is None else self._originals.get((entry.reference, entry.revision))
        if source is not None and (gone := erased(source.entry, entry)) is not None:
            raise gone
        if source is not None and source.digest != draft.digest:
            raise conflict(source.entry, entry)
        if source is None and isinstance(entry, Reversal) and str(entry.reverses) in self._reversals:
            raise already_reversed(entry, self._reversals[str(entry.reverses)])
        return source


def append(request: Append, sql: Statements, tenant: Tenant) -> Steps[list[Entry | GoodwillError]]:
    """Append drafts in order, or find what they repeat; a tolerant request has errors in its answer instead.

    Raises:
        ReferenceConflict: if a reference stands for something else.
        AlreadyReversed: if an entry is reversed a second time.
        AccountClosed: if an entry is new to a closed account.
        AccountErased: if a reference stands for an entry of an erased customer.
        InvalidEntry: if an id is taken.
        RetryTransaction: if another transaction is in the way.
    """
    drafts = request.drafts
    if len(drafts) == 1 and (yield from insert_one(drafts[0], sql, tenant)):
        return [drafts[0].entry]
    # The statement that inserts a lone draft looks at what was purged by itself.
    alone = len(drafts) == 1 and sql.add_entry is not None
    settled = yield from settle(request, sql, tenant, purged=not alone)
    if alone and news(settled):
        if (yield from insert_first(drafts[0], sql, tenant)):
            return [drafts[0].entry]
        settled = yield from settle(request, sql, tenant, purged=True)
    fresh = news(settled)
    account_ids, shut = yield from open_accounts(fresh, sql, tenant)
    if shut:
        settled = [turned_away(each, shut) for each in settled]
        refuse(settled, request)
        fresh = news(settled)
    overtaken: Overtaken = {}
    # A reversal that another transaction overtook must stop the amendment that it is half of, before the other half.
    for _, run in groupby(fresh, key=lambda draft: isinstance(draft.entry, Reversal)):
        overtaken |= yield from insert(list(run), account_ids, sql, tenant)
        refuse(overtaken.values(), request)
    return [outcome(each, overtaken) for each in settled]


def settle(request: Append, sql: Statements, tenant: Tenant, *, purged: bool) -> Steps[list[Settled | GoodwillError]]:
    """What each draft is, as far as can be seen now; raises the first error, unless the request tolerates errors."""
    ground = Ground()
    yield from ground.look(request.drafts, sql, tenant)
    if purged:
        yield from ground.look_at_purged(request.drafts, sql, tenant)
    settled = [ground.settle(draft) for draft in request.drafts]
    refuse(settled, request)
    return settled


def news(settled: Iterable[Settled | GoodwillError]) -> list[Draft]:
    """The drafts that are new."""
    return [each.source for each in settled if isinstance(each, Settled) and each.is_new]


def refuse(answers: Iterable[object], request: Append) -> None:
    """Raise the first error among the answers, unless the request tolerates errors."""
    for answer in answers:
        if isinstance(answer, GoodwillError) and not request.tolerant:
            raise answer


def outcome(settled: Settled | GoodwillError, overtaken: Overtaken) -> Entry | GoodwillError:
    """The answer to one draft: the entry as recorded, or the original that it repeats, or what is wrong."""
    if isinstance(settled, GoodwillError):
        return settled
    faster = overtaken.get(id(settled.source))
    if isinstance(faster, GoodwillError):
        return faster
    if faster is not None:
        return replace(faster.entry, replayed=True)
    if settled.is_new:
        return settled.source.entry
    return replace(settled.source.entry, replayed=True, reversed_by=settled.reversed_by)


def turned_away(settled: Settled | GoodwillError, shut: Collection[str]) -> Settled | GoodwillError:
    """What a draft is where these accounts are closed: new facts, and what repeats them, are refused."""
    if isinstance(settled, GoodwillError):
        return settled
    entry = settled.source.entry
    return closed(entry) if entry.seq == 0 and entry.account in shut and is_new_fact(entry) else settled


def open_accounts(
    drafts: Iterable[Draft], sql: Statements, tenant: Tenant
) -> Steps[tuple[dict[str, int], frozenset[str]]]:
    """The numbers of the drafts' customers, and the closed ones among them; those new to the ledger get their number.

    In sorted order, so that no two writers wait for each other.
    """
    by_name = {draft.entry.account: draft.entry for draft in drafts}
    rows = yield from fetch(sql.account_ids, "names", list(by_name), ledger=tenant.ledger)
    new = sorted(by_name.keys() - {row[0] for row in rows})
    if new:
        yield Put(sql.add_accounts, [account_row(by_name[name], tenant.ledger) for name in new])
        rows += yield from fetch(sql.account_ids_now, "names", new, ledger=tenant.ledger)
    return {row[0]: row[1] for row in rows}, frozenset(row[0] for row in rows if row[2] is not None)


def account_row(entry: Entry, ledger: str) -> dict[str, Any]:
    """What `accounts` keeps of the customer that an entry is the first of."""
    return {"ledger": ledger, "name": entry.account, "created_us": to_us(entry.recorded_at)}


def insert_one(draft: Draft, sql: Statements, tenant: Tenant) -> Steps[bool]:
    """Insert a draft of a known customer in one statement; whether that was all there was to do."""
    if sql.add_entry is None:
        return False
    rows = yield Put(sql.add_entry, [row_of(draft, tenant.ledger)])
    missing = yield from number([draft], rows, sql, tenant)
    return not missing


def insert_first(draft: Draft, sql: Statements, tenant: Tenant) -> Steps[bool]:
    """Insert a draft of a customer who is probably new; whether that was all there was to do."""
    if sql.add_entry is None:
        return False
    yield Put(sql.add_accounts, [account_row(draft.entry, tenant.ledger)])
    return (yield from insert_one(draft, sql, tenant))


def insert(drafts: Sequence[Draft], account_ids: dict[str, int], sql: Statements, tenant: Tenant) -> Steps[Overtaken]:
    """Insert drafts; the answer is what stands in the place of those that were overtaken."""
    values = [row_of(draft, tenant.ledger) for draft in drafts]
    for row in values:
        row["account_id"] = account_ids[row["account"]]
    yield Put(sql.add_entries, values)
    rows = yield from fetch(sql.seqs, "ids", [draft.entry.id for draft in drafts], ledger=tenant.ledger)
    missing = yield from number(drafts, rows, sql, tenant)
    return (yield from overtaking(missing, sql, tenant)) if missing else {}


def number(drafts: Sequence[Draft], rows: Rows, sql: Statements, tenant: Tenant) -> Steps[list[Draft]]:
    """Give entries the numbers that the rows say, and put beside them what belongs there; the answer is who has none."""
    kept = {(row[0], bytes(row[2])): row for row in rows}
    missing: list[Draft] = []
    written: list[tuple[Entry, int]] = []
    for draft in drafts:
        row = kept.get((draft.entry.id, draft.digest))
        if row is None:
            missing.append(draft)
            continue
        # Nobody else has seen this entry yet; a copy of every one would cost a third of the time of a batch.
        object.__setattr__(draft.entry, "seq", row[1])
        written.append((draft.entry, row[3]))
    yield from beside_entries(written, sql, tenant)
    return missing


def overtaking(missing: Sequence[Draft], sql: Statements, tenant: Tenant) -> Steps[Overtaken]:
    """What stands in the place of drafts that could not be inserted.

    Raises:
        RetryTransaction: if that cannot be seen from this transaction.
    """
    ground = Ground()
    yield from ground.look(missing, sql, tenant, now=True)
    yield from ground.look_at_purged(missing, sql, tenant, now=True)
    taken = {
        row[0]
        for row in (yield from fetch(sql.seqs, "ids", [draft.entry.id for draft in missing], ledger=tenant.ledger))
    }
    overtaken: Overtaken = {}
    for draft in missing:
        try:
            original = ground.original(draft)
        except GoodwillError as error:
            overtaken[id(draft)] = error
            continue
        if original is None and draft.entry.id not in taken:
            raise RetryTransaction(
                f"another transaction is writing what {draft.entry.reference or draft.entry.id!r} stands for; "
                f"roll back and try the whole transaction again"
            )
        overtaken[id(draft)] = id_taken(draft.entry) if original is None else original
    return overtaken
