"""Purging: old facts give way to an opening for each of some policies. Generators without I/O, as `operations` has them.

What an opening cannot stand for without changing a later reading is kept, and so is what hangs together with it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Generator, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from goodwill.domain.entry import PURGE, Fact, Opening, Ref
from goodwill.domain.errors import InvalidEntry, PolicyError
from goodwill.domain.history import History, is_of_purge
from goodwill.domain.instant import from_us, to_us
from goodwill.domain.promise import due_instants
from goodwill.ledger.digests import digest
from goodwill.ledger.drafting import new_id, text
from goodwill.ledger.merging import names_of
from goodwill.ledger.operations import BATCH, one_account
from goodwill.ledger.ports import Accounts, Draft, Facts, Lock, Purge, Request
from goodwill.ledger.reading import Reader
from goodwill.policies.decay import Decay
from goodwill.policies.fold import Valued
from goodwill.policies.policy import Policy

__all__ = ["Order", "Replaced", "customers_of", "order", "purge"]

AGES = (1.0, 7.0, 100.0)
ROUNDING = 1e-12


class Order(NamedTuple):
    """What to purge of whom.

    Attributes:
        before_us: what happened before it gives way.
        readers: one for each policy, as of the last instant before it.
    """

    before_us: int
    readers: Sequence[Reader]
    actor: str | None
    reason: str | None


class Replaced(NamedTuple):
    """What a purge did to one customer.

    Attributes:
        account: the name that answers for all names.
        entries: how many entries are gone, reversals among them.
        kept: how many from before the instant stay, by the reason.
        openings: what stands in their place, one for each name and policy; none where nothing gave way.
    """

    account: str
    entries: int
    kept: Mapping[str, int]
    openings: tuple[Opening, ...] = ()


def order(before: datetime, now: datetime, readers: Sequence[Reader], actor: str | None, reason: str | None) -> Order:
    """What was asked for, checked.

    Raises:
        InvalidEntry: for an instant of the future, or no policy at all.
        PolicyError: for a policy whose reading an opening cannot stand for.
    """
    before_us = to_us(before, "before")
    if before_us > to_us(now):
        raise InvalidEntry(f"before {before.isoformat()} is in the future; a purge is of what happened")
    made = list({each.policy.digest: each for each in readers}.values())
    if not made:
        raise InvalidEntry("name at least one policy; what is purged is read from then on as these policies read it")
    for reader in made:
        refuse_what_remembers(reader.policy)
    return Order(before_us, made, text(actor, "actor", InvalidEntry), text(reason, "reason", InvalidEntry))


def refuse_what_remembers(policy: Policy) -> None:
    """Refuse a policy that goes on from more than points: an opening has nothing else."""
    if policy.policy_class == "folded":
        steps = ", ".join(step.tag for step in policy.valuation.folded)
        raise PolicyError(
            f"{policy.fingerprint} remembers what happened ({steps}), and an opening holds points alone: its readings "
            "would change. Keep the facts for it, or purge under policies without these steps and read it as foreign"
        )
    if policy.standing.hysteresis is not None:
        raise PolicyError(
            f"{policy.fingerprint} has a standing with hysteresis, which follows each entry; purge under the same "
            "policy with standing bands, or keep the facts"
        )


def customers_of(account: object | None) -> Generator[Request, Any, list[str]]:
    """Whom to purge: the name that answers for one account, or for each, restricted and erased ones too."""
    if account is not None:
        return [(yield from one_account(account)).id]
    found: list[str] = []
    while page := (yield Accounts(None, found[-1] if found else None, BATCH)):
        found += [each.id for each in page]
    names = yield from names_of(None)
    return list(dict.fromkeys(map(names.root, found)))


def purge(account: str, wanted: Order, now: datetime) -> Generator[Request, Any, Replaced]:
    """Put openings in the place of what a customer's facts from before an instant come to."""
    names = yield from names_of([account])
    held = names.under(names.root(account))
    yield Lock(sorted(held), to_us(now))
    found: Mapping[str, list[Fact]] = yield Facts(held)
    facts = [fact for name in held for fact in found.get(name, ())]
    if any(is_of_purge(fact) and fact.occurred_us >= wanted.before_us for fact in facts):
        return Replaced(names.root(account), 0, {})  # a later purge has been there
    readings = [reading(reader, facts) for reader in wanted.readers]
    kept = reasons(facts, readings, wanted.before_us)
    gone = giving_way(facts, kept, wanted.before_us)
    old = Counter(kept[fact.id] for fact in facts if fact.id in kept and fact.occurred_us < wanted.before_us)
    openings: list[Opening] = []
    for name in dict.fromkeys(fact.account for fact in gone):
        drafts = [opening(name, each, gone, wanted, now) for each in readings]
        seqs = [fact.seq for fact in gone if fact.account == name]
        yield Purge(name, seqs, drafts, wanted.before_us, to_us(now), wanted.actor, wanted.reason)
        openings += [draft.entry for draft in drafts if isinstance(draft.entry, Opening)]
    return Replaced(names.root(account), len(gone), dict(old), tuple(openings))


def giving_way(facts: Sequence[Fact], kept: Mapping[str, str], before_us: int) -> list[Fact]:
    """What is replaced: nothing where no fact would go, or where an opening of the very instant has to stay.

    Of the openings of one instant a policy reads its own alone, so new ones cannot stand beside old ones.
    """
    if any(is_of_purge(fact) and fact.occurred_us == before_us - 1 and fact.id in kept for fact in facts):
        return []
    gone = [fact for fact in facts if fact.id not in kept]
    return gone if any(not is_of_purge(fact) for fact in gone) else []


