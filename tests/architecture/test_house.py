"""The habits of the house, read by the build."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import goodwill
from goodwill.policies.component import registered
from goodwill.policies.decay import Decay
from goodwill.policies.valuation import Step

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "goodwill"
PACKAGES = sorted(path.parent for path in SOURCE.rglob("__init__.py"))
MODULES = sorted(SOURCE.rglob("*.py"))
DECAYS = [module for module in MODULES if module.parent.name == "decays" and module.name != "__init__.py"]
LONGEST_FUNCTION = 70
OPERANDS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["goodwill.operands"]


def relative(path: Path) -> str:
    return path.relative_to(SOURCE.parent).as_posix()


@pytest.mark.parametrize("package", PACKAGES, ids=relative)
def test_every_package_says_what_lives_there(package):
    assert ast.get_docstring(ast.parse((package / "__init__.py").read_text()))


@pytest.mark.parametrize("module", MODULES, ids=relative)
def test_no_function_is_longer_than_a_screen(module):
    functions = [node for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, ast.FunctionDef)]
    too_long = {
        node.name: node.end_lineno - node.body[0].lineno + 1
        for node in functions
        if node.end_lineno - node.body[0].lineno >= LONGEST_FUNCTION
    }
    assert not too_long


def test_the_front_door_exports_what_it_promises():
    assert len(set(goodwill.__all__)) == len(goodwill.__all__)
    assert all(hasattr(goodwill, name) for name in goodwill.__all__)


@pytest.mark.parametrize(("package", "family"), [("decays", Decay), ("valuations", Step)])
def test_every_member_of_a_family_has_an_export_line(package, family):
    front = importlib.import_module(f"goodwill.{package}")
    for module in pkgutil.iter_modules(front.__path__):
        importlib.import_module(f"goodwill.{package}.{module.name}")
    members = [member for member in registered(family).values() if member.__module__.startswith(front.__name__)]
    assert members
    assert {member.__name__ for member in members} <= set(front.__all__)


@pytest.mark.parametrize("decay", DECAYS, ids=relative)
def test_every_decay_has_a_test_file(decay):
    assert (ROOT / "tests" / "decays" / f"test_{decay.name}").exists()


@pytest.mark.parametrize(("library", "module"), OPERANDS.items())
def test_every_operand_module_can_be_loaded(library, module):
    pytest.importorskip(library)
    importlib.import_module(module)


def test_a_new_room_without_a_floor_breaks_the_contracts(tmp_path):
    # A copy of the house with one more room, and the contracts as they are.
    contracts = (ROOT / "pyproject.toml").read_text()
    (tmp_path / "pyproject.toml").write_text(contracts)
    for module in MODULES:
        copy = tmp_path / module.relative_to(SOURCE.parent)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(module.read_bytes())
    (tmp_path / "goodwill" / "attic.py").write_text('"""A room that nobody planned."""\n')
    verdict = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-cache"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert verdict.returncode == 1
    assert "attic" in verdict.stdout
