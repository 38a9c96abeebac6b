"""Begin a new decay, or a new step of a valuation: its file, its export line and its test.

Usage: make decay NAME=ebbinghaus, or make step NAME=gratitude.
"""

from __future__ import annotations

import argparse
import keyword
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent

DECAY = '''"""{title}: say in one line what sets this decay apart."""

from __future__ import annotations

from goodwill.policies.decay import Decay
from goodwill.policies.formula import Operand, exp2
from goodwill.policies.parameters import Days

__all__ = ["{class_name}"]


class {class_name}(Decay, type="{name}"):
    """Half of what is left fades every `days` days: put your formula here, and name its source.

    Args:
        days: the half-life.

    Example:
        >>> {class_name}(days=30).curve([0, 30])
        [1.0, 0.5]
    """

    days: Days

    def remaining(self, age: Operand) -> Operand:
        """2^(-age/days); use the functions of `goodwill.policies.formula`, and `where` instead of `if`."""
        return exp2(-age / self.days)
'''

DECAY_TEST = '''"""What is known of {class_name} beyond the laws, which `check_decay` runs."""

from __future__ import annotations

import pytest

from goodwill.decays import {class_name}
from goodwill.testing import check_decay


def test_it_obeys_the_laws_of_a_decay():
    check_decay({class_name})


@pytest.mark.parametrize(("age", "share"), [(0.0, 1.0), (30.0, 0.5)])
def test_it_has_the_published_values(age, share):
    assert {class_name}(days=30).share(age) == pytest.approx(share, abs=1e-12)
'''


STEP = '''"""{title}: say in one line what this step does to a worth."""

from __future__ import annotations

from typing import Any, ClassVar

from goodwill.policies.parameters import Positive
from goodwill.policies.valuation import Columns, Stage, Step

__all__ = ["{class_name}"]


class {class_name}(Step, type="{name}"):
    """The worth times `factor`: put your formula here, and name its source.

    Attributes:
        factor: above 0.

    Example:
        >>> {class_name}(factor=2).apply(-3.0, Columns("dispute", -1.0, 1.0))
        -6.0
    """

    stage: ClassVar[Stage] = Stage.SEVERITY  # where it stands in the order; a valuation has one of each

    factor: Positive

    def apply(self, worth: Any, columns: Columns) -> Any:
        """The worth after it; use the functions of `goodwill.policies.formula`, and `where` instead of `if`."""
        return worth * self.factor
'''

STEP_TEST = '''"""What is known of {class_name} beyond the laws, which `check_valuation` runs."""

from __future__ import annotations

import pytest

from goodwill.policies.valuation import Columns
from goodwill.testing import check_valuation
from goodwill.valuations import {class_name}


def test_it_obeys_the_laws_of_a_reading():
    check_valuation({class_name}, examples=10)


@pytest.mark.parametrize(("before", "after"), [(0.0, 0.0), (-3.0, -6.0)])
def test_it_has_the_published_values(before, after):
    assert {class_name}(factor=2).apply(before, Columns("dispute", -1.0, 1.0)) == pytest.approx(after, abs=1e-12)
'''


class Family(NamedTuple):
    """Where the members of a family live, and how one begins."""

    package: str
    member: str
    test: str
    such_as: str


FAMILIES = {
    "decay": Family("decays", DECAY, DECAY_TEST, "power_law"),
    "step": Family("valuations", STEP, STEP_TEST, "double_deviation"),
}


def main() -> None:
    """Write the three, or say why not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("family", choices=FAMILIES)
    parser.add_argument("name", help="a module's name, such as ebbinghaus or half_life")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    name, root, family = arguments.name, arguments.root, FAMILIES[arguments.family]
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        sys.exit(
            f"NAME={name!r} is no module's name; write it like this: make {arguments.family} NAME={family.such_as}"
        )
    class_name = "".join(word.capitalize() for word in name.split("_"))
    facts = {"name": name, "class_name": class_name, "title": name.replace("_", " ").capitalize()}
    front = root / f"src/goodwill/{family.package}/__init__.py"
    new = {
        root / f"src/goodwill/{family.package}/{name}.py": family.member.format(**facts),
        root / f"tests/{family.package}/test_{name}.py": family.test.format(**facts),
    }
    for path in new:
        if path.exists():
            sys.exit(f"{path.relative_to(root)} is there already; nothing was written")
    for path, text in new.items():
        path.write_text(text, encoding="utf-8")
    front.write_text(exporting(front.read_text(encoding="utf-8"), family.package, name, class_name), encoding="utf-8")
    # ruff puts the new line where it belongs.
    touched = [front, *new]
    for ruff in (["check", "--quiet", "--select", "I", "--fix"], ["format", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *ruff, *touched], check=True)
    for path in touched:
        print(path.relative_to(root))


def exporting(front: str, package: str, name: str, class_name: str) -> str:
    """The package's front with one more import and one more name in `__all__`."""
    line = f"from goodwill.{package}.{name} import {class_name}\n"
    first_import = re.search(rf"^from goodwill\.{package}\.", front, re.MULTILINE)
    if first_import is None:
        sys.exit(f"{package}/__init__.py imports no member yet; add the first by hand")
    front = front[: first_import.start()] + line + front[first_import.start() :]

    def with_the_name(listed: re.Match[str]) -> str:
        names = sorted({*re.findall(r'"(\w+)"', listed[0]), class_name})
        return f"__all__ = [{', '.join(map(repr, names))}]"

    return re.sub(r"^__all__ = \[[^]]*\]", with_the_name, front, flags=re.MULTILINE)


if __name__ == "__main__":
    main()
