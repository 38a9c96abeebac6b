"""A picture of an appraisal: how likely the customer stays, with the gesture and without it, and the goodwill beneath."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from matplotlib.ticker import ScalarFormatter

from goodwill.domain.errors import WrongType
from goodwill.plots.canvas import Axes, CannotDraw, axes_of, explained, few_ticks, on_dates, say, short

__all__ = ["appraisal"]

HEIGHTS: Final = (4, 3)
"""Of the two parts, the staying above and the goodwill beneath."""

WITH_IT: Final[dict[str, Any]] = {
    "linestyle": "-",
    "marker": "o",
    "markerfacecolor": "black",
    "color": "black",
    "linewidth": 1.2,
    "markersize": 3.5,
}
WITHOUT: Final[dict[str, Any]] = {**WITH_IT, "linestyle": "--", "markerfacecolor": "white", "linewidth": 0.9}
BETWEEN: Final[dict[str, Any]] = {"facecolor": "0.92", "edgecolor": "0.45", "hatch": "/////", "linewidth": 0.0}


def appraisal(appraised: Any, *, ax: Axes | None = None) -> Axes:
    """Draw how likely the customer stays for each period, with the gesture and without it, and the goodwill beneath.

    A mark is the end of a period; the hatched area is what the gesture changes. The goodwill is drawn in points, on
    axes of its own in the lower part of the place that `ax` has in its figure's grid.

    Args:
        appraised: a `goodwill.appraisal.Appraisal`; this floor is below that one and cannot name its class.
        ax: where the staying is drawn; new axes where none are given.

    Raises:
        CannotDraw: if it has no retention path, or the axes are in no grid.

    Example:
        >>> from goodwill import Deposit, Ledger, Money
        >>> from goodwill.appraisal import CustomerValue, RetentionLink, appraise
        >>> ledger = Ledger.in_memory()
        >>> gesture = Deposit(account="ada", kind="fee_waived", cost=Money(15, "USD"), occurred_at=ledger.clock.now())
        >>> value = CustomerValue(margin=Money(20, "USD"), discount=0.01, period_days=30)
        >>> ax = appraisal(appraise(ledger, gesture, value=value, link=RetentionLink(base=0.95, slope=0.02)))
        >>> [each.get_ylabel() for each in ax.figure.axes]
        ['stays, in percent', 'points']
    """
    path = path_of(appraised)
    ax = axes_of(ax, height=3.6)
    below = beneath(ax)
    instants: Any = [stay.at for stay in path]
    lines = drawn(ax, instants, [100.0 * stay.with_it for stay in path], [100.0 * stay.without for stay in path])
    drawn(below, instants, [stay.goodwill_with for stay in path], [stay.goodwill_without for stay in path])
    below.axhline(0.0, color="0.4", linewidth=0.6, zorder=0)
    on_dates(below)
    ax.tick_params(axis="x", labelbottom=False)
    ax.xaxis.get_offset_text().set_visible(False)
    few_ticks(ax.yaxis, below.yaxis)
    ax.yaxis.set_major_formatter(ScalarFormatter(useOffset=False))
    say(ax, "", "stays, in percent", f"{short(appraised.account)} under {short(appraised.policy)}")
    say(below, "end of a period", "points")
    explained(below, lines, ["with the gesture", "without", "difference"], ncols=3, handlelength=1.8, columnspacing=1.2)
    return ax


def beneath(ax: Axes) -> Axes:
    """New axes in the lower part of the place of others, which keep the upper part.

    Raises:
        CannotDraw: if those are in no grid, whose layout would make room for both.
    """
    place, figure = ax.get_subplotspec(), ax.get_figure(root=False)
    if place is None or figure is None:
        raise CannotDraw("an appraisal shares the place of ax in a grid; make it with figure.add_subplot or subplots")
    grid = place.subgridspec(2, 1, height_ratios=HEIGHTS)
    ax.set_subplotspec(grid[0])
    return axes_of(figure.add_subplot(grid[1], sharex=ax))


def path_of(appraised: Any) -> Sequence[Any]:
    """The retention path.

    Raises:
        CannotDraw: if there is none.
        WrongType: if it is no appraisal.
    """
    path: Sequence[Any] | None = getattr(appraised, "retention", None)
    if path is None:
        raise WrongType(f"an appraisal is what goodwill.appraisal.appraise says, not {type(appraised).__name__}")
    if not path:
        raise CannotDraw("the appraisal has no retention path, so nothing can be drawn of it")
    return path


def drawn(ax: Axes, instants: Any, with_it: Sequence[float], without: Sequence[float]) -> list[Any]:
    """Both paths and the area between them, for a legend."""
    area = ax.fill_between(instants, without, with_it, **BETWEEN)
    (upper,) = ax.plot(instants, with_it, **WITH_IT)
    (lower,) = ax.plot(instants, without, **WITHOUT)
    return [upper, lower, area]
