"""Average and positive peak: how good it usually is, and how good it once was."""

from __future__ import annotations

import math

from goodwill.policies.parameters import Share
from goodwill.policies.readout import Readout, Relationship

__all__ = ["AverageAndPeak"]


class AverageAndPeak(Readout, type="average_and_peak"):
    """w_average * mean + w_peak * best, over what remains of each entry; best is 0 where nothing was good.

    In service calls the average and the positive peak both raised satisfaction, and the end did not (Verhoef,
    Antonides & de Hoog 2004). The direction is published, the weights are a convention.

    Attributes:
        w_average: the weight of the mean, in [0, 1].
        w_peak: the weight of the best entry, in [0, 1].

    Example:
        >>> from goodwill import Ledger
        >>> Ledger.in_memory().readout("ada", AverageAndPeak()) is None
        True
    """

    w_average: Share = 0.5
    w_peak: Share = 0.5

    def read(self, relationship: Relationship) -> float | None:
        """The weighted sum, in points; None without an entry."""
        amounts = [impression.points for impression in relationship.impressions]
        if not amounts:
            return None
        return self.w_average * math.fsum(amounts) / len(amounts) + self.w_peak * max(0.0, *amounts)
