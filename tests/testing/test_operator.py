"""Every operator that ships keeps its laws, and the kit catches one that breaks them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import settings

from goodwill.decays import HalfLife, NoDecay
from goodwill.policies.combinators import blend, longest, shortest
from goodwill.policies.decay import Decay, Product
from goodwill.testing import preserved_registry
from goodwill.testing.operator import check_operator

few = max(5, settings.default.max_examples // 10)


@pytest.fixture(autouse=True)
def _own_registry() -> Iterator[None]:
    with preserved_registry():
        yield


def test_a_product_is_grouped_and_ordered_at_will_and_no_decay_is_its_neutral() -> None:
    check_operator(operator.mul, neutral=NoDecay(), examples=few)


@pytest.mark.parametrize("extreme", [shortest, longest])
def test_the_shortest_and_the_longest_are_grouped_and_ordered_at_will(extreme: Any) -> None:
    check_operator(extreme, examples=few)


def test_an_even_blend_is_ordered_at_will() -> None:
    check_operator(lambda a, b: blend(a, b, weights=(0.5, 0.5)), associative=False, examples=few)


@pytest.mark.parametrize(
    "changed",
    [
        lambda decay: decay.grace(days=14),
        lambda decay: decay.floor(share=0.1),
        lambda decay: decay.expire(days=365),
        lambda decay: decay.stretch(factor=2),
    ],
    ids=["grace", "floor", "expire", "stretch"],
)
def test_what_changes_one_decay_makes_a_lawful_one(changed: Callable[[Decay], Decay]) -> None:
    check_operator(changed, parts=1, examples=few)


def test_an_operator_that_nests_in_place_of_flattening_is_caught_with_a_small_example() -> None:
    class Both(Decay, type="both"):
        of: tuple[Decay, ...]

        def remaining(self, age: Any) -> Any:
            return Product(of=self.of).remaining(age)

    with pytest.raises(AssertionError) as caught:
        check_operator(lambda a, b: Both(of=(a, b)), examples=20)
    told = str(caught.value)
    assert told.startswith("grouping is no matter: Both(of=(Both(of=("), told
    assert told.partition("\n")[0].count("of=") == 4  # none of the three decays is itself made of others


def test_an_operator_that_prefers_one_side_is_caught() -> None:
    with pytest.raises(AssertionError, match="^order is no matter: at an age of "):
        check_operator(lambda a, b: blend(a, b, weights=(0.75, 0.25)), associative=False, examples=50)


def test_an_operator_that_makes_no_decay_is_caught() -> None:
    class Sum(Decay, type="sum"):
        of: tuple[Decay, ...]

        def remaining(self, age: Any) -> Any:
            return sum(decay.remaining(age) for decay in self.of)

    with pytest.raises(AssertionError, match=r"^starts whole: Sum\("):
        check_operator(lambda a, b: Sum(of=(a, b)), examples=5)


def test_a_neutral_that_leaves_a_trace_is_caught() -> None:
    with pytest.raises(AssertionError, match=r"^the neutral changes nothing: Shortest\("):
        check_operator(shortest, neutral=NoDecay(), examples=5)
    assert shortest(HalfLife(days=3), NoDecay()) != HalfLife(days=3)
