"""What a gesture that answers a failure gives back: a share of what was lost, never of thin air."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from typing import Annotated, Final, Self

from pydantic import field_validator, model_validator

from goodwill.domain.entry import Fact
from goodwill.policies.component import Component
from goodwill.policies.decay import Decay
from goodwill.policies.formula import Operand, choose, exp, flush, maximum, minimum, rise, where
from goodwill.policies.model import Model
from goodwill.policies.naming import KindName
from goodwill.policies.parameters import Frozen, NonNegative, Number, Positive, Share
from goodwill.policies.valuation import RecoveryStep

__all__ = ["Concave", "Justice", "LinkedRecovery", "RecoveryCurve", "SCurve"]

STEEPNESS: Final = math.log(9.0) / 0.3
"""Of the S-curve: from a tenth to nine tenths within 0.3 of either side of its middle."""

Ratio = Annotated[float, Number("ratio", 0.0, 10.0, above=True, smallest=1e-3)]
"""A compensation as a share of the loss: above 0, at most 10."""


class RecoveryCurve(Component, family="recovery_curve"):
    """How much of a loss a compensation gives back: 0 at no compensation, 1 at the cap, never falling."""

    @abstractmethod
    def share(self, compensation: Operand, cap: float) -> Operand:
        """The share of the loss given back, in [0, 1]; a formula over operands.

        Args:
            compensation: as a share of the loss, at least 0 and at most the cap.
            cap: the share beyond which more adds nothing.
        """


class Concave(RecoveryCurve, type="concave"):
    """(1 - e^(-c / c0)) / (1 - e^(-cap / c0)): the first dollars work most, where the flawed service is kept.

    The shape is published (Gelbrich, Gaethke & Gregoire 2015, Journal of Service Research: concave for an accepted
    service); the form and c0 = 0.5 are ours.

    Attributes:
        c0: the compensation, as a share of the loss, with which 63% of what can be reached without a cap is reached.

    Example:
        >>> round(Concave().share(0.5, cap=1.5), 4)
        0.6652
    """

    c0: Positive = 0.5

    def share(self, compensation: Operand, cap: float) -> Operand:
        """The share of the loss given back, in [0, 1]."""
        return rise(compensation / self.c0) / rise(cap / self.c0)


class SCurve(RecoveryCurve, type="s_curve"):
    """(L(c) - L(0)) / (L(cap) - L(0)), L logistic around `mid`: for a service that was rejected.

    The shape is published (Gelbrich, Gaethke & Gregoire 2015: S-shaped for a rejected service, steepest between 60%
    and 120% of the loss); the form is ours: L(c) = 1 / (1 + e^(-(ln 9 / 0.3) (c - mid))), mid = 0.9.

    Attributes:
        mid: the compensation, as a share of the loss, at which it is steepest.

    Example:
        >>> round(SCurve().share(0.6, cap=1.5), 4)
        0.1
    """

    mid: Ratio = 0.9

    def share(self, compensation: Operand, cap: float) -> Operand:
        """The share of the loss given back, in [0, 1]."""
        # The quotient of the two differences, multiplied out: written as it stands, both vanish where mid is far off.
        middle = exp(-STEEPNESS * self.mid)
        bend = (middle + exp(-STEEPNESS * cap)) / (middle + exp(-STEEPNESS * compensation))
        return bend * rise(STEEPNESS * compensation) / rise(STEEPNESS * cap)


class Justice(Model):
    """The perceived justice of a recovery: a weighted mean of three dimensions of its entry, each in [0, 1].

    What was given back outweighs how one was treated, and that the procedure, for satisfaction with the complaint's
    handling (60 studies, Orsingher, Valentini & de Angelis 2010); for loyalty, treatment weighs slightly more
    (Gelbrich & Roschk 2011). The order is published, the default weights are a convention. A dimension that nobody
    recorded, or recorded as text, counts 1.

    Attributes:
        distributive, interactional, procedural: the weights; together 1.
    """

    distributive: Share = 0.5
    interactional: Share = 0.35
    procedural: Share = 0.15

    @model_validator(mode="after")
    def _whole(self) -> Self:
        total = self.distributive + self.interactional + self.procedural
        if abs(total - 1.0) > 1e-9:
            raise ValueError(f"the three weights sum to {total:g}, not to 1")
        return self

    def gain(self, dimensions: Mapping[str, float | str]) -> float:
        """What counts of a recovery with these dimensions, in [0, 1]."""
        total = 0.0
        for name in type(self).model_fields:
            value = dimensions.get(name, 1.0)
            total += getattr(self, name) * (1.0 if isinstance(value, str) else min(max(value, 0.0), 1.0))
        return min(total, 1.0)


class LinkedRecovery(RecoveryStep, type="linked_recovery"):
    """A deposit that answers a withdrawal is worth what it gives back of that loss, and nothing by itself.

    With c the running sum of the recoveries' compensation as a share of the loss, recovery i is worth what it adds
    to the running maximum of min(rho * share(c) * |v|, rho * |v| * w): v what the failure was worth, w the share of
    it that remains when the recovery happens. So neither many small recoveries nor a late one give back more than
    was lost and is left. Recovery in behavior data "in almost all cases does not entirely offset" the complaint
    (Knox & van Oest 2014): hence rho = 1 at most by default; beyond 150% of the loss compensation stops adding
    (Haesevoets et al. 2017): hence the cap.

    Attributes:
        curve: how much of the loss a compensation gives back.
        by_failure: the curve of single kinds of failure.
        rho: the most that can be given back, as a share of the loss; above 1 is the recovery paradox, which holds for
            satisfaction only (de Matos, Henrique & Rossi 2007).
        cap: the compensation, as a share of the loss, beyond which more adds nothing.
        speed: a decay on the days between failure and recovery that discounts a late one; none by default. Recovery
            is judged alike within a zone of tolerance and worse after it (Hogreve, Bilstein & Mandl 2017); write
            `HalfLife(days=10).grace(days=2)`, numbers yours.
        matching: by kind of failure and of recovery, how much of what is offered counts, in [0, 1]; what is named
            nowhere counts whole. Repayment in kind works best (Roschk & Gelbrich 2014); the numbers are yours.
        justice: how the dimensions of a recovery weigh; off by default.

    Example:
        >>> from goodwill.decays import HalfLife
        >>> recovery = LinkedRecovery(
        ...     by_failure={"faulty_product": SCurve()},
        ...     rho=0.8,
        ...     speed=HalfLife(days=10).grace(days=2),
        ...     matching={"late_delivery": {"thank_you": 0.5}},
        ...     justice=Justice(),
        ... )
        >>> recovery.returned(1.5, loss=10.0, remains=1.0, failure="late_delivery")
        8.0
    """

    curve: RecoveryCurve = Concave()
    by_failure: Frozen[KindName, RecoveryCurve] = {}  # noqa: RUF012 - the model freezes it
    rho: NonNegative = 1.0
    cap: Ratio = 1.5
    speed: Decay | None = None
    matching: Frozen[KindName, Frozen[KindName, Share]] = {}  # noqa: RUF012 - the model freezes it
    justice: Justice | None = None

    @field_validator("speed")
    @classmethod
    def _by_age_alone(cls, speed: Decay | None) -> Decay | None:
        if speed is not None and speed.dated:
            raise ValueError("speed goes by the days since the failure, not by a calendar; use .expire(days=...)")
        return speed

    def compensation(self, offered: Operand, lost: Operand, days: Operand, failure: Fact, recovery: Fact) -> Operand:
        """What a recovery offers, as a share of the loss, after its gains: speed, matching, justice."""
        gain = self.matching.get(failure.kind, {}).get(recovery.kind, 1.0)
        if self.justice is not None:
            gain *= self.justice.gain(recovery.dimensions)
        quick = 1.0 if self.speed is None else flush(self.speed.remaining(days))
        return quick * gain * offered / maximum(lost, -lost)

    def returned(self, compensation: Operand, loss: Operand, remains: Operand, failure: Operand) -> Operand:
        """The most that the recoveries so far can have given back, in points, at least 0; a formula over operands."""
        offered = minimum(maximum(compensation, 0.0), self.cap)
        share = self.curve.share(offered, self.cap)
        for kind, curve in self.by_failure.items():
            share = where(choose(failure, {kind: 1.0}, 0.0) > 0.0, curve.share(offered, self.cap), share)
        return self.rho * loss * minimum(minimum(share, 1.0), remains)
