"""What a decay is made of, where it is a sum of exponentials and constants."""

from __future__ import annotations

import math
import operator
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.decays import HalfLife, Linear, NoDecay, Weibull
from goodwill.policies.combinators import blend, longest, shortest
from goodwill.policies.component import preserved_registry
from goodwill.policies.decay import Decay
from goodwill.policies.exponentials import FASTEST, MOST, Exponential, joined, multiplied, total
from goodwill.policies.formula import Operand, exp2
from goodwill.policies.parameters import Days
from goodwill.policies.schedule import DecaySchedule
from goodwill.testing import laws
from goodwill.testing.strategies import ages, decays

fast, slow = HalfLife(days=30), HalfLife(days=365)
LN2 = math.log(2.0)


@pytest.mark.parametrize(
    ("decay", "parts"),
    [
        (NoDecay(), [(1.0, 0.0)]),
        (HalfLife(days=30), [(1.0, LN2 / 30)]),
        (Weibull(days=50, shape=1), [(1.0, 1 / 50)]),
        (fast.floor(share=0.25), [(0.25, 0.0), (0.75, LN2 / 30)]),
        (fast.floor(share=1.0), [(1.0, 0.0)]),
        (fast.stretch(factor=2), [(1.0, LN2 / 60)]),
        (fast * slow, [(1.0, LN2 / 30 + LN2 / 365)]),
        (blend(fast, slow, weights=(0.75, 0.25)), [(0.25, LN2 / 365), (0.75, LN2 / 30)]),
        (blend(fast, fast, weights=(0.75, 0.25)), [(1.0, LN2 / 30)]),
        (fast.floor(share=0.5) * fast.floor(share=0.5), [(0.25, 0.0), (0.5, LN2 / 30), (0.25, 2 * LN2 / 30)]),
    ],
)
def test_a_decay_says_which_exponentials_it_is_the_sum_of(decay: Decay, parts: list[tuple[float, float]]) -> None:
    assert decay.exponential
    assert [weight for weight, _ in decay.exponentials] == pytest.approx([weight for weight, _ in parts])
    assert [rate for _, rate in decay.exponentials] == pytest.approx([rate for _, rate in parts])


@pytest.mark.parametrize(
    "decay",
    [
        Linear(days=30),
        Weibull(days=30, shape=0.5),
        fast.grace(days=3),
        fast.expire(days=3),
        shortest(fast, slow),
        longest(fast, slow),
        fast * Linear(days=30),
        Linear(days=30) * fast,
        blend(fast, Linear(days=30), weights=(0.5, 0.5)),
        Linear(days=30).floor(share=0.5),
        Linear(days=30).stretch(factor=2),
    ],
    ids=repr,
)
def test_what_is_no_sum_of_exponentials_has_none(decay: Decay) -> None:
    assert decay.exponentials == ()
    assert not decay.exponential


@given(decays(), st.lists(ages(), max_size=8))
def test_the_sum_is_the_share(decay: Decay, ages: list[float]) -> None:
    laws.is_the_sum_of_its_exponentials(decay, ages)


@given(decays())
def test_its_weights_are_a_whole(decay: Decay) -> None:
    if decay.exponential:
        assert math.fsum(weight for weight, _ in decay.exponentials) == pytest.approx(1.0, abs=1e-12)
        assert total(decay.exponentials, 0.0) == pytest.approx(1.0, abs=1e-12)


def test_a_product_of_too_many_rates_is_read_from_the_entries() -> None:
    factors = [HalfLife(days=days).floor(share=0.5) for days in (1, 2, 4, 8, 16, 32, 64)]
    assert len(reduce(operator.mul, factors[:6]).exponentials) == MOST
    whole = reduce(operator.mul, factors)
    assert whole.exponentials == ()
    assert not whole.exponential
    assert not (whole * factors[0]).exponential


def test_a_rate_beyond_all_others_is_still_a_number() -> None:
    assert joined([Exponential(1.0, math.inf)]) == (Exponential(1.0, FASTEST),)
    assert total(joined([Exponential(1.0, math.inf)]), 0.0) == 1.0
    assert total(joined([Exponential(1.0, math.inf)]), 1e9) == 0.0


def test_a_product_with_nothing_is_nothing() -> None:
    assert multiplied([fast.exponentials, ()]) == ()
    assert multiplied([(), fast.exponentials]) == ()
    assert multiplied([]) == (Exponential(1.0, 0.0),)


def test_a_schedule_knows_every_rate() -> None:
    schedule = DecaySchedule(default=fast, by_kind={"gift": blend(slow, NoDecay(), weights=(0.5, 0.5))})
    assert schedule.rates == (0.0, slow.rate, fast.rate)
    assert DecaySchedule(default=fast, by_kind={"gift": fast}).rates == (fast.rate,)
    assert DecaySchedule(default=fast, by_kind={"gift": Linear(days=3)}).rates == ()


def test_a_decay_that_gives_wrong_exponentials_breaks_the_law() -> None:
    with preserved_registry():

        class Wrong(Decay, type="wrong"):
            days: Days

            def remaining(self, age: Operand) -> Operand:
                return exp2(-age / self.days)

            @property
            def exponentials(self) -> tuple[Exponential, ...]:
                return (Exponential(1.0, 1.0 / self.days),)

        with pytest.raises(AssertionError, match="is the sum of its exponentials: Wrong.days=.* breaks this law"):
            laws.is_the_sum_of_its_exponentials(Wrong(days=10))


def test_a_decay_that_says_so_and_gives_none_breaks_the_law() -> None:
    with preserved_registry():

        class Claims(Decay, type="claims"):
            def remaining(self, age: Operand) -> Operand:
                return exp2(-age)

            @property
            def exponential(self) -> bool:
                return True

        with pytest.raises(AssertionError, match="define exponentials alone"):
            laws.is_the_sum_of_its_exponentials(Claims())
