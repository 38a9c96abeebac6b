"""Which way a policy over a frame is computed, and why; never another answer for speed's sake."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from goodwill.analytics.arrays import STATES
from goodwill.policies.policy import Policy
from goodwill.policies.valuation import FoldedStep, Step

__all__ = ["Plan", "has_answers_apart", "planned", "summing"]


@dataclass(frozen=True, slots=True)
class Plan:
    """How the balances of a frame come about.

    Attributes:
        engine: "expressions" that the frame's own engine computes, "arrays" of NumPy, or the "fold" of a ledger,
            account by account.
        implementation: the library that computes: the frame's own, or PyArrow in the buckets of PySpark.
        reasons: why not by expressions; empty where they do.
        buckets: whether Spark's workers do it, accounts in buckets.
        answers: "arrays" where the deposits that answer a withdrawal are read by themselves, at the call.
    """

    engine: Literal["expressions", "arrays", "fold"]
    implementation: str
    reasons: tuple[str, ...] = ()
    buckets: bool = False
    answers: Literal["arrays"] | None = None

    def __str__(self) -> str:
        way = {
            "expressions": f"{self.implementation} computes all of it",
            "arrays": "by arrays of NumPy",
            "fold": "account by account in Python",
        }[self.engine]
        if self.answers:
            way += " but the answers to withdrawals, which arrays of NumPy read at the call"
        why = f", since {'; '.join(self.reasons)}" if self.reasons else ""
        return f"{'buckets of accounts on Spark, each ' if self.buckets else ''}{way}{why}"


def planned(policy: Policy, frame: Any) -> Plan:
    """The plan for a policy whose rows are told one by one: by expressions, or the fold."""
    kind = frame.implementation
    reasons = (*states(policy), *obstacles(policy))
    if kind.is_pyarrow() and policy.valuation.recovery is not None:
        reasons += ("PyArrow has no windows, which recoveries need",)
    return Plan("fold" if reasons else "expressions", name_of(frame), reasons)


def summing(policy: Policy, frame: Any) -> Plan:
    """The plan for balances, of which arrays make those that no expression says, or none says quickly."""
    kind, found = frame.implementation, planned(policy, frame)
    folds = (*obstacles(policy), *(why for step, why in stateful(policy) if type(step) not in STATES))
    if folds:
        return found
    if kind.is_pandas() or kind.is_pyarrow():
        reasons = (*states(policy), f"{name_of(frame)} computes one operation at a time")
        return Plan("arrays", name_of(frame), reasons)
    if found.engine != "expressions":
        return Plan("arrays", name_of(frame), found.reasons)
    return replace(found, answers="arrays") if has_answers_apart(policy, frame) else found


def has_answers_apart(policy: Policy, frame: Any) -> bool:
    """Whether arrays read the answers to withdrawals, which would cost DuckDB joins and windows over texts."""
    return bool(frame.implementation.is_duckdb()) and policy.valuation.recovery is not None


def name_of(frame: Any) -> str:
    """The name of a frame's library."""
    return str(frame.implementation.name).lower()


def states(policy: Policy) -> Iterator[str]:
    """Why steps with a state are in the way of expressions."""
    return (why for _, why in stateful(policy))


def stateful(policy: Policy) -> Iterator[tuple[Step, str]]:
    """The steps with a state, and why they are in the way."""
    return ((step, f"{step.tag} looks at the entries before") for step in policy.valuation.folded)


def obstacles(policy: Policy) -> Iterator[str]:
    """What of a policy neither expressions nor arrays can say, steps with a state aside."""
    yield from filter(None, map(step_folded, policy.valuation.steps))
    if policy.standing.hysteresis is not None:
        yield "the regime is folded entry by entry"
    if policy.decay.by_dimension:
        yield "the decay is picked by a dimension"
    for decay in dict.fromkeys(policy.decay.decays):
        if decay.dated:
            yield f"{decay.tag} goes by a calendar"
        elif not decay.runs_on >= {"narwhals", "numpy"}:
            yield f"{decay.tag} has no expression"
    recovery = policy.valuation.recovery
    if recovery is not None and (getattr(recovery, "matching", None) or getattr(recovery, "justice", None)):
        yield "what a recovery counts depends on more than its worth"


def step_folded(step: Step) -> str | None:
    """Why a step has to be folded, or None."""
    if isinstance(step, FoldedStep):
        return None
    if not step.runs_on >= {"narwhals", "numpy"}:
        return f"{step.tag} has no expression"
    if type(step).unvalued is not Step.unvalued and step.tag != "rate_card":
        return f"{step.tag} decides for itself what it has no opinion on"
    return None
