"""`make chaos` tells what was survived and what was not, and leaves alone what others wrote on its page."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).resolve().parents[2]
chaos = SimpleNamespace(**runpy.run_path(str(ROOT / "tools" / "chaos.py")))
SIZES = chaos.SIZES
REPORT = """<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite>
  <testcase classname="tests.chaos.test_killed_writers" name="test_killed_writers_lose_nothing[mariadb]">
    <properties><property name="campaign" value='{campaign}' /></properties>
    <failure message="x" />
  </testcase>
  <testcase classname="tests.chaos.test_many_writers" name="test_all_is_there_once[one account-sqlite]">
    <properties><property name="retries" value="sqlite 12" /></properties>
  </testcase>
  <testcase classname="tests.chaos.test_disks" name="test_all_is_there_once[postgresql]"><skipped /></testcase>
  <testcase classname="tests.stores.test_contract.TestMemory" name="test_a_batch_comes_back" />
</testsuite></testsuites>
"""


def section(tmp_path: Path, faults: dict[str, list[str]]) -> str:
    """What is told of a small run."""
    campaign = {"database": "mariadb", "kills": 1234, "acknowledged": 56789, "works": 1, "faults": faults}
    report = tmp_path / "chaos.xml"
    report.write_text(REPORT.replace("{campaign}", json.dumps(campaign)), encoding="utf-8")
    told: str = chaos.section(list(chaos.cases_of(report)), SIZES, 60.0)
    return told


def test_a_row_tells_what_was_killed_and_what_was_lost(tmp_path: Path) -> None:
    told = section(tmp_path, {"nothing_acknowledged_is_lost": ["a", "b"], "nothing_is_halved": ["c"], "other": ["d"]})
    assert "| MariaDB | 1,234 | 56,789 | 2 | 0 | 1 | 1 |" in told
    assert re.search("at commit `([0-9a-f]{10}|unknown)", told)


def test_what_failed_and_what_was_skipped_is_told(tmp_path: Path) -> None:
    told = section(tmp_path, {})
    assert "1 failed, 2 passed, 1 skipped. **1 tests failed**" in told
    assert "| killed writers lose nothing | MariaDB | 0 | 1 | 0 |" in told
    assert "| all is there once | SQLite, PostgreSQL | 1 | 0 | 1 |" in told
    assert "`tests/stores/test_contract.py` | 1 | 0 | 0 |" in told
    assert "Failed: tests/chaos/test_killed_writers.py, killed writers lose nothing mariadb" in told
    assert "run a transaction again: SQLite 12 times." in told


def test_the_section_has_its_place_before_that_of_the_mutants() -> None:
    mutants = "<!-- mutants -->\nlong\n<!-- /mutants -->\n"
    page = chaos.placed("first", f"# Laws\n\n{mutants}")
    assert page == f"# Laws\n\n<!-- chaos -->\n\nfirst\n\n<!-- /chaos -->\n\n{mutants}"
    assert chaos.placed("second", page) == page.replace("first", "second")
    assert chaos.placed("first", "# Laws\n") == "# Laws\n\n<!-- chaos -->\n\nfirst\n\n<!-- /chaos -->\n"


def test_every_file_that_is_run_is_there() -> None:
    assert all((ROOT / path).exists() for path in chaos.TESTS)
