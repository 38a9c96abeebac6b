"""The fold: an account's facts in their order become worths. The same facts give the same worths, always."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from goodwill.domain.balance import TraceStep
from goodwill.domain.entry import Fact
from goodwill.domain.history import FoldKey, History, fold_order
from goodwill.domain.instant import days_between
from goodwill.domain.promise import Obligation
from goodwill.policies.decay import Decay
from goodwill.policies.policy import Policy
from goodwill.policies.sums import Sums
from goodwill.policies.valuation import Columns, FoldedStep, Moment, Parts, RecoveryStep, Step

__all__ = ["DIRECTIONS", "Fold", "Valued", "fold"]

DIRECTIONS = {"deposit": "deposit", "kept": "deposit", "withdrawal": "withdrawal", "breach": "withdrawal"}
"""The types that are valued, and which way each moves goodwill."""


@dataclass(slots=True)
class Valued:
    """One valued entry in force, with what it was worth when it happened.

    Attributes:
        worth: in points; 0 where `unvalued` says why the policy has no opinion on it.
        plain: the worth after sincerity and before everything else, which a recovery is measured by.
        recovers: the failure that it answers, where that link is in force.
        compensation, returned: of a failure: what its recoveries so far offered and gave back.
        is_foreign: of an opening: another policy read the facts that it stands for.
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
    is_foreign: bool = False
    trace: list[TraceStep] = field(default_factory=list)

    def share(self, at_us: int) -> float:
        """Of the worth, what remains at an instant not before it happened; in [0, 1]."""
        return self.decay.share(days_between(self.fact.occurred_us, at_us))


def fold(policy: Policy, history: History, home: str) -> list[Valued]:
    """Value every deposit, withdrawal, `Kept` and breach in force, in fold order; an opening as its two parts.

    Args:
        policy: the opinion.
        history: one account's facts as of an instant.
        home: the ledger's home currency, which a point is measured in where the policy names none.
    """
    folding = Fold(policy, history, home)
    folding.take_all(history.in_force)
    return list(folding.valued.values())


