"""Betrayal: the better the relationship was, the more a failure hurts."""

from __future__ import annotations

from typing import ClassVar

from goodwill.policies.parameters import NonNegative, Positive
from goodwill.policies.valuation import FoldedStep, Moment, Stage, StateSize

__all__ = ["Betrayal"]


class Betrayal(FoldedStep, type="betrayal"):
    """A withdrawal's or breach's worth times 1 + kappa * G / (G + g0), G the balance just before it, where above 0.

    Love becomes hate: the grudge of strong relationships is the longest (Gregoire, Tripp & Legoux 2009), although the
    same customers are more amenable to any recovery (Gregoire & Fisher 2008). The direction is published, the form
    and the numbers are a convention. Account terms are not part of G.

    Attributes:
        kappa: what a boundless relationship adds; 0 is off.
        g0: the balance, in points, at which half of it is added.

    Example:
        >>> from goodwill.policies.valuation import Columns, Moment
        >>> loss = Moment(Columns("dispute", -1.0, 1.0), 0, -8.0, -8.0, False, goodwill=lambda: 50.0)
        >>> Betrayal(kappa=0.5, g0=50).value(None, loss)
        -10.0
    """

    stage: ClassVar[Stage] = Stage.BETRAYAL
    state_size: ClassVar[StateSize] = "history"

    kappa: NonNegative = 0.5
    g0: Positive = 50.0

    def value(self, state: None, moment: Moment) -> float:
        """A loss times its gain; a deposit's worth as it is."""
        worth = 0.0 if moment.entering is None else moment.entering
        if moment.columns.sign > 0.0:
            return worth
        goodwill = max(moment.goodwill(), 0.0)
        return worth * (1.0 + self.kappa * goodwill / (goodwill + self.g0))
