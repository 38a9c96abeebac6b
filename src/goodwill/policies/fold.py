"""The fold: an account's facts in their order become worths. The same facts give the same worths, always."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from goodwill.domain.balance import TraceStep
from goodwill.domain.entry import Fact
from goodwill.domain.history import History
from goodwill.domain.instant import days_between
from goodwill.policies.decay import Decay
from goodwill.policies.policy import Policy
from goodwill.policies.valuation import Columns, Parts, RecoveryStep, Step

__all__ = ["Valued", "fold"]

SIGNS = {"deposit": 1.0, "withdrawal": -1.0}


@dataclass(slots=True)
class Valued:
    """One deposit or withdrawal in force, with what it was worth when it happened.

    Attributes:
        worth: in points; 0 where `unvalued` says why the policy has no opinion on it.
        plain: the worth after sincerity and before everything else, which a recovery is measured by.
        recovers: the withdrawal that it answers, where that link is in force.
        compensation, returned: of a withdrawal: what its recoveries so far offered and gave back.
    """

    fact: Fact
    decay: Decay
    worth: float = 0.0
    plain: float = 0.0
    unvalued: str | None = None
    note: str | None = None
    recovers: Fact | None = None
    compensation: float = 0.0
    returned: float = 0.0
    trace: list[TraceStep] = field(default_factory=list)

    def share(self, at_us: int) -> float:
        """Of the worth, what remains at an instant not before it happened; in [0, 1]."""
        return self.decay.share(days_between(self.fact.occurred_us, at_us))


def fold(policy: Policy, history: History, home: str) -> list[Valued]:
    """Value every deposit and withdrawal in force, in fold order.

    Args:
        policy: the opinion.
        history: one account's facts as of an instant.
        home: the ledger's home currency, which a point is measured in where the policy names none.
    """
    valued: dict[str, Valued] = {}
    for fact in history.in_force:
        if fact.type in SIGNS:
            entry = valued[fact.id] = Valued(fact, policy.decay.pick(fact.kind, fact.type))
            value(policy, history, home, entry, valued.get)
    return list(valued.values())


def value(policy: Policy, history: History, home: str, entry: Valued, earlier: Callable[[str], Valued | None]) -> None:
    """Fill in the worth of one entry, given those before it."""
    fact, valuation = entry.fact, policy.valuation
    exchange = policy.exchange(fact.currency, home)
    entry.unvalued = valuation.unvalued(fact, exchange)
    if entry.unvalued is not None:
        return
    # An event is priced without its currency, so a missing exchange rate is no matter here.
    columns = Columns(
        fact.kind,
        SIGNS[fact.type],
        fact.magnitude,
        1.0 if exchange is None else exchange,
        fact.sincerity,
        fact.severity,
    )
    entry.plain = run(entry, None, valuation.before_expectation, columns)
    failure = answered(valuation.recovery, history, entry, earlier)
    if failure is not None and valuation.recovery is not None:
        recover(valuation.recovery, entry, failure)
    else:
        entry.worth = run(entry, entry.plain, valuation.from_expectation, columns)


def run(entry: Valued, worth: Any, steps: Iterable[Step], columns: Columns) -> float:
    """Take a worth through steps, leaving a trace; two parts that no step joined are added."""
    for step in steps:
        before, worth = total(worth), step.apply(worth, columns)
        if not isinstance(step, RecoveryStep):
            entry.trace.append(TraceStep(step.tag, before, total(worth)))
    return total(worth)


def total(worth: Any) -> float:
    """One number for a worth that may still be in two parts, or not there yet."""
    if worth is None:
        return 0.0
    return float(worth.material + worth.symbolic if isinstance(worth, Parts) else worth)


def answered(
    recovery: RecoveryStep | None, history: History, entry: Valued, earlier: Callable[[str], Valued | None]
) -> Valued | None:
    """The failure that a deposit recovers, where its link is in force; else None, and a note that says why."""
    link = entry.fact.in_response_to
    if link is None:
        return None
    target = history.target(link)
    failure = None if target is None else earlier(target.id)
    entry.note = not_in_force(recovery, target, failure)
    return failure if entry.note is None else None


def not_in_force(recovery: RecoveryStep | None, target: Fact | None, failure: Valued | None) -> str | None:
    """Why a link is not in force, or None."""
    if recovery is None:
        return "the policy has no linked recovery"
    if target is None or (failure is None and target.type in SIGNS):
        return "what it answers is not visible, or happened later"
    if failure is None or failure.fact.type != "withdrawal":
        return f"what it answers is a {target.type}, not a withdrawal"
    if failure.unvalued is not None:
        return f"what it answers is unvalued: {failure.unvalued}"
    if failure.worth >= 0.0 or failure.plain == 0.0:
        return "what it answers was no loss"
    return None


def recover(recovery: RecoveryStep, entry: Valued, failure: Valued) -> None:
    """The worth of a recovery: what it adds to what was given back before it."""
    days = days_between(failure.fact.occurred_us, entry.fact.occurred_us)
    failure.compensation += recovery.compensation(entry.plain, failure.plain, days)
    given = recovery.returned(failure.compensation, -failure.worth, failure.share(entry.fact.occurred_us))
    entry.worth = max(given - failure.returned, 0.0)
    failure.returned = max(failure.returned, given)
    entry.recovers = failure.fact
    entry.trace.append(TraceStep(recovery.tag, entry.plain, entry.worth, f"recovers {failure.fact.kind}"))
