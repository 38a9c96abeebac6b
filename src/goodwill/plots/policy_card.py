"""A policy on one card: what it is called, how worth fades, what gains and losses weigh, its rates and its bands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from textwrap import fill
from typing import Final, NamedTuple

from matplotlib.figure import Figure, SubFigure

from goodwill.domain.errors import WrongType
from goodwill.plots.canvas import (
    HATCHES,
    LINES,
    SMALL,
    WIDTH,
    Axes,
    Sheet,
    axes_of,
    beside,
    explained,
    few_ticks,
    plain,
    say,
    short,
)
from goodwill.plots.curves import decays, drawn_steps, value
from goodwill.policies.decay import Decay
from goodwill.policies.policy import Policy
from goodwill.policies.schedule import DecaySchedule
from goodwill.policies.standing import Standing
from goodwill.valuations import RateCard

__all__ = ["card"]

LETTERS: Final = 62
"""How many of the smallest letters a column's width has room for."""


class Panel(NamedTuple):
    """A part of the card: how high it is in inches, and what draws it on axes."""

    height: float
    draw: Callable[[Axes], object]


def card(
    policy: Policy, *, occurred_at: datetime | None = None, figure: Figure | SubFigure | None = None
) -> Figure | SubFigure:
    """Draw a policy's card: name and fingerprint, its decays' curves, value function, rates, bands and caveats.

    Of more than eight decays the first eight are drawn, and it says so; `decays` draws any that you choose.

    Args:
        policy: the opinion.
        occurred_at: when an entry happened, for decays that go by the calendar.
        figure: where to draw, a figure or subfigure that holds nothing; a new one, a column wide, where none is given.

    Returns:
        The figure.

    Raises:
        CannotDraw: for a decay that goes by the calendar, without a date.

    Example:
        >>> from goodwill import presets
        >>> figure = card(presets.default())
        >>> [ax.get_title(loc="left") for ax in figure.axes]
        ['how worth fades', 'what gains and losses weigh', 'rates', 'standing, by points']
    """
    if not isinstance(policy, Policy):
        raise WrongType(f"a card is of a Policy, not of {type(policy).__name__}")
    panels = list(panels_of(policy, occurred_at))
    caveats = "\n".join(wrapped(f"Caveat: {text}") for text in policy.caveats)
    if figure is None:
        text = 0.13 * caveats.count("\n") + 0.8
        figure = Sheet(figsize=(WIDTH, sum(panel.height + 0.35 for panel in panels) + text), layout="constrained")
    grid = figure.add_gridspec(len(panels), 1, height_ratios=[panel.height for panel in panels])
    for row, panel in enumerate(panels):
        panel.draw(figure.add_subplot(grid[row]))
    heading = f"{short(policy.fingerprint, 50)}\n{wrapped(about(policy))}"
    figure.suptitle(plain(heading), x=0.02, ha="left", fontsize=SMALL)
    figure.supxlabel(plain(caveats), x=0.02, ha="left", fontsize=SMALL - 0.5)
    return figure


def panels_of(policy: Policy, occurred_at: datetime | None) -> Iterator[Panel]:
    """The parts that this policy has."""
    curves = named_decays(policy.decay)
    shown = dict(list(curves.items())[: len(LINES)])
    left_out = len(curves) - len(shown)
    title = f"how worth fades{f' ({left_out} more decays not drawn)' if left_out else ''}"
    yield Panel(
        1.3 + 0.12 * len(shown), lambda ax: titled(decays(shown, occurred_at=occurred_at, ax=ax), title)
    )  # fmt: skip
    if drawn_steps(policy):
        yield Panel(1.6, lambda ax: titled(value(policy, ax=ax), "what gains and losses weigh"))
    for step in policy.valuation.steps:
        if isinstance(step, RateCard) and step.rates:
            yield Panel(0.3 + 0.118 * len(step.rates), lambda ax, step=step: rates(step, ax))  # type: ignore[misc] # mypy infers no lambda with a default
    yield Panel(0.17 * len(rows_of(policy.standing)), lambda ax: bands(policy.standing, ax))


def about(policy: Policy) -> str:
    """What it is, in a line: its description, currency, and how far it looks."""
    currency = policy.currency or "the ledger's home currency"
    additive = "additive" if policy.is_additive else "not additive"
    told = f"{policy.description}; " if policy.description else ""
    return f"{told}a point is a unit of {currency}; {policy.policy_class}, {additive}"


