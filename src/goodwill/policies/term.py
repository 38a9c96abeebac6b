"""What an account term is: goodwill that no entry brings, derived at reading time and never stored."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Self

from pydantic import model_validator

from goodwill.policies.component import Component
from goodwill.policies.decay import Decay
from goodwill.policies.formula import Operand

__all__ = ["Term"]


class Term(Component, family="term"):
    """An amount that an account has by itself; listed by its tag beside the entries' sum.

    A member defines `amount` with what `goodwill.policies.formula` offers.

    Attributes:
        falls: whether it never rises while nothing happens; then a kept reading knows until when it holds.
    """

    falls: ClassVar[bool] = False

    @model_validator(mode="after")
    def _by_age_alone(self) -> Self:
        if any(isinstance(part, Decay) and part.dated for part in self.parts):
            raise ValueError("an account has no date that a calendar could decide by; use .expire(days=...)")
        return self

    @abstractmethod
    def amount(self, open_days: Operand, silent_days: Operand) -> Operand:
        """What it adds at an instant, in points; a formula over operands.

        Args:
            open_days: since the account's first fact of any sort.
            silent_days: since the last deposit, withdrawal, kept promise or contact; since the opening without one.
        """
