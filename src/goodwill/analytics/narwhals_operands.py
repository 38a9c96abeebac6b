"""Formulas on narwhals expressions (goodwill[frames]): pandas, polars, PyArrow, DuckDB, PySpark through one line.

Importing this module teaches `goodwill.policies.formula` the operand. Expressions of `narwhals` itself and of its
stable versions both work.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from goodwill.policies.formula import LARGEST, MAX_EXPONENT, NEGLIGIBLE, SMALLEST, Operand, register_operand

try:
    import narwhals
    import narwhals.stable.v2 as nw
except ImportError as error:
    raise ImportError("formulas on data frames need narwhals: install goodwill[frames]") from error

__all__: list[str] = []


def expression(operand: Operand) -> Operand:
    """A plain number as an expression; an expression as it is."""
    return operand if isinstance(operand, narwhals.Expr) else nw.lit(operand)


def real(operand: Operand) -> Operand:
    """The operand as floats: the bounds below would be cut to integers in a column of integers."""
    return expression(operand).cast(nw.Float64)


def exp(x: Operand) -> Operand:
    """The exponential of x, clamped."""
    return real(x).clip(-MAX_EXPONENT, MAX_EXPONENT).exp()


def exp2(x: Operand) -> Operand:
    """2 to the power of x, clamped."""
    return exp(x * math.log(2.0))


def log(x: Operand) -> Operand:
    """The natural logarithm of x, from e^-700 on."""
    return real(x).clip(lower_bound=SMALLEST).log()


def power(base: Operand, exponent: Operand) -> Operand:
    """A base of at least 0 to the power of the exponent, clamped."""
    positive = real(base).clip(lower_bound=0.0).abs()  # and no -0.0, whose odd powers are negative
    return (positive**exponent).clip(upper_bound=LARGEST)


def minimum(a: Operand, b: Operand) -> Operand:
    """The smaller of the two."""
    return nw.min_horizontal(expression(a), expression(b))


def maximum(a: Operand, b: Operand) -> Operand:
    """The larger of the two."""
    return nw.max_horizontal(expression(a), expression(b))


def where(condition: Operand, a: Operand, b: Operand) -> Operand:
    """`a` where the condition holds and `b` elsewhere."""
    return nw.when(expression(condition)).then(expression(a)).otherwise(expression(b))


def flush(share: Operand) -> Operand:
    """The share, or 0 where it is negligible; the expression is not repeated, since few engines compute it once.

    What is taken off is less than the rounding of any share above 1e-134.
    """
    return real(share).clip(lower_bound=NEGLIGIBLE) - NEGLIGIBLE


def choose(key: Operand, table: Mapping[str, float], default: float) -> Operand:
    """The table's number for each key, or the default."""
    chosen = nw.lit(float(default))
    for name, number in table.items():
        chosen = where(key == name, float(number), chosen)
    return chosen


register_operand(
    narwhals.Expr,
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
