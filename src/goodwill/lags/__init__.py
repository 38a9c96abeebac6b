"""Second floor: the lags that ship, one per file; none passes as a decay. Imports `policies` and `domain`."""

from goodwill.lags.delayed import Delayed
from goodwill.lags.weibull_pdf import WeibullPdf

__all__ = ["Delayed", "WeibullPdf"]
