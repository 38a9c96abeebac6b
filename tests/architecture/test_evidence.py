"""`make thorough` holds every member of every family to its laws, and keeps what others wrote on its page."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from goodwill.policies.component import preserved_registry, registered
from goodwill.policies.valuation import Columns, Stage, Step

ROOT = Path(__file__).resolve().parents[2]
evidence = SimpleNamespace(**runpy.run_path(str(ROOT / "tools" / "evidence.py")))


@pytest.fixture(autouse=True)
def _own_registry() -> Iterator[None]:
    with preserved_registry():
        yield


@pytest.mark.parametrize("family", evidence.FAMILIES)
def test_a_member_of_each_family_is_held_to_every_law(family: str) -> None:
    tag = next(iter(registered(evidence.FAMILIES[family].base)))
    found = evidence.held(family, tag, 3)
    assert (found.member, found.tried, found.faults) == (tag, 3, {})


def test_what_breaks_a_law_is_told_on_the_page() -> None:
    class Drifts(Step, type="drifts"):
        stage: ClassVar[Stage] = Stage.SEVERITY

        def apply(self, worth: Any, columns: Columns) -> Any:
            return worth * 1e308 * 10

    found = evidence.held("step", "drifts", 20)
    page = evidence.page([found], 1, 20, "")
    assert "a reading is a finite number" in {law.partition(":")[0] for law in found.faults}
    assert "laws are broken**, listed below" in page
    assert "| `drifts` | 20 | 20 | " in page
    assert "Drifts()" in page


def test_what_stands_between_the_marks_is_kept() -> None:
    chaos = "<!-- chaos -->\n## Faults\n\n300 were killed.\n<!-- /chaos -->"
    mutants = "<!-- mutants -->\n## Mutants\n\n91% were killed.\n<!-- /mutants -->"
    before = f"# An older page\n\nwith | a table |\n\n{chaos}\n\n{mutants}\n"
    page = evidence.page([], 33, 10_000, before)
    assert page.endswith(f"\n{chaos}\n\n{mutants}\n")
    assert "An older page" not in page
    assert evidence.page([], 33, 10_000, page).count("91% were killed") == 1


def test_a_member_that_held_is_not_tried_again_while_the_code_that_judges_it_is_the_same() -> None:
    found = evidence.held("decay", "half_life", 3)
    page = evidence.page([found], 33, 3, "")
    assert "the 1 of 33 members tried so far" in page
    assert evidence.standing(page, 3) == {("decay", "half_life"): found}
    assert evidence.standing(page, 4) == {}
    assert evidence.standing(page.replace(evidence.judges("decay"), "0" * 12), 3) == {}


def test_the_laws_of_one_family_judge_no_other() -> None:
    assert len({evidence.judges(family) for family in ("decay", "lag", "step")}) == 3
    assert evidence.judges("step") == evidence.judges("term")


def test_a_member_that_broke_a_law_is_tried_again() -> None:
    found = evidence.held("decay", "half_life", 3)._replace(faults={"it starts whole": "0.9"})
    assert evidence.standing(evidence.page([found], 33, 3, ""), 3) == {}
