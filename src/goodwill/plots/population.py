"""Pictures of many customers: standings over time, what waived costs bought, policy against policy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from goodwill.domain.instant import MICROSECONDS_PER_DAY, from_us
from goodwill.plots.canvas import (
    HATCHES,
    MARKERS,
    Axes,
    CannotDraw,
    axes_of,
    explained,
    few_ticks,
    on_dates,
    plain,
    say,
    short,
)
from goodwill.plots.frames import columns_of, counted, values_of
from goodwill.plots.readings import Reading, readings_of, side_by_side

__all__ = ["compare", "standings", "waived"]

CHANGED: Final = MARKERS[1:]
"""Marks of those whose standing differs; a ring is for those whose does not."""


def standings(frame: Any, *, bands: Sequence[str] | None = None, shares: bool = True, ax: Axes | None = None) -> Axes:
    """Draw how many accounts are in which standing over time, one above another from the lowest band up.

    Each instant's reading is drawn until the next one; the last, for as long as the one before.

    Args:
        frame: one row per account and instant, with `as_of_us` and `standing`, as `analytics.trajectory` makes it.
        bands: the names from the lowest up, such as `policy.standing.names`; sorted by name where nothing is said.
        shares: of all accounts at that instant, in percent; else how many.
        ax: where to draw; new axes where none are given.

    Raises:
        CannotDraw: for no rows, a standing that is not among the bands, or more of them than can be told apart.

    Example:
        >>> import polars as pl
        >>> frame = pl.DataFrame({"as_of_us": [0, 0, 86_400_000_000], "standing": ["low", "high", "high"]})
        >>> ax = standings(frame, bands=["low", "high"])
        >>> [patch.get_data().values.tolist() for patch in ax.patches]
        [[50.0, 0.0], [100.0, 100.0]]
    """
    rows = counted(frame, ["as_of_us", "standing"], "analytics.trajectory")
    counts = {(us, standing): count for us, standing, count in rows}
    instants = sorted({us for us, _ in counts})
    names = in_order({standing for _, standing in counts}, bands)
    totals = [sum(counts.get((us, name), 0) for name in names) for us in instants]
    ax = axes_of(ax)
    edges: Any = edges_of(instants)
    top, drawn = [0.0] * len(instants), []
    for name, hatch in zip(names, HATCHES, strict=False):
        base, each = top, [counts.get((us, name), 0) for us in instants]
        parts = [100.0 * n / total if shares else float(n) for n, total in zip(each, totals, strict=True)]
        top = [low + part for low, part in zip(base, parts, strict=True)]
        area = ax.stairs(top, edges, baseline=base, fill=True, **area_of(hatch))
        drawn.append(area)
    on_dates(ax)
    ax.set(xlim=(edges[0], edges[-1]), ylim=(0.0, 100.0 if shares else max(totals)))
    say(ax, "", "accounts, in percent" if shares else "accounts")
    explained(ax, drawn[::-1], [short(name, 20) for name in names[::-1]], loc="upper left", bbox_to_anchor=(1.02, 1.0))
    return ax


def area_of(hatch: str) -> dict[str, Any]:
    """How an area of this hatch looks."""
    return {"facecolor": "white", "edgecolor": "black", "linewidth": 0.5, "hatch": hatch}


def in_order(there: set[str], bands: Sequence[str] | None) -> list[str]:
    """The bands from the lowest up, those without accounts among them.

    Raises:
        CannotDraw: if there are none, too many, or others than were named.
    """
    names = sorted(there) if bands is None else list(dict.fromkeys(bands))
    if not there:
        raise CannotDraw("the frame has no rows, so nobody stands anywhere")
    if unknown := sorted(there - set(names)):
        raise CannotDraw(f"{', '.join(unknown)} is among no bands={names!r}; name every standing, from the lowest up")
    if len(names) > len(HATCHES):
        raise CannotDraw(f"{len(names)} bands: {len(HATCHES)} are told apart without color; join some")
    return names


def edges_of(instants: Sequence[int]) -> list[datetime]:
    """From when to when each reading is drawn: until the next, the last for as long as the one before; a day if alone."""
    last = instants[-1] - instants[-2] if len(instants) > 1 else MICROSECONDS_PER_DAY
    return [from_us(us) for us in (*instants, instants[-1] + last)]


def waived(
    frame: Any,
    *,
    kind: str = "kind",
    cost: str = "cost",
    bought: str = "bought",
    left: str = "left",
    ax: Axes | None = None,
) -> Axes:
    """Draw what waived costs bought, kind by kind: the cost, the goodwill that it bought, and what is left of it.

    All three share one axis, since a point is what one unit of the policy's currency buys when it is handed over; a
    ring left of its diamond bought less than that. It says nothing of what would have happened without the waiver.

    Args:
        frame: one row per kind, as `analytics.waivers(..., by="kind")` makes it; of one `currency`, where it says one.
        kind: what the column of kinds is called.
        cost: that of what each cost, in the policy's currency.
        bought: that of the points that each bought.
        left: that of the points that are left of them.
        ax: where to draw; new axes where none are given.

    Raises:
        CannotDraw: for no rows, without one of the columns, or for several currencies.

    Example:
        >>> import polars as pl
        >>> frame = pl.DataFrame({"kind": ["fee_waived"], "cost": [149.9], "bought": [108.2], "left": [61.0]})
        >>> ax = waived(frame)
        >>> [line.get_xdata().tolist() for line in ax.get_lines()[-3:]]
        [[149.9], [108.2], [61.0]]
    """
    kinds, *amounts = columns_of(frame, [kind, cost, bought, left], "analytics.waivers")
    if not kinds:
        raise CannotDraw("the frame has no rows, so nothing was waived")
    currencies = values_of(frame, "currency")
    if len(currencies) > 1:
        raise CannotDraw(f"costs in {', '.join(currencies)} have no common axis; give the rows of one currency")
    if len(set(kinds)) < len(kinds):
        raise CannotDraw("a kind is there twice; analytics.waivers(..., by='kind') adds up what is of one kind")
    costs, points, remains = ([float(amount) for amount in column] for column in amounts)
    order = sorted(range(len(kinds)), key=lambda row: -costs[row])
    ax = axes_of(ax, height=1.3 + 0.2 * len(kinds))
    ax.axvline(0.0, color="0.4", linewidth=0.6)
    for row, index in enumerate(order):
        ends = costs[index], points[index], remains[index]
        ax.plot([min(ends), max(ends)], [row, row], color="0.5", linewidth=0.8)
    rows = range(len(order))
    looks = (("D", "white", "cost"), ("o", "white", "points bought"), ("o", "black", "points left"))
    drawn = []
    for (marker, face, label), column in zip(looks, (costs, points, remains), strict=True):
        look: dict[str, Any] = {
            "color": "black",
            "marker": marker,
            "markerfacecolor": face,
            "markersize": 5,
            "linestyle": "none",
        }
        drawn += ax.plot([column[index] for index in order], rows, label=label, clip_on=False, **look)
    ax.set_yticks(rows, [plain(short(str(kinds[index]), 24)) for index in order])
    ax.tick_params(axis="y", length=0.0)
    ax.set_ylim(len(kinds) - 0.4, -0.6)
    few_ticks(ax.xaxis)
    say(ax, f"{currencies[0] if currencies else 'units of currency'}, and points")
    labels = [label for *_, label in looks]
    explained(ax, drawn, labels, loc="lower left", bbox_to_anchor=(0.0, 1.03), ncols=3, handlelength=1.0)
    return ax


def compare(ours: Any, theirs: Any = None, *, names: tuple[str, str] | None = None, ax: Axes | None = None) -> Axes:
    """Draw one reading of all accounts against another: a ring each, or another mark where the standing differs.

    Accounts that only one of them has are counted and not drawn.

    Args:
        ours: balances of `ledger.balances(policy=...)`, a frame of `analytics.balances` with `account`, `balance`
            and, where there is one, `standing`, or a mapping from an account to its balance or to points; or, alone,
            what `analytics.compare` returned.
        theirs: likewise; nothing where the first has both.
        names: what the axes call the two, the policies' fingerprints where balances say them; which two policies of
            what `analytics.compare` returned, if it has more.
        ax: where to draw; new axes where none are given.

    Raises:
        CannotDraw: if they have no account in common, one has an account twice, or which two is not said.

    Example:
        >>> ax = compare({"ada": 4.0, "bob": -2.0}, {"ada": 3.0, "bob": -2.5, "eve": 1.0})
        >>> [text.get_text() for text in ax.get_legend().get_texts()]
        ['alike', 'same standing (2)', 'not in both (1)']
    """
    first, second = side_by_side(ours, names) if theirs is None else (readings_of(ours), readings_of(theirs))
    both = sorted(first.by_account.keys() & second.by_account.keys())
    if not both:
        raise CannotDraw("the two have no account in common; read the same accounts under two policies")
    pairs = [(first.by_account[account], second.by_account[account]) for account in both]
    ax = axes_of(ax, height=3.4)
    low, high = bounds([reading.points for pair in pairs for reading in pair])
    drawn: list[Any] = ax.plot([low, high], [low, high], color="0.4", linestyle="--", linewidth=0.8)
    labels = ["alike"]
    for label, group, marker, face in groups(pairs):
        across, up = ([reading.points for reading in side] for side in zip(*group, strict=True))
        look: dict[str, Any] = {
            "color": "black",
            "marker": marker,
            "markerfacecolor": face,
            "markersize": 4,
            "linestyle": "none",
        }
        drawn += ax.plot(across, up, rasterized=len(group) > MANY, markeredgewidth=0.7, **look)
        labels.append(f"{label} ({len(group):,})")
    if alone := len(first.by_account.keys() ^ second.by_account.keys()):
        drawn += ax.plot([], [], linestyle="none")
        labels.append(f"not in both ({alone:,})")
    ax.set(xlim=(low, high), ylim=(low, high), aspect="equal")
    few_ticks(ax.xaxis, ax.yaxis)
    ax.axhline(0.0, color="0.75", linewidth=0.5, zorder=0)
    ax.axvline(0.0, color="0.75", linewidth=0.5, zorder=0)
    along, upward = names or (first.name or "first", second.name or "second")
    say(ax, f"points, {short(along)}", f"points, {short(upward)}")
    explained(ax, drawn, labels)
    return ax


MANY: Final = 2000
"""More marks than this are kept as dots and not as shapes in a file of shapes, which nobody could open otherwise."""


def bounds(points: Sequence[float]) -> tuple[float, float]:
    """One range for both axes, with a margin."""
    low, high = min(points), max(points)
    margin = 0.05 * (high - low) or 1.0
    return low - margin, high + margin


Group = tuple[str, list[tuple[Reading, Reading]], str, str]


def groups(pairs: Sequence[tuple[Reading, Reading]]) -> list[Group]:
    """Those whose standing is the same, then those of each change, the most frequent first; rare ones are joined."""
    changes = Counter((one.standing, other.standing) for one, other in pairs if one.standing != other.standing)
    frequent = [change for change, _ in changes.most_common(len(CHANGED) - 1)]
    same = [pair for pair in pairs if pair[0].standing == pair[1].standing]
    found: list[Group] = [("same standing", same, "o", "none")] if same else []
    for (before, after), marker in zip(frequent, CHANGED, strict=False):
        group = [pair for pair in pairs if (pair[0].standing, pair[1].standing) == (before, after)]
        found.append((f"{short(str(before), 20)} → {short(str(after), 20)}", group, marker, "black"))
    rest = [
        pair for pair in pairs if (change := (pair[0].standing, pair[1].standing)) in changes and change not in frequent
    ]  # fmt: skip
    return [*found, ("other changes", rest, CHANGED[-1], "black")] if rest else found
