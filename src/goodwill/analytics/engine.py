"""How formulas name the columns of a frame, and how its engine computes them.

narwhals' expressions say every formula on every engine. DuckDB has a way of its own: see
`goodwill.analytics.duckdb_operands`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import narwhals.stable.v2 as nw

from goodwill.analytics.schema import Frame
from goodwill.policies.formula import Operand

__all__ = ["NARWHALS", "Engine", "engine_of", "expression"]


class Engine(NamedTuple):
    """A way to say formulas over the columns of a frame.

    Attributes:
        column: a column as an operand.
        is_null: whether an operand says nothing.
        filled: an operand, and a number where it says nothing.
        with_columns: the frame with columns that formulas say, each of which may be a plain number.
    """

    column: Callable[[str], Operand]
    is_null: Callable[[Operand], Operand]
    filled: Callable[[Operand, float], Operand]
    with_columns: Callable[..., Frame]


def engine_of(frame: Frame) -> Engine:
    """How formulas are said over a frame."""
    return by_duckdb() if frame.implementation.is_duckdb() else NARWHALS


def expression(operand: Operand) -> Any:
    """A plain number as an expression of narwhals; an expression as it is."""
    return operand if isinstance(operand, nw.Expr) else nw.lit(operand)


def computed(frame: Frame, **formulas: Operand) -> Frame:
    """The frame with columns more, by narwhals."""
    return frame.with_columns(**{name: expression(formula) for name, formula in formulas.items()})


NARWHALS = Engine(
    column=nw.col,
    is_null=lambda operand: expression(operand).is_null(),
    filled=lambda operand, number: expression(operand).fill_null(number),
    with_columns=computed,
)


def by_duckdb() -> Engine:
    """DuckDB's own expressions."""
    from duckdb import ColumnExpression  # noqa: PLC0415 - other frames do without it

    from goodwill.analytics.duckdb_operands import said, where  # noqa: PLC0415 - it imports duckdb

    def computed_by_it(frame: Frame, **formulas: Operand) -> Frame:
        kept = [ColumnExpression(name) for name in frame.columns if name not in formulas]
        relation = frame.to_native().select(*kept, *(said(each).alias(name) for name, each in formulas.items()))
        return nw.from_native(relation)

    return Engine(
        column=ColumnExpression,
        is_null=lambda operand: said(operand).isnull(),
        filled=lambda operand, number: where(said(operand).isnull(), number, operand),
        with_columns=computed_by_it,
    )
