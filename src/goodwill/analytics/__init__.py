"""Edge: frames in, frames out. Imports what is below it, NumPy and narwhals.

Loaded at first need: `goodwill.analytics.numpy_operands` needs NumPy alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from goodwill.analytics.exporting import entries
    from goodwill.analytics.planning import Plan
    from goodwill.analytics.reading import balances, plan
    from goodwill.analytics.recording import BadRow, Transfer, from_frame, to_ledger
    from goodwill.analytics.schema import MissingColumn

__all__ = ["BadRow", "MissingColumn", "Plan", "Transfer", "balances", "entries", "from_frame", "plan", "to_ledger"]

HOMES: Final = {"MissingColumn": "schema", "Plan": "planning", "balances": "reading", "plan": "reading"} | {
    "entries": "exporting",
    **dict.fromkeys(("BadRow", "Transfer", "from_frame", "to_ledger"), "recording"),
}


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{HOMES[name]}"), name)
