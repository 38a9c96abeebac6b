"""Safe expressions: a column of arithmetic, comparisons and a few functions, evaluated by `simpleeval`.

Nothing of Python is in reach but what stands here: no attribute of an object, no call but of the functions listed in `goodwill.sources.functions`, no power, no
comprehension. An empty cell is None, and three rules keep it quiet: arithmetic and functions with an empty value give
an empty value (`coalesce` apart), an order comparison with one (`<`, `<=`, `>`, `>=`) is false, and `==` compares it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, DecimalException
from functools import lru_cache
from math import isfinite
from typing import Any, Final, Protocol

from simpleeval import InvalidExpression, SimpleEval  # type: ignore[import-untyped]  # it ships no types

from goodwill.domain.errors import MappingError
from goodwill.sources.cells import Conventions
from goodwill.sources.faults import RowError
from goodwill.sources.functions import FUNCTIONS, functions, operators, truth
from goodwill.sources.wording import nearest

__all__ = ["Evaluator", "Expression", "Names", "parsed"]

LONGEST: Final = 4_000
ALLOWED: Final = (
    ast.Expr, ast.Name, ast.Load, ast.Constant, ast.UnaryOp, ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call,
    ast.Attribute, ast.Subscript, ast.Tuple, ast.List,
    ast.Not, ast.USub, ast.UAdd, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.And, ast.Or,
    ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn, ast.Is, ast.IsNot,
)  # fmt: skip


class Names(Protocol):
    """What an expression reads from: a row, or the row of a join."""

    def value(self, name: str) -> Any:
        """The value of a bare name."""

    def raw(self, column: str) -> Any:
        """The cell under a column's header, as it is in the file."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression.

    Attributes:
        text: as it stands in the mapping.
        tree: its syntax tree; numbers are Decimals.
        names: the bare names that it reads.
        members: the (name, member) pairs of `join.column` and `join["column"]`.
    """

    text: str
    tree: ast.expr
    names: frozenset[str]
    members: frozenset[tuple[str, str]]


@lru_cache(maxsize=1024)
def parsed(text: str) -> Expression:
    """Parse an expression and check that all of it is allowed.

    Raises:
        MappingError: without a path, which the caller knows.

    Example:
        >>> sorted(parsed("days_between(promised, order.delivered)").names)
        ['order', 'promised']
    """
    if not text.strip() or len(text) > LONGEST:
        raise MappingError(f"an expression has 1 to {LONGEST} characters, this one has {len(text)}")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        nodes = list(ast.walk(tree))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise MappingError(f"{text!r} is no expression: {getattr(error, 'msg', error)}") from None
    called = [node.func for node in nodes if isinstance(node, ast.Call)]
    for node in nodes:
        check_node(node, text)
    names = {node.id for node in nodes if isinstance(node, ast.Name) and node not in called}
    return Expression(text, Exact().visit(tree), frozenset(names), frozenset(members_of(nodes)))


def check_node(node: ast.AST, text: str) -> None:
    match node:
        case ast.Constant(value=value) if not is_plain(value):
            raise MappingError(f"{text!r}: {ast.unparse(node)} is not allowed in an expression")
        case ast.Call(func=ast.Name(id=name), keywords=[]):
            if name not in FUNCTIONS:
                raise MappingError(f"{text!r}: no function {name!r}{nearest(name, FUNCTIONS)}")
        case ast.Attribute(value=ast.Name(), attr=member) if not member.startswith("__"):
            pass
        case ast.Subscript(value=ast.Name(), slice=ast.Constant(value=str())):
            pass
        case ast.Attribute() | ast.Subscript() | ast.Call():
            raise MappingError(f'{text!r}: {ast.unparse(node)} is not allowed; write join.column or row["column"]')
        case _ if not isinstance(node, ALLOWED):
            raise MappingError(f"{text!r}: {type(node).__name__} is not allowed in an expression")


def is_plain(value: object) -> bool:
    """Whether a literal is text, a finite number, true, false or None."""
    return value is None or isinstance(value, str | int) or (isinstance(value, float) and isfinite(value))


def members_of(nodes: Iterable[ast.AST]) -> Iterable[tuple[str, str]]:
    for node in nodes:
        match node:
            case ast.Attribute(value=ast.Name(id=base), attr=member):
                yield base, member
            case ast.Subscript(value=ast.Name(id=base), slice=ast.Constant(value=str(member))):
                yield base, member


class Exact(ast.NodeTransformer):
    """Makes every number in an expression a Decimal: 0.1 means a tenth."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        """Replace a number; leave text, true, false and None."""
        if isinstance(node.value, int | float) and not isinstance(node.value, bool):
            return ast.copy_location(ast.Constant(value=Decimal(repr(node.value))), node)  # type: ignore[arg-type]  # a tree takes it
        return node


class Evaluator(SimpleEval):  # type: ignore[misc]  # its base has no types
    """Evaluates checked expressions over one row at a time.

    Example:
        >>> class Row:
        ...     def value(self, name): return {"price": Decimal("19.90"), "freight": None}[name]
        ...     def raw(self, column): return "x"
        >>> evaluator = Evaluator(Conventions())
        >>> evaluator.run(parsed("price * 2"), Row())
        Decimal('39.80')
        >>> evaluator.run(parsed("price + freight"), Row()) is None
        True
        >>> evaluator.run(parsed("price + coalesce(freight, 0) > 10"), Row())
        True
    """

    def __init__(self, conventions: Conventions) -> None:
        super().__init__(operators=operators(conventions), functions=functions(conventions), names={})
        self.nodes[ast.Tuple] = self.nodes[ast.List] = lambda node: tuple(self._eval(item) for item in node.elts)
        self.row: Any = None

    def run(self, expression: Expression, row: Names) -> Any:
        """The value of an expression for a row.

        Raises:
            RowError: if it cannot be worked out for this row.
        """
        previous, self.row = self.row, row
        try:
            return self.eval(expression.text, previously_parsed=expression.tree)
        except (TypeError, ValueError, OverflowError, DecimalException, ZeroDivisionError, InvalidExpression) as error:
            wrong = type(error).__name__ if isinstance(error, DecimalException) else error
            raise RowError("cannot be worked out", f"{expression.text!r}: {wrong}") from error
        finally:
            self.row = previous

    def holds(self, expression: Expression, row: Names) -> bool:
        """Whether a condition holds for a row.

        Raises:
            RowError: if it cannot be worked out, or is no condition.
        """
        try:
            return truth(self.run(expression, row))
        except TypeError as error:
            raise RowError("no condition", f"{expression.text!r}: {error}") from None

    def _eval_name(self, node: ast.Name) -> Any:
        return self.row.value(node.id)

    def _eval_attribute(self, node: ast.Attribute) -> Any:
        joined = self._eval(node.value)
        return None if joined is None else joined.value(node.attr)

    def _eval_subscript(self, node: ast.Subscript) -> Any:
        joined = self._eval(node.value)
        return None if joined is None else joined.raw(self._eval(node.slice))

    def _eval_boolop(self, node: ast.BoolOp) -> bool:
        conditions = (truth(self._eval(value)) for value in node.values)
        return all(conditions) if isinstance(node.op, ast.And) else any(conditions)

    def _eval_ifexp(self, node: ast.IfExp) -> Any:
        return self._eval(node.body if truth(self._eval(node.test)) else node.orelse)
