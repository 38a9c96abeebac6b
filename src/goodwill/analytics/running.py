"""What runs through groups of rows in their order: running sums, and numbers that fade between rows and grow at each.

The r-th rows of all groups are computed at once, so that a million short groups take few operations; once only a few
long groups are left, each is computed by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np

from goodwill.analytics.valuing import MICROSECONDS_A_DAY
from goodwill.policies.formula import exp2

__all__ = ["Turns", "faded", "running", "turns"]

FEW: Final = 16
"""So few groups are computed one by one."""


class Turns(NamedTuple):
    """Rows in their order within groups.

    Attributes:
        rows: all rows, group after group, each group's in its order.
        starts: where each group starts in `rows`, the largest group first.
        sizes: of each group.
    """

    rows: Any
    starts: Any
    sizes: Any

    @property
    def together(self) -> int:
        """Up to which turn groups are computed together."""
        return int(self.sizes[FEW]) if len(self.sizes) > FEW else min(len(self.sizes), 1)

    def rounds(self) -> Iterator[Any]:
        """Where the rows of each turn stand, from the second turn on, of the groups that are computed together."""
        left = len(self.sizes)
        for turn in range(1, self.together):
            left -= int(np.searchsorted(self.sizes[:left][::-1], turn, side="right"))
            yield self.starts[:left] + turn

    def rest(self) -> Iterator[slice]:
        """Where the rows of a group stand that no round computes, for each group that has any."""
        for start, size in zip(self.starts[:FEW].tolist(), self.sizes[:FEW].tolist(), strict=True):
            if size > self.together:
                yield slice(start + self.together, start + size)


def turns(groups: Any, *keys: Any) -> Turns:
    """Rows by group and then by some keys, the first of which counts most.

    Args:
        groups: of each row, a whole number.
        keys: arrays of what rows are ordered by; rows that are alike in all stay in their order.

    Example:
        >>> turns(np.array([7, 3, 7]), np.array([2, 1, 1])).rows.tolist()
        [1, 2, 0]
    """
    rows = np.lexsort((*reversed(keys), groups))
    sorted_groups = groups[rows]
    starts = np.flatnonzero(np.r_[True, sorted_groups[1:] != sorted_groups[:-1]][: len(rows)])
    sizes = np.diff(np.r_[starts, len(rows)])
    largest = np.argsort(-sizes, kind="stable")
    return Turns(rows, starts[largest], sizes[largest])


def running(combine: np.ufunc, values: Any, order: Turns) -> Any:
    """The running sum, or maximum, of each row's group up to the row.

    Args:
        combine: `np.add` or `np.maximum`.
        values: of each row.
        order: of the rows.

    Example:
        >>> running(np.add, np.array([1.0, 2.0, 4.0]), turns(np.array([0, 0, 1]))).tolist()
        [1.0, 3.0, 4.0]
    """
    found = values[order.rows]
    for at in order.rounds():
        found[at] = combine(found[at - 1], found[at])
    for part in order.rest():
        whole = slice(part.start - 1, part.stop)
        found[whole] = combine.accumulate(found[whole])
    return back(found, order)


def faded(at_us: Any, grows: Any, order: Turns, *, keeps: float, half_life: float | None) -> Any:
    """A number of each group as it is just before each row: it fades from row to row, and each row changes it.

    With x before a row, it is `keeps * x + grows` after it.

    Args:
        at_us: when each row happened, in microseconds since the epoch.
        grows: by how much each row lets it grow.
        order: of the rows.
        keeps: the share of it that a row leaves.
        half_life: in days; None never fades.

    Example:
        >>> day = int(MICROSECONDS_A_DAY)
        >>> faded(np.array([0, day]), np.ones(2), turns(np.zeros(2)), keeps=1.0, half_life=1.0).tolist()
        [0.0, 0.5]
    """
    at_us, after = at_us[order.rows], grows[order.rows].astype(np.float64)
    days = np.diff(at_us, prepend=at_us[:1]) / MICROSECONDS_A_DAY
    share = np.ones(len(days)) if half_life is None else exp2(-days / half_life)
    before = np.zeros(len(days))
    for at in order.rounds():
        before[at] = after[at - 1] * share[at]
        after[at] += keeps * before[at]
    for part in order.rest():
        so_far = float(after[part.start - 1])
        found = []
        for fades, grown in zip(share[part].tolist(), after[part].tolist(), strict=True):
            found.append(so_far * fades)
            so_far = keeps * found[-1] + grown
        before[part] = found
    return back(before, order)


def back(values: Any, order: Turns) -> Any:
    """Values in the order of groups, each at its row."""
    found = np.empty_like(values)
    found[order.rows] = values
    return found
