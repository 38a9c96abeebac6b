"""A sliding window."""

from __future__ import annotations

import math

import pytest
from hypothesis import given

from goodwill.decays import Cliff, NoDecay
from goodwill.domain.errors import PolicyError
from goodwill.domain.instant import MICROSECONDS_PER_DAY, days_between
from goodwill.testing import check_decay
from goodwill.testing.strategies import ages, instances

TICK = 1 / MICROSECONDS_PER_DAY


@given(instances(Cliff))
def test_nothing_is_left_at_its_days_and_all_of_it_just_before(decay: Cliff) -> None:
    assert decay.share(decay.days) == 0.0
    assert decay.share(math.nextafter(decay.days, 0)) == 1.0
    assert decay.half_life == decay.age_at(0) == decay.days


@given(instances(Cliff), ages())
def test_it_is_what_never_fades_until_it_expires(decay: Cliff, age: float) -> None:
    assert Cliff(days=max(decay.days, 1.0)).share(age) == NoDecay().expire(days=max(decay.days, 1.0)).share(age)


def test_one_tick_is_gone_at_once() -> None:
    gone = Cliff(days=TICK)
    check_decay(gone, examples=5)
    assert gone.share(days_between(0, 0)) == 1.0
    assert gone.share(days_between(0, 1)) == 0.0


def test_less_than_a_tick_is_refused() -> None:
    with pytest.raises(PolicyError, match="^days: 1.1e-11 is closer to 0 than 1.15741e-11"):
        Cliff(days=1.1e-11)


def test_an_edge_between_two_microseconds_is_exact() -> None:
    year = 365 * MICROSECONDS_PER_DAY
    for start in (0, 1_700_000_000_123_457):
        assert Cliff(days=365).share(days_between(start, start + year - 1)) == 1.0
        assert Cliff(days=365).share(days_between(start, start + year)) == 0.0


def test_it_is_no_sum_of_exponentials() -> None:
    assert not Cliff(days=30).exponential
