"""`check_lag`: the laws of a lag, each a plain function that raises AssertionError, on random parameters.

A law looks at the periods of a year of days in quarters, around every number in the lag, and far out. Where the weight
is largest is sought from the largest one that was seen.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final, NoReturn

from goodwill.policies.lag import Lag
from goodwill.testing.operands import check_operands
from goodwill.testing.running import tries
from goodwill.testing.strategies import instances

try:
    from hypothesis import given
    from hypothesis import strategies as st
except ImportError as error:
    raise ImportError("goodwill.testing needs hypothesis: install goodwill[testing]") from error

__all__ = ["LAWS", "check_lag"]

TOLERANCE: Final = 1e-9
GRID: Final = (*(quarter / 4 for quarter in range(4 * 366 + 1)), 1e3, 1e4, 1e6, 1e9)
AROUND: Final = (-1.0, -0.5, 0.0, 0.5, 1.0, 7.0)
GOLDEN: Final = (math.sqrt(5.0) - 1.0) / 2.0


def check_lag(lag: type[Lag] | Lag, *, examples: int | None = None) -> None:
    """Hold a lag to every law, and its formula to one number on every operand that it declares.

    Args:
        lag: a member of the family, whose parameters are drawn at random, or an instance.
        examples: how many are tried; the environment's GOODWILL_EXAMPLES, else 100.

    Raises:
        AssertionError: naming the law, the lag as code and where.

    Example:
        >>> from goodwill.lags import Delayed
        >>> check_lag(Delayed, examples=3)
    """
    drawn: st.SearchStrategy[Lag] = instances(lag) if isinstance(lag, type) else st.just(lag)

    @tries(examples)
    @given(drawn)
    def every_law_holds(lag: Lag) -> None:
        for law in LAWS:
            law(lag)

    every_law_holds()
    check_operands(lag, examples=examples)


def a_weight_is_within_0_and_1(lag: Lag) -> None:
    """A weight is at least 0 and at most 1."""
    for periods, weight in seen(lag):
        if not 0.0 <= weight <= 1.0:
            broken(a_weight_is_within_0_and_1, lag, f"it is {weight} at {periods}")


def the_largest_weight_is_1(lag: Lag) -> None:
    """The largest weight is 1."""
    largest = lag.weight(peak(lag))
    if abs(largest - 1.0) > TOLERANCE:
        broken(the_largest_weight_is_1, lag, f"it is {largest} at {peak(lag)}")


def past_its_largest_weight_it_never_rises(lag: Lag) -> None:
    """Past its largest weight it never rises."""
    top = peak(lag)
    for (earlier, before), (periods, weight) in pairwise(seen(lag)):
        if earlier >= top and weight > before + TOLERANCE:
            broken(past_its_largest_weight_it_never_rises, lag, f"at {periods} it rises from {before} to {weight}")


def it_prints_as_code_and_stores_as_json(lag: Lag) -> None:
    """It prints as code that makes it again, and its JSON loads as an equal lag with the same digest."""
    again = eval(repr(lag), {type(lag).__name__: type(lag)})  # noqa: S307 - the repr of what the caller made
    stored = Lag.from_json(lag.to_json())
    if again != lag or stored != lag or stored.digest != lag.digest:
        broken(it_prints_as_code_and_stores_as_json, lag, f"it comes back as {again!r} and {stored!r}")


LAWS: Final = (
    a_weight_is_within_0_and_1,
    the_largest_weight_is_1,
    past_its_largest_weight_it_never_rises,
    it_prints_as_code_and_stores_as_json,
)
"""Every law of a lag, but that its engines agree."""


def probes(lag: Lag) -> list[float]:
    """The lags at which a law looks."""
    numbers = [value for name in type(lag).model_fields if isinstance(value := getattr(lag, name), int | float)]
    return sorted({*GRID, *(at for number in numbers for step in AROUND if (at := number + step) >= 0.0)})


def seen(lag: Lag) -> Iterator[tuple[float, float]]:
    """The weight at each probe."""
    return ((periods, float(lag.weight(periods))) for periods in probes(lag))


def peak(lag: Lag) -> float:
    """Where the weight is largest, by a golden-section search around the largest that is seen."""
    at = probes(lag)
    weights = [float(lag.weight(periods)) for periods in at]
    top = weights.index(max(weights))
    low, high = at[max(top - 1, 0)], at[min(top + 1, len(at) - 1)]
    while high - low > 1e-9 * max(1.0, high):
        one, other = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        low, high = (low, other) if lag.weight(one) >= lag.weight(other) else (one, high)
    return max((at[top], low), key=lag.weight)


def broken(law: Any, lag: Lag, fault: str) -> NoReturn:
    """Say which law a lag breaks, and where."""
    raise AssertionError(f"{law.__name__.replace('_', ' ')}: {lag!r} breaks this law: {fault}")
