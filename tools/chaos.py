"""Run the tests of the faults at full size, and write into docs/explanation/evidence.md what the store survived.

Usage: make chaos (some minutes on two quiet cores); make chaos KILLS=50 for a smaller size. What stands outside of
`<!-- chaos -->` and `<!-- /chaos -->` on the page was written by somebody else, and is kept.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from platform import python_version
from time import perf_counter
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "explanation" / "evidence.md"
REPORT = ROOT / "build" / "chaos.xml"
BEGIN, END = "<!-- chaos -->", "<!-- /chaos -->"
BEFORE = "<!-- mutants -->"
"""The section of mutation testing is the last on the page: it is the longest."""

SIZES = {"GOODWILL_KILLS": "300", "GOODWILL_HISTORIES": "300", "GOODWILL_ROUNDS": "5"}
"""In `make check` they are 20, 8 and 1."""
TOLD = "tests/chaos"
"""The folder whose tests are told one by one; of the others the page says how many there are."""
TESTS = {
    TOLD: "",
    "tests/stores/test_state_machine.py": "memory and the three databases, side by side",
    "tests/stores/test_contract.py": "the contract of every store, races of threads in it",
    "tests/stores/sqlalchemy/test_host.py": "hosts that roll back after us, or swallow an error and commit",
    "tests/stores/sqlalchemy/test_isolation.py": "every level of isolation",
    "tests/stores/test_identifiers.py": "names that look alike, and names that look like SQL",
    "tests/stores/test_tenants.py": "ledgers that must not see one another",
    "tests/stores/sqlalchemy/test_guards.py": "rows that somebody tries to change",
}
DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mariadb": "MariaDB"}


class Case(NamedTuple):
    """One test that ran.

    Attributes:
        file: where it is.
        name: of the test, without its parameters.
        words: the parameters.
        outcome: "passed", "failed" or "skipped".
        properties: what it recorded, by name.
    """

    file: str
    name: str
    words: str
    outcome: str
    properties: dict[str, str]

    @property
    def sentence(self) -> str:
        """What it says."""
        return self.name.removeprefix("test_").replace("_", " ")

    @property
    def database(self) -> str:
        """Which database it ran on, where its parameters say so."""
        return next((title for family, title in DATABASES.items() if family in self.words), "")


def main() -> None:
    """Run the tests, write the section, and exit as the tests did."""
    REPORT.parent.mkdir(exist_ok=True)
    environment = {**SIZES, **os.environ, "GOODWILL_SERVERS": "required"}
    command = [sys.executable, "-m", "pytest", "-q", "-n", "auto", "--dist", "loadfile", f"--junitxml={REPORT}"]
    start = perf_counter()
    ran = subprocess.run([*command, *TESTS, *sys.argv[1:]], cwd=ROOT, env=environment, check=False)
    cases = list(cases_of(REPORT))
    PAGE.write_text(placed(section(cases, environment, perf_counter() - start), PAGE.read_text("utf-8")), "utf-8")
    print(f"{PAGE.relative_to(ROOT)}: {summary(cases)}")
    sys.exit(ran.returncode)


def cases_of(report: Path) -> Iterator[Case]:
    """The tests of a JUnit report, as pytest writes it."""
    for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314 - pytest wrote it a moment ago
        name, _, words = case.get("name", "").partition("[")
        found = {child.tag for child in case}
        outcome = "failed" if found & {"failure", "error"} else "skipped" if "skipped" in found else "passed"
        properties = {each.get("name", ""): each.get("value", "") for each in case.iter("property")}
        yield Case(file_of(case.get("classname", "")), name, words.rstrip("]"), outcome, properties)


def file_of(classname: str) -> str:
    """The file of a test: the part of the dotted name of its class that is one."""
    parts = classname.split(".")
    for end in range(len(parts), 0, -1):
        path = "/".join(parts[:end]) + ".py"
        if (ROOT / path).exists():
            return path
    return classname


def summary(cases: list[Case]) -> str:
    """One line."""
    outcomes = Counter(case.outcome for case in cases)
    return ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))


def placed(section: str, page: str) -> str:
    """The page with a new section in the place of the old one, before the survivors of mutation testing."""
    without = re.sub(rf"\n*{BEGIN}.*?{END}\n*", "\n\n", page, flags=re.DOTALL)
    before, found, after = without.partition(BEFORE)
    return f"{before.rstrip()}\n\n{BEGIN}\n\n{section}\n\n{END}\n" + (f"\n{found}{after}" if found else "")


def section(cases: list[Case], sizes: dict[str, str], seconds: float) -> str:
    """What was survived, in tables."""
    failed = [case for case in cases if case.outcome == "failed"]
    verdict = f"**{len(failed)} tests failed**, listed below" if failed else "Every test passed"
    told = [case for case in cases if case.file.startswith(TOLD)]
    lines = [
        "## The faults that the store survives",
        "",
        "Written by `make chaos`. Writers are killed with SIGKILL at random moments, two at a time at the same works:",
        "orders of a host with their goodwill, batches, amendments, reversals, merges. After each kill what they left is",
        "looked at, and the next writers do again what was not acknowledged.",
        "",
        f"Run on {datetime.now(UTC):%Y-%m-%d} at commit `{commit()}`, Python {python_version()}, in {seconds / 60:.0f} min on",
        f"{os.cpu_count()} cores: {summary(cases)}. {verdict}.",
        "",
        *campaigns(told),
        "",
        f"Sixteen writers at once, {sizes['GOODWILL_ROUNDS']} rounds; {sizes['GOODWILL_HISTORIES']} random histories side by "
        "side. " + retries(told),
        "",
        *faults(told),
        "",
        *elsewhere(cases),
        *(line for case in failed for line in ("", f"Failed: {case.file}, {case.sentence} {case.words}")),
    ]
    return "\n".join(lines)


def campaigns(cases: Iterable[Case]) -> Iterator[str]:
    """A row for each database whose writers were killed."""
    yield "| database | writers killed | entries acknowledged | lost | doubled | halves | other faults |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    kinds = ("nothing_acknowledged_is_lost", "nothing_is_doubled", "nothing_is_halved")
    for case in cases:
        if "campaign" not in case.properties:
            continue
        found: dict[str, Any] = json.loads(case.properties["campaign"])
        counts = {name: len(each) for name, each in found["faults"].items()}
        other = sum(counts.values()) - sum(counts.get(kind, 0) for kind in kinds)
        numbers = [found["kills"], found["acknowledged"], *(counts.get(kind, 0) for kind in kinds), other]
        yield f"| {DATABASES[found['database']]} | {' | '.join(f'{number:,}' for number in numbers)} |"


def retries(cases: Iterable[Case]) -> str:
    """How often writers that raced were asked to run their transaction again."""
    total: Counter[str] = Counter()
    for case in cases:
        if "retries" in case.properties:
            family, count = case.properties["retries"].split()
            total[DATABASES[family]] += int(count)
    told = ", ".join(f"{name} {count:,} times" for name, count in sorted(total.items()))
    return f"Writers that raced were asked to run a transaction again: {told}." if told else ""


def faults(cases: Iterable[Case]) -> Iterator[str]:
    """A row for each sentence, and where it held."""
    by_sentence: dict[str, list[Case]] = {}
    for case in cases:
        by_sentence.setdefault(case.sentence, []).append(case)
    yield "| what holds | on | passed | failed | skipped |"
    yield "|---|---|---:|---:|---:|"
    for sentence, each in by_sentence.items():
        where = ", ".join(title for title in DATABASES.values() if title in {case.database for case in each})
        outcomes = Counter(case.outcome for case in each)
        counts = " | ".join(str(outcomes[outcome]) for outcome in ("passed", "failed", "skipped"))
        yield f"| {sentence} | {where} | {counts} |"


def elsewhere(cases: list[Case]) -> Iterator[str]:
    """A row for each of the other files that were run."""
    yield "| beside them | tests | passed | failed | skipped |"
    yield "|---|---|---:|---:|---:|"
    for file, title in TESTS.items():
        if file != TOLD:
            outcomes = Counter(case.outcome for case in cases if case.file == file)
            counts = " | ".join(str(outcomes[outcome]) for outcome in ("passed", "failed", "skipped"))
            yield f"| {title} | `{file}` | {counts} |"


def commit() -> str:
    """The commit that is checked out, with a word if files of the package differ from it."""
    head = git("rev-parse", "--short=10", "HEAD")
    return f"{head}, with changes" if git("status", "--porcelain", "--", "src", "tests") else head


def git(*words: str) -> str:
    """What git answers, or nothing where there is none."""
    try:
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


if __name__ == "__main__":
    main()
