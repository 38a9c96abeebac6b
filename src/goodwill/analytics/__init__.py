"""Edge: frames in, frames out. Imports what is below it, NumPy and narwhals.

Loaded at first need: `goodwill.analytics.numpy_operands` needs NumPy alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from goodwill.analytics.comparing import Comparison, compare
    from goodwill.analytics.contributing import contributions
    from goodwill.analytics.driving import drivers
    from goodwill.analytics.exporting import entries
    from goodwill.analytics.planning import Plan
    from goodwill.analytics.reading import balances, plan
    from goodwill.analytics.recording import BadRow, Transfer, from_frame, to_ledger
    from goodwill.analytics.schema import MissingColumn
    from goodwill.analytics.surveying import Survey, survey
    from goodwill.analytics.varying import sensitivity
    from goodwill.analytics.waiving import waivers

__all__ = [
    "BadRow",
    "Comparison",
    "MissingColumn",
    "Plan",
    "Survey",
    "Transfer",
    "balances",
    "compare",
    "contributions",
    "drivers",
    "entries",
    "from_frame",
    "plan",
    "sensitivity",
    "survey",
    "to_ledger",
    "waivers",
]

HOMES: Final = {
    "BadRow": "recording",
    "Comparison": "comparing",
    "MissingColumn": "schema",
    "Plan": "planning",
    "Survey": "surveying",
    "Transfer": "recording",
    "balances": "reading",
    "compare": "comparing",
    "contributions": "contributing",
    "drivers": "driving",
    "entries": "exporting",
    "from_frame": "recording",
    "plan": "reading",
    "sensitivity": "varying",
    "survey": "surveying",
    "to_ledger": "recording",
    "waivers": "waiving",
}


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{HOMES[name]}"), name)
