"""How sincere a gesture came across; it changes what was meant, never what was handed over."""

from __future__ import annotations

from typing import Any, ClassVar

from goodwill.policies.formula import where
from goodwill.policies.valuation import Columns, Parts, Stage, Step

__all__ = ["Sincerity"]


class Sincerity(Step, type="sincerity"):
    """The symbolic part of a deposit times its sincerity: material + s * symbolic, s in [-1, 1].

    Authenticity matters and the extent of smiling does not (Hennig-Thurau et al. 2006, n = 223); a scripted gesture
    is s = 0, a manipulative one s < 0. The form is ours; the direction is published. A withdrawal has no sincerity.

    Example:
        >>> from goodwill.policies.valuation import Columns
        >>> Sincerity().apply(Parts(20.0, 10.0), Columns("upgrade", 1.0, 1.0, 1.0, -1.0, 1.0))
        10.0
    """

    stage: ClassVar[Stage] = Stage.SINCERITY
    reads: ClassVar[tuple[str, ...]] = ("sincerity",)

    def apply(self, worth: Parts, columns: Columns) -> Any:
        """One worth of two parts, in points."""
        return worth.material + where(columns.sign > 0.0, columns.sincerity, 1.0) * worth.symbolic
