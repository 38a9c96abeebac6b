"""Begin a new decay: its file, its export line and its test. Usage: make decay NAME=ebbinghaus."""

from __future__ import annotations

import argparse
import keyword
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

MEMBER = '''"""{title}: say in one line what sets this decay apart."""

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

TEST = '''"""What is known of {class_name} beyond the laws, which `check_decay` runs."""

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


def main() -> None:
    """Write the three, or say why not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="a module's name, such as ebbinghaus or half_life")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    name, root = arguments.name, arguments.root
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        sys.exit(f"NAME={name!r} is no module's name; write it like this: make decay NAME=power_law")
    class_name = "".join(word.capitalize() for word in name.split("_"))
    facts = {"name": name, "class_name": class_name, "title": name.replace("_", " ").capitalize()}
    front = root / "src/goodwill/decays/__init__.py"
    new = {
        root / f"src/goodwill/decays/{name}.py": MEMBER.format(**facts),
        root / f"tests/decays/test_{name}.py": TEST.format(**facts),
    }
    for path in new:
        if path.exists():
            sys.exit(f"{path.relative_to(root)} is there already; nothing was written")
    for path, text in new.items():
        path.write_text(text, encoding="utf-8")
    front.write_text(exporting(front.read_text(encoding="utf-8"), name, class_name), encoding="utf-8")
    # ruff puts the new line where it belongs.
    touched = [front, *new]
    for ruff in (["check", "--quiet", "--select", "I", "--fix"], ["format", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *ruff, *touched], check=True)
    for path in touched:
        print(path.relative_to(root))


def exporting(front: str, name: str, class_name: str) -> str:
    """The package's front with one more import and one more name in `__all__`."""
    line = f"from goodwill.decays.{name} import {class_name}\n"
    first_import = re.search(r"^from goodwill\.decays\.", front, re.MULTILINE)
    if first_import is None:
        sys.exit("decays/__init__.py imports no decay yet; add the first by hand")
    front = front[: first_import.start()] + line + front[first_import.start() :]

    def with_the_name(listed: re.Match[str]) -> str:
        names = sorted({*re.findall(r'"(\w+)"', listed[0]), class_name})
        return f"__all__ = [{', '.join(map(repr, names))}]"

    return re.sub(r"^__all__ = \[[^]]*\]", with_the_name, front, flags=re.MULTILINE)


if __name__ == "__main__":
    main()
