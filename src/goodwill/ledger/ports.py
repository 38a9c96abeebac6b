"""What a ledger needs from outside: a store that keeps entries, and a clock.

The ledger's operations do no I/O. Each is a generator that yields *requests* and is sent their answers
(`goodwill.ledger.operations`), so that one implementation serves the sync and the async ledger, and a store only
answers requests. All requests of one operation are answered within one `Store.work()`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Protocol

from goodwill.domain.account import Account
from goodwill.domain.audit import AuditRecord, Operation
from goodwill.domain.balance import Unvalued
from goodwill.domain.crossing import Crossing
from goodwill.domain.entry import Entry, Fact
from goodwill.domain.errors import GoodwillError
from goodwill.domain.history import FoldKey
from goodwill.domain.kind import Catalog
from goodwill.domain.merge import Merge
from goodwill.ledger.planning import Plan
from goodwill.policies.policy import Policy

if TYPE_CHECKING:
    from goodwill.ledger.kept import Held, KeptReading, Stop

if TYPE_CHECKING:
    from goodwill.domain.seal import Seal  # most programs never seal

__all__ = [
    "Accounts", "Append", "AppendMerge", "AppendSeal", "AsyncStore", "AsyncWork", "Clock", "Draft", "Explain",
    "Facts", "Find", "KeptRow", "LastPurge", "LastSeq", "Lock", "Mark", "Merges", "Purge", "Request", "RowPlace", "Seals", "Select", "Store",
    "SystemClock", "Total", "Totals", "Trail", "UnderSeal", "Unsealed", "Work",
    "AddPolicy", "DropPolicy", "Due", "Keep", "Kept", "KeptPolicies", "KeptPolicy", "Numbered", "Pending", "PendingRow", "Ranked", "SetPolicy", "Stops", "Taken", "Unbuilt", "Waiting",
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


class RowPlace(NamedTuple):
    """Where a row is in the order of the leaves under a seal.

    Attributes:
        source: whose row it is: "audit", "entries" or "merges", in this order.
        seq: the store's number of it.
    """

    source: str
    seq: int


class KeptRow(NamedTuple):
    """A row of the store, for those who check that it is what was written.

    Attributes:
        place: whose row it is, and its number.
        id: of an entry, its id.
        kept: the digest that was kept with the row when it was written, where one was.
        digest: the digest of the row as it is now; None if it is gone.
        leaf: the row as it is now among others under a seal; empty if it is gone.
        sealed_as: the leaf that it was when it was sealed; None if it is under no seal.
        recorded_us: when it says that it was recorded.
        backfilled: whether it says that an import recorded it, with an instant of the past.
        purged: whether it is gone on purpose, by a purge.
    """

    place: RowPlace
    id: str | None
    kept: bytes | None
    digest: bytes | None
    leaf: bytes
    sealed_as: bytes | None = None
    recorded_us: int | None = None
    backfilled: bool = False
    purged: bool = False


class Unsealed(NamedTuple):
    """Some of the rows that no seal of the ledger covers, in their order; answered by `list[KeptRow]`.

    With `strays`, also those under a seal that is not there (any more).
    """

    after: RowPlace | None = None
    limit: int = 1000
    strays: bool = False


class UnderSeal(NamedTuple):
    """Some of the rows that the seal with this `seq` covers, in their order; answered by `list[KeptRow]`."""

    seq: int
    after: RowPlace | None = None
    limit: int = 1000


class Seals(NamedTuple):
    """The seals of the ledger, in the order of their numbers, or with `latest` the last alone; answered by `list[Seal]`."""

    latest: bool = False


class AppendSeal(NamedTuple):
    """Append a seal, and say that it covers these rows; answered by the `Seal` with its `seq`.

    Raises RetryTransaction if another transaction wrote the seal of this number.
    """

    seal: Seal
    rows: Sequence[KeptRow]


class Totals(NamedTuple):
    """What every account adds up to, but restricted ones; answered by `list[Total]` in any order, or by None.

    None says that the store cannot, and costs no more than a look: the caller folds all entries. What it answers is
    what a fold would, within 1e-9 of the sum of absolute contributions. It may leave accounts to the fold
    (`Total.is_exact`), and with `overdrawn` leave out those whose own entries leave them above zero.

    Attributes:
        policy: with kinds by the names that the catalog has for them today.
        home: the ledger's home currency.
    """

    policy: Policy
    catalog: Catalog
    home: str
    as_of_us: int
    known_us: int | None = None
    overdrawn: bool = False


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


class Explain(NamedTuple):
    """Which engine answers `Totals` under a policy; answered by a `Plan`, or by None where the store always declines."""

    policy: Policy


# Kept readings (`goodwill.ledger.standings`), which a store answers that has `standings=True`


class KeptPolicy(NamedTuple):
    """A policy that readings are kept for.

    Attributes:
        id: the store's own number.
        digest, name, document: of the policy; the document is its JSON.
        read_with: a digest of what else its kept readings depend on.
        added_us: since when it is kept.
        ready_us: since when readers use it; None while it is built.
        built_id: how far a build has come, by the store's number of an account; None where none is under way.
    """

    id: int
    digest: str
    name: str
    document: str
    read_with: str
    added_us: int
    ready_us: int | None = None
    built_id: int | None = None


class KeptPolicies(NamedTuple):
    """The policies that readings are kept for; answered by `list[KeptPolicy]`, in the order in which they were added.

    With `hold`, no other job changes a kept reading of this ledger until the transaction ends. Writers of facts do not
    wait for that.
    """

    hold: bool = False


class AddPolicy(NamedTuple):
    """Keep readings for a policy from now on; answered by None. One that is kept already stays as it is."""

    policy: KeptPolicy


class SetPolicy(NamedTuple):
    """Say how far a kept policy is; answered by None."""

    policy: KeptPolicy


class DropPolicy(NamedTuple):
    """Keep no readings for a policy any longer; answered by None."""

    policy: KeptPolicy


class Kept(NamedTuple):
    """What is kept of customers under a policy, with what is pending for them; answered by `Mapping[str, Held]`.

    One reading is of one moment: nothing is in it and pending too, and nothing is in neither. The answer has no reading
    that was made with another `read_with`; nor, but with `building`, one of a policy that is not ready.

    Attributes:
        names: by the name that answers, all names of the customer.
    """

    digest: str
    read_with: str
    names: Mapping[str, Sequence[str]]
    building: bool = False


class PendingRow(NamedTuple):
    """Something that was written and is in no kept reading yet.

    Attributes:
        id: the store's own number.
        account: the name that it was written under.
        fact: the entry; None where something else changed what the account adds up to.
        is_plain: whether it can be added to a sum by itself.
    """

    id: int
    account: str
    fact: Fact | None
    is_plain: bool


class Pending(NamedTuple):
    """What is in no kept reading yet, the oldest first; answered by `list[PendingRow]`.

    Of these names alone, where any are given; else at most `limit` of all.
    """

    names: Sequence[str] | None = None
    limit: int = 1000


class Waiting(NamedTuple):
    """The names for which something is in no kept reading yet; answered by `list[str]`."""


class Numbered(NamedTuple):
    """A page of the names that have ever been written, by their accounts' numbers; answered by `list[(int, str)]`."""

    after: int
    limit: int


