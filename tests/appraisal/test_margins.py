"""A margin fitted to purchases is their mean over accounts and periods, in one currency, of a share that was told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from statsmodels.regression.linear_model import OLS

from goodwill import Money
from goodwill.analytics import MissingColumn
from goodwill.appraisal import AppraisalError, CustomerValue, MarginFit
from goodwill.domain.errors import CurrencyMismatch, NaiveDatetime, PolicyError, UnknownCurrency, WrongType
from tests.analytics.test_balances import ENGINES

START = datetime(2026, 1, 1, tzinfo=UTC)
TOLD = {"margin_share": 0.25, "period_days": 30, "discount": 0.01, "currency": "USD"}


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def bought(*rows: tuple[str | None, float | None, float]) -> pl.DataFrame:
    """Purchases: who, how much, on which day."""
    columns = list(zip(*rows, strict=True))
    schema = {"account": pl.String, "amount": pl.Float64, "occurred_at": pl.Datetime("us", "UTC")}
    return pl.DataFrame([*columns[:2], [day(at) for at in columns[2]]], schema=schema)


def simulated(seed: int = 1, accounts: int = 120) -> pl.DataFrame:
    draws = np.random.default_rng(seed)
    level = draws.gamma(2.0, 20.0, accounts)
    rows = []
    for account, mean in enumerate(level):
        times = draws.uniform(0, 180, draws.poisson(6) + 1)
        rows += [(f"customer {account}", round(float(draws.gamma(2.0, mean / 2)), 2), float(at)) for at in times]
    return bought(*rows)


def fit(rows: Any, **asked: Any) -> MarginFit:
    return CustomerValue.from_data(rows, **({"start": START, "end": day(180)} | TOLD | asked))


def test_the_margin_is_the_mean_over_accounts_and_the_periods_in_which_they_bought() -> None:
    rows = bought(("ada", 10, 1), ("ada", 30, 29), ("ada", 60, 31), ("bob", 20, 90), ("bob", 0, 95))
    found = fit(rows)
    assert found.value == CustomerValue(margin=Money(10, "USD"), discount=0.01, period_days=30)
    assert (found.purchases, found.accounts, found.active_periods) == (5, 2, 3)
    assert found.by_account.sort("account").rows() == [("ada", 3, 2, 12.5), ("bob", 2, 1, 5.0)]


def test_mean_and_standard_error_are_those_of_a_regression_on_nothing_clustered_by_account() -> None:
    rows = simulated()
    active = rows.group_by("account", (pl.col("occurred_at") - START).dt.total_days() // 30).agg(pl.col("amount").sum())
    places = active["account"].rank("dense").to_numpy().astype(int)
    margins = active["amount"].to_numpy() * 0.25
    regression = OLS(margins, np.ones(len(margins))).fit(cov_type="cluster", cov_kwds={"groups": places})
    found = fit(rows)
    assert float(found.value.margin.amount) == pytest.approx(regression.params[0], abs=0.005)
    assert found.margin_error == pytest.approx(regression.bse[0], rel=1e-9)


def test_a_larger_share_is_as_much_more_margin() -> None:
    rows = simulated()
    one, other = fit(rows), fit(rows, margin_share=0.5)
    assert other.margin_error == pytest.approx(2 * (one.margin_error or 0.0))
    assert other.by_account["margin"].to_list() == pytest.approx((one.by_account["margin"] * 2).to_list())


def test_what_the_value_is_told_is_passed_on() -> None:
    value = fit(simulated(), timing="immediate", horizon=5, discount=0.02).value
    assert (value.timing, value.horizon, value.discount, value.period_days) == ("immediate", 5, 0.02, 30)


def test_rows_of_nobody_and_outside_of_the_whole_periods_are_left_out_and_counted() -> None:
    rows = bought(("ada", 10, 1), (None, 5, 2), (None, 5, 3), ("ada", 70, -1), ("ada", 70, 180), ("bob", 10, 179.9))
    found = fit(rows)
    assert found.value.margin == Money("2.50", "USD")
    left_out = [caveat for caveat in found.caveats if caveat.startswith("left out")]
    assert left_out == [
        "left out: 2 rows of nobody or without an instant",
        "left out: 2 rows outside of the whole periods",
    ]


def test_without_a_start_and_an_end_periods_go_from_the_first_purchase_to_before_the_last() -> None:
    rows = bought(("ada", 10, 3), ("bob", 30, 40), ("cy", 50, 70))
    found = fit(rows, start=None, end=None)
    assert (found.purchases, found.value.margin) == (2, Money(5, "USD"))
    assert "left out: 1 rows outside of the whole periods" in found.caveats


def test_own_names_of_columns_and_microseconds_are_read() -> None:
    rows = simulated()
    named = rows.rename({"account": "who", "amount": "spent", "occurred_at": "at"})
    micros = rows.with_columns(occurred_us=pl.col("occurred_at").dt.timestamp("us")).drop("occurred_at")
    expected = fit(rows)
    for same in (fit(named, account="who", amount="spent", occurred_at="at"), fit(micros)):
        assert same.value == expected.value
        assert same.by_account.equals(expected.by_account)


def test_one_currency_of_a_column_is_the_margins_and_several_are_not_mixed_without_rates() -> None:
    rows = bought(("ada", 10, 1), ("bob", 20, 1))
    pounds, mixed = rows.with_columns(money=pl.lit("GBP")), rows.with_columns(money=pl.Series(["GBP", "EUR"]))
    assert fit(pounds, currency="money").value.margin == Money("3.75", "GBP")
    with pytest.raises(CurrencyMismatch, match="money has EUR, GBP"):
        fit(mixed, currency="money")
    with pytest.raises(AppraisalError, match="not mixed without a rate"):
        fit(mixed, currency="money", home="GBP")
    assert fit(mixed, currency="money", home="GBP", rates={"EUR": 0.5}).value.margin == Money("2.50", "GBP")
    assert fit(pounds, currency="money", home="USD", rates={"GBP": 2.0}).value.margin == Money("7.50", "USD")


def test_it_says_that_few_purchases_say_little_and_whose_share_it_is() -> None:
    found = fit(simulated())
    few = int((found.by_account["purchases"] < 10).sum())
    assert (
        f"{few} of {found.accounts} accounts have fewer than 10 purchases: their own means say little" in found.caveats
    )
    assert found.caveats[0].startswith("the margin is 0.25 of what was spent, as it was told")
    assert str(found).startswith(f"margin {found.value.margin} a period of 30 days (standard error ")


def test_of_one_account_there_is_no_error() -> None:
    found = fit(bought(("ada", 10, 1), ("ada", 20, 40)))
    assert found.margin_error is None
    assert any("of one account" in caveat for caveat in found.caveats)
    assert "standard error" not in str(found)


@pytest.mark.parametrize("engine", ENGINES)
def test_accounts_come_in_the_kind_of_frame_that_was_given(engine: str) -> None:
    made, seen = ENGINES[engine]
    rows = simulated(accounts=20)
    given = made(rows)
    found = fit(given)
    assert type(found.by_account) is type(given)
    here, there = seen(found.by_account).sort("account"), fit(rows).by_account.sort("account")
    assert here["margin"].to_list() == pytest.approx(there["margin"].to_list())
    assert here.drop("margin").rows() == there.drop("margin").rows()


@pytest.mark.parametrize("share", [0, -0.1, 1.01, float("nan"), None, True, "30%"])
def test_a_share_is_told_and_is_one(share: Any) -> None:
    with pytest.raises(AppraisalError, match="no part of what is spent.*none is made up"):
        fit(simulated(), margin_share=share)
    with pytest.raises(TypeError, match="margin_share"):
        CustomerValue.from_data(simulated(), **{name: told for name, told in TOLD.items() if name != "margin_share"})


ROWS = bought(("ada", 10, 1), ("bob", 20, 40))
REFUSED: dict[str, tuple[Any, dict[str, Any], type[Exception], str]] = {
    "below 0": (bought(("ada", 10, 1), ("bob", -20, 1)), {}, AppraisalError, "below 0 in 1 of 2 rows"),
    "null": (bought(("ada", None, 1), ("bob", 20, 1)), {}, AppraisalError, "amount is null, NaN or infinite in 1 of 2"),
    "NaN": (bought(("ada", float("nan"), 1)), {}, AppraisalError, "NaN or infinite in 1 of 1"),
    "nobody's": (bought((None, 10, 1)), {}, AppraisalError, "no purchases of anybody"),
    "outside": (bought(("ada", 10, -5)), {}, AppraisalError, "no purchase is in the whole periods from 2026-01-01"),
    "no period": (ROWS, {"end": day(29)}, AppraisalError, "no whole period of 30 days"),
    "text": (ROWS.with_columns(pl.col("amount").cast(pl.String)), {}, WrongType, "amount holds String"),
    "naive": (ROWS.with_columns(pl.col("occurred_at").dt.replace_time_zone(None)), {}, NaiveDatetime, "no time zone"),
    "no column": (ROWS.drop("account"), {}, MissingColumn, "account"),
    "no amount": (ROWS, {"amount": "spent"}, MissingColumn, "spent"),
    "no currency": (ROWS, {"currency": "dollars"}, UnknownCurrency, "dollars"),
    "unsaid currency": (
        ROWS.with_columns(money=pl.Series(["USD", None])), {"currency": "money"}, AppraisalError, "money is null in 1 of 2",
    ),
    "discount": (ROWS, {"discount": -1.5}, PolicyError, "discount"),
    "days": (ROWS, {"period_days": 0}, PolicyError, "period_days"),
}  # fmt: skip


@pytest.mark.parametrize("why", REFUSED)
def test_what_makes_no_margin_is_refused(why: str) -> None:
    rows, asked, error, reason = REFUSED[why]
    assert fit(ROWS).purchases == 2
    with pytest.raises(error, match=reason):
        fit(rows, **asked)
