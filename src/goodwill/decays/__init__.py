"""Second floor: the decays that ship, one per file. Imports `policies` and `domain`; siblings never import each other."""

from goodwill.decays.binomial import Binomial
from goodwill.decays.calendar_expiry import CalendarExpiry
from goodwill.decays.cliff import Cliff
from goodwill.decays.half_life import HalfLife
from goodwill.decays.linear import Linear
from goodwill.decays.no_decay import NoDecay
from goodwill.decays.power_law import PowerLaw
from goodwill.decays.stepped import Stepped
from goodwill.decays.weibull import Weibull

__all__ = [
    "Binomial",
    "CalendarExpiry",
    "Cliff",
    "HalfLife",
    "Linear",
    "NoDecay",
    "PowerLaw",
    "Stepped",
    "Weibull",
]
