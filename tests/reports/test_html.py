"""Readings as HTML: well formed, escaped, without a script, and with the numbers of the reading."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from typing import Any

import pytest

from goodwill import Ledger, Opening, presets
from goodwill.policies.standing import Hysteresis, Standing
from goodwill.reports import html

NASTY = '<script>alert("1 & 2")</script>'


def day(number: int) -> datetime:
    return datetime(2026, 3, number, tzinfo=UTC)


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger.in_memory()
    ledger.withdraw(NASTY, "late_delivery", 2, occurred_at=day(2), reference=f"{NASTY}:late")
    ledger.deposit(NASTY, "upgrade", occurred_at=day(9).replace(hour=13, minute=5))
    return ledger


def rows_of(written: str) -> list[list[str]]:
    """The cells of every row; it must be well formed to be read."""
    document = ET.fromstring(f"<div>{written}</div>")
    return [["".join(cell.itertext()) for cell in row] for row in document.iter("tr")]


def tags_of(written: str) -> set[str]:
    return {element.tag for element in ET.fromstring(f"<div>{written}</div>").iter()}


def number(text: str) -> float:
    return float(text.replace("\N{MINUS SIGN}", "-").replace(",", ""))


@pytest.mark.parametrize("policy", [presets.default(), presets.honeymoon()])
def test_a_balance_shows_its_parts(ledger: Ledger, policy: Any) -> None:
    balance = ledger.balance(NASTY, as_of=day(20), policy=policy)
    shown = dict(rows_of(html.balance(balance)))
    assert number(shown["above 0"]) == pytest.approx(balance.positive, abs=0.005)
    assert number(shown["below 0"]) == pytest.approx(balance.negative, abs=0.005)
    assert (shown["as of"], shown["last contact"]) == ("2026-03-20", "2026-03-09 13:05 UTC")
    assert shown["policy"] == policy.fingerprint
    assert [name for name in shown if name.startswith("of these")] == [f"of these, {term.tag}" for term in policy.terms]


def test_what_the_customer_is_called_is_never_markup(ledger: Ledger) -> None:
    for written in (
        html.balance(ledger.balance(NASTY)),
        html.statement(ledger.statement(NASTY, "2026-03")),
        html.policy(presets.default().replace(name=NASTY, description=NASTY, caveats=(NASTY,))),
    ):
        assert tags_of(written) <= {"div", "table", "caption", "b", "thead", "tbody", "tr", "th", "td", "ul", "li"}
        assert NASTY in "".join(ET.fromstring(f"<div>{written}</div>").itertext())


def test_a_balance_says_what_it_left_out_and_what_may_change_it(ledger: Ledger) -> None:
    ledger.record(Opening(account="bob", positive=5.0, negative=0.0, read_under="0" * 64, occurred_at=day(1)))
    told = html.balance(ledger.balance("bob", known_at=ledger.clock.now()))
    assert "provisional" in told
    assert "made for another policy" in told
    bare = presets.default().replace(valuation=presets.default().valuation.replace(steps=(html.RateCard(rates={}),)))
    assert "counts 0: upgrade of 2026-03-09 13:05 UTC, no rate for kind" in html.balance(
        ledger.balance(NASTY, as_of=day(20), policy=bare)
    )
    assert "unknown account" in html.balance(ledger.balance("nobody"))


def test_the_numbers_of_a_statement_add_up_as_they_are_printed(ledger: Ledger) -> None:
    statement = ledger.statement(NASTY, "2026-03", policy=presets.honeymoon())
    _, *rows = rows_of(html.statement(statement))
    by_name = {name: number(points) for _, name, _, points in rows}
    parts = ("opening", "deposited", "withdrawn", "forgotten", "forgiven", "endowment")
    assert sum(by_name[name] for name in parts) == pytest.approx(by_name["closing"], abs=1e-9)
    assert [row[0] for row in rows[:3]] == ["2026-03-01", "2026-03-02", "2026-03-09 13:05 UTC"]
    assert by_name["late_delivery"] == pytest.approx(statement.lines[0].worth, abs=0.005)


def test_a_statement_says_what_was_restated_and_as_known_when(ledger: Ledger) -> None:
    written = html.statement(ledger.statement(NASTY, "2026-03-05/2026-04-01", restating=day(1)))
    assert ["", "restated", "what became known since"] in [row[:3] for row in rows_of(written)]
    assert "known at 2026-03-01" in html.statement(ledger.statement(NASTY, "2026-03", known_at=day(1)))


@pytest.mark.parametrize("policy", [presets.default(), presets.heroics(), presets.honeymoon()])
def test_a_policy_shows_every_step_every_rate_and_every_caveat(policy: Any) -> None:
    written = html.policy(policy)
    rows = rows_of(written)
    for step in policy.valuation.steps[1:]:
        assert [step.stage.label, repr(step)] in rows
    assert ["late_delivery", "unit", "4", "0"] in rows
    assert sum(len(row) == 4 for row in rows) == len(policy.valuation.steps[0].rates) + 1
    assert written.count("<li>Caveat: ") == len(policy.caveats)
    assert ["standing", "overdrawn < 0 <= positive"] in rows


def test_two_regimes_are_shown_as_code() -> None:
    regimes = Hysteresis(down=-10, up=5)
    assert ["standing", repr(regimes)] in rows_of(
        html.policy(presets.default().replace(standing=Standing(hysteresis=regimes)))
    )


def test_a_notebook_shows_balances_statements_and_policies_as_tables(ledger: Ledger) -> None:
    balance, statement = ledger.balance(NASTY), ledger.statement(NASTY, "2026-03")
    assert balance._repr_html_() == html.balance(balance)
    assert statement._repr_html_() == html.statement(statement)
    assert ledger.policy._repr_html_() == html.policy(ledger.policy)
