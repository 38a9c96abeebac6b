"""From facts to readings: pure functions of (facts, policy, as_of, known_at) alone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from goodwill.domain.balance import Balance, Contribution, Unvalued
from goodwill.domain.entry import Fact
from goodwill.domain.history import History, require_kept
from goodwill.domain.instant import days_between, from_us, to_us
from goodwill.domain.kind import Catalog
from goodwill.domain.period import Period
from goodwill.domain.statement import Line, Statement
from goodwill.ledger.merging import Customer
from goodwill.ledger.ports import Total
from goodwill.policies.fold import Valued, fold
from goodwill.policies.policy import Policy
from goodwill.policies.readout import Impression, Readout, Relationship
from goodwill.policies.sums import ROUNDING

__all__ = ["Reader", "counted", "foreign"]

ENDS_SILENCE = frozenset({"deposit", "withdrawal", "kept"})
"""The types of entry that end a silence; a promise or its breach does not."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads accounts under one policy, as of one instant, as known at another.

    Attributes:
        home: the ledger's home currency.
        settled_us: readings known at a later instant than this are provisional.
        opinion: the policy with kinds by the names that the catalog has for them today.
    """

    policy: Policy
    catalog: Catalog
    home: str
    as_of: datetime
    known_at: datetime | None = None
    settled_us: int = 0
    opinion: Policy = field(init=False)
    at_us: int = field(init=False)
    known_us: int | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "opinion", self.policy.under(self.catalog))
        object.__setattr__(self, "at_us", to_us(self.as_of, "as_of"))
        object.__setattr__(self, "known_us", None if self.known_at is None else to_us(self.known_at, "known_at"))

    def balance(self, customer: Customer) -> Balance:
        """What the account adds up to."""
        history, valued = self.valued(customer.facts)
        opened_us, contact_us = self.opened(history, self.at_us), self.last_contact(history, self.at_us)
        terms = self.terms(opened_us, contact_us, self.at_us)
        amounts = [entry.worth * entry.share(self.at_us) for entry in valued]
        return self.told(
            customer.account,
            amounts,
            terms,
            contact_us,
            resolved_from=customer.resolved_from,
            standing=self.standing(math.fsum([*amounts, *terms.values()]), history, valued),
            is_known=history.known,
            unvalued=tuple(unvalued(entry) for entry in valued if entry.unvalued is not None),
            entries=counted(valued),
            foreign=foreign(valued),
        )

    def summed(self, total: Total) -> Balance:
        """What the account adds up to, its entries having been added up by the store."""
        terms = self.terms(total.opened_us, total.last_us, self.at_us)
        amounts = [total.positive, total.negative]
        return self.told(
            total.account,
            amounts,
            terms,
            total.last_us,
            standing=self.opinion.standing.name_of(math.fsum([*amounts, *terms.values()])),
            unvalued=total.unvalued,
            entries=total.entries,
        )

    def told(
        self, account: str, amounts: Sequence[float], terms: dict[str, float], contact_us: int | None, **read: Any
    ) -> Balance:
        """A balance of what it is made of; the amounts may be those of single entries, or sums of one sign."""
        every = [*amounts, *terms.values()]
        points = math.fsum(every)
        return Balance(
            account=account,
            points=points,
            displayed=self.policy.displayed(points),
            positive=math.fsum(amount for amount in every if amount > 0.0),
            negative=math.fsum(amount for amount in every if amount < 0.0),
            as_of=from_us(self.at_us),
            known_at=None if self.known_us is None else from_us(self.known_us),
            policy=self.policy.fingerprint,
            is_overdrawn=points < -ROUNDING * math.fsum(map(abs, every)),
            provisional=self.known_us is not None and self.known_us > self.settled_us,
            terms=terms,
            last_contact=None if contact_us is None else from_us(contact_us),
            **read,
        )

    def contributions(self, facts: Iterable[Fact]) -> list[Contribution]:
        """What each valued entry adds, in fold order; they sum to the balance."""
        _, valued = self.valued(facts)
        return [contribution(entry, self.at_us) for entry in valued if entry.unvalued is None]

    def readout(self, facts: Iterable[Fact], readout: Readout) -> float | None:
        """Another number than the sum, from the same entries."""
        facts = list(facts)
        history, valued = self.valued(facts)
        points = [entry.worth * entry.share(self.at_us) for entry in valued]
        amounts = [*points, *self._terms(history, self.at_us).values()]
        return readout.read(
            Relationship(
                at_us=self.at_us,
                impressions=tuple(impression(entry, self.at_us) for entry in valued if entry.unvalued is None),
                positive=math.fsum(amount for amount in amounts if amount > 0.0),
                negative=math.fsum(amount for amount in amounts if amount < 0.0),
                opened_us=self.opened(history, self.at_us),
                last_contact_us=self.last_contact(history, self.at_us),
                balance_at=lambda at_us: self._points_at(facts, history, valued, at_us),
            )
        )

    def _points_at(self, facts: Iterable[Fact], history: History, valued: Sequence[Valued], at_us: int) -> float:
        """The balance at an earlier instant: no entry's worth depends on a later one."""
        require_kept(facts, at_us, self.known_us)
        amounts = [entry.worth * entry.share(at_us) for entry in valued if entry.fact.occurred_us <= at_us]
        return math.fsum([*amounts, *self._terms(history, at_us).values()])

    def opening(self, facts: Iterable[Fact]) -> float:
        """The balance over entries that happened before the instant, with their shares at the instant itself."""
        history, valued = self.valued(facts, self.at_us - 1)
        terms = self._terms(history, self.at_us)
        return math.fsum([*(entry.worth * entry.share(self.at_us) for entry in valued), *terms.values()])

    def statement(self, customer: Customer, period: Period) -> Statement:
        """How the balance moved over a period."""
        facts = customer.facts
        start, end = to_us(period.start), to_us(period.end)
        history, valued = self.valued(facts, end - 1)
        at_start, at_end = self._terms(self.history(facts, start - 1), start), self._terms(history, end)
        before = [entry for entry in valued if entry.fact.occurred_us < start]
        within = [entry for entry in valued if entry.fact.occurred_us >= start]
        faded = [entry.worth * (entry.share(start) - entry.share(end)) for entry in before]
        faded += [entry.worth * (1.0 - entry.share(end)) for entry in within]
        opening = math.fsum([*(entry.worth * entry.share(start) for entry in before), *at_start.values()])
        return Statement(
            account=customer.account,
            period=period,
            known_at=None if self.known_us is None else from_us(self.known_us),
            policy=self.policy.fingerprint,
            opening=opening,
            deposited=math.fsum(entry.worth for entry in within if entry.worth > 0.0),
            withdrawn=-math.fsum(entry.worth for entry in within if entry.worth < 0.0) + 0.0,
            forgotten=math.fsum(amount for amount in faded if amount > 0.0),
            forgiven=-math.fsum(amount for amount in faded if amount < 0.0) + 0.0,
            closing=math.fsum([*(entry.worth * entry.share(end) for entry in valued), *at_end.values()]),
            terms={tag: at_end.get(tag, 0.0) - at_start.get(tag, 0.0) for tag in at_end.keys() | at_start.keys()},
            lines=tuple(line(entry) for entry in within if entry.unvalued is None),
            unvalued=sum(entry.unvalued is not None for entry in within),
        )

    def valued(self, facts: Iterable[Fact], at_us: int | None = None) -> tuple[History, list[Valued]]:
        """The facts of an account as of its own instant, or another, and what each is worth.

        Raises:
            Purged: if facts that it needs are no longer there.
        """
        history = self.history(facts, at_us)
        return history, fold(self.opinion, history, self.home, self.policy.digest)

    def history(self, facts: Iterable[Fact], at_us: int | None = None) -> History:
        """What is in force of an account's facts, under the names that the catalog has for kinds today.

        Raises:
            Purged: if facts that it needs are no longer there.
        """
        facts, at_us = list(facts), self.at_us if at_us is None else at_us
        require_kept(facts, at_us, self.known_us)
        return History(self.renamed(facts), at_us, self.known_us)

    def renamed(self, facts: Iterable[Fact]) -> list[Fact]:
        """Facts with kinds by the names that the catalog has for them today."""
        names = ((fact, self.catalog.canonical(fact.kind)) for fact in facts)
        return [fact if fact.kind == name else fact._replace(kind=name) for fact, name in names]

    def _terms(self, history: History, at_us: int) -> dict[str, float]:
        """What the account has by itself at an instant, by term; nothing before its first fact."""
        if not self.policy.terms:
            return {}
        return self.terms(self.opened(history, at_us), self.last_contact(history, at_us), at_us)

    def terms(self, opened_us: int | None, contact_us: int | None, at_us: int) -> dict[str, float]:
        """What an account of this opening and last contact has by itself at an instant, by term."""
        if opened_us is None:
            return {}
        open_days = days_between(opened_us, at_us)
        silent_days = open_days if contact_us is None else days_between(contact_us, at_us)
        return {term.tag: term.amount(open_days, silent_days) for term in self.policy.terms}

    def opened(self, history: History, at_us: int) -> int | None:
        """When the account's first fact of any sort happened, up to an instant."""
        recorded = (fact.occurred_us for fact in history.in_force if fact.type != "breach")
        return min((us for us in recorded if us <= at_us), default=None)

    def standing(self, points: float, history: History, valued: Sequence[Valued]) -> str:
        """The band that the points are in, or the regime after the history."""
        hysteresis = self.opinion.standing.hysteresis
        if hysteresis is None:
            return self.opinion.standing.name_of(points)
        return hysteresis.regime(self._moments(history, valued))

    def _moments(self, history: History, valued: Sequence[Valued]) -> Iterator[tuple[float, str | None]]:
        """The points right after each entry, and its kind where it was a loss."""
        for place, entry in enumerate(valued, start=1):
            if place < len(valued) and valued[place].fact.id == entry.fact.id:
                continue  # the other part of the same opening
            at_us = entry.fact.occurred_us
            amounts = [earlier.worth * earlier.share(at_us) for earlier in valued[:place]]
            points = math.fsum([*amounts, *self._terms(history, at_us).values()])
            yield points, entry.fact.kind if entry.worth < 0.0 else None

    def last_contact(self, history: History, at_us: int) -> int | None:
        """When the account's last silence began, up to an instant."""
        contacts = (fact.occurred_us for fact in history.in_force if self.is_contact(fact))
        return max((us for us in contacts if us <= at_us), default=None)

    def is_contact(self, fact: Fact) -> bool:
        """Whether a fact ends a silence."""
        kind = self.catalog.get(fact.kind)
        return fact.type in ENDS_SILENCE or (fact.type == "observation" and kind is not None and kind.contact)


