"""Concessions of a frame, and what had happened before each of them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from goodwill.analytics.costing import AMOUNT, CURRENCY
from goodwill.analytics.rows import exact
from goodwill.appraisal.authority.seeing import Concession, begin
from goodwill.appraisal.faults import AppraisalError
from goodwill.domain.entry import Fact
from goodwill.domain.instant import from_us, to_us
from goodwill.domain.money import Money

__all__ = ["Given", "Past", "concessions"]


class Given(NamedTuple):
    """A concession of the frame, with what the frame says of it."""

    fact: Fact
    row: Mapping[str, Any]
    actor: str | None
    role: str | None
    cost: Money
    taken_out_us: int | None

    @property
    def concession(self) -> Concession:
        """As rules see it."""
        return Concession(from_us(self.fact.occurred_us), self.fact.kind, self.cost)


def concessions(
    rows: Iterable[Mapping[str, Any]], facts: Mapping[str, list[Fact]], role: str | None
) -> Iterator[Given]:
    """The concessions of a frame, reversed ones too, with the row that each comes from."""
    taken_out = {fact.reverses: fact.recorded_us for each in facts.values() for fact in each if fact.type == "reversal"}
    # Facts of one account are in the order of its rows, reversals aside, which may be of another's.
    entries = {account: iter([fact for fact in each if fact.type != "reversal"]) for account, each in facts.items()}
    for row in rows:
        if row["type"] == "reversal":
            continue
        fact = next(entries[str(row["account"])])
        if row["type"] == "deposit" and row[AMOUNT] is not None:
            actor, said = row.get("actor"), row.get("role")
            cost = Money(exact(row[AMOUNT]), currency_of(row))
            as_role = role if said is None else str(said)
            yield Given(fact, row, None if actor is None else str(actor), as_role, cost, taken_out.get(fact.id))


def currency_of(row: Mapping[str, Any]) -> str:
    """The currency of a row's cost."""
    currency: str | None = row[CURRENCY]
    if currency is None:
        raise AppraisalError("a cost has no currency; say it in a column cost_currency, or with home=")
    return currency


class Past:
    """What had happened before each concession, as far as it counts.

    Args:
        every: the concessions, in any order.
        facts: all facts, by account.
        as_known: whether only what was recorded before is known.
    """

    def __init__(self, every: Sequence[Given], facts: Mapping[str, Sequence[Fact]], *, as_known: bool) -> None:
        self._as_known = as_known
        self.in_order = sorted(every, key=lambda each: self.place(each.fact))
        self._facts = {account: sorted(each, key=self.place) for account, each in facts.items()}
        self._of: dict[tuple[str, str], list[Given]] = {}
        for one in sorted(every, key=lambda each: each.fact.occurred_us):
            for whose, name in names_of(one):
                self._of.setdefault((whose, name), []).append(one)

    def place(self, fact: Fact) -> tuple[int, ...]:
        """Where a fact is in the order in which things became known."""
        happened = (fact.occurred_us, fact.seq)
        return (fact.recorded_us, *happened) if self._as_known else happened

    def facts_of(self, account: str) -> list[Fact]:
        """All facts of an account."""
        return self._facts[account]

    def facts_before(self, one: Given) -> list[Fact]:
        """The facts of the account before a concession; what a reversal takes out never was, unless nobody knew yet."""
        own = self._facts[one.fact.account]
        last = self.place(one.fact)
        # Without as_known a reversal counts whenever it was written.
        known = [fact for fact in own if fact.type == "reversal" and not self._as_known]
        return known + [fact for fact in own if self.place(fact) < last and (self._as_known or fact.type != "reversal")]

    def before(self, one: Given, windows: Mapping[str, float]) -> dict[str, tuple[Concession, ...]]:
        """What was given before a concession, within each window."""
        last = self.place(one.fact)
        found: dict[str, tuple[Concession, ...]] = {}
        for whose, name in names_of(one):
            if whose in windows:
                at_us = one.fact.occurred_us
                first_us = to_us(begin(from_us(at_us), windows[whose]))
                every = self._of[whose, name]
                start = bisect_left(every, first_us, key=happened_us)
                end = bisect_right(every, at_us, key=happened_us)
                found[whose] = tuple(
                    each.concession
                    for each in every[start:end]
                    if self.place(each.fact) < last and not self._is_gone(each, one)
                )
        return found

    def _is_gone(self, each: Given, one: Given) -> bool:
        """Whether a concession was taken out, as far as that was known at another."""
        if each.taken_out_us is None:
            return False
        return not self._as_known or each.taken_out_us <= one.fact.recorded_us


def names_of(one: Given) -> Iterator[tuple[str, str]]:
    """Whose a concession is: the account's, the actor's, the role's."""
    yield "account", one.fact.account
    if one.actor is not None:
        yield "actor", one.actor
    if one.role is not None:
        yield "role", one.role


def happened_us(one: Given) -> int:
    return one.fact.occurred_us
