"""Which decay an entry has."""

from __future__ import annotations

import pytest

from goodwill.decays import HalfLife, Linear, NoDecay, PowerLaw
from goodwill.domain.errors import PolicyError
from goodwill.domain.kind import Direction
from goodwill.policies.schedule import DecaySchedule, SevereFrom

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


FULL = DecaySchedule(
    default=HalfLife(days=1),
    by_direction={"withdrawal": HalfLife(days=2)},
    by_severity=(SevereFrom(severity=2, decay=HalfLife(days=3)), SevereFrom(severity=5, decay=HalfLife(days=4))),
    by_dimension={"channel": {"phone": HalfLife(days=5), "2": HalfLife(days=6)}},
    by_kind={"dispute": HalfLife(days=7)},
)


@pytest.mark.parametrize(
    ("days", "kind", "direction", "severity", "dimensions"),
    [
        (1, "refund", "deposit", 1.0, {}),
        (2, "late_delivery", "withdrawal", 1.99, {}),
        (3, "late_delivery", "withdrawal", 2.0, {}),
        (3, "refund", "deposit", 4.99, {}),
        (4, "late_delivery", "withdrawal", 5.0, {"channel": "mail"}),
        (5, "late_delivery", "withdrawal", 9.0, {"channel": "phone"}),
        (6, "refund", "deposit", 1.0, {"channel": 2}),
        (1, "refund", "deposit", 1.0, {"region": "phone"}),
        (7, "dispute", "withdrawal", 9.0, {"channel": "phone"}),
    ],
)
def test_the_kind_goes_before_a_dimension_that_before_severity_and_that_before_the_direction(
    days: float, kind: str, direction: str, severity: float, dimensions: dict[str, float | str]
) -> None:
    assert FULL.pick(kind, direction, severity, dimensions) == HalfLife(days=days)


def test_what_an_entry_does_not_say_picks_nothing() -> None:
    assert FULL.pick("refund", "deposit") == HalfLife(days=1)
    assert FULL.pick("refund", "deposit", dimensions=None) == HalfLife(days=1)


def test_the_order_in_which_severities_are_given_is_no_matter() -> None:
    assert FULL.replace(by_severity=FULL.by_severity[::-1]) == FULL


def test_two_decays_for_one_severity_are_refused() -> None:
    band = SevereFrom(severity=2, decay=NoDecay())
    with pytest.raises(PolicyError, match="by_severity: two decays begin at one severity: 2, 2"):
        DecaySchedule(default=NoDecay(), by_severity=(band, band))


def test_a_schedule_names_each_of_its_decays() -> None:
    assert sorted(decay.days for decay in FULL.decays) == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("schedule", [SCHEDULE, FULL])
def test_a_schedule_prints_as_code_and_stores_as_json(schedule: DecaySchedule) -> None:
    assert eval(repr(schedule)) == schedule
    assert DecaySchedule.from_json(schedule.to_json()) == schedule


def test_what_is_empty_is_not_printed() -> None:
    assert repr(DecaySchedule(default=NoDecay())) == "DecaySchedule(default=NoDecay())"


def test_a_direction_prints_as_a_plain_word() -> None:
    schedule = DecaySchedule(default=NoDecay(), by_direction={Direction.DEPOSIT: HalfLife(days=1)})
    assert eval(repr(schedule)) == schedule
    assert schedule == DecaySchedule(default=NoDecay(), by_direction={"deposit": HalfLife(days=1)})
    assert schedule.to_json() == (
        '{"by_dimension":{},"by_direction":{"deposit":{"days":1,"type":"half_life"}},"by_kind":{},"by_severity":[],'
        '"default":{"type":"no_decay"}}'
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
    assert str(caught.value).startswith(
        "by_kind.dispute.days: 0 is not above 0 (days, must be finite and > 0); what is"
    )
    with pytest.raises(PolicyError, match="by_knd: DecaySchedule has no such field; nearest: by_kind"):
        DecaySchedule.from_dict({"default": {"type": "no_decay"}, "by_knd": {}})


def test_a_schedule_is_exponential_if_all_its_decays_are() -> None:
    assert DecaySchedule(default=HalfLife(days=1), by_kind={"a": NoDecay()}).exponential
    assert not SCHEDULE.exponential
    assert not DecaySchedule(default=HalfLife(days=1), by_direction={"deposit": Linear(days=1)}).exponential
    assert not DecaySchedule(default=Linear(days=1)).exponential
    assert FULL.exponential
    assert not FULL.replace(by_severity=(SevereFrom(severity=1, decay=Linear(days=1)),)).exponential
    assert not FULL.replace(by_dimension={"channel": {"phone": Linear(days=1)}}).exponential


def test_the_tables_of_a_schedule_cannot_be_changed() -> None:
    with pytest.raises(TypeError, match="cannot be changed"):
        SCHEDULE.by_kind["dispute"] = NoDecay()  # type: ignore[index]
