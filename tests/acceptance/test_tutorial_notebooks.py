"""The tutorial's notebooks say what they show: each is executed anew, and its outputs are those that are kept in it."""

from __future__ import annotations

import os
import re
import runpy
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
tool = SimpleNamespace(**runpy.run_path(str(ROOT / "tools" / "notebooks.py")))
NUMBER = re.compile(r"-?\d[\d,]*\.?\d*")
ELSEWHERE = re.compile(r"/(?:home|root|tmp|usr|work|Users)/|\b0x[0-9a-f]{6,}")
"""Paths and addresses of the machine that executed it."""


def code(notebook: Any) -> list[Any]:
    """The cells that are executed."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def said(cell: Any) -> list[str]:
    """What a cell printed and showed, as text."""
    return [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.outputs]


def forms(cell: Any) -> list[set[str]]:
    """In which forms each output of a cell is there: text, a table, a picture."""
    return [set(output.get("data", ())) for output in cell.outputs]


def same_numbers(found: str, kept: str) -> bool:
    """Whether two texts are the same, but for spaces, and for one in the last digit of a number."""
    if re.sub(r"\s+|-{2,}", " ", NUMBER.sub("#", found)) != re.sub(r"\s+|-{2,}", " ", NUMBER.sub("#", kept)):
        return False
    numbers = ([Decimal(number.replace(",", "")) for number in NUMBER.findall(text)] for text in (found, kept))
    return all(abs(one - other) <= last_digit(other) for one, other in zip(*numbers, strict=True))


def last_digit(number: Decimal) -> Decimal:
    """One in the last place of a number with decimals; 0 of a whole one, which is a count."""
    exponent = int(number.as_tuple().exponent)
    return Decimal(1).scaleb(exponent) if exponent < 0 else Decimal(0)


@pytest.fixture
def _data() -> None:
    if not tool.DATA.exists():
        # On CI the data must be there: a check that is skipped there is no check.
        (pytest.fail if "CI" in os.environ else pytest.skip)(f"{tool.DATA} is not there; no notebook was executed")


@pytest.mark.usefixtures("_data")
@pytest.mark.parametrize("path", tool.notebooks(), ids=lambda path: path.stem)
def test_a_notebook_shows_again_what_it_keeps(path: Path) -> None:
    found, kept = tool.executed(path), nbformat.read(path, as_version=4)
    for new, old in zip(code(found), code(kept), strict=True):
        assert forms(new) == forms(old), new.id
        assert len(new.outputs) == len(old.outputs)
        for shown, was in zip(said(new), said(old), strict=True):
            assert same_numbers(shown, was), (
                f"{new.id}: make notebooks writes what is there now:\n{shown}\n--- was\n{was}"
            )


@pytest.mark.parametrize("path", tool.notebooks(), ids=lambda path: path.stem)
def test_a_notebook_keeps_nothing_of_who_executed_it_and_is_small(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert all(set(cell.metadata) <= {"alt"} for cell in notebook.cells)
    assert [cell.execution_count for cell in code(notebook)] == list(range(1, len(code(notebook)) + 1))
    told = "\n".join(
        [*(cell.source for cell in notebook.cells), *(text for cell in code(notebook) for text in said(cell))]
    )
    assert ELSEWHERE.search(told) is None
    assert not any(output.get("name") == "stderr" for cell in code(notebook) for output in cell.outputs)
    assert path.stat().st_size < 400_000


@pytest.mark.parametrize("path", tool.notebooks(), ids=lambda path: path.stem)
def test_a_page_has_the_notebook_s_pictures_in_words_and_its_tables_plain(path: Path, tmp_path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    page = tool.page(notebook, path.stem, tmp_path).read_text(encoding="utf-8")
    pictures = re.findall(r"!\[(.+)\]\((\S+\.png)\)\{ width=\d+ \}", page)
    drawn = sum("image/png" in form for cell in code(notebook) for form in forms(cell))
    assert len(pictures) == drawn > 0
    assert all((tmp_path / file).read_bytes().startswith(b"\x89PNG") for _, file in pictures)
    assert "<style" not in page
    assert re.findall(r"\((\S+\.ipynb)\)", page) == [f"../{path.name}"]  # links to others are to their pages
    assert page.count("<table>") == sum("text/html" in form for cell in code(notebook) for form in forms(cell))


def test_a_number_may_move_by_one_in_its_last_digit_and_a_count_not_at_all() -> None:
    assert same_numbers("a  1.24\nb 7", "a 1.23 \n b 7")
    assert not same_numbers("a 1.25", "a 1.23")
    assert not same_numbers("a 1,001", "a 1,000")
    assert not same_numbers("late 3", "early 3")
