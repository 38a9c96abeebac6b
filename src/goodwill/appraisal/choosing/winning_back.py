"""Whom to treat with what within a budget, beside what rules of thumb would do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from goodwill.analytics.reading import collected
from goodwill.analytics.returning import returned
from goodwill.analytics.schema import named
from goodwill.analytics.spark import is_spark
from goodwill.appraisal.appraisal import Caveat
from goodwill.appraisal.choosing.knapsack import Item, packed
from goodwill.appraisal.choosing.treatments import Row, rows_in
from goodwill.appraisal.faults import AppraisalError
from goodwill.appraisal.parameters import Rates, rounded
from goodwill.domain.money import Money
from goodwill.domain.notebook import as_html

__all__ = ["RuleOutcome", "WinBack", "win_back"]

CAVEATS: Final = (
    Caveat(
        "under_this_model",
        "every net value is a model's: where the slope behind it was assumed or fitted to what happened, no rule was "
        "shown to do better or worse; only an experiment shows an effect",
    ),
    Caveat(
        "highest_risk",
        "customers at the highest risk were not the best targets in field experiments (Ascarza 2018); who answers to a "
        "gesture is not who is likely to leave, and here both come from one link",
    ),
    Caveat(
        "contact_may_harm",
        "that a gesture may drive customers away is not in these numbers: a proactive contact raised churn from 6% to "
        "10% in a field experiment (Ascarza, Iyengar & Schleicher 2016)",
    ),
    Caveat(
        "best_of_many",
        "the best of many uncertain estimates is on average worse than it looks (Smith & Winkler 2006), the more so the "
        "less sure the estimates are",
    ),
)
SEVERAL: Final = Caveat(
    "added_up",
    "a customer may be given options of several groups: their values were added, as if none changed what another does",
)


@dataclass(frozen=True, kw_only=True)
class RuleOutcome:
    """What one rule would choose, and what comes of it under the model of the portfolio.

    Attributes:
        rule: "optimal", "highest_risk_first", "biggest_customer_first" or "nothing".
        customers: how many are given something.
        gestures: how many are given.
        spend: what they cost together.
        value: what they add.
        net: the value, less the cost.
        behind: by how much the net is less than that of the optimal choice.
    """

    rule: str
    customers: int
    gestures: int
    spend: Money
    value: Money
    net: Money
    behind: Money

    def __str__(self) -> str:
        return (
            f"{self.rule}: {self.gestures} gestures to {self.customers} customers, spend {self.spend}, value {self.value}, "
            f"net {self.net}, {self.behind} behind"
        )


@dataclass(frozen=True, kw_only=True)
class WinBack:
    """Whom to treat with what.

    Attributes:
        chosen: the rows of the portfolio that were chosen, in the same kind of frame.
        budget: what could be spent.
        by_rule: the outcome of each rule, the optimal one first.
        bound: no choice within the budget nets more; from the program without whole numbers.
        gap: how far from the bound the optimal choice is, as a share of it; 0 where both are 0.
        is_proven: whether the solver proved that no choice nets more; if not, it ran out of time.
        caveats: what a reader must know.
    """

    chosen: Any = field(repr=False)
    budget: Money
    by_rule: Mapping[str, RuleOutcome]
    bound: Money
    gap: float
    is_proven: bool
    caveats: tuple[Caveat, ...] = field(repr=False)

    @property
    def optimal(self) -> RuleOutcome:
        """What comes of the chosen rows."""
        return self.by_rule["optimal"]

    @property
    def spend(self) -> Money:
        """What they cost together."""
        return self.optimal.spend

    @property
    def value(self) -> Money:
        """What they add."""
        return self.optimal.value

    @property
    def net(self) -> Money:
        """The value, less the cost."""
        return self.optimal.net

    def __str__(self) -> str:
        told = [
            f"within {self.budget}, under the model of the portfolio:",
            *(f"  {each}" for each in self.by_rule.values()),
        ]
        return "\n".join([*told, *(f"  ! {caveat.text}" for caveat in self.caveats)])

    def _repr_html_(self) -> str | None:
        return as_html(self)


def win_back(
    portfolio: Any,
    *,
    budget: Money,
    columns: Mapping[str, str] | None = None,
    rates: Rates | None = None,
    time_limit: float = 30.0,
) -> WinBack:
    """Whom to treat with what within a budget, beside rules of thumb, all under the model of the portfolio.

    Chooses rows so that the sum of net values is the highest, the sum of costs is within the budget, and of each group
    of options a customer is given one at most: an integer program, solved by HiGHS (`scipy.optimize.milp`); costs are
    whole minor units. Only rows with a net value above 0 are chosen.

    Two rules of thumb say whom to treat, as far as the budget goes: those at the highest risk first (the lowest
    probability of staying), or the biggest customers first (the highest margin). Each customer in turn is given the
    option of the highest net value that can still be paid, whether it is worth its cost or not: what is given is chosen
    as well as it can be, whom it is given to is not.

    What holds holds under this model. In field experiments the customers at the highest risk were not the best targets
    (Ascarza 2018), and a proactive contact raised churn (Ascarza, Iyengar & Schleicher 2016).

    Args:
        portfolio: one row per customer and option, such as `candidates` makes (pandas, polars, PyArrow, DuckDB), with
            `account`, `option`, `cost` (in major units, at least 0) and `net` (the value that it adds, less the cost).
            `group`: of which a customer is given one option at most; all options are in one where there is no such
            column. `currency`: of cost and net; that of the budget where there is none. `stay` and `margin`: a
            customer's probability of staying and margin; without one of them the rule that goes by it is left out.
        budget: what may be spent at most.
        columns: what the frame calls a column of ours, such as {"net": "expected_net"}.
        rates: how many units of the budget's currency one unit of another buys.
        time_limit: in seconds, for the solver.

    Raises:
        AppraisalError: for a budget below 0, an account and option twice, a cost that is none or below 0, a net value, a
            probability or a margin that is none, money of another currency without a rate.
        MissingColumn: if the frame lacks a column that is needed.
        WrongType: if it is no frame.

    Example:
        >>> import polars as pl
        >>> portfolio = pl.DataFrame(
        ...     {
        ...         "account": ["ada", "bob", "cy"],
        ...         "option": ["voucher"] * 3,
        ...         "cost": [10, 10, 10],
        ...         "net": [2.0, 5.0, -1.0],
        ...         "stay": [0.9, 0.8, 0.1],
        ...     }
        ... )
        >>> told = win_back(portfolio, budget=Money(10, "USD"))
        >>> told.chosen["account"].to_list(), told.by_rule["highest_risk_first"].net
        (['bob'], Money('-1.00', 'USD'))
    """
    if not isinstance(budget, Money) or budget.is_negative:
        raise AppraisalError(f"a budget is Money of at least 0, not {budget}")
    if is_spark(portfolio):
        raise AppraisalError("a portfolio of PySpark is solved on one machine: give portfolio.toArrow()")
    frame = named(portfolio, {})
    every = collected(frame)
    rows = rows_in(named(every.to_native(), columns or {}), budget.currency, rates or {})
    packing = packed([Item(row.slot, row.cost, row.net) for row in rows], budget.minor, time_limit)
    outcomes = outcomes_of(found_by_rule(rows, packing.places, budget.minor), rows, budget.currency)
    chosen = set(packing.places)
    taken = every.filter([place in chosen for place in range(len(rows))]) if rows else every
    return WinBack(
        chosen=returned(taken, frame),
        budget=budget,
        by_rule=MappingProxyType(outcomes),
        bound=rounded(packing.bound, budget.currency),
        gap=packing.gap,
        is_proven=packing.is_proven,
        caveats=(*CAVEATS, *([SEVERAL] if len({row.group for row in rows}) > 1 else [])),
    )


RULES: Final = {"highest_risk_first": "stay", "biggest_customer_first": "margin"}


def found_by_rule(rows: Sequence[Row], optimal: list[int], budget: int) -> dict[str, list[int]]:
    """What each rule would choose: the places of rows."""
    known = {rule: key for rule, key in RULES.items() if all(getattr(row, key) is not None for row in rows)}
    return {"optimal": optimal, **{rule: by_turns(rows, rule, budget) for rule in known}, "nothing": []}


def by_turns(rows: Sequence[Row], rule: str, budget: int) -> list[int]:
    """What a rule of thumb would choose: customer after customer, each given what is best and can still be paid."""
    first: Callable[[Row], float] = (lambda row: row.stay or 0.0) if rule == "highest_risk_first" else biggest
    slots: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        slots[row.slot].append(place)
    turns = sorted(
        slots.values(), key=lambda places: (min(first(rows[place]) for place in places), rows[places[0]].slot)
    )
    chosen, left = [], budget
    for places in turns:
        affordable = [place for place in places if rows[place].cost <= left]
        if affordable:
            best = max(affordable, key=lambda place: (rows[place].net, -rows[place].cost, rows[place].option))
            chosen.append(best)
            left -= rows[best].cost
    return chosen


def biggest(row: Row) -> float:
    """A number that is the lower, the higher the margin."""
    return -(row.margin or 0.0)


def outcomes_of(found: Mapping[str, Iterable[int]], rows: Sequence[Row], currency: str) -> dict[str, RuleOutcome]:
    """What comes of each rule."""
    chosen = {rule: [rows[place] for place in places] for rule, places in found.items()}
    nets = {rule: sum(row.net for row in some) for rule, some in chosen.items()}
    return {
        rule: RuleOutcome(
            rule=rule,
            customers=len({row.account for row in some}),
            gestures=len(some),
            spend=Money.from_minor(sum(row.cost for row in some), currency),
            value=rounded(sum(row.value for row in some), currency),
            net=rounded(nets[rule], currency),
            behind=rounded(nets["optimal"] - nets[rule], currency),
        )
        for rule, some in chosen.items()
    }