def impression(entry: Valued, at_us: int) -> Impression:
    """A valued entry as a readout sees it."""
    return Impression(entry.fact.kind, entry.fact.occurred_us, entry.worth, entry.share(at_us))


def unvalued(entry: Valued) -> Unvalued:
    """An entry that counts 0, with the reason."""
    fact = entry.fact
    return Unvalued(fact.id, fact.reference, fact.kind, from_us(fact.occurred_us), entry.unvalued or "")


def counted(valued: Iterable[Valued]) -> int:
    """How many entries were valued, or could have been; an opening's two parts are one, and a breach is none."""
    return len({entry.fact.id for entry in valued if entry.fact.type != "breach"})


def foreign(valued: Iterable[Valued]) -> tuple[str, ...]:
    """The openings that were made for another policy."""
    return tuple(dict.fromkeys(entry.fact.id for entry in valued if entry.is_foreign))


def contribution(entry: Valued, at_us: int) -> Contribution:
    """What one entry adds at an instant, with its trace."""
    fact, share = entry.fact, entry.share(at_us)
    return Contribution(
        id=fact.id,
        reference=fact.reference,
        account=fact.account,
        type=fact.type,
        kind=fact.kind,
        occurred_at=from_us(fact.occurred_us),
        worth=entry.worth,
        share=share,
        points=entry.worth * share,
        recovers=None if entry.recovers is None else entry.recovers.id,
        trace=tuple(entry.trace),
        note=entry.note,
    )


def line(entry: Valued) -> Line:
    """One entry of a statement."""
    fact = entry.fact
    return Line(from_us(fact.occurred_us), fact.id, fact.reference, fact.type, fact.kind, entry.worth)
