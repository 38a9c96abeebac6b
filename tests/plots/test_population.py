"""Pictures of many: heights are shares of the accounts, marks are the frame's own numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pandas as pd
import polars as pl
import pytest

from goodwill import Ledger, analytics, presets
from goodwill.domain.errors import WrongType
from goodwill.plots import CannotDraw, compare, standings, waived

DAY = 86_400_000_000
ROWS = {
    "account": ["a", "b", "c", "a", "b", "c", "d"],
    "as_of_us": [0, 0, 0, 7 * DAY, 7 * DAY, 7 * DAY, 7 * DAY],
    "standing": ["overdrawn", "solid", "solid", "overdrawn", "thin", "solid", "solid"],
}
BANDS = ["overdrawn", "thin", "solid"]
WAIVED = {"kind": ["fee_waived", "refund"], "cost": [100.0, 250.0], "bought": [80.0, 190.0], "left": [20.0, 10.0]}


@pytest.mark.parametrize("made", [pl.DataFrame, pl.LazyFrame, pd.DataFrame])
def test_the_height_of_each_area_is_the_share_of_accounts_in_that_standing(made: Any) -> None:
    areas = [patch.get_data() for patch in standings(made(ROWS), bands=BANDS).patches]
    heights = [[top - base for top, base in zip(area.values, area.baseline, strict=True)] for area in areas]
    assert heights == [pytest.approx(each) for each in ([100 / 3, 25.0], [0.0, 25.0], [200 / 3, 50.0])]
    assert list(areas[-1].values) == pytest.approx([100.0, 100.0])
    for lower, upper in pairwise(areas):
        assert list(upper.baseline) == list(lower.values)


def test_the_areas_may_count_accounts_and_stand_from_an_instant_to_the_next() -> None:
    areas = [patch.get_data() for patch in standings(pl.DataFrame(ROWS), bands=BANDS, shares=False).patches]
    assert list(areas[-1].values) == [3.0, 4.0]
    assert list(areas[0].edges) == [0.0, 7.0, 14.0]  # in days since the epoch


def test_every_band_has_a_hatch_of_its_own_and_a_name() -> None:
    ax = standings(pl.DataFrame(ROWS), bands=[*BANDS, "never reached"])
    assert len({patch.get_hatch() for patch in ax.patches}) == 4
    assert {patch.get_facecolor() for patch in ax.patches} == {(1.0, 1.0, 1.0, 1.0)}
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["never reached", *BANDS[::-1]]


def test_without_bands_standings_are_sorted_by_name() -> None:
    legend = standings(pl.DataFrame(ROWS)).get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["thin", "solid", "overdrawn"]


def test_frames_of_which_nothing_can_be_drawn_are_refused() -> None:
    frame = pl.DataFrame(ROWS)
    with pytest.raises(CannotDraw, match="no rows"):
        standings(frame.head(0))
    with pytest.raises(CannotDraw, match="no column standing; it has account, as_of_us"):
        standings(frame.drop("standing"))
    with pytest.raises(CannotDraw, match="solid, thin is among no bands"):
        standings(frame, bands=["overdrawn"])
    with pytest.raises(CannotDraw, match="8 are told apart without color"):
        standings(frame, bands=[*BANDS, *"abcdef"])
    with pytest.raises(CannotDraw, match="column standing has rows without a value"):
        standings(frame.with_columns(standing=pl.lit(None, pl.String)))
    with pytest.raises(WrongType, match="dict is no frame"):
        standings(ROWS)


def marks(ax: Any) -> list[Any]:
    return [line for line in ax.get_lines() if line.get_linestyle() == "None"]


@pytest.mark.parametrize("made", [pl.DataFrame, pd.DataFrame])
def test_cost_and_what_it_bought_are_the_frames_own_the_dearest_kind_first(made: Any) -> None:
    ax = waived(made(WAIVED))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["refund", "fee_waived"]
    assert [list(line.get_xdata()) for line in marks(ax)] == [[250.0, 100.0], [190.0, 80.0], [10.0, 20.0]]
    assert [line.get_label() for line in marks(ax)] == ["cost", "points bought", "points left"]


def test_cost_bought_and_left_are_told_apart_without_color() -> None:
    looks = {(line.get_marker(), line.get_markerfacecolor()) for line in marks(waived(pl.DataFrame(WAIVED)))}
    assert looks == {("D", "white"), ("o", "white"), ("o", "black")}


def test_the_columns_of_waivers_may_have_other_names() -> None:
    frame = pl.DataFrame(WAIVED).rename({"kind": "reason", "left": "points_left"})
    assert len(marks(waived(frame, kind="reason", left="points_left"))) == 3
    with pytest.raises(CannotDraw, match="no column kind, left; it has reason"):
        waived(frame)
    with pytest.raises(CannotDraw, match="a kind is there twice"):
        waived(pl.concat([pl.DataFrame(WAIVED)] * 2))
    with pytest.raises(CannotDraw, match="nothing was waived"):
        waived(pl.DataFrame(WAIVED).head(0))


def test_the_currency_is_said_and_several_have_no_common_axis() -> None:
    frame = pl.DataFrame(WAIVED).with_columns(currency=pl.lit("EUR"), cost=pl.col("cost").cast(pl.Decimal(18, 2)))
    assert waived(frame).get_xlabel() == "EUR, and points"
    mixed = frame.with_columns(currency=pl.Series(["EUR", "USD"]))
    with pytest.raises(CannotDraw, match="costs in EUR, USD have no common axis"):
        waived(mixed)


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    ledger = Ledger.in_memory()
    at = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(6):
        ledger.deposit(f"customer-{number}", "service_heroics", occurred_at=at)
        ledger.withdraw(f"customer-{number}", "late_delivery", number + 1, occurred_at=at)
    return ledger


def compared(ledger: Ledger) -> tuple[Any, list[Any], list[Any]]:
    at = datetime(2026, 2, 1, tzinfo=UTC)
    ours, theirs = (ledger.balances(policy=policy, as_of=at) for policy in (presets.default(), presets.loyalty()))
    return compare(ours, theirs), ours, theirs


def test_every_account_is_where_its_two_balances_are(ledger: Ledger) -> None:
    ax, ours, theirs = compared(ledger)
    drawn = sorted((x, y) for line in marks(ax) for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True))
    assert drawn == sorted((one.points, other.points) for one, other in zip(ours, theirs, strict=True))
    assert ax.get_xlabel() == f"points, {ours[0].policy}"
    assert ax.get_ylabel() == f"points, {theirs[0].policy}"


def test_those_whose_standing_differs_have_another_mark_and_are_counted(ledger: Ledger) -> None:
    ax, ours, theirs = compared(ledger)
    changed = [one.points for one, other in zip(ours, theirs, strict=True) if one.standing != other.standing]
    same, other = marks(ax)
    assert sorted(other.get_xdata()) == sorted(changed)
    assert (same.get_marker(), same.get_markerfacecolor()) != (other.get_marker(), other.get_markerfacecolor())
    told = [text.get_text() for text in ax.get_legend().get_texts()]
    assert told == ["alike", f"same standing ({6 - len(changed)})", f"overdrawn → positive ({len(changed)})"]


def test_the_dashed_line_is_where_both_are_alike(ledger: Ledger) -> None:
    ax, *_ = compared(ledger)
    (line,) = [line for line in ax.get_lines() if line.get_linestyle() == "--"]
    assert list(line.get_xdata()) == list(line.get_ydata()) == list(ax.get_xlim()) == list(ax.get_ylim())


def test_frames_mappings_and_lists_of_balances_give_one_picture(ledger: Ledger) -> None:
    ax, ours, theirs = compared(ledger)
    frames = [
        pl.DataFrame({"account": [b.account for b in read], "balance": [b.points for b in read], "standing": [b.standing for b in read]})
        for read in (ours, theirs)
    ]  # fmt: skip
    mappings = [{balance.account: balance for balance in read} for read in (ours, theirs)]
    for other in (compare(*frames), compare(*mappings)):
        assert [list(line.get_xdata()) for line in marks(other)] == [list(line.get_xdata()) for line in marks(ax)]


def test_what_analytics_compares_is_drawn_as_it_is(ledger: Ledger) -> None:
    policies = {"ours": presets.default(), "theirs": presets.loyalty(), "third": presets.linear()}
    found = analytics.compare(analytics.entries(ledger), policies, datetime(2026, 2, 1, tzinfo=UTC))
    ax, *_ = compared(ledger)
    two = compare(found, names=("ours", "theirs"))
    for line, other in zip(marks(two), marks(ax), strict=True):
        assert list(line.get_xdata()) == pytest.approx(list(other.get_xdata()))  # the engine sums, and the fold
        assert list(line.get_ydata()) == pytest.approx(list(other.get_ydata()))
    assert (two.get_xlabel(), two.get_ylabel()) == ("points, ours", "points, theirs")
    alone = compare(found.accounts.select("account", "balance_theirs", "balance_third"))
    assert alone.get_ylabel() == "points, third"
    for names in (None, ("ours", "nobody's")):
        with pytest.raises(CannotDraw, match=r"of ours, theirs, third: name two of them with names="):
            compare(found, names=names)
    with pytest.raises(WrongType, match="dict is no frame"):
        compare({"ada": 1.0})


def test_many_kinds_of_change_are_joined_so_that_every_mark_is_another() -> None:
    standing = dict(enumerate("abcdefghijkl"))
    ours = pl.DataFrame({"account": list(standing), "balance": [1.0] * 12, "standing": ["z"] * 12})
    theirs = ours.with_columns(standing=pl.Series(list(standing.values())))
    lines = marks(compare(ours, theirs))
    assert sum(len(line.get_xdata()) for line in lines) == 12
    assert len({line.get_marker() for line in lines}) == len(lines) == 7


def test_accounts_that_one_lacks_are_counted_and_two_of_a_name_refused() -> None:
    ax = compare({"ada": 1.0, "bob": 2}, {"ada": 2.0, "eve": 0.0}, names=("now", "then"))
    assert ax.get_legend().get_texts()[-1].get_text() == "not in both (2)"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("points, now", "points, then")
    with pytest.raises(CannotDraw, match="no account in common"):
        compare({"ada": 1.0}, {"bob": 1.0})
    with pytest.raises(CannotDraw, match="'a' is there twice"):
        compare(pl.DataFrame({"account": ["a", "a"], "balance": [1.0, 2.0]}), {"a": 1.0})
    with pytest.raises(WrongType, match="a Balance or points, not str"):
        compare({"ada": "high"}, {"ada": 1.0})
    with pytest.raises(WrongType, match="holds balances of ledger.balances"):
        compare([1.0], [2.0])
