"""Other numbers than the sum: laws of each, and through a ledger."""

from __future__ import annotations

import math
import statistics
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import goodwill.readouts
from goodwill import Catalog, Direction, Kind, Ledger, Policy, Rate, Valuation
from goodwill.decays import HalfLife, NoDecay
from goodwill.domain.errors import PolicyError, WrongType
from goodwill.policies.component import registered
from goodwill.policies.readout import Impression, Readout, Relationship
from goodwill.readouts import AverageAndPeak, Momentum, PeakEnd, PositivityRatio, SilentDays, Volatility
from goodwill.terms import Endowment
from goodwill.testing.clock import FixedClock
from goodwill.valuations import RateCard

START = datetime(2026, 1, 1, tzinfo=UTC)
UNIT = Rate("unit", material=1.0)
CATALOG = Catalog(
    [
        Kind("gift", Direction.DEPOSIT, unit="piece", starter=UNIT),
        Kind("mystery", Direction.DEPOSIT),
        Kind("fault", Direction.WITHDRAWAL, unit="piece", starter=UNIT),
        Kind("touch", Direction.OBSERVATION, contact=True),
        Kind("note", Direction.OBSERVATION),
    ]
)
POLICY = Policy(valuation=Valuation(steps=(RateCard.from_catalog(CATALOG),)), decay=NoDecay())
ALL = (PeakEnd(w_peak=0.7), AverageAndPeak(w_peak=1), PositivityRatio(of="entries"), Momentum(days=30),
       Volatility(step=1, steps=30), SilentDays())  # fmt: skip

weights = st.floats(0, 1).map(lambda x: round(x, 6))
values = st.lists(st.floats(-100, 100).map(lambda x: round(x, 3)), min_size=1, max_size=12)


def relationship(points: list[float]) -> Relationship:
    """One impression a point, nothing faded."""
    parts = [math.fsum(filter(sign, points)) for sign in (lambda x: x > 0, lambda x: x < 0)]
    return Relationship(
        at_us=len(points),
        impressions=tuple(Impression("gift", n, value, 1.0) for n, value in enumerate(points)),
        positive=parts[0],
        negative=parts[1],
        opened_us=0,
        last_contact_us=len(points) - 1,
        balance_at=lambda at_us: math.fsum(points[: at_us + 1]),
    )


def at(day: float) -> datetime:
    return START + timedelta(days=day)


def told(*events: tuple[float, str, float], **policy: Any) -> Ledger:
    ledger = Ledger.in_memory(POLICY.replace(**policy), CATALOG, clock=FixedClock(at(9999)))
    for day, kind, size in events:
        write = {"gift": ledger.deposit, "mystery": ledger.deposit, "fault": ledger.withdraw}.get(kind, ledger.observe)
        write("ada", kind, size, occurred_at=at(day))
    return ledger


# Every readout


def test_every_registered_readout_is_tested_here() -> None:
    assert {readout.tag for readout in ALL} == registered(Readout).keys()


@pytest.mark.parametrize("readout", ALL, ids=lambda readout: readout.tag)
def test_it_prints_as_code_and_stores_as_json(readout: Readout) -> None:
    assert eval(repr(readout), vars(goodwill.readouts)) == readout
    assert Readout.from_json(readout.to_json()) == readout


@pytest.mark.parametrize("readout", ALL, ids=lambda readout: readout.tag)
def test_of_nothing_it_reads_nothing(readout: Readout) -> None:
    assert told().readout("nobody", readout) is None
    assert told((5, "gift", 1)).readout("ada", readout, as_of=at(4)) is None


@pytest.mark.parametrize("readout", ALL, ids=lambda readout: readout.tag)
def test_it_has_no_threshold(readout: Readout) -> None:
    assert not {"threshold", "above", "below", "limit"} & set(type(readout).model_fields)
    assert 2.9 not in readout.to_dict().values()


def test_it_is_read_as_of_and_as_known_and_under_another_policy() -> None:
    ledger = told((0, "gift", 8), (10, "fault", 3))
    assert ledger.readout("ada", PeakEnd(), as_of=at(5)) == 8
    assert ledger.readout("ada", PeakEnd(), as_of=at(10)) == 2.5
    faded = POLICY.replace(decay=HalfLife(days=10))
    assert ledger.readout("ada", PeakEnd(), as_of=at(10), policy=faded) == pytest.approx(0.5)
    assert ledger.readout("ada", PeakEnd(), known_at=at(9000)) is None  # all was recorded on day 9999
    with pytest.raises(WrongType):
        ledger.readout(1.5, PeakEnd())  # type: ignore[arg-type]


def test_what_is_unvalued_makes_no_impression() -> None:
    ledger = told((0, "gift", 8), (1, "mystery", 1))
    assert ledger.readout("ada", PeakEnd()) == 8
    assert ledger.readout("ada", AverageAndPeak()) == 8


# Peak and end


@given(values)
def test_peak_and_end_lie_within_the_impressions(points: list[float]) -> None:
    read = PeakEnd().read(relationship(points))
    assert min(points) - 1e-9 <= read <= max(points) + 1e-9
    assert PeakEnd(w_peak=0).read(relationship(points)) == points[-1]
    assert abs(PeakEnd(w_peak=1).read(relationship(points))) == max(map(abs, points))


