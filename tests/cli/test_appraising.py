"""appraise, waivers and forecast say what the library says, on a screen and as JSON, and name the way out."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from goodwill import Deposit, Ledger, Money, Ref, presets
from goodwill.analytics import at_risk, entries, waivers
from goodwill.appraisal import CustomerValue, RetentionLink, Uncertainty, appraise
from goodwill.decays import HalfLife
from goodwill.policies.schedule import DecaySchedule

Ask = Callable[..., Any]

NOW = datetime(2025, 11, 1, tzinfo=UTC)
WORTH = ("--margin", "20 USD", "--period-days", 30, "--discount", 0.01, "--base", 0.95)
ADA = ("appraise", "ada", "fee_waived", "--cost", "14.99 USD", *WORTH, "--as-of", "2025-11-01")


def refused(answer: Any) -> str:
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("goodwill: ")
    assert answer.err.count("\n") == 1
    return str(answer.err)


@pytest.fixture
def fading(tmp_path: Path) -> Path:
    """A policy under which deposits fade faster than withdrawals, so that an account goes below zero by itself."""
    schedule = DecaySchedule(default=HalfLife(days=84), by_direction={"deposit": HalfLife(days=14)})
    path = tmp_path / "fading.json"
    path.write_text(presets.default().replace(name="fading", decay=schedule).to_json())
    return path


def test_an_appraisal_is_what_the_library_says(ask: Ask, db: Path) -> None:
    answer = ask(*ADA, "--slope", 0.02, "--in-response-to", "order:1:late", "--db", db, "--json")
    told, code = answer.document, answer.code
    with Ledger.open(f"sqlite:///{db}") as ledger:
        gesture = Deposit(
            account="ada", kind="fee_waived", cost=Money("14.99", "USD"), occurred_at=NOW,
            in_response_to=Ref("order:1:late"),
        )  # fmt: skip
        value = CustomerValue(margin=Money(20, "USD"), discount=0.01, period_days=30)
        said = appraise(ledger, gesture, value=value, link=RetentionLink(base=0.95, slope=0.02), as_of=NOW)
        assert len(list(ledger.entries())) == 3  # nothing was recorded
    assert code == 0
    assert (told["cost"], told["value"], told["net"]) == tuple(
        money.to_dict() for money in (said.cost, said.value, said.net)
    )
    assert told["change"]["exact"] == said.change.exact
    assert (told["bought"], told["half_life"], told["is_worth_it"]) == (said.bought, said.half_life, said.is_worth_it)
    assert told["left"] == {str(days): points for days, points in said.left.items()}
    assert said.break_even is not None
    assert told["break_even"]["goodwill"] == said.break_even.goodwill
    assert told["gesture"]["in_response_to"] == {"reference": "order:1:late"}
    assert RetentionLink.from_dict(told["link"]) == said.link
    assert CustomerValue.from_dict(told["customer_value"]) == said.customer_value
    assert [stay["with_it"] for stay in told["retention"]] == [stay.with_it for stay in said.retention]
    assert [caveat["code"] for caveat in told["caveats"]] == [caveat.code for caveat in said.caveats]
    assert (told["chance"], told["is_known"]) == (None, True)


def test_a_person_reads_the_verdict_the_numbers_and_the_caveats(ask: Ask, db: Path) -> None:
    told = ask(*ADA, "--slope", 0.02, "--source", "my guess", "--db", db).out
    assert told.startswith("Not worth what it costs: fee_waived for ada adds ")
    for line in ("cost                        14.99 USD", "after 30 days", "half-life of the gesture   84 days"):
        assert line in told
    assert "0.0200 per point, given: my guess" in told
    assert "! the slope was given" in told
    assert "how sure this is" not in told


def test_no_slope_is_refused_with_the_way_out(ask: Ask, db: Path) -> None:
    said = refused(ask(*ADA, "--db", db))
    assert "give --slope, as your own assumption" in said
    assert "RetentionLink.from_data" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--cost", "14.99"), 'not an amount and a currency; write --cost "14.99 USD"'),
        (("--cost", "14.999 USD"), "USD has 2 decimals"),
        (("--cost", "-1 USD"), "-1.00 USD"),
        (("--cost", "14.99 EUR"), "give both in one currency"),
        (("--base", "1"), "base"),
        (("--slope", "nan"), "slope"),
        (("--discount", "-1"), "discount"),
        (("--period-days", "0"), "period_days"),
        (("--half-life-factor", "0.5"), "half_life_factor"),
        (("--magnitude", "-1"), "magnitude"),
        (("--html", "no/such/folder/page.html"), "No such file or directory"),
    ],
)
def test_what_cannot_be_appraised_is_said_so(ask: Ask, db: Path, words: tuple[str, ...], said: str) -> None:
    assert said in refused(ask(*ADA, "--slope", 0.02, *words, "--db", db))


def test_what_the_catalog_does_not_have_is_refused(ask: Ask, db: Path) -> None:
    assert "fee_waved" in refused(ask("appraise", "ada", "fee_waved", *WORTH, "--slope", 0.02, "--db", db))
    assert "late_delivery" in refused(ask("appraise", "ada", "late_delivery", *WORTH, "--slope", 0.02, "--db", db))


def test_a_stated_uncertainty_gives_a_chance(ask: Ask, db: Path) -> None:
    words = (*ADA, "--slope", 0.02, "--slope-error", 0.01, "--half-life-factor", 2, "--seed", 7, "--db", db)
    chance = ask(*words, "--json").document["chance"]
    assert chance["stated"] == Uncertainty(slope_error=0.01, half_life_factor=2.0, seed=7).to_dict()
    assert 0.0 < chance["worth_it"] < 1.0
    assert "drawn from" in ask(*words).out


def test_the_options_of_a_customers_value_are_read(ask: Ask, db: Path) -> None:
    words = ("--timing", "immediate", "--horizon", 12, "--form", "cloglog", "--magnitude", 2)
    told = ask(*ADA, "--slope", 0.02, *words, "--db", db, "--json").document
    assert (told["customer_value"]["timing"], told["customer_value"]["horizon"]) == ("immediate", 12)
    assert (told["link"]["form"], told["gesture"]["magnitude"]) == ("cloglog", "2.0")
    assert ask(*ADA, "--slope", 0.02, "--timing", "whenever", "--db", db).code == 2


def test_an_unknown_account_is_a_no_and_is_appraised_as_a_new_one(ask: Ask, db: Path) -> None:
    answer = ask("appraise", "nobody", "fee_waived", "--cost", "14.99 USD", *WORTH, "--slope", 0.02, "--db", db)
    assert (answer.code, "unknown account" in answer.err) == (1, True)
    assert "fee_waived for nobody" in answer.out


def test_the_page_is_written(ask: Ask, db: Path) -> None:
    answer = ask(*ADA, "--slope", 0.02, "--html", "page.html", "--db", db)
    assert answer.err == "the page is page.html\n"
    assert "<h1>Is fee_waived for ada worth its cost?</h1>" in Path("page.html").read_text(encoding="utf-8")


@pytest.fixture
def given(db: Path) -> Path:
    """Besides, Bob got two fees waived, in November and in December."""
    with Ledger.open(f"sqlite:///{db}") as ledger:
        for month in (11, 12):
            ledger.deposit(
                "bob", "fee_waived", cost=Money("10.00", "USD"), occurred_at=datetime(2025, month, 15, tzinfo=UTC)
            )
    return db


def test_waivers_are_those_of_the_library(ask: Ask, given: Path) -> None:
    told = ask("waivers", "--db", given, "--as-of", "2026-01-01", "--json").document
    with Ledger.open(f"sqlite:///{given}") as ledger:
        frame = entries(ledger, backend="pyarrow")
        (said,) = waivers(frame, ledger.policy, datetime(2026, 1, 1, tzinfo=UTC), by="kind").to_pylist()
    (row,) = told["waivers"]
    assert row.pop("cost") == {"amount": "24.99", "currency": "USD"}
    assert row == {name: value for name, value in said.items() if name not in {"currency", "cost"}}
    assert (told["by"], told["period"]) == (["kind"], None)


def test_waivers_of_a_period_still_answer_what_was_before(ask: Ask, given: Path) -> None:
    words = ("waivers", "--db", given, "--as-of", "2026-01-01", "--by", "recovers_kind", "--json", "--period")
    (october,) = ask(*words, "2025-10-02/2025-11-01").document["waivers"]
    assert (october["recovers_kind"], october["cost"]["amount"]) == ("late_delivery", "4.99")
    (november,) = ask(*words, "2025-11").document["waivers"]
    assert (november["recovers_kind"], november["concessions"]) == (None, 1)
    assert ask("waivers", "--db", given, "--period", "2024").err == "nothing with a cost was given in that period\n"


def test_waivers_are_added_up_by_what_is_asked_for(ask: Ask, given: Path) -> None:
    told = ask("waivers", "--db", given, "--by", "account", "--by", "month", "--json").document["waivers"]
    assert [(row["account"], row["month"]) for row in told] == [
        ("ada", "2025-10"), ("bob", "2025-11"), ("bob", "2025-12")
    ]  # fmt: skip
    assert "none of account, actor, channel" in refused(ask("waivers", "--db", given, "--by", "colour"))


def test_waivers_are_a_table_that_fits_the_screen(ask: Ask, given: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("waivers", "--db", given, "--as-of", "2026-01-01", "--period", "2025-Q4")
    wide = ask(*words)
    assert wide.out.startswith("Waivers, in USD  2025-10-01 to 2026-01-01  as of 2026-01-01  default@")
    assert "a point" in wide.out
    monkeypatch.setenv("COLUMNS", "40")
    narrow = ask(*words)
    assert "fee_waived" in narrow.out
    assert "24.99" in narrow.out
    assert "\N{HORIZONTAL ELLIPSIS}" not in narrow.out
    assert "a point" not in narrow.out


def test_waivers_of_two_currencies_are_apart(ask: Ask, tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path / 'goodwill.db'}", currencies=("USD", "EUR")) as ledger:
        for amount in (Money("10.00", "USD"), Money("7.00", "EUR")):
            ledger.deposit("ada", "fee_waived", cost=amount)
    told = ask("waivers", "--currency", "USD", "--currency", "EUR", "--json").document["waivers"]
    assert [row["cost"] for row in told] == [
        {"amount": "7.00", "currency": "EUR"}, {"amount": "10.00", "currency": "USD"}
    ]  # fmt: skip
    assert "currency" in ask("waivers", "--currency", "USD", "--currency", "EUR").out


def test_a_forecast_is_that_of_the_library(ask: Ask, given: Path, fading: Path) -> None:
    words = ("forecast", "--db", given, "--policy", fading, "--as-of", "2025-10-05", "--json")
    told = ask(*words, "--days", 60).document
    with Ledger.open(f"sqlite:///{given}") as ledger:
        policy = presets.default().from_file(fading)
        said = at_risk(entries(ledger, backend="pyarrow"), policy, datetime(2025, 10, 5, tzinfo=UTC), 60).to_pylist()
    assert told["count"] == len(said)
    risky = [row for row in told["forecast"] if row["overdrawn_at"] is not None]
    assert {row["account"]: row["points"] for row in risky} == {row["account"]: row["balance"] for row in said}
    assert ask(*words, "--at-risk", "--days", 60).document["forecast"] == risky


def test_who_goes_below_zero_is_first_and_it_says_when(ask: Ask, tmp_path: Path, fading: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path / 'goodwill.db'}") as ledger:
        ledger.deposit("bob", "upgrade", occurred_at=NOW)
        for account, heroics in (("ada", "upgrade"), ("cy", None)):
            ledger.withdraw(account, "late_delivery", magnitude=1, occurred_at=NOW)
            if heroics:
                ledger.deposit(account, heroics, occurred_at=NOW)
    words = ("forecast", "--policy", fading, "--as-of", "2025-11-01")
    told = ask(*words, "--json").document["forecast"]
    assert [(row["account"], row["is_overdrawn"], row["overdrawn_at"] is None) for row in told] == [
        ("cy", True, False), ("ada", False, False), ("bob", False, True)
    ]  # fmt: skip
    shown = ask(*words).out.splitlines()
    assert shown[0].startswith("2 below zero within 90 days  as of 2025-11-01  fading@")
    assert shown[3].endswith("now")
    assert f"{told[1]['overdrawn_at'][:10]} {told[1]['overdrawn_at'][11:16]} UTC" in shown[4]
    assert shown[5].endswith("not within 90 days")
    assert len(ask(*words, "--limit", 1).out.splitlines()) == 4


@pytest.mark.parametrize(("command", "said"), [("waivers", "nothing with a cost"), ("forecast", "no entries yet")])
def test_an_empty_ledger_has_nothing_to_tell(ask: Ask, tmp_path: Path, command: str, said: str) -> None:
    with Ledger.open(f"sqlite:///{tmp_path / 'goodwill.db'}") as ledger:
        assert list(ledger.entries()) == []
    answer = ask(command)
    assert (answer.code, answer.out) == (0, "")
    assert said in answer.err
    assert ask("forecast", "--at-risk").err == "no account is below zero within 90 days\n"
    assert "above 0" in refused(ask("forecast", "--days", 0))


WITHOUT = """
import sys
sys.modules[{module!r}] = None  # as if it were not installed
from goodwill.cli import main
sys.exit(main({words!r}))
"""


@pytest.mark.parametrize(
    ("module", "words", "extra"),
    [
        ("scipy", [*map(str, ADA), "--slope", "0.02"], "appraisal"),
        ("matplotlib", [*map(str, ADA), "--slope", "0.02", "--html", "page.html"], "plots"),
        ("pyarrow", ["waivers"], "parquet"),
    ],
)
def test_a_missing_extra_is_named(tmp_path: Path, db: Path, module: str, words: list[str], extra: str) -> None:
    code = WITHOUT.format(module=module, words=[*words, "--db", str(db)])
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("goodwill: ")
    assert f"goodwill[{extra}]" in done.stderr
    assert done.stderr.count("\n") == 1
