"""What an account term is: goodwill that no entry brings, derived at reading time and never stored."""

from __future__ import annotations

from abc import abstractmethod

from goodwill.policies.component import Component

__all__ = ["Term"]


class Term(Component, family="term"):
    """An amount that an account has by itself; listed by its tag beside the entries' sum."""

    @abstractmethod
    def amount(self, open_days: float, silent_days: float) -> float:
        """What it adds at an instant, in points.

        Args:
            open_days: since the account's first fact of any sort.
            silent_days: since the last deposit, withdrawal, kept promise or contact; since the opening without one.
        """
