"""The front door: a ledger of goodwill, the emotional bank account of every customer.

The ledger keeps facts; a policy reads them into goodwill. See `Ledger`, `Policy` and `presets`.
"""

from __future__ import annotations

from goodwill import presets
from goodwill.domain.balance import Balance, Contribution
from goodwill.domain.entry import Amendment, Deposit, Entry, Observation, Ref, Reversal, Withdrawal
from goodwill.domain.errors import GoodwillError
from goodwill.domain.kind import Catalog, Direction, Kind, Rate
from goodwill.domain.money import Money
from goodwill.domain.period import Period
from goodwill.domain.statement import Statement
from goodwill.ledger.ledger import Ledger
from goodwill.policies.combinators import blend
from goodwill.policies.decay import Decay
from goodwill.policies.policy import Policy
from goodwill.policies.schedule import DecaySchedule
from goodwill.policies.standing import Band, Standing
from goodwill.policies.valuation import Valuation

__all__ = [
    "Amendment",
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
    "Kind",
    "Ledger",
    "Money",
    "Observation",
    "Period",
    "Policy",
    "Rate",
    "Ref",
    "Reversal",
    "Standing",
    "Statement",
    "Valuation",
    "Withdrawal",
    "blend",
    "presets",
]
