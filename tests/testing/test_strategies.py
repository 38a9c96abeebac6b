"""Random members of a family, also of classes that somebody just wrote."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import pytest
from annotated_types import Gt
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st
from pydantic import Field

from goodwill.policies.combinators import Blend
from goodwill.policies.component import Model, registered
from goodwill.policies.decay import Decay
from goodwill.policies.parameters import Days, Finite, Frozen, Number, Positive, Sensitivity, Share, Weight
from goodwill.policies.schedule import DecaySchedule
from goodwill.policies.standing import Standing
from goodwill.testing import preserved_registry
from goodwill.testing.strategies import decays, instances, numbers


@pytest.fixture(autouse=True)
def _own_registry() -> Iterator[None]:
    with preserved_registry():
        yield


class Everything(Model):
    days: Days
    finite: Finite
    sensitivity: Sensitivity
    pair: tuple[Share, Positive]
    weights: tuple[Weight, ...]
    table: Frozen[str, Days]
    either: Positive | None
    word: Literal["a", "b"]
    flag: bool
    count: Annotated[int, Field(ge=0, le=3)]
    plain: float
    bounded: Annotated[float, Gt(2)]
    decay: Decay
    several: tuple[Decay, ...]
    schedule: DecaySchedule
    standing: Standing = Standing()


@settings(suppress_health_check=list(HealthCheck), max_examples=30)
@given(instances(Everything))
def test_a_model_is_drawn_by_its_annotations(model: Everything) -> None:
    assert Everything.from_json(model.to_json()) == model


@pytest.mark.slow
@pytest.mark.parametrize("tag", registered(Decay))
def test_every_member_is_drawn(tag: str) -> None:
    # One that goes by the calendar is drawn as an entry has it.
    member = registered(Decay)[{"calendar_expiry": "cliff"}.get(tag, tag)]
    assert type(find(decays(2), lambda decay: type(decay) is member)) is member


@given(instances(Blend))
def test_the_weights_of_a_blend_are_drawn_together(blend: Blend) -> None:
    assert len(blend.weights) == len(blend.of)


@pytest.mark.parametrize("rule", [Number("odd", 5.0, 6.0), Number("tiny", 0.0, 1e-6, smallest=1e-9)])
def test_numbers_of_a_strangers_rule_are_drawn_within_it(rule: Number) -> None:
    @given(numbers(rule))
    def within(number: float) -> None:
        assert rule.check(number) == number

    within()


def test_what_a_class_refuses_is_drawn_again() -> None:
    class Ordered(Model):
        low: Share
        high: Share

        def model_post_init(self, context: Any) -> None:
            if self.low > self.high:
                raise ValueError("low is above high")

    @settings(suppress_health_check=list(HealthCheck))
    @given(instances(Ordered))
    def in_order(model: Ordered) -> None:
        assert model.low <= model.high

    in_order()


@given(st.data())
def test_depth_limits_how_far_decays_stand_within_each_other(data: st.DataObject) -> None:
    leaf = data.draw(decays(0))
    assert not list(leaf.parts)
    one = data.draw(decays(1))
    assert not [inner for part in one.parts for inner in part.parts]
