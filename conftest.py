"""The README and the docs are tests: every Python block and every doctest prompt in them runs."""

from __future__ import annotations

from contextlib import ExitStack
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE
from typing import Any

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

from goodwill.policies.component import preserved_registry

pytest_plugins = ["tests.databases", "tests.receivers"]


def setup(namespace: dict[str, Any]) -> None:
    """What a page registers is of that page alone: another may teach with a class of the same name."""
    namespace["_registry"] = ExitStack()
    namespace["_registry"].enter_context(preserved_registry())


def teardown(namespace: dict[str, Any]) -> None:
    """Forget what the page registered."""
    namespace["_registry"].close()


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(doctest_optionflags=ELLIPSIS | NORMALIZE_WHITESPACE), SkipParser()],
    patterns=["README.md", "docs/*.md", "docs/**/*.md"],
    # Run by tests/analytics/test_spark.py, whose Spark is there already, and by test_tutorial_notebooks.py, which runs
    # what these pages are made from.
    excludes=["docs/how-to/read-on-spark.md", "docs/tutorial/notebooks/*"],
    setup=setup,
    teardown=teardown,
).pytest()