class Fold:
    """A fold in progress: what was valued so far, and the state of each step that has one.

    Attributes:
        valued: by id, in the order taken.
        states: of the policy's folded steps, in their order.
        key: the place of the last entry taken; None before the first.
        failures: of a fold that was resumed (`goodwill.policies.checkpoint`), the failures before, by id.
        earlier: of a fold that was resumed, the sums of what was valued before.
    """

    def __init__(self, policy: Policy, history: History, home: str) -> None:
        self.policy = policy
        self.history = history
        self.home = home
        self.valued: dict[str, Valued] = {}
        self.states: list[Any] = [step.start() for step in policy.valuation.folded]
        self.key: FoldKey | None = None
        self.failures: dict[str, Valued] = {}
        self.earlier: Sums = ()

    def take_all(self, facts: Iterable[Fact]) -> None:
        """Take the next facts, in fold order; what is not valued is left out."""
        facts = list(facts)
        opening = any(fact.type == "opening" for fact in facts)
        openings = self.history.openings(self.policy.digest) if opening else {}
        for fact in facts:
            if fact.type in DIRECTIONS:
                self.take(fact)
            elif fact.id in openings:
                self.open(fact, is_foreign=openings[fact.id])

    def take(self, fact: Fact) -> Valued:
        """Value the next fact, given those before it."""
        obligation = self.history.kept.get(fact.id) or self.history.broken.get(fact.id)
        if fact.type == "kept":
            # It takes its promise's kind, and all of the promise is what is kept.
            fact = fact if obligation is None else fact._replace(kind=obligation.promise.kind)
        decay = self.policy.decay.pick(fact.kind, DIRECTIONS[fact.type], fact.severity, fact.dimensions)
        entry = Valued(fact, decay.at(fact.occurred_us))
        if fact.type == "kept" and (obligation is None or fact.id != obligation.completed_by):
            self._keep_in_part(entry, obligation)
        else:
            self._value(entry, obligation)
        self.valued[fact.id] = entry
        self.key = fold_order(fact)
        return entry

    def open(self, fact: Fact, *, is_foreign: bool) -> None:
        """Take an opening: each part as it is, which fades as an entry of its direction that nothing else names."""
        for direction, worth in (("deposit", fact.positive), ("withdrawal", fact.negative)):
            if worth:
                decay = self.policy.decay.by_direction.get(direction) or self.policy.decay.default
                part = Valued(fact, decay.at(fact.occurred_us), worth=worth, plain=worth, is_foreign=is_foreign)
                self.valued[f"{fact.id} {direction}"] = part
        self.key = fold_order(fact)

    def _keep_in_part(self, entry: Valued, obligation: Obligation | None) -> None:
        """A `Kept` that is not the one deposit: a line of worth 0, unless it is late and recovers the breach.

        Then it is a recovery like any other, which expectation and habituation of its kind see.
        """
        if obligation is None:
            entry.unvalued = "no promise"
            return
        breach = self.valued.get(obligation.name)
        share = obligation.late.get(entry.fact.id)
        if share is None or breach is None:
            entry.note = "part of a promise"
            return
        recovery = self.policy.valuation.recovery
        entry.note = not_in_force(recovery, breach.fact, breach)
        if recovery is not None and entry.note is None:
            columns = self._columns(entry.fact, obligation, share)
            entry.plain = run(entry, None, self.policy.valuation.before_expectation, columns)
            self._recover(recovery, entry, breach, share / obligation.shortfall)
            self._advance(entry, columns, {})

    def _value(self, entry: Valued, obligation: Obligation | None) -> None:
        fact, valuation = entry.fact, self.policy.valuation
        promise = fact if obligation is None else obligation.promise
        exchange = self.policy.exchange(promise.currency, self.home)
        entry.unvalued = valuation.unvalued(promise._replace(kind=fact.kind), exchange)
        if entry.unvalued is not None:
            return
        columns = self._columns(fact, obligation)
        entry.plain = run(entry, None, valuation.before_expectation, columns)
        failure = None if fact.type == "kept" else self._answered(entry)
        recovery = valuation.recovery
        if failure is not None and recovery is not None:
            days = days_between(failure.fact.occurred_us, fact.occurred_us)
            offered = recovery.compensation(entry.plain, failure.plain, days, failure.fact, fact)
            entering: dict[int, float] = {}
            self._recover(recovery, entry, failure, offered)
        else:
            entering = self._run_with_state(entry, columns)
        self._advance(entry, columns, entering)

    def _columns(self, fact: Fact, obligation: Obligation | None, share: float = 1.0) -> Columns:
        """A fact as the formulas see it; of a promise, what was promised, and of a late `Kept` its share of that."""
        promise = fact if obligation is None else obligation.promise
        exchange = self.policy.exchange(promise.currency, self.home)
        return Columns(
            kind=fact.kind,
            sign=1.0 if DIRECTIONS[fact.type] == "deposit" else -1.0,
            magnitude=promise.magnitude * share,
            # An event is priced without its currency, so a missing exchange rate is no matter here.
            exchange=1.0 if exchange is None else exchange,
            sincerity=fact.sincerity,
            severity=fact.severity,
            part=obligation.shortfall if obligation is not None and fact.type == "breach" else 1.0,
            kept=1.0 if fact.type == "kept" else 0.0,
        )

    def _run_with_state(self, entry: Valued, columns: Columns) -> dict[int, float]:
        """Take the worth through the later steps; the answer is what came to each step with state, by its place."""
        worth, entering, place = entry.plain, {}, 0
        for step in self.policy.valuation.from_expectation:
            if isinstance(step, FoldedStep):
                entering[place] = worth
                moment = Moment(columns, entry.fact.occurred_us, entry.plain, worth, False, self._goodwill_at(entry))
                after = step.value(self.states[place], moment)
                entry.trace.append(TraceStep(step.tag, worth, after))
                worth, place = after, place + 1
            else:
                worth = run(entry, worth, (step,), columns)
        entry.worth = worth
        return entering

    def _advance(self, entry: Valued, columns: Columns, entering: dict[int, float]) -> None:
        for place, step in enumerate(self.policy.valuation.folded):
            moment = Moment(
                columns,
                entry.fact.occurred_us,
                entry.plain,
                entering.get(place),
                entry.recovers is not None,
                self._goodwill_at(entry),
            )
            self.states[place] = step.advance(self.states[place], moment)

    def _goodwill_at(self, entry: Valued) -> Any:
        at_us = entry.fact.occurred_us

        def goodwill() -> float:
            before = [part for each in self.earlier for part in each.at(at_us)]
            return math.fsum([*before, *(earlier.worth * earlier.share(at_us) for earlier in self.valued.values())])

        return goodwill

    def _answered(self, entry: Valued) -> Valued | None:
        """The failure that a deposit recovers, where its link is in force; else None, and a note that says why."""
        link = entry.fact.in_response_to
        if link is None:
            return None
        target = self.history.target(link)
        failure = None if target is None else self.valued.get(target.id) or self.failures.get(target.id)
        entry.note = not_in_force(self.policy.valuation.recovery, target, failure)
        return failure if entry.note is None else None

    def _recover(self, recovery: RecoveryStep, entry: Valued, failure: Valued, offered: float) -> None:
        """The worth of a recovery: what it adds to what was given back before it."""
        failure.compensation += offered
        remains = failure.share(entry.fact.occurred_us)
        given = recovery.returned(failure.compensation, -failure.worth, remains, failure.fact.kind)
        entry.worth = max(given - failure.returned, 0.0)
        failure.returned = max(failure.returned, given)
        entry.recovers = failure.fact
        entry.trace.append(TraceStep(recovery.tag, entry.plain, entry.worth, f"recovers {failure.fact.kind}"))


def run(entry: Valued, worth: Any, steps: Iterable[Step], columns: Columns) -> float:
    """Take a worth through formulas, leaving a trace; two parts that no step joined are added."""
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


def not_in_force(recovery: RecoveryStep | None, target: Fact | None, failure: Valued | None) -> str | None:
    """Why a link is not in force, or None."""
    if recovery is None:
        return "the policy has no linked recovery"
    if target is None or (failure is None and target.type in DIRECTIONS):
        return "what it answers is not visible, or happened later"
    if failure is None or DIRECTIONS[failure.fact.type] != "withdrawal":
        return f"what it answers is a {target.type}, not a withdrawal"
    return no_loss(failure)


def no_loss(failure: Valued) -> str | None:
    """Why there is nothing to recover of a failure, or None."""
    if failure.unvalued is not None:
        return f"what it answers is unvalued: {failure.unvalued}"
    return "what it answers was no loss" if failure.worth >= 0.0 or failure.plain == 0.0 else None
