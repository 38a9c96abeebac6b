"""Standing: the band of points that a balance is in."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import StringConstraints, model_validator

from goodwill.policies.component import Model
from goodwill.policies.parameters import Finite

__all__ = ["Band", "Standing"]

BandName = Annotated[str, StringConstraints(min_length=1, max_length=63, pattern=r"^\S(.*\S)?$")]


class Band(Model):
    """A name for balances below a number of points, down to the next lower band.

    Args:
        name: what it is called.
        below: its upper end in points, which is no longer in it.
    """

    name: BandName
    below: Finite


class Standing(Model):
    """Names for how an account stands, from the lowest band to the top.

    The default bands, overdrawn below 0 and positive from 0 on, are a convention.

    Args:
        bands: in the order of their upper ends.
        top: what is above them all.

    Example:
        >>> standing = Standing(bands=(Band(name="overdrawn", below=0), Band(name="thin", below=20)), top="solid")
        >>> [standing.name_of(points) for points in (-3.5, 0.0, 19.9, 20.0)]
        ['overdrawn', 'thin', 'thin', 'solid']
    """

    bands: tuple[Band, ...] = (Band(name="overdrawn", below=0.0),)
    top: BandName = "positive"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for lower, upper in zip(self.bands, self.bands[1:], strict=False):
            if not lower.below < upper.below:
                raise ValueError(
                    f"{upper.name!r} ends at {upper.below}, which is not above {lower.name!r} at {lower.below}"
                )
        if len(set(self.names)) < len(self.names):
            raise ValueError(f"two bands have one name: {', '.join(self.names)}")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the bands, from the lowest to the top."""
        return (*(band.name for band in self.bands), self.top)

    def name_of(self, points: float) -> str:
        """The name of the band that these points are in."""
        return next((band.name for band in self.bands if points < band.below), self.top)
