"""Curves of an opinion: how worth fades, and what a step makes of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from goodwill.domain.errors import WrongType
from goodwill.domain.instant import to_us
from goodwill.plots.canvas import (
    LINES,
    MARKERS,
    SMALL,
    Axes,
    CannotDraw,
    axes_of,
    explained,
    few_ticks,
    number,
    plain,
    say,
)
from goodwill.policies.decay import Decay
from goodwill.policies.policy import Policy
from goodwill.policies.valuation import Columns, Stage, Step, Valuation

__all__ = ["decays", "value"]

POINTS: Final = 500
YEAR: Final = 365.0
LONGEST: Final = 3650.0
NEARLY_GONE: Final = 0.05


def decays(
    decays: Mapping[str, Decay],
    *,
    days: float | None = None,
    occurred_at: datetime | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw decays side by side: the share that remains by age in days, the half-life of each marked.

    Args:
        decays: by the name that the picture has for each, at most 8.
        days: up to which age; where nothing is said, until a twentieth is left of each, from one year to ten.
        occurred_at: when the entry happened, for decays that go by the calendar.
        ax: where to draw; new axes where none are given.

    Raises:
        CannotDraw: for none, for more than lines can be told apart without color, or without the date of a calendar.

    Example:
        >>> from goodwill.decays import HalfLife, Linear
        >>> ax = decays({"slow": HalfLife(days=84), "straight": Linear(days=84)}, days=200)
        >>> [text.get_text() for text in ax.get_legend().get_texts()]
        ['slow: half in 84 days', 'straight: half in 42 days']
    """
    at = {name: dated(name, decay, occurred_at) for name, decay in decays.items()}
    if not 0 < len(at) <= len(LINES):
        raise CannotDraw(f"{len(at)} decays: 1 to {len(LINES)} are told apart without color; draw some in other axes")
    far = horizon(at.values()) if days is None else days
    if not 0.0 < far < float("inf"):
        raise CannotDraw(f"days={days!r} is no age to draw up to; it is above 0")
    ax = axes_of(ax, height=2.0 + 0.13 * len(at))
    ages = evenly(0.0, far)
    ax.axhline(0.5, color="0.6", linewidth=0.6)
    lines = [
        ax.plot(ages, decay.curve(ages), color="black", linestyle=style, linewidth=1.3, marker=marker, markevery=[])[0]
        for decay, style, marker in zip(at.values(), LINES, MARKERS, strict=False)
    ]
    halves = [decay.half_life for decay in at.values()]
    for half, decay, marker in zip(halves, at.values(), MARKERS, strict=False):
        if half is not None and half <= far:
            ax.plot([half], [decay.share(half)], color="black", marker=marker, markersize=5, clip_on=False)
    ax.set(xlim=(0.0, far), ylim=(0.0, 1.05), yticks=(0.0, 0.25, 0.5, 0.75, 1.0))
    say(ax, "age in days", "share that remains")
    explained(ax, lines, [f"{name}: {halved(half)}" for name, half in zip(at, halves, strict=True)], markerscale=0.8)
    return ax


def dated(name: str, decay: Decay, occurred_at: datetime | None) -> Decay:
    """The decay of an entry of that date, where a calendar decides."""
    if not isinstance(decay, Decay):
        raise WrongType(
            f"{name!r} is no decay but {type(decay).__name__}; give {{name: decay}}, such as policy.decay.default"
        )
    if not decay.dated:
        return decay
    if occurred_at is None:
        raise CannotDraw(f"{name!r} goes by the calendar, which needs a date: occurred_at=datetime(..., tzinfo=UTC)")
    return decay.at(to_us(occurred_at, "occurred_at"))


def horizon(decays: Iterable[Decay]) -> float:
    """Until hardly anything is left of any: a year at least, ten at most."""
    gone = max(decay.age_at(NEARLY_GONE) or 0.0 for decay in decays)
    return min(max(1.1 * gone, YEAR), LONGEST)


def halved(half: float | None) -> str:
    """When half is gone, in words."""
    return "never half" if half is None else f"half in {half:,.4g} days"


