"""What a decay is, and the operators that combine decays without breaking a law."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.decays import Binomial, CalendarExpiry, Cliff, HalfLife, Linear, NoDecay, PowerLaw, Weibull
from goodwill.domain.errors import PolicyError
from goodwill.policies.combinators import Blend, Longest, Shortest, blend, longest, shortest
from goodwill.policies.component import registered
from goodwill.policies.decay import Decay, Expire, Floor, Grace, Product, Stretch
from goodwill.testing import check_decay, laws
from goodwill.testing.strategies import ages, decays
from goodwill.valuations import Sincerity

COMBINATORS = [Blend, Expire, Floor, Grace, Longest, Product, Shortest, Stretch]


@pytest.mark.parametrize("combinator", COMBINATORS)
def test_a_combinator_keeps_the_laws(combinator: type[Decay]) -> None:
    check_decay(combinator)


@given(decays(3), st.lists(ages(), max_size=8))
def test_combinations_of_combinations_keep_the_laws(decay: Decay, some_ages: list[float]) -> None:
    laws.starts_whole(decay)
    for law in (laws.is_a_number_for_a_million_years, laws.stays_within_0_and_1, laws.never_rises):
        law(decay, some_ages)
    laws.time_units_change_nothing(decay, some_ages)


@pytest.mark.slow
@given(decays(3))
def test_combinations_of_combinations_agree_on_every_engine(decay: Decay) -> None:
    laws.every_engine_agrees(decay)


# A share


def test_a_negative_age_is_refused() -> None:
    for age in (-1e-9, -math.inf, math.nan):
        with pytest.raises(ValueError, match="an age is at least 0 days"):
            HalfLife(days=84).share(age)


def test_a_share_too_small_to_matter_is_0() -> None:
    assert HalfLife(days=1).share(498) > 0
    assert HalfLife(days=1).share(499) == 0.0


def test_a_curve_is_the_share_at_each_age() -> None:
    decay = PowerLaw(days=30)
    assert decay.curve(iter([0, 30])) == [1.0, 0.5]
    assert decay.curve(np.array([0.0, 30.0])) == [1.0, 0.5]


@given(decays(1), st.floats(0, 1e4))
def test_what_has_faded_and_what_remains_make_a_whole(decay: Decay, days: float) -> None:
    assert decay.share_within(days) + decay.share(days) == pytest.approx(1, abs=1e-12)


def test_the_age_at_a_share_is_the_earliest() -> None:
    assert NoDecay().expire(days=90).age_at(0.5) == 90.0
    assert NoDecay().expire(days=90).age_at(0.0) == 90.0
    assert HalfLife(days=84).grace(days=21).age_at(1.0) == 0.0
    assert HalfLife(days=84).age_at(0.1) == pytest.approx(279.04195997)
    assert PowerLaw(days=30, exponent=0.5).half_life == pytest.approx(90, abs=1e-9)


def test_an_age_that_never_comes_is_none() -> None:
    assert NoDecay().half_life is None
    assert HalfLife(days=84).floor(share=0.6).half_life is None
    assert HalfLife(days=84).floor(share=0.2).age_at(0.2 - 1e-9) is None


@pytest.mark.parametrize("share", [-0.1, 1.1, math.nan])
def test_there_is_no_age_at_what_is_no_share(share: float) -> None:
    with pytest.raises(ValueError, match=r"a share is in \[0, 1\]"):
        HalfLife(days=84).age_at(share)


# Products


@given(decays(1), decays(1), decays(1))
def test_grouping_a_product_is_no_matter(a: Decay, b: Decay, c: Decay) -> None:
    assert (a * b) * c == a * (b * c)


@given(decays(2))
def test_what_never_fades_changes_no_product(decay: Decay) -> None:
    assert decay * NoDecay() == decay
    assert NoDecay() * decay == decay


@given(decays(1), decays(1), ages())
def test_a_product_multiplies_shares_in_any_order(a: Decay, b: Decay, age: float) -> None:
    assert (a * b).share(age) == pytest.approx(a.share(age) * b.share(age), abs=1e-12)
    assert (a * b).share(age) == pytest.approx((b * a).share(age), abs=1e-12)


@given(st.floats(0.1, 1e4), st.floats(0.1, 1e4), ages())
def test_the_product_of_two_half_lives_is_one_whose_rates_add(one: float, other: float, age: float) -> None:
    both = HalfLife(days=1 / (1 / one + 1 / other))
    assert (HalfLife(days=one) * HalfLife(days=other)).share(age) == pytest.approx(both.share(age), abs=1e-12)


def test_a_product_of_many_tiny_shares_does_not_vanish_unseen() -> None:
    tiny = Product(of=(HalfLife(days=1),) * 20)
    assert tiny.remaining(100.0) == 0.0
    assert tiny.remaining(np.array([0.0, 100.0])).tolist() == [1.0, 0.0]


def test_only_decays_multiply() -> None:
    with pytest.raises(TypeError):
        HalfLife(days=84) * 2  # type: ignore[operator]


# Blends


@given(decays(1), decays(1), st.floats(0.01, 0.99), ages())
def test_a_blend_is_the_weighted_mean(a: Decay, b: Decay, weight: float, age: float) -> None:
    mean = weight * a.share(age) + (1 - weight) * b.share(age)
    assert blend(a, b, weights=(weight, 1 - weight)).share(age) == pytest.approx(mean, abs=1e-12)


@given(st.lists(st.floats(1e-3, 1), min_size=1, max_size=6))
def test_a_blend_starts_at_exactly_1_whatever_its_weights_round_to(parts: list[float]) -> None:
    weights = [part / math.fsum(parts) for part in parts]
    assert blend(*[HalfLife(days=3)] * len(weights), weights=weights).share(0) == 1.0


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ((0.7, 0.2), "the weights (0.7, 0.2) sum to 0.9, not to 1"),
        ((0.7, 0.3 + 1e-8), "not to 1"),
        ((1.0,), "2 decays and 1 weights: each decay needs one"),
        ((1.0, 0.0), "weights[1]: 0.0 is not above 0 (weight, must be in (0, 1])"),
        ((1.5, -0.5), "weights[0]: 1.5 is above 1"),
        (("0.5", 0.5), "weights[0]: '0.5' is not a number"),
    ],
)
def test_weights_that_do_not_make_a_whole_are_refused(weights: tuple[float, ...], message: str) -> None:
    with pytest.raises(PolicyError) as caught:
        blend(HalfLife(days=1), NoDecay(), weights=weights)
    assert message in str(caught.value)


def test_weights_may_be_a_rounding_off_1() -> None:
    assert blend(*[NoDecay()] * 3, weights=[1 / 3] * 3).share(7) == 1.0
    assert blend(NoDecay(), NoDecay(), weights=(0.7, 0.3 + 1e-10)).share(7) == 1.0


# Grace, floor, expiry


@given(decays(1), st.floats(0.1, 1e4), ages())
def test_a_grace_only_delays(decay: Decay, days: float, age: float) -> None:
    assert decay.grace(days=days).share(age) == (1.0 if age <= days else decay.share(age - days))


@given(decays(1), st.floats(0.01, 1), ages())
def test_a_floor_is_a_blend_with_what_never_fades(decay: Decay, share: float, age: float) -> None:
    mixed = share + (1 - share) * decay.share(age)
    assert decay.floor(share=share).share(age) == pytest.approx(mixed, abs=1e-12)
    assert decay.floor(share=share).share(age) >= share


@given(decays(1), st.floats(0.1, 1e4), ages())
def test_an_expiry_is_half_open(decay: Decay, days: float, age: float) -> None:
    expiring = decay.expire(days=days)
    assert expiring.share(days) == 0.0
    assert expiring.share(math.nextafter(days, 0)) == decay.share(math.nextafter(days, 0))
    assert expiring.share(age) == (decay.share(age) if age < days else 0.0)


def test_the_parameters_of_operators_are_checked() -> None:
    with pytest.raises(PolicyError, match="days: 0 is not above 0"):
        HalfLife(days=84).grace(days=0)
    with pytest.raises(PolicyError, match="least: 1.5 is above 1"):
        HalfLife(days=84).floor(share=1.5)
    with pytest.raises(PolicyError, match="days: inf is not"):
        HalfLife(days=84).expire(days=math.inf)


# Stretch, shortest, longest


@given(decays(1), st.floats(0.01, 100), ages())
def test_a_stretch_is_a_slower_clock(decay: Decay, factor: float, age: float) -> None:
    assert Stretch(factor=factor, of=decay).share(age) == decay.share(age / factor)


@given(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3), ages())
def test_stretching_twice_multiplies_the_factors(one: float, other: float, age: float) -> None:
    twice = Linear(days=9).stretch(factor=one).stretch(factor=other)
    assert twice == Linear(days=9).stretch(factor=one * other)
    nested = Stretch(factor=other, of=Stretch(factor=one, of=Linear(days=9)))
    assert twice.share(age) == pytest.approx(nested.share(age), abs=1e-12)


@pytest.mark.parametrize("factor", [0, -1, 1e-7, 1e7, math.nan, True, "2"])
def test_a_factor_that_stops_the_clock_or_turns_it_back_is_refused(factor: float) -> None:
    for decay in (HalfLife(days=84), HalfLife(days=84).stretch(factor=2)):
        with pytest.raises(PolicyError, match="^factor: "):
            decay.stretch(factor=factor)


@given(decays(1), decays(1), ages())
def test_the_shortest_leaves_least_and_the_longest_most(a: Decay, b: Decay, age: float) -> None:
    assert shortest(a, b).share(age) == min(a.share(age), b.share(age)) == shortest(b, a).share(age)
    assert longest(a, b).share(age) == max(a.share(age), b.share(age)) == longest(b, a).share(age)


@given(decays(1), decays(1), decays(1))
def test_grouping_the_shortest_or_longest_is_no_matter(a: Decay, b: Decay, c: Decay) -> None:
    assert shortest(shortest(a, b), c) == shortest(a, shortest(b, c)) == shortest(a, b, c)
    assert longest(longest(a, b), c) == longest(a, longest(b, c)) == longest(a, b, c)


@given(decays(1), decays(1), decays(1), ages())
def test_shortest_and_longest_are_a_lattice(a: Decay, b: Decay, c: Decay, age: float) -> None:
    assert shortest(a, longest(a, b)).share(age) == a.share(age)
    one, other = shortest(a, longest(b, c)), longest(shortest(a, b), shortest(a, c))
    assert one.share(age) == other.share(age)


def test_one_decay_is_no_choice() -> None:
    for choose in (shortest, longest):
        with pytest.raises(PolicyError, match=f"^of: a {choose.__name__} is of two decays or more, not 1"):
            choose(HalfLife(days=84))


# What the limits of a length of time are called


@pytest.mark.parametrize("decay", [HalfLife, Linear, Cliff, PowerLaw, Weibull, Binomial])
def test_what_is_gone_at_once_or_never_fades_has_a_name_of_its_own(decay: type[Decay]) -> None:
    others = {Weibull: {"shape": 2}, Binomial: {"power": 2}}.get(decay, {})
    with pytest.raises(PolicyError, match=r"^days: 0 is not above 0 .*; what is gone at once is Cliff\(days=1 / 86_4"):
        decay(days=0, **others)
    with pytest.raises(PolicyError, match=r"^days: inf is not a finite number; what never fades is NoDecay\(\)"):
        decay(days=math.inf, **others)


def test_a_grace_or_an_expiry_without_length_or_end_is_the_decay_by_itself() -> None:
    decay = HalfLife(days=84)
    for change, days, hint in (
        (decay.grace, 0, "without a grace, take what would begin then by itself"),
        (decay.grace, math.inf, "what never fades is NoDecay()"),
        (decay.expire, 0, "what is gone at once is Cliff(days=1 / 86_400_000_000), one microsecond"),
        (decay.expire, math.inf, "what never expires is how it fades before, by itself"),
    ):
        with pytest.raises(PolicyError) as caught:
            change(days=days)
        assert str(caught.value).endswith(f"; {hint}")


@pytest.mark.parametrize("days", [-1, math.nan, -math.inf, False, None, "0", 1e10, 1e-10])
def test_no_other_fault_of_a_length_has_such_a_hint(days: object) -> None:
    with pytest.raises(PolicyError, match="^days: ") as caught:
        HalfLife(days=days)
    assert ";" not in str(caught.value)


# Sums of exponentials


def test_a_decay_knows_whether_it_is_a_sum_of_exponentials() -> None:
    fast, slow = HalfLife(days=30), HalfLife(days=365)
    for decay in (fast, NoDecay(), fast * slow, fast.floor(share=0.1), blend(fast, slow, weights=(0.7, 0.3)) * fast):
        assert decay.exponential
    for decay in (PowerLaw(days=3), Linear(days=3), fast.grace(days=1), fast.expire(days=9), fast * PowerLaw(days=3)):
        assert not decay.exponential
    assert not blend(fast, Linear(days=3), weights=(0.5, 0.5)).exponential
    assert not Linear(days=3).floor(share=0.5).exponential
    assert fast.stretch(factor=2).exponential
    assert not Linear(days=3).stretch(factor=2).exponential
    assert not shortest(fast, slow).exponential
    assert not longest(fast, slow).exponential


# Dates


def test_a_decay_without_a_calendar_is_the_same_on_every_date() -> None:
    decay = HalfLife(days=84).grace(days=3) * Linear(days=9)
    assert not decay.dated
    assert decay.at(0) is decay


def test_a_calendar_within_a_decay_is_read_for_the_entry() -> None:
    points = CalendarExpiry(months=1, end="day")
    for decay, on_a_date in (
        (points * HalfLife(days=84), Cliff(days=32) * HalfLife(days=84)),
        (points.stretch(factor=2).grace(days=3), Cliff(days=32).stretch(factor=2).grace(days=3)),
        (blend(points, NoDecay(), weights=(0.5, 0.5)), blend(Cliff(days=32), NoDecay(), weights=(0.5, 0.5))),
        (shortest(NoDecay(), points.floor(share=0.5)), shortest(NoDecay(), Cliff(days=32).floor(share=0.5))),
    ):
        assert decay.dated
        assert decay.at(0) == on_a_date
        assert not decay.runs_on


# Other families


@pytest.mark.parametrize("wrong", [NoDecay, 84, "half_life", None])
def test_what_is_no_decay_is_refused(wrong: object) -> None:
    with pytest.raises(PolicyError, match="^of: .* is not a decay: give one, or an object with its"):
        Grace(days=1, of=wrong)


def test_a_part_of_another_family_is_refused_with_the_reason() -> None:
    with pytest.raises(PolicyError, match=r"^of: Sincerity\(\) is a step, which is no decay: its share is 1 at age 0"):
        Grace(days=1, of=Sincerity())


def test_the_combinators_are_all_tested() -> None:
    members = registered(Decay).values()
    assert [member for member in members if member.__module__.startswith("goodwill.policies.")] == COMBINATORS
