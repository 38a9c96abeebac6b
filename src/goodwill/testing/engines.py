"""One formula on every engine that is installed: what holds their answers together."""

from __future__ import annotations

import importlib
import math
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any

import sqlalchemy as sa

from goodwill.policies.formula import Operand

__all__ = ["installed", "on_engine"]

Formula = Callable[[Operand], Operand]

FRAMES = ("polars", "pandas", "pyarrow")


def installed(operands: frozenset[str]) -> Iterator[str]:
    """The engines, here and now, for these operands: numpy, polars, pandas, pyarrow, sqlite."""
    if "numpy" in operands and find_spec("numpy"):
        yield "numpy"
    if "narwhals" in operands and find_spec("narwhals"):
        yield from filter(find_spec, FRAMES)
    if "sql" in operands:
        yield "sqlite"


def on_engine(engine: str, formula: Formula, ages: Sequence[float]) -> list[float]:
    """What an engine computes of a formula for each of these ages."""
    if engine == "numpy":
        found = _on_array(formula, ages)
    else:
        found = _on_sqlite(formula, ages) if engine == "sqlite" else _on_frame(engine, formula, ages)
    return [float(number) for number in found]


def _on_array(formula: Formula, ages: Sequence[float]) -> Any:
    np = importlib.import_module("numpy")
    return formula(np.array(ages, dtype=float))


def _on_frame(backend: str, formula: Formula, ages: Sequence[float]) -> Any:
    nw = importlib.import_module("narwhals.stable.v2")
    frame = nw.from_dict({"age": [float(age) for age in ages]}, backend=backend)
    return frame.with_columns(share=formula(nw.col("age")))["share"].to_list()


AGES = sa.Table("ages", sa.MetaData(), sa.Column("n", sa.Integer, primary_key=True), sa.Column("age", sa.Double))


def _on_sqlite(formula: Formula, ages: Sequence[float]) -> Any:
    with _sqlite().begin() as connection:
        AGES.create(connection)
        connection.execute(sa.insert(AGES), [{"n": n, "age": age} for n, age in enumerate(ages)])
        share = sa.type_coerce(formula(AGES.c.age), sa.Double)
        return connection.execute(sa.select(share).select_from(AGES).order_by(AGES.c.n)).scalars().all()


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
