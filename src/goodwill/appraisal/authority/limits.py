"""Rules that limit amounts: of one gesture, of several in a window of time, of a role's budget."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from goodwill.appraisal.authority.amounts import EXACT, Amount, Exchange
from goodwill.appraisal.authority.rule import Rule
from goodwill.appraisal.authority.seeing import Concession, Seen, Whose, since
from goodwill.domain.decision import Request, Ruling
from goodwill.domain.money import Money
from goodwill.policies.parameters import Days, Whole

__all__ = ["AmountLimit", "Budget", "CountLimit", "SumLimit"]

TO_WHOM = {"account": "to this customer", "actor": "by this actor"}


class AmountLimit(Rule):
    """One gesture costs at most so much; `GreatCustomer` may raise it.

    Example:
        >>> AmountLimit(most=Money("25.00", "USD"), roles=("agent",))
        AmountLimit(roles=('agent',), most=Money('25.00', 'USD'))
    """

    rule: Literal["amount_limit"] = "amount_limit"
    most: Amount

    @property
    def amounts(self) -> tuple[Money, ...]:
        """The limit."""
        return (self.most,)

    def speak(self, request: Request, seen: Seen, exchange: Exchange) -> Ruling:
        """Whether the cost is within the limit."""
        is_within = exchange.amount(request.cost) <= exchange.amount(self.most)
        return self.said(f"{request.cost} is {'within' if is_within else 'above'} {self.most}", allows=is_within)


class CountLimit(Rule):
    """At most so many concessions in the last `days` days, the one that is asked for included.

    Attributes:
        most: how many.
        days: how far back is counted, up to the instant of the request.
        per: what is counted: concessions to the customer ("account"), or those by the actor ("actor").
    """

    rule: Literal["count_limit"] = "count_limit"
    most: Annotated[Whole, Field(ge=0, le=1_000_000)]
    days: Days
    per: Whose = "account"

    @property
    def window(self) -> tuple[str, float]:
        """Whose, and how long."""
        return self.per, self.days

    def speak(self, request: Request, seen: Seen, exchange: Exchange) -> Ruling:
        """Whether there is room for one more."""
        would_be = len(earlier(self, seen.of(self.per), request, self.days)) + 1
        what = f"with this, {would_be} {TO_WHOM[self.per]} in {self.days:g} days, of at most {self.most}"
        return self.said(what, allows=would_be <= self.most)


class SumLimit(Rule):
    """Concessions of the last `days` days cost at most so much, the one that is asked for included; as `CountLimit`."""

    rule: Literal["sum_limit"] = "sum_limit"
    most: Amount
    days: Days
    per: Whose = "account"

    @property
    def amounts(self) -> tuple[Money, ...]:
        """The limit."""
        return (self.most,)

    @property
    def window(self) -> tuple[str, float]:
        """Whose, and how long."""
        return self.per, self.days

    def speak(self, request: Request, seen: Seen, exchange: Exchange) -> Ruling:
        """Whether the sum stays within the limit."""
        before = earlier(self, seen.of(self.per), request, self.days)
        total = exchange.total([*(each.cost for each in before), request.cost])
        what = f"with this, {exchange.shown(total)} {TO_WHOM[self.per]} in {self.days:g} days, of at most {self.most}"
        return self.said(what, allows=total <= exchange.amount(self.most))


class Budget(Rule):
    """What a role may spend in the last `days` days, all who have it together.

    Spent is what recorded decisions allowed to the role, or what the caller says: `authority.see(..., spent=)`.
    """

    rule: Literal["budget"] = "budget"
    most: Amount
    days: Days

    @property
    def amounts(self) -> tuple[Money, ...]:
        """The budget."""
        return (self.most,)

    @property
    def window(self) -> tuple[str, float]:
        """The role's, and how long."""
        return "role", self.days

    def speak(self, request: Request, seen: Seen, exchange: Exchange) -> Ruling:
        """Whether enough is left."""
        before = [each.cost for each in earlier(self, seen.of_role, request, self.days)]
        spent = exchange.total(before if seen.spent is None else [seen.spent])
        most = exchange.amount(self.most)
        what = f"{exchange.shown(spent)} of {self.most} for {self.days:g} days is spent, and {request.cost} asked for"
        return self.said(what, allows=EXACT.add(spent, exchange.amount(request.cost)) <= most)


def earlier(rule: Rule, found: tuple[Concession, ...], request: Request, days: float) -> list[Concession]:
    """What counts before the request: concessions within the window, of the kinds that the rule applies to."""
    within = since(found, request.requested_at, days)
    return [each for each in within if not rule.kinds or each.kind in rule.kinds]
