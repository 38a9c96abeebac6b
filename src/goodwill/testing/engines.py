"""One formula on every engine that is installed: what holds their answers together."""

from __future__ import annotations

import importlib
import math
import sqlite3
from collections.abc import Callable, Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any

import sqlalchemy as sa

from goodwill.policies.formula import Operand

__all__ = ["FRAMES", "installed", "on_engine"]

Formula = Callable[..., Operand]
Column = Sequence[float] | Sequence[str]

FRAMES = ("polars", "pandas", "pyarrow")


def installed(operands: frozenset[str], asked: Sequence[str] | None = None) -> list[str]:
    """The engines, here and now, for these operands: numpy, polars, pandas, pyarrow, sqlite; of those asked, if any."""
    found = ["numpy"] if "numpy" in operands and find_spec("numpy") else []
    if "narwhals" in operands and find_spec("narwhals"):
        found += filter(find_spec, FRAMES)
    found += ["sqlite"] if "sql" in operands else []
    return [engine for engine in found if asked is None or engine in asked]


def on_engine(engine: str, formula: Formula, *columns: Column) -> list[float]:
    """What an engine computes of a formula for each row of these columns: numbers, or texts."""
    table = {f"c{place}": typed(column) for place, column in enumerate(columns)}
    if engine == "numpy":
        found = _on_array(formula, table)
    else:
        found = _on_sqlite(formula, table) if engine == "sqlite" else _on_frame(engine, formula, table)
    return [float(number) for number in found]


def typed(column: Column) -> list[Any]:
    """The texts as they are, the numbers as floats."""
    return [value if isinstance(value, str) else float(value) for value in column]


def _on_array(formula: Formula, table: dict[str, list[Any]]) -> Any:
    np = importlib.import_module("numpy")
    return formula(*map(np.array, table.values()))


def _on_frame(backend: str, formula: Formula, table: dict[str, list[Any]]) -> Any:
    nw = importlib.import_module("narwhals.stable.v2")
    found = nw.from_dict(table, backend=backend).with_columns(found=formula(*map(nw.col, table)))
    return found["found"].to_list()


def _on_sqlite(formula: Formula, table: dict[str, list[Any]]) -> Any:
    kept = _table(tuple((name, isinstance(column[0], str)) for name, column in table.items()))
    rows = [dict(zip(("n", *table), (n, *row), strict=True)) for n, row in enumerate(zip(*table.values(), strict=True))]
    with _sqlite().begin() as connection:
        kept.create(connection)
        connection.execute(sa.insert(kept), rows)
        found = sa.type_coerce(formula(*(kept.c[name] for name in table)), sa.Double)
        return connection.execute(sa.select(found).select_from(kept).order_by(kept.c.n)).scalars().all()


@cache
def _table(columns: tuple[tuple[str, bool], ...]) -> sa.Table:
    """A table of columns by name, texts or numbers."""
    typed = [sa.Column(name, sa.Text if is_text else sa.Double) for name, is_text in columns]
    return sa.Table("operands", sa.MetaData(), sa.Column("n", sa.Integer, primary_key=True), *typed)


@cache
def _sqlite() -> sa.Engine:
    """An engine whose every connection is a new database in memory, with `exp` and `ln` where SQLite lacks them."""
    engine = sa.create_engine("sqlite://", poolclass=sa.NullPool)
    sa.event.listen(engine, "connect", _teach_math)
    return engine


def _teach_math(connection: sqlite3.Connection, _record: object) -> None:
    for name, function in (("exp", math.exp), ("ln", math.log)):
        try:
            connection.execute(f"select {name}(1.0)").close()
        except sqlite3.OperationalError:
            connection.create_function(name, 1, function, deterministic=True)
