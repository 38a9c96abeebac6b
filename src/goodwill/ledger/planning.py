"""What a plan is: which engine computes the balances of all accounts, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Plan"]


@dataclass(frozen=True, slots=True)
class Plan:
    """Which engine computes what of a policy, and why; the numbers are the same.

    Attributes:
        policy: the fingerprint of the policy that reads.
        engine: "database" where one statement values and sums all entries, "python" where they are loaded and folded.
        reasons: why it is Python; empty where it is the database.
        folded: which accounts are folded in Python even so, each in a few words; found by the same statement.

    Example:
        >>> print(Plan("default@d5a7ac1d", "database", folded=("with openings",)))
        balances of all accounts under default@d5a7ac1d: in the database
          but in Python for accounts with openings
    """

    policy: str
    engine: Literal["database", "python"]
    reasons: tuple[str, ...] = ()
    folded: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = "in the database" if self.engine == "database" else "in Python, from all entries"
        lines = [f"balances of all accounts under {self.policy}: {where}"]
        lines += [f"  since {reason}" for reason in self.reasons]
        return "\n".join(lines + [f"  but in Python for accounts {which}" for which in self.folded])
