"""Edge: frames in, frames out. Imports what is below it, NumPy and narwhals.

Loaded at first need: `goodwill.analytics.numpy_operands` needs NumPy alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from goodwill.frames.lazily import lazily

if TYPE_CHECKING:
    from goodwill.analytics.comparing import Comparison, compare
    from goodwill.analytics.contributing import contributions
    from goodwill.analytics.driving import drivers
    from goodwill.analytics.exporting import entries
    from goodwill.analytics.forecasting import at_risk, forecast
    from goodwill.analytics.membership import MixedCohort
    from goodwill.analytics.moving import movers
    from goodwill.analytics.planning import Plan
    from goodwill.analytics.populations import cohorts
    from goodwill.analytics.reading import balances, plan
    from goodwill.analytics.recording import BadRow, Transfer, from_frame, to_ledger
    from goodwill.analytics.schema import MissingColumn
    from goodwill.analytics.statements import statement_frame
    from goodwill.analytics.surveying import Survey, survey
    from goodwill.analytics.trajectories import trajectory
    from goodwill.analytics.varying import sensitivity
    from goodwill.analytics.waiving import waivers

__all__ = [
    "BadRow",
    "Comparison",
    "MissingColumn",
    "MixedCohort",
    "Plan",
    "Survey",
    "Transfer",
    "at_risk",
    "balances",
    "cohorts",
    "compare",
    "contributions",
    "drivers",
    "entries",
    "forecast",
    "from_frame",
    "movers",
    "plan",
    "sensitivity",
    "statement_frame",
    "survey",
    "to_ledger",
    "trajectory",
    "waivers",
]

HOMES: Final = {
    "BadRow": "recording",
    "Comparison": "comparing",
    "MissingColumn": "schema",
    "MixedCohort": "membership",
    "Plan": "planning",
    "Survey": "surveying",
    "Transfer": "recording",
    "at_risk": "forecasting",
    "balances": "reading",
    "cohorts": "populations",
    "compare": "comparing",
    "contributions": "contributing",
    "drivers": "driving",
    "entries": "exporting",
    "forecast": "forecasting",
    "from_frame": "recording",
    "movers": "moving",
    "plan": "reading",
    "sensitivity": "varying",
    "statement_frame": "statements",
    "survey": "surveying",
    "to_ledger": "recording",
    "trajectory": "trajectories",
    "waivers": "waiving",
}

NEEDED: Final = ("narwhals", "numpy")
"""What the extra `frames` installs."""

__getattr__ = lazily(__name__, HOMES, needed=NEEDED, extra="frames")
