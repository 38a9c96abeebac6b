"""The instance of itself that a component shows in its docstring: what the gallery draws and compatibility is held by."""

from __future__ import annotations

import ast
import sys
from doctest import DocTestParser
from typing import Any, TypeVar

from goodwill.policies.component import Component

__all__ = ["example_of"]

C = TypeVar("C", bound=Component)


def example_of(member: type[C]) -> C:
    """The first instance of a component that the example in its docstring makes.

    Raises:
        LookupError: if it shows none, with the way out.

    Example:
        >>> from goodwill.decays import Linear
        >>> example_of(Linear)
        Linear(days=90.0)
    """
    names: dict[str, Any] = {**vars(sys.modules[member.__module__]), member.__name__: member}
    for example in DocTestParser().get_examples(member.__doc__ or ""):
        for node in ast.walk(ast.parse(example.source)):
            if isinstance(node, ast.Import | ast.ImportFrom):
                exec(ast.unparse(node), names)  # noqa: S102 - the docstring of a class that is imported already
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == member.__name__:
                made: C = eval(ast.unparse(node), names)  # noqa: S307 - likewise
                return made
    raise LookupError(f"{member.__name__} shows no instance of itself; write an `Example:` with one in its docstring")
