"""How the store keeps readings: policies, standings and what is pending for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from goodwill.domain.entry import Fact
from goodwill.ledger.kept import Held, KeptReading, Stop
from goodwill.ledger.kept_requests import (
    AddPolicy,
    DropPolicy,
    Due,
    Keep,
    Kept,
    KeptPolicies,
    KeptPolicy,
    Numbered,
    Pending,
    PendingRow,
    Ranked,
    SetPolicy,
    Stops,
    Taken,
    Unbuilt,
    Waiting,
)
from goodwill.ledger.ports import Request
from goodwill.stores.sqlalchemy.kept_statements import KEPT_COLUMNS
from goodwill.stores.sqlalchemy.outbox.writing import put_crossings
from goodwill.stores.sqlalchemy.rows import FACT_COLUMNS, fact_of
from goodwill.stores.sqlalchemy.statements import Statements
from goodwill.stores.sqlalchemy.steps import Put, Query, Steps, chunks, fetch
from goodwill.stores.sqlalchemy.tenant import Tenant

__all__ = ["KEEPING", "LOOKING"]

NO_LIMIT: Final = 2**31 - 1
OLDEST, NEWEST = 4, 8
"""How many of an account's stops stay when new ones come."""
PENDING_AT: Final = 2 + len(KEPT_COLUMNS)
"""Where a row of kept readings goes on with what is pending."""


def kept_policies(request: KeptPolicies, sql: Statements, ledger: str) -> Steps[list[KeptPolicy]]:
    """The policies that readings are kept for; held, until the transaction ends, where that is asked."""
    statement = sql.kept.held_policies if request.hold else sql.kept.policies
    return [KeptPolicy(*row) for row in (yield Query(statement, {"ledger": ledger}))]


def kept(request: Kept, sql: Statements, ledger: str) -> Steps[Mapping[str, Held]]:
    """Kept readings with what is pending: of customers with one name together, of the others one by one."""
    asked = {
        "ledger": ledger,
        "digest": request.digest,
        "read_with": request.read_with,
        "building": int(request.building),
    }
    found: dict[str, Held] = {}
    alone = [root for root, names in request.names.items() if len(names) == 1]
    rows = yield from fetch(sql.kept.kept, "names", alone, **asked)
    by_root: dict[str, list[Sequence[Any]]] = {}
    for row in rows:
        by_root.setdefault(row[0], []).append(row)
    for root, own in by_root.items():
        found[root] = held(own, is_whole=own[0][PENDING_AT - 1] is None)
    for root, names in request.names.items():
        if len(names) == 1:
            continue
        rows = yield from fetch(sql.kept.kept_merged, "names", list(names), root=root, **asked)
        if rows:
            found[root] = held(rows, is_whole=rows[0][PENDING_AT - 1] == covering({row[1] for row in rows}))
    return found


def held(rows: Sequence[Sequence[Any]], *, is_whole: bool) -> Held:
    """The kept reading of a customer's rows, one for each thing that is pending, or one where nothing is."""
    document, from_us, until_us, looked_us, band, is_overdrawn, rank_key, next_us, _ = rows[0][2:PENDING_AT]
    reading = KeptReading.of(
        document,
        from_us=from_us,
        until_us=until_us,
        looked_us=looked_us,
        band=band,
        is_overdrawn=bool(is_overdrawn),
        rank_key=rank_key,
        next_us=next_us,
    )
    pending = [row[PENDING_AT:] for row in rows if row[PENDING_AT] is not None]
    facts = [fact for row in pending if (fact := fact_in(row[2:])) is not None]
    return Held(reading, facts, all(bool(row[1]) for row in pending), is_whole)


def fact_in(row: Sequence[Any]) -> Fact | None:
    """The fact of joined columns; None where nothing was joined."""
    return None if row[FACT_COLUMNS.index("seq")] is None else fact_of(row)


def covering(numbers: set[int]) -> str | None:
    """What `covers` holds of these accounts: nothing where it is one alone."""
    return json.dumps(sorted(numbers)) if len(numbers) > 1 else None


