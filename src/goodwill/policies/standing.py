"""Standing: the band of points that a balance is in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import StringConstraints, model_validator

from goodwill.policies.component import Model
from goodwill.policies.naming import KindName
from goodwill.policies.parameters import Finite

__all__ = ["Band", "Hysteresis", "Standing"]

BandName = Annotated[str, StringConstraints(min_length=1, max_length=63, pattern=r"^\S(.*\S)?$")]


class Band(Model):
    """A name for balances below a number of points, down to the next lower band.

    Args:
        name: what it is called.
        below: its upper end in points, which is no longer in it.
    """

    name: BandName
    below: Finite


class Hysteresis(Model):
    """Two thresholds: a customer who was lost at one comes back only at a higher one.

    Satisfaction and dissatisfaction have thresholds that need not occur at the same point (Oliva, Oliver & MacMillan
    1992; a replication found a plain line). Single incidents are named by nearly half of those who switched (Keaveney
    1995), so some kinds may flip a customer whatever the balance. The thresholds are yours.

    Args:
        down: below it, in points, a loyal customer is estranged.
        up: above it, an estranged one is loyal again; not below `down`.
        critical: kinds of which one loss is enough.
        loyal, estranged: what the two regimes are called.
    """

    down: Finite
    up: Finite
    critical: tuple[KindName, ...] = ()
    loyal: BandName = "loyal"
    estranged: BandName = "estranged"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.down > self.up:
            raise ValueError(f"down is {self.down:g}, above up {self.up:g}; a customer would be lost and back at once")
        if self.loyal == self.estranged:
            raise ValueError(f"both regimes are called {self.loyal!r}; nobody could tell them apart")
        return self

    def regime(self, moments: Iterable[tuple[float, str | None]]) -> str:
        """The regime after a history, which begins loyal.

        Args:
            moments: the points right after each entry, and its kind where it was a loss.

        Example:
            >>> Hysteresis(down=-10, up=5).regime([(-11.0, "dispute"), (4.0, None)])
            'estranged'
        """
        regime = self.loyal
        for points, lost in moments:
            if points < self.down or lost in self.critical:
                regime = self.estranged
            elif points > self.up:
                regime = self.loyal
        return regime


class Standing(Model):
    """Names for how an account stands, from the lowest band to the top.

    The default bands, overdrawn below 0 and positive from 0 on, are a convention.

    Args:
        bands: in the order of their upper ends.
        top: what is above them all.
        hysteresis: two regimes in place of the bands, for customers who do not come back the way they went.

    Example:
        >>> standing = Standing(bands=(Band(name="overdrawn", below=0), Band(name="thin", below=20)), top="solid")
        >>> [standing.name_of(points) for points in (-3.5, 0.0, 19.9, 20.0)]
        ['overdrawn', 'thin', 'thin', 'solid']
    """

    bands: tuple[Band, ...] = (Band(name="overdrawn", below=0.0),)
    top: BandName = "positive"
    hysteresis: Hysteresis | None = None

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
