"""What a lag is: how much of an effect arrives in each period after its cause, where it may rise before it falls.

Advertising is modeled so ("adstock" with a delayed peak). A lag is no decay and no policy takes one for it: a decay
starts whole and never rises. It obeys these laws, which `goodwill.testing.lag.check_lag` runs on any member:

1. a weight is within [0, 1];
2. its largest weight is 1;
3. past its largest weight it never rises;
4. it prints as code, stores as JSON, and is the same on every operand that it declares.
"""

from __future__ import annotations

from abc import abstractmethod

from goodwill.policies.component import Component
from goodwill.policies.formula import Operand

__all__ = ["Lag"]


class Lag(Component, family="lag"):
    """How an effect is spread over the periods after its cause. A period is what the caller makes it, such as a week.

    A member defines `weight` with what `goodwill.policies.formula` offers.
    """

    @abstractmethod
    def weight(self, lag: Operand) -> Operand:
        """The weight of a lag in periods, at least 0: a float, an array, a frame or SQL expression."""

    def weights(self, periods: int) -> list[float]:
        """The weights of the first periods, of lag 0 on."""
        return [self.weight(float(lag)) for lag in range(periods)]
