"""A fitted link is the most likely one, says how sure it is, and what it is not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from goodwill.analytics import MissingColumn
from goodwill.appraisal import AppraisalError, Fit, RetentionLink
from goodwill.domain.errors import WrongType
from tests.analytics.test_balances import ENGINES

FORMS = ["logistic", "cloglog"]
SLOPE = 0.06


def simulated(
    form: str = "logistic", accounts: int = 300, periods: int = 10, seed: int = 7, slope: float = SLOPE
) -> pl.DataFrame:
    """Periods of accounts that stay as a link says, each with a level of goodwill of its own."""
    draws = np.random.default_rng(seed)
    link = RetentionLink(base=0.7, slope=slope, form=form)
    account = np.repeat(np.arange(accounts), periods)
    goodwill = draws.normal(0, 8, accounts)[account] + draws.normal(0, 5, len(account))
    stayed = draws.random(len(account)) < link.rate(goodwill)
    tenure = draws.exponential(100, len(account))
    return pl.DataFrame({"account": account, "goodwill": goodwill, "stayed": stayed, "tenure": tenure})


def fit(rows: Any, **asked: Any) -> Fit:
    return RetentionLink.from_data(rows, **asked)


def logit(p: float) -> float:
    return float(np.log(p / (1 - p)))


# What it finds


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("seed", range(5))
def test_the_slope_that_made_the_data_is_found_within_three_standard_errors(form: str, seed: int) -> None:
    found = fit(simulated(form, seed=seed), form=form)
    assert abs(found.link.slope - SLOPE) < 3 * found.link.slope_error
    assert found.link.slope_error < SLOPE / 5
    assert found.link.base == pytest.approx(0.7, abs=0.05)
    low, high = found.interval
    assert (low + high) / 2 == pytest.approx(found.link.slope)
    assert high - low == pytest.approx(2 * 1.96 * found.link.slope_error, rel=1e-4)


@pytest.mark.parametrize("form", FORMS)
def test_no_other_link_is_likelier_by_another_optimizer(form: str) -> None:
    rows = simulated(form, accounts=80)
    goodwill, stayed = rows["goodwill"].to_numpy(), rows["stayed"].to_numpy()

    def loss(parameters: Sequence[float]) -> float:
        link = RetentionLink(base=1 / (1 + np.exp(-parameters[0])), slope=parameters[1] / 10, form=form)
        p = link.rate(goodwill)
        return -float(np.sum(np.log(np.where(stayed, p, 1 - p))))

    tight = {"xatol": 1e-10, "fatol": 1e-12, "maxiter": 4000}
    best = minimize(loss, [0.0, 0.1], method="Nelder-Mead", options=tight)
    found = fit(rows, form=form)
    assert (logit(found.link.base), found.link.slope) == pytest.approx((best.x[0], best.x[1] / 10), abs=1e-6)
    assert found.log_likelihood == pytest.approx(-best.fun, abs=1e-6)
    nobody = rows["stayed"].mean()
    assert found.null_log_likelihood == pytest.approx(
        float(np.sum(np.log(np.where(stayed, nobody, 1 - nobody)))), abs=1e-6
    )
    assert found.null_log_likelihood < found.log_likelihood


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("clustered", [False, True])
def test_the_standard_error_is_that_of_numerical_derivatives_of_the_likelihood(form: str, *, clustered: bool) -> None:
    rows = simulated(form, accounts=80)
    found = fit(rows, form=form, account="account" if clustered else None)
    goodwill, stayed, account = (rows[name].to_numpy() for name in ("goodwill", "stayed", "account"))

    def of_each(parameters: Any) -> Any:
        p = RetentionLink(base=1 / (1 + np.exp(-parameters[0])), slope=parameters[1], form=form).rate(goodwill)
        return np.log(np.where(stayed, p, 1 - p))

    at, steps = np.array([logit(found.link.base), found.link.slope]), np.diag([1e-3, 1e-4])
    sizes = np.diag(steps)
    hessian = np.array([
        [
            (of_each(at + i + j) - of_each(at + i - j) - of_each(at - i + j) + of_each(at - i - j)).sum() for j in steps
        ] for i in steps
    ]) / np.outer(2 * sizes, 2 * sizes)  # fmt: skip
    inverse = np.linalg.inv(-hessian)
    if clustered:
        scores = np.column_stack([of_each(at + step) - of_each(at - step) for step in steps]) / (2 * sizes)
        sums = np.array([scores[account == each].sum(axis=0) for each in np.unique(account)])
        count, size = len(stayed), len(sums)
        inverse = inverse @ sums.T @ sums @ inverse * size / (size - 1) * (count - 1) / (count - 2)
    assert found.link.slope_error == pytest.approx(np.sqrt(inverse[1, 1]), rel=1e-3)


@pytest.mark.parametrize("form", FORMS)
@given(unit=st.floats(1e-6, 1e6))
@settings(max_examples=10)
def test_points_of_another_unit_divide_the_slope_and_change_nothing_else(form: str, unit: float) -> None:
    rows = simulated(form, accounts=40)
    one = fit(rows, form=form)
    other = fit(rows.with_columns(pl.col("goodwill") * unit), form=form)
    assert other.link.slope * unit == pytest.approx(one.link.slope, rel=1e-6)
    assert other.link.slope_error * unit == pytest.approx(one.link.slope_error, rel=1e-6)
    assert other.link.base == pytest.approx(one.link.base, rel=1e-6)
    assert other.log_likelihood == pytest.approx(one.log_likelihood, rel=1e-9)


@given(seed=st.integers(0, 1000))
@settings(max_examples=5)
def test_the_order_of_rows_and_the_names_of_accounts_say_nothing(seed: int) -> None:
    rows = simulated(accounts=40)
    named = rows.sample(fraction=1.0, shuffle=True, seed=seed).with_columns(
        pl.format("customer {}", "account").alias("who")
    )
    one, other = fit(rows), fit(named, account="who")
    assert (other.link.slope, other.link.slope_error) == pytest.approx((one.link.slope, one.link.slope_error), rel=1e-6)


def test_in_the_logistic_form_leaving_is_staying_turned_over() -> None:
    rows = simulated()
    stays, leaves = fit(rows), fit(rows.with_columns(~pl.col("stayed")))
    assert leaves.link.slope == pytest.approx(-stays.link.slope)
    assert leaves.link.base == pytest.approx(1 - stays.link.base)


def test_periods_said_many_times_over_by_an_account_make_nobody_surer() -> None:
    rows = simulated(accounts=100)
    often = pl.concat([rows] * 9)
    assert fit(often).link.slope_error == pytest.approx(fit(rows).link.slope_error, rel=0.02)
    assert fit(often, account=None).link.slope_error < fit(rows, account=None).link.slope_error / 2.9


def test_what_is_held_constant_takes_what_it_explains() -> None:
    draws = np.random.default_rng(3)
    bought = draws.poisson(4, 4000)
    goodwill = bought + draws.normal(0, 1, 4000)
    stayed = draws.random(4000) < 1 / (1 + np.exp(-(0.5 * bought - 2)))
    rows = pl.DataFrame({"goodwill": goodwill, "bought": bought, "stayed": stayed})
    plain, held = fit(rows), fit(rows, covariates=["bought"])
    assert plain.link.slope > 0.2
    assert abs(held.link.slope) < 3 * held.link.slope_error
    assert held.covariates["bought"] == pytest.approx(0.5, abs=0.15)
    assert list(held.covariates) == ["bought"]
    assert held.link.rate(goodwill.mean()) == pytest.approx(0.5, abs=0.05)  # at the mean of bought, which is 4


@pytest.mark.parametrize("form", FORMS)
def test_a_probability_that_rounds_to_one_upsets_nothing(form: str) -> None:
    rows = simulated(form)
    far = pl.DataFrame({"account": [0], "goodwill": [5e4], "stayed": [True], "tenure": [1.0]})
    found = fit(pl.concat([rows, far], how="vertical_relaxed"), form=form)
    assert np.isfinite(found.link.slope_error)
    assert any("standard deviations from the mean" in caveat for caveat in found.caveats)


# What it says


def test_a_fit_says_what_it_is_of_and_its_link_too() -> None:
    found = fit(simulated())
    stayed = int(simulated()["stayed"].sum())
    assert (found.periods, found.leavers, found.accounts) == (3000, 3000 - stayed, 300)
    assert found.link.is_fitted
    assert found.link.source == "fitted to 3,000 periods of 300 accounts; an association, not an effect"
    text = str(found)
    assert text.startswith("logistic link fitted to 3,000 periods of 300 accounts")
    assert all(caveat in text for caveat in found.caveats)
    assert "\n  tenure " in str(fit(simulated(), covariates=["tenure"]))


def said(found: Fit, words: str) -> bool:
    return any(words in caveat for caveat in found.caveats)


def test_every_fit_is_called_an_association() -> None:
    for rows in (simulated(), simulated(slope=-0.1)):
        assert fit(rows).caveats[0].startswith("an association, not an effect")


def test_fewer_than_a_thousand_outcomes_are_said_to_decide_little() -> None:
    few, many = simulated(), simulated(accounts=600)
    assert said(fit(few), "outcomes (of leaving, the rarer), fewer than 1,000")
    assert said(fit(few.with_columns(~pl.col("stayed"))), "outcomes (of staying, the rarer), fewer than 1,000")
    assert not said(fit(many), "fewer than 1,000")


def test_a_slope_that_is_not_told_from_zero_or_is_below_it_is_said_to_be() -> None:
    for slope, unsure, below in ((0.06, False, False), (0.0, True, False), (-0.06, False, True)):
        found = fit(simulated(slope=slope))
        assert said(found, "cannot be told from 0") is unsure
        assert said(found, "confounding by indication") is below


def test_how_errors_were_computed_is_said() -> None:
    rows = simulated()
    assert said(fit(rows), "clustered by account")
    assert not said(fit(rows), "fewer than 50")
    assert said(fit(simulated(accounts=20, periods=50)), "20 accounts, fewer than 50")
    for alone in (fit(rows, account=None), fit(rows.drop("account"))):
        assert alone.accounts is None
        assert said(alone, "as if every period were of another account")


def test_a_base_that_nobody_was_near_is_called_extrapolated() -> None:
    rows = simulated()
    assert not said(fit(rows), "extrapolated")
    assert said(fit(rows.with_columns(pl.col("goodwill") + 100)), "the base is extrapolated")


# Endogeneity


def compensated(*, at_random: bool, accounts: int = 20_000) -> pl.DataFrame:
    """Simulation A: a compensation lowers the log-odds of leaving by 0.5, and goes to the angry, who leave."""
    draws = np.random.default_rng(11)
    anger = draws.normal(0, 1, accounts)
    chance = np.full(accounts, 0.5) if at_random else 1 / (1 + np.exp(-(1.5 * anger - 0.5)))
    given_ = draws.random(accounts) < chance
    leaves = draws.random(accounts) < 1 / (1 + np.exp(-(-1.0 + 1.2 * anger - 0.5 * given_)))
    return pl.DataFrame({"goodwill": given_ * 1.0, "anger": anger, "stayed": ~leaves})


def test_compensation_that_keeps_customers_seems_to_drive_them_away_where_the_angry_get_it() -> None:
    naive = fit(compensated(at_random=False))
    assert naive.interval[1] < 0  # while the truth is +0.5
    assert said(naive, "do not use it as an effect")
    held = fit(compensated(at_random=False), covariates=["anger"])
    assert abs(held.link.slope - 0.5) < 3 * held.link.slope_error


def test_at_random_the_same_compensation_shows_its_effect_without_anybody_knowing_the_anger() -> None:
    found = fit(compensated(at_random=True))
    assert found.interval[0] > 0
    assert 0.25 < found.link.slope < 0.5  # marginal: odds ratios shrink over what is not held constant


# What it refuses

GOOD = {"goodwill": [-2.0, -1, 1, 0, 2, 3], "stayed": [0, 0, 0, 1, 1, 1], "account": ["a", "b", "c", "d", "e", "f"]}
CANNOT: Mapping[str, tuple[dict[str, Any], str]] = {
    "all stayed": ({"stayed": [1] * 6}, "cannot say.*all 6 rows the account stayed"),
    "nobody stayed": ({"stayed": [0] * 6}, "cannot say.*all 6 rows the account left"),
    "the same goodwill": ({"goodwill": [3.0] * 6}, "cannot say what goes with goodwill"),
    "separated": ({"stayed": [0, 0, 0, 0, 1, 1], "goodwill": [1.0, 1, 2, 3, 4, 5]}, "without a mistake"),
    "separated the other way": ({"stayed": [1, 1, 0, 0, 0, 0], "goodwill": [1.0, 1, 2, 3, 4, 5]}, "without a mistake"),
    "separated but for a tie": ({"stayed": [0, 0, 0, 1, 1, 1], "goodwill": [1.0, 1, 2, 2, 4, 5]}, "without a mistake"),
    "NaN": ({"goodwill": [1.0, float("nan"), 2, 3, 1, float("nan")]}, "NaN or infinite in 2 of 6 rows"),
    "null": ({"goodwill": [1.0, None, 2, 3, 1, 0]}, "goodwill is null, NaN or infinite in 1 of 6 rows"),
    "infinite": ({"goodwill": [1.0, float("inf"), 2, 3, 1, 0]}, "infinite in 1 of 6 rows"),
    "stayed unsaid": ({"stayed": [1, None, 0, 0, 1, 1]}, "stayed is null"),
    "stayed twice": ({"stayed": [1, 2, 0, 0, 1, 1]}, "true or false, or 1 or 0"),
    "nobody's": ({"account": ["a", None, "b", "b", "c", "c"]}, "account is null in 1 of 6 rows"),
    "one account": ({"account": ["a"] * 6}, "all rows are of one account"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("why", CANNOT)
def test_data_that_cannot_say_are_refused_with_the_reason(why: str, form: str) -> None:
    changed, reason = CANNOT[why]
    assert fit(pl.DataFrame(GOOD)).periods == 6
    with pytest.raises(AppraisalError, match=reason):
        fit(pl.DataFrame(GOOD | changed), form=form)


def test_no_rows_at_all_are_refused() -> None:
    with pytest.raises(AppraisalError, match="there are no rows"):
        fit(pl.DataFrame(GOOD).clear())


def test_columns_that_only_together_know_who_stayed_are_refused() -> None:
    draws = np.random.default_rng(5)
    one, two = draws.normal(size=(2, 400))
    knows = pl.DataFrame({"goodwill": one, "score": two, "stayed": one + two > 0})
    assert fit(knows).periods == 400
    with pytest.raises(AppraisalError, match="goodwill and score tell those who stayed.*without a mistake"):
        fit(knows, covariates=["score"])


def test_columns_that_follow_from_each_other_are_refused() -> None:
    rows = simulated().with_columns(twice=2 * pl.col("goodwill") + 1)
    with pytest.raises(AppraisalError, match="goodwill, twice apart"):
        fit(rows, covariates=["twice"])


def test_a_base_of_one_to_all_digits_is_refused() -> None:
    with pytest.raises(AppraisalError, match="0 is far from all that was seen"):
        fit(simulated().with_columns(pl.col("goodwill") - 5000))


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"form": "probit"}, "it is logistic or cloglog"),
        ({"covariates": "tenure"}, "no list of columns"),
        ({"covariates": ["tenure", "tenure"]}, "each once"),
        ({"covariates": ["goodwill"]}, "each once"),
    ],
)
def test_what_is_asked_wrongly_is_refused(asked: dict[str, Any], reason: str) -> None:
    with pytest.raises(AppraisalError, match=reason):
        fit(simulated(), **asked)


def test_columns_that_are_not_there_or_hold_no_numbers_are_named() -> None:
    rows = simulated()
    with pytest.raises(MissingColumn, match="to fit needs who"):
        fit(rows, account="who")
    with pytest.raises(MissingColumn, match="to fit needs points"):
        fit(rows, goodwill="points")
    with pytest.raises(WrongType, match="goodwill holds String"):
        fit(rows.with_columns(pl.col("goodwill").cast(pl.String)))
    with pytest.raises(WrongType, match="not list"):
        fit([1, 2])


@pytest.mark.parametrize("engine", ENGINES)
def test_every_kind_of_frame_gives_the_same_fit(engine: str) -> None:
    rows = simulated(accounts=60)
    assert str(fit(ENGINES[engine][0](rows), covariates=["tenure"])) == str(fit(rows, covariates=["tenure"]))


WITHOUT = """
import sys
sys.modules["{absent}"] = None
from goodwill.appraisal import RetentionLink
import polars as pl
try:
    RetentionLink.from_data(pl.DataFrame({{"goodwill": [1.0, 3, 2, 4], "stayed": [0, 0, 1, 1]}}))
except ImportError as error:
    print(error)
"""


@pytest.mark.parametrize("absent", ["statsmodels", "numpy"])
def test_without_what_fits_the_error_names_the_extra(absent: str) -> None:
    code = WITHOUT.format(absent=absent)
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert absent in told
    assert "goodwill[appraisal]" in told
