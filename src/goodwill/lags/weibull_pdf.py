"""Weibull-PDF adstock."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Annotated, Self

from pydantic import Field, model_validator

from goodwill.policies.formula import Operand, power, staircase
from goodwill.policies.lag import Lag
from goodwill.policies.parameters import Positive, Whole

__all__ = ["WeibullPdf"]


class WeibullPdf(Lag, type="weibull_pdf"):
    """The density of Weibull's distribution at 1, 2, ... periods, scaled so that its least is 0 and its largest is 1.

    The adstock of type "PDF" in Robyn and PyMC-Marketing. A shape above 1 peaks late. The scaling forces the least
    weight to 0, for a shape above 1 usually the last one: a property of the published model, not of the effect.

    Args:
        shape: 1 falls from the start, above 1 rises first.
        scale: where most of the effect has arrived (1 - 1/e of it), in periods.
        periods: how many periods the effect lasts; afterwards the weight is 0.

    Example:
        >>> [round(weight, 4) for weight in WeibullPdf(shape=2, scale=4, periods=10).weights(4)]
        [0.5444, 0.9102, 1.0, 0.8593]
    """

    shape: Positive
    scale: Positive
    periods: Annotated[Whole, Field(ge=2, le=366)]

    @model_validator(mode="after")
    def _not_flat(self) -> Self:
        if min(self._logs) == max(self._logs):
            raise ValueError(
                f"the density is the same in all {self.periods} periods, so it cannot be scaled to [0, 1]; take a scale "
                "of the order of the periods"
            )
        return self

    @cached_property
    def _logs(self) -> tuple[float, ...]:
        """The logarithms of the density, but for a constant: none is too small to be told from another."""
        ratios = [time / self.scale for time in range(1, self.periods + 1)]
        return tuple((self.shape - 1.0) * math.log(ratio) - float(power(ratio, self.shape)) for ratio in ratios)

    @cached_property
    def _scaled(self) -> tuple[float, ...]:
        """(density - least) / (largest - least), written so that it keeps its digits where the density is almost flat."""
        largest = max(self._logs)
        short_of_it = [math.expm1(max(log - largest, -700.0)) for log in self._logs]
        most = min(short_of_it)
        return tuple(1.0 - short / most for short in short_of_it)

    def weight(self, lag: Operand) -> Operand:
        """The weight of the period that a lag falls in."""
        return staircase(lag, range(self.periods + 1), (0.0, *self._scaled, 0.0))
