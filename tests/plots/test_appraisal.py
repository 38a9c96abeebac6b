"""An appraisal's picture: the path as it was told, two curves, and the goodwill beneath in the same place."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from matplotlib.figure import Figure

from goodwill import Deposit, Ledger, Money
from goodwill.appraisal import Appraisal, CustomerValue, RetentionLink, appraise
from goodwill.domain.errors import WrongType
from goodwill.plots import CannotDraw, appraisal

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def told() -> Appraisal:
    gesture = Deposit(account="$1", kind="fee_waived", cost=Money("14.99", "USD"), occurred_at=NOW)
    value = CustomerValue(margin=Money(20, "USD"), discount=0.01, period_days=30)
    link = RetentionLink(base=0.95, slope=0.02)
    return appraise(Ledger.in_memory(), gesture, value=value, link=link, as_of=NOW)


def curves(ax: Any) -> list[list[float]]:
    return [list(line.get_ydata()) for line in ax.get_lines()[:2]]


def test_it_draws_the_path_in_percent_and_the_points_beneath(told: Appraisal) -> None:
    ax = appraisal(told)
    above, below = ax.figure.axes
    assert above is ax
    assert curves(above) == [
        [100 * stay.with_it for stay in told.retention],
        [100 * stay.without for stay in told.retention],
    ]
    assert curves(below) == [
        [stay.goodwill_with for stay in told.retention], [stay.goodwill_without for stay in told.retention]
    ]  # fmt: skip
    assert [each.get_xdata().tolist() for each in above.get_lines()] == 2 * [[stay.at for stay in told.retention]]
    ax.figure.draw_without_rendering()


def test_its_curves_are_told_apart_without_color(told: Appraisal) -> None:
    ax = appraisal(told)
    looks = {(line.get_linestyle(), line.get_markerfacecolor()) for line in ax.get_lines()}
    assert looks == {("-", "black"), ("--", "white")}
    labels = [text.get_text() for text in ax.figure.axes[1].get_legend().get_texts()]
    assert labels == ["with the gesture", "without", "difference"]
    assert ax.get_title(loc="left") == rf"\$1 under {told.policy}"


def test_it_keeps_to_the_place_that_it_is_given(told: Appraisal) -> None:
    figure = Figure(figsize=(8, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    assert appraisal(told, ax=left) is left
    figure.draw_without_rendering()
    (below,) = [ax for ax in figure.axes if ax not in (left, right)]
    assert below.get_position().x1 == pytest.approx(left.get_position().x1)
    assert below.get_position().x1 < right.get_position().x0
    assert below.get_position().y1 < left.get_position().y0


def test_axes_in_no_grid_have_no_room_for_both(told: Appraisal) -> None:
    with pytest.raises(CannotDraw, match="add_subplot"):
        appraisal(told, ax=Figure().add_axes((0.1, 0.1, 0.8, 0.8)))


def test_what_is_no_appraisal_is_refused(told: Appraisal) -> None:
    with pytest.raises(WrongType, match="not str"):
        appraisal("ada")
    bare = Appraisal(**{**vars(told), "retention": ()})
    with pytest.raises(CannotDraw, match="no retention path"):
        appraisal(bare)
