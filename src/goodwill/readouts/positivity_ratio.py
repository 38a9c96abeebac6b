"""How much good there is for each bad."""

from __future__ import annotations

from typing import Literal

from goodwill.policies.readout import Readout, Relationship

__all__ = ["PositivityRatio"]


class PositivityRatio(Readout, type="positivity_ratio"):
    """The positive part of the balance over the size of the negative one; or how many entries were good for each bad.

    Couples whose marriage lasted had about 5 positive exchanges for each negative one while they argued, the others
    0.8 (Gottman 1994): a count, in talk about conflict, between spouses. No number for customers is known, so no
    threshold ships, and the "2.9" once published beside it never will: its derivation was found to be unfounded
    (Brown, Sokal & Friedman 2013) and withdrawn.

    Attributes:
        of: "points", the parts of the balance with its terms; or "entries", those worth more and less than 0, as
            far as anything of them remains.

    Example:
        >>> from goodwill import Ledger
        >>> ledger = Ledger.in_memory()
        >>> first = ledger.deposit("ada", "thank_you")
        >>> ledger.readout("ada", PositivityRatio()) is None  # nothing bad to compare with
        True
    """

    of: Literal["points", "entries"] = "points"

    def read(self, relationship: Relationship) -> float | None:
        """The ratio, at least 0; None where there is nothing negative."""
        if self.of == "points":
            good, bad = relationship.positive, -relationship.negative
        else:
            amounts = [impression.points for impression in relationship.impressions]
            good, bad = sum(amount > 0.0 for amount in amounts), sum(amount < 0.0 for amount in amounts)
        return good / bad if bad > 0.0 else None
