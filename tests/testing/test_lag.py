"""The kit catches a lag that breaks a law, and says which."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from goodwill.policies.formula import exp, where
from goodwill.policies.lag import Lag
from goodwill.policies.parameters import Positive
from goodwill.testing import preserved_registry
from goodwill.testing.lag import check_lag


@pytest.fixture(autouse=True)
def _own_registry() -> Iterator[None]:
    with preserved_registry():
        yield


with preserved_registry():

    class Fading(Lag, type="fading"):
        """What the liars are but for one thing."""

        periods: Positive = 4.0

        def weight(self, lag: Any) -> Any:
            return exp(-lag / self.periods)


def test_an_honest_one_breaks_no_law() -> None:
    class Honest(Fading, type="honest"):
        pass

    check_lag(Honest, examples=10)


def test_a_peak_between_the_periods_that_are_looked_at_is_found() -> None:
    class Between(Lag, type="between"):
        def weight(self, lag: Any) -> Any:
            return exp((lag - 3.14159) * (3.14159 - lag))

    check_lag(Between(), examples=3)


def test_a_weight_above_1_is_caught() -> None:
    class Doubles(Fading, type="doubles"):
        def weight(self, lag: Any) -> Any:
            return 2.0 * super().weight(lag)

    with pytest.raises(
        AssertionError, match=r"^a weight is within 0 and 1: Doubles\(.*\) breaks this law: it is 2.0 at 0"
    ):
        check_lag(Doubles, examples=3)


def test_one_that_never_reaches_1_is_caught() -> None:
    class Halves(Fading, type="halves"):
        def weight(self, lag: Any) -> Any:
            return 0.5 * super().weight(lag)

    with pytest.raises(AssertionError, match=r"^the largest weight is 1: Halves\(.*: it is 0.5 at 0"):
        check_lag(Halves, examples=3)


def test_one_that_rises_again_is_caught() -> None:
    class Echoes(Fading, type="echoes"):
        def weight(self, lag: Any) -> Any:
            return where(lag < 30.0, super().weight(lag), 0.9)

    with pytest.raises(
        AssertionError, match=r"^past its largest weight it never rises: Echoes\(.*at 30.0 it rises from"
    ):
        check_lag(Echoes(periods=4), examples=3)


def test_one_that_prints_something_else_is_caught() -> None:
    class PrintsNothing(Fading, type="prints_nothing"):
        def __repr_args__(self) -> Any:
            return []

    with pytest.raises(AssertionError, match="^it prints as code and stores as json"):
        check_lag(PrintsNothing(periods=5), examples=3)


def test_one_that_differs_on_arrays_is_caught() -> None:
    class Differs(Fading, type="differs"):
        def weight(self, lag: Any) -> Any:
            return super().weight(lag if isinstance(lag, float) else lag * 1.001)

    with pytest.raises(AssertionError, match="^every engine agrees: weight of Differs"):
        check_lag(Differs, examples=20)
