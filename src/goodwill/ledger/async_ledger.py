"""The book one writes in and reads from, awaited: written from `ledger.py` by tools/async_twin.py, not by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from importlib.metadata import entry_points
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast, overload
from uuid import UUID

from goodwill.domain.currencies import EXPONENTS
from goodwill.domain.entry import (
    ABSENT,
    Amendment,
    Deposit,
    Entry,
    Kept,
    Observation,
    Promise,
    Ref,
    Reversal,
    Withdrawal,
)
from goodwill.domain.errors import GoodwillError, InvalidLink, UnknownCurrency
from goodwill.domain.instant import to_us
from goodwill.domain.kind import Catalog
from goodwill.domain.merge import Merge, Unmerge
from goodwill.domain.money import Money
from goodwill.domain.promise import stamp
from goodwill.ledger import merging, operations
from goodwill.ledger.drafting import Door, account_id
from goodwill.ledger.merging import Customer
from goodwill.ledger.operations import Recordable, Recorded, Rejected
from goodwill.ledger.ports import AsyncStore, Clock, Request, SystemClock
from goodwill.policies.policy import Policy

if TYPE_CHECKING:
    from goodwill.domain.account import Account
    from goodwill.domain.audit import AuditRecord
    from goodwill.domain.balance import Balance, Contribution
    from goodwill.domain.decision import Decision
    from goodwill.domain.period import Period
    from goodwill.domain.seal import Seal, Verification
    from goodwill.domain.statement import Statement
    from goodwill.ledger.deciding import DecisionPage
    from goodwill.ledger.listing import Page
    from goodwill.ledger.planning import Plan
    from goodwill.ledger.purging import Replaced
    from goodwill.ledger.reading import Reader
    from goodwill.policies.readout import Readout
__all__ = ["AsyncLedger"]
T = TypeVar("T")
AccountId = str | int | UUID
Magnitude = Decimal | int | float | str


class AsyncLedger:
    """`Ledger` for asyncio: the same verbs and readings, awaited; `accounts` and `entries` are async iterators.

    Example:
        >>> import asyncio
        >>> from goodwill import AsyncLedger
        >>> async def main():
        ...     async with AsyncLedger.in_memory() as ledger:
        ...         await ledger.withdraw("ada", "late_delivery", magnitude=2)
        ...         return (await ledger.balance("ada")).is_overdrawn
        >>> asyncio.run(main())
        True
    """

    def __init__(
        self,
        store: AsyncStore,
        *,
        policy: Policy,
        catalog: Catalog,
        currencies: Sequence[str] = ("USD",),
        clock: Clock | None = None,
        tolerance: timedelta = timedelta(minutes=5),
        settle_after: timedelta = timedelta(hours=1),
    ) -> None:
        policy.check(catalog)
        if isinstance(currencies, str) or not currencies or any(code not in EXPONENTS for code in currencies):
            raise UnknownCurrency(f"currencies={currencies!r}: name at least one code of ISO 4217, such as ('USD',)")
        self.store = store
        self.policy = policy
        self.catalog = catalog
        self.currencies = tuple(currencies)
        self.clock = clock or SystemClock()
        self._door = Door(catalog, self.currencies, tolerance)
        self._settle_after = settle_after

    @classmethod
    def in_memory(cls, policy: Policy | None = None, catalog: Catalog | None = None, **options: Any) -> Self:
        """A ledger for the first minute and for tests; it is gone when the program ends.

        The real thing is your own session: `Ledger(SQLAlchemyStore(session), policy=..., catalog=...)`.
        """
        return cls._over(plug("goodwill.stores", "async_memory")(), policy, catalog, options)

    @classmethod
    def open(
        cls,
        url: str,
        policy: Policy | None = None,
        catalog: Catalog | None = None,
        *,
        ledger: str = "default",
        standings: bool | None = None,
        outbox: bool | None = False,
        **options: Any,
    ) -> Self:
        """A ledger in a database of its own, for the first minute and for scripts; each call is one transaction.

        The tables are made where there are none. The real thing is your own session:
        `Ledger(SQLAlchemyStore(session), policy=..., catalog=...)`.

        Args:
            url: a database URL of SQLAlchemy, for example "sqlite:///goodwill.db".
            policy: `presets.default()` where none is given.
            catalog: `presets.service_catalog()` where none is given.
            ledger: the name of the ledger; many share one database and never see one another.
            standings: whether each write leaves a row for the job that keeps readings (`goodwill standings run`); where
                nothing is said, it does if readings are kept there.
            outbox: whether each fact leaves an event for the relay that sends them (`goodwill outbox relay`); None: where
                events wait there, or a relay has been.
            options: as for `Ledger(...)`.
        """
        store = plug("goodwill.stores", "async_sqlalchemy")(url, ledger=ledger, standings=standings, outbox=outbox)
        return cls._over(store, policy, catalog, options)

    @classmethod
    def _over(cls, store: AsyncStore, policy: Policy | None, catalog: Catalog | None, options: dict[str, Any]) -> Self:
        from goodwill import presets

        catalog = presets.service_catalog() if catalog is None else catalog
        return cls(store, policy=presets.default() if policy is None else policy, catalog=catalog, **options)

    async def close(self) -> None:
        """Let go of what `open` opened; a host's own session is never closed."""
        close = getattr(self.store, "close", None)
        if close is not None:
            await close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def deposit(
        self,
        account: AccountId,
        kind: str,
        magnitude: Magnitude | None = None,
        *,
        cost: Money | None = None,
        currency: str | None = None,
        occurred_at: datetime | None = None,
        reference: str | None = None,
        in_response_to: Entry | Ref | str | None = None,
        sincerity: float | None = None,
        severity: float | None = None,
        dimensions: Mapping[str, float | str] | None = None,
        channel: str | None = None,
        actor: str | None = None,
        note: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        expected_seq: int | None = None,
    ) -> Deposit:
        """Record something the firm did that built goodwill up; see `Entry` for what each argument means.

        With a `reference`, a retry records nothing twice: it returns the original, `replayed=True`. With
        `expected_seq`, the account's `last_seq` as it was read (0: no entries), it is recorded only if that still is
        so; the account is then held until the transaction ends, from others who say what they expect.

        Raises:
            InvalidEntry: or one of its kind, if a fact cannot be kept; nothing is written.
            ReferenceConflict: if the reference stands for something else.
            SeqConflict: if somebody wrote since; nothing is written.
        """
        return cast(Deposit, await self._write(Deposit, locals()))

    async def withdraw(
        self,
        account: AccountId,
        kind: str,
        magnitude: Magnitude | None = None,
        *,
        cost: Money | None = None,
        currency: str | None = None,
        occurred_at: datetime | None = None,
        reference: str | None = None,
        severity: float | None = None,
        dimensions: Mapping[str, float | str] | None = None,
        channel: str | None = None,
        actor: str | None = None,
        note: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        expected_seq: int | None = None,
    ) -> Withdrawal:
        """Record something the firm did, or left undone, that drew goodwill down; raises as `deposit` does."""
        return cast(Withdrawal, await self._write(Withdrawal, locals()))

    async def observe(
        self,
        account: AccountId,
        kind: str,
        magnitude: Magnitude | None = None,
        *,
        cost: Money | None = None,
        currency: str | None = None,
        occurred_at: datetime | None = None,
        reference: str | None = None,
        dimensions: Mapping[str, float | str] | None = None,
        channel: str | None = None,
        actor: str | None = None,
        note: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        expected_seq: int | None = None,
    ) -> Observation:
        """Record something that is never valued: a purchase, a contact, a review; raises as `deposit` does."""
        return cast(Observation, await self._write(Observation, locals()))

    async def promise(
        self,
        account: AccountId,
        kind: str,
        magnitude: Magnitude | None = None,
        *,
        due: datetime,
        recurs: str | None = None,
        tz: str | None = None,
        currency: str | None = None,
        occurred_at: datetime | None = None,
        reference: str | None = None,
        severity: float | None = None,
        dimensions: Mapping[str, float | str] | None = None,
        channel: str | None = None,
        actor: str | None = None,
        note: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        expected_seq: int | None = None,
    ) -> Promise:
        """Record what the firm said it would do; unkept at `due`, it is read as a withdrawal from then on.

        `due` is by when, of a recurring promise the first time; `recurs` an RRULE of RFC 5545, such as
        "FREQ=MONTHLY;COUNT=12", on the calendar of the IANA zone `tz`. See `Promise` and `Entry` for the rest.

        Raises:
            InvalidEntry: or one of its kind, as `deposit` does; also for a due date before the promise was made.
        """
        return cast(Promise, await self._write(Promise, locals()))

    async def keep(
        self,
        promise: Entry | Ref | str,
        magnitude: Magnitude | None = None,
        *,
        due: datetime | None = None,
        cost: Money | None = None,
        currency: str | None = None,
        occurred_at: datetime | None = None,
        reference: str | None = None,
        sincerity: float | None = None,
        severity: float | None = None,
        dimensions: Mapping[str, float | str] | None = None,
        channel: str | None = None,
        actor: str | None = None,
        note: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        expected_seq: int | None = None,
    ) -> Kept:
        """Record that a promise was kept, or a part of it.

        `promise` is the entry, its id, or a `Ref` to its reference; `magnitude` how much of it was kept, all where
        nothing is said; `due`, of a recurring promise, which due date was kept. See `Entry` for the rest.

        Raises:
            UnknownEntry: if there is no such promise.
            AccountErased: if the customer was erased since.
            InvalidLink: if the entry is no promise, or recurs and no `due` is named.
        """
        given = dict(locals())
        made = promise if isinstance(promise, Promise) else await self.entry(given["promise"])
        if not isinstance(made, Promise):
            raise InvalidLink(f"{made.id} is a {made.type}; only a promise is kept")
        operations.require_living(made)
        if made.recurs is not None and due is None:
            raise InvalidLink(f"{made.reference or made.id} comes due again and again; say which with due=")
        answered = made.id if due is None else Ref(f"{made.reference or made.id}@{stamp(to_us(due, 'due'))}")
        linked = {"account": made.account, "kind": made.kind, "in_response_to": answered}
        passed = {name: value for name, value in given.items() if name not in ("promise", "due")}
        return cast(Kept, await self._write(Kept, {**passed, **linked}))

    async def _write(self, form: type[Entry], given: dict[str, Any]) -> Entry:
        now = self.clock.now()
        passed = {name: value for name, value in given.items() if name != "self" and value is not None}
        expected = passed.pop("expected_seq", None)
        fact = form(**{"account": None, "occurred_at": now, "magnitude": ABSENT, **passed})
        operation = operations.record(self._door, [fact], lambda: now, occurred_at_given="occurred_at" in passed)
        if expected is not None:
            operation = self._expecting(expected, [fact], now, operation)
        (entry,) = await self._run(operation, write=True)
        return cast(Entry, entry)

    @overload
    async def record(self, fact: Entry | Amendment, *, expected_seq: int | None = None) -> Entry: ...

    @overload
    async def record(self, fact: Merge | Unmerge, *, expected_seq: int | None = None) -> Merge | Unmerge: ...

    async def record(self, fact: Recordable, *, expected_seq: int | None = None) -> Recorded:
        """Record a fact that an import made: an entry of any type, an Amendment, a Merge or an Unmerge.

        Unlike the verbs it keeps a `recorded_at` of the past, marked `backfilled`, so that an import keeps its
        history. Raises as the verbs do.
        """
        (recorded,) = await self.record_many([fact], expected_seq=expected_seq)
        return recorded

    @overload
    async def record_many(
        self,
        facts: Iterable[Entry | Amendment],
        *,
        rejects: list[Rejected] | None = None,
        expected_seq: int | None = None,
    ) -> list[Entry]: ...

    @overload
    async def record_many(
        self, facts: Iterable[Recordable], *, rejects: list[Rejected] | None = None, expected_seq: int | None = None
    ) -> list[Recorded]: ...

    async def record_many(
        self, facts: Iterable[Any], *, rejects: list[Rejected] | None = None, expected_seq: int | None = None
    ) -> list[Any]:
        """Record facts in their order, in one transaction.

        By default one bad fact refuses them all, is named in the error's notes, and nothing is written. In a host's
        own transaction the host rolls back: what stands before a correction that is refused was written by then.

        Args:
            facts: as for `record`; an amendment or reversal may name a fact before it by `Ref`.
            rejects: a list that takes each bad fact with its error; the good ones are recorded.
            expected_seq: the last_seq of the one account that all facts are of, as the caller read it; a reference
                that was recorded before is replayed all the same.

        Returns:
            What was recorded, in order; entries of repeated references, and merges made before, with `replayed=True`.
        """
        if expected_seq is None:
            return await self._run(operations.record(self._door, facts, self.clock.now, rejects), write=True)
        facts = list(facts)
        operation = operations.record(self._door, facts, self.clock.now, rejects)
        return await self._run(self._expecting(expected_seq, facts, self.clock.now(), operation), write=True)

    def _expecting(
        self, expected: int, facts: Sequence[Recordable], now: datetime, operation: Generator[Request, Any, T]
    ) -> Generator[Request, Any, T]:
        from goodwill.ledger.expecting import expecting

        return expecting(expected, facts, now, operation)

    def check(self, fact: Entry) -> None:
        """Raise what `record` would raise from the fact alone; the store is not asked and nothing is written."""
        self._door.draft(fact, self.clock.now())

    async def reverse(
        self,
        entry: Entry | Ref | str,
        *,
        reason: str | None = None,
        reference: str | None = None,
        actor: str | None = None,
        expected_seq: int | None = None,
    ) -> Reversal:
        """Take an entry out of every reading from now on; earlier readings, by `known_at`, keep it.

        Raises:
            UnknownEntry: if there is none.
            AlreadyReversed: an entry is reversed at most once.
            NotReversible: a reversal is not reversed; record the fact again.
        """
        named = entry.id if isinstance(entry, Entry) else entry
        fact = Reversal(reverses=named, note=reason, reference=reference, actor=actor)
        return cast(Reversal, await self.record(fact, expected_seq=expected_seq))

    async def amend(
        self, entry: Entry | Ref | str, *, reason: str | None = None, expected_seq: int | None = None, **changes: Any
    ) -> Entry:
        """Take an entry out and write it again with changes, in one go: the same reference, one revision later.

        What is not named is kept, and links to the entry follow it. A change of nothing writes nothing.

        Raises:
            UnknownEntry, AlreadyReversed, NotReversible: as `reverse` does.
            InvalidEntry: for a change that cannot be made, or a fact that cannot be kept.
        """
        named = entry.id if isinstance(entry, Entry) else entry
        return await self.record(Amendment(amends=named, changes=changes, reason=reason), expected_seq=expected_seq)

    async def merge(self, account: AccountId, *, into: AccountId, actor: str | None = None) -> Merge:
        """Say that two names are one customer: from now on `into` answers for both. Entries keep their names.

        Readings `known_at` an earlier instant keep them apart. A merge made before is replayed.

        Raises:
            InvalidMerge: if `account` was merged into another name, or `into` resolves to it.
            RetryTransaction: if another transaction merges the same names.
        """
        return cast(Merge, await self.record(Merge(account=cast(str, account), into=cast(str, into), actor=actor)))

    async def unmerge(self, account: AccountId, *, actor: str | None = None) -> Unmerge:
        """Take a merge back: the name stands for itself again, with the names that were merged into it.

        Raises:
            InvalidMerge: if it is merged into no other name.
        """
        return cast(Unmerge, await self.record(Unmerge(account=cast(str, account), actor=actor)))

    async def record_decision(self, decision: Decision, *, reference: str | None = None) -> Decision:
        """Record what an authority answered, whatever becomes of it; what is given is an entry of its own.

        With a `reference`, a retry records nothing twice: the same request with the same answer, of the same authority
        under the same policy, returns the original, `replayed=True`. Instants, balance, reasons and notes may differ:
        a retry sees them a moment later.

        Args:
            decision: as `goodwill.appraisal.Authority.decide` makes it.
            reference: the caller's own id of it, unique among decisions; the decision's own where none is given.

        Returns:
            The decision as recorded, with its `id`, `recorded_at` and `seq`.

        Raises:
            InvalidEntry: or one of its kind, if it cannot be kept; nothing is written.
            ReferenceConflict: if the reference stands for another decision.
            AccountErased: if it stands for one of a customer who was erased since.
        """
        from goodwill.ledger import deciding

        told = decision if reference is None else replace(decision, reference=reference)
        return await self._run(deciding.record(self._door, told, self.clock.now()), write=True)

    async def decision_page(
        self,
        *,
        account: AccountId | None = None,
        actor: str | None = None,
        role: str | None = None,
        answer: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> DecisionPage:
        """One page of recorded decisions, by decided_at. Without `account`, those of restricted accounts are left out.

        Args:
            account: only that one's, under all of its names.
            actor: only what that actor asked.
            role: only what was asked as that role.
            answer: only those with that answer: "allow", "needs_approval" or "deny".
            start: only what was decided then or later.
            end: only what was decided before.
            after: the `next` of the page before.
            limit: how many decisions a page holds.
        """
        from goodwill.ledger import deciding

        asked = deciding.query(
            account=None if account is None else account_id(account),
            actor=actor,
            role=role,
            answer=answer,
            start=start,
            end=end,
            cursor=after,
            limit=limit,
        )
        return await self._run(deciding.select_page(asked))

    async def decisions(
        self,
        *,
        account: AccountId | None = None,
        actor: str | None = None,
        role: str | None = None,
        answer: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> AsyncIterator[Decision]:
        """All decisions that `decision_page` would list, page by page as they are asked for."""
        after: str | None = None
        while True:
            page = await self.decision_page(
                account=account, actor=actor, role=role, answer=answer, start=start, end=end, after=after, limit=1000
            )
            for each in page.decisions:
                yield each
            after = page.next
            if after is None:
                return

    async def close_account(
        self, account: AccountId, *, reason: str | None = None, actor: str | None = None
    ) -> list[AuditRecord]:
        """Take no new entries for an account, under any of its names; corrections still pass, and all is read as before.

        The answer, as of the four verbs after this one, is what was recorded: one record a name, none where it was so.

        Raises:
            UnknownAccount: if no entry was ever written for it.
        """
        return await self._mark(account, "close", reason, actor)

    async def reopen_account(
        self, account: AccountId, *, reason: str | None = None, actor: str | None = None
    ) -> list[AuditRecord]:
        """Take new entries again for an account that was closed."""
        return await self._mark(account, "reopen", reason, actor)

    async def restrict_account(
        self, account: AccountId, *, reason: str | None = None, actor: str | None = None
    ) -> list[AuditRecord]:
        """Leave an account out of readings across accounts and of what is sent elsewhere; by its name it is read."""
        return await self._mark(account, "restrict", reason, actor)

    async def lift_restriction(
        self, account: AccountId, *, reason: str | None = None, actor: str | None = None
    ) -> list[AuditRecord]:
        """Take a restricted account in again."""
        return await self._mark(account, "lift", reason, actor)

    async def erase_account(
        self, account: AccountId, *, reason: str | None = None, actor: str | None = None
    ) -> list[AuditRecord]:
        """Delete for good what is personal of a customer: the id, under all its names, notes and attributes.

        Kinds, magnitudes, costs and instants stay, so no sum and no other balance changes; they are read under a name
        that says nothing, such as "erased:17". Decisions stay likewise, without notes and reasons. A retried reference of an erased entry raises AccountErased; the same
        id later opens a new account. Put nothing personal into references, kinds, actors or channels.
        """
        return await self._mark(account, "erase", reason, actor)

    async def purge(
        self,
        *,
        before: datetime,
        policies: Sequence[Policy] | None = None,
        account: AccountId | None = None,
        reason: str | None = None,
        actor: str | None = None,
    ) -> list[Replaced]:
        """Delete for good what happened before an instant; openings for these policies stand in its place.

        No reading at the instant or later changes under a policy that is named; others read the first one's opening
        and list it as foreign. What an opening cannot stand for is kept: promises not yet due, what hangs together
        with something later, what does not fade exponentially and is not gone, each name's first fact and last
        contact. An earlier reading raises Purged, and so does a retried reference. Each customer is a transaction of
        its own where the ledger owns the database; a purge that was interrupted is run again.

        Args:
            before: what happened earlier gives way.
            policies: of class per_entry or linked; the ledger's own where none is named.
            account: only that customer, under all names.
            reason: kept in the audit trail; nothing personal.
            actor: who does it, a surrogate.

        Returns:
            What was done, by customer.

        Raises:
            PolicyError: for a policy that goes on from more than points: folded, or with hysteresis.
            InvalidEntry: for an instant of the future.
            UnknownAccount: if no entry was ever written for the account.
        """
        from goodwill.ledger import purging

        now = self.clock.now()
        last = before - timedelta(microseconds=1)
        readers = [self._reader(policy, last, None) for policy in (policies if policies is not None else [self.policy])]
        wanted = purging.order(before, now, readers, actor, reason)
        names = await self._run(purging.customers_of(account))
        return [await self._run(purging.purge(name, wanted, now), write=True) for name in names]

    async def _mark(
        self, account: AccountId, operation: str, reason: str | None, actor: str | None
    ) -> list[AuditRecord]:
        from goodwill.ledger import keeping

        return await self._run(keeping.mark(account, operation, self.clock.now(), actor, reason), write=True)

    async def audit(self, account: AccountId | None = None) -> list[AuditRecord]:
        """What was done to an account as a whole, or to all of them, in order."""
        from goodwill.ledger import keeping

        return await self._run(keeping.audit_trail(account))

    async def export_account(self, account: AccountId) -> dict[str, Any]:
        """All that is kept of one customer, as JSON: names, merges, entries with notes, decisions, and the audit trail.

        Raises:
            UnknownAccount: if no entry or decision was ever written for it.
        """
        from goodwill.ledger import exporting

        return await self._run(exporting.export(account))

    async def seal(self) -> list[Seal]:
        """Seal all that is committed and under no seal: the seals written, none if there is nothing to seal.

        A job for the night. Each seal covers up to 10,000 rows and the seal before it, and is a transaction of its own
        where the store has its own. Keep the last one's `seal` somewhere else: with it `verify` finds what somebody
        with the rights of the database's owner changed, be it every row and every seal.

        Raises:
            RetryTransaction: if somebody else is sealing at the same time; what was sealed before that stays.
        """
        from goodwill.ledger import sealing

        began = self.clock.now()
        made: list[Seal] = []
        written = await self._run(sealing.seal(began), write=True)
        while written is not None:
            made.append(written.seal)
            if written.seal.is_complete:
                break
            written = await self._run(sealing.seal(began, written.last), write=True)
        return made

    async def seals(self) -> list[Seal]:
        """The seals that were written, in their order."""
        from goodwill.ledger import sealing

        return await self._run(sealing.all_seals())

    async def verify(
        self,
        *,
        known: Iterable[str] = (),
        also: Iterable[Iterable[object]] = (),
        progress: Callable[[int, int], None] | None = None,
    ) -> Verification:
        """Check that every row and every seal is what was written; the first that is not is named.

        Args:
            known: seals that you kept elsewhere, each the `seal` of one; all must still be there.
            also: further checks, each the differences that it finds, such as kept readings that no replay gives.
            progress: called with how many rows were checked, and how many there are at least.
        """
        from goodwill.ledger import sealing

        return await self._run(sealing.verify(self._settle_after, known, also, progress))

    async def balance(
        self,
        account: AccountId,
        *,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
        policy: Policy | None = None,
    ) -> Balance:
        """What the account adds up to; 0 with `is_known=False` where nothing was ever written for it."""
        name, reader = (account_id(account), self._reader(policy, as_of, known_at))
        (balance,) = await self._run(self._balances([name], reader))
        return balance

    async def balances(
        self,
        accounts: Iterable[AccountId] | None = None,
        *,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
        policy: Policy | None = None,
    ) -> list[Balance]:
        """The balances of these accounts, in order; of all that have entries by then where none are named."""
        from goodwill.ledger import surveying

        reader = self._reader(policy, as_of, known_at)
        if accounts is None:
            return await self._run(surveying.all_balances(reader))
        names = [account_id(account) for account in accounts]
        return await self._run(self._balances(names, reader))

    async def overdrawn(
        self,
        *,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
        policy: Policy | None = None,
        limit: int | None = None,
    ) -> list[Balance]:
        """The accounts below zero, the lowest first; of more than `limit`, the lowest.

        With kept readings for the policy (`goodwill standings add`) and no instant named, it reads no entries of
        accounts that are up to date.
        """
        reader = self._reader(policy, as_of, known_at)
        if not self._keeps or as_of is not None:
            from goodwill.ledger import surveying

            return await self._run(surveying.overdrawn(reader, limit))
        from goodwill.ledger.standings import overdrawn_of

        return await self._run(overdrawn_of(reader, limit, standings=True))

    def _balances(self, names: Sequence[str], reader: Reader) -> Generator[Request, Any, list[Balance]]:
        if not self._keeps:
            from goodwill.ledger.surveying import balances_of

            return balances_of(names, reader)
        from goodwill.ledger.standings import balances_in_order

        return balances_in_order(names, reader, standings=True)

    @property
    def _keeps(self) -> bool:
        """Whether the store has kept readings."""
        return bool(getattr(self.store, "standings", False))

    async def plan(self, policy: Policy | None = None) -> Plan:
        """Which engine computes the balances of all accounts, and why: the database, or Python from all entries."""
        from goodwill.ledger import surveying

        return await self._run(surveying.explained(self._reader(policy, None, None)))

    async def contributions(
        self,
        account: AccountId,
        *,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
        policy: Policy | None = None,
    ) -> list[Contribution]:
        """What each entry adds to the balance, with its trace; they sum to it."""
        reader = self._reader(policy, as_of, known_at)
        return reader.contributions((await self._customer(account, reader)).facts)

    async def readout(
        self,
        account: AccountId,
        readout: Readout,
        *,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
        policy: Policy | None = None,
    ) -> float | None:
        """Another number than the sum, such as `goodwill.readouts.Momentum(days=90)`; None where there is none yet."""
        reader = self._reader(policy, as_of, known_at)
        return reader.readout((await self._customer(account, reader)).facts, readout)

    async def statement(
        self,
        account: AccountId,
        period: Period | str,
        *,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
        restating: datetime | None = None,
        policy: Policy | None = None,
        tz: str = "UTC",
    ) -> Statement:
        """How the balance moved over a period.

        Args:
            account: the customer's id.
            period: a `Period`, or text such as "2026-03" or "last 90 days", resolved against `as_of` in `tz`.
            as_of: what a relative period ends at.
            known_at: read as it was known then.
            restating: an earlier known_at; what became known of earlier periods since is shown as `restated`.
            policy: read under another.
            tz: the zone of a period that is given as text.
        """
        span = self._period(period, as_of, tz)
        reader = self._reader(policy, span.end, known_at)
        statement = reader.statement(await self._customer(account, reader), span)
        if restating is None:
            return statement
        earlier = self._reader(policy, span.start, restating)
        opening = earlier.opening((await self._customer(account, earlier)).facts)
        return replace(statement, opening=opening, restated=statement.opening - opening)

    def _period(self, period: Period | str, as_of: datetime | None = None, tz: str = "UTC") -> Period:
        if not isinstance(period, str):
            return period
        from goodwill.domain.period import Period as Span

        return Span.parse(period, as_of=as_of or self.clock.now(), tz=tz)

    async def what_if(
        self,
        account: AccountId,
        *facts: Entry,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
        policy: Policy | None = None,
    ) -> Balance:
        """The balance if these deposits, withdrawals and reversals stood in the book too; nothing is written."""
        from goodwill.ledger.imagining import imagined

        reader = self._reader(policy, as_of, known_at)
        name, now = (account_id(account), self.clock.now())
        customer = await self._customer(name, reader)
        return reader.balance(imagined(self._door, customer, facts, reader, account=name, now=now))

    async def account(self, account: AccountId) -> Account:
        """What is known of the account that a name resolves to; raises UnknownAccount if it has no entries."""
        return await self._run(operations.one_account(account))

    async def accounts(self) -> AsyncIterator[Account]:
        """Every account with entries, in the order of their ids' bytes, but restricted ones; merged names are one."""
        for each in await self._run(operations.all_accounts()):
            yield each

    async def entry(self, named: Ref | str) -> Entry:
        """The entry of an id, or the latest revision of a reference; raises UnknownEntry."""
        return await self._run(operations.locate(named))

    async def page(
        self,
        *,
        account: AccountId | None = None,
        kind: str | None = None,
        actor: str | None = None,
        period: Period | str | None = None,
        known_at: datetime | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> Page:
        """One page of entries, by occurred_at; every sort, reversals and reversed ones too.

        Without `account`, those of restricted accounts are left out, and what was purged is simply not there. With it,
        a bound that reaches back to what was purged raises Purged.

        Args:
            account: only that one's, under all of its names.
            kind: only of that kind, under all its names.
            actor: only what that actor did.
            period: only what happened in it.
            known_at: only what was recorded by then.
            after: the `next` of the page before.
            limit: how many entries a page holds.
        """
        from goodwill.ledger import listing

        span = None if period is None else self._period(period)
        asked = listing.query(
            account=None if account is None else account_id(account),
            kinds=None if kind is None else listing.spellings(self.catalog, kind),
            actor=actor,
            period=span,
            known_at=known_at,
            cursor=after,
            limit=limit,
        )
        return await self._run(listing.select_page(asked))

    async def entries(
        self,
        *,
        account: AccountId | None = None,
        kind: str | None = None,
        actor: str | None = None,
        period: Period | str | None = None,
        known_at: datetime | None = None,
    ) -> AsyncIterator[Entry]:
        """All entries that `page` would list, page by page as they are asked for."""
        after: str | None = None
        while True:
            page = await self.page(
                account=account, kind=kind, actor=actor, period=period, known_at=known_at, after=after, limit=1000
            )
            for each in page.entries:
                yield each
            after = page.next
            if after is None:
                return

    def _reader(self, policy: Policy | None, as_of: datetime | None, known_at: datetime | None) -> Reader:
        from goodwill.ledger.reading import Reader

        if policy is not None:
            policy.check(self.catalog)
        now = self.clock.now()
        settled_us = to_us(now - self._settle_after)
        return Reader(policy or self.policy, self.catalog, self.currencies[0], as_of or now, known_at, settled_us)

    async def _customer(self, account: AccountId, reader: Reader) -> Customer:
        name = account_id(account)
        return (await self._run(merging.customers([name], reader.at_us, reader.known_us)))[name]

    async def _run(self, operation: Generator[Request, Any, T], *, write: bool = False) -> T:
        async with self.store.work(write=write) as work:
            try:
                request = next(operation)
                while True:
                    try:
                        answer = await work.answer(request)
                    except GoodwillError as error:
                        request = operation.throw(error)
                    else:
                        request = operation.send(answer)
            except StopIteration as done:
                return cast(T, done.value)


def plug(group: str, name: str) -> Any:
    """What is registered under an entry point; the floors above are named there, not imported."""
    (found,) = entry_points(group=group, name=name)
    return found.load()
