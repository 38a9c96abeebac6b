"""Kept readings: what of an account's reading can be kept, so that the next one needs no history.

Between entries a policy whose decays are all exponential is a sum per rate, so a reading costs the same however long the
history is; account terms are computed from the opening and the last contact. What cannot be kept exactly is not: then
`read` and `extend` answer None, and the entries are read.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from goodwill.domain.balance import Balance
from goodwill.domain.canonical import canonical_json
from goodwill.domain.entry import Fact
from goodwill.domain.history import History, fold_order
from goodwill.domain.kind import Catalog
from goodwill.domain.promise import due_instants, stamp
from goodwill.ledger.course import Course, next_look
from goodwill.ledger.kept import Held, KeptReading, Stop
from goodwill.ledger.reading import Reader, counted, foreign
from goodwill.ledger.stopping import EVERY, MOST, dangling, fitting, notes, places, stop_at
from goodwill.policies.checkpoint import can_checkpoint, joined, resume
from goodwill.policies.fold import Fold, Valued, fold
from goodwill.policies.policy import Policy
from goodwill.policies.sums import ROUNDING, add, rank_key, sum_up

__all__ = ["Made", "extend", "go_on", "has_one_rate", "keep", "read", "read_with"]

NEARLY_GONE: Final = 1e-100
"""In points, what a share too small to matter may leave of an entry."""


def read_with(policy: Policy, catalog: Catalog, home: str) -> str:
    """A digest of what a reading depends on beside the policy and the facts.

    The home currency, the names that kinds have today, which of them are contacts, and the policy under those names. A
    ledger with another digest reads the entries.
    """
    aliases = {alias: kind.name for kind in catalog.values() for alias in kind.aliases}
    contacts = sorted(kind.name for kind in catalog.values() if kind.contact)
    document = {"home": home, "policy": policy.under(catalog).digest, "aliases": aliases, "contacts": contacts}
    return hashlib.sha256(canonical_json(document).encode()).hexdigest()


def has_one_rate(policy: Policy) -> bool:
    """Whether accounts rank by one key at every instant: everything fades at one rate, and nothing else counts."""
    return len(policy.decay.rates) == 1 and not policy.terms


# Keeping


class Made(NamedTuple):
    """A reading to keep, and how it came about.

    Attributes:
        kept: the reading.
        base: what the account was made of before the facts of the history.
        history, valued: what was folded: all that happened, or what happened since.
        stops: where the fold stopped.
    """

    kept: KeptReading
    base: Course
    history: History
    valued: list[Valued]
    stops: tuple[Stop, ...] = ()


def keep(reader: Reader, facts: Sequence[Fact]) -> Made | None:
    """The reading to keep of all facts of an account, as of the reader's instant; None where there are none."""
    history = reader.history(facts)
    if not history.known:
        return awaited(reader, history, facts)
    folding, stops, start = Fold(reader.opinion, history, reader.home, reader.policy.digest), list[Stop | None](), 0
    for place in places(reader.opinion, history.in_force):
        folding.take_all(history.in_force[start:place])
        stops.append(stop_at(reader, folding, history.in_force[:place]))
        start = place
    folding.take_all(history.in_force[start:])
    valued = list(folding.valued.values())
    happened = [fact.occurred_us for fact in facts if fact.type != "reversal" and fact.occurred_us <= reader.at_us]
    happened += [fact.occurred_us for fact in history.in_force if fact.type == "breach"]
    exponential = reader.opinion.decay.exponential
    sums = sum_up((each.worth, each.decay, each.fact.occurred_us) for each in valued) if exponential else None
    opened_us, contact_us = reader.opened(history, reader.at_us), reader.last_contact(history, reader.at_us)
    strange = foreign(valued)
    noted = fitting(notes(valued))
    course = Course(sums or (), () if exponential else tuple(valued), opened_us, contact_us)
    kept = KeptReading(
        from_us=max(happened),
        until_us=comes_by_itself(reader, history, facts),
        looked_us=reader.at_us,
        opened_us=opened_us,
        contact_us=contact_us,
        entries=counted(valued),
        sums=sums,
        unvalued=noted if len(strange) <= MOST else None,
        foreign=strange[:MOST],
        dangling=dangling(reader, history, history.in_force),
        band=reader.standing(points_of(reader, course), history, valued),
        is_overdrawn=False,
    )
    reading = looked(reader, kept, course)
    return Made(reading, Course(), history, valued, tuple(stop for stop in stops if stop is not None))


