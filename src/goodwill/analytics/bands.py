"""The band that a balance is in, by expressions and by arrays."""

from __future__ import annotations

from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from goodwill.policies.standing import Standing

__all__ = ["band_of", "band_places"]


def band_of(standing: Standing) -> Any:
    """The name of the band that `balance` is in."""
    band: Any = nw.lit(standing.top)
    for each in reversed(standing.bands):
        band = nw.when(nw.col("balance") < each.below).then(nw.lit(each.name)).otherwise(band)
    return band


def band_places(standing: Standing, points: Any) -> Any:
    """The place of the band that each of some balances is in, among `standing.names`; of arrays."""
    return np.searchsorted([each.below for each in standing.bands], points, side="right")
