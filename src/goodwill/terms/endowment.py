"""The honeymoon: goodwill that a customer brings along and that fades."""

from __future__ import annotations

from typing import ClassVar

from goodwill.policies.decay import Decay
from goodwill.policies.formula import Operand, flush
from goodwill.policies.parameters import NonNegative
from goodwill.policies.term import Term

__all__ = ["Endowment"]


class Endowment(Term, type="endowment"):
    """An initial stock that fades from the account's opening on.

    Initial assets protect a new relationship for a while: the liability of adolescence (Fichman & Levinthal 1991).
    The direction is published, the numbers are a convention.

    Attributes:
        points: what a new account starts with; at least 0.
        decay: how it fades.

    Example:
        >>> from goodwill.decays import HalfLife
        >>> Endowment(points=20, decay=HalfLife(days=60).grace(days=30)).amount(open_days=90.0, silent_days=0.0)
        10.0
    """

    falls: ClassVar[bool] = True

    points: NonNegative
    decay: Decay

    def amount(self, open_days: Operand, silent_days: Operand) -> Operand:
        """What is left of the stock, in points."""
        return self.points * flush(self.decay.remaining(open_days))
