"""The integer program of a budget: a knapsack of which each slot takes one item at most."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from math import gcd
from typing import Any, Final, NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from goodwill.appraisal.faults import AppraisalError

__all__ = ["Item", "Packing", "packed"]

TRIES: Final = 20
"""How often it is solved again with a little less, where rounding made the solver spend a little too much."""


SOLVED: Final = 0
"""What `scipy.optimize.milp` calls the status of a program that was solved to the end."""


class Item(NamedTuple):
    """What may be chosen.

    Attributes:
        slot: of which one at most is chosen.
        cost: in whole units, at least 0.
        worth: what it adds to the total.
    """

    slot: Hashable
    cost: int
    worth: float


class Packing(NamedTuple):
    """What was chosen.

    Attributes:
        places: of the items, ascending.
        bound: no choice is worth more; of the program without whole numbers, or better.
        gap: how far from the bound it is, as a share of it.
        is_proven: whether nothing better exists.
    """

    places: list[int]
    bound: float
    gap: float
    is_proven: bool


def packed(items: Sequence[Item], budget: int, time_limit: float = 30.0) -> Packing:
    """The items of the highest worth together, within a budget; only such as are worth more than 0.

    Args:
        items: in any order.
        budget: in the units of the costs, at least 0.
        time_limit: in seconds.

    Raises:
        AppraisalError: if that is no time, or the solver found nothing in it.

    Example:
        >>> packed([Item("ada", 6, 5.0), Item("ada", 4, 4.0), Item("bob", 5, 3.0), Item("cy", 1, -1.0)], 10)
        Packing(places=[1, 2], bound=7.5, gap=0.06666666666666667, is_proven=True)
    """
    if not time_limit > 0.0:
        raise AppraisalError(f"time_limit is in seconds, above 0, not {time_limit!r}")
    some = [place for place, item in enumerate(items) if item.worth > 0.0 and item.cost <= budget]
    if not some:
        return Packing([], 0.0, 0.0, True)
    program = Program([items[place] for place in some], budget, time_limit)
    bound = program.bound()
    chosen, is_proven = program.solved()
    total = sum(items[some[place]].worth for place in chosen)
    bound = max(bound, total)  # but for rounding, it never is less
    return Packing([some[place] for place in chosen], bound, (bound - total) / bound, is_proven)


class Program:
    """The program of items that are worth something and cost no more than all.

    Args:
        items: what may be chosen.
        budget: what may be spent.
        time_limit: in seconds.
    """

    def __init__(self, items: Sequence[Item], budget: int, time_limit: float) -> None:
        self.items = items
        self.budget = budget
        self.time_limit = time_limit
        self.unit = gcd(*(item.cost for item in items)) or 1  # fewer digits for the solver to be wrong in
        self.worths = np.array([item.worth for item in items])
        self.costs = np.array([item.cost // self.unit for item in items], dtype=np.float64)
        slots: dict[Hashable, list[int]] = defaultdict(list)
        for place, item in enumerate(items):
            slots[item.slot].append(place)
        self.shared = [places for places in slots.values() if len(places) > 1]

    def bound(self) -> float:
        """What the program is worth where a part of an item could be chosen."""
        answer = self.run(self.budget // self.unit, whole=0)
        return -float(answer.fun) if answer.status == SOLVED else float(self.worths.sum())

    def solved(self) -> tuple[list[int], bool]:
        """What is chosen, and whether it is proven to be the best; in whole units it is within the budget."""
        limit = self.budget // self.unit
        for _ in range(TRIES):
            answer = self.run(limit, whole=1)
            if answer.x is None:
                raise AppraisalError(f"no solution in {self.time_limit:g} seconds; give a longer time_limit=")
            chosen = [int(place) for place in np.flatnonzero(answer.x > 0.5)]
            excess = sum(self.items[place].cost for place in chosen) - self.budget
            if excess <= 0:
                return chosen, answer.status == SOLVED and limit == self.budget // self.unit
            limit -= -(-excess // self.unit)
        raise AppraisalError("the solver spends more than the budget by rounding; round the costs to larger units")

    def run(self, limit: int, *, whole: int) -> Any:
        """Solve it with whole items, or with parts."""
        count = len(self.items)
        matrix = csr_array((self.entries(), (self.row_numbers(), self.column_numbers())), (len(self.shared) + 1, count))
        most = np.array([limit, *(1 for _ in self.shared)], dtype=np.float64)
        return milp(
            -self.worths,
            integrality=np.full(count, whole),
            bounds=Bounds(0, 1),
            constraints=LinearConstraint(matrix, -np.inf, most),
            options={"time_limit": self.time_limit, "mip_rel_gap": 0.0},
        )

    def entries(self) -> Any:
        """The numbers of the constraints: the costs, then a 1 for each item of a slot that has several."""
        return np.concatenate([self.costs, np.ones(sum(map(len, self.shared)))])

    def row_numbers(self) -> Any:
        """In which constraint each stands."""
        rows = np.repeat(np.arange(1, len(self.shared) + 1), list(map(len, self.shared)))
        return np.concatenate([np.zeros(len(self.items), dtype=np.int64), rows]).astype(np.int64)

    def column_numbers(self) -> Any:
        """Of which item each is."""
        every = [place for places in self.shared for place in places]
        return np.array([*range(len(self.items)), *every], dtype=np.int64)
