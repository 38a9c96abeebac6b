"""What a person reads: numbers that line up, nothing lost at 80 columns, nothing said by color alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console, RenderableType

from goodwill import presets
from goodwill.cli import opinions, render
from goodwill.domain.balance import Balance, Contribution, TraceStep, Unvalued
from goodwill.domain.kind import Direction, Kind
from goodwill.domain.period import Period
from goodwill.domain.statement import Line, Statement

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
MINUS = "\N{MINUS SIGN}"


def printed(renderable: RenderableType, width: int = 80) -> str:
    console = Console(file=StringIO(), width=width, highlight=False, markup=False, force_terminal=False)
    console.print(renderable)
    file = console.file
    assert isinstance(file, StringIO)
    return file.getvalue()


def a_balance(account: str = "C-1", points: float = -12.5, **changes: object) -> Balance:
    balance = Balance(
        account=account, points=points, displayed=points, positive=max(points, 0.0) + 1, negative=min(points, 0.0) - 1, as_of=NEW_YEAR,
        known_at=None, policy="default@0123abcd", standing="overdrawn" if points < 0 else "positive",
        is_overdrawn=points < 0, entries=3, last_contact=NEW_YEAR - timedelta(days=3),
    )  # fmt: skip
    return replace(balance, **changes)  # type: ignore[arg-type]


def a_contribution(**changes: object) -> Contribution:
    entry = Contribution(
        id="e1", reference="visit:V-0001:late", account="C-1", type="withdrawal", kind="late_delivery",
        occurred_at=NEW_YEAR - timedelta(days=84), worth=-20.0, share=0.5, points=-10.0,
        trace=(TraceStep("rate_card", 0.0, -8.0), TraceStep("sincerity", -8.0, -8.0), TraceStep("prospect", -8.0, -20.0)),
    )  # fmt: skip
    return replace(entry, **changes)  # type: ignore[arg-type]


@given(st.floats(-1e9, 1e9), st.booleans())
def test_a_number_is_shown_with_two_decimals_and_its_sign_and_never_as_minus_zero(value: float, signed: bool) -> None:
    text = render.number(value, signed=signed)
    assert float(text.replace(MINUS, "-").replace(",", "")) == pytest.approx(round(value, 2))
    assert text not in {f"{MINUS}0.00", "+0.00"}
    assert text.startswith("+") == (signed and round(value, 2) > 0)


def test_a_share_that_is_nearly_gone_is_not_called_gone() -> None:
    assert [render.percent(share) for share in (0.0, 1e-9, 0.25, 1.0)] == ["0%", "<1%", "25%", "100%"]


def test_a_table_of_balances_aligns_points_on_their_last_digit() -> None:
    text = printed(render.balances_table([a_balance(points=-1234.5), a_balance("C-2", 7.0)]))
    first, second = (line for line in text.splitlines() if line.startswith("C-"))
    assert first.index(f"{MINUS}1,234.50") + len(f"{MINUS}1,234.50") == second.index("7.00") + len("7.00")


def test_an_unknown_account_is_said_so_and_shows_no_points() -> None:
    text = printed(render.balances_table([a_balance("nobody", 0.0, is_known=False)]))
    assert "unknown account" in text
    assert "0.00" not in text


def test_an_id_that_looks_like_markup_is_shown_as_it_is() -> None:
    assert "[red]C-1[/red]" in printed(render.balances_table([a_balance("[red]C-1[/red]")]))
    assert "[bold]ref" in printed(render.contributions_table([a_contribution(reference="[bold]ref")]))


def test_an_explanation_shows_the_steps_that_changed_the_worth_and_what_was_answered() -> None:
    refund = a_contribution(
        id="e2",
        kind="refund",
        type="deposit",
        reference=None,
        worth=9.0,
        share=1.0,
        points=9.0,
        recovers="e1",
        trace=(),
    )
    text = printed(render.contributions_table([refund, a_contribution()]))
    assert f"rate_card {MINUS}8.00, prospect {MINUS}20.00" in text
    assert "sincerity" not in text
    assert "answers late_delivery of 2025-10-09" in text


def test_the_largest_contribution_comes_first() -> None:
    small = a_contribution(id="e2", kind="complaint", points=-1.0)
    text = printed(render.contributions_table([small, a_contribution()]))
    assert text.index("late_delivery") < text.index("complaint")


def test_an_entry_that_counts_nothing_is_listed_with_its_reason() -> None:
    unvalued = Unvalued("e9", None, "birthday_cake", NEW_YEAR, "no rate for kind")
    text = printed(render.explanation(a_balance(unvalued=(unvalued,)), [a_contribution()]))
    assert "birthday_cake: no rate for kind" in text


def test_a_reading_that_may_still_change_is_called_provisional() -> None:
    assert "provisional" in printed(render.explanation(a_balance(provisional=True, known_at=NEW_YEAR), []))


def test_account_terms_have_a_line_of_their_own() -> None:
    assert f"silence  {MINUS}4.00" in printed(render.balance_breakdown(a_balance(terms={"silence": -4.0})))


def a_statement(**changes: object) -> Statement:
    statement = Statement(
        account="C-1", period=Period.month(2025, 12), known_at=None, policy="default@0123abcd", opening=10.004,
        deposited=5.004, withdrawn=20.004, forgotten=1.004, forgiven=2.004, closing=-3.996,
        lines=(Line(NEW_YEAR - timedelta(days=9), "e1", "ticket:T-1:fault", "withdrawal", "faulty_product", -20.004),),
    )  # fmt: skip
    return replace(statement, **changes)  # type: ignore[arg-type]


def test_the_printed_numbers_of_a_statement_add_up() -> None:
    lines = printed(render.statement_view(a_statement())).replace(MINUS, "-").splitlines()
    amount = {line.split()[-2]: float(line.split()[-1]) for line in lines if line and line[-1].isdigit()}
    numbers = {word: float(line.split()[-1]) for line in lines for word in AMOUNTS if word in line.split()}
    assert amount
    moved = sum(numbers[word] for word in ("deposited", "withdrawn", "forgotten", "forgiven"))
    assert numbers["opening"] + moved == pytest.approx(numbers["closing"], abs=1e-9)


AMOUNTS = ("opening", "deposited", "withdrawn", "forgotten", "forgiven", "closing")


def test_a_statement_shows_what_was_restated_and_each_term() -> None:
    text = printed(render.statement_view(a_statement(restated=1.5, terms={"silence": -2.0}, unvalued=2)))
    assert "restated" in text
    assert "silence" in text
    assert "2 entries count 0" in text


VIEWS = {
    "balances": render.balances_table([a_balance("C-" + "9" * 70, -123456.78)]),
    "explanation": render.explanation(a_balance(), [a_contribution(reference="order:" + "8" * 90, note="too late")]),
    "statement": render.statement_view(a_statement()),
    "kinds": opinions.kinds_table([Kind("late_delivery", Direction.WITHDRAWAL, "day", meaning="word " * 40)]),
    "policy": opinions.policy_view(presets.default()),
}


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("view", sorted(VIEWS))
def test_nothing_is_wider_than_the_terminal_and_no_number_is_cut(view: str, width: int) -> None:
    text = printed(VIEWS[view], width)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    assert "…" not in text