class Reading(NamedTuple):
    """The facts before the instant, as one policy reads them."""

    policy: Policy
    history: History
    valued: list[Valued]
    at_us: int
    contacts: frozenset[str]

    def fact_of(self, valued: Valued) -> str:
        """The id of the fact that a worth comes from: of a breach, its promise."""
        broken = self.history.broken.get(valued.fact.id)
        return valued.fact.id if broken is None else broken.promise.id


def reading(reader: Reader, facts: Sequence[Fact]) -> Reading:
    """Read facts under one policy."""
    history, valued = reader.valued(facts)
    contacts = frozenset(fact.id for fact in history.in_force if reader.is_contact(fact))
    return Reading(reader.policy, history, valued, reader.at_us, contacts)


def opening(name: str, read: Reading, gone: Iterable[Fact], wanted: Order, now: datetime) -> Draft:
    """What the facts that are gone come to under a policy, of one name."""
    ids = {fact.id for fact in gone if fact.account == name}
    amounts = [each.worth * each.share(read.at_us) for each in read.valued if read.fact_of(each) in ids]
    entry = Opening(
        account=name,
        kind=PURGE,
        # The last instant before: a statement that starts at `before` opens with it.
        occurred_at=from_us(read.at_us),
        recorded_at=now,
        magnitude=Decimal(0),
        positive=math.fsum(amount for amount in amounts if amount > 0.0),
        negative=math.fsum(amount for amount in amounts if amount < 0.0),
        read_under=read.policy.digest,
        actor=wanted.actor,
        id=new_id(to_us(now)),
    )
    parts = {"positive": entry.positive, "negative": entry.negative, "read_under": entry.read_under}
    return Draft(entry, digest({"op": "purge", "account": name, "occurred_us": str(read.at_us), **parts}))


def reasons(facts: Sequence[Fact], readings: Sequence[Reading], before_us: int) -> dict[str, str]:
    """Why facts stay, by id; whatever hangs together with one that stays does too."""
    why: dict[str, str] = {}
    for fact in facts:
        if fact.occurred_us >= before_us:
            why[fact.id] = "later"
        elif fact.type == "promise" and not all(us < before_us for us in due_instants(fact, before_us)):
            why[fact.id] = "promise"
    for read in readings:
        for each in read.valued:
            if not carried_on(each, read):
                why.setdefault(read.fact_of(each), "decay")
    for fact in milestones(facts, readings[0]):
        why.setdefault(fact.id, "milestone")
    spread(why, facts)
    return why


def carried_on(valued: Valued, read: Reading) -> bool:
    """Whether an opening goes on as the entry would: it is gone, or fades without a memory, as the opening does."""
    if valued.worth == 0.0 or valued.share(read.at_us) == 0.0:
        return True
    direction = "deposit" if valued.worth > 0.0 else "withdrawal"
    schedule = read.policy.decay
    return valued.decay == (schedule.by_direction.get(direction) or schedule.default) and is_memoryless(valued.decay)


def is_memoryless(decay: Decay) -> bool:
    """Whether what is left fades as if it were new: of sums of exponentials, one exponential or a constant does."""
    return decay.exponential and all(
        math.isclose(decay.share(2 * age), decay.share(age) ** 2, rel_tol=ROUNDING, abs_tol=1e-140) for age in AGES
    )


def milestones(facts: Sequence[Fact], read: Reading) -> list[Fact]:
    """What terms and accounts are dated by, of each name: the first fact, the first in force and the last contact."""
    found: list[Fact] = []
    for name in dict.fromkeys(fact.account for fact in facts):
        own = [fact for fact in facts if fact.account == name and not is_of_purge(fact)]
        standing = [fact for fact in read.history.in_force if fact.account == name and fact.type != "breach"]
        standing = [fact for fact in standing if not is_of_purge(fact)]
        found += sorted((fact for fact in own if fact.type != "reversal"), key=lambda fact: fact.occurred_us)[:1]
        found += standing[:1]
        found += [fact for fact in standing if fact.id in read.contacts][-1:]
    return found


def spread(why: dict[str, str], facts: Sequence[Fact]) -> None:
    """Keep, with each fact that stays, those that hang together with it: reversals, amendments, answers."""
    beside = neighbors(facts)
    open_ends = list(why)
    while open_ends:
        for other in beside.get(open_ends.pop(), ()):
            if other not in why:
                why[other] = "linked"
                open_ends.append(other)


def neighbors(facts: Sequence[Fact]) -> dict[str, set[str]]:
    """The facts that each is read together with, by id."""
    by_name: dict[str, list[str]] = {}
    for fact in facts:
        by_name.setdefault(fact.id, []).append(fact.id)
        if fact.reference is not None:
            by_name.setdefault(fact.reference, []).append(fact.id)
        if fact.read_under is not None:  # of those that one purge wrote, a policy reads its own
            by_name.setdefault(f"\0{fact.account}@{fact.occurred_us}", []).append(fact.id)
    beside: dict[str, set[str]] = {}
    for fact in facts:
        for name in names_in(fact):
            for other in by_name.get(name, ()):
                beside.setdefault(fact.id, set()).add(other)
                beside.setdefault(other, set()).add(fact.id)
    return beside


def names_in(fact: Fact) -> list[str]:
    """What a fact names: itself, what it takes out, replaces or answers; of a breach, also its promise."""
    link = fact.in_response_to
    answered = link.reference if isinstance(link, Ref) else link
    named = [fact.reference, fact.reverses, fact.amends, answered]
    if answered is not None:
        named.append(answered.rpartition("@")[0])
    if fact.read_under is not None:
        named.append(f"\0{fact.account}@{fact.occurred_us}")
    return [name for name in named if name]
