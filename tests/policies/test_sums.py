"""A balance without its history: in any order, at any rate, over any time, within a stated error."""

from __future__ import annotations

import json
import math
from decimal import Decimal, localcontext
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.decays import HalfLife, Linear, NoDecay
from goodwill.domain.errors import PolicyError
from goodwill.domain.instant import days_between
from goodwill.policies.combinators import blend
from goodwill.policies.decay import Decay
from goodwill.policies.sums import Amounts, Sum, Sums, add, key_bounds, rank_key, read, sum_up

DAY = 86_400_000_000
YEAR = 365 * DAY
LN2 = math.log(2.0)

Entries = list[tuple[float, Decay, int]]

DECAYS: list[Decay] = [
    HalfLife(days=7),
    HalfLife(days=84),
    NoDecay(),
    HalfLife(days=30).floor(share=0.25),
    blend(HalfLife(days=7), HalfLife(days=365), weights=(0.75, 0.25)),
]
worths = st.floats(-1e3, 1e3).map(lambda worth: round(worth, 3))
instants = st.integers(-10 * 365, 10 * 365).map(lambda day: day * DAY) | st.integers(-10 * YEAR, 10 * YEAR)
entries = st.lists(st.tuples(worths, st.sampled_from(DECAYS), instants), max_size=30)


def one_by_one(found: Entries) -> Sums:
    sums: Sums = ()
    for worth, decay, at_us in found:
        sums = add(sums, worth, decay, at_us)
    return sums


def reading(sums: Sums, at_us: int) -> Amounts:
    amounts = read(sums, at_us)
    assert amounts is not None
    return amounts


@given(entries, st.integers(0, 20 * YEAR), st.randoms(use_true_random=False))
def test_the_sums_are_what_the_entries_come_to_in_any_order(found: Entries, later: int, random: Random) -> None:
    at_us = max((at for *_, at in found), default=0) + later
    amounts = [worth * decay.share(days_between(at, at_us)) for worth, decay, at in found]
    random.shuffle(found)
    for sums in (one_by_one(found), sum_up(found)):
        was = reading(sums, at_us)
        error = 1e-12 * (1e-9 + math.fsum(map(abs, amounts)))
        assert was.positive == pytest.approx(math.fsum(x for x in amounts if x > 0.0), abs=error)
        assert was.negative == pytest.approx(math.fsum(x for x in amounts if x < 0.0), abs=error)
        assert was.points == pytest.approx(math.fsum(amounts), abs=error)
        assert was.size == pytest.approx(math.fsum(map(abs, amounts)), abs=error)
        assert [each.rate for each in sums] == sorted({each.rate for each in sums})


@given(entries, st.randoms(use_true_random=False))
def test_summed_up_at_once_they_are_the_same_to_the_bit_in_any_order(found: Entries, random: Random) -> None:
    before = sum_up(found)
    random.shuffle(found)
    assert sum_up(found) == before


@given(entries)
def test_they_survive_json(found: Entries) -> None:
    sums = one_by_one(found)
    assert tuple(Sum(*row) for row in json.loads(json.dumps(sums))) == sums


EXACT = 6e-15
"""Of the sum of absolute terms: how far sums of 2,000 entries over ten years are from the truth, in any order."""


@pytest.mark.parametrize("days", [7, 30, 180])
def test_ten_years_in_any_order_are_within_the_stated_error(days: float) -> None:
    random, decay = Random(f"sums {days}"), HalfLife(days=days)
    found: Entries = [(random.uniform(-10, 10), decay, random.randrange(10 * YEAR)) for _ in range(2000)]
    at_us = max(at for *_, at in found)
    truth, size = exactly(found, days, at_us)
    orders = [found, found[::-1], sorted(found, key=lambda entry: entry[2])]
    orders += [random.sample(found, len(found)) for _ in range(20)]
    for order in orders:
        error = abs(Decimal(reading(one_by_one(order), at_us).points) - truth)
        assert error <= Decimal(EXACT) * size
    assert abs(Decimal(reading(sum_up(found), at_us).points) - truth) <= Decimal(EXACT) * size


