"""How much the balance swings."""

from __future__ import annotations

from itertools import pairwise
from statistics import pstdev
from typing import Annotated

from pydantic import Field

from goodwill.policies.parameters import Days
from goodwill.policies.readout import Readout, Relationship

__all__ = ["Volatility"]


class Volatility(Readout, type="volatility"):
    """The standard deviation of the balance's changes from step to step, over the last steps.

    Two customers at 10 points are not alike if one was always there and the other comes from -40. A convention; that
    a few extreme experiences count beyond their mean is published (Bolton, Lemon & Bramlett 2006). Steps that begin
    before the account's first entry are left out.

    Attributes:
        step: how long one is, in days.
        steps: how many are looked back, from 2 to 1,000.

    Example:
        >>> from goodwill import Ledger
        >>> Ledger.in_memory().readout("ada", Volatility()) is None
        True
    """

    step: Days = 7.0
    steps: Annotated[int, Field(ge=2, le=1000, strict=True)] = 13

    def read(self, relationship: Relationship) -> float | None:
        """The standard deviation, in points; None with fewer than two steps since the first entry."""
        whole = min(self.steps, int(relationship.open_days / self.step))
        if relationship.opened_us is None or whole < 2:
            return None
        balances = [relationship.balance(days_ago=place * self.step) for place in range(whole + 1)]
        return pstdev(later - earlier for later, earlier in pairwise(balances))
