"""What `goodwill.analytics` says where a library of frames is absent; each is tried in a fresh process."""

from __future__ import annotations

import subprocess
import sys

import pytest

BLOCKED = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
{code}
"""
ENGINES = ("pandas", "polars", "pyarrow", "duckdb", "pyspark")
NAMED = """
import goodwill.analytics
try:
    from goodwill.analytics import {name}
except ImportError as error:
    print(error)
"""
ASKED = """
from datetime import UTC, datetime
from goodwill import presets
from goodwill.analytics import balances
from goodwill.domain.errors import WrongType
try:
    balances([{"account": "ada"}], presets.default(), datetime(2026, 1, 1, tzinfo=UTC))
except WrongType as error:
    print(error)
"""


def told(code: str, *blocked: str) -> str:
    code = BLOCKED.format(blocked=blocked, code=code)
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize(("absent", "name"), [("narwhals", "balances"), ("numpy", "trajectory")])
def test_without_narwhals_or_numpy_the_error_names_the_extra(absent: str, name: str) -> None:
    wanted = f"goodwill.analytics.{name} needs {absent}: install goodwill[frames]\n"
    assert told(NAMED.format(name=name), absent, *ENGINES) == wanted


def test_without_any_library_of_frames_a_frame_that_is_none_is_told_which_there_are() -> None:
    assert "one of pandas, polars, PyArrow, DuckDB or PySpark, not list" in told(ASKED, *ENGINES)
