"""The front door: a ledger of goodwill, the emotional bank account of every customer.

The ledger keeps facts; a policy reads them into goodwill. See `Ledger`, `Policy` and `presets`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from goodwill.domain.balance import Balance, Contribution
from goodwill.domain.entry import (
    Amendment,
    Deposit,
    Entry,
    Kept,
    Observation,
    Opening,
    Promise,
    Ref,
    Reversal,
    Withdrawal,
)
from goodwill.domain.errors import GoodwillError
from goodwill.domain.kind import Catalog, Direction, Kind, Rate
from goodwill.domain.merge import Merge, Unmerge
from goodwill.domain.money import Money
from goodwill.ledger.ledger import Ledger
from goodwill.policies.combinators import blend
from goodwill.policies.decay import Decay
from goodwill.policies.policy import Policy
from goodwill.policies.schedule import DecaySchedule
from goodwill.policies.standing import Band, Standing
from goodwill.policies.valuation import Valuation

if TYPE_CHECKING:
    from goodwill import presets
    from goodwill.domain.period import Period
    from goodwill.domain.statement import Statement
    from goodwill.ledger.async_ledger import AsyncLedger

__all__ = [
    "Amendment",
    "AsyncLedger",
    "Balance",
    "Band",
    "Catalog",
    "Contribution",
    "Decay",
    "DecaySchedule",
    "Deposit",
    "Direction",
    "Entry",
    "GoodwillError",
    "Kept",
    "Kind",
    "Ledger",
    "Merge",
    "Money",
    "Observation",
    "Opening",
    "Period",
    "Policy",
    "Promise",
    "Rate",
    "Ref",
    "Reversal",
    "Standing",
    "Statement",
    "Unmerge",
    "Valuation",
    "Withdrawal",
    "blend",
    "presets",
]


LATER = {
    "AsyncLedger": "goodwill.ledger.async_ledger",
    "Period": "goodwill.domain.period",
    "Statement": "goodwill.domain.statement",
}
"""Where names are that not every program uses."""


def __getattr__(name: str) -> Any:
    """What not every program needs, when it is first asked for: the presets bring every step of a ready-made policy."""
    from importlib import import_module  # noqa: PLC0415 - only here

    if name == "presets":
        return import_module("goodwill.presets")
    if name in LATER:
        return getattr(import_module(LATER[name]), name)
    raise AttributeError(f"module 'goodwill' has no attribute {name!r}")
