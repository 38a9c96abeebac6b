"""Where it is heading."""

from __future__ import annotations

from goodwill.policies.parameters import Days
from goodwill.policies.readout import Readout, Relationship

__all__ = ["Momentum"]


class Momentum(Readout, type="momentum"):
    """How much the balance changed over the last days, in points; before the first entry it was 0.

    A convention. Fading alone moves it too: of a good balance downwards.

    Attributes:
        days: over how many.

    Example:
        >>> from datetime import UTC, datetime
        >>> from goodwill import Ledger
        >>> ledger = Ledger.in_memory()
        >>> late = ledger.withdraw("ada", "late_delivery", 2, occurred_at=datetime(2026, 3, 1, tzinfo=UTC))
        >>> ledger.readout("ada", Momentum(days=30), as_of=datetime(2026, 4, 15, tzinfo=UTC)) > 0  # it is forgiven
        True
    """

    days: Days = 90.0

    def read(self, relationship: Relationship) -> float | None:
        """The change, in points; None without an entry."""
        if relationship.opened_us is None:
            return None
        return relationship.balance() - relationship.balance(days_ago=self.days)
