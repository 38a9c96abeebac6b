"""Second floor: the valuation steps that ship, one per file. Imports `policies` and `domain`; siblings never import each other."""

from goodwill.valuations.prospect import Prospect
from goodwill.valuations.rate_card import RateCard
from goodwill.valuations.recovery import Concave, LinkedRecovery, RecoveryCurve, SCurve
from goodwill.valuations.severity import Severity
from goodwill.valuations.sincerity import Sincerity

__all__ = ["Concave", "LinkedRecovery", "Prospect", "RateCard", "RecoveryCurve", "SCurve", "Severity", "Sincerity"]
