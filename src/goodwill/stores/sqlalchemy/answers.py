"""How the store reads: each request becomes statements, and their rows the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from goodwill.domain.account import Account
from goodwill.domain.entry import Entry, Fact
from goodwill.domain.instant import from_us
from goodwill.ledger.decision_requests import AppendDecision, SelectDecisions
from goodwill.ledger.ports import (
    Accounts,
    Answer,
    Append,
    AppendMerge,
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
from goodwill.ledger.seal_requests import AppendSeal, Seals, UnderSeal, Unsealed
from goodwill.ledger.survey_requests import Explain, Totals
from goodwill.stores.sqlalchemy.appending import append
from goodwill.stores.sqlalchemy.deciding import append_decision, decisions
from goodwill.stores.sqlalchemy.keeping import KEEPING, LOOKING
from goodwill.stores.sqlalchemy.marking import mark, trail
from goodwill.stores.sqlalchemy.merging import append_merge, lock, merges
from goodwill.stores.sqlalchemy.planning import explain
from goodwill.stores.sqlalchemy.purging import purge
from goodwill.stores.sqlalchemy.rows import entry_of, fact_of
from goodwill.stores.sqlalchemy.sealing import append_seal, seals, under_seal, unsealed
from goodwill.stores.sqlalchemy.statements import EARLIEST, LATEST, Statements
from goodwill.stores.sqlalchemy.steps import Query, Steps, chunks, fetch
from goodwill.stores.sqlalchemy.tenant import Tenant
from goodwill.stores.sqlalchemy.totals import totals

__all__ = ["answer"]


def answer(request: Request, sql: Statements, tenant: Tenant) -> Steps[Answer]:
    """Carry out a request in one ledger; each request's class says what its answer is."""
    found: Answer
    if type(request) in WRITING:
        found = yield from WRITING[type(request)](request, sql, tenant)
    else:
        found = yield from READING[type(request)](request, sql, tenant.ledger)
    return found


def find(request: Find, sql: Statements, ledger: str) -> Steps[list[Entry]]:
    """Entries by id and by reference, each once, in the order of their numbers."""
    rows = yield from fetch(sql.by_ids, "ids", request.ids, ledger=ledger)
    by_references = sql.by_references_now if request.latest else sql.by_references
    rows += yield from fetch(by_references, "references", request.references, ledger=ledger)
    each = {row[0]: row for row in rows}
    return [entry_of(each[seq]) for seq in sorted(each)]


def select(request: Select, sql: Statements, ledger: str) -> Steps[list[Entry]]:
    """One page of entries in the order (occurred_us, seq)."""
    accounts = list(dict.fromkeys(request.accounts or ()))
    asked = {
        "account": accounts[0] if len(accounts) == 1 else None,
        "accounts": None if request.accounts is None or len(accounts) == 1 else accounts,
        "kinds": request.kinds,
        "types": request.types,
        "actor": request.actor,
        "unrestricted": True if request.unrestricted and request.accounts is None else None,
    }
    filters = {name: value for name, value in asked.items() if value is not None}
    start_us = EARLIEST if request.start_us is None else request.start_us
    after_us, after_seq = request.after or (EARLIEST, EARLIEST)
    parameters = {
        "ledger": ledger,
        "first_us": max(start_us, after_us),
        "end_us": LATEST if request.end_us is None else request.end_us,
        "known_us": LATEST if request.known_us is None else request.known_us,
        "after_us": after_us,
        "after_seq": after_seq,
        "limit": request.limit,
    }
    bound = {name: value for name, value in filters.items() if name != "unrestricted"}
    rows = yield Query(sql.page(tuple(filters)), parameters | bound)
    return [entry_of(row) for row in rows]


def facts(request: Facts, sql: Statements, ledger: str) -> Steps[Mapping[str, list[Fact]]]:
    """All facts of the accounts that have any."""
    since = {} if request.since_us is None else {"since_us": request.since_us}
    rows = yield from fetch(
        sql.facts_since if since else sql.facts,
        "names",
        request.accounts,
        ledger=ledger,
        as_of_us=LATEST if request.as_of_us is None else request.as_of_us,
        known_us=LATEST if request.known_us is None else request.known_us,
        **since,
    )
    found: dict[str, list[Fact]] = {}
    for row in rows:
        fact = fact_of(row)
        found.setdefault(fact.account, []).append(fact)
    return found


def accounts(request: Accounts, sql: Statements, ledger: str) -> Steps[list[Account]]:
    """A page of the accounts that have entries, in the order of their ids' UTF-8 bytes."""
    after = request.after or ""
    if request.names is None:
        rows = yield Query(sql.accounts, {"ledger": ledger, "after": after, "limit": request.limit})
        return [account_of(row) for row in rows]
    found: list[Account] = []
    # Python sorts text by code points, which is the order of UTF-8 bytes: so chunks come in the order of pages.
    for chunk in chunks(sorted(name for name in request.names if name > after)):
        if len(found) < request.limit:
            found += map(account_of, (yield Query(sql.accounts_named, {"ledger": ledger, "names": chunk})))
    return found[: request.limit]


def account_of(row: Sequence[Any]) -> Account:
    """The account of a row: name, earliest instant, how many entries, the last one, since when closed, restricted."""
    name, opened_us, entries, last_seq, closed_us, restricted_us = row
    return Account(
        name,
        from_us(opened_us),
        entries,
        last_seq,
        closed_at=None if closed_us is None else from_us(closed_us),
        restricted_at=None if restricted_us is None else from_us(restricted_us),
    )


def last_purge(_request: LastPurge, sql: Statements, ledger: str) -> Steps[tuple[int, int] | None]:
    """The latest instant before which facts gave way, and when that was last recorded."""
    ((before_us, recorded_us),) = yield Query(sql.purge.last, {"ledger": ledger})
    return None if before_us is None else (before_us, recorded_us)


def last_seq(request: LastSeq, sql: Statements, ledger: str) -> Steps[int]:
    """The number of the last entry of these names; 0 where there is none."""
    rows = yield from fetch(sql.last_seq, "names", request.names, ledger=ledger)
    return max((row[0] for row in rows if row[0] is not None), default=0)


READING: Final[Mapping[type[Request], Callable[[Any, Statements, str], Steps[Any]]]] = {
    Find: find,
    Select: select,
    Facts: facts,
    Accounts: accounts,
    Merges: merges,
    LastSeq: last_seq,
    LastPurge: last_purge,
    Trail: trail,
    SelectDecisions: decisions,
    **LOOKING,
    Unsealed: unsealed,
    UnderSeal: under_seal,
    Seals: seals,
    Totals: totals,
    Explain: explain,
}
WRITING: Final[Mapping[type[Request], Callable[[Any, Statements, Tenant], Steps[Any]]]] = {
    Append: append,
    Lock: lock,
    AppendMerge: append_merge,
    Mark: mark,
    Purge: purge,
    AppendDecision: append_decision,
    **KEEPING,
    AppendSeal: append_seal,
}