def value(
    opinion: Policy | Valuation | Step,
    *,
    up_to: float = 20.0,
    kind: str = "",
    severity: float = 1.0,
    ax: Axes | None = None,
) -> Axes:
    """Draw a value function: what gains and losses of a size are worth, both in points.

    The steps are drawn that look at one worth alone: tolerance, value function, gains by kind, severity, cap. Those
    that look at other entries have no such curve; the picture names them.

    Args:
        opinion: a policy, its valuation, or one step.
        up_to: the largest gain and loss, in points.
        kind: of which kind, where gains differ by it.
        severity: of which severity.
        ax: where to draw; new axes where none are given.

    Raises:
        CannotDraw: for a size that is not above 0, or where no step looks at one worth alone.

    Example:
        >>> from goodwill.valuations import Prospect
        >>> ax = value(Prospect(alpha=1, beta=1, loss_aversion=2), up_to=10)
        >>> losses, gains = ax.get_lines()[-2:]
        >>> float(losses.get_ydata()[0]), float(gains.get_ydata()[-1])
        (-20.0, 10.0)
    """
    drawn = drawn_steps(opinion)
    others = [step.stage.label for step in steps_of(opinion) if step.scope != "per_entry"]
    if not drawn:
        raise CannotDraw(f"no step looks at one worth alone, {', '.join(others) or 'there is none after sincerity'}")
    if not 0.0 < up_to < float("inf"):
        raise CannotDraw(f"up_to={up_to!r} is no size to draw up to; it is above 0 points")
    ax = axes_of(ax)
    for line in ("left", "bottom"):
        ax.spines[line].set_color("0.5")
    ax.axhline(0.0, color="0.5", linewidth=0.6)
    ax.axvline(0.0, color="0.5", linewidth=0.6)
    whole = evenly(-up_to, up_to)
    ax.plot(whole, whole, color="black", linestyle=":", linewidth=0.9, label="unchanged")
    halves = {name: evenly(*ends) for name, ends in {"losses": (-up_to, 0.0), "gains": (0.0, up_to)}.items()}
    for (name, sizes), style in zip(halves.items(), ("--", "-"), strict=True):
        worths = [valued(drawn, size, kind, severity) for size in sizes]
        ax.plot(sizes, worths, color="black", linestyle=style, linewidth=1.5, label=name)
    ax.set_xlim(-up_to, up_to)
    few_ticks(ax.xaxis, ax.yaxis)
    told = ", ".join([*([kind] if kind else []), *([f"severity {severity:g}"] if severity != 1.0 else [])])
    say(ax, f"worth before, in points ({told})" if told else "worth before, in points", "worth after, in points")
    explained(ax, *reversed_legend(ax), loc="upper left", bbox_to_anchor=(0.02, 1.0))
    loss, gain = (abs(valued(drawn, size, kind, severity)) for size in (-up_to / 2, up_to / 2))
    notes = [f"a loss of {up_to / 2:g} weighs\n{number(loss / gain)} times a gain"] if gain > 0.0 else []
    notes += [f"not drawn:\n{', '.join(others)}"] if others else []
    ax.text(0.98, 0.03, plain("\n".join(notes)), transform=ax.transAxes, ha="right", va="bottom", fontsize=SMALL)
    return ax


def reversed_legend(ax: Axes) -> tuple[list[Any], list[str]]:
    """Gains before losses, as they stand above one another."""
    handles, labels = ax.get_legend_handles_labels()
    return handles[::-1], labels[::-1]


def drawn_steps(opinion: Policy | Valuation | Step) -> list[Step]:
    """The steps that are functions of one worth: those after sincerity that look at no other entry."""
    return [step for step in steps_of(opinion) if step.stage >= Stage.EXPECTATION and step.scope == "per_entry"]


def steps_of(opinion: Policy | Valuation | Step) -> tuple[Step, ...]:
    """The steps of what was given."""
    if isinstance(opinion, Policy):
        return opinion.valuation.steps
    if isinstance(opinion, Valuation):
        return opinion.steps
    if isinstance(opinion, Step):
        return (opinion,)
    raise WrongType(f"a value function is of a policy, a valuation or a step, not of {type(opinion).__name__}")


def valued(steps: Sequence[Step], size: float, kind: str, severity: float) -> float:
    """What the steps make of a gain, or of a loss where the size is below 0."""
    columns = Columns(kind, -1.0 if size < 0.0 else 1.0, abs(size), severity=severity)
    worth = size
    for step in steps:
        worth = float(step.apply(worth, columns))
    return worth


def evenly(low: float, high: float) -> list[float]:
    """Many numbers from one to the other, both among them."""
    return [low + (high - low) * place / POINTS for place in range(POINTS + 1)]
