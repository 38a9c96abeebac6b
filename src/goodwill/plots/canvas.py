"""What every picture is drawn on: axes that need no pyplot, in black on white, with lines and areas told apart by shape."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from io import BytesIO
from typing import Any, Final

from goodwill.domain.errors import GoodwillError, WrongType

try:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator
    from matplotlib.transforms import offset_copy
except ImportError as error:
    raise ImportError("goodwill.plots needs matplotlib: install goodwill[plots]") from error

__all__ = [
    "Axes",
    "HATCHES",
    "LINES",
    "MARKERS",
    "CannotDraw",
    "Picture",
    "Sheet",
    "axes_of",
    "beside",
    "explained",
    "few_ticks",
    "number",
    "on_dates",
    "plain",
    "say",
    "short",
    "spread",
]

WIDTH: Final = 3.4
"""In inches: one column of a printed page."""

SIZE: Final = 8.0
"""Of the letters that name an axis, in points."""

SMALL: Final = 7.0
"""Of all other letters."""

BELOW: Final = 32.0
"""How far below the axes a legend begins, in points: below the numbers and what the axis says."""

ON_SCREEN: Final = 144
"""How many pixels an inch has in a notebook."""

DENSE: Final = 2
"""How many dots of the file each of those has, across and up."""

LINES: Final[tuple[Any, ...]] = (
    "-", "--", ":", "-.", (0, (9, 2)), (0, (4, 1, 1, 1, 1, 1)), (0, (1, 3)), (0, (9, 2, 3, 2)),
)  # fmt: skip
MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X", "*")
HATCHES: Final = ("xxxxx", "...", "////", "", "|||||", "-----", "\\\\\\\\", "ooo")
"""From the one that is seen first; each is another without color, and one band alone is not taken for an empty page."""

MINUS: Final = "\N{MINUS SIGN}"


class CannotDraw(GoodwillError, ValueError):
    """What was given holds nothing to draw, or more than a picture can tell apart; says what to do."""


class Picture(Axes):
    """Axes that were made here; as the last line of a notebook's cell they show themselves, without pyplot."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        return as_png(self.get_figure())


class Sheet(Figure):
    """A figure that was made here, which shows itself likewise."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        return as_png(self)


def as_png(figure: Any) -> tuple[bytes, dict[str, int]]:
    """The picture, and how wide and high it is on a screen."""
    file = BytesIO()
    figure.savefig(file, format="png", dpi=ON_SCREEN * DENSE)
    width, height = (round(inches * ON_SCREEN) for inches in figure.get_size_inches())
    return file.getvalue(), {"width": width, "height": height}


def axes_of(ax: Axes | None, height: float = 2.4) -> Axes:
    """The caller's axes, or new ones of a column's width and this height in inches; without the upper and right line.

    Raises:
        WrongType: if it is no axes.
    """
    if ax is None:
        ax = Sheet(figsize=(WIDTH, height), layout="constrained").add_subplot(axes_class=Picture)
    if not isinstance(ax, Axes):
        raise WrongType(f"ax is one axes of matplotlib, not {type(ax).__name__}; of several take one, such as axes[0]")
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=SMALL)
    return ax


def say(ax: Axes, across: str, up: str = "", title: str = "") -> None:
    """Write what the axes are, and above them what the picture is of."""
    ax.set_xlabel(plain(across), fontsize=SIZE)
    ax.set_ylabel(plain(up), fontsize=SIZE)
    if title:
        ax.set_title(plain(title), fontsize=SIZE, loc="left")


def few_ticks(*axes: Axis) -> None:
    """At most seven numbers along an axis, however long it is: a layout that changes their number never settles."""
    for axis in axes:
        axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))


def on_dates(ax: Axes) -> None:
    """Instants in UTC across, each date said once."""
    locator = AutoDateLocator(tz=UTC, minticks=3, maxticks=6)  # type: ignore[no-untyped-call] # matplotlib.dates has no types
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=UTC))  # type: ignore[no-untyped-call] # nor here
    ax.xaxis.get_offset_text().set_fontsize(SMALL)


def explained(ax: Axes, handles: Sequence[Any], labels: Sequence[str], below: float = BELOW, **where: Any) -> None:
    """The legend, where nothing is drawn: so many points below the axes, unless another place is named with `loc`."""
    place = {
        "loc": "upper left",
        "bbox_to_anchor": (0.0, 0.0),
        "bbox_transform": offset_copy(ax.transAxes, ax.figure, y=-below, units="points"),  # type: ignore[arg-type] # a SubFigure will do
    }
    shown = [plain(label) for label in labels]
    looks = {"fontsize": SMALL, "frameon": False, "handlelength": 3.4, "borderaxespad": 0.0, "borderpad": 0.0}
    ax.legend(handles, shown, **{**looks, **({} if "loc" in where else place), **where})


def beside(ax: Axes, rows: Sequence[str], fontsize: float = SMALL) -> None:
    """Write a column at the right of horizontal bars, one text for each of the rows 0, 1, 2 ..."""
    across = ax.get_yaxis_transform()
    for row, text in enumerate(rows):
        ax.text(1.0, row, plain(text), transform=across, ha="right", va="center", fontsize=fontsize)


def plain(text: str) -> str:
    r"""A text of which no part is taken for a formula: an account may be called $1 or a band $$.

    Example:
        >>> print(plain("$1 off, or $2"))
        \$1 off, or \$2
    """
    return text.replace("$", r"\$")


def short(text: str, longest: int = 40) -> str:
    """A name that is cut where it is longer than a picture has room for.

    Example:
        >>> short("ada"), short("x" * 300, 5)
        ('ada', 'xxxx…')
    """
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def number(value: float, digits: int = 2, *, signed: bool = False) -> str:
    """A number with a typographic minus; what rounds to zero has no sign.

    Example:
        >>> number(1234.567), number(5.0, signed=True), number(-0.001)
        ('1,234.57', '+5.00', '0.00')
    """
    rounded = round(value, digits) + 0.0
    sign = MINUS if rounded < 0 else "+" if signed and rounded > 0 else ""
    return f"{sign}{abs(rounded):,.{digits}f}"


def spread(places: Sequence[float], gap: float) -> list[float]:
    """Places within [0, 1] for labels, moved apart so that no two are nearer than a gap; nearer only if all must be.

    Example:
        >>> [round(place, 2) for place in spread([0.5, 0.5, 0.98, 1.0], 0.1)]
        [0.45, 0.55, 0.9, 1.0]
    """
    order = sorted(range(len(places)), key=lambda index: places[index])
    gap = min(gap, 1.0 / max(len(places) - 1, 1))
    ascending = [places[index] for index in order]
    rightward = pushed(ascending, gap)
    leftward = [1.0 - place for place in pushed([1.0 - place for place in ascending[::-1]], gap)][::-1]
    found = {index: (left + right) / 2.0 for index, left, right in zip(order, leftward, rightward, strict=True)}
    return [found[index] for index in range(len(places))]


def pushed(ascending: Sequence[float], gap: float) -> list[float]:
    """Places pushed up from the ones below them, and back down from 1."""
    moved = list(ascending)
    for index in range(1, len(moved)):
        moved[index] = max(moved[index], moved[index - 1] + gap)
    limit = 1.0
    for index in range(len(moved) - 1, -1, -1):
        moved[index] = min(moved[index], limit)
        limit = moved[index] - gap
    return moved