def wrapped(text: str) -> str:
    """A text in lines that fit into a column."""
    return fill(text, LETTERS)


def titled(ax: Axes, title: str) -> Axes:
    """The axes with a title."""
    ax.set_title(title, fontsize=SMALL + 1, loc="left")
    return ax


def named_decays(schedule: DecaySchedule) -> dict[str, Decay]:
    """Every decay of a schedule once, named by what has it."""
    of: list[tuple[str, Decay]] = [(f"{direction}s", decay) for direction, decay in schedule.by_direction.items()]
    of += [(f"severity from {band.severity:g}", band.decay) for band in schedule.by_severity]
    of += [(f"{name} {said}", decay) for name, each in schedule.by_dimension.items() for said, decay in each.items()]
    of += list(schedule.by_kind.items())
    names: dict[Decay, list[str]] = {schedule.default: ["all else" if of else "every entry"]}
    for name, decay in of:
        names.setdefault(decay, []).append(name)
    return {short(", ".join(who), 36): decay for decay, who in names.items()}


def rates(rate_card: RateCard, ax: Axes) -> None:
    """What one event, unit or unit of money of each kind is worth: the material part, and the symbolic one."""
    axes_of(ax)
    kinds, each = list(rate_card.rates), list(rate_card.rates.values())
    rows = range(len(kinds))
    outline = {"height": 0.62, "edgecolor": "black", "linewidth": 0.6}
    material = ax.barh(rows, [rate.material for rate in each], color="0.35", **outline)  # type: ignore[arg-type] # as below
    after = [rate.material for rate in each]
    symbolic = ax.barh(rows, [rate.symbolic for rate in each], left=after, color="white", hatch="//////", **outline)  # type: ignore[arg-type] # mixed keywords
    ax.set_yticks(rows, [plain(short(kind, 24)) for kind in kinds], fontsize=SMALL - 0.5)
    ax.tick_params(axis="y", length=0.0)
    most = max(rate.material + rate.symbolic for rate in each) or 1.0
    ax.set(xlim=(0.0, 1.35 * most), ylim=(len(kinds) - 0.4, -0.6))
    beside(ax, [f"per {rate.per}" for rate in each], fontsize=SMALL - 0.5)
    few_ticks(ax.xaxis)
    say(ax, "points")
    titled(ax, "rates")
    explained(ax, [material, symbolic], ["material", "symbolic"], ncols=2, handlelength=1.5)


def bands(standing: Standing, ax: Axes) -> None:
    """The bands from the top down, with the hatches that `standings` draws them with."""
    axes_of(ax)
    rows = rows_of(standing)
    for row, (name, told, hatch) in enumerate(rows):
        ax.barh(row, 0.1, height=0.7, facecolor="white", edgecolor="black", linewidth=0.6, hatch=hatch)
        ax.text(0.13, row, plain(f"{short(name, 28)}: {told}"), va="center", fontsize=SMALL)
    ax.set(xlim=(0.0, 1.0), ylim=(len(rows) - 0.4, -0.6))
    ax.set_axis_off()
    titled(ax, "standing, by points")


def rows_of(standing: Standing) -> list[tuple[str, str, str]]:
    """Each band from the top down: its name, from where to where it goes, its hatch; or the two regimes."""
    regimes = standing.hysteresis
    if regimes is not None:
        critical = f", or once {', '.join(regimes.critical)}" if regimes.critical else ""
        return [
            (regimes.loyal, f"at first, and again above {regimes.up:g}", HATCHES[1]),
            (regimes.estranged, short(f"once below {regimes.down:g}{critical}", 40), HATCHES[0]),
        ]
    limits = [band.below for band in standing.bands]
    lows = ["", *(f"from {limit:g}" for limit in limits)]
    highs = [*(f"below {limit:g}" for limit in limits), ""]
    told = [" to ".join(filter(None, ends)) or "always" for ends in zip(lows, highs, strict=True)]
    hatches = [*HATCHES, *([""] * max(0, len(told) - len(HATCHES)))]
    rows = list(zip(standing.names, told, hatches[: len(told)], strict=True))
    return rows[::-1]
