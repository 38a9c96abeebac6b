"""How far ahead an account is looked at: until nothing that happens later could be seen in the value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from goodwill.appraisal.changing import Floats
from goodwill.appraisal.faults import AppraisalError
from goodwill.appraisal.retention import RetentionLink
from goodwill.appraisal.value import CustomerValue
from goodwill.domain.instant import MICROSECONDS_PER_DAY
from goodwill.policies.crossings import LAST_US

__all__ = ["A_HUNDRED_YEARS", "are_settled", "beyond", "looks"]

LOOKS: Final = (64, 256, 1024, 4096)
"""Over how many periods the goodwill is followed, the first of which is enough."""

SETTLED: Final = 1e-13
"""What a linear predictor may still move by when the goodwill is taken to stay as it is."""

A_HUNDRED_YEARS: Final = 36_525.0


def beyond(begins_us: int, value: CustomerValue) -> int:
    """An instant beyond all periods that are counted from another on: up to then an account is read."""
    ahead = (value.horizon or LOOKS[-1]) * value.period_days * MICROSECONDS_PER_DAY
    return int(min(begins_us + ahead + A_HUNDRED_YEARS * MICROSECONDS_PER_DAY, LAST_US))


def looks(value: CustomerValue, from_us: int) -> Iterator[int]:
    """How many periods are looked at, one number after another; all that a horizon asks for, at once.

    Raises:
        AppraisalError: if the fewest of them lead beyond the year 9999.
    """
    most = int((LAST_US - from_us) // (value.period_days * MICROSECONDS_PER_DAY))
    fewest = value.horizon or LOOKS[0]
    if fewest > most:
        raise AppraisalError(
            f"{fewest} periods of {value.period_days:g} days lead beyond the year 9999; give shorter periods or a "
            "nearer horizon"
        )
    if value.horizon is not None:
        yield value.horizon
        return
    for count in LOOKS:
        yield min(count, most)
        if count >= most:
            return


def are_settled(value: CustomerValue, link: RetentionLink, base: Floats, restless: Floats | float) -> Any:
    """Whether nothing that happens after the last period could be seen in the value.

    Args:
        value: the customer's.
        link: from goodwill to staying.
        base: the points at the end of each period, along the last axis.
        restless: how many points could still move after the last of them.
    """
    if value.horizon is not None:
        return np.ones(base.shape[:-1], dtype=np.bool_)
    moved = np.abs(base[..., -1] - base[..., base.shape[-1] // 2])
    still = abs(link.slope) * np.maximum(restless, moved) < SETTLED
    return still | (np.prod(link.rate(base) * value.keeps, axis=-1) < SETTLED * SETTLED)
