"""Above analytics: what a gesture is worth in money, who may give it, and what to do next. Imports what is below it.

Loaded at first need: what draws or solves needs NumPy and SciPy (`goodwill[appraisal]`), what decides needs neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from goodwill.frames.lazily import lazily

if TYPE_CHECKING:
    from goodwill.appraisal.appraisal import Appraisal, Caveat, Stay
    from goodwill.appraisal.appraising import appraise
    from goodwill.appraisal.authority.authority import Answer, Authority, Decision, Request, Ruling
    from goodwill.appraisal.authority.conditions import (
        BalanceNeeded,
        GreatCustomer,
        KindsAllowed,
        RoleNeeded,
        StandingNeeded,
        TenureNeeded,
    )
    from goodwill.appraisal.authority.limits import AmountLimit, Budget, CountLimit, SumLimit
    from goodwill.appraisal.authority.seeing import Concession, Seen
    from goodwill.appraisal.authority.simulating import Outcome, Simulation, simulate
    from goodwill.appraisal.breaking_even import BreakEven
    from goodwill.appraisal.changing import Change
    from goodwill.appraisal.choosing.choice import Choice
    from goodwill.appraisal.choosing.keeping_above import OptionOutlook, Outlook, keep_above
    from goodwill.appraisal.choosing.options import Option
    from goodwill.appraisal.choosing.portfolio import candidates
    from goodwill.appraisal.choosing.recommending import Recommendation, recommend
    from goodwill.appraisal.choosing.winning_back import RuleOutcome, WinBack, win_back
    from goodwill.appraisal.claims.signal import Signal, Signals
    from goodwill.appraisal.claims.signaling import signals
    from goodwill.appraisal.dormancy import p_alive
    from goodwill.appraisal.faults import AppraisalError
    from goodwill.appraisal.fitting.fitting import Fit
    from goodwill.appraisal.fitting.margins import MarginFit
    from goodwill.appraisal.fitting.periods import person_periods
    from goodwill.appraisal.past.past import appraise_past, past_caveats
    from goodwill.appraisal.retention import RetentionLink, blattberg_deighton, shifted_beta_geometric
    from goodwill.appraisal.terms import Norms, VolatilityAversion, WordOfMouth
    from goodwill.appraisal.uncertainty import Chance, Uncertainty
    from goodwill.appraisal.value import CustomerValue, break_even_retention


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
    "AmountLimit": "authority.limits",
    "Answer": "authority.authority",
    "Appraisal": "appraisal",
    "AppraisalError": "faults",
    "Authority": "authority.authority",
    "BalanceNeeded": "authority.conditions",
    "BreakEven": "breaking_even",
    "Budget": "authority.limits",
    "Caveat": "appraisal",
    "Chance": "uncertainty",
    "Change": "changing",
    "Choice": "choosing.choice",
    "Concession": "authority.seeing",
    "CountLimit": "authority.limits",
    "CustomerValue": "value",
    "Decision": "authority.authority",
    "Fit": "fitting.fitting",
    "GreatCustomer": "authority.conditions",
    "KindsAllowed": "authority.conditions",
    "MarginFit": "fitting.margins",
    "Norms": "terms",
    "Option": "choosing.options",
    "OptionOutlook": "choosing.keeping_above",
    "Outcome": "authority.simulating",
    "Outlook": "choosing.keeping_above",
    "Recommendation": "choosing.recommending",
    "Request": "authority.authority",
    "RetentionLink": "retention",
    "RoleNeeded": "authority.conditions",
    "RuleOutcome": "choosing.winning_back",
    "Ruling": "authority.authority",
    "Seen": "authority.seeing",
    "Signal": "claims.signal",
    "Signals": "claims.signal",
    "Simulation": "authority.simulating",
    "StandingNeeded": "authority.conditions",
    "Stay": "appraisal",
    "SumLimit": "authority.limits",
    "TenureNeeded": "authority.conditions",
    "Uncertainty": "uncertainty",
    "VolatilityAversion": "terms",
    "WinBack": "choosing.winning_back",
    "WordOfMouth": "terms",
    "appraise": "appraising",
    "appraise_past": "past.past",
    "blattberg_deighton": "retention",
    "break_even_retention": "value",
    "candidates": "choosing.portfolio",
    "keep_above": "choosing.keeping_above",
    "p_alive": "dormancy",
    "past_caveats": "past.past",
    "person_periods": "fitting.periods",
    "recommend": "choosing.recommending",
    "shifted_beta_geometric": "retention",
    "signals": "claims.signaling",
    "simulate": "authority.simulating",
    "win_back": "choosing.winning_back",
}

NEEDED: Final = ("narwhals", "numpy", "scipy", "statsmodels")
"""What the extra `appraisal` installs."""

__getattr__ = lazily(__name__, HOMES, needed=NEEDED, extra="appraisal")
