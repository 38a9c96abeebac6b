"""Valuing entries in SQL: the formulas of a policy over columns, in stages.

A stage is a common table expression that the next one reads by name. A LIMIT that cuts nothing off keeps planners from
putting one formula into the other, where it would be computed again and again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any, Final

from sqlalchemy import CTE, BigInteger, ColumnElement, FromClause, Select, and_, case, literal, select

from goodwill.domain.instant import MICROSECONDS_PER_DAY
from goodwill.policies.decay import Decay
from goodwill.policies.formula import NEGLIGIBLE, flush
from goodwill.policies.schedule import DecaySchedule
from goodwill.policies.valuation import Columns, Parts, RecoveryStep, Valuation
from goodwill.stores.sqlalchemy.operands import number

__all__ = ["MEASURES", "Expression", "chosen", "days", "plain_of", "settled", "share", "stage", "worths"]

Expression = ColumnElement[Any]

MEASURES: Final = ("kind", "sign", "magnitude", "exchange", "sincerity", "severity")
"""The columns of a stage that formulas read, under a prefix of the entry whose they are."""

ALL: Final = 2**63 - 1


def stage(name: str, query: Select[Any]) -> CTE:
    """The rows of a query, each computed once, whatever is done with its columns."""
    return query.limit(literal(ALL, BigInteger())).cte(name)


def days(us: Expression) -> Expression:
    """Microseconds as days."""
    return us / number(float(MICROSECONDS_PER_DAY))


def settled(worth: Expression) -> Expression:
    """A worth, or 0 where it is so small that a product of it could vanish, which is an error on PostgreSQL."""
    return case((and_(worth > -NEGLIGIBLE, worth < NEGLIGIBLE), number(0.0)), else_=worth)


def columns_of(rows: FromClause, prefix: str) -> Columns:
    """An entry as formulas see it."""
    return Columns(*(rows.c[f"{prefix}{name}"] for name in MEASURES))


def plain_of(valuation: Valuation, rows: FromClause, prefix: str = "") -> Expression:
    """What an entry is worth by itself, before expectation."""
    columns = columns_of(rows, prefix)
    worth: Any = reduce(lambda before, step: step.apply(before, columns), valuation.before_expectation, None)
    plain: Expression = worth.material + worth.symbolic if isinstance(worth, Parts) else worth
    return plain


def worths(valuation: Valuation, rows: CTE, name: str, prefix: str = "") -> CTE:
    """The rows with two columns more: the worth by itself (`plain`), and after all steps (`worth`)."""
    plain, worth = f"{prefix}plain", f"{prefix}worth"
    found = stage(f"{name}_plain", select(*rows.c, plain_of(valuation, rows, prefix).label(plain)))
    steps = [step for step in valuation.from_expectation if not isinstance(step, RecoveryStep)]
    if not steps:
        return stage(f"{name}_alone", select(*found.c, found.c[plain].label(worth)))
    entering = plain
    for step in steps:
        after = step.apply(settled(found.c[entering]), columns_of(found, prefix))
        kept = [column for column in found.c if column.name != worth]
        found = stage(f"{name}_{step.tag}", select(*kept, after.label(worth)))
        entering = worth
    return found


def share(
    schedule: DecaySchedule, kind: Expression, severity: Expression, is_deposit: Expression, age: Expression
) -> Expression:
    """What is left of an entry at an age in days; nothing where a calendar decides, which the fold reads."""
    return chosen(
        schedule,
        kind,
        severity,
        is_deposit,
        lambda decay: number(0.0) if decay.dated else flush(decay.remaining(age)),
    )


def chosen(
    schedule: DecaySchedule,
    kind: Expression,
    severity: Expression,
    is_deposit: Expression,
    of: Callable[[Decay], Expression],
) -> Expression:
    """What comes of the decay that the schedule picks for an entry for which no dimension picks one."""
    by_kind: dict[Decay, list[str]] = {}
    for name, decay in schedule.by_kind.items():
        by_kind.setdefault(decay, []).append(name)
    whens: list[tuple[Expression, Expression]] = [(kind.in_(names), of(decay)) for decay, names in by_kind.items()]
    whens += [(severity >= number(band.severity), of(band.decay)) for band in schedule.by_severity]
    for direction, decay in schedule.by_direction.items():
        whens.append((is_deposit if direction == "deposit" else ~is_deposit, of(decay)))
    return case(*whens, else_=of(schedule.default)) if whens else of(schedule.default)
