"""Each function of a formula gives the same number on every operand, at its edges too."""

from __future__ import annotations

import fractions
import importlib
import math
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

import duckdb
import narwhals
import narwhals.stable.v2 as nw
import numpy as np
import pytest
import sqlalchemy as sa
from duckdb import ColumnExpression, ConstantExpression
from hypothesis import example, given
from hypothesis import strategies as st

from goodwill.policies import formula
from goodwill.policies.formula import choose, exp, exp2, flush, log, maximum, minimum, power, where

Function = Callable[..., Any]
Rows = Sequence[tuple[float, float]]

FRAMES = ("polars", "pandas", "pyarrow")
ENGINES = ("numpy", *FRAMES, "sqlite", "duckdb")

EDGES = [-1e12, -701.0, -1.5, -1.0, -0.0, 0.0, 1e-300, 1e-200, 1e-150, 0.5, 1.0, 1.5, 2.0, 84.0, 701.0, 1e12]
numbers = st.one_of(st.sampled_from(EDGES), st.floats(-1e12, 1e12).filter(lambda x: x == 0 or abs(x) >= 1e-300))
rows = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=8)

FORMULAS: dict[str, Function] = {
    "exp": lambda x, y: exp(x),
    "exp2": lambda x, y: exp2(x),
    "log": lambda x, y: log(x),
    "power": power,
    "power of a number": lambda x, y: power(2.0, y),
    "a positive power": lambda x, y: power(x, 0.88),
    "a negative power": lambda x, y: power(x, -0.5),
    "a power of 0": lambda x, y: power(x, 0.0) + 0.0 * x,
    "minimum": minimum,
    "minimum with a number": lambda x, y: minimum(1.0, x),
    "maximum": maximum,
    "maximum with a number": lambda x, y: maximum(x, 0.0),
    "where": lambda x, y: where(x < y, x, 2.0),
    "where with numbers": lambda x, y: where(x >= 1.0, 1.0, 0.0),
    "where it always holds": lambda x, y: where(True, x, y),
    "flush": lambda x, y: flush(x),
}


Results = dict[str, list[float]]


def on_floats(rows: Rows) -> Results:
    return {name: [function(x, y) for x, y in rows] for name, function in FORMULAS.items()}


def on_arrays(rows: Rows) -> Results:
    x, y = np.array(rows).T
    return {name: [float(number) for number in function(x, y)] for name, function in FORMULAS.items()}


def on_frames(rows: Rows, backend: str) -> Results:
    frame = nw.from_dict({"x": [x for x, _ in rows], "y": [y for _, y in rows]}, backend=backend)
    results = frame.select(**{name: function(nw.col("x"), nw.col("y")) for name, function in FORMULAS.items()})
    return {name: results[name].to_list() for name in FORMULAS}


def on_sqlite(rows: Rows) -> Results:
    columns = sa.column("n", sa.Integer), sa.column("x", sa.Double), sa.column("y", sa.Double)
    values = sa.values(*columns, name="given").data([(n, x, y) for n, (x, y) in enumerate(rows)]).cte()
    functions = [function(values.c.x, values.c.y) for function in FORMULAS.values()]
    with sa.create_engine("sqlite://").connect() as connection:
        found = connection.execute(sa.select(*functions).order_by(values.c.n)).all()
    return dict(zip(FORMULAS, map(list, zip(*found, strict=True)), strict=True))


CONNECTION = duckdb.connect()


def on_duckdb(rows: Rows) -> Results:
    x, y = ColumnExpression("x"), ColumnExpression("y")
    functions = [function(x, y) for function in FORMULAS.values()]
    given = [[n, x, y] for n, (x, y) in enumerate(rows)]
    relation = CONNECTION.values(*(tuple(map(ConstantExpression, row)) for row in given))
    columns = [ColumnExpression(name) for name in relation.columns]
    named = relation.select(*(each.alias(name) for each, name in zip(columns, "nxy", strict=True)))
    found = named.order("n").select(*functions).fetchall()
    return dict(zip(FORMULAS, map(list, zip(*found, strict=True)), strict=True))


def on(engine: str, rows: Rows) -> Results:
    ways = {"numpy": on_arrays, "sqlite": on_sqlite, "duckdb": on_duckdb}
    return ways[engine](rows) if engine in ways else on_frames(rows, engine)


@pytest.mark.parametrize("engine", ENGINES)
@example(rows=[(-0.0, -701.0)])
@given(rows=rows)
def test_a_function_gives_the_same_number_on_every_operand(engine: str, rows: Rows) -> None:
    expected, found = on_floats(rows), on(engine, rows)
    for name in FORMULAS:
        for row, a, b in zip(rows, expected[name], found[name], strict=True):
            # 1e-12 of the number: exponents of 700 cost three of its digits
            agree = math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-12)
            assert agree, f"{name} of {row} is {a} on floats and {b} on {engine}"