def awaited(reader: Reader, history: History, facts: Sequence[Fact]) -> Made | None:
    """Of an account of which nothing happened yet: no reading of any instant, but to look when the first thing has."""
    until_us = comes_by_itself(reader, history, facts)
    if until_us is None:
        return None
    nothing = KeptReading(
        from_us=until_us,
        until_us=until_us,
        looked_us=reader.at_us,
        opened_us=None,
        contact_us=None,
        entries=0,
        sums=None,
        unvalued=None,
        foreign=(),
        dangling=None,
        band=reader.opinion.standing.name_of(0.0),
        is_overdrawn=False,
        next_us=until_us,
    )
    return Made(nothing, Course(), history, [])


def go_on(reader: Reader, stop: Stop, before: KeptReading, facts: Sequence[Fact]) -> Made | None:
    """The reading to keep, folded from a stop on; None where all facts have to be folded.

    Args:
        reader: whose instant is the present.
        stop: before everything that changed.
        before: what was kept until now.
        facts: all that happened from the stop's instant on, with their reversals, and what is new of earlier contacts.
    """
    stopped, tally = stop.parts
    opinion = reader.opinion
    if stopped is None or stopped.policy != opinion.digest or stopped.home != reader.home:
        return None
    if any(fact.type == "opening" for fact in facts):
        return None  # which of several is read depends on the policy's name for itself
    if opinion.standing.hysteresis is not None:
        return None  # a regime is folded over the balances after every entry
    facts = reader.renamed(facts)
    folding = resume(opinion, stopped, facts, reader.at_us)
    valued, key = list(folding.valued.values()), stop.key
    later = [fact for fact in folding.history.in_force if fold_order(fact) > key]
    earlier = [fact for fact in facts if fact.type == "observation" and fold_order(fact) <= key]
    base = Course(stopped.sums, (), earliest(tally.opened_us, before.opened_us), tally.contact_us)
    sums = joined(stopped.sums, sum_up((each.worth, each.decay, each.fact.occurred_us) for each in valued))
    course = replace(base.plus(reader, [*earlier, *later], ()), sums=sums)
    missing = dangling(reader, folding.history, later)
    strange = foreign(valued)
    noted = fitting(sorted((*tally.unvalued, *notes(valued)), key=lambda each: each.order))
    happened = [fact.occurred_us for fact in (*later, *facts) if fact.type != "reversal"]
    kept = KeptReading(
        from_us=max((before.from_us, *(us for us in happened if us <= reader.at_us))),
        until_us=comes_by_itself(reader, folding.history, facts),
        looked_us=reader.at_us,
        opened_us=course.opened_us,
        contact_us=course.contact_us,
        entries=tally.entries + counted(valued),
        sums=sums,
        unvalued=noted if len(strange) <= MOST else None,
        foreign=strange[:MOST],
        dangling=None if missing is None else tuple(sorted({*missing, *tally.dangling})),
        band=opinion.standing.name_of(points_of(reader, course)),
        is_overdrawn=False,
    )
    stops = [stop_at(reader, folding, later, tally)] if len(later) >= EVERY and can_checkpoint(opinion, later) else []
    return Made(looked(reader, kept, course), base, folding.history, valued, tuple(each for each in stops if each))


def extend(reader: Reader, kept: KeptReading, facts: Sequence[Fact]) -> Made | None:
    """The reading with these facts more, which answer nothing and were never amended; None where that needs a fold."""
    if not (holds(reader, kept) and can_add(reader, kept, facts)):
        return None
    history = reader.history(facts)
    valued = fold(reader.opinion, history, reader.home)
    sums = kept.sums or ()
    for each in valued:
        sums = add(sums, each.worth, each.decay, each.fact.occurred_us)
    more = fitting(sorted((*(kept.unvalued or ()), *notes(valued)), key=lambda each: each.order))
    opened_us, contact_us = reader.opened(history, reader.at_us), reader.last_contact(history, reader.at_us)
    grown = kept._replace(
        from_us=max((kept.from_us, *(fact.occurred_us for fact in facts))),
        looked_us=reader.at_us,
        opened_us=earliest(kept.opened_us, opened_us),
        contact_us=latest(kept.contact_us, contact_us),
        entries=kept.entries + counted(valued),
        sums=sums,
        unvalued=more,
    )
    course = Course(sums, (), grown.opened_us, grown.contact_us)
    if reader.opinion.standing.hysteresis is None:
        grown = grown._replace(band=reader.opinion.standing.name_of(points_of(reader, course)))
    base = Course(kept.sums or (), (), kept.opened_us, kept.contact_us)
    return Made(looked(reader, grown, course), base, history, valued)


