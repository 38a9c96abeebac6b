"""Formulas on DuckDB's own expressions.

Importing this module teaches `goodwill.policies.formula` the operand. It says what narwhals says of DuckDB with fewer
words: DuckDB computes nothing once that stands twice inside a condition, and narwhals' bounds are conditions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from duckdb import CaseExpression, ConstantExpression, Expression, FunctionExpression

from goodwill.policies.formula import LARGEST, MAX_EXPONENT, NEGLIGIBLE, SMALLEST, Operand, register_operand

__all__ = ["said"]


def said(operand: Operand) -> Expression:
    """A plain number as a double; an expression as it is."""
    return operand if isinstance(operand, Expression) else ConstantExpression(float(operand))


def minimum(a: Operand, b: Operand) -> Operand:
    """The smaller of the two."""
    return FunctionExpression("least", said(a), said(b))


def maximum(a: Operand, b: Operand) -> Operand:
    """The larger of the two."""
    return FunctionExpression("greatest", said(a), said(b))


def exp(x: Operand) -> Operand:
    """The exponential of x, clamped."""
    return FunctionExpression("exp", minimum(maximum(x, -MAX_EXPONENT), MAX_EXPONENT))


def exp2(x: Operand) -> Operand:
    """2 to the power of x, clamped by conditions: the exponents of half-lives are quicker said thrice than bounded."""
    power = said(x) * said(math.log(2.0))
    most, least = said(MAX_EXPONENT), said(-MAX_EXPONENT)
    return FunctionExpression("exp", CaseExpression(power > most, most).when(power > least, power).otherwise(least))


def log(x: Operand) -> Operand:
    """The natural logarithm of x, from e^-700 on."""
    return FunctionExpression("ln", maximum(x, SMALLEST))


def power(base: Operand, exponent: Operand) -> Operand:
    """A base of at least 0 to the power of the exponent, clamped."""
    positive = FunctionExpression("abs", maximum(base, 0.0))  # and no -0.0, whose odd powers are negative
    return minimum(FunctionExpression("pow", positive, said(exponent)), LARGEST)


def where(condition: Operand, a: Operand, b: Operand) -> Operand:
    """`a` where the condition holds and `b` elsewhere."""
    if isinstance(condition, bool):
        return said(a if condition else b)
    return CaseExpression(condition, said(a)).otherwise(said(b))


def flush(share: Operand) -> Operand:
    """The share, or 0 where it is negligible."""
    return where(share >= said(NEGLIGIBLE), share, 0.0)


def choose(key: Operand, table: Mapping[str, float], default: float) -> Operand:
    """The table's number for each key, or the default."""
    chosen = said(default)
    for name, number in table.items():
        chosen = where(key == ConstantExpression(name), number, chosen)
    return chosen


register_operand(
    Expression,
    exp=exp,
    exp2=exp2,
    log=log,
    power=power,
    minimum=minimum,
    maximum=maximum,
    where=where,
    flush=flush,
    choose=choose,
)
