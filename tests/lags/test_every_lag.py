"""What every lag holds to, those that ship and those of others: its laws, and that it is no decay."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import goodwill.lags
from goodwill import DecaySchedule, Policy, presets
from goodwill.domain.errors import PolicyError
from goodwill.lags import Delayed, WeibullPdf
from goodwill.policies.component import EVERY_OPERAND, registered
from goodwill.policies.lag import Lag
from goodwill.testing.engines import installed, on_engine
from goodwill.testing.strategies import instances

SHIPPED = {tag: member for tag, member in registered(Lag).items() if member.__module__.startswith("goodwill.lags.")}
EXAMPLES = [Delayed(retention=0.5, delay=3), WeibullPdf(shape=2, scale=4, periods=10)]

lags = st.one_of(
    instances(Delayed),
    st.builds(Delayed, retention=st.floats(0.01, 1), delay=st.integers(0, 80).map(lambda quarters: quarters / 4)),
    st.builds(WeibullPdf, shape=st.floats(0.2, 5), scale=st.floats(1, 20), periods=st.integers(3, 30)),
)


def probes(lag: Lag) -> list[float]:
    peak = lag.delay if isinstance(lag, Delayed) else 0.0
    return sorted({*(n / 4 for n in range(160)), 400.0, 1e9, peak, peak + 0.5, peak + 7})


@given(lags)
def test_a_weight_is_within_0_and_1_at_every_lag(lag: Lag) -> None:
    assert all(0.0 <= lag.weight(periods) <= 1.0 for periods in probes(lag))


@given(lags)
def test_the_largest_weight_is_1(lag: Lag) -> None:
    assert max(map(lag.weight, probes(lag))) == 1.0


@given(lags)
def test_from_some_lag_on_it_never_rises(lag: Lag) -> None:
    settled = lag.delay if isinstance(lag, Delayed) else lag.periods
    late = [lag.weight(periods) for periods in probes(lag) if periods >= settled]
    assert all(before >= after for before, after in pairwise(late))


@given(lags)
def test_it_prints_as_code_and_stores_as_json(lag: Lag) -> None:
    assert eval(repr(lag)) == lag
    assert Lag.from_json(lag.to_json()) == lag


@given(lags)
def test_every_engine_agrees(lag: Lag) -> None:
    periods = probes(lag)
    expected = [lag.weight(at) for at in periods]
    for engine in installed(lag.runs_on):
        for at, weight, found in zip(periods, expected, on_engine(engine, lag.weight, periods), strict=True):
            assert abs(weight - found) <= 1e-12, f"{lag!r} at {at} is {weight} on a float and {found} on {engine}"


def test_the_weights_are_those_of_whole_lags() -> None:
    for lag in EXAMPLES:
        assert lag.weights(12) == [lag.weight(float(n)) for n in range(12)]
        assert lag.weights(0) == []


@pytest.mark.parametrize("lag", EXAMPLES)
def test_a_lag_never_passes_as_a_decay(lag: Lag) -> None:
    told = f"{lag!r} is a lag, which is no decay: its share is 1 at age 0 and never rises"
    policy = presets.default()
    for path, give in (
        ("decay.default", lambda: policy.replace(decay=lag)),
        ("decay.by_kind.refund", lambda: policy.replace(decay=DecaySchedule(default=lag, by_kind={"refund": lag}))),
        ("default", lambda: DecaySchedule(default=lag)),
    ):
        with pytest.raises(PolicyError) as caught:
            give()
        assert told in str(caught.value)
        assert path in str(caught.value) or path.startswith("decay.by_kind")


def test_the_json_of_a_lag_is_no_decay_either() -> None:
    policy = presets.default().to_dict()
    with pytest.raises(PolicyError, match=r"^decay\.default\.type: no decay is called 'delayed'"):
        Policy.from_dict({**policy, "decay": {"default": EXAMPLES[0].to_dict()}})


@pytest.mark.parametrize("tag", SHIPPED)
def test_it_runs_on_every_operand_and_has_an_export_and_an_example(tag: str) -> None:
    member = SHIPPED[tag]
    assert member.operands == EVERY_OPERAND
    assert getattr(goodwill.lags, member.__name__) is member
    assert ">>> " in (member.__doc__ or "")


def test_all_that_ship_are_tried_here() -> None:
    assert {type(lag) for lag in EXAMPLES} == set(SHIPPED.values())
    assert all(math.isfinite(lag.weight(1e12)) for lag in EXAMPLES)
