"""A store in plain Python: for the first minute, for tests, and as the measure of what every other store must do."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from itertools import chain, islice
from threading import RLock
from typing import Any

from goodwill.domain.account import Account
from goodwill.domain.entry import Entry, Fact, Reversal
from goodwill.domain.errors import GoodwillError
from goodwill.domain.instant import to_us
from goodwill.domain.merge import Merge
from goodwill.ledger.ports import (
    Accounts,
    Answer,
    Append,
    AppendMerge,
    Draft,
    Facts,
    Find,
    Lock,
    Merges,
    Request,
    Select,
)
from goodwill.stores.conflict import already_reversed, conflict, id_taken, require_write

__all__ = ["MemoryStore", "MemoryWork"]


class MemoryStore:
    """Keeps one ledger's entries in this process, and forgets them with it.

    One lock is held for the whole of a `work()`, so threads take turns; a work that ends with an error leaves
    nothing behind.

    Example:
        >>> from goodwill.ledger.ports import Accounts
        >>> with MemoryStore().work(write=False) as work:
        ...     work.answer(Accounts())
        []
    """

    def __init__(self, ledger: str = "default") -> None:
        self.ledger = ledger
        self._book = Book()
        self._lock = RLock()

    def __repr__(self) -> str:
        return f"MemoryStore({self.ledger!r})"

    @contextmanager
    def work(self, *, write: bool) -> Iterator[MemoryWork]:
        """Read, and with `write=True` append, alone; an error takes out again what this work appended."""
        with self._lock:
            work = MemoryWork(self._book, write=write)
            try:
                yield work
            except BaseException:
                work.undo(0)
                raise


class MemoryWork:
    """One stretch of reading and writing in a `MemoryStore`."""

    def __init__(self, book: Book, *, write: bool) -> None:
        self._book = book
        self._write = write
        self._appended: list[Entry | Merge] = []

    def answer(self, request: Request) -> Answer:
        """Carry out a request; each request's class says what its answer is and what may be raised."""
        require_write(request, write=self._write)
        answers: dict[type[Request], Callable[[Any], Answer]] = {
            Append: self._append,
            Find: self._book.find,
            Select: self._book.select,
            Facts: self._book.facts,
            Accounts: self._book.accounts,
            Merges: self._book.merges,
            Lock: lambda _request: None,  # whoever is at work here is alone
            AppendMerge: self._append_merge,
        }
        return answers[type(request)](request)

    def undo(self, mark: int) -> None:
        """Take out again what was appended since `mark` entries, latest first."""
        while len(self._appended) > mark:
            last = self._appended.pop()
            if isinstance(last, Merge):
                self._book.remove_last_merge()
            else:
                self._book.remove(last)

    def _append(self, request: Append) -> list[Entry | GoodwillError]:
        mark = len(self._appended)
        answers: list[Entry | GoodwillError] = []
        for draft in request.drafts:
            try:
                answers.append(self._admit(draft))
            except GoodwillError as error:
                if not request.tolerant:
                    self.undo(mark)
                    raise
                answers.append(error)
        return answers

    def _append_merge(self, request: AppendMerge) -> Merge:
        self._book.add_merge(request.merge)
        self._appended.append(request.merge)
        return request.merge

    def _admit(self, draft: Draft) -> Entry:
        original = self._book.original(draft)
        if original is not None:
            return original
        self._book.add(draft)
        self._appended.append(draft.entry)
        return draft.entry


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

    def original(self, draft: Draft) -> Entry | None:
        """The entry that the draft repeats, or None if the draft is new and may be added.

        Raises:
            ReferenceConflict: if its reference stands for something else.
            AlreadyReversed: if it reverses what was reversed before.
            InvalidEntry: if its id is taken.
        """
        entry = draft.entry
        kept = None if entry.reference is None else self._by_reference.get(entry.reference, {}).get(entry.revision)
        if kept is not None:
            original = replace(self._seen(kept.entry), replayed=True)
            if kept.digest != draft.digest:
                raise conflict(original, entry)
            return original
        if isinstance(entry, Reversal) and str(entry.reverses) in self._reversals:
            raise already_reversed(entry, self._reversals[str(entry.reverses)].id)
        taken = self._by_id.get(entry.id)
        if taken is not None and taken.digest != draft.digest:
            raise id_taken(entry)
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
        matching = (entry for us, _, entry in islice(entries, max(start, after), None) if wanted(entry, us, request))
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
        return [account_of(name, self._by_account[name]) for name in after[: request.limit]]

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

    def _seen(self, entry: Entry, known_us: int | None = None) -> Entry:
        """The entry as a reader may have it: with its reversal, and with mappings that are the reader's own."""
        reversal = self._reversals.get(entry.id)
        if reversal is not None and (known_us is None or to_us(reversal.recorded_at) <= known_us):
            entry = replace(entry, reversed_by=reversal.id)
        if entry.attributes or entry.dimensions:
            entry = replace(entry, dimensions=dict(entry.dimensions), attributes=deepcopy(entry.attributes))
        return entry


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


def account_of(name: str, entries: list[Placed]) -> Account:
    """What there is to say of an account before any policy reads it; a reversal has the instant of what it reverses."""
    return Account(name, entries[0][2].occurred_at, len(entries))
