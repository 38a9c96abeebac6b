"""The job that keeps readings: it folds what is pending, looks again where something comes by itself, and builds.

It holds the ledger's policies meanwhile, for which no writer waits, so that two jobs take turns; it deletes the very
pending rows that it folded, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from goodwill.domain.crossing import Crossing, Direction
from goodwill.domain.entry import Entry, Fact
from goodwill.domain.history import FoldKey
from goodwill.domain.instant import from_us
from goodwill.domain.kind import Catalog
from goodwill.domain.merge import Names
from goodwill.ledger.course import Turn, turns
from goodwill.ledger.kept import Held, KeptReading, Stop
from goodwill.ledger.kept_reading import Made, extend, go_on, keep, read_with
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
    SetPolicy,
    Stops,
    Taken,
)
from goodwill.ledger.merging import names_of
from goodwill.ledger.ports import Facts, Find, Request
from goodwill.ledger.reading import Reader
from goodwill.policies.checkpoint import first_invalid
from goodwill.policies.policy import Policy

__all__ = ["Folded", "View", "build_some", "fold_due", "fold_pending", "kept_under", "rebuilt", "removed"]

BATCH = 500
"""How many pending rows, or accounts, one transaction of the job takes."""


@dataclass(frozen=True)
class View:
    """What a job reads with: a ledger's catalog and home currency, at one instant.

    Attributes:
        catalog, home: the ledger's.
        now_us: the present.
    """

    catalog: Catalog
    home: str
    now_us: int

    def reader(self, policy: Policy) -> Reader:
        """A reader of the present under a policy."""
        return Reader(policy, self.catalog, self.home, from_us(self.now_us))

    def read_with(self, policy: Policy) -> str:
        """A digest of what else a reading depends on."""
        return read_with(policy, self.catalog, self.home)


class Folded(NamedTuple):
    """What one step of the job did.

    Attributes:
        taken: how many pending rows, or accounts.
        crossings: what it found.
    """

    taken: int = 0
    crossings: tuple[Crossing, ...] = ()


class Under(NamedTuple):
    """One policy that readings are kept for, and a reader of the present under it."""

    kept: KeptPolicy
    reader: Reader

    def crossing(self, account: str, threshold: float | str, direction: Direction, at_us: int) -> Crossing:
        """A crossing under it; the store knows the account's number."""
        return Crossing(account, 0, self.kept.digest, self.kept.name, threshold, direction, at_us)


@dataclass
class Change:
    """What is to be kept under one policy after a step.

    Attributes:
        before: what is kept so far, by the name that answers.
        readings: what will be.
        crossings: what was found on the way.
        replay: whose entries must be read.
        changed: from which place on what was folded before is void; None of everything.
        stops: where folds stopped.
    """

    before: Mapping[str, Held]
    readings: dict[str, KeptReading | None] = field(default_factory=dict)
    crossings: list[Crossing] = field(default_factory=list)
    replay: set[str] = field(default_factory=set)
    changed: dict[str, FoldKey | None] = field(default_factory=dict)
    stops: dict[str, Sequence[Stop]] = field(default_factory=dict)


def fold_pending(view: View, limit: int = BATCH) -> Generator[Request, Any, Folded]:
    """Take the oldest pending rows into every kept reading, and forget them; without a policy they wait for one."""
    policies = yield from held_policies(view)
    rows: list[PendingRow] = (yield Pending(limit=limit)) if policies else []
    if not rows:
        return Folded()
    crossings = yield from refold(view, policies, {row.account for row in rows}, rows)
    yield Taken([row.id for row in rows])
    return Folded(len(rows), crossings)


def fold_due(view: View, limit: int = BATCH) -> Generator[Request, Any, Folded]:
    """Look again at accounts where something may have come by itself."""
    policies = yield from held_policies(view)
    count, crossings = 0, list[Crossing]()
    for policy in policies:
        accounts: list[str] = yield Due(policy.digest, view.now_us, limit)
        if accounts:
            crossings += yield from refold(view, [policy], accounts, ())
            count += len(accounts)
    return Folded(count, tuple(crossings))


def build_some(view: View, limit: int = BATCH) -> Generator[Request, Any, tuple[KeptPolicy, int] | None]:
    """Take some more accounts into the first policy that is not built yet; None where all are.

    The answer is that policy as it is now, and how many names were taken in.
    """
    policies = yield from held_policies(view)
    building = next((policy for policy in policies if policy.built_id is not None), None)
    if building is None:
        return None
    page: list[tuple[int, str]] = yield Numbered(building.built_id or 0, limit)
    if page:
        yield from refold(view, [building], [name for _, name in page], (), anew=True)
        further = building._replace(built_id=page[-1][0])
    else:
        further = building._replace(built_id=None, ready_us=building.ready_us or view.now_us)
    yield SetPolicy(further)
    return further, len(page)


