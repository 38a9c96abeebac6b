"""Second floor: the decays that ship, one per file. Imports `policies` and `domain`; siblings never import each other."""

from goodwill.decays.half_life import HalfLife
from goodwill.decays.linear import Linear
from goodwill.decays.no_decay import NoDecay
from goodwill.decays.power_law import PowerLaw
from goodwill.decays.weibull import Weibull

__all__ = ["HalfLife", "Linear", "NoDecay", "PowerLaw", "Weibull"]
