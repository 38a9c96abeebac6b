"""The docs draw what is registered: a new decay is on the gallery's page without an edit of it."""

from __future__ import annotations

import re
import runpy
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from goodwill.policies.component import preserved_registry, registered
from goodwill.policies.decay import Decay
from goodwill.policies.formula import exp2
from goodwill.policies.lag import Lag
from goodwill.policies.parameters import Days, Positive
from goodwill.policies.valuation import Columns, Stage, Step

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
gallery = SimpleNamespace(**runpy.run_path(str(ROOT / "tools" / "gallery.py")))


@pytest.fixture(autouse=True)
def _own_registry() -> Iterator[None]:
    with preserved_registry():
        yield


def test_every_registered_decay_and_lag_is_drawn(tmp_path: Path) -> None:
    page = gallery.draw(tmp_path).read_text(encoding="utf-8")
    for family in (Decay, Lag):
        for tag, member in registered(family).items():
            assert f"### {member.__name__}\n" in page
            assert f"](gallery/{family.family}.{tag}.svg)" in page
    for name in re.findall(r"\]\(gallery/(.*)\)", page):
        assert ET.parse(tmp_path / "gallery" / name).getroot().tag.endswith("svg")


def test_a_decay_that_is_new_is_drawn_without_an_edit(tmp_path: Path) -> None:
    class Slumber(Decay, type="slumber"):
        """Half is left after a long sleep.

        Example:
            >>> Slumber(days=300).half_life
            300.0
        """

        days: Days

        def remaining(self, age: Any) -> Any:
            return exp2(-age / self.days)

    page = gallery.draw(tmp_path).read_text(encoding="utf-8")
    assert "### Slumber\n\nHalf is left after a long sleep.\n\n`Slumber(days=300.0)`\n" in page
    assert "![The share that remains starts at 1, falls to a half at 300 days and is 0.037 after" in page
    assert (tmp_path / "gallery" / "decay.slumber.svg").exists()


def test_a_step_that_is_new_is_drawn_where_it_is_a_function_of_worth(tmp_path: Path) -> None:
    class Doubled(Step, type="doubled"):
        """Twice the worth.

        Example:
            >>> Doubled(times=2).times
            2.0
        """

        stage: ClassVar[Stage] = Stage.SEVERITY
        times: Positive

        def apply(self, worth: Any, columns: Columns) -> Any:
            return worth * self.times

    page = gallery.draw(tmp_path).read_text(encoding="utf-8")
    assert "### Doubled\n" in page
    assert "one of 20 becomes 40." in page
    assert "### Expectation" not in page  # it looks at what came before


def test_what_was_drawn_before_is_gone(tmp_path: Path) -> None:
    (tmp_path / "gallery").mkdir()
    (tmp_path / "gallery" / "decay.gone.svg").write_text("<svg/>")
    gallery.draw(tmp_path)
    assert not (tmp_path / "gallery" / "decay.gone.svg").exists()
