"""Above analytics: what a gesture is worth in money, who may give it, and what to do next. Imports what is below it.

Loaded at first need: what draws or solves needs NumPy and SciPy (`goodwill[appraisal]`), what decides needs neither.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from goodwill.appraisal.appraisal import Appraisal, Caveat, Stay
    from goodwill.appraisal.appraising import appraise
    from goodwill.appraisal.authority import Answer, Authority, Decision, Request, Ruling
    from goodwill.appraisal.breaking_even import BreakEven
    from goodwill.appraisal.changing import Change
    from goodwill.appraisal.choice import Choice
    from goodwill.appraisal.conditions import (
        BalanceNeeded,
        GreatCustomer,
        KindsAllowed,
        RoleNeeded,
        StandingNeeded,
        TenureNeeded,
    )
    from goodwill.appraisal.dormancy import p_alive
    from goodwill.appraisal.faults import AppraisalError
    from goodwill.appraisal.fitting import Fit
    from goodwill.appraisal.keeping_above import OptionOutlook, Outlook, keep_above
    from goodwill.appraisal.limits import AmountLimit, Budget, CountLimit, SumLimit
    from goodwill.appraisal.margins import MarginFit
    from goodwill.appraisal.options import Option
    from goodwill.appraisal.past import appraise_past, past_caveats
    from goodwill.appraisal.periods import person_periods
    from goodwill.appraisal.portfolio import candidates
    from goodwill.appraisal.recommending import Recommendation, recommend
    from goodwill.appraisal.retention import RetentionLink, blattberg_deighton, shifted_beta_geometric
    from goodwill.appraisal.seeing import Concession, Seen
    from goodwill.appraisal.signal import Signal, Signals
    from goodwill.appraisal.signaling import signals
    from goodwill.appraisal.simulating import Outcome, Simulation, simulate
    from goodwill.appraisal.terms import Norms, VolatilityAversion, WordOfMouth
    from goodwill.appraisal.uncertainty import Chance, Uncertainty
    from goodwill.appraisal.value import CustomerValue, break_even_retention
    from goodwill.appraisal.winning_back import RuleOutcome, WinBack, win_back


__all__ = [
    "AmountLimit",
    "Answer",
    "Appraisal",
    "AppraisalError",
    "Authority",
    "BalanceNeeded",
    "BreakEven",
    "Budget",
    "Caveat",
    "Chance",
    "Change",
    "Choice",
    "Concession",
    "CountLimit",
    "CustomerValue",
    "Decision",
    "Fit",
    "GreatCustomer",
    "KindsAllowed",
    "MarginFit",
    "Norms",
    "Option",
    "OptionOutlook",
    "Outcome",
    "Outlook",
    "Recommendation",
    "Request",
    "RetentionLink",
    "RoleNeeded",
    "RuleOutcome",
    "Ruling",
    "Seen",
    "Signal",
    "Signals",
    "Simulation",
    "StandingNeeded",
    "Stay",
    "SumLimit",
    "TenureNeeded",
    "Uncertainty",
    "VolatilityAversion",
    "WinBack",
    "WordOfMouth",
    "appraise",
    "appraise_past",
    "blattberg_deighton",
    "break_even_retention",
    "candidates",
    "keep_above",
    "p_alive",
    "past_caveats",
    "person_periods",
    "recommend",
    "shifted_beta_geometric",
    "signals",
    "simulate",
    "win_back",
]

HOMES: Final = {
    "AmountLimit": "limits",
    "Answer": "authority",
    "Appraisal": "appraisal",
    "AppraisalError": "faults",
    "Authority": "authority",
    "BalanceNeeded": "conditions",
    "BreakEven": "breaking_even",
    "Budget": "limits",
    "Caveat": "appraisal",
    "Chance": "uncertainty",
    "Change": "changing",
    "Choice": "choice",
    "Concession": "seeing",
    "CountLimit": "limits",
    "CustomerValue": "value",
    "Decision": "authority",
    "Fit": "fitting",
    "GreatCustomer": "conditions",
    "KindsAllowed": "conditions",
    "MarginFit": "margins",
    "Norms": "terms",
    "Option": "options",
    "OptionOutlook": "keeping_above",
    "Outcome": "simulating",
    "Outlook": "keeping_above",
    "Recommendation": "recommending",
    "Request": "authority",
    "RetentionLink": "retention",
    "RoleNeeded": "conditions",
    "RuleOutcome": "winning_back",
    "Ruling": "authority",
    "Seen": "seeing",
    "Signal": "signal",
    "Signals": "signal",
    "Simulation": "simulating",
    "StandingNeeded": "conditions",
    "Stay": "appraisal",
    "SumLimit": "limits",
    "TenureNeeded": "conditions",
    "Uncertainty": "uncertainty",
    "VolatilityAversion": "terms",
    "WinBack": "winning_back",
    "WordOfMouth": "terms",
    "appraise": "appraising",
    "appraise_past": "past",
    "blattberg_deighton": "retention",
    "break_even_retention": "value",
    "candidates": "portfolio",
    "keep_above": "keeping_above",
    "p_alive": "dormancy",
    "past_caveats": "past",
    "person_periods": "periods",
    "recommend": "recommending",
    "shifted_beta_geometric": "retention",
    "signals": "signaling",
    "simulate": "simulating",
    "win_back": "winning_back",
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
