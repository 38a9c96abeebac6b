"""A policy's card: its name, its curves, its rates and its bands are the policy's own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from matplotlib.figure import Figure

from goodwill import Band, DecaySchedule, Policy, Rate, Standing, Valuation, presets
from goodwill.decays import HalfLife, NoDecay
from goodwill.domain.errors import WrongType
from goodwill.plots import CannotDraw, card
from goodwill.policies.standing import Hysteresis
from goodwill.valuations import RateCard

THREE = Standing(bands=(Band(name="overdrawn", below=0), Band(name="thin", below=20)), top="solid")

SMALL = Policy(
    valuation=Valuation(steps=(RateCard(rates={"upgrade": Rate("event", material=8.0, symbolic=2.0)}),)),
    decay=HalfLife(days=84),
)


def panels(figure: Any) -> dict[str, Any]:
    return {ax.get_title(loc="left"): ax for ax in figure.axes}


def test_a_card_says_the_fingerprint_and_what_must_be_known_before_it_is_believed() -> None:
    policy = presets.default()
    figure = card(policy)
    assert figure.get_suptitle().splitlines()[0] == policy.fingerprint
    assert " ".join(figure.get_supxlabel().split()) == " ".join(f"Caveat: {text}" for text in policy.caveats)


def test_every_decay_of_the_schedule_has_one_curve_under_the_names_of_what_fades_so() -> None:
    schedule = DecaySchedule(
        default=HalfLife(days=84),
        by_direction={"withdrawal": HalfLife(days=42)},
        by_kind={"dispute": NoDecay(), "complaint": NoDecay(), "upgrade": HalfLife(days=84)},
    )
    ax = panels(card(SMALL.replace(decay=schedule)))["how worth fades"]
    told = [text.get_text().partition(":")[0] for text in ax.get_legend().get_texts()]
    assert told == ["all else, upgrade", "withdrawals", "complaint, dispute"]


def test_of_more_decays_than_can_be_told_apart_the_first_are_drawn_and_it_says_so() -> None:
    by_kind = {f"kind_{number}": HalfLife(days=number + 1) for number in range(10)}
    policy = SMALL.replace(decay=DecaySchedule(default=HalfLife(days=84), by_kind=by_kind))
    ax = panels(card(policy))["how worth fades (3 more decays not drawn)"]
    assert len(ax.get_legend().get_texts()) == 8


def test_each_rate_is_a_bar_of_its_two_parts() -> None:
    policy = presets.default()
    rates = policy.valuation.steps[0].rates  # type: ignore[attr-defined]
    ax = panels(card(policy))["rates"]
    material, symbolic = ax.containers
    assert [label.get_text() for label in ax.get_yticklabels()] == list(rates)
    assert [bar.get_width() for bar in material] == [rate.material for rate in rates.values()]
    assert [bar.get_width() for bar in symbolic] == [rate.symbolic for rate in rates.values()]
    assert [bar.get_x() for bar in symbolic] == [rate.material for rate in rates.values()]
    assert [text.get_text() for text in ax.texts] == [f"per {rate.per}" for rate in rates.values()]
    assert material[0].get_hatch() != symbolic[0].get_hatch()


@pytest.mark.parametrize(
    ("standing", "told"),
    [
        (Standing(), ["positive: from 0", "overdrawn: below 0"]),
        (THREE, ["solid: from 20", "thin: from 0 to below 20", "overdrawn: below 0"]),
        (Standing(bands=(), top="all"), ["all: always"]),
        (
            Standing(hysteresis=Hysteresis(down=-10, up=5, critical=("dispute",))),
            ["loyal: at first, and again above 5", "estranged: once below -10, or once dispute"],
        ),
    ],
)
def test_the_bands_are_told_from_the_top_down(standing: Standing, told: list[str]) -> None:
    ax = panels(card(SMALL.replace(standing=standing)))["standing, by points"]
    assert [text.get_text() for text in ax.texts] == told
    assert len({bar.get_hatch() for bar in ax.patches}) == len(told)


def test_a_policy_of_rates_alone_has_a_card_without_a_value_function() -> None:
    bare = Policy(valuation=Valuation(steps=(RateCard(rates={}),)), decay=HalfLife(days=84))
    assert list(panels(card(bare))) == ["how worth fades", "standing, by points"]


def test_a_policy_of_the_calendar_needs_a_date() -> None:
    with pytest.raises(CannotDraw, match="occurred_at="):
        card(presets.loyalty())
    assert card(presets.loyalty(), occurred_at=datetime(2026, 1, 15, tzinfo=UTC)).axes


def test_two_cards_stand_side_by_side_in_one_figure() -> None:
    left, right = Figure(figsize=(7, 9), layout="constrained").subfigures(1, 2)
    assert card(SMALL, figure=left) is left
    assert card(SMALL.replace(name="other"), figure=right).get_suptitle().startswith("other@")


def test_a_card_is_of_a_policy() -> None:
    with pytest.raises(WrongType, match="a card is of a Policy, not of HalfLife"):
        card(HalfLife(days=84))  # type: ignore[arg-type]