@given(rows=rows)
def test_a_function_is_finite_for_every_finite_operand(rows: Rows) -> None:
    for name, numbers in on_floats(rows).items():
        assert all(map(math.isfinite, numbers)), f"{name} of {rows}"


KEYS = ["dispute", "refund", "other"]
TABLES = [{"dispute": 2.0, "refund": 0.5}, {}]


@pytest.mark.parametrize("table", TABLES)
def test_choose_looks_texts_up_on_every_operand(table: dict[str, float]) -> None:
    expected = [choose(key, table, 1.0) for key in KEYS]
    assert expected == [table.get(key, 1.0) for key in KEYS]
    assert choose(np.array(KEYS), table, 1.0).tolist() == expected
    assert choose(np.array(KEYS, dtype=object), table, 1.0).tolist() == expected
    for backend in FRAMES:
        frame = nw.from_dict({"n": range(3), "key": KEYS}, backend=backend)
        assert frame.with_columns(r=choose(nw.col("key"), table, 1.0))["r"].to_list() == expected
    with duckdb.connect() as connection:
        given = connection.sql("SELECT unnest(['dispute', 'refund', 'other']) AS key")
        chosen = given.select(choose(ColumnExpression("key"), table, 1.0))
        assert [number for (number,) in chosen.fetchall()] == expected
    keys = sa.values(sa.column("key", sa.String), name="given").data([(key,) for key in KEYS]).cte()
    with sa.create_engine("sqlite://").connect() as connection:
        assert list(connection.execute(sa.select(choose(keys.c.key, table, 1.0))).scalars()) == expected


def test_choose_has_the_default_for_no_key() -> None:
    assert choose(None, {"dispute": 2.0}, 1.0) == 1.0


def test_expressions_of_the_unstable_narwhals_are_understood() -> None:
    frame = narwhals.from_dict({"x": [0.0, 1.0]}, backend="polars")
    assert frame.select(r=where(exp2(-narwhals.col("x")) > 0.6, 1.0, 0.0))["r"].to_list() == [1.0, 0.0]


def test_bounds_are_not_cut_to_integers_in_a_column_of_integers() -> None:
    frame = nw.from_dict({"x": [0, 2]}, backend="polars")
    assert frame.select(r=log(nw.col("x")))["r"].to_list() == [-700.0, math.log(2)]


def test_numbers_reach_sql_as_bound_doubles() -> None:
    statement = power(1 + sa.column("age", sa.Double) / 84.0, -0.5)
    parameters = statement.compile().binds.values()
    assert {type(bind.type) for bind in parameters if isinstance(bind.value, float)} == {sa.Double}
    assert "0.5" not in str(statement)


def test_flushing_does_not_repeat_what_it_flushes() -> None:
    share: Any = sa.column("share", sa.Double)
    for _ in range(10):
        share = flush(share * 0.5)
    assert len(re.findall(r"\bshare\b", str(share))) == 1


@pytest.mark.parametrize(
    ("module", "library", "extra"),
    [
        ("goodwill.analytics.numpy_operands", "numpy", "goodwill[numpy]"),
        ("goodwill.analytics.narwhals_operands", "narwhals", "goodwill[frames]"),
    ],
)
def test_an_operand_without_its_library_names_the_extra(
    module: str, library: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.delitem(sys.modules, module, raising=False)
    with pytest.raises(ImportError, match=extra.replace("[", r"\[").replace("]", r"\]")):
        importlib.import_module(module)


def test_operands_are_loaded_at_first_need() -> None:
    code = """
import sys
from goodwill.policies.formula import exp2
assert exp2(-1.0) == 0.5
assert "goodwill.analytics.numpy_operands" not in sys.modules
import numpy
assert exp2(numpy.array([-1.0])).tolist() == [0.5]
assert "goodwill.analytics.narwhals_operands" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_operand_that_nobody_taught_is_refused_with_the_way_out() -> None:
    with pytest.raises(TypeError, match=r"exp2 does not run on fractions\.Fraction.*goodwill\[numpy\]"):
        exp2(fractions.Fraction(1, 2))
    with pytest.raises(TypeError, match="from_native"):
        exp2(narwhals.from_dict({"x": [1.0]}, backend="polars"))


def test_a_new_function_must_be_taught_for_every_operand() -> None:
    functions = {name for name in formula.__all__ if isinstance(getattr(formula, name), formula.Formula)}
    parameters = formula.register_operand.__annotations__.keys()
    assert functions == parameters - {"kind", "return"}
