"""Which decay an entry has."""

from __future__ import annotations

import pytest

from goodwill.decays import HalfLife, Linear, NoDecay, PowerLaw
from goodwill.domain.errors import PolicyError
from goodwill.domain.kind import Direction
from goodwill.policies.schedule import DecaySchedule

SCHEDULE = DecaySchedule(
    default=HalfLife(days=84),
    by_direction={"withdrawal": HalfLife(days=42)},
    by_kind={"service_heroics": NoDecay(), "dispute": PowerLaw(days=30)},
)


@pytest.mark.parametrize(
    ("kind", "direction", "decay"),
    [
        ("service_heroics", "deposit", NoDecay()),
        ("dispute", "withdrawal", PowerLaw(days=30)),
        ("late_delivery", "withdrawal", HalfLife(days=42)),
        ("late_delivery", Direction.WITHDRAWAL, HalfLife(days=42)),
        ("refund", "deposit", HalfLife(days=84)),
        ("unheard_of", "observation", HalfLife(days=84)),
    ],
)
def test_a_decay_is_picked_by_kind_then_direction_then_default(kind: str, direction: str, decay: object) -> None:
    assert SCHEDULE.pick(kind, direction) == decay


def test_a_schedule_prints_as_code_and_stores_as_json() -> None:
    assert eval(repr(SCHEDULE)) == SCHEDULE
    assert DecaySchedule.from_json(SCHEDULE.to_json()) == SCHEDULE
    assert repr(DecaySchedule(default=NoDecay())) == "DecaySchedule(default=NoDecay())"


def test_a_direction_prints_as_a_plain_word() -> None:
    schedule = DecaySchedule(default=NoDecay(), by_direction={Direction.DEPOSIT: HalfLife(days=1)})
    assert eval(repr(schedule)) == schedule
    assert schedule == DecaySchedule(default=NoDecay(), by_direction={"deposit": HalfLife(days=1)})
    assert schedule.to_json() == (
        '{"by_direction":{"deposit":{"days":1,"type":"half_life"}},"by_kind":{},"default":{"type":"no_decay"}}'
    )


@pytest.mark.parametrize("direction", ["observation", "deposits", "", "DEPOSIT"])
def test_what_has_no_worth_has_no_decay(direction: str) -> None:
    with pytest.raises(PolicyError, match=r"^by_direction.*: .* is not a direction that has a worth: deposit or with"):
        DecaySchedule(default=NoDecay(), by_direction={direction: NoDecay()})


@pytest.mark.parametrize("kind", ["", "Late delivery", "9", "x" * 64, "refund\n"])
def test_a_kind_is_a_name(kind: str) -> None:
    with pytest.raises(PolicyError, match="^by_kind"):
        DecaySchedule(default=NoDecay(), by_kind={kind: NoDecay()})


def test_a_fault_is_named_with_its_path() -> None:
    with pytest.raises(PolicyError) as caught:
        DecaySchedule.from_dict(
            {"default": {"type": "no_decay"}, "by_kind": {"dispute": {"type": "linear", "days": 0}}}
        )
    assert str(caught.value) == "by_kind.dispute.days: 0 is not above 0 (days, must be finite and > 0)"
    with pytest.raises(PolicyError, match="by_knd: DecaySchedule has no such field; nearest: by_kind"):
        DecaySchedule.from_dict({"default": {"type": "no_decay"}, "by_knd": {}})


def test_a_schedule_is_exponential_if_all_its_decays_are() -> None:
    assert DecaySchedule(default=HalfLife(days=1), by_kind={"a": NoDecay()}).exponential
    assert not SCHEDULE.exponential
    assert not DecaySchedule(default=HalfLife(days=1), by_direction={"deposit": Linear(days=1)}).exponential
    assert not DecaySchedule(default=Linear(days=1)).exponential


def test_the_tables_of_a_schedule_cannot_be_changed() -> None:
    with pytest.raises(TypeError, match="cannot be changed"):
        SCHEDULE.by_kind["dispute"] = NoDecay()  # type: ignore[index]
