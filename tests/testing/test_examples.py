"""The instance that a component shows of itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from goodwill.decays import HalfLife
from goodwill.policies.decay import Decay
from goodwill.policies.parameters import Days
from goodwill.terms import Endowment
from goodwill.testing import preserved_registry
from goodwill.testing.examples import example_of


@pytest.fixture(autouse=True)
def _own_registry() -> Iterator[None]:
    with preserved_registry():
        yield


with preserved_registry():

    class Flat(Decay, type="flat_for_a_test"):
        days: Days = 3.0

        def remaining(self, age: Any) -> Any:
            return 1.0 + 0.0 * age


def test_it_is_the_first_that_the_docstring_makes_with_what_it_imports() -> None:
    assert example_of(HalfLife) == HalfLife(days=84)
    assert example_of(Endowment) == Endowment(points=20, decay=HalfLife(days=60).grace(days=30))


def test_a_class_of_ones_own_may_show_one_too() -> None:
    class Shown(Flat, type="shown_for_a_test"):
        """Nothing fades.

        Example:
            >>> Shown(days=5).curve([0, Shown().days])
            [1.0, 1.0]
        """

    assert example_of(Shown) == Shown(days=5)


def test_without_one_the_way_out_is_told() -> None:
    with pytest.raises(LookupError, match="Flat shows no instance of itself; write an `Example:`"):
        example_of(Flat)
