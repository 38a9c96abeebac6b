"""The one error of this floor."""

from __future__ import annotations

from goodwill.domain.errors import GoodwillError

__all__ = ["AppraisalError"]


class AppraisalError(GoodwillError, ValueError):
    """What was asked cannot be appraised as it was asked; the message says what is missing, and the way out."""
