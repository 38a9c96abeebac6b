"""Curves of an opinion: what is drawn is the number, and every line is another without color."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from goodwill import presets
from goodwill.decays import CalendarExpiry, HalfLife, Linear, NoDecay, PowerLaw
from goodwill.domain.errors import WrongType
from goodwill.plots import CannotDraw, decays, value
from goodwill.policies.valuation import Columns
from goodwill.valuations import LinkedRecovery, Prospect, Tolerance

FOUR = {"half": HalfLife(days=84), "power": PowerLaw(days=30), "line": Linear(days=365), "never": NoDecay()}


def curves(ax: Any) -> list[Any]:
    """The lines of decays, without the line at a half and without marks."""
    return [line for line in ax.get_lines() if len(line.get_xdata()) > 2]


def test_every_curve_is_what_its_decay_says() -> None:
    for line, decay in zip(curves(decays(FOUR, days=400)), FOUR.values(), strict=True):
        ages = [float(age) for age in line.get_xdata()]
        assert ages[0] == 0.0
        assert ages[-1] == 400.0
        assert list(line.get_ydata()) == decay.curve(ages)


def test_every_half_life_is_marked_where_it_is_and_said_in_the_legend() -> None:
    ax = decays(FOUR, days=400)
    marks = [line for line in ax.get_lines() if len(line.get_xdata()) == 1]
    halves = [decay.half_life for decay in FOUR.values() if decay.half_life is not None]
    assert [mark.get_xdata()[0] for mark in marks] == halves
    told = [text.get_text() for text in ax.get_legend().get_texts()]
    assert told == ["half: half in 84 days", "power: half in 30 days", "line: half in 182.5 days", "never: never half"]


def test_eight_decays_are_told_apart_by_dashes_and_marks_alone() -> None:
    lines = curves(decays({str(days): HalfLife(days=days) for days in range(10, 90, 10)}))
    assert len({line.get_marker() for line in lines}) == 8
    assert len({str(line._unscaled_dash_pattern) for line in lines}) == 8
    assert {line.get_color() for line in lines} == {"black"}


def test_a_half_life_beyond_the_picture_is_said_and_not_marked() -> None:
    ax = decays({"slow": HalfLife(days=500)}, days=100)
    assert not [line for line in ax.get_lines() if len(line.get_xdata()) == 1]
    assert ax.get_legend().get_texts()[0].get_text() == "slow: half in 500 days"


def test_the_picture_reaches_until_hardly_anything_is_left() -> None:
    assert decays({"short": HalfLife(days=7)}).get_xlim() == (0.0, 365.0)
    assert decays({"long": NoDecay().floor(share=0.5) * HalfLife(days=300)}).get_xlim()[1] > 1000.0


def test_a_decay_of_the_calendar_is_drawn_for_a_date_and_refused_without() -> None:
    points = CalendarExpiry(months=12)
    with pytest.raises(CannotDraw, match="'points' goes by the calendar.*occurred_at="):
        decays({"points": points})
    (line,) = curves(decays({"points": points}, occurred_at=datetime(2026, 1, 15, tzinfo=UTC), days=400))
    drawn = list(zip(line.get_xdata(), line.get_ydata(), strict=True))
    assert all(share == (1.0 if age < 382 else 0.0) for age, share in drawn)  # until the end of January 2027


@pytest.mark.parametrize("given", [{}, {str(days): HalfLife(days=days) for days in range(1, 10)}])
def test_none_or_too_many_decays_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(CannotDraw, match="1 to 8 are told apart without color"):
        decays(given)


@pytest.mark.parametrize("days", [0.0, -1.0, float("inf"), float("nan")])
def test_an_age_that_cannot_be_drawn_up_to_is_refused(days: float) -> None:
    with pytest.raises(CannotDraw, match="no age to draw up to"):
        decays(FOUR, days=days)


def test_what_is_no_decay_is_refused() -> None:
    with pytest.raises(WrongType, match="'half' is no decay but int"):
        decays({"half": 84})  # type: ignore[dict-item]


@pytest.mark.parametrize("kind", ["", "late_delivery"])
def test_a_value_function_is_what_the_steps_make_of_each_worth(kind: str) -> None:
    policy = presets.default()
    ax = value(policy, up_to=30, kind=kind, severity=1.5)
    losses, gains = ax.get_lines()[-2:]
    for line, sign in ((losses, -1.0), (gains, 1.0)):
        for worth, after in list(zip(line.get_xdata(), line.get_ydata(), strict=True))[::50]:
            expected = Prospect().apply(float(worth), Columns(kind, sign, abs(worth))) * 1.5
            assert after == pytest.approx(expected, abs=1e-12)
    assert (losses.get_xdata()[0], gains.get_xdata()[-1]) == (-30.0, 30.0)


def test_gains_losses_and_what_would_change_nothing_have_lines_of_their_own() -> None:
    lines = value(Prospect()).get_lines()[-3:]
    assert [line.get_linestyle() for line in lines] == [":", "--", "-"]
    assert [line.get_label() for line in lines] == ["unchanged", "losses", "gains"]


def test_a_value_function_says_how_much_a_loss_weighs_and_what_is_not_drawn() -> None:
    (note,) = value(presets.habituation()).texts
    assert note.get_text() == "a loss of 10 weighs\n1.96 times a gain\nnot drawn:\nhabituation, recovery"


def test_a_step_that_lets_no_gain_through_has_no_ratio() -> None:
    (note,) = value(Tolerance(lower=-5, upper=15)).texts
    assert note.get_text() == ""


def test_steps_that_look_at_other_entries_alone_have_no_value_function() -> None:
    with pytest.raises(CannotDraw, match="no step looks at one worth alone, recovery"):
        value(LinkedRecovery())


@pytest.mark.parametrize("given", ["default", 2.0, HalfLife(days=84)])
def test_what_has_no_value_function_is_refused(given: Any) -> None:
    with pytest.raises(WrongType, match="a value function is of a policy, a valuation or a step"):
        value(given)


def test_a_size_of_nothing_is_refused() -> None:
    with pytest.raises(CannotDraw, match="up_to=0 is no size"):
        value(Prospect(), up_to=0)