def pending(request: Pending, sql: Statements, ledger: str) -> Steps[list[PendingRow]]:
    """What is in no kept reading yet, the oldest first."""
    if request.names is not None:
        rows = yield from fetch(sql.kept.pending_of, "names", list(request.names), ledger=ledger)
    else:
        rows = list((yield Query(sql.kept.oldest_pending, {"ledger": ledger, "limit": request.limit})))
    return [PendingRow(row[0], row[2], fact_in(row[3:]), bool(row[1])) for row in sorted(rows, key=lambda row: row[0])]


def waiting(request: Waiting, sql: Statements, ledger: str) -> Steps[list[str]]:  # noqa: ARG001 - it asks for all
    """The names for which something is pending."""
    return [row[0] for row in (yield Query(sql.kept.waiting, {"ledger": ledger}))]


def numbered(request: Numbered, sql: Statements, ledger: str) -> Steps[list[tuple[int, str]]]:
    """A page of names by their accounts' numbers."""
    rows = yield Query(sql.kept.numbered, {"ledger": ledger, "after": request.after, "limit": request.limit})
    return [(row[0], row[1]) for row in rows]


def counted(request: Unbuilt, sql: Statements, ledger: str) -> Steps[int]:
    """How many names are numbered higher."""
    ((count,),) = yield Query(sql.kept.unbuilt, {"ledger": ledger, "after": request.after})
    return int(count)


def due(request: Due, sql: Statements, ledger: str) -> Steps[list[str]]:
    """Who has to be looked at again."""
    limit = NO_LIMIT if request.limit is None else request.limit
    asked = {"ledger": ledger, "digest": request.digest, "at_us": request.at_us, "limit": limit}
    return [row[0] for row in (yield Query(sql.kept.due, asked))]


def ranked(request: Ranked, sql: Statements, ledger: str) -> Steps[list[str] | None]:
    """Who may be overdrawn, by what is kept."""
    rows = yield Query(sql.kept.policy, {"ledger": ledger, "digest": request.digest})
    policy = KeptPolicy(*rows[0]) if rows else None
    if policy is None or policy.ready_us is None or policy.read_with != request.read_with:
        return None
    if request.limit is None:
        return [row[0] for row in (yield Query(sql.kept.overdrawn, {"policy": policy.id}))]
    return [row[0] for row in (yield Query(sql.kept.ranked, {"policy": policy.id, "limit": request.limit}))]


def add_policy(request: AddPolicy, sql: Statements, tenant: Tenant) -> Steps[None]:
    """Keep readings for a policy, unless they are kept."""
    yield Put(sql.add_policy, [{**request.policy._asdict(), "ledger": tenant.ledger}])


def set_policy(request: SetPolicy, sql: Statements, tenant: Tenant) -> Steps[None]:
    """Say how far a policy is."""
    policy = request.policy
    columns = {f"new_{name}": getattr(policy, name) for name in ("read_with", "ready_us", "built_id")}
    yield Query(sql.kept.set_policy, {"of_ledger": tenant.ledger, "policy": policy.id, **columns})


def drop_policy(request: DropPolicy, sql: Statements, tenant: Tenant) -> Steps[None]:
    """Forget a policy and all that is kept for it."""
    for statement in (sql.kept.drop_standings, sql.kept.drop_checkpoints):
        yield Query(statement, {"policy": request.policy.id})
    yield Query(sql.kept.drop_policy, {"ledger": tenant.ledger, "policy": request.policy.id})


def keep(request: Keep, sql: Statements, tenant: Tenant) -> Steps[None]:
    """Put readings in the place of what was kept, and tell of crossings."""
    names = [*request.gone, *(name for each in request.names.values() for name in each)]
    rows = yield from fetch(sql.kept.numbers, "names", names, ledger=tenant.ledger)
    numbers = {row[0]: row for row in rows}
    told = sorted({numbers[name][1] for name in (*request.gone, *request.readings) if name in numbers})
    for chunk in chunks(told):
        yield Query(sql.kept.drop_some, {"policy": request.policy.id, "accounts": chunk})
    kept_rows = list(standings_of(request, numbers))
    if kept_rows:
        yield Put(sql.kept.add_standings, kept_rows)
    yield from renew_stops(request, {name: row[1] for name, row in numbers.items()}, sql)
    if request.crossings:
        known = [each._replace(account_id=numbers[each.account][1]) for each in request.crossings]
        yield from put_crossings(known, sql, tenant)


