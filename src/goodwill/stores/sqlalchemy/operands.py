"""Formulas on SQLAlchemy expressions. Importing this module teaches `goodwill.policies.formula` the operand.

Every engine computes in doubles: plain numbers are bound as parameters, never written as literals, which PostgreSQL
would take for NUMERIC (27 times slower). PostgreSQL raises where an `exp` underflows and where a product does, so
exponents are clamped and negligible shares are made 0, without repeating the expression that they stand for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Double, case, func, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from goodwill.policies.formula import LARGEST, MAX_EXPONENT, NEGLIGIBLE, SMALLEST, Operand, register_operand

__all__: list[str] = []


class Least(FunctionElement[float]):
    """The smaller of two numbers."""

    name = "least"
    type = Double()
    inherit_cache = True


class Greatest(FunctionElement[float]):
    """The larger of two numbers."""

    name = "greatest"
    type = Double()
    inherit_cache = True


class Flushed(FunctionElement[float]):
    """A share that is already 0 where it was negligible: COALESCE(NULLIF(..., least), 0)."""

    name = "coalesce"
    type = Double()
    inherit_cache = True


@compiles(Flushed)
def _flushed(element: Flushed, compiler: SQLCompiler, **kw: Any) -> str:
    return f"coalesce({compiler.process(element.clauses, **kw)})"


@compiles(Least)
def _least(element: Least, compiler: SQLCompiler, **kw: Any) -> str:
    return f"least({compiler.process(element.clauses, **kw)})"


@compiles(Greatest)
def _greatest(element: Greatest, compiler: SQLCompiler, **kw: Any) -> str:
    return f"greatest({compiler.process(element.clauses, **kw)})"


@compiles(Least, "sqlite")
def _least_in_sqlite(element: Least, compiler: SQLCompiler, **kw: Any) -> str:
    return f"min({compiler.process(element.clauses, **kw)})"


@compiles(Greatest, "sqlite")
def _greatest_in_sqlite(element: Greatest, compiler: SQLCompiler, **kw: Any) -> str:
    return f"max({compiler.process(element.clauses, **kw)})"


def number(operand: Operand) -> ColumnElement[Any]:
    """A plain number as a bound double; an expression as it is."""
    return operand if isinstance(operand, ColumnElement) else literal(float(operand), Double())


def minimum(a: Operand, b: Operand) -> Operand:
    """The smaller of the two."""
    return Least(number(a), number(b))


def maximum(a: Operand, b: Operand) -> Operand:
    """The larger of the two."""
    return Greatest(number(a), number(b))


def exp(x: Operand) -> Operand:
    """The exponential of x, clamped."""
    return func.exp(minimum(maximum(x, -MAX_EXPONENT), MAX_EXPONENT), type_=Double())


def exp2(x: Operand) -> Operand:
    """2 to the power of x, clamped: exp(x ln 2)."""
    return exp(number(x) * number(math.log(2.0)))


def log(x: Operand) -> Operand:
    """The natural logarithm of x, from e^-700 on."""
    return func.ln(maximum(x, SMALLEST), type_=Double())


def power(base: Operand, exponent: Operand) -> Operand:
    """A base of at least 0 to the power of the exponent: exp(exponent ln base), clamped."""
    if isinstance(exponent, ColumnElement):
        at_zero = case((exponent > 0, number(0.0)), (exponent == 0, number(1.0)), else_=number(LARGEST))
        return where(number(base) > 0, exp(exponent * log(base)), at_zero)
    if exponent > 0:
        # The logarithm of NULL is NULL, or ends in exp(-700) where GREATEST skips it: 0 in either case.
        return flush(exp(number(exponent) * func.ln(func.nullif(maximum(base, 0.0), number(0.0)), type_=Double())))
    return where(number(base) > 0, exp(number(exponent) * log(base)), LARGEST if exponent < 0 else 1.0)


def where(condition: Operand, a: Operand, b: Operand) -> Operand:
    """`a` where the condition holds and `b` elsewhere."""
    if isinstance(condition, bool):
        return number(a if condition else b)
    return case((condition, number(a)), else_=number(b))


def flush(share: Operand) -> Operand:
    """The share, or 0 where it is negligible; said so that the share stands in the statement once.

    What is flushed stays as it is: SQLite's parser holds a hundred nested terms and no more.
    """
    if isinstance(share, Flushed):
        return share
    least = number(NEGLIGIBLE)
    return Flushed(func.nullif(maximum(share, least), least), number(0.0))


def choose(key: Operand, table: Mapping[str, float], default: float) -> Operand:
    """The table's number for each key, or the default; keys that share a number are looked up at once."""
    alike: dict[float, list[str]] = {}
    for name, chosen in table.items():
        alike.setdefault(chosen, []).append(name)
    whens = [(key.in_(names), number(chosen)) for chosen, names in alike.items() if chosen != default]
    return case(*whens, else_=number(default)) if whens else number(default)


register_operand(
    ColumnElement,
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
