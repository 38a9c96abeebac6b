"""Pictures leave no trace: no pyplot, no style changed, nothing but the axes that were given."""

from __future__ import annotations

import subprocess
import sys

import matplotlib as mpl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from goodwill import presets
from goodwill.decays import HalfLife
from goodwill.plots import card, decays, value
from goodwill.plots.canvas import HATCHES, LINES, MARKERS, spread

FIRST_WITHOUT = """
import sys
sys.modules["matplotlib"] = None
try:
    import goodwill.plots
except ImportError as error:
    print(error)
del sys.modules["matplotlib"]
from goodwill import plots, presets
plots.value(presets.default())
print("matplotlib.pyplot" in sys.modules)
"""


@pytest.mark.slow
def test_without_what_draws_the_import_names_the_extra_and_with_it_no_pyplot_is_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", FIRST_WITHOUT], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["goodwill.plots needs matplotlib: install goodwill[plots]", "False"]


def test_no_style_is_changed() -> None:
    before = dict(mpl.rcParams)
    card(presets.default())
    assert dict(mpl.rcParams) == before


def test_what_is_given_is_drawn_on_and_returned() -> None:
    left, right = Figure().subplots(1, 2)
    assert decays({"support": HalfLife(days=84)}, ax=left) is left
    assert not right.get_lines()


def test_axes_of_our_own_are_a_printed_column_wide_and_show_themselves_in_a_notebook() -> None:
    ax = value(presets.default())
    assert ax.get_figure().get_size_inches()[0] == 3.4
    for shown in (ax, ax.get_figure()):
        png, size = shown._repr_png_()
        assert png.startswith(b"\x89PNG")
        assert size["width"] == 490


def test_lines_marks_and_hatches_are_each_another() -> None:
    assert len({str(line) for line in LINES}) == len(set(MARKERS)) == len(set(HATCHES)) == 8


@settings(max_examples=30)
@given(st.lists(st.floats(0, 1), max_size=20), st.floats(0.001, 0.2))
def test_labels_keep_their_order_and_their_distance(places: list[float], gap: float) -> None:
    moved = spread(places, gap)
    order = sorted(range(len(places)), key=lambda index: places[index])
    room = min(gap, 1 / max(len(places) - 1, 1))
    apart = [moved[high] - moved[low] for low, high in zip(order, order[1:], strict=False)]  # noqa: RUF007
    assert all(distance >= room - 1e-9 for distance in apart)
    assert all(-1e-9 <= place <= 1 + 1e-9 for place in moved)


def test_labels_that_have_room_stay_where_they_are() -> None:
    assert spread([0.7, 0.1, 0.4], 0.2) == pytest.approx([0.7, 0.1, 0.4])
