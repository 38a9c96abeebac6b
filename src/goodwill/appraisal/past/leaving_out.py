"""What each of many concessions changes: every one is left out of its account by itself, many at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from goodwill.appraisal.changing import Floats, present_value
from goodwill.appraisal.having import term_points
from goodwill.appraisal.looking import are_settled, looks
from goodwill.appraisal.replaying import Counterfactual, Instants, Part, Replay, instants, shares_of
from goodwill.appraisal.retention import RetentionLink
from goodwill.appraisal.value import CustomerValue
from goodwill.domain.entry import Fact
from goodwill.ledger.reading import Reader
from goodwill.policies.fold import Valued
from goodwill.policies.policy import Policy

__all__ = ["Worth", "worths"]

AT_A_TIME: Final = 8192
"""So many instants are computed at once, that memory stays small."""


class Worth(NamedTuple):
    """What a concession changes in the value of its customer, in the currency of the margin.

    Attributes:
        exact: the customer's value with it, minus that without it.
        if_permanent: the same, had it never faded.
    """

    exact: float
    if_permanent: float

    def times(self, factor: float) -> Worth:
        """The same of a margin so many times as large."""
        return Worth(factor * self.exact, factor * self.if_permanent)


class LeftOut(NamedTuple):
    """One concession, and what its account would lack without it.

    Attributes:
        fact: the concession.
        lacks: the points that entries would be worth less, and how they fade.
    """

    fact: Fact
    lacks: list[Part]


def worths(
    facts: Sequence[Fact], ids: Collection[str], reader: Reader, link: RetentionLink, value: CustomerValue
) -> Mapping[str, Worth]:
    """What some entries of one account change, each left out by itself; none for what the policy has no opinion on.

    Args:
        facts: of the account, up to the present.
        ids: of the concessions.
        reader: reads as of an instant ahead, beyond all periods.
        link: from goodwill to staying.
        value: the customer's.
    """
    with_all = Replay.of(reader, facts)
    cases = list(left_out(with_all, facts, ids))
    found: dict[str, Worth] = {}
    latest_us = max((case.fact.occurred_us for case in cases), default=0)
    for count in looks(value, latest_us) if cases else ():
        again: list[LeftOut] = []
        for some in batches(cases, max(AT_A_TIME // count, 1)):
            read = Paths.of(with_all, some, value, count)
            found |= zip((case.fact.id for case in some), read.changes(value, link), strict=True)
            settled = are_settled(value, link, read.base, with_all.restless(read.at_us[:, -1]))
            again += [case for case, is_settled in zip(some, settled.tolist(), strict=True) if not is_settled]
        cases = again
    return found


def batches(cases: Sequence[LeftOut], size: int) -> Iterator[Sequence[LeftOut]]:
    """The cases, so many at a time."""
    return (cases[start : start + size] for start in range(0, len(cases), size))


def left_out(with_all: Replay, facts: Sequence[Fact], ids: Collection[str]) -> Iterator[LeftOut]:
    """Each of some entries that the policy has an opinion on, with what the account would lack without it."""
    answers = Counter(each.recovers.id for each in with_all.valued if each.recovers is not None)
    for entry in with_all.valued:
        if entry.fact.id in ids and entry.unvalued is None:
            alone = stands_alone(with_all.reader.opinion, entry, answers)
            yield LeftOut(entry.fact, own(entry) if alone else replayed(with_all, facts, entry))


def stands_alone(policy: Policy, entry: Valued, answers: Mapping[str, int]) -> bool:
    """Whether every other entry is worth the same without this one.

    So it is where no step has a state, and nothing else answers what this one answers: recoveries of one failure share
    what there is to give back.
    """
    if policy.valuation.scope == "folded":
        return False
    return entry.recovers is None or answers[entry.recovers.id] == 1


def own(entry: Valued) -> list[Part]:
    """What an entry that stands alone adds by itself."""
    return [Part(entry.worth, entry.decay, entry.fact.occurred_us)] if entry.worth else []


def replayed(with_all: Replay, facts: Sequence[Fact], entry: Valued) -> list[Part]:
    """What entries are worth less where the account is replayed without one of them."""
    without = Replay.of(with_all.reader, [fact for fact in facts if fact.id != entry.fact.id])
    given_us = entry.fact.occurred_us
    return Counterfactual(with_all, without, given_us, given_us, entry.fact).changed


class Paths(NamedTuple):
    """The goodwill of some concessions' customers over their periods, a row for each concession.

    Attributes:
        at_us: the ends of the periods.
        base: the points then, without the concession.
        lift: by how many points it is higher with it.
        at_once: the lift the moment that it is given.
    """

    at_us: Instants
    base: Floats
    lift: Floats
    at_once: Floats

    @classmethod
    def of(cls, with_all: Replay, cases: Sequence[LeftOut], value: CustomerValue, count: int) -> Paths:
        """Follow some concessions over so many periods, each counted from when it was given."""
        given_us = [case.fact.occurred_us for case in cases]
        # The moment itself first, then the ends of the periods.
        at_us = np.stack([np.append(us, instants(us, value.period_days, count)) for us in given_us])
        points = shares_of(with_all.parts, at_us.ravel()).reshape(at_us.shape)
        lift = np.stack([shares_of(case.lacks, us) for case, us in zip(cases, at_us, strict=True)])
        reader, in_force = with_all.reader, with_all.history.in_force
        if reader.policy.terms:
            terms = term_points(reader, in_force, at_us)
            points += terms
            lift += terms - np.stack(
                [
                    term_points(reader, (fact for fact in in_force if fact.id != case.fact.id), us)
                    for case, us in zip(cases, at_us, strict=True)
                ]
            )
        return cls(at_us[:, 1:], (points - lift)[:, 1:], lift[:, 1:], lift[:, 0])

    def changes(self, value: CustomerValue, link: RetentionLink) -> list[Worth]:
        """What each concession changes in its customer's value."""
        paths = np.stack([self.base, self.base + self.lift, self.base + self.at_once[:, None]])
        without, with_it, if_lasting = present_value(value, link.rate(paths))
        return [
            Worth(*pair) for pair in zip((with_it - without).tolist(), (if_lasting - without).tolist(), strict=True)
        ]
