"""Kano's categories: some things only satisfy, some only dissatisfy."""

from __future__ import annotations

from typing import Any, ClassVar, Final, Self

from goodwill.domain.errors import PolicyError
from goodwill.policies.formula import choose, where
from goodwill.policies.model import Model
from goodwill.policies.naming import KindName
from goodwill.policies.parameters import Finite, Frozen
from goodwill.policies.valuation import Columns, Stage, Step

__all__ = ["ATTRACTIVE", "INDIFFERENT", "MUST_BE", "ONE_DIMENSIONAL", "REVERSE", "Gains", "Kano"]


class Gains(Model):
    """What worth above and below zero is multiplied by.

    Attributes:
        above: for worth above zero.
        below: for worth below zero.
    """

    above: Finite = 1.0
    below: Finite = 1.0

    @classmethod
    def from_survey(cls, attractive: float, one_dimensional: float, must_be: float, indifferent: float) -> Self:
        """The gains that a Kano survey estimates: Berger et al.'s (1993) coefficients, the lower one by its size.

        Args:
            attractive: how many answered so; likewise the others.
            one_dimensional: satisfied with it, dissatisfied without.
            must_be: dissatisfied without, not satisfied with it.
            indifferent: neither.

        Raises:
            PolicyError: if a count is negative, or nobody answered.

        Example:
            >>> Gains.from_survey(attractive=30, one_dimensional=20, must_be=40, indifferent=10)
            Gains(above=0.5, below=0.6)
        """
        counts = (attractive, one_dimensional, must_be, indifferent)
        answers = sum(counts)
        if not answers > 0 or min(counts) < 0:
            raise PolicyError(f"a survey counts answers, at least one of them, not {counts}")
        return cls(above=(attractive + one_dimensional) / answers, below=(one_dimensional + must_be) / answers)


MUST_BE: Final = Gains(above=0.0, below=1.0)
ONE_DIMENSIONAL: Final = Gains()
ATTRACTIVE: Final = Gains(above=1.0, below=0.0)
INDIFFERENT: Final = Gains(above=0.0, below=0.0)
REVERSE: Final = Gains(above=-1.0, below=-1.0)


class Kano(Step, type="kano"):
    """The worth times a gain that depends on its sign and on the kind; a kind that is not named is one-dimensional.

    The categories are Kano et al.'s (1984): must-be (0, 1), one-dimensional (1, 1), attractive (1, 0), indifferent
    (0, 0), reverse (-1, -1); the pairs are the usual coding. Negative performance weighs more than positive (Mittal,
    Ross & Baldasare 1998), which loss aversion says already.

    Attributes:
        gains: by kind.

    Example:
        >>> from goodwill.policies.valuation import Columns
        >>> Kano(gains={"faulty_product": MUST_BE}).apply(10.0, Columns("faulty_product", 1.0, 1.0))
        0.0
    """

    stage: ClassVar[Stage] = Stage.KANO

    gains: Frozen[KindName, Gains]

    def apply(self, worth: Any, columns: Columns) -> Any:
        """The worth times its gain, in points."""
        above = choose(columns.kind, {kind: gain.above for kind, gain in self.gains.items()}, 1.0)
        below = choose(columns.kind, {kind: gain.below for kind, gain in self.gains.items()}, 1.0)
        return worth * where(worth >= 0.0, above, below)
