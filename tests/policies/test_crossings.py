"""When a balance crosses a threshold: never missed, exact to the microsecond."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodwill.decays import Cliff, HalfLife, Linear, NoDecay
from goodwill.policies.crossings import LAST_US, next_band, next_crossing, next_overdrawn, next_possible_change
from goodwill.policies.decay import Decay
from goodwill.policies.standing import Band, Hysteresis, Standing
from goodwill.policies.sums import Sum, Sums, add, read
from goodwill.terms import Endowment, Silence

few = settings(max_examples=max(10, settings.default.max_examples // 5))  # thousands of readings each
DAY = 86_400_000_000
YEAR = 365 * DAY
BANDS = Standing(
    bands=(Band(name="low", below=-3.0), Band(name="fair", below=0.0), Band(name="good", below=2.0)), top="best"
)

rates = st.sampled_from([0.0, *(math.log(2.0) / days for days in (1, 7, 21, 30, 84, 84.1, 365, 3650))]) | st.floats(
    1e-6, 2.0
)
amounts = st.floats(-20.0, 20.0).map(lambda amount: round(amount, 6))
several = st.dictionaries(rates, amounts, max_size=6).map(
    lambda found: tuple(Sum(rate, 0, max(points, 0.0), min(points, 0.0)) for rate, points in sorted(found.items()))
)


def points(sums: Sums, at_us: int) -> float:
    found = read(sums, at_us)
    assert found is not None
    return found.points


def densely(outcome: Callable[[int], object], after_us: int, most: int = 1700) -> int | None:
    """The first of many instants, ever further apart, at which something else holds."""
    now = outcome(after_us)
    steps = sorted({after_us + round(DAY * (1.01 ** (n * 1700 / most) - 1) * 0.05) for n in range(most)})
    return next((us for us in steps if us > after_us and outcome(us) != now), None)


@given(several, st.sampled_from([-5.0, -1.0, 0.0, 1.0, 5.0]) | amounts, st.integers(0, 100).map(lambda day: day * DAY))
def test_the_next_crossing_is_the_first_to_the_microsecond(sums: Sums, threshold: float, after_us: int) -> None:
    def below(us: int) -> bool:
        return points(sums, us) < threshold

    found, seen = next_crossing(sums, threshold, after_us), densely(below, after_us)
    if found is None:
        assert seen is None
        return
    assert found > after_us
    assert below(found) != below(after_us)
    assert below(found - 1) == below(after_us)
    assert seen is None or found <= seen


@given(several, st.integers(0, 100).map(lambda day: day * DAY))
def test_between_now_and_the_next_crossing_nothing_changes(sums: Sums, after_us: int) -> None:
    found = next_band(sums, BANDS, after_us)
    end_us = found or LAST_US
    now = BANDS.name_of(points(sums, after_us))
    random = Random(after_us)
    for _ in range(200):
        us = after_us + int((end_us - after_us) ** random.random())
        # Within rounding of a threshold, a balance may be on either side.
        if us < end_us and min(abs(points(sums, us) - band.below) for band in BANDS.bands) > 1e-9:
            assert BANDS.name_of(points(sums, us)) == now
    if found is not None:
        assert BANDS.name_of(points(sums, found)) != now


def polynomial(roots: list[float]) -> Sums:
    """Sums of points that are 0 exactly at some days: the product of (e^(-r t) - e^(-r root)) is a sum of exponentials."""
    rate, weights = 0.01, [1.0]
    for root in roots:
        at = math.exp(-rate * root)
        weights = [
            (weights[n - 1] if n else 0.0) - at * (weights[n] if n < len(weights) else 0.0)
            for n in range(len(weights) + 1)
        ]
    scale = 1e6
    return tuple(
        Sum(rate * n, 0, max(weight * scale, 0.0), min(weight * scale, 0.0)) for n, weight in enumerate(weights)
    )


@given(st.lists(st.integers(1, 40), min_size=1, max_size=4, unique=True))
def test_every_crossing_of_many_is_found_in_turn(places: list[int]) -> None:
    roots = sorted(5.0 * place for place in places)
    sums, after_us, found = polynomial(roots), 0, []
    while (crossing := next_crossing(sums, 0.0, after_us)) is not None:
        found.append(crossing / DAY)
        after_us = crossing
    assert found == pytest.approx(roots, rel=1e-6)


@pytest.mark.parametrize("apart", [1.0, 1e-2, 1e-3])
def test_a_short_visit_below_zero_is_not_missed(apart: float) -> None:
    sums = polynomial([50.0, 50.0 + apart])
    went = next_crossing(sums, 0.0, 0)
    assert went is not None
    came = next_crossing(sums, 0.0, went)
    assert came is not None
    assert (went / DAY, came / DAY) == pytest.approx((50.0, 50.0 + apart), abs=apart / 10)


def test_a_fast_gift_does_not_outlast_a_slow_grudge() -> None:
    sums = add(add((), 6.0, HalfLife(days=10), 0), -4.0, HalfLife(days=80), 0)
    crossing = next_overdrawn(sums, 0)
    assert crossing is not None
    assert crossing / DAY == pytest.approx(math.log2(6 / 4) * 80 / 7, abs=1e-6)
    assert next_crossing(sums, 0.0, 0) == pytest.approx(crossing, abs=10_000)  # rounding apart
    # And it stays so until what is left is too little to matter.
    assert next_overdrawn(sums, crossing) == pytest.approx(80 * 498.289 * DAY, rel=1e-4)


def test_one_rate_is_never_on_the_other_side_of_zero_until_it_is_gone() -> None:
    sums = add(add((), 6.0, HalfLife(days=10), 0), -8.0, HalfLife(days=10), 5 * DAY)
    gone = next_overdrawn(sums, 5 * DAY)
    assert gone is not None
    assert gone / DAY == pytest.approx(5 + 10 * 498.289, rel=1e-4)
    assert HalfLife(days=10).share((gone - 5 * DAY) / DAY) == 0.0
    assert HalfLife(days=10).share((gone - 5 * DAY - 1) / DAY) > 0.0
    assert next_crossing(sums, -1.0, 5 * DAY) is not None


@pytest.mark.parametrize("sums", [(), (Sum(0.0, 0, 5.0, -2.0),), (Sum(0.5, 0, 5.0, 0.0),)], ids=str)
def test_what_does_not_cross_never_does(sums: Sums) -> None:
    assert next_crossing(sums, 0.0, 0) is None
    assert next_overdrawn(sums, 0) is None


def test_a_threshold_that_is_reached_exactly_is_crossed_after_it() -> None:
    sums = add((), 4.0, NoDecay(), 0)
    assert next_crossing(sums, 4.0, 0) is None
    assert next_crossing(add(sums, 1.0, HalfLife(days=1), 0), 5.0, 0) == 1


def test_bands_are_left_one_after_the_other() -> None:
    sums, after_us, names = add((), 8.0, HalfLife(days=10), 0), 0, ["best"]
    sums = add(sums, -4.0, NoDecay(), 0)
    while (after := next_band(sums, BANDS, after_us)) is not None:
        after_us = after
        names.append(BANDS.name_of(points(sums, after_us)))
    assert names == ["best", "good", "fair", "low"]


def test_a_regime_does_not_change_by_time() -> None:
    sums = add((), 8.0, HalfLife(days=10), 0)
    assert next_band(sums, BANDS.replace(hysteresis=Hysteresis(down=1, up=2)), 0) is None


@pytest.mark.parametrize("ask", [lambda sums: next_crossing(sums, 0.0, 4), lambda sums: next_band(sums, BANDS, 4)])
def test_an_instant_before_the_latest_entry_is_refused(ask: Callable[[Sums], object]) -> None:
    with pytest.raises(ValueError, match="before their latest entry; look from that one on"):
        ask(add((), 8.0, HalfLife(days=10), 5))


# Whatever the decays and terms

FADING = [HalfLife(days=10), Linear(days=90), HalfLife(days=30).grace(days=20), Cliff(days=40), NoDecay()]
found_entries = st.lists(st.tuples(amounts, st.sampled_from(FADING)), max_size=6)


def parts(entries: list[tuple[float, Decay]], us: int) -> list[float]:
    """What they come to in their two parts, and a silence and an endowment."""
    left = [worth * decay.share(us / DAY) for worth, decay in entries]
    silence, stock = Silence(points=5, grace=30, half_life=90), Endowment(points=4, decay=HalfLife(days=60))
    terms = [float(term.amount(us / DAY, us / DAY)) for term in (silence, stock)]
    return [math.fsum(x for x in left if x > 0), math.fsum(x for x in left if x < 0), *terms]


@few
@given(found_entries, st.integers(0, 60).map(lambda day: day * DAY))
def test_nothing_changes_before_the_next_possible_change(entries: list[tuple[float, Decay]], after_us: int) -> None:
    def band(us: int) -> str:
        return BANDS.name_of(math.fsum(parts(entries, us)))

    found = next_possible_change(lambda us: parts(entries, us), BANDS.name_of, after_us)
    seen = densely(band, after_us, most=400)
    if found is None:
        assert seen is None
    else:
        assert found > after_us
        assert seen is None or found <= seen
        assert band(found - 1) == band(after_us)


@few
@given(found_entries)
def test_asked_again_when_it_is_due_it_follows_every_change(entries: list[tuple[float, Decay]]) -> None:
    def below(us: int) -> bool:
        return math.fsum(parts(entries, us)) < -3.0

    after_us, dues = 0, []
    while len(dues) < 20:
        due = next_possible_change(lambda us: parts(entries, us), lambda x: x < -3.0, after_us)
        if due is None:
            break
        assert due > after_us
        assert below(due - 1) == below(after_us)
        dues.append(due)
        after_us = due
    else:
        return  # it hovers at the threshold, and is read again and again
    assert below(after_us) == below(LAST_US)


def test_where_a_balance_falls_at_a_pace_the_possible_change_is_the_change() -> None:
    def left(us: int) -> list[float]:
        return [10.0 * Linear(days=100).share(us / DAY), -3.0 * HalfLife(days=100).share(us / DAY)]

    days = [n / 1000 for n in range(100_000)]
    crossing = days[bisect_left(days, True, key=lambda day: math.fsum(left(int(day * DAY))) < 2.0)]
    found = next_possible_change(left, lambda points: points < 2.0, 0)
    assert found is not None
    assert found / DAY == pytest.approx(crossing, abs=2e-3)
