"""Rules that ask who gives what to whom: kinds, roles, the customer's goodwill and history."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from goodwill.appraisal.authority.amounts import Amount, Exchange
from goodwill.appraisal.authority.rule import Otherwise, RoleName, Rule
from goodwill.appraisal.authority.seeing import Seen
from goodwill.domain.decision import Request, Ruling
from goodwill.domain.money import Money
from goodwill.policies.naming import KindName
from goodwill.policies.parameters import Days, Finite
from goodwill.policies.standing import BandName

__all__ = ["BalanceNeeded", "GreatCustomer", "KindsAllowed", "RoleNeeded", "StandingNeeded", "TenureNeeded"]


def listed(names: tuple[str, ...]) -> str:
    """Names for people."""
    return ", ".join(names)


class KindsAllowed(Rule):
    """Only these kinds may be given."""

    rule: Literal["kinds_allowed"] = "kinds_allowed"
    one_of: Annotated[tuple[KindName, ...], Field(min_length=1)]
    otherwise: Otherwise = "deny"

    def speak(self, request: Request, seen: Seen, exchange: Exchange) -> Ruling:
        """Whether the kind is one of them."""
        is_one = request.kind in self.one_of
        return self.said(f"{request.kind} is {'one' if is_one else 'none'} of {listed(self.one_of)}", allows=is_one)


class RoleNeeded(Rule):
    """Only these roles may give; name `kinds` for what needs one."""

    rule: Literal["role_needed"] = "role_needed"
    one_of: Annotated[tuple[RoleName, ...], Field(min_length=1)]

    def speak(self, request: Request, seen: Seen, exchange: Exchange) -> Ruling:
        """Whether the role is one of them."""
        is_one = request.role in self.one_of
        what = f"role {request.role!r} is {'one' if is_one else 'none'} of {listed(self.one_of)}"
        return self.said(what, allows=is_one)


class BalanceNeeded(Rule):
    """The customer's balance is at least `least` and at most `most` points, where they are given."""

    rule: Literal["balance_needed"] = "balance_needed"
    least: Finite | None = None
    most: Finite | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.least is None and self.most is None:
            raise ValueError("name least=, most= or both; a rule without either asks for nothing")
        if self.least is not None and self.most is not None and self.least > self.most:
            raise ValueError(f"least is {self.least:g}, above most {self.most:g}; no balance is within")
        return self

    def speak(self, request: Request, seen: Seen, exchange: Exchange) -> Ruling:
        """Whether the balance is within."""
        points = seen.points(self.rule)
        if self.least is not None and points < self.least:
            return self.said(f"a balance of {points:.2f} points is below {self.least:g}", allows=False)
        if self.most is not None and points > self.most:
            return self.said(f"a balance of {points:.2f} points is above {self.most:g}", allows=False)
        return self.said(f"a balance of {points:.2f} points is within what is asked", allows=True)


class StandingNeeded(Rule):
    """The customer's standing, under the policy that reads it, is one of these bands."""

    rule: Literal["standing_needed"] = "standing_needed"
    one_of: Annotated[tuple[BandName, ...], Field(min_length=1)]

    def speak(self, request: Request, seen: Seen, exchange: Exchange) -> Ruling:
        """Whether the standing is one of them."""
        seen.points(self.rule)
        is_one = seen.standing in self.one_of
        what = f"standing {seen.standing!r} is {'one' if is_one else 'none'} of {listed(self.one_of)}"
        return self.said(what, allows=is_one)


class TenureNeeded(Rule):
    """Somebody has been a customer for so many days: since the account's first entry."""

    rule: Literal["tenure_needed"] = "tenure_needed"
    days: Days

    @property
    def reads_tenure(self) -> bool:
        """Whether it asks for how long somebody has been a customer: it does."""
        return True

    def speak(self, request: Request, seen: Seen, exchange: Exchange) -> Ruling:
        """Whether that is long enough."""
        tenure = seen.tenure(request.requested_at)
        return self.said(f"a customer for {tenure:.1f} days, of {self.days:g} asked", allows=tenure >= self.days)


class GreatCustomer(Rule):
    """For a great customer the amount limit is the higher of the two; every other rule holds as it is.

    Great is whose balance is at least `balance` points, or who has been a customer for at least `tenure` days, either
    where it is given. For everybody else it says nothing.
    """

    rule: Literal["great_customer"] = "great_customer"
    most: Amount
    balance: Finite | None = None
    tenure: Days | None = None

    @model_validator(mode="after")
    def _great_by_something(self) -> Self:
        if self.balance is None and self.tenure is None:
            raise ValueError("name balance=, tenure= or both; a customer is great by one of them")
        return self

    @property
    def amounts(self) -> tuple[Money, ...]:
        """What amounts may be raised to."""
        return (self.most,)

    @property
    def reads_tenure(self) -> bool:
        """Whether it asks for how long somebody has been a customer."""
        return self.tenure is not None

    def why(self, request: Request, seen: Seen) -> str | None:
        """By what the customer is great; None where the customer is not."""
        if self.balance is not None and (points := seen.points(self.rule)) >= self.balance:
            return f"a balance of {points:.2f} points, at least {self.balance:g}"
        tenure = seen.tenure(request.requested_at)
        if self.tenure is not None and tenure >= self.tenure:
            return f"a customer for {tenure:.1f} days, at least {self.tenure:g}"
        return None

    def speak(self, request: Request, seen: Seen, exchange: Exchange) -> Ruling:
        """How far amounts are raised."""
        why = self.why(request, seen)
        raised = f"a great customer ({why}): amounts up to {self.most}" if why else "not a great customer"
        return self.said(raised, allows=True)
