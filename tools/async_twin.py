"""Write `src/goodwill/ledger/async_ledger.py` from `ledger.py`: the same book, awaited.

The operations do no I/O, so the two ledgers differ in words only: a method that asks the store is a coroutine, a
generator of entries an async one. Run it after a change of `ledger.py`; with --check it only says whether that was done.

Usage: python tools/async_twin.py [--check]
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "goodwill" / "ledger" / "ledger.py"
TWIN = SOURCE.with_name("async_ledger.py")

MODULE = (
    """The book one writes in and reads from, awaited: written from `ledger.py` by tools/async_twin.py, not by hand."""
)
CLASS = """`Ledger` for asyncio: the same verbs and readings, awaited; `accounts` and `entries` are async iterators.

    Example:
        >>> import asyncio
        >>> from goodwill import AsyncLedger
        >>> async def main():
        ...     async with AsyncLedger.in_memory() as ledger:
        ...         await ledger.withdraw("ada", "late_delivery", magnitude=2)
        ...         return (await ledger.balance("ada")).is_overdrawn
        >>> asyncio.run(main())
        True
    """
NAMES = {
    "Ledger": "AsyncLedger",
    "Store": "AsyncStore",
    "__enter__": "__aenter__",
    "__exit__": "__aexit__",
}
TEXTS = {"memory": "async_memory", "sqlalchemy": "async_sqlalchemy"}
"""The entry points of the stores."""


class Awaited(ast.NodeTransformer):
    """Turns the sync class into the async one.

    Attributes:
        asks: the methods that ask the store, directly or through another.
    """

    def __init__(self, asks: set[str]) -> None:
        self.asks = asks

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """A method that asks becomes a coroutine, or an async generator."""
        self.generic_visit(node)
        drop_example(node)
        given_name = node.name
        node.name = NAMES.get(node.name, node.name)
        if given_name not in self.asks:
            return node
        if any(isinstance(each, ast.Yield) for each in ast.walk(node)):
            node.returns = ast.parse(ast.unparse(node.returns).replace("Iterator", "AsyncIterator"), mode="eval").body
        fields = {name: getattr(node, name) for name in node._fields}
        return ast.copy_location(ast.AsyncFunctionDef(**fields), node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        """`yield from` has no async form."""
        self.generic_visit(node)
        if not isinstance(node.value, ast.YieldFrom):
            return node
        each = ast.Name("each", ast.Load())
        return ast.For(
            target=ast.Name("each", ast.Store()), iter=node.value.value, body=[ast.Expr(ast.Yield(each))], orelse=[]
        )

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """What asks is awaited."""
        self.generic_visit(node)
        target = node.func
        of_self = isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self"
        asked = of_self and target.attr in self.asks
        answered = isinstance(target, ast.Attribute) and ast.unparse(target) == "work.answer"
        closed = isinstance(target, ast.Name) and target.id == "close"
        return ast.Await(node) if asked or answered or closed else node

    def visit_With(self, node: ast.With) -> ast.AST:
        """A work in an async store is opened in its own words."""
        self.generic_visit(node)
        return ast.AsyncWith(items=node.items, body=node.body)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """The twin's classes."""
        node.id = NAMES.get(node.id, node.id)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """The twin's stores."""
        if isinstance(node.value, str):
            node.value = TEXTS.get(node.value, node.value)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """The class has a docstring of its own."""
        self.generic_visit(node)
        node.name = NAMES[node.name]
        node.body[0] = ast.Expr(ast.Constant(CLASS))
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        """The twin's imports; what is not used the formatter takes out."""
        for name in node.names:
            name.name = NAMES.get(name.name, name.name)
        if node.module == "collections.abc":
            node.names.append(ast.alias("AsyncIterator"))
        return node


def drop_example(node: ast.FunctionDef) -> None:
    """Leave examples to `Ledger`: they are the same, awaited."""
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        text = first.value.value.split("\n\n        Example:")[0]
        first.value.value = text if text == first.value.value else text.rstrip() + "\n        "


def asking(tree: ast.Module) -> set[str]:
    """The methods that ask the store, directly or through another."""
    (ledger,) = (node for node in tree.body if isinstance(node, ast.ClassDef))
    methods = [node for node in ledger.body if isinstance(node, ast.FunctionDef)]
    found = {"_run", "close", "__enter__", "__exit__"}
    while True:
        more = {method.name for method in methods if calls(method) & found} - found
        if not more:
            return found
        found |= more


def calls(method: ast.FunctionDef) -> set[str]:
    """The methods of its own that a method calls."""
    called = (node.func for node in ast.walk(method) if isinstance(node, ast.Call))
    return {
        each.attr
        for each in called
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name) and each.value.id == "self"
    }


def written() -> str:
    """The twin's source, formatted."""
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"))
    tree.body[0] = ast.Expr(ast.Constant(MODULE))
    tree = ast.fix_missing_locations(Awaited(asking(tree)).visit(tree))
    code = ast.unparse(tree).replace("'AccountId', 'Ledger'", "'AsyncLedger'")
    for command in (["check", "--fix", "--quiet", "--exit-zero"], ["format", "--quiet"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--stdin-filename", str(TWIN), "-"],
            input=code, capture_output=True, text=True, check=True, cwd=ROOT,
        )  # fmt: skip
        code = done.stdout
    return code


def main() -> None:
    """Write the twin, or say whether it is up to date."""
    code = written()
    if "--check" not in sys.argv:
        TWIN.write_text(code, encoding="utf-8")
    elif not TWIN.exists() or TWIN.read_text(encoding="utf-8") != code:
        sys.exit("async_ledger.py is not the twin of ledger.py; run python tools/async_twin.py")


if __name__ == "__main__":
    main()
