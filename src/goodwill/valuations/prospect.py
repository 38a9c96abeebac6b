"""The value function of prospect theory: losses loom larger, and both flatten."""

from __future__ import annotations

from typing import Any, ClassVar

from goodwill.policies.formula import maximum, power, where
from goodwill.policies.parameters import NonNegative, Sensitivity
from goodwill.policies.valuation import Columns, Stage, Step

__all__ = ["Prospect"]


class Prospect(Step, type="prospect"):
    """x ** alpha for x >= 0, and -loss_aversion * (-x) ** beta below.

    alpha = beta = 0.88 after Tversky & Kahneman (1992, Journal of Risk and Uncertainty 5:297; 25 students);
    loss_aversion = 1.955, 95% [1.820, 2.102], from 607 estimates in 150 papers (Brown, Imai, Vieider & Camerer 2024,
    Journal of Economic Literature). With alpha = beta the ratio of a loss to an equal gain is loss_aversion whatever
    the unit; with different ones it depends on the unit.

    Attributes:
        alpha: sensitivity above zero, in (0, 1].
        beta: sensitivity below zero, in (0, 1].
        loss_aversion: how many times an equal gain a loss weighs.

    Example:
        >>> from goodwill.policies.valuation import Columns
        >>> round(Prospect().apply(-10.0, Columns("dispute", -1.0, 1.0, 1.0, 1.0, 1.0)), 4)
        -14.8302
    """

    stage: ClassVar[Stage] = Stage.VALUE_FUNCTION

    alpha: Sensitivity = 0.88
    beta: Sensitivity = 0.88
    loss_aversion: NonNegative = 1.955

    def apply(self, worth: Any, columns: Columns) -> Any:
        """The value of a net surprise, in points."""
        gain = power(maximum(worth, 0.0), self.alpha)
        loss = power(maximum(-worth, 0.0), self.beta)
        return where(worth >= 0.0, gain, -self.loss_aversion * loss)
