"""One formula on every engine that is installed."""

from __future__ import annotations

import sqlite3

import pytest

from goodwill.decays import HalfLife
from goodwill.policies.component import EVERY_OPERAND
from goodwill.policies.formula import exp
from goodwill.testing.engines import _teach_math, installed, on_engine

ENGINES = ["numpy", "polars", "pandas", "pyarrow", "sqlite"]


def test_all_engines_are_installed_where_the_project_is_tested() -> None:
    assert list(installed(EVERY_OPERAND)) == ENGINES


def test_only_the_engines_of_the_operands_are_asked() -> None:
    assert list(installed(frozenset({"float"}))) == []
    assert list(installed(frozenset({"float", "sql"}))) == ["sqlite"]


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_answers_for_each_age_in_order(engine: str) -> None:
    ages = [168, 0, 84.0]
    assert on_engine(engine, HalfLife(days=84).remaining, ages) == pytest.approx([0.25, 1.0, 0.5], abs=1e-15)


def test_a_sqlite_without_math_is_taught_it() -> None:
    class Poor(sqlite3.Connection):
        """As if compiled without SQLITE_ENABLE_MATH_FUNCTIONS."""

        taught: list[str]

        def execute(self, sql: str, *args: object) -> sqlite3.Cursor:
            raise sqlite3.OperationalError("no such function: exp")

        def create_function(self, name: str, *args: object, **kwargs: object) -> None:
            self.taught.append(name)

    connection = Poor(":memory:")
    connection.taught = []
    _teach_math(connection, None)
    connection.close()
    assert connection.taught == ["exp", "ln"]


def test_what_an_engine_raises_is_not_hidden() -> None:
    with pytest.raises(TypeError):
        on_engine("numpy", lambda age: exp(object()), [1.0])
