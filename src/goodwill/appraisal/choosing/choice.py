"""One option at one instant, in words and numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from goodwill.appraisal.appraisal import Appraisal
from goodwill.appraisal.choosing.options import Option
from goodwill.appraisal.choosing.weighing import Weighed
from goodwill.appraisal.parameters import rounded
from goodwill.appraisal.uncertainty import Uncertainty
from goodwill.domain.money import Money
from goodwill.policies.sums import ROUNDING

__all__ = ["Choice", "is_at"]


@dataclass(frozen=True, eq=False)
class Choice:
    """One option at one instant, beside giving nothing.

    Attributes:
        weighed: the option, the instant, and the numbers as they were computed.
        wait_days: how long after the present it is given.
        uncertainty: that the appraisal is told under.
    """

    weighed: Weighed
    wait_days: float
    uncertainty: Uncertainty | None = field(default=None, repr=False)

    @property
    def option(self) -> Option:
        """What would be given."""
        return self.weighed.option

    @property
    def at(self) -> datetime:
        """When."""
        return self.weighed.at

    @property
    def cost(self) -> Money:
        """What it costs when it is given, in the currency of the value."""
        return self.weighed.cost

    @property
    def value(self) -> Money:
        """What it adds to the customer's value, as of the present."""
        return rounded(self.weighed.value, self.cost.currency)

    @property
    def net(self) -> Money:
        """That, less what it costs as of the present: discounted, and only if the customer is there then."""
        return rounded(self.weighed.net, self.cost.currency)

    @property
    def points(self) -> float:
        """The balance the moment that it is given."""
        return self.weighed.before + self.weighed.bought

    @cached_property
    def appraisal(self) -> Appraisal:
        """All that `appraise` says of it."""
        return self.weighed.appraisal(self.uncertainty)

    @property
    def when(self) -> str:
        """When, in words."""
        return "now" if self.wait_days == 0.0 else f"in {self.wait_days:g} days"

    @property
    def reason(self) -> str:
        """What speaks for or against it."""
        verdict = "worth more than it costs" if self.weighed.net > 0.0 else "not worth what it costs"
        return f"buys {self.weighed.bought:.2f} points for {self.cost} and adds {self.value}: it nets {self.net}, {verdict}"

    def brings_to(self, target: float) -> bool:
        """Whether with it the balance is at so many points the moment that it is given, and without it is not."""
        return not is_at(self.weighed.before, target) and is_at(self.points, target)

    def __str__(self) -> str:
        return f"{self.option.name} {self.when}: {self.reason}"


def is_at(points: float, target: float) -> bool:
    """Whether a balance is at a target, but for rounding."""
    return points >= target - ROUNDING * max(abs(points), abs(target), 1.0)