class Unbuilt(NamedTuple):
    """How many names a build has still to take in, from an account's number on; answered by `int`."""

    after: int


class Due(NamedTuple):
    """The customers whose kept reading has to be looked at again by an instant; answered by `list[str]`."""

    digest: str
    at_us: int
    limit: int | None = None


class Ranked(NamedTuple):
    """The customers who may be overdrawn by what is kept; answered by `list[str] | None`.

    With a limit, the lowest by their rank keys. Restricted ones are left out. None where the policy is not ready, or
    was read with something else.
    """

    digest: str
    read_with: str
    limit: int | None = None


class Stops(NamedTuple):
    """The last stop of each customer's fold before a place; answered by `Mapping[str, Stop]`, only of who has one.

    Attributes:
        policy: under which.
        before: by the name that answers, an instant; its own entries are not before it.
    """

    policy: KeptPolicy
    before: Mapping[str, int]


class Keep(NamedTuple):
    """Keep readings in the place of what was kept for these customers, and tell of crossings; answered by None.

    Attributes:
        policy: under which.
        readings: by the name that answers; None where there is nothing to keep.
        names: all names of each.
        gone: names that no longer answer for themselves.
        crossings: what to tell.
        changed: from which place on each customer's stops are void; None of all of them.
        stops: where folds stopped now.
    """

    policy: KeptPolicy
    readings: Mapping[str, KeptReading | None]
    names: Mapping[str, Sequence[str]]
    gone: Sequence[str] = ()
    crossings: Sequence[Crossing] = ()
    changed: Mapping[str, FoldKey | None] = MappingProxyType({})
    stops: Mapping[str, Sequence[Stop]] = MappingProxyType({})


class Taken(NamedTuple):
    """Forget these very pending rows, which are in the kept readings now; answered by None."""

    ids: Sequence[int]


Request = (
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
    | KeptPolicies
    | AddPolicy
    | SetPolicy
    | DropPolicy
    | Kept
    | Pending
    | Waiting
    | Numbered
    | Unbuilt
    | Due
    | Ranked
    | Stops
    | Keep
    | Taken
    | Unsealed
    | UnderSeal
    | Seals
    | AppendSeal
    | Totals
    | Explain
)
if TYPE_CHECKING:
    Answer = (
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
    # Only a type checker asks; the program would load what kept readings need.
    Answer = object

WRITES = (Append, Lock, AppendMerge, Mark, Purge, AppendSeal, AddPolicy, SetPolicy, DropPolicy, Keep, Taken)
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
