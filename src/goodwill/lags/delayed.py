"""Delayed adstock."""

from __future__ import annotations

import math
from typing import Annotated

from goodwill.policies.formula import Operand, exp
from goodwill.policies.lag import Lag
from goodwill.policies.parameters import Number

__all__ = ["Delayed"]

Retention = Annotated[float, Number("retention", 0.0, 1.0, above=True)]
Periods = Annotated[float, Number("periods", 0.0, 1e6)]


class Delayed(Lag, type="delayed"):
    """An effect that is largest after a delay: retention^((lag - delay)^2), of Jin et al. (2017), not normalized.

    Published for media, where the delay is a few weeks at most; for goodwill no estimate is known.

    Args:
        retention: the weight one period before or after the largest, above 0 and at most 1 (alpha in the paper).
        delay: the lag of the largest weight, in periods (theta in the paper).

    Example:
        >>> Delayed(retention=0.5, delay=1).weights(4)
        [0.5, 1.0, 0.5, 0.0625]
    """

    retention: Retention
    delay: Periods

    def weight(self, lag: Operand) -> Operand:
        """retention^((lag - delay)^2)."""
        return exp(math.log(self.retention) * (lag - self.delay) * (lag - self.delay))
