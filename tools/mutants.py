"""Change domain, policies, decays and valuations line by line, see whether the tests notice, and write what survived.

Usage: make mutants (more than an hour on two quiet cores); make mutants PACKAGES="decays" for some; or
python tools/mutants.py --page to write the page from the last runs. The changes are mutmut's. Each package is changed in
a copy of its own under build/, where the tests of its own floor judge it, so that a change costs a second or two.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "explanation" / "evidence.md"
WORK = ROOT / "build" / "mutants"
# Which tests judge the changes of a package.
JUDGES = {
    "decays": ["tests/decays", "tests/policies/test_decay.py"],
    "valuations": ["tests/valuations", "tests/policies/test_fold.py"],
    "domain": ["tests/domain", "tests/ledger"],
    "policies": [
        "tests/policies",
        "tests/terms",
        "tests/lags",
        "tests/readouts",
        "tests/decays/test_stepped.py",
        "tests/ledger/test_promises.py",
        "tests/ledger/test_openings.py",
        "tests/ledger/test_reading.py",
    ],
}
BEGIN, END = "<!-- mutants -->", "<!-- /mutants -->"
EXAMPLES = "6"
"""Of a property test: a change that few examples do not show is a survivor."""

CONFIGURATION = """
[tool.mutmut]
source_paths = ["src"]
only_mutate = ["src/goodwill/{package}/*.py"]
also_copy = ["conftest.py"]
pytest_add_cli_args_test_selection = {judges}
pytest_add_cli_args = ["-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov"]
timeout_multiplier = 3.0
timeout_constant = 10.0
"""
OUTCOMES = {0: "survived", 33: "not reached", 1: "killed", 3: "killed", 255: "not run"}
"""By the exit code of the tests; 255 is a worker that could not begin."""
LATE = "timed out"
UNJUDGED = "not run"


class Mutant(NamedTuple):
    """One changed line: where it is, and what came of it."""

    file: str
    name: str
    outcome: str

    @property
    def function(self) -> str:
        """The function or method that was changed."""
        return self.name.rsplit(".", 1)[-1].partition("__mutmut_")[0].removeprefix("x").strip("_ǁ").replace("ǁ", ".")


def main() -> None:
    """Run mutmut on the packages, then write the page."""
    asked = [name for name in sys.argv[1:] if name in JUDGES]
    if "--page" not in sys.argv:
        for package in asked or JUDGES:
            run(package)
    found = [mutant for package in JUDGES for mutant in mutants(package)]
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before.rstrip()}\n\n{BEGIN}\n\n{section(found)}\n{END}{after or chr(10)}", encoding="utf-8")
    print(summary(found))


def run(package: str) -> None:
    """Change one package in a copy of the project, with the shared cases beside it where they are beside the project."""
    work = WORK / package
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    for name in ("src", "tests"):
        shutil.copytree(ROOT / name, work / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "conftest.py", work)
    configuration = CONFIGURATION.format(package=package, judges=json.dumps(JUDGES[package]))
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (work / "pyproject.toml").write_text(project + configuration, encoding="utf-8")
    shared = ROOT.parent / "shared"
    if shared.exists():
        (work / "shared").symlink_to(shared.resolve())
    environment = {**os.environ, "GOODWILL_EXAMPLES": EXAMPLES, "CI": "true"}
    subprocess.run([sys.executable, "-m", "mutmut", "run"], cwd=work, env=environment, check=False)


def mutants(package: str) -> Iterator[Mutant]:
    """All mutants of the last run on a package."""
    for meta in sorted((WORK / package / "mutants" / "src" / "goodwill" / package).glob("*.py.meta")):
        judged = json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
        for name, code in judged.items():
            outcome = UNJUDGED if code is None else OUTCOMES.get(code, LATE)
            yield Mutant(f"{package}/{meta.name.removesuffix('.meta')}", name, outcome)


def score(found: list[Mutant]) -> float:
    """The share that the tests noticed, by a failure or by never coming to an end."""
    counts = Counter(mutant.outcome for mutant in found)
    judged = len(found) - counts[UNJUDGED]
    return (counts["killed"] + counts[LATE]) / judged if judged else 0.0


def summary(found: list[Mutant]) -> str:
    """One line."""
    counts = Counter(mutant.outcome for mutant in found)
    return f"{score(found):.1%} killed of {len(found)}: {dict(counts)}"


def section(found: list[Mutant]) -> str:
    """The page's section."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short=10", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    day = datetime.now(UTC).date().isoformat()
    rows = [row(package, [each for each in found if each.file.startswith(f"{package}/")]) for package in JUDGES]
    return f"""## Mutation testing

Written by `make mutants`. mutmut {version("mutmut")} changed {len(found):,} places of `domain`, `policies`, `decays` and
`valuations`, one at a time, and ran the tests that reach the place, with {EXAMPLES} examples for a property. Run on {day}
at commit `{commit}`.

| package | killed | timed out | survived | not reached | not run | killed in all |
|---|---:|---:|---:|---:|---:|---:|
{chr(10).join(rows)}
{row("all", found)}

A change counts as killed if a test fails or never ends. What runs when a module is imported (a class that enters its
family, a formula that is made) cannot be judged: a changed process has imported it before.

### What survived

{chr(10).join(survivors(found))}
"""


def row(name: str, found: list[Mutant]) -> str:
    """One line of the table."""
    counts = Counter(mutant.outcome for mutant in found)
    numbers = " | ".join(f"{counts[each]:,}" for each in ("killed", LATE, "survived", "not reached", UNJUDGED))
    judged = any(mutant.outcome != UNJUDGED for mutant in found)
    return f"| {name} | {numbers} | {f'{score(found):.1%}' if judged else 'not run'} |"


def survivors(found: list[Mutant]) -> Iterator[str]:
    """The changes that no test noticed, by file and function."""
    by_file: dict[str, list[Mutant]] = defaultdict(list)
    for mutant in found:
        if mutant.outcome in {"survived", "not reached"}:
            by_file[mutant.file].append(mutant)
    for file, survived in sorted(by_file.items()):
        yield f"- `{file}`"
        package = file.partition("/")[0]
        source = (WORK / package / "mutants" / "src" / "goodwill" / file).read_text(encoding="utf-8")
        for mutant in survived:
            yield f"    - `{mutant.function}`: {change(source, mutant.name.rsplit('.', 1)[-1])}"


def change(source: str, key: str) -> str:
    """What a mutant changed, as the line before and the line after."""
    before, after = (body(source, each) for each in (f"{key.partition('__mutmut_')[0]}__mutmut_orig", key))
    lines = [line for line in difflib.ndiff(before, after) if line[:2] in {"- ", "+ "}]
    gone, come = ([line[2:].strip() for line in lines if line[0] == sign] for sign in "-+")
    return f"`{' '.join(gone)[:90]}` became `{' '.join(come)[:90]}`".replace("``", "` `")


def body(source: str, function: str) -> list[str]:
    """The lines of a generated function, under one name."""
    found = re.search(rf"^( *)(?:async )?def {re.escape(function)}\(", source, re.MULTILINE)
    if found is None:
        return []
    lines = source[found.start() :].splitlines()
    indent = len(found[1])
    rest = [n for n, line in enumerate(lines[1:], 1) if line.strip() and len(line) - len(line.lstrip()) <= indent]
    ends = [n for n in rest if not lines[n].lstrip().startswith(")")]
    return [line.replace(function, "f") for line in lines[: ends[0] if ends else len(lines)]]


if __name__ == "__main__":
    main()
