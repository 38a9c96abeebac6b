"""Edge: frames in, frames out. Imports what is below it, NumPy and narwhals.

Loaded at first need: `goodwill.analytics.numpy_operands` needs NumPy alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from goodwill.analytics.forecasting import at_risk, forecast
    from goodwill.analytics.membership import MixedCohort
    from goodwill.analytics.moving import movers
    from goodwill.analytics.planning import Plan
    from goodwill.analytics.populations import cohorts
    from goodwill.analytics.reading import balances, plan
    from goodwill.analytics.schema import MissingColumn
    from goodwill.analytics.statements import statement_frame
    from goodwill.analytics.trajectories import trajectory

__all__ = [
    "MissingColumn",
    "MixedCohort",
    "Plan",
    "at_risk",
    "balances",
    "cohorts",
    "forecast",
    "movers",
    "plan",
    "statement_frame",
    "trajectory",
]

HOMES: Final = {
    "MissingColumn": "schema",
    "MixedCohort": "membership",
    "Plan": "planning",
    "at_risk": "forecasting",
    "balances": "reading",
    "cohorts": "populations",
    "forecast": "forecasting",
    "movers": "moving",
    "plan": "reading",
    "statement_frame": "statements",
    "trajectory": "trajectories",
}


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{HOMES[name]}"), name)