def held_policies(view: View) -> Generator[Request, Any, list[KeptPolicy]]:
    """The policies, while no other job works on their readings. What was read with something else is built anew."""
    found: list[KeptPolicy] = []
    for kept in (yield KeptPolicies(hold=True)):
        now = view.read_with(policy_of(kept.document))
        if now == kept.read_with:
            found.append(kept)
            continue
        found.append(kept._replace(read_with=now, ready_us=None, built_id=0))
        yield SetPolicy(found[-1])
    return found


@lru_cache(maxsize=64)
def policy_of(document: str) -> Policy:
    """The policy of its JSON, which the job reads again and again."""
    return Policy.from_json(document)


def refold(
    view: View,
    policies: Sequence[KeptPolicy],
    accounts: Collection[str],
    rows: Sequence[PendingRow],
    *,
    anew: bool = False,
) -> Generator[Request, Any, tuple[Crossing, ...]]:
    """Bring the readings of these names up to what was known, with these pending rows and no others.

    Args:
        view: what to read with.
        policies: under which.
        accounts: names whose readings change.
        rows: what is taken in; all that is pending besides is left out.
        anew: read the entries, whatever is kept.
    """
    names = yield from names_of(sorted(accounts))
    involved = set(accounts)
    if any(row.fact is None for row in rows):
        # A name that was merged or unmerged changes every customer that it was ever part of.
        involved |= {name for merge in names.latest.values() for name in (merge.account, merge.into)}
    customers = {root: names.under(root) for root in sorted({names.root(name) for name in involved})}
    gone = sorted(name for name in involved if names.root(name) != name)
    own = by_root(rows, names)
    touched = yield from touching(own)
    changes: list[tuple[Under, Change]] = []
    for policy in policies:
        under = Under(policy, view.reader(policy_of(policy.document)))
        before = yield Kept(policy.digest, policy.read_with, customers, building=True)
        change = added(under, customers, before, own, anew=anew)
        if not anew:
            change.changed |= {
                root: each for root, facts in touched.items() if (each := first_place(facts)) is not None
            }
            yield from go_on_from_stops(under, change, customers, touched, rows)
        changes.append((under, change))
    replay = {root for _, change in changes for root in change.replay}
    facts = yield from facts_with(replay, customers, rows)
    for under, change in changes:
        for root in sorted(change.replay):
            replayed(under, root, facts[root], own.get(root, ()), change)
        kept_names = {root: customers[root] for root in change.readings}
        yield Keep(under.kept, change.readings, kept_names, gone, change.crossings, change.changed, change.stops)
    return tuple(crossing for _, change in changes for crossing in change.crossings)


def touching(rows: Mapping[str, Sequence[PendingRow]]) -> Generator[Request, Any, dict[str, list[Fact] | None]]:
    """What is there now and was not, or the other way round, by customer; None where that is not only entries."""
    reverses = [row.fact.reverses for own in rows.values() for row in own if row.fact is not None and row.fact.reverses]
    found: list[Entry] = (yield Find(ids=sorted(reverses))) if reverses else []
    targets = {entry.id: Fact.of(entry) for entry in found}
    return {root: touched_by(own, targets) for root, own in rows.items()}


def touched_by(rows: Sequence[PendingRow], targets: Mapping[str, Fact]) -> list[Fact] | None:
    """What pending rows put in or take out; None where that is more than entries with a place in the order."""
    found = [
        row.fact if row.fact is None or row.fact.reverses is None else targets.get(row.fact.reverses) for row in rows
    ]
    facts = [fact for fact in found if fact is not None and fact.type != "opening"]
    # An opening may stand in the place of entries that were purged.
    return facts if len(facts) == len(found) else None


def first_place(facts: Sequence[Fact] | None) -> FoldKey | None:
    """The place from which on a change of these facts may change worths; None if it changes none."""
    return None if facts is None else first_invalid(*facts)


def go_on_from_stops(
    under: Under,
    change: Change,
    customers: Mapping[str, Sequence[str]],
    touched: Mapping[str, Sequence[Fact] | None],
    rows: Sequence[PendingRow],
) -> Generator[Request, Any, None]:
    """Fold from where a fold stopped before everything that changed, where one did."""
    before: dict[str, int] = {}
    for root in change.replay:
        held, facts = change.before.get(root), touched.get(root, ())
        if facts is None or held is None or not held.is_whole or held.kept.sums is None:
            continue
        if any(fact.occurred_us == held.kept.opened_us for fact in facts):
            continue  # the account may open later now
        place = first_place(facts)
        before[root] = under.reader.at_us + 1 if place is None else place[0]
    stops: Mapping[str, Stop] = (yield Stops(under.kept, before)) if before else {}
    for root, stop in stops.items():
        facts_since = yield from facts_with([root], customers, rows, since_us=stop.occurred_us)
        new = [fact for fact in touched.get(root) or () if fact.type == "observation"]
        known = {fact.id: fact for fact in (*new, *facts_since[root])}
        kept = change.before[root].kept
        made = go_on(under.reader, stop, kept, list(known.values()))
        if made is None:
            continue
        change.replay.discard(root)
        made_ids = {fact.id for fact in touched.get(root) or ()}
        take(under, root, made, change, new=made_ids)


