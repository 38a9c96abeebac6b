"""Ready-made catalogs and policies, each with its sources and with how far its numbers can be trusted.

A number is *published* (a study or a meta-analysis estimated it), *of published direction* (studies agree on the sign
or the shape, the number is ours), or a *convention*. `default()` has nothing but the first on; each other policy is
`default()` with one opinion more, under that opinion's name.

There is none for word of mouth: what a customer tells others is worth money, not goodwill, and the popular "tells ten
others" is the median of one study of complaints about a soft drink.
"""

from goodwill.presets.catalog import service_catalog
from goodwill.presets.policies import (
    default,
    double_deviation,
    entitlement,
    grace21,
    habituation,
    heroics,
    honeymoon,
    linear,
    loyalty,
    sincere_only,
    tk92,
)

__all__ = [
    "default",
    "double_deviation",
    "entitlement",
    "grace21",
    "habituation",
    "heroics",
    "honeymoon",
    "linear",
    "loyalty",
    "service_catalog",
    "sincere_only",
    "tk92",
]