def exactly(found: Entries, days: float, at_us: int) -> tuple[Decimal, Decimal]:
    """The balance and the sum of absolute terms, at 60 digits."""
    with localcontext() as context:
        context.prec = 60
        ln2 = Decimal(2).ln()
        terms = [
            Decimal(worth) * (-ln2 * Decimal(at_us - at) / Decimal(DAY) / Decimal(days)).exp() for worth, _, at in found
        ]
        return sum(terms, Decimal(0)), sum(map(abs, terms), Decimal(0))


@given(
    st.lists(
        st.tuples(
            st.floats(-1e12, 1e12),
            st.sampled_from([1e-9, 1e-3, 1.0, 84.0, 365.25e6, 1e9]),
            st.integers(-400 * YEAR, 400 * YEAR),
        ),
        min_size=1,
        max_size=10,
    ),
    st.integers(0, 8000 * YEAR),
)
def test_no_century_and_no_rate_makes_anything_but_a_number(found: list[tuple[float, float, int]], later: int) -> None:
    sums = one_by_one([(worth, HalfLife(days=days), at) for worth, days, at in found])
    was = reading(sums, max(at for *_, at in found) + later)
    bound = math.fsum(abs(worth) for worth, *_ in found) * (1 + 1e-9)
    assert 0.0 <= was.positive <= bound
    assert -bound <= was.negative <= 0.0
    for each in sums:
        assert math.isfinite(rank_key(each))


def test_an_entry_of_long_ago_is_as_good_as_gone_and_the_next_counts_whole() -> None:
    sums = add(add((), 100.0, HalfLife(days=1), 0), 5.0, HalfLife(days=1), 100 * YEAR)
    assert reading(sums, 100 * YEAR) == (5.0, 0.0)
    assert add(add((), 5.0, HalfLife(days=1), 100 * YEAR), 100.0, HalfLife(days=1), 0) == sums


def test_what_is_too_little_to_matter_is_gone_as_it_is_from_the_entries() -> None:
    sums = add((), -1e6, HalfLife(days=1), 0)
    assert reading(sums, 498 * DAY).is_overdrawn
    assert HalfLife(days=1).share(499) == 0.0
    assert not reading(sums, 499 * DAY).is_overdrawn


@pytest.mark.parametrize("later", [-1, -DAY])
def test_before_the_latest_entry_only_the_entries_can_tell(later: int) -> None:
    sums = one_by_one([(1.0, HalfLife(days=1), 0), (1.0, NoDecay(), 10 * DAY)])
    assert read(sums, 10 * DAY + later) is None
    assert read(sums, 10 * DAY) is not None


def test_an_account_without_entries_has_nothing() -> None:
    assert read((), 0) == (0.0, 0.0)
    assert sum_up([]) == ()
    assert add((), 0.0, HalfLife(days=1), 0) == ()


def test_what_is_no_sum_of_exponentials_is_refused_with_the_way_out() -> None:
    for worth in (1.0, 0.0):
        with pytest.raises(PolicyError, match="Linear.days=30.0. is no sum of exponentials.*read the balance from the"):
            add((), worth, Linear(days=30), 0)


def test_rounding_makes_no_account_overdrawn() -> None:
    assert not Amounts(0.3, -0.1 - 0.2).is_overdrawn
    assert not Amounts(1.0, -1.0 - 1.9e-9).is_overdrawn
    assert Amounts(1.0, -1.0 - 2.1e-9).is_overdrawn
    assert Amounts(0.0, -1e-300).is_overdrawn
    assert not Amounts().is_overdrawn


# Accounts in the order of their balances

