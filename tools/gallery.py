"""Draw every registered decay, lag, recovery curve, value function and term: a page of the docs, and its pictures.

Usage: make docs runs `python tools/gallery.py`, which writes docs/reference/gallery.md and docs/reference/gallery/*.svg;
both are made anew each time and not kept in git. A member is drawn as the example in its docstring, so a new one needs
no edit here.
"""

from __future__ import annotations

import inspect
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from goodwill import plots
from goodwill.domain.instant import from_us
from goodwill.policies.component import Component, registered
from goodwill.policies.decay import Decay
from goodwill.policies.lag import Lag
from goodwill.policies.naming import kinds_named
from goodwill.policies.term import Term
from goodwill.policies.valuation import Stage, Step
from goodwill.testing.examples import example_of
from goodwill.testing.laws import A_DATE
from goodwill.valuations import RecoveryCurve

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / "docs" / "reference"
POINTS = 1000
YEAR = 365.0
CAP = 1.5
STYLE = {"svg.fonttype": "none", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
Picture = tuple[Figure, str]
"""A picture, and what it shows in words."""


class Drawing(NamedTuple):
    """A curve, with what its axes are and what is marked on it.

    Attributes:
        across, up: what the axes say.
        told: the picture in words.
        mark: a point to mark, and what stands beside it.
        bars: whether there is a value for each period and none between.
    """

    x: Sequence[float]
    y: Sequence[float]
    across: str
    up: str
    told: str
    mark: tuple[float, float, str] | None = None
    bars: bool = False


def main() -> None:
    """Write the page into the docs."""
    print(draw(PLACE).relative_to(ROOT))


def draw(place: Path) -> Path:
    """Write the page and its pictures into a folder; the path of the page."""
    pictures = place / "gallery"
    shutil.rmtree(pictures, ignore_errors=True)
    pictures.mkdir(parents=True)
    lines = ["# Gallery", "", "Every member that ships, drawn as the example in its docstring."]
    for title, family, intro, drawing in SECTIONS:
        lines += ["", f"## {title}", "", intro]
        for tag, member in registered(family).items():
            lines += shown(pictures, f"{family.family}.{tag}", example_of(member), drawing)
    page = place / "gallery.md"
    page.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return page


def shown(pictures: Path, name: str, example: Any, drawing: Callable[[Any], Picture | None]) -> list[str]:
    """The lines about one member, whose picture is written; none where there is nothing to draw."""
    drawn = drawing(example)
    if drawn is None:
        return []
    figure, told = drawn
    with mpl.rc_context(STYLE):
        figure.savefig(pictures / f"{name}.svg")
    about = inspect.cleandoc(type(example).__doc__ or "").partition("\n\n")[0].replace("\n", " ")
    return [
        "",
        f"### {type(example).__name__}",
        "",
        about,
        "",
        f"`{example!r}`",
        "",
        f"![{told}](gallery/{name}.svg)",
    ]


def picture(drawn: Drawing) -> Picture:
    """The curve in black on white, readable without color."""
    with mpl.rc_context(STYLE):
        figure, axes = sheet(2.6)
        if drawn.bars:
            axes.vlines(drawn.x, 0, drawn.y, color="black", linewidth=3)
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        else:
            axes.plot(drawn.x, drawn.y, color="black", linewidth=1.8)
        if drawn.mark is not None:
            x, y, words = drawn.mark
            side, offset = ("right", -8) if x > 0.6 * drawn.x[-1] else ("left", 8)
            axes.plot([x], [y], marker="o", color="black", markersize=5, clip_on=False)
            above = -12 if drawn.y[-1] > drawn.y[0] else 4
            axes.annotate(words, (x, y), xytext=(offset, above), textcoords="offset points", ha=side)
        if min(drawn.y) >= 0.0:
            axes.set_ylim(0.0, max(1.05, 1.05 * max(drawn.y)))
        axes.set(xlabel=drawn.across, ylabel=drawn.up, xmargin=0.0)
        axes.margins(x=0.0 if not drawn.bars else 0.02)
        return figure, drawn.told


def sheet(height: float) -> tuple[Figure, Axes]:
    """A page's width to draw on, so many inches high."""
    figure = Figure(figsize=(6, height), layout="constrained")
    return figure, figure.subplots()


def of_decay(example: Decay) -> Picture:
    """What remains over a year, or for as long as something does; one that goes by the calendar, of a date."""
    decay, half = example.at(A_DATE), example.at(A_DATE).half_life
    figure, axes = sheet(2.8)
    plots.decays({type(example).__name__: example}, occurred_at=from_us(A_DATE), ax=axes)
    far = axes.get_xlim()[1]
    never = "never falls to a half" if half is None else f"falls to a half at {half:.4g} days"
    told = f"The share that remains starts at 1, {never} and is {decay.share(far):.2g} after {far:.4g} days."
    return figure, told


def of_lag(lag: Lag) -> Picture:
    """The weights of whole periods, until hardly any is left."""
    weights = lag.weights(60)
    last = max((period for period, weight in enumerate(weights) if weight > 0.005), default=0)
    top = weights.index(max(weights))
    told = f"The weight is largest, {weights[top]:.2g}, at a lag of {top} periods, and next to nothing after {last}."
    return picture(Drawing(range(last + 2), weights[: last + 2], "lag in periods", "weight", told, bars=True))


def of_curve(curve: RecoveryCurve) -> Picture:
    """How much of a loss a compensation gives back."""
    offers = spread(0.0, CAP)
    shares = [float(curve.share(offer, CAP)) for offer in offers]
    middle = offers[next(place for place, share in enumerate(shares) if share >= 0.5)]
    told = f"Half of the loss is given back by a compensation of {middle:.0%} of it, all by {CAP:.0%}."
    mark = (middle, 0.5, f"a half by {middle:.0%}")
    return picture(Drawing(offers, shares, "compensation as a share of the loss", "share given back", told, mark))


def of_step(step: Step) -> Picture | None:
    """The worth after a step over the worth before it; nothing of one that looks at more than that."""
    if step.scope != "per_entry" or step.stage <= Stage.SINCERITY:
        return None
    numbers = [abs(value) for name in type(step).model_fields if isinstance(value := getattr(step, name), float)]
    far = max(20.0, 1.6 * max(numbers, default=0.0))
    figure, axes = sheet(3.0)
    severity = 1.5 if "severity" in step.reads else 1.0
    plots.value(step, up_to=far, kind=min(kinds_named(step), default=""), severity=severity, ax=axes)
    losses, gains = ([float(worth) for worth in line.get_ydata()] for line in axes.get_lines()[-2:])
    told = f"A worth of {-far:g} points becomes {losses[0]:.4g}, and one of {far:g} becomes {gains[-1]:.4g}."
    return figure, told


def of_term(term: Term) -> Picture:
    """What it adds to an account that opened at 0 and was silent since."""
    days = spread(0.0, YEAR)
    amounts = [float(term.amount(day, day)) for day in days]
    told = f"It is {amounts[0]:.4g} points at first and {amounts[-1]:.4g} after a year without contact."
    return picture(Drawing(days, amounts, "days since the opening, without any contact", "points", told))


def spread(low: float, high: float) -> list[float]:
    """Many numbers from one to the other."""
    return [low + (high - low) * place / POINTS for place in range(POINTS + 1)]


SECTIONS: tuple[tuple[str, type[Component], str, Callable[[Any], Picture | None]], ...] = (
    (
        "Decays",
        Decay,
        "The share of an entry's worth that remains, by its age; of one that goes by the calendar, for 31 January 2024.",
        of_decay,
    ),
    ("Lags", Lag, "The weight of each period after a cause.", of_lag),
    (
        "Value functions",
        Step,
        "What the steps that look at one worth alone make of it, in points; the dotted line is a worth left as it is.",
        of_step,
    ),
    ("Recovery curves", RecoveryCurve, "How much of a loss is given back, by what is offered for it.", of_curve),
    ("Account terms", Term, "What an account has by itself, in points.", of_term),
)


if __name__ == "__main__":
    main()
