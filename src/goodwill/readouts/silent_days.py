"""How long nobody has been in touch."""

from __future__ import annotations

from goodwill.domain.instant import days_between
from goodwill.policies.readout import Readout, Relationship

__all__ = ["SilentDays"]


class SilentDays(Readout, type="silent_days"):
    """The days since the last deposit, withdrawal, kept promise or contact; since the account's opening without one.

    What a silence costs is for a policy to say (`goodwill.terms.Silence`); this is the fact alone.

    Example:
        >>> from datetime import UTC, datetime
        >>> from goodwill import Ledger
        >>> ledger = Ledger.in_memory()
        >>> thanks = ledger.deposit("ada", "thank_you", occurred_at=datetime(2026, 3, 1, tzinfo=UTC))
        >>> ledger.readout("ada", SilentDays(), as_of=datetime(2026, 3, 31, 12, tzinfo=UTC))
        30.5
    """

    def read(self, relationship: Relationship) -> float | None:
        """The days, at least 0; None without an entry."""
        since_us = relationship.opened_us if relationship.last_contact_us is None else relationship.last_contact_us
        return None if since_us is None else days_between(since_us, relationship.at_us)
