"""What an earlier release wrote of a component, a schedule or a policy loads as the same one, with the same digest."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from goodwill.policies.component import preserved_registry
from goodwill.policies.decay import Decay
from goodwill.policies.formula import exp2
from goodwill.policies.parameters import Days

HERE = Path(__file__).parent
components = SimpleNamespace(**runpy.run_path(str(HERE / "components.py")))
WRITTEN = {
    f"{release.name}: {name}": (name, was)
    for release in sorted(HERE.glob("*/"))
    for name, was in components.written(release).items()
}


@pytest.fixture
def _own_registry() -> Iterator[None]:
    with preserved_registry():
        yield


@pytest.mark.parametrize(("name", "was"), WRITTEN.values(), ids=WRITTEN)
def test_it_loads_as_what_was_written_with_the_same_digest(name: str, was: dict[str, Any]) -> None:
    loaded = components.from_json(name, was["json"])
    assert loaded == components.from_code(was["code"])
    assert loaded.digest == was["digest"]
    assert loaded.to_dict() == was["json"]


def test_everything_that_ships_was_written() -> None:
    missing = components.shipped().keys() - {name for name, _ in WRITTEN.values()}
    assert not missing, f"no release has written {', '.join(sorted(missing))}: run python tests/compat/write.py"


@pytest.mark.usefixtures("_own_registry")
def test_a_new_component_is_missed_and_then_written_beside_the_others(tmp_path: Path) -> None:
    before = components.shipped().keys()

    class Halving(Decay, type="halving"):
        """Half is left.

        Example:
            >>> Halving(days=3).half_life
            3.0
        """

        __module__ = "goodwill.decays.half_life"  # it looks like one that ships
        days: Days

        def remaining(self, age: Any) -> Any:
            return exp2(-age / self.days)

    assert components.shipped().keys() - before == {"decay.halving"}
    assert components.write_missing(tmp_path, elsewhere=set(before)) == ["decay.halving"]
    assert components.write_missing(tmp_path, elsewhere=set(before)) == []
    assert components.from_json("decay.halving", components.written(tmp_path)["decay.halving"]["json"]) == Halving(
        days=3
    )
