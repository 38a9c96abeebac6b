"""Which way a policy over a frame is computed, and why; never another answer for speed's sake."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from goodwill.policies.policy import Policy
from goodwill.policies.valuation import FoldedStep, Step

__all__ = ["Plan", "planned"]


@dataclass(frozen=True, slots=True)
class Plan:
    """How the balances of a frame come about.

    Attributes:
        engine: "expressions" that the frame's own engine computes, or the "fold" of a ledger, account by account.
        implementation: the library that computes: the frame's own, or PyArrow in the buckets of PySpark.
        reasons: why not by expressions; empty where they do.
        buckets: whether Spark's workers do it, accounts in buckets.
    """

    engine: Literal["expressions", "fold"]
    implementation: str
    reasons: tuple[str, ...] = ()
    buckets: bool = False

    def __str__(self) -> str:
        way = f"account by account in Python, since {'; '.join(self.reasons)}" if self.reasons else None
        if self.buckets:
            return f"buckets of accounts on Spark, each {way or f'by {self.implementation}'}"
        return way or f"{self.implementation} computes all of it"


def planned(policy: Policy, frame: Any) -> Plan:
    """The plan for a policy over a frame."""
    kind = frame.implementation
    reasons = tuple(obstacles(policy))
    if kind.is_pyarrow() and policy.valuation.recovery is not None:
        reasons += ("PyArrow has no windows, which recoveries need",)
    return Plan("fold" if reasons else "expressions", str(kind.name).lower(), reasons)


def obstacles(policy: Policy) -> Iterator[str]:
    """What of a policy no expression can say."""
    yield from filter(None, map(step_folded, policy.valuation.steps))
    if policy.standing.hysteresis is not None:
        yield "the regime is folded entry by entry"
    if policy.decay.by_dimension:
        yield "the decay is picked by a dimension"
    for decay in dict.fromkeys(policy.decay.decays):
        if decay.dated:
            yield f"{decay.tag} goes by a calendar"
        elif "narwhals" not in decay.operands:
            yield f"{decay.tag} has no expression"
    recovery = policy.valuation.recovery
    if recovery is not None and (getattr(recovery, "matching", None) or getattr(recovery, "justice", None)):
        yield "what a recovery counts depends on more than its worth"


def step_folded(step: Step) -> str | None:
    """Why a step has to be folded, or None."""
    if isinstance(step, FoldedStep):
        return f"{step.tag} looks at the entries before"
    if "narwhals" not in step.operands:
        return f"{step.tag} has no expression"
    if type(step).unvalued is not Step.unvalued and step.tag != "rate_card":
        return f"{step.tag} decides for itself what it has no opinion on"
    return None
