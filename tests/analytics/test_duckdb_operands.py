"""Every decay runs on DuckDB's own expressions, as it does on floats; they are loaded at first need."""

from __future__ import annotations

import subprocess
import sys

import duckdb
import pytest
from duckdb import ColumnExpression
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goodwill.policies.component import load_members, registered
from goodwill.policies.decay import Decay
from goodwill.policies.formula import flush
from goodwill.testing.strategies import instances

AGES = [0.0, 0.5, 1.0, 29.9, 30.0, 84.0, 365.25, 1e4, 1e6, 3.65e8]
AT = duckdb.connect().sql("SELECT unnest($ages) AS age", params={"ages": AGES})

load_members()
DECAYS = [tag for tag, member in registered(Decay).items() if member.__module__.startswith("goodwill.")]


@pytest.mark.parametrize("tag", DECAYS)
@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.filter_too_much])  # steps that contradict each other are drawn again
def test_a_decay_leaves_the_same_share_as_on_floats(tag: str, data: st.DataObject) -> None:
    decay = data.draw(instances(registered(Decay)[tag]))
    if not decay.runs_on >= {"narwhals"}:
        return  # it goes by a calendar, or holds one that does
    shares = flush(decay.remaining(ColumnExpression("age")))
    found = AT.select(shares if isinstance(shares, duckdb.Expression) else duckdb.ConstantExpression(shares))
    assert [share for (share,) in found.fetchall()] == pytest.approx(
        [flush(decay.remaining(age)) for age in AGES], abs=1e-12
    )


def test_they_are_loaded_when_the_first_is_met() -> None:
    code = """
import sys, duckdb
from goodwill.policies.formula import exp2
column = duckdb.ColumnExpression("x")
assert "goodwill.analytics.duckdb_operands" not in sys.modules
assert duckdb.sql("SELECT 1.0::DOUBLE AS x").select(exp2(-column)).fetchall() == [(0.5,)]
"""
    subprocess.run([sys.executable, "-c", code], check=True)
