"""Listing entries, page by page: generators that do no I/O, as `operations` has them."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from goodwill.domain.audit import AuditRecord
from goodwill.domain.entry import Entry
from goodwill.domain.errors import InvalidEntry
from goodwill.domain.history import no_longer_kept
from goodwill.domain.instant import to_us
from goodwill.domain.kind import Catalog
from goodwill.domain.period import Period
from goodwill.ledger.merging import names_of
from goodwill.ledger.ports import Request, Select, Trail

__all__ = ["Page", "query", "select_page", "spellings"]


class Page(NamedTuple):
    """Some entries, and where the next page starts; None is the end."""

    entries: tuple[Entry, ...]
    next: str | None


def spellings(catalog: Catalog, kind: str) -> list[str]:
    """The names of a kind, those that it had before among them."""
    known = catalog.resolve(kind)
    return [known.name, *known.aliases]


def query(
    *,
    account: str | None,
    kinds: Sequence[str] | None,
    actor: str | None,
    period: Period | None,
    known_at: datetime | None,
    cursor: str | None,
    limit: int,
) -> Select:
    """What to ask the store for, of what a caller asked for.

    Raises:
        InvalidEntry: if the limit is not a whole number from 1 to 10,000, or the cursor is none.
    """
    return Select(
        accounts=None if account is None else [account],
        kinds=kinds,
        actor=actor,
        start_us=None if period is None else to_us(period.start),
        end_us=None if period is None else to_us(period.end),
        known_us=None if known_at is None else to_us(known_at, "known_at"),
        after=after(cursor),
        limit=page_size(limit),
        unrestricted=account is None,
    )


def page_size(limit: int) -> int:
    """How many a page holds.

    Raises:
        InvalidEntry: if that is not a whole number from 1 to 10,000.
    """
    if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= 10_000:
        raise InvalidEntry(f"limit {limit!r} is not a whole number from 1 to 10,000")
    return limit


def select_page(query: Select) -> Generator[Request, Any, Page]:
    """One page of entries and the cursor of the next; of an account, those under all of its names."""
    if query.accounts is not None:
        yield from require_listed(query)
        names = yield from names_of(query.accounts, query.known_us)
        query = query._replace(accounts=[each for name in query.accounts for each in names.under(names.root(name))])
    entries = yield query
    last = entries[-1] if len(entries) == query.limit else None
    return Page(tuple(entries), None if last is None else cursor(last.occurred_at, last.seq))


def require_listed(query: Select) -> Generator[Request, Any, None]:
    """Refuse to list what happened, or was known, when entries of the accounts were there that are purged by now.

    Raises:
        Purged: naming the earliest instant from which all are.
    """
    if query.start_us is None and query.known_us is None:
        return
    names = yield from names_of(query.accounts)
    under = [each for name in query.accounts or () for each in names.under(names.root(name))]
    trail: list[AuditRecord] = yield Trail(under)
    for record in trail:
        if record.before is not None:
            before_us, recorded_us = to_us(record.before), to_us(record.recorded_at)
            if query.start_us is not None and query.start_us < before_us:
                raise no_longer_kept(f"of account {record.account!r}", before_us, "from")
            if query.known_us is not None and query.known_us < recorded_us:
                raise no_longer_kept(f"of account {record.account!r}", recorded_us, "as known at")


def cursor(last_at: datetime, seq: int) -> str:
    """Where a page goes on whose last is of an instant, under a number."""
    return f"{to_us(last_at)}.{seq}"


def after(cursor: str | None) -> tuple[int, int] | None:
    """What a cursor says: the instant and the number of the last entry seen."""
    if cursor is None:
        return None
    try:
        occurred_us, seq = cursor.split(".")
        return int(occurred_us), int(seq)
    except (ValueError, AttributeError):
        raise InvalidEntry(f"{cursor!r} is not a cursor; pass the `next` of the page before, as it is") from None
