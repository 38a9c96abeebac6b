"""What every lag holds to, those that ship and those of others: its laws, and that it is no decay."""

from __future__ import annotations

import math

import pytest

import goodwill.lags
from goodwill import DecaySchedule, Policy, presets
from goodwill.domain.errors import PolicyError
from goodwill.lags import Delayed, WeibullPdf
from goodwill.policies.component import EVERY_OPERAND, registered
from goodwill.policies.lag import Lag
from goodwill.testing.lag import check_lag

SHIPPED = {tag: member for tag, member in registered(Lag).items() if member.__module__.startswith("goodwill.lags.")}
EXAMPLES = [Delayed(retention=0.5, delay=3), WeibullPdf(shape=2, scale=4, periods=10)]


@pytest.mark.parametrize("tag", SHIPPED)
def test_it_obeys_the_laws(tag: str) -> None:
    check_lag(SHIPPED[tag])


@pytest.mark.parametrize("lag", [Delayed(retention=1, delay=3), Delayed(retention=1e-12, delay=1e6), *EXAMPLES])
def test_one_that_is_flat_or_steep_does_too(lag: Lag) -> None:
    check_lag(lag, examples=3)


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