def take(under: Under, root: str, made: Made, change: Change, *, new: Collection[str] = ()) -> None:
    """Keep what was made, and find what was crossed since the last look."""
    held = change.before.get(root)
    change.readings[root] = made.kept
    if made.stops:
        change.stops[root] = made.stops
    if under.kept.ready_us is not None:  # nobody waits for what happened before a policy was kept
        change.crossings += crossed(under, root, made, None if held is None else held.kept, new)


def by_root(rows: Iterable[PendingRow], names: Names) -> dict[str, list[PendingRow]]:
    """Pending rows by the name that answers."""
    found: dict[str, list[PendingRow]] = {}
    for row in rows:
        found.setdefault(names.root(row.account), []).append(row)
    return found


def added(
    under: Under,
    customers: Iterable[str],
    before: Mapping[str, Held],
    rows: Mapping[str, Sequence[PendingRow]],
    *,
    anew: bool,
) -> Change:
    """The readings to which what is pending can be added; the others are to be replayed."""
    change = Change(before)
    for root in customers:
        held, own = before.get(root), rows.get(root, ())
        facts = [row.fact for row in own if row.fact is not None and row.is_plain]
        addable = not anew and held is not None and held.is_whole and len(facts) == len(own)
        made = extend(under.reader, held.kept, facts) if held is not None and addable else None
        if held is None or made is None:
            change.replay.add(root)
            continue
        take(under, root, made, change)
    return change


def facts_with(
    roots: Collection[str],
    customers: Mapping[str, Sequence[str]],
    rows: Sequence[PendingRow],
    *,
    since_us: int | None = None,
) -> Generator[Request, Any, dict[str, list[Fact]]]:
    """All facts of customers, but those that others wrote meanwhile, whose pending rows are not taken in yet."""
    if not roots:
        return {}
    names = [name for root in sorted(roots) for name in customers[root]]
    found = yield Facts(names, since_us=since_us)
    # Read after the facts: whatever of them was committed meanwhile has left its pending row by now.
    waiting: list[PendingRow] = yield Pending(names)
    taken_in = {row.id for row in rows}
    left_out = {row.fact.id for row in waiting if row.fact is not None and row.id not in taken_in}
    return {
        root: [fact for name in customers[root] for fact in found.get(name, ()) if fact.id not in left_out]
        for root in roots
    }


def replayed(under: Under, root: str, facts: Sequence[Fact], rows: Sequence[PendingRow], change: Change) -> None:
    """Keep the reading of all facts, and find what was crossed since the last look."""
    made = keep(under.reader, facts)
    if made is None:
        change.readings[root] = change.changed[root] = None
        return
    change.changed[root] = None
    take(under, root, made, change, new={row.fact.id for row in rows if row.fact is not None})


def crossed(
    under: Under, root: str, made: Made, before: KeptReading | None, new: Collection[str]
) -> Iterator[Crossing]:
    """The crossings between the last look at an account and now; a promise that is told only now is overdue at once."""
    since = None if before is None else Turn(before.looked_us, before.is_overdrawn)
    for turn in turns(under.reader, made.base, since, made.history, made.valued):
        yield under.crossing(root, 0.0, "overdrawn" if turn.is_overdrawn else "recovered", turn.at_us)
    for name, obligation in made.history.broken.items():
        if since is None or obligation.due_us > since.at_us or obligation.promise.id in new:
            yield under.crossing(root, name, "overdue", obligation.due_us)


# Which policies are kept


def kept_under(policy: Policy, view: View) -> Generator[Request, Any, bool]:
    """Keep readings for a policy, to be built; whether it was not kept before."""
    policies: list[KeptPolicy] = yield KeptPolicies()
    if any(each.digest == policy.digest for each in policies):
        return False
    read = view.read_with(policy)
    yield AddPolicy(KeptPolicy(0, policy.digest, policy.name, policy.to_json(), read, view.now_us, None, 0))
    return True


def removed(digest: str) -> Generator[Request, Any, bool]:
    """Keep no readings for a policy any longer; whether any were kept."""
    policies: list[KeptPolicy] = yield KeptPolicies(hold=True)
    found = [policy for policy in policies if policy.digest == digest]
    for policy in found:
        yield DropPolicy(policy)
    return bool(found)


def rebuilt(digest: str | None) -> Generator[Request, Any, int]:
    """Have the readings of a policy, or of all, made anew; how many policies that are."""
    policies: list[KeptPolicy] = yield KeptPolicies(hold=True)
    found = [policy for policy in policies if digest in {None, policy.digest}]
    for policy in found:
        yield SetPolicy(policy._replace(built_id=0))
    return len(found)
