"""Peak and end: the strongest moment and the latest one."""

from __future__ import annotations

from goodwill.policies.parameters import Share
from goodwill.policies.readout import Readout, Relationship

__all__ = ["PeakEnd"]


class PeakEnd(Readout, type="peak_end"):
    """w_peak * peak + (1 - w_peak) * end: of what remains of each entry, the furthest from 0 and the latest.

    The peak keeps its sign; of two as far from 0, the later. People judged a painful episode by the mean of the two,
    and neglected how long it took (Fredrickson & Kahneman 1993; gifts: Do, Rupert & Wolford 2008). In service calls
    the end did not help (Verhoef, Antonides & de Hoog 2004), which is why this is a readout and not the balance. It
    does not add up, and a good entry after a great one lowers it.

    Attributes:
        w_peak: the weight of the peak, in [0, 1].

    Example:
        >>> from goodwill import Ledger
        >>> ledger = Ledger.in_memory()
        >>> ledger.readout("ada", PeakEnd()) is None
        True
    """

    w_peak: Share = 0.5

    def read(self, relationship: Relationship) -> float | None:
        """The mean of peak and end, in points; None without an entry."""
        amounts = [impression.points for impression in relationship.impressions]
        if not amounts:
            return None
        # Of equals, `max` takes the first: the latest, here.
        peak = max(reversed(amounts), key=abs)
        return self.w_peak * peak + (1.0 - self.w_peak) * amounts[-1]
