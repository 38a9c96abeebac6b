"""What a database can compute of a policy, and what it leaves to the fold: said before anything is asked of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import text

from goodwill.ledger.planning import Plan
from goodwill.ledger.survey_requests import Explain
from goodwill.policies.decay import Decay
from goodwill.policies.policy import Policy, flat
from goodwill.policies.valuation import FoldedStep, RecoveryStep, Step
from goodwill.stores.sqlalchemy.statements import Statements
from goodwill.stores.sqlalchemy.steps import Query, Steps
from goodwill.valuations import LinkedRecovery, RateCard

__all__ = ["LARGEST", "SMALLEST", "explain", "obstacles", "without_math"]

SMALLEST, LARGEST = 1e-12, 1e15
"""Numbers of this size and 0: whatever the steps multiply of them, no database sees a product vanish or overflow."""

MOST_KINDS = 1000
"""Kinds that a policy may name: each stands in the statement a dozen times, and PostgreSQL binds 65,535 values."""

NO_MATH = "this SQLite has no exp and ln"

FUNCTIONS = text("PRAGMA function_list")


def explain(request: Explain, sql: Statements, _ledger: str) -> Steps[Plan]:
    """Which engine answers `Totals` under a policy, and why."""
    reasons = [*obstacles(request.policy), *(yield from without_math(sql))]
    if reasons:
        return Plan(request.policy.fingerprint, "python", tuple(reasons))
    return Plan(request.policy.fingerprint, "database", folded=tuple(exceptions(request.policy)))


def without_math(sql: Statements) -> Steps[list[str]]:
    """That this SQLite was built without mathematical functions, if it was; with them it knows all else that is asked."""
    if sql.family != "sqlite":
        return []
    rows = yield Query(FUNCTIONS, {})
    built_in = {name for name, is_built_in, *_ in rows if is_built_in}
    return [] if {"exp", "ln"} <= built_in else [NO_MATH]


def obstacles(policy: Policy) -> list[str]:
    """Why no account can be read by the database, if so."""
    found = [*(reason for step in policy.valuation.steps for reason in of_step(step))]
    found += [reason for decay in policy.decay.decays for reason in of_decay(decay)]
    if policy.decay.default.dated:
        found.append(f"{words(policy.decay.default)} decides by the date of each entry and has no SQL form")
    if policy.standing.hysteresis is not None:
        found.append("hysteresis looks at the points after each entry")
    if len(policy.kinds) > MOST_KINDS:
        found.append(f"it names {len(policy.kinds)} kinds, and one statement takes {MOST_KINDS}")
    if strange := next(beyond(policy), None):
        found.append(f"{strange} is not between {SMALLEST:g} and {LARGEST:g}, as products in a database must be")
    return list(dict.fromkeys(found))


def of_step(step: Step) -> Iterator[str]:
    """Why a database cannot take this step."""
    if isinstance(step, FoldedStep):
        yield f"{words(step)} looks at the account's other entries"
    elif "sql" not in step.runs_on:
        yield f"{words(step)} does not run on SQL"
    elif isinstance(step, RecoveryStep) and type(step) is not LinkedRecovery:
        yield f"{words(step)} may look at anything of a failure and its recovery"
    elif type(step).unvalued not in {Step.unvalued, RateCard.unvalued}:
        yield f"{words(step)} says by itself what it has no opinion on"


def of_decay(decay: Decay) -> Iterator[str]:
    """Why a database cannot let this decay fade; what a calendar decides is told apart."""
    if not decay.dated and "sql" not in decay.runs_on:
        yield f"{words(decay)} does not run on SQL"


def words(component: Any) -> str:
    """A component's tag for people."""
    return str(component.tag).replace("_", " ")


def beyond(policy: Policy) -> Iterator[str]:
    """The numbers of a policy that are too small or large, by path."""
    for path, value in flat(policy.to_dict()):
        if isinstance(value, float) and value != 0.0 and not SMALLEST <= abs(value) <= LARGEST:
            yield f"{path} = {value:g}"


def exceptions(policy: Policy) -> Sequence[str]:
    """Which accounts the fold reads even so."""
    found = ["with promises, or with promises kept", "with openings"]
    if policy.valuation.recovery is not None:
        found.append("that answered by id what was amended since")
    if isinstance(policy.valuation.recovery, LinkedRecovery) and policy.valuation.recovery.justice is not None:
        found.append("with recoveries that say how just they were")
    if policy.decay.by_dimension:
        found.append("with entries whose dimensions may choose their decay")
    if any(decay.dated for decay in policy.decay.decays):
        found.append("with entries that a calendar lets expire")
    found.append(f"with a severity or sincerity closer to 0 than {SMALLEST:g}")
    return found
