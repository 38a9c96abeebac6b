"""`import goodwill` is what a web worker pays at every start: it stays light."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from statistics import median

import pytest

HEAVY = [
    "sqlalchemy", "numpy", "scipy", "statsmodels", "narwhals", "pandas", "polars", "pyarrow", "matplotlib", "typer", "rich",
]  # fmt: skip
TEST_TOOLS = ["hypothesis", "pytest", "_pytest"]
CORE = ["goodwill", "goodwill.domain", "goodwill.policies", "goodwill.decays", "goodwill.valuations", "goodwill.ledger"]

SELDOM = [
    "expecting", "exporting", "imagining", "keeping", "kept_requests", "listing", "planning", "purging", "seal_requests",
    "sealing", "standings", "survey_requests", "surveying",
]  # fmt: skip

LOADED = "import json, sys, {module}; print(json.dumps(sorted({{name.partition('.')[0] for name in sys.modules}})))"

# Each runs in a fresh interpreter and prints the seconds that its own imports took: of this process alone, since the
# clock on the wall also counts whoever else is using the machine.
IMPORT_GOODWILL = """
from time import process_time
start = process_time()
import goodwill
print(process_time() - start)
"""
IMPORT_PYDANTIC_AND_DEFINE_40_MODELS = """
from time import process_time
start = process_time()
from pydantic import BaseModel
for number in range(40):
    type(f"Model{number}", (BaseModel,), {"__module__": __name__}, frozen=True)
print(process_time() - start)
"""
BUDGET = 1.5
ROUNDS = 20


# An installed package is compiled; so is this one from the first round on, whatever the environment says.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def in_a_fresh_interpreter(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=ENVIRONMENT)
    return done.stdout


@pytest.mark.parametrize("module", CORE)
def test_the_core_loads_no_database_no_frames_and_no_terminal(module):
    loaded = set(json.loads(in_a_fresh_interpreter(LOADED.format(module=module))))
    assert loaded.isdisjoint(HEAVY + TEST_TOOLS)


def test_the_front_door_enters_no_room_that_a_program_may_never_need():
    code = "import json, sys, goodwill; print(json.dumps([name for name in sys.modules if 'goodwill.ledger.' in name]))"
    loaded = set(json.loads(in_a_fresh_interpreter(code)))
    assert loaded.isdisjoint(f"goodwill.ledger.{room}" for room in SELDOM)


@pytest.mark.slow
def test_importing_goodwill_takes_at_most_half_as_long_again_as_pydantic_and_40_models():
    # In pairs, so that a hot or crowded processor falls on both alike; the best of each alone would compare moments.
    pairs = [
        (
            float(in_a_fresh_interpreter(IMPORT_GOODWILL)),
            float(in_a_fresh_interpreter(IMPORT_PYDANTIC_AND_DEFINE_40_MODELS)),
        )
        for _ in range(ROUNDS)
    ]
    ratio = median(ours / yardstick for ours, yardstick in pairs)
    ours, yardstick = map(min, zip(*pairs, strict=True))
    print(f"import goodwill: {ours * 1000:.0f} ms at best, {ratio:.2f} times the yardstick ({yardstick * 1000:.0f} ms)")
    assert ratio <= BUDGET
