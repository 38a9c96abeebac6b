"""Second floor: the valuation steps that ship, one per file; siblings never import each other.

Imports `policies` and `domain`.
"""

from goodwill.valuations.betrayal import Betrayal
from goodwill.valuations.cap import Cap
from goodwill.valuations.double_deviation import DoubleDeviation
from goodwill.valuations.expectation import Expectation
from goodwill.valuations.habituation import Habituation
from goodwill.valuations.kano import ATTRACTIVE, INDIFFERENT, MUST_BE, ONE_DIMENSIONAL, REVERSE, Gains, Kano
from goodwill.valuations.prospect import Prospect
from goodwill.valuations.rate_card import RateCard
from goodwill.valuations.recovery import Concave, Justice, LinkedRecovery, RecoveryCurve, SCurve
from goodwill.valuations.severity import Severity
from goodwill.valuations.sincerity import Sincerity
from goodwill.valuations.tolerance import Tolerance

__all__ = [
    "ATTRACTIVE",
    "INDIFFERENT",
    "MUST_BE",
    "ONE_DIMENSIONAL",
    "REVERSE",
    "Betrayal",
    "Cap",
    "Concave",
    "DoubleDeviation",
    "Expectation",
    "Gains",
    "Habituation",
    "Justice",
    "Kano",
    "LinkedRecovery",
    "Prospect",
    "RateCard",
    "RecoveryCurve",
    "SCurve",
    "Severity",
    "Sincerity",
    "Tolerance",
]
