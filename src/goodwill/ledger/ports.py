"""What a ledger needs from outside: a store that keeps entries, and a clock.

The ledger's operations do no I/O. Each is a generator that yields *requests* and is sent their answers
(`goodwill.ledger.operations`), so that one implementation serves the sync and the async ledger, and a store only
answers requests. All requests of one operation are answered within one `Store.work()`.

Here is what every program asks. What few do has rooms of its own: `survey_requests` (all accounts at once),
`decision_requests`, `seal_requests` and `kept_requests`.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from goodwill.domain.entry import Entry, Fact
from goodwill.domain.merge import Merge

if TYPE_CHECKING:
    from goodwill.domain.account import Account
    from goodwill.domain.audit import AuditRecord, Operation
    from goodwill.domain.balance import Unvalued
    from goodwill.domain.decision import Decision
    from goodwill.domain.errors import GoodwillError
    from goodwill.domain.seal import Seal
    from goodwill.ledger.decision_requests import DecisionRequest
    from goodwill.ledger.kept import Held, Stop
    from goodwill.ledger.kept_requests import KeptPolicy, KeptRequest, PendingRow
    from goodwill.ledger.planning import Plan
    from goodwill.ledger.seal_requests import KeptRow, SealRequest
    from goodwill.ledger.survey_requests import SurveyRequest

__all__ = [
    "Accounts", "Answer", "Append", "AppendMerge", "AsyncStore", "AsyncWork", "Clock", "Draft", "Facts", "Find",
    "LastPurge", "LastSeq", "Lock", "Mark", "Merges", "Purge", "Request", "Select", "Store", "SystemClock", "Total",
    "Trail", "WRITES", "Work", "Writing",
]  # fmt: skip


class Clock(Protocol):
    """Says what time it is. The core never asks the system; a ledger is given a clock."""

    def now(self) -> datetime:
        """The present, as an aware datetime."""
        ...


class SystemClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        """The present, as an aware datetime in UTC."""
        return datetime.now(UTC)


class Writing(ABC):  # noqa: B024 - a name to register under
    """What requests of other rooms are registered as that only a work opened for writing answers."""


class Draft(NamedTuple):
    """A checked entry, ready to be appended.

    Attributes:
        entry: complete but for `seq`.
        digest: SHA-256 of what the caller passed (32 bytes); two requests under one reference are the same if
            their digests are.
    """

    entry: Entry
    digest: bytes


class Append(NamedTuple):
    """Append drafts, in order; answered by `list[Entry | GoodwillError]`, one per draft.

    The answer holds for each draft the entry as recorded (with its `seq`), or, where its reference (and revision)
    was used before with the same digest, the original, `replayed=True` and `reversed_by` filled. The same reference
    twice within one request works likewise.

    Raises ReferenceConflict (same reference, other digest), AlreadyReversed (two reversals of one entry),
    AccountClosed (a new entry, no correction, of a closed account), AccountErased (the reference of one of an erased
    customer), Purged (the reference of one that was purged); with `tolerant`, such an error stands in the answer in the place of its entry, and the other drafts are appended.
    """

    drafts: Sequence[Draft]
    tolerant: bool = False


class Find(NamedTuple):
    """Entries by id, and every revision of the references; answered by `list[Entry]`, `reversed_by` filled.

    Unknown ids and references are simply not in the answer. With `latest`, references also find what others committed
    since this transaction began, as far as the database can show it.
    """

    ids: Sequence[str] = ()
    references: Sequence[str] = ()
    latest: bool = False


class Select(NamedTuple):
    """One page of entries in the order (occurred_us, seq); answered by `list[Entry]` of at most `limit`.

    Every type of entry is listed, reversals and reversed ones too; `reversed_by` is filled from reversals with
    recorded_us <= known_us. `after` is the (occurred_us, seq) of the last entry of the page before. Bounds:
    start_us <= occurred_us < end_us, recorded_us <= known_us; None is no bound. `accounts` are names as written;
    without any, restricted accounts are left out where `unrestricted` asks for it.
    """

    accounts: Sequence[str] | None = None
    kinds: Sequence[str] | None = None
    types: Sequence[str] | None = None
    actor: str | None = None
    start_us: int | None = None
    end_us: int | None = None
    known_us: int | None = None
    after: tuple[int, int] | None = None
    limit: int = 1000
    unrestricted: bool = False


class Facts(NamedTuple):
    """All facts of these accounts; answered by `Mapping[str, list[Fact]]`, only accounts that have any.

    Reversals are among them (`type == "reversal"`, `reverses` set). A store may leave out rows with
    recorded_us > known_us, and rows other than reversals with occurred_us > as_of_us; it need not. Those with
    occurred_us < since_us it leaves out. It never leaves out the openings of a purge, by which a reading of what is no
    longer there is refused.
    """

    accounts: Sequence[str]
    as_of_us: int | None = None
    known_us: int | None = None
    since_us: int | None = None


class Accounts(NamedTuple):
    """A page of the accounts that have entries, in the order of their ids' UTF-8 bytes; answered by `list[Account]`.

    `names` restricts the answer to those accounts; unknown ones are not in it.
    """

    names: Sequence[str] | None = None
    after: str | None = None
    limit: int = 1000


class Merges(NamedTuple):
    """Every merge that connects these names with others, directly or not, whenever recorded; answered by `list[Merge]`.

    With `names` None all merges of the ledger. With `latest`, also those that others committed since this transaction
    began, as far as the database can show them.
    """

    names: Sequence[str] | None = None
    latest: bool = False


class Lock(NamedTuple):
    """Hold these names until the transaction ends, so that two who change the same take turns; answered by None.

    Names that have no entries yet are held as well; `recorded_us` is when such a one became known.
    """

    names: Sequence[str]
    recorded_us: int


class LastSeq(NamedTuple):
    """The number of the last entry of these names; answered by `int`, 0 where there is none.

    Also of those that others committed since this transaction began, as far as the database can show them.
    """

    names: Sequence[str]


class LastPurge(NamedTuple):
    """The latest instant before which facts of any account gave way, and when that of any was last recorded.

    Answered by `tuple[int, int]`, in microseconds, or by None where nothing was ever purged.
    """


class AppendMerge(NamedTuple):
    """Append a merge that was checked while its names were held; answered by the `Merge` with its `seq`."""

    merge: Merge


class Mark(NamedTuple):
    """Close, reopen, restrict, lift or erase the accounts of names that are held, and keep a record of each.

    Answered by `list[AuditRecord]`: those of the names that were not so already, in order. To erase replaces the name
    by one that begins with `ERASED`, and deletes the notes and attributes of its entries.
    """

    names: Sequence[str]
    operation: Operation
    recorded_us: int
    actor: str | None = None
    reason: str | None = None


class Purge(NamedTuple):
    """Put openings in the place of entries of a name that is held, for good; answered by the `AuditRecord` of it.

    The entries, by `seq`, and their notes and attributes are deleted. Of each its number, reference, revision and
    digest are kept, so that an `Append` of its reference raises Purged (or ReferenceConflict, if it says something
    else) and never records it anew. The openings are appended as they are, whether the account takes entries or not.
    """

    account: str
    seqs: Sequence[int]
    openings: Sequence[Draft]
    before_us: int
    recorded_us: int
    actor: str | None = None
    reason: str | None = None


class Trail(NamedTuple):
    """The records of what was done to accounts as a whole, in order; answered by `list[AuditRecord]`.

    `names` restricts them to those names.
    """

    names: Sequence[str] | None = None


class Total(NamedTuple):
    """What one account's entries add up to; of `positive` and `negative` terms are no part.

    Attributes:
        account: the name that answers for all of the customer's.
        entries: how many deposits and withdrawals are in force.
        opened_us: when its first entry in force happened, of whatever sort.
        last_us: when its last silence began.
        unvalued: what counts 0, in fold order.
        is_exact: whether all of this is so; if not, the account must be folded.
    """

    account: str
    positive: float
    negative: float
    entries: int
    opened_us: int | None
    last_us: int | None
    unvalued: tuple[Unvalued, ...] = ()
    is_exact: bool = True


# What this file asks, and what other rooms do, is one type for those who check types; the program loads a room only where
# it is asked something.
if TYPE_CHECKING:
    Request: TypeAlias = (
        Append
        | Find
        | Select
        | Facts
        | Accounts
        | Merges
        | Lock
        | LastSeq
        | LastPurge
        | AppendMerge
        | Mark
        | Purge
        | Trail
        | DecisionRequest
        | KeptRequest
        | SealRequest
        | SurveyRequest
    )
    Answer: TypeAlias = (
        list[Entry | GoodwillError]
        | list[Entry]
        | Mapping[str, list[Fact]]
        | list[Account]
        | list[Merge]
        | Merge
        | int
        | tuple[int, int]
        | AuditRecord
        | list[AuditRecord]
        | Decision
        | list[Decision]
        | list[KeptPolicy]
        | Mapping[str, Held]
        | Mapping[str, Stop]
        | list[PendingRow]
        | list[tuple[int, str]]
        | list[str]
        | list[KeptRow]
        | list[Seal]
        | Seal
        | list[Total]
        | Plan
        | None
    )
else:
    Request = object
    Answer = object

WRITES = (Append, Lock, AppendMerge, Mark, Purge, Writing)
"""The requests that only a work opened for writing answers."""


class Work(Protocol):
    """One stretch of reading and writing in a store, within one transaction."""

    def answer(self, request: Request) -> Answer:
        """Carry out a request; each request's class says what its answer is and what may be raised."""
        ...


class Store(Protocol):
    """Where a ledger's entries are kept. One store object serves one ledger (tenant)."""

    def work(self, *, write: bool) -> AbstractContextManager[Work]:
        """Open a stretch of work.

        If it ends with an error, nothing that it appended may stay, except where the caller owns the transaction:
        then the caller rolls back.
        """
        ...


class AsyncWork(Protocol):
    """One stretch of reading and writing in an async store, within one transaction."""

    async def answer(self, request: Request) -> Answer:
        """Carry out a request, as `Work.answer` does."""
        ...


class AsyncStore(Protocol):
    """Where an async ledger's entries are kept; otherwise as `Store`."""

    def work(self, *, write: bool) -> AbstractAsyncContextManager[AsyncWork]:
        """Open a stretch of work, as `Store.work` does."""
        ...
