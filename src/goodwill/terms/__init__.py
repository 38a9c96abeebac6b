"""Second floor: the account terms that ship, one per file; siblings never import each other.

Imports `policies` and `domain`.
"""

from goodwill.terms.endowment import Endowment
from goodwill.terms.silence import Silence

__all__ = ["Endowment", "Silence"]
