"""Crossings: what happens to an account under a policy by itself, without an entry, and what somebody waits for."""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = ["Crossing", "Direction"]

Direction = Literal["overdrawn", "recovered", "overdue"]
"""The balance went below a threshold, came back to it, or a promise is due and was not kept."""


class Crossing(NamedTuple):
    """An account crossed a threshold under a policy. The same crossing found again is one crossing.

    Attributes:
        account: the customer's id, exactly as the host writes it.
        account_id: the number of its row in the store.
        policy_digest: of the policy that it was read under.
        policy_name: the policy's name, for people.
        threshold: in points, 0.0 for overdrawn; of an overdue promise, the name of its breach (`<promise>@<due>`).
        direction: which way.
        at_us: when, in microseconds since the epoch.

    Example:
        >>> Crossing("ada", 1, "d5a7ac1d", "default", 0.0, "overdrawn", 86_400_000_000).direction
        'overdrawn'
    """

    account: str
    account_id: int
    policy_digest: str
    policy_name: str
    threshold: float | str
    direction: Direction
    at_us: int
