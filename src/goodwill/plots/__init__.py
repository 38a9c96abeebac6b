"""Edge: pictures, axes in and out. Imports what is below it, matplotlib and narwhals.

Every function takes `ax` (a new one where none is given, a printed column wide), draws on it alone and returns it; no
style is changed and no pyplot is needed. All can be read without color.
"""

from goodwill.plots.account import balance, waterfall
from goodwill.plots.appraisal import appraisal
from goodwill.plots.canvas import CannotDraw
from goodwill.plots.curves import decays, value
from goodwill.plots.policy_card import card
from goodwill.plots.population import compare, standings, waived

__all__ = [
    "CannotDraw",
    "appraisal",
    "balance",
    "card",
    "compare",
    "decays",
    "standings",
    "value",
    "waived",
    "waterfall",
]