def looked(reader: Reader, kept: KeptReading, course: Course) -> KeptReading:
    """The reading with how the account stands as of the reader's instant, and when to look again."""
    soonest = earliest(next_look(reader, course, reader.at_us), kept.until_us)
    key = None
    if kept.sums is not None and has_one_rate(reader.opinion):
        key = rank_key(kept.sums[0]) if kept.sums else 0.0
    return kept._replace(is_overdrawn=course.is_overdrawn(reader, reader.at_us), rank_key=key, next_us=soonest)


def points_of(reader: Reader, course: Course) -> float:
    """The balance at the reader's instant."""
    return math.fsum(course.amounts(reader, reader.at_us))


def comes_by_itself(reader: Reader, history: History, facts: Iterable[Fact]) -> int | None:
    """The first instant after the reader's at which a fact becomes visible, or a promise comes due unkept."""
    facts = list(facts)
    taken_out = {fact.reverses for fact in facts if fact.type == "reversal"}
    ahead = [
        fact.occurred_us
        for fact in facts
        if fact.type != "reversal" and fact.occurred_us > reader.at_us and fact.id not in taken_out
    ]
    completed = {each.name for each in history.kept.values() if each.completed_by is not None}
    for fact in history.in_force:
        if fact.type == "promise":
            dues = [us for us in due_instants(fact, reader.at_us) if us > reader.at_us]
            ahead += [us for us in dues if f"{fact.reference or fact.id}@{stamp(us)}" not in completed]
    return min(ahead, default=None)


# Reading


def read(reader: Reader, held: Held, account: str, resolved_from: str | None) -> Balance | None:
    """The balance by a kept reading and what is pending; None where only the entries can tell.

    It is the one that the entries give, but for rounding; where rounding could decide in which band it is, it is not
    given.
    """
    kept = held.kept
    if not held.is_whole or kept.unvalued is None or kept.sums is None or not holds(reader, kept):
        return None
    seen = [fact for fact in held.pending if fact.occurred_us <= reader.at_us]
    if held.pending and not (held.is_plain and can_add(reader, kept, seen)):
        return None
    history = reader.history(seen)
    valued = fold(reader.opinion, history, reader.home) if seen else []
    parts = [each.at(reader.at_us) for each in kept.sums]
    amounts = [amount for part in parts for amount in part if amount]
    amounts += [each.worth * each.share(reader.at_us) for each in valued]
    opened_us = earliest(kept.opened_us, reader.opened(history, reader.at_us))
    contact_us = latest(kept.contact_us, reader.last_contact(history, reader.at_us))
    terms = reader.terms(opened_us, contact_us, reader.at_us)
    standing = reader.opinion.standing
    points = math.fsum([*amounts, *terms.values()])
    if is_doubtful(points, math.fsum(map(abs, [*amounts, *terms.values()])), [band.below for band in standing.bands]):
        return None
    more = sorted((*kept.unvalued, *notes(valued)), key=lambda each: each.order)
    return reader.told(
        account,
        amounts,
        terms,
        contact_us,
        resolved_from=resolved_from,
        standing=kept.band if standing.hysteresis is not None else standing.name_of(points),
        is_known=True,
        unvalued=tuple(each.told for each in more),
        entries=kept.entries + counted(valued),
        foreign=kept.foreign,
    )


def holds(reader: Reader, kept: KeptReading) -> bool:
    """Whether a kept reading says something of the reader's instant."""
    return kept.from_us <= reader.at_us and (kept.until_us is None or reader.at_us < kept.until_us)


def can_add(reader: Reader, kept: KeptReading, facts: Sequence[Fact]) -> bool:
    """Whether what these facts add up to does not depend on what was there before, nor that on them."""
    if not facts:
        return True
    opinion = reader.opinion
    alone = opinion.policy_class != "folded" and opinion.standing.hysteresis is None
    if not alone or kept.sums is None or kept.unvalued is None or kept.dangling is None:
        return False
    named = {text for fact in facts for text in (fact.id, fact.reference)}
    return named.isdisjoint(kept.dangling) and all(fact.occurred_us <= reader.at_us for fact in facts)


def is_doubtful(points: float, size: float, limits: Iterable[float]) -> bool:
    """Whether rounding could decide on which side of a limit a balance is."""
    near = ROUNDING * size
    # What is nearly gone is 0 in the entries and not yet in their sums.
    return 0.0 < size < NEARLY_GONE or any(abs(points - limit) <= 1.001 * near for limit in (0.0, *limits) if near)


def earliest(one: int | None, other: int | None) -> int | None:
    """The smaller of two instants, of which either may not be there."""
    return min((us for us in (one, other) if us is not None), default=None)


def latest(one: int | None, other: int | None) -> int | None:
    """The larger of two instants, of which either may not be there."""
    return max((us for us in (one, other) if us is not None), default=None)
