"""How grave an incident was, as whoever recorded it said."""

from __future__ import annotations

from typing import Any, ClassVar

from goodwill.policies.valuation import Columns, Stage, Step

__all__ = ["Severity"]


class Severity(Step, type="severity"):
    """The worth times the entry's severity, at least 0; 1 where nobody said.

    Graver failures cost more satisfaction (Smith, Bolton & Wagner 1999); that direction is published, a factor of
    proportion is our convention.

    Example:
        >>> from goodwill.policies.valuation import Columns
        >>> Severity().apply(-8.0, Columns("dispute", -1.0, 1.0, 1.0, 1.0, 1.5))
        -12.0
    """

    stage: ClassVar[Stage] = Stage.SEVERITY
    reads: ClassVar[tuple[str, ...]] = ("severity",)

    def apply(self, worth: Any, columns: Columns) -> Any:
        """The worth times the severity."""
        return worth * columns.severity
