"""One ledger's entries in plain Python, and the ways to find them: what the memory store keeps."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import datetime
from itertools import chain, islice
from typing import Any

from goodwill.domain.account import ERASED, Account
from goodwill.domain.audit import AuditRecord, Operation
from goodwill.domain.entry import Entry, Fact, Reversal
from goodwill.domain.instant import from_us, to_us
from goodwill.domain.merge import Merge
from goodwill.ledger.ports import Accounts, Draft, Facts, Find, LastPurge, LastSeq, Mark, Merges, Purge, Select, Trail
from goodwill.ledger.seal_requests import KeptRow, RowPlace
from goodwill.stores.conflict import already_reversed, closed, conflict, erased, id_taken, is_new_fact, purged
from goodwill.stores.seal_book import kept_row

__all__ = ["Book"]

Placed = tuple[int, int, Entry]
"""An entry with its place in the order of pages: occurred_us, seq."""


class Book:
    """One ledger's entries, and the ways to find them."""

    def __init__(self) -> None:
        self._last_seq = 0
        self._by_id: dict[str, Draft] = {}
        self._by_reference: dict[str, dict[int, Draft]] = {}
        self._by_account: dict[str, list[Placed]] = {}
        self._in_order: list[Placed] = []
        self._reversals: dict[str, Entry] = {}
        self._merges: list[Merge] = []
        self._closed: dict[str, int] = {}
        self._restricted: dict[str, int] = {}
        self._trail: list[AuditRecord] = []
        self._erased = 0
        self._purged: dict[tuple[str, int], bytes] = {}
        self._gone: list[int] = []

    def original(self, draft: Draft) -> Entry | None:
        """The entry that the draft repeats, or None if the draft is new and may be added.

        Raises:
            ReferenceConflict: if its reference stands for something else.
            AlreadyReversed: if it reverses what was reversed before.
            AccountErased: if its reference stands for an entry of an erased customer.
            AccountClosed: if it is new to a closed account.
            Purged: if its reference stands for an entry that was purged.
            InvalidEntry: if its id is taken.
        """
        entry = draft.entry
        kept = None if entry.reference is None else self._by_reference.get(entry.reference, {}).get(entry.revision)
        if kept is not None:
            original = replace(self._seen(kept.entry), replayed=True)
            if (gone := erased(original, entry)) is not None:
                raise gone
            if kept.digest != draft.digest:
                raise conflict(original, entry)
            return original
        if entry.reference is not None and (digest := self._purged.get((entry.reference, entry.revision))):
            raise purged(draft, digest)
        if isinstance(entry, Reversal) and str(entry.reverses) in self._reversals:
            raise already_reversed(entry, self._reversals[str(entry.reverses)].id)
        taken = self._by_id.get(entry.id)
        if taken is not None and taken.digest != draft.digest:
            raise id_taken(entry)
        if taken is None and entry.account in self._closed and is_new_fact(entry):
            raise closed(entry)
        return None if taken is None else replace(self._seen(taken.entry), replayed=True)

    def add(self, draft: Draft) -> None:
        """Keep a draft, and give its entry the next number."""
        entry = draft.entry
        self._last_seq += 1
        object.__setattr__(entry, "seq", self._last_seq)
        kept = replace(entry, dimensions=dict(entry.dimensions), attributes=deepcopy(dict(entry.attributes)))
        self._by_id[entry.id] = Draft(kept, draft.digest)
        if entry.reference is not None:
            self._by_reference.setdefault(entry.reference, {})[entry.revision] = self._by_id[entry.id]
        placed = (to_us(entry.occurred_at), entry.seq, kept)
        insort(self._in_order, placed)
        insort(self._by_account.setdefault(entry.account, []), placed)
        if isinstance(entry, Reversal):
            self._reversals[str(entry.reverses)] = kept

    def remove(self, entry: Entry) -> None:
        """Forget an entry that a failed work had added."""
        del self._by_id[entry.id]
        if entry.reference is not None:
            del self._by_reference[entry.reference][entry.revision]
        place = (to_us(entry.occurred_at), entry.seq)
        for entries in (self._in_order, self._by_account[entry.account]):
            del entries[bisect_left(entries, place)]
        if not self._by_account[entry.account]:
            del self._by_account[entry.account]
        if isinstance(entry, Reversal):
            del self._reversals[str(entry.reverses)]

    def find(self, request: Find) -> list[Entry]:
        """Entries by id and by reference, each once, in the order of their numbers."""
        named = [self._by_id[name] for name in request.ids if name in self._by_id]
        for reference in request.references:
            named.extend(self._by_reference.get(reference, {}).values())
        found = {draft.entry.seq: draft.entry for draft in named}
        return [self._seen(found[seq]) for seq in sorted(found)]

    def select(self, request: Select) -> list[Entry]:
        """One page of entries in the order (occurred_us, seq)."""
        entries = self._in_order if request.accounts is None else self._of(request.accounts)
        start = 0 if request.start_us is None else bisect_left(entries, (request.start_us, 0))
        after = 0 if request.after is None else bisect_left(entries, (request.after[0], request.after[1] + 1))
        matching = (
            entry
            for us, _, entry in islice(entries, max(start, after), None)
            if wanted(entry, us, request)
            and not (request.unrestricted and request.accounts is None and entry.account in self._restricted)
        )
        return [self._seen(entry, request.known_us) for entry in islice(matching, request.limit)]

    def _of(self, accounts: Sequence[str]) -> list[Placed]:
        lists = [self._by_account.get(name, []) for name in dict.fromkeys(accounts)]
        return lists[0] if len(lists) == 1 else sorted(chain.from_iterable(lists))

    def facts(self, request: Facts) -> Mapping[str, list[Fact]]:
        """All facts of the accounts, in the order of pages."""
        return {
            name: [Fact.of(entry) for _, _, entry in self._by_account[name]]
            for name in request.accounts
            if name in self._by_account
        }

    def accounts(self, request: Accounts) -> list[Account]:
        """One page of the accounts, in the order of code points, which is that of UTF-8 bytes."""
        names = self._by_account.keys() if request.names is None else self._by_account.keys() & set(request.names)
        after = sorted(name for name in names if request.after is None or name > request.after)
        return [self._account(name) for name in after[: request.limit]]

    def _account(self, name: str) -> Account:
        """What there is to say of an account before any policy reads it; a reversal opens nothing earlier."""
        entries, closed_us, restricted_us = self._by_account[name], self._closed.get(name), self._restricted.get(name)
        return Account(
            name,
            entries[0][2].occurred_at,
            len(entries),
            max(seq for _, seq, _ in entries),
            closed_at=None if closed_us is None else from_us(closed_us),
            restricted_at=None if restricted_us is None else from_us(restricted_us),
        )

    def last_seq(self, request: LastSeq) -> int:
        """The number of the last entry of these names; 0 where there is none."""
        return max((seq for name in request.names for _, seq, _ in self._by_account.get(name, ())), default=0)

    def add_merge(self, merge: Merge) -> None:
        """Keep a merge, and give it the next number."""
        self._last_seq += 1
        object.__setattr__(merge, "seq", self._last_seq)
        self._merges.append(merge)

    def remove_last_merge(self) -> None:
        """Forget the merge that a failed work had added."""
        self._merges.pop()

    def merges(self, request: Merges) -> list[Merge]:
        """The merges that connect names with others, in the order of their numbers; all with None."""
        if request.names is None:
            return list(self._merges)
        around, size = set(request.names), -1
        while len(around) > size:
            size = len(around)
            around |= {name for merge in self._merges if touches(merge, around) for name in (merge.account, merge.into)}
        return [merge for merge in self._merges if touches(merge, around)]

    def mark(self, request: Mark) -> list[AuditRecord]:
        """Do something to accounts as a whole, and keep a record of it for those that were not so already."""
        marked = {Operation.CLOSE: self._closed, Operation.REOPEN: self._closed}.get(
            request.operation, self._restricted
        )
        records = []
        for name in request.names:
            account = name
            if request.operation is Operation.ERASE:
                account = self._erase(name)
            elif request.operation in {Operation.CLOSE, Operation.RESTRICT}:
                if name in marked:
                    continue
                marked[name] = request.recorded_us
            elif marked.pop(name, None) is None:
                continue
            records.append(self._record(account, request))
        return records

    def _record(self, account: str, request: Mark, before: datetime | None = None) -> AuditRecord:
        self._last_seq += 1
        record = AuditRecord(
            account=account,
            operation=request.operation,
            recorded_at=from_us(request.recorded_us),
            actor=request.actor,
            reason=request.reason,
            before=before,
            seq=self._last_seq,
        )
        self._trail.append(record)
        return record

    def _erase(self, name: str) -> str:
        """Give the account a name that says nothing, and drop what is personal of its entries."""
        self._erased += 1
        nobody = f"{ERASED}{self._erased}"
        bare = [
            (us, seq, replace(entry, account=nobody, note=None, attributes={}))
            for us, seq, entry in self._by_account.pop(name, [])
        ]
        for placed in bare:
            self._put_in_place(placed)
        if bare:
            self._by_account[nobody] = bare
        self._merges = [renamed(merge, name, nobody) for merge in self._merges]
        self._trail = [replace(each, account=nobody) if each.account == name else each for each in self._trail]
        for marked in (self._closed, self._restricted):
            if name in marked:
                marked[nobody] = marked.pop(name)
        return nobody

    def _put_in_place(self, placed: Placed) -> None:
        """Have every way to an entry lead to this form of it."""
        us, seq, entry = placed
        draft = Draft(entry, self._by_id[entry.id].digest)
        self._by_id[entry.id] = draft
        if entry.reference is not None:
            self._by_reference[entry.reference][entry.revision] = draft
        self._in_order[bisect_left(self._in_order, (us, seq))] = placed
        if isinstance(entry, Reversal):
            self._reversals[str(entry.reverses)] = entry

    def purge(self, request: Purge) -> AuditRecord:
        """Put openings in the place of entries, and keep what makes their references known again."""
        gone = set(request.seqs)
        for entry in [entry for _, seq, entry in self._by_account.get(request.account, ()) if seq in gone]:
            if entry.reference is not None:
                self._purged[entry.reference, entry.revision] = self._by_id[entry.id].digest
            self.remove(entry)
            self._gone.append(entry.seq)
        for draft in request.openings:
            self.add(draft)
        mark = Mark([request.account], Operation.PURGE, request.recorded_us, request.actor, request.reason)
        return self._record(request.account, mark, from_us(request.before_us))

    def last_purge(self, _request: LastPurge) -> tuple[int, int] | None:
        """The latest instant before which facts gave way, and when that was last recorded."""
        found = [(to_us(each.before), to_us(each.recorded_at)) for each in self._trail if each.before is not None]
        return (max(before for before, _ in found), max(recorded for _, recorded in found)) if found else None

    @property
    def restricted(self) -> Collection[str]:
        """The names of restricted accounts."""
        return self._restricted.keys()

    def trail(self, request: Trail) -> list[AuditRecord]:
        """What was done to accounts as a whole, in order."""
        return [each for each in self._trail if request.names is None or each.account in request.names]

    def kept_rows(self) -> list[KeptRow]:
        """All that seals cover."""
        return [
            *(kept_row("audit", each) for each in self._trail),
            *(kept_row("entries", draft.entry) for draft in self._by_id.values()),
            *(kept_row("merges", each) for each in self._merges),
        ]

    def gone_rows(self) -> list[KeptRow]:
        """What seals may cover and a purge took."""
        return [KeptRow(RowPlace("entries", seq), None, None, None, b"", purged=True) for seq in self._gone]

    def snapshot(self) -> dict[str, Any]:
        """All that the book holds now; entries themselves never change."""
        return {name: copied(value) for name, value in vars(self).items()}

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Hold again what it held then."""
        vars(self).update(snapshot)

    def _seen(self, entry: Entry, known_us: int | None = None) -> Entry:
        """The entry as a reader may have it: with its reversal, and with mappings that are the reader's own."""
        reversal = self._reversals.get(entry.id)
        if reversal is not None and (known_us is None or to_us(reversal.recorded_at) <= known_us):
            entry = replace(entry, reversed_by=reversal.id)
        if entry.attributes or entry.dimensions:
            entry = replace(entry, dimensions=dict(entry.dimensions), attributes=deepcopy(entry.attributes))
        return entry


def copied(value: Any) -> Any:
    """A list or mapping of the book, and the lists and mappings in it, as they are now."""
    if isinstance(value, dict):
        return {key: copied(each) for key, each in value.items()}
    return list(value) if isinstance(value, list) else value


def renamed(merge: Merge, name: str, other: str) -> Merge:
    """A merge with one name for another."""
    account, into = (other if each == name else each for each in (merge.account, merge.into))
    return replace(merge, account=account, into=into)


def touches(merge: Merge, names: set[str]) -> bool:
    return merge.account in names or merge.into in names


def wanted(entry: Entry, occurred_us: int, request: Select) -> bool:
    """Whether an entry is on the page that the request asks for, its place in the order aside."""
    return (
        (request.end_us is None or occurred_us < request.end_us)
        and (request.known_us is None or to_us(entry.recorded_at) <= request.known_us)
        and (request.kinds is None or entry.kind in request.kinds)
        and (request.types is None or entry.type in request.types)
        and (request.actor is None or entry.actor == request.actor)
    )
