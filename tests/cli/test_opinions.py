"""Kinds and policies as a person reads them."""

from __future__ import annotations

from io import StringIO

from rich.console import Console, RenderableType

from goodwill import DecaySchedule, presets
from goodwill.cli import opinions
from goodwill.decays import HalfLife, NoDecay
from goodwill.domain.kind import Direction, Kind, Rate


def printed(renderable: RenderableType, width: int = 80) -> str:
    file = StringIO()
    Console(file=file, width=width, highlight=False, markup=False, force_terminal=False).print(renderable)
    return file.getvalue()


def test_kinds_are_grouped_by_direction_with_the_parts_of_their_worth() -> None:
    kinds = [
        Kind("refund", Direction.DEPOSIT, "money", starter=Rate("money", material=1.0, symbolic=0.25), meaning="Back."),
        Kind("late_delivery", Direction.WITHDRAWAL, "day", retired=True, starter=Rate("unit", material=4.0)),
        Kind("review", Direction.OBSERVATION, "star"),
    ]
    text = printed(opinions.kinds_table(kinds))
    assert text.index("deposits") < text.index("refund") < text.index("withdrawals") < text.index("late_delivery")
    assert "0.25" in text
    assert "(retired)" in text


def test_a_policy_is_shown_with_its_rates_its_decay_and_its_bands() -> None:
    text = printed(opinions.policy_view(presets.default()))
    assert "HalfLife(days=84.0)" in text
    assert "overdrawn < 0 <= positive" in text
    assert "late_delivery          unit" in text


def test_a_schedule_of_decays_is_shown_whole() -> None:
    schedule = DecaySchedule(default=HalfLife(days=84), by_kind={"service_heroics": NoDecay()})
    text = " ".join(printed(opinions.policy_view(presets.default().replace(decay=schedule))).split())
    assert "by_kind={'service_heroics': NoDecay()}" in text


def test_what_only_one_policy_has_is_called_absent_in_the_other() -> None:
    ours, theirs = presets.default(), presets.default().replace(decay=HalfLife(days=84).grace(days=14))
    text = printed(opinions.differences_view(ours.diff(theirs), ours, theirs), width=120)
    assert "absent" in text
