"""Above analytics: what a gesture is worth in money, who may give it, and what to do next. Imports what is below it.

Loaded at first need: what draws or solves needs NumPy and SciPy (`goodwill[appraisal]`), what decides needs neither.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from goodwill.appraisal.appraisal import Appraisal, Caveat, Stay
    from goodwill.appraisal.appraising import appraise
    from goodwill.appraisal.breaking_even import BreakEven
    from goodwill.appraisal.changing import Change
    from goodwill.appraisal.dormancy import p_alive
    from goodwill.appraisal.faults import AppraisalError
    from goodwill.appraisal.fitting import Fit
    from goodwill.appraisal.margins import MarginFit
    from goodwill.appraisal.periods import person_periods
    from goodwill.appraisal.retention import RetentionLink, blattberg_deighton, shifted_beta_geometric
    from goodwill.appraisal.signal import Signal, Signals
    from goodwill.appraisal.signaling import signals
    from goodwill.appraisal.terms import Norms, VolatilityAversion, WordOfMouth
    from goodwill.appraisal.uncertainty import Chance, Uncertainty
    from goodwill.appraisal.value import CustomerValue, break_even_retention

__all__ = [
    "Appraisal",
    "AppraisalError",
    "BreakEven",
    "Caveat",
    "Chance",
    "Change",
    "CustomerValue",
    "Fit",
    "MarginFit",
    "Norms",
    "RetentionLink",
    "Signal",
    "Signals",
    "Stay",
    "Uncertainty",
    "VolatilityAversion",
    "WordOfMouth",
    "appraise",
    "blattberg_deighton",
    "break_even_retention",
    "p_alive",
    "person_periods",
    "shifted_beta_geometric",
    "signals",
]

HOMES: Final = {
    "Appraisal": "appraisal",
    "AppraisalError": "faults",
    "BreakEven": "breaking_even",
    "Caveat": "appraisal",
    "Chance": "uncertainty",
    "Change": "changing",
    "CustomerValue": "value",
    "Fit": "fitting",
    "MarginFit": "margins",
    "Norms": "terms",
    "RetentionLink": "retention",
    "Signal": "signal",
    "Signals": "signal",
    "Stay": "appraisal",
    "Uncertainty": "uncertainty",
    "VolatilityAversion": "terms",
    "WordOfMouth": "terms",
    "appraise": "appraising",
    "blattberg_deighton": "retention",
    "break_even_retention": "value",
    "p_alive": "dormancy",
    "person_periods": "periods",
    "shifted_beta_geometric": "retention",
    "signals": "signaling",
}

NEEDED: Final = ("narwhals", "numpy", "scipy", "statsmodels")
"""What the extra `appraisal` installs."""


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(f"{__name__}.{HOMES[name]}"), name)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in NEEDED:
            raise
        raise ImportError(f"goodwill.appraisal.{name} needs {missing}: install goodwill[appraisal]") from error
