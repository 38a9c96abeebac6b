"""A store in plain Python: for the first minute, for tests, and as the measure of what every other store must do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from threading import RLock
from typing import Any

from goodwill.domain.audit import AuditRecord, Operation
from goodwill.domain.decision import Decision
from goodwill.domain.entry import Entry
from goodwill.domain.errors import GoodwillError
from goodwill.domain.merge import Merge
from goodwill.domain.seal import Seal
from goodwill.ledger.decision_requests import AppendDecision, SelectDecisions
from goodwill.ledger.ports import (
    Accounts,
    Answer,
    Append,
    AppendMerge,
    Draft,
    Facts,
    Find,
    LastPurge,
    LastSeq,
    Lock,
    Mark,
    Merges,
    Purge,
    Request,
    Select,
    Trail,
)
from goodwill.ledger.seal_requests import AppendSeal, KeptRow, Seals, UnderSeal, Unsealed
from goodwill.ledger.survey_requests import Explain, Totals
from goodwill.stores.book import Book
from goodwill.stores.conflict import require_write
from goodwill.stores.decision_book import DecisionBook
from goodwill.stores.seal_book import SealBook

__all__ = ["AsyncMemoryStore", "AsyncMemoryWork", "MemoryStore", "MemoryWork"]


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
        self._decisions = DecisionBook()
        self._seals = SealBook()
        self._lock = RLock()

    def __repr__(self) -> str:
        return f"MemoryStore({self.ledger!r})"

    @contextmanager
    def work(self, *, write: bool) -> Iterator[MemoryWork]:
        """Read, and with `write=True` append, alone; an error takes out again what this work appended."""
        with self._lock:
            work = MemoryWork(self._book, self._decisions, self._seals, write=write)
            try:
                yield work
            except BaseException:
                work.undo(0)
                raise


class MemoryWork:
    """One stretch of reading and writing in a `MemoryStore`."""

    def __init__(self, book: Book, decisions: DecisionBook, seals: SealBook, *, write: bool) -> None:
        self._book = book
        self._decisions = decisions
        self._seals = seals
        self._write = write
        self._undo: list[Callable[[], None]] = []

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
            LastSeq: self._book.last_seq,
            LastPurge: self._book.last_purge,
            AppendMerge: self._append_merge,
            Mark: self._mark,
            Purge: self._purge,
            Trail: self._book.trail,
            AppendDecision: self._append_decision,
            SelectDecisions: lambda request: self._decisions.select(request, self._book.restricted),
            Unsealed: lambda request: self._seals.unsealed(request, self._kept_rows()),
            UnderSeal: lambda request: self._seals.under_seal(request, [*self._kept_rows(), *self._book.gone_rows()]),
            Seals: self._seals.seals,
            AppendSeal: self._append_seal,
            Totals: lambda _request: None,  # a fold is what a database would be measured by
            Explain: lambda _request: None,
        }
        return answers[type(request)](request)

    def undo(self, mark: int) -> None:
        """Take back what was done after the first `mark` changes, latest first."""
        while len(self._undo) > mark:
            self._undo.pop()()

    def _append(self, request: Append) -> list[Entry | GoodwillError]:
        mark = len(self._undo)
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

    def _admit(self, draft: Draft) -> Entry:
        original = self._book.original(draft)
        if original is not None:
            return original
        self._book.add(draft)
        self._undo.append(partial(self._book.remove, draft.entry))
        return draft.entry

    def _append_merge(self, request: AppendMerge) -> Merge:
        self._book.add_merge(request.merge)
        self._undo.append(self._book.remove_last_merge)
        return request.merge

    def _append_decision(self, request: AppendDecision) -> Decision:
        decision = self._decisions.append(request)
        if not decision.replayed:
            self._undo.append(partial(self._decisions.remove, decision))
        return decision

    def _kept_rows(self) -> list[KeptRow]:
        return [*self._book.kept_rows(), *self._decisions.rows()]

    def _append_seal(self, request: AppendSeal) -> Seal:
        seal = self._seals.append(request)
        self._undo.append(self._seals.remove_last)
        return seal

    def _mark(self, request: Mark) -> list[AuditRecord]:
        self._undo.append(partial(self._book.restore, self._book.snapshot()))
        records = self._book.mark(request)
        if request.operation is Operation.ERASE:
            self._undo.append(partial(self._decisions.restore, self._decisions.snapshot()))
            for name, record in zip(request.names, records, strict=True):
                self._decisions.erase(name, record.account)
        return records

    def _purge(self, request: Purge) -> AuditRecord:
        self._undo.append(partial(self._book.restore, self._book.snapshot()))
        return self._book.purge(request)


class AsyncMemoryStore:
    """A `MemoryStore` for an `AsyncLedger`: tasks take turns, each for the whole of a `work()`."""

    def __init__(self, ledger: str = "default") -> None:
        self._store = MemoryStore(ledger)
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def work(self, *, write: bool) -> AsyncIterator[AsyncMemoryWork]:
        """Read, and with `write=True` append; an error takes out again what this work appended."""
        async with self._turn:
            with self._store.work(write=write) as work:
                yield AsyncMemoryWork(work)


class AsyncMemoryWork:
    """One stretch of reading and writing in an `AsyncMemoryStore`."""

    def __init__(self, work: MemoryWork) -> None:
        self._work = work

    async def answer(self, request: Request) -> Answer:
        """Carry out a request; each request's class says what its answer is and what may be raised."""
        return self._work.answer(request)
