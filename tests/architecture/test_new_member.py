"""`make decay NAME=x` and `make step NAME=x` give a stranger three files that pass at once."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {"decay": "decays", "step": "valuations"}


FOUND_BY_ITSELF = """
import sys
from goodwill import Policy
from goodwill.policies.component import registered
from goodwill.policies.model import families
from goodwill.testing import example_of
family = families[sys.argv[1]]
made = example_of(registered(family)["slow_fade"])
assert family.from_json(made.to_json()) == made
assert f"{family.family}.slow_fade" in Policy.json_schema()["$defs"]
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The parts of the project that a new member touches."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for package in PACKAGES.values():
        (tmp_path / "tests" / package).mkdir(parents=True)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def run(copy: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=copy,
        env={"PYTHONPATH": str(copy / "src"), "PATH": "", "GOODWILL_EXAMPLES": "10"},
        capture_output=True,
        text=True,
        check=False,
    )


def new(copy: Path, family: str, name: str) -> subprocess.CompletedProcess[str]:
    return run(copy, str(ROOT / "tools" / "new_member.py"), family, name, "--root", str(copy))


@pytest.mark.slow
@pytest.mark.parametrize("family", PACKAGES)
def test_a_new_member_passes_its_laws_and_lint_at_once(copy, family):
    pytest.importorskip("ruff", reason="lint is not installed")
    package = PACKAGES[family]
    made = new(copy, family, "slow_fade")
    assert made.stdout.split() == [
        f"src/goodwill/{package}/__init__.py",
        f"src/goodwill/{package}/slow_fade.py",
        f"tests/{package}/test_slow_fade.py",
    ], made.stderr
    for command in (
        ["-m", "pytest", "-q", "-p", "no:cacheprovider", f"tests/{package}", f"src/goodwill/{package}/slow_fade.py"],
        ["-m", "ruff", "check", "."],
        ["-m", "ruff", "format", "--check", f"src/goodwill/{package}", "tests"],
        # Its JSON and the schema find it by themselves; tests/compat and the gallery, by its example.
        ["-c", FOUND_BY_ITSELF, family],
    ):
        done = run(copy, *command)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["HalfLife", "half-life", "1st", "class", "../x", ""])
def test_a_name_that_is_no_modules_is_refused_and_nothing_is_written(copy, name):
    refused = new(copy, "step", name)
    assert refused.returncode != 0
    assert "make step NAME=" in refused.stderr
    assert not list((copy / "tests" / "valuations").iterdir())


def test_a_decay_that_is_there_is_left_alone(copy):
    before = (copy / "src/goodwill/decays/half_life.py").read_bytes()
    refused = new(copy, "decay", "half_life")
    assert refused.returncode != 0
    assert (copy / "src/goodwill/decays/half_life.py").read_bytes() == before