@given(values, st.integers(1, 5))
def test_it_neglects_how_long_it_lasted(points: list[float], times: int) -> None:
    assert PeakEnd().read(relationship(points * times)) == PeakEnd().read(relationship(points))


def test_of_two_peaks_the_later_counts_and_a_good_entry_may_lower_it() -> None:
    assert PeakEnd(w_peak=1).read(relationship([-8, 8, 1])) == 8
    assert PeakEnd(w_peak=1).read(relationship([8, -8, 1])) == -8
    assert PeakEnd().read(relationship([9, 9, 1])) < PeakEnd().read(relationship([9, 9]))


# Average and peak


@given(values, weights, weights)
def test_average_and_positive_peak(points: list[float], w_average: float, w_peak: float) -> None:
    read = AverageAndPeak(w_average=w_average, w_peak=w_peak).read(relationship(points))
    assert read == pytest.approx(w_average * statistics.fmean(points) + w_peak * max(0.0, *points), abs=1e-9)


# Ratio


@given(values)
def test_the_ratio_is_of_the_parts_of_the_balance_and_none_where_nothing_is_negative(points: list[float]) -> None:
    read = PositivityRatio().read(relationship(points))
    counted = PositivityRatio(of="entries").read(relationship(points))
    negative = [-x for x in points if x < 0]
    if not negative:
        assert read is counted is None
        return
    positive = [x for x in points if x > 0]
    assert read == pytest.approx(math.fsum(positive) / math.fsum(negative))
    assert counted == len(positive) / len(negative)


def test_the_ratio_of_points_has_the_terms_in_it() -> None:
    ledger = told((0, "fault", 4), terms=(Endowment(points=20, decay=NoDecay()),))
    assert ledger.readout("ada", PositivityRatio()) == 5
    assert ledger.readout("ada", PositivityRatio(of="entries")) == 0


def test_what_has_expired_is_not_counted() -> None:
    ledger = told((0, "fault", 4), (20, "fault", 4), (20, "gift", 4), decay=NoDecay().expire(days=10))
    assert ledger.readout("ada", PositivityRatio(of="entries"), as_of=at(25)) == 1
    assert ledger.readout("ada", PositivityRatio(), as_of=at(40)) is None


def test_what_is_counted_is_points_or_entries() -> None:
    with pytest.raises(PolicyError, match="of"):
        PositivityRatio(of="dollars")  # type: ignore[arg-type]


# Momentum and volatility


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(-20, 20)), min_size=1, max_size=8), st.integers(1, 90))
def test_momentum_is_the_difference_of_two_balances(moves: list[tuple[int, int]], days: int) -> None:
    events = [(day, "gift" if size >= 0 else "fault", abs(size)) for day, size in moves]
    ledger = told(*events, decay=HalfLife(days=20), terms=(Endowment(points=3, decay=HalfLife(days=9)),))
    now, then = (ledger.balance("ada", as_of=at(day)).points for day in (70, 70 - days))
    assert ledger.readout("ada", Momentum(days=days), as_of=at(70)) == pytest.approx(now - then, abs=1e-9)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(-20, 20)), min_size=1, max_size=8))
def test_volatility_is_the_deviation_of_the_changes_of_balances(moves: list[tuple[int, int]]) -> None:
    events = [(day, "gift" if size >= 0 else "fault", abs(size)) for day, size in moves]
    ledger = told(*events, decay=HalfLife(days=20))
    balances = [ledger.balance("ada", as_of=at(day)).points for day in (70, 68, 66, 64, 62)]
    changes = [later - earlier for later, earlier in pairwise(balances)]
    read = ledger.readout("ada", Volatility(step=2, steps=4), as_of=at(70))
    assert read == pytest.approx(statistics.pstdev(changes), abs=1e-9)


def test_a_balance_that_never_moves_has_no_volatility_and_one_that_swings_has() -> None:
    calm = told((0, "gift", 10))
    swinging = told(*((day, "gift" if day % 14 else "fault", 10) for day in range(0, 98, 7)))
    assert calm.readout("ada", Volatility(), as_of=at(100)) == 0
    assert swinging.readout("ada", Volatility(), as_of=at(91)) == pytest.approx(10, abs=0.1)


def test_volatility_leaves_out_what_was_before_the_account_and_needs_two_steps() -> None:
    ledger = told((0, "gift", 10))
    assert ledger.readout("ada", Volatility(step=7), as_of=at(13)) is None
    assert ledger.readout("ada", Volatility(step=7), as_of=at(14)) == 0


@pytest.mark.parametrize("fault", [{"steps": 1}, {"steps": 2000}, {"step": 0}, {"steps": 2.0}])
def test_a_volatility_that_cannot_be_read_is_refused(fault: dict[str, Any]) -> None:
    with pytest.raises(PolicyError, match=next(iter(fault))):
        Volatility(**fault)


# Silence


def test_silence_counts_from_the_last_contact_else_from_the_opening() -> None:
    ledger = told((0, "note", 1), (3, "touch", 1), (5, "note", 1), (8, "gift", 0))
    assert [ledger.readout("ada", SilentDays(), as_of=at(day)) for day in (2, 4.5, 7, 8, 20)] == [2, 1.5, 4, 0, 12]
