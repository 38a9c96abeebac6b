"""How sure an appraisal is, if its numbers are as uncertain as they are said to be: draws, seeded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

import numpy as np
from pydantic import Field

from goodwill.appraisal.changing import Floats, present_value
from goodwill.appraisal.replaying import Counterfactual, Instants
from goodwill.appraisal.retention import RetentionLink
from goodwill.appraisal.value import CustomerValue
from goodwill.domain.money import Money
from goodwill.policies.model import Model
from goodwill.policies.parameters import NonNegative, Number

__all__ = ["Chance", "Uncertainty"]

Factor = Annotated[float, Number("factor", 1.0, 1e3)]


class Uncertainty(Model):
    """How uncertain the numbers of an appraisal are; what is not named is taken as certain.

    The slope is drawn from a normal distribution; what fades, how much it is worth and the margin from lognormal ones,
    by a factor: with 2, two thirds of the draws are between half and twice. A factor of 2 for the half-life, where
    nobody has measured it (95% between 22 and 327 days around 84), is a convention.
    The draws are independent: data that inform one of them inform the others too, and a calibration would say so.

    Attributes:
        slope_error: the standard error of the slope; that of the link where none is named.
        half_life_factor: of how fast the gesture fades; the rest of the account is read as it stands.
        worth_factor: of what the gesture is worth when it is given.
        margin_factor: of the margin.
        draws: how many.
        seed: of the random numbers; the same gives the same.

    Example:
        >>> Uncertainty(slope_error=0.01, half_life_factor=2)
        Uncertainty(slope_error=0.01, half_life_factor=2.0)
    """

    slope_error: NonNegative | None = None
    half_life_factor: Factor = 1.0
    worth_factor: Factor = 1.0
    margin_factor: Factor = 1.0
    draws: Annotated[int, Field(ge=100, le=1_000_000, strict=True)] = 4000
    seed: Annotated[int, Field(ge=0, strict=True)] = 0


@dataclass(frozen=True, slots=True)
class Chance:
    """What came of the draws.

    Attributes:
        worth_it: the share of draws in which the gesture is worth more than it costs.
        low, middle, high: the net value that 5%, 50% and 95% of the draws are below.
        draws: how many there were.
        stated: the uncertainty that they were drawn from.
    """

    worth_it: float
    low: Money
    middle: Money
    high: Money
    draws: int
    stated: Uncertainty


AT_A_TIME: Final = 250
"""So many draws are computed at once, that memory stays small."""


def drawn(
    stated: Uncertainty,
    *,
    value: CustomerValue,
    link: RetentionLink,
    case: Counterfactual,
    at_us: Instants,
    base: Floats,
    gain: float,
) -> Floats:
    """What the gesture changes in the customer's value, in each draw.

    Args:
        stated: the uncertainty.
        value: the customer's.
        link: from goodwill to staying.
        case: with the gesture and without.
        at_us: the ends of periods.
        base: the points then, without the gesture.
        gain: the factor of the lift.
    """
    random = np.random.default_rng(stated.seed)
    error = stated.slope_error if stated.slope_error is not None else link.slope_error or 0.0
    normal: Any = random.standard_normal((4, stated.draws))
    slopes = link.slope + error * normal[0]
    slower = stated.half_life_factor ** normal[1]
    worths = gain * stated.worth_factor ** normal[2]
    margins = stated.margin_factor ** normal[3]
    of_terms = case.lift_of_terms(at_us)
    found = []
    for start in range(0, stated.draws, AT_A_TIME):
        some = slice(start, start + AT_A_TIME)
        slope = slopes[some, None]
        lift = worths[some, None] * (case.faded(at_us, slower[some, None]) + of_terms)
        with_it = present_value(value, link.rate(base + lift, slope))
        found.append(margins[some] * (with_it - present_value(value, link.rate(base, slope))))
    changes: Floats = np.concatenate(found)
    return changes
