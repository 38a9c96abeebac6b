"""What a ledger asks of a store about decisions: to keep one, and to list them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from goodwill.domain.decision import Decision
from goodwill.ledger.ports import Writing

__all__ = ["AppendDecision", "DecisionRequest", "SelectDecisions"]


@Writing.register
class AppendDecision(NamedTuple):
    """Append a decision; answered by the `Decision` with its `seq`, or the original, `replayed=True`.

    Raises ReferenceConflict if its reference stands for a decision of another digest, AccountErased if for one of an
    erased customer. A closed account takes decisions: to be asked is not to be given.

    Attributes:
        decision: checked and complete but for `seq`.
        digest: SHA-256 of what makes it the same decision when it is recorded again (32 bytes).
    """

    decision: Decision
    digest: bytes


class SelectDecisions(NamedTuple):
    """One page of decisions in the order (decided_us, seq); answered by `list[Decision]` of at most `limit`.

    `after` is the (decided_us, seq) of the last of the page before. Bounds: start_us <= decided_us < end_us; None is
    no bound. `accounts` are names as written; without any, restricted accounts are left out where `unrestricted` asks
    for it.
    """

    accounts: Sequence[str] | None = None
    actor: str | None = None
    role: str | None = None
    answer: str | None = None
    start_us: int | None = None
    end_us: int | None = None
    after: tuple[int, int] | None = None
    limit: int = 1000
    unrestricted: bool = False


DecisionRequest = AppendDecision | SelectDecisions
