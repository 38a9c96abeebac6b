"""What an appraisal says: numbers, what they rest on, and what they do not say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from goodwill.appraisal.breaking_even import BreakEven
from goodwill.appraisal.changing import Change
from goodwill.appraisal.parameters import rounded
from goodwill.appraisal.retention import RetentionLink
from goodwill.appraisal.uncertainty import Chance
from goodwill.appraisal.value import CustomerValue
from goodwill.domain.entry import Deposit
from goodwill.domain.money import Money
from goodwill.domain.notebook import as_html

__all__ = ["Appraisal", "Caveat", "Stay"]


class Caveat(NamedTuple):
    """Something that a reader must know before believing a number.

    Attributes:
        code: for programs, such as "slope_assumed".
        text: for people.
    """

    code: str
    text: str


class Stay(NamedTuple):
    """One period of the retention path.

    Attributes:
        at: its end.
        goodwill_without, goodwill_with: the points then, without the gesture and with it.
        without, with_it: the probability that the customer stays for it.
    """

    at: datetime
    goodwill_without: float
    goodwill_with: float
    without: float
    with_it: float


@dataclass(frozen=True, kw_only=True)
class Appraisal:
    """What a gesture is worth against what it costs, under a policy, a retention link and a customer's value.

    Money is rounded to its minor unit; `change` has the numbers as they were computed.

    Attributes:
        account: the customer's id.
        gesture: what was appraised.
        as_of: from when on periods are counted.
        policy: the fingerprint of the policy that read the account.
        link, customer_value: what turned points into money.
        cost: of the gesture, in the currency of the value.
        expected_cost: the same as of today: of a gesture that is given later, discounted, if the customer is there then.
        bought: the points by which the balance is higher the moment it is given.
        left: of these points, how many are left after so many days.
        half_life: in days, of the decay by which the gesture fades; None if it never fades to a half.
        change: what they change in the customer's value, unrounded.
        word_of_mouth: what is told is worth more with it than without; 0 unless asked for.
        retention: the path, period by period, for as long as the gesture matters in it.
        break_even: at what it would be worth just what it costs; None where it costs nothing, or less than what the
            customer tells others is worth.
        chance: how sure that is under a stated uncertainty; None where none was stated.
        caveats: what a reader must know.
    """

    account: str
    gesture: Deposit
    as_of: datetime
    policy: str
    link: RetentionLink
    customer_value: CustomerValue
    cost: Money
    expected_cost: float
    bought: float
    left: Mapping[int, float]
    half_life: float | None = None
    change: Change
    word_of_mouth: float = 0.0
    retention: tuple[Stay, ...] = field(default=(), repr=False)
    break_even: BreakEven | None = None
    chance: Chance | None = None
    caveats: tuple[Caveat, ...] = field(default=(), repr=False)

    @property
    def currency(self) -> str:
        """That of every amount."""
        return self.customer_value.currency

    @property
    def value(self) -> Money:
        """What the gesture adds to the customer's value, word of mouth included."""
        return rounded(self.change.exact + self.word_of_mouth, self.currency)

    @property
    def net(self) -> Money:
        """That, less what it costs."""
        return rounded(self.net_value, self.currency)

    @property
    def net_value(self) -> float:
        """The net value as it was computed, unrounded."""
        return self.change.exact + self.word_of_mouth - self.expected_cost

    @property
    def is_worth_it(self) -> bool:
        """Whether it is worth more than it costs, under these numbers."""
        return self.net_value > 0.0

    @property
    def first_order(self) -> Money:
        """The value to the first order in the lift."""
        return rounded(self.change.first_order, self.currency)

    @property
    def if_permanent(self) -> Money:
        """The value if goodwill never faded: what one would believe who ignores that it does."""
        return rounded(self.change.if_permanent, self.currency)

    def __str__(self) -> str:
        verdict = "worth more than it costs" if self.is_worth_it else "not worth what it costs"
        told = [
            f"{self.gesture.kind} for {self.account}: {verdict} under {self.policy}",
            f"  cost {self.cost}, value {self.value}, net {self.net}",
            f"  bought {self.bought:.2f} points; left "
            + ", ".join(f"{x:.2f} after {d} d" for d, x in self.left.items()),
            f"  had it never faded: {self.if_permanent}",
        ]
        if self.break_even is not None and self.break_even.goodwill is not None:
            told.append(f"  breaks even at {self.break_even.goodwill:.2f} points")
        if self.chance is not None:
            told.append(f"  worth it in {self.chance.worth_it:.0%} of {self.chance.draws:,} draws")
        return "\n".join([*told, *(f"  ! {caveat.text}" for caveat in self.caveats)])

    def _repr_html_(self) -> str | None:
        return as_html(self)