def renew_stops(request: Keep, numbers: Mapping[str, int], sql: Statements) -> Steps[None]:
    """Delete the stops that a change made void, and exactly those; write the new ones, and let few of them stay."""
    changed = {numbers[root]: place for root, place in request.changed.items() if root in numbers}
    changed |= {numbers[name]: None for name in request.gone if name in numbers}
    fresh = {numbers[root]: stops for root, stops in request.stops.items() if root in numbers}
    accounts = sorted(changed.keys() | fresh.keys())
    rows = yield from fetch(sql.kept.stops, "accounts", accounts, policy=request.policy.id)
    by_account: dict[int, list[Sequence[Any]]] = {}
    void: list[int] = []
    for row in rows:
        number, account, occurred_us = row
        if account in changed and ((place := changed[account]) is None or occurred_us > place[0]):
            void.append(number)
        elif account in changed and place is not None and occurred_us == place[0]:
            ((_, us, document),) = yield Query(sql.kept.stop_documents, {"ids": [number]})
            (void if Stop(us, document).key >= place else []).append(number)
        by_account.setdefault(account, []).append(row)
    for account in fresh:
        left = [row[0] for row in by_account.get(account, ()) if row[0] not in void]
        void += left[OLDEST:-NEWEST]
    for chunk in chunks(void):
        yield Query(sql.kept.drop_stops, {"ids": chunk})
    written = [
        {"policy_id": request.policy.id, "account_id": account, **stop._asdict()}
        for account, stops in sorted(fresh.items())
        for stop in stops
    ]
    if written:
        yield Put(sql.kept.add_stops, written)


def stops_before(request: Stops, sql: Statements, ledger: str) -> Steps[Mapping[str, Stop]]:
    """The last stop of each customer's fold before an instant."""
    found: dict[str, Stop] = {}
    for root, before_us in request.before.items():
        asked = {"ledger": ledger, "root": root, "policy": request.policy.id, "before_us": before_us}
        for occurred_us, document in (yield Query(sql.kept.stop, asked)):
            found[root] = Stop(occurred_us, document)
    return found


def standings_of(request: Keep, numbers: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """The rows of `standings`, in the order of their accounts."""
    known = [(root, reading) for root, reading in request.readings.items() if reading is not None and root in numbers]
    for root, reading in sorted(known, key=lambda each: int(numbers[each[0]][1])):
        own = [numbers[name] for name in request.names[root] if name in numbers]
        yield {
            "policy_id": request.policy.id,
            "account_id": numbers[root][1],
            "from_us": reading.from_us,
            "until_us": reading.until_us,
            "looked_us": reading.looked_us,
            "document": reading.document,
            "covers": covering({row[1] for row in own}),
            "hidden": any(row[2] is not None for row in own),
            "band": reading.band,
            "is_overdrawn": reading.is_overdrawn,
            "rank_key": reading.rank_key,
            "next_crossing_us": reading.next_us,
        }


def taken(request: Taken, sql: Statements, tenant: Tenant) -> Steps[None]:
    """Forget pending rows that are in the kept readings."""
    for chunk in chunks(sorted(request.ids)):
        yield Query(sql.kept.take, {"ledger": tenant.ledger, "ids": chunk})


LOOKING: Final[Mapping[type[Request], Callable[[Any, Statements, str], Steps[Any]]]] = {
    KeptPolicies: kept_policies,
    Kept: kept,
    Pending: pending,
    Waiting: waiting,
    Numbered: numbered,
    Unbuilt: counted,
    Due: due,
    Ranked: ranked,
    Stops: stops_before,
}
KEEPING: Final[Mapping[type[Request], Callable[[Any, Statements, Tenant], Steps[Any]]]] = {
    AddPolicy: add_policy,
    SetPolicy: set_policy,
    DropPolicy: drop_policy,
    Keep: keep,
    Taken: taken,
}
