"""From a ledger to a frame: the facts that it keeps, a row each, for every function of this package."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from goodwill.domain.account import Account
from goodwill.domain.merge import Merge, Names
from goodwill.domain.period import Period
from goodwill.frames.arrow import Backend, as_frame, check_backend, reader_of
from goodwill.ledger.operations import BATCH
from goodwill.ledger.ports import Accounts, Merges

if TYPE_CHECKING:
    from goodwill.domain.entry import Entry
    from goodwill.ledger.ledger import AccountId, Ledger

__all__ = ["entries"]


def entries(
    ledger: Ledger,
    *,
    backend: Backend = "polars",
    account: AccountId | None = None,
    kind: str | None = None,
    actor: str | None = None,
    period: Period | str | None = None,
    known_at: datetime | None = None,
    rows: int = 50_000,
) -> Any:
    """The entries of a ledger as a frame, in the order in which they happened; needs pyarrow (`goodwill[parquet]`).

    Every sort is there, reversals and reversed entries too, so that `balances` of the frame are those of the ledger.
    Restricted customers are left out, unless one is named. It is read page by page, as `Ledger.entries` does: what
    others record meanwhile may be there or not, and with `known_at` is not. Notes and attributes are personal; drop
    their columns where nobody needs them.

    Args:
        ledger: over any store.
        backend: whose frame: "polars", "pandas", "pyarrow" (a table), "duckdb" (a relation of a connection of its own),
            or "reader": a `pyarrow.RecordBatchReader` that reads on as it is asked, with one batch in memory, for
            ledgers that no memory holds (`pyarrow.parquet`, or `duckdb.from_arrow`, read from it).
        account: only that customer's, under all names.
        kind: only of that kind, under all its names.
        actor: only what that actor did.
        period: only what happened in it.
        known_at: only what was recorded by then, with names as they were merged by then.
        rows: of a batch.

    Returns:
        One row per entry, with the columns of `goodwill.frames.columns.COLUMNS`: `account` (the name that answers for
        the customer) and `name` (the one that was written), `type`, `kind`, `magnitude` (a double, in the kind's unit),
        `currency`, `cost` (an exact decimal, in major units) and `cost_currency`, `occurred_at` and `recorded_at`
        (UTC), `id`, `seq`, `reference`, `revision`, `in_response_to` (an id or a reference), `reverses` and `amends`
        (ids), `sincerity`, `severity`, `due`, `recurs`, `tz`, `dimensions` (JSON), `channel`, `actor`, `note`,
        `attributes` (JSON), `positive`, `negative` and `read_under` of an opening. Null where nobody said anything.

    Raises:
        WrongType: for another backend.
        Purged: as `Ledger.page` does, with an account and a bound that reaches back to what was purged.

    Example:
        >>> from goodwill import Ledger, Money
        >>> from goodwill.analytics import balances, entries
        >>> ledger = Ledger.in_memory()
        >>> late = ledger.withdraw("ada", "late_delivery", magnitude=2)
        >>> waived = ledger.deposit("ada", "fee_waived", cost=Money("14.99", "USD"), in_response_to=late)
        >>> frame = entries(ledger, backend="polars")
        >>> frame["kind"].to_list(), frame["cost"].to_list()
        (['late_delivery', 'fee_waived'], [None, Decimal('14.9900')])
        >>> now = ledger.clock.now()
        >>> abs(balances(frame, ledger.policy, now)["balance"][0] - ledger.balance("ada", as_of=now).points) < 1e-9
        True
    """
    check_backend(backend)
    names, restricted = names_of(ledger, known_at)
    found = ledger.entries(account=account, kind=kind, actor=actor, period=period, known_at=known_at)
    if account is None and restricted:
        found = unrestricted(found, names, restricted)
    return as_frame(reader_of(found, rows=rows, answering=names.root), backend)


def names_of(ledger: Ledger, known_at: datetime | None) -> tuple[Names, frozenset[str]]:
    """Which names are one customer, and which customers of several names are restricted."""
    with ledger.store.work(write=False) as work:
        merges = cast(list[Merge], work.answer(Merges()))
        names = Names(merges, known_at)
        merged = sorted({name for merge in merges for name in (merge.account, merge.into)})
        restricted: set[str] = set()
        for start in range(0, len(merged), BATCH):
            page = cast(list[Account], work.answer(Accounts(merged[start : start + BATCH], None, BATCH)))
            restricted |= {names.root(each.id) for each in page if each.restricted_at is not None}
    return names, frozenset(restricted)


def unrestricted(found: Iterator[Entry], names: Names, restricted: frozenset[str]) -> Iterator[Entry]:
    """The entries but those of customers of whom one name is restricted, whichever they were written under."""
    return (entry for entry in found if names.root(entry.account) not in restricted)
