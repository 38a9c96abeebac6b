"""Second floor: the readouts that ship, one per file; siblings never import each other.

Imports `policies` and `domain`. None of them comes with a threshold: where good becomes bad is for you to find in your
own outcomes.
"""

from goodwill.readouts.average_and_peak import AverageAndPeak
from goodwill.readouts.momentum import Momentum
from goodwill.readouts.peak_end import PeakEnd
from goodwill.readouts.positivity_ratio import PositivityRatio
from goodwill.readouts.silent_days import SilentDays
from goodwill.readouts.volatility import Volatility

__all__ = ["AverageAndPeak", "Momentum", "PeakEnd", "PositivityRatio", "SilentDays", "Volatility"]