accounts = st.builds(
    lambda rate, sums: [Sum(rate, at, up, -down) for at, up, down in sums],
    st.sampled_from([LN2 / 0.05, LN2 / 1, LN2 / 84, LN2 / 3650, 0.0]),
    st.lists(
        st.tuples(
            st.integers(-200 * YEAR, 60 * YEAR) | st.integers(50 * YEAR, 51 * YEAR),
            st.sampled_from([0.0, 1.0]) | st.floats(1e-9, 1e6),
            st.sampled_from([0.0, 1.0]) | st.floats(1e-9, 1e6),
        ),
        min_size=2,
        max_size=6,
    ),
)


def log_balance(each: Sum, at_us: int) -> Decimal:
    """The balance at an instant on a scale that loses nothing: sign and logarithm, exactly ordered."""
    points = Decimal(each.positive) + Decimal(each.negative)
    return points * (-Decimal(each.rate) * (Decimal(at_us - each.anchor_us) / Decimal(DAY))).exp()


@given(accounts)
def test_keys_sort_accounts_as_their_balances_do(found: list[Sum]) -> None:
    at_us = max(each.anchor_us for each in found)
    with localcontext() as context:
        context.prec = 40
        context.Emin = -999_999_999
        exact = [(log_balance(each, at_us), rank_key(each), each) for each in found]
        for balance, key, each in exact:
            sized = Amounts(each.positive, each.negative)
            assert (key < 0.0) == sized.is_overdrawn
            for other, than, another in exact:
                if not cancels(each) and not cancels(another) and other - balance > Decimal("1e-8") * abs(other):
                    assert key < than


def cancels(each: Sum) -> bool:
    """Whether a balance is within rounding of 0."""
    amounts = Amounts(each.positive, each.negative)
    return amounts.points != 0.0 and abs(amounts.points) <= 1e-6 * amounts.size


@given(accounts, st.floats(1e-6, 1e6), st.sampled_from([-1.0, 0.0, 1.0]), st.integers(0, 3 * YEAR))
def test_a_threshold_is_a_range_of_keys(found: list[Sum], size: float, sign: float, later: int) -> None:
    at_us, threshold = max(each.anchor_us for each in found) + later, sign * size
    low, high = key_bounds(threshold, found[0].rate, at_us)
    assert low <= high
    assert high - low <= 1e-8 * max(abs(low), abs(high), 1.0)
    for each in found:
        amounts, key = each.at(at_us), rank_key(each)
        if amounts.points == 0.0 != rank_key(each):  # gone meanwhile
            continue
        if key < low:
            assert amounts.points < threshold
        elif key >= high:
            assert amounts.points >= threshold or (threshold == 0.0 and not amounts.is_overdrawn)


def test_what_never_fades_is_its_own_key() -> None:
    assert rank_key(Sum(0.0, 123, 5.0, -7.0)) == -2.0
    assert key_bounds(-2.0, 0.0, 0) == (-2.0, -2.0)


def test_a_key_has_the_sign_of_its_balance_however_small_or_old_it_is() -> None:
    for points in (5e-324, 1e-300, 1.0, 1e300):
        for at_us in (-1969 * YEAR, 0, 8000 * YEAR):
            assert rank_key(Sum(LN2, at_us, points, 0.0)) > 0.0
            assert rank_key(Sum(LN2, at_us, 0.0, -points)) < 0.0
    assert rank_key(Sum(LN2, 0, 1.0, -1.0)) == 0.0
    assert rank_key(Sum(LN2, 0, 1.0, -1.0 - 1e-10)) == 0.0


def test_keys_are_fine_where_accounts_are() -> None:
    """At the default half-life, today, balances that differ by 1e-12 have different keys."""
    rate, today = LN2 / 84, 56 * YEAR
    keys: list[Any] = [rank_key(Sum(rate, today, 20.0 * (1 + n * 1e-12), 0.0)) for n in range(10)]
    assert keys == sorted(set(keys))
