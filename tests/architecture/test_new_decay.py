"""`make decay NAME=x` gives a stranger three files that pass at once."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The parts of the project that a new decay touches."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "tests" / "decays").mkdir(parents=True)
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


def new_decay(copy: Path, name: str) -> subprocess.CompletedProcess[str]:
    return run(copy, str(ROOT / "tools" / "new_decay.py"), name, "--root", str(copy))


@pytest.mark.slow
def test_a_new_decay_passes_its_laws_lint_and_types_at_once(copy):
    pytest.importorskip("ruff", reason="lint is not installed")
    made = new_decay(copy, "slow_fade")
    assert made.stdout.split() == [
        "src/goodwill/decays/__init__.py",
        "src/goodwill/decays/slow_fade.py",
        "tests/decays/test_slow_fade.py",
    ], made.stderr
    for command in (
        ["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/decays", "src/goodwill/decays/slow_fade.py"],
        ["-m", "ruff", "check", "."],
        ["-m", "ruff", "format", "--check", "src/goodwill/decays", "tests"],
    ):
        done = run(copy, *command)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["HalfLife", "half-life", "1st", "class", "../x", ""])
def test_a_name_that_is_no_modules_is_refused_and_nothing_is_written(copy, name):
    refused = new_decay(copy, name)
    assert refused.returncode != 0
    assert "make decay NAME=" in refused.stderr
    assert not list((copy / "tests" / "decays").iterdir())


def test_a_decay_that_is_there_is_left_alone(copy):
    before = (copy / "src/goodwill/decays/half_life.py").read_bytes()
    refused = new_decay(copy, "half_life")
    assert refused.returncode != 0
    assert (copy / "src/goodwill/decays/half_life.py").read_bytes() == before
