"""One customer's pictures: the curve is the ledger's own balance, and the bars add up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from goodwill import Ledger, Money, Observation, Ref, presets
from goodwill.domain.errors import InvalidPeriod, NaiveDatetime, UnknownAccount, WrongType
from goodwill.plots import balance, waterfall
from goodwill.terms import Silence

START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)


def day(month: int, number: int) -> datetime:
    return datetime(2026, month, number, tzinfo=UTC)


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    ledger = Ledger.in_memory()
    ledger.deposit("ada", "upgrade", occurred_at=day(1, 5) - timedelta(days=30))
    ledger.withdraw("ada", "late_delivery", 3, occurred_at=day(2, 1), reference="late")
    ledger.withdraw("ada", "dispute", occurred_at=day(2, 2))
    ledger.deposit("ada", "fee_waived", cost=Money("14.99", "USD"), in_response_to=Ref("late"), occurred_at=day(2, 3))
    ledger.deposit("ada", "thank_you", occurred_at=day(2, 3))
    ledger.deposit("ada", "service_heroics", occurred_at=day(5, 20))
    return ledger


def curve(ax: Any) -> Any:
    return next(line for line in ax.get_lines() if len(line.get_xdata()) > 100)


@pytest.mark.parametrize("policy", [presets.default(), presets.habituation(), presets.honeymoon()])
def test_the_curve_is_the_balance_that_the_ledger_reads_at_each_instant(ledger: Ledger, policy: Any) -> None:
    line = curve(balance(ledger, "ada", START, END, policy))
    drawn = list(zip(line.get_xdata(), line.get_ydata(), strict=True))
    assert (drawn[0][0], drawn[-1][0]) == (START, END)
    for instant, points in drawn[::10]:
        assert points == pytest.approx(ledger.balance("ada", as_of=instant, policy=policy).points, abs=1e-9)


def test_it_jumps_at_an_entry_and_not_before(ledger: Ledger) -> None:
    line = curve(balance(ledger, "ada", START, END))
    drawn = dict(zip(line.get_xdata(), line.get_ydata(), strict=True))
    before, after = drawn[day(5, 20) - timedelta(microseconds=1)], drawn[day(5, 20)]
    (heroics,) = [entry for entry in ledger.contributions("ada", as_of=END) if entry.kind == "service_heroics"]
    assert after - before == pytest.approx(heroics.worth, abs=1e-6)


def test_a_stock_to_begin_with_is_there_from_the_opening_on_and_not_before() -> None:
    ledger = Ledger.in_memory()
    ledger.record(Observation(account="ada", kind="purchase", magnitude=5, currency="USD", occurred_at=day(3, 10)))
    line = curve(balance(ledger, "ada", START, END, presets.honeymoon()))
    drawn = dict(zip(line.get_xdata(), line.get_ydata(), strict=True))
    assert (drawn[day(3, 10) - timedelta(microseconds=1)], drawn[day(3, 10)]) == (0.0, 20.0)


def test_every_entry_of_the_time_is_marked_by_its_sign_and_named_with_its_worth(ledger: Ledger) -> None:
    ax = balance(ledger, "ada", START, END)
    within = [entry for entry in ledger.contributions("ada", as_of=END) if entry.occurred_at >= START]
    named = [text.get_text().split(" ") for text in ax.texts]
    assert sorted(name for name, _ in named) == sorted(entry.kind for entry in within)
    marks = {
        line.get_marker(): line for line in ax.get_lines() if line.get_linestyle() == "None" and len(line.get_xdata())
    }
    assert list(marks["^"].get_xdata()) == [entry.occurred_at for entry in within if entry.worth > 0]
    assert list(marks["v"].get_xdata()) == [entry.occurred_at for entry in within if entry.worth < 0]
    assert marks["^"].get_markerfacecolor() != marks["v"].get_markerfacecolor()
    for name, worth in named:
        kinds = [entry for entry in within if entry.kind == name]
        assert any(abs(float(worth.replace("\N{MINUS SIGN}", "-")) - entry.worth) <= 0.05 for entry in kinds)


def test_names_do_not_touch_however_near_the_entries_are(ledger: Ledger) -> None:
    ax = balance(ledger, "ada", START, END)
    places = sorted(text.get_position()[0] for text in ax.texts)
    wide = ax.get_window_extent().width / ax.figure.dpi * 72
    gaps = [(high - low) * wide for low, high in pairwise(places)]
    assert min(gaps) >= max(text.get_fontsize() for text in ax.texts)


def test_the_overdrawn_part_is_hatched_and_reaches_as_low_as_the_balance(ledger: Ledger) -> None:
    ax = balance(ledger, "ada", START, END)
    (area,) = ax.collections
    assert area.get_hatch()
    lowest = min(path.vertices[:, 1].min() for path in area.get_paths())
    assert lowest == min(curve(ax).get_ydata()) < 0.0
    assert max(path.vertices[:, 1].max() for path in area.get_paths()) == 0.0


def test_of_many_entries_the_largest_are_named_and_it_says_so(ledger: Ledger) -> None:
    ax = balance(ledger, "ada", START, END, named=2)
    assert [text.get_text().split(" ")[0] for text in ax.texts] == ["late_delivery", "dispute"]
    assert ax.get_xlabel().endswith("\n2 of 5 entries named")
    assert len(balance(ledger, "ada", START, END, named=0).texts) == 0


def test_a_time_in_which_nothing_happened_is_drawn(ledger: Ledger) -> None:
    ax = balance(ledger, "ada", day(6, 1), END)
    assert not ax.texts
    assert len(curve(ax).get_xdata()) == 201


def test_it_can_be_read_as_it_was_known(ledger: Ledger) -> None:
    ax = balance(ledger, "ada", START, END, known_at=START)
    assert set(curve(ax).get_ydata()) == {0.0}


def test_the_picture_says_who_it_is_of_and_under_which_policy() -> None:
    ledger = Ledger.in_memory()
    ledger.deposit("$1 and $2", "upgrade", occurred_at=day(1, 5))
    ax = balance(ledger, "$1 and $2", START, END)
    assert ax.get_xlabel() == rf"\$1 and \$2 under {ledger.policy.fingerprint}"  # no formula


def test_bad_input_is_refused_by_name(ledger: Ledger) -> None:
    with pytest.raises(UnknownAccount):
        balance(ledger, "nobody", START, END)
    with pytest.raises(InvalidPeriod):
        balance(ledger, "ada", END, START)
    with pytest.raises(NaiveDatetime):
        balance(ledger, "ada", START.replace(tzinfo=None), END)
    with pytest.raises(WrongType, match="from a Ledger, not from list"):
        balance([], "ada", START, END)  # type: ignore[arg-type]
    with pytest.raises(WrongType, match="ax is one axes of matplotlib, not list"):
        balance(ledger, "ada", START, END, ax=[])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "policy", [presets.default(), presets.honeymoon().replace(terms=(Silence(points=5, half_life=9),))]
)
@pytest.mark.parametrize("period", ["2026-01", "2026-02", "2026-Q2", "2024"])
def test_a_waterfall_adds_up_from_opening_to_closing(ledger: Ledger, policy: Any, period: str) -> None:
    statement = ledger.statement("ada", period, policy=policy)
    bars = [(bar.get_x(), bar.get_width()) for bar in waterfall(statement).patches]
    assert bars[0] == (0.0, statement.opening)
    assert bars[-1] == (0.0, statement.closing)
    assert sum(width for _, width in bars[:-1]) == pytest.approx(statement.closing, abs=1e-9)
    for (start, width), (following, _) in pairwise(bars[:-1]):
        assert following == pytest.approx(start + width, abs=1e-12)


def test_a_waterfall_names_every_part_and_its_numbers_add_up_as_they_are_printed(ledger: Ledger) -> None:
    ax = waterfall(ledger.statement("ada", "2026-02", policy=presets.honeymoon()))
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == ["opening", "deposited", "withdrawn", "forgotten", "forgiven", "endowment", "closing"]
    numbers = [float(text.get_text().replace("\N{MINUS SIGN}", "-")) for text in ax.texts]
    assert sum(numbers[:-1]) == pytest.approx(numbers[-1], abs=1e-9)


def test_what_became_known_since_has_a_bar_of_its_own(ledger: Ledger) -> None:
    statement = ledger.statement("ada", "2026-02", restating=START)
    names = [label.get_text() for label in waterfall(statement).get_yticklabels()]
    assert names[:3] == ["opening", "restated", "deposited"]


def test_up_down_and_level_look_different_without_color(ledger: Ledger) -> None:
    bars = waterfall(ledger.statement("ada", "2026-02")).patches
    looks = [(bar.get_facecolor(), bar.get_hatch()) for bar in bars]
    assert looks[0] == looks[-1]
    assert looks[1] == looks[4] != looks[2] == looks[3]
    assert len(set(looks)) == 3
    assert all(red == green == blue for (red, green, blue, _), _ in looks)


def test_a_waterfall_is_of_a_statement() -> None:
    with pytest.raises(WrongType, match="a waterfall is of a Statement, not of dict"):
        waterfall({})  # type: ignore[arg-type]
