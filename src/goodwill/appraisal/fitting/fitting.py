"""A retention link fitted to person-periods by maximum likelihood: an association, with all that is to be said of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from goodwill.appraisal.faults import AppraisalError
from goodwill.appraisal.fitting.likelihood import Data, Form, data_of, estimated, of_one_probability
from goodwill.appraisal.retention import RetentionLink

__all__ = ["Fit", "fit_retention"]

Z_95: Final = 1.959963984540054
"""The 97.5% point of the standard normal distribution."""

ENOUGH: Final = 1_000
"""Outcomes below which goodwill's half-life and slope were hardly found again in simulations; a convention."""

FEW_CLUSTERS: Final = 50
"""Accounts below which clustered errors are too small (Cameron & Miller 2015: "few" is less than 20 to less than 50)."""

FAR: Final = 10.0
"""Standard deviations beyond which few rows decide a line; a convention."""

ASSOCIATION: Final = (
    "an association, not an effect: nobody drew lots for who got a gesture. The angry are compensated, the loyal earn more, "
    "complainers are those who stayed to complain; so the slope may be too small, too large, or of the wrong sign. What a "
    "gesture does is seen where it is given at random"
)


@dataclass(frozen=True, slots=True)
class Fit:
    """A link fitted to data, and how far it can be trusted.

    Attributes:
        link: its slope with its standard error; its base is at a goodwill of 0 and at the means of the covariates.
        periods: how many rows there were.
        leavers: in how many of them the account did not stay.
        accounts: of how many accounts they are, by which the errors are clustered; None where nobody said whose.
        interval: of the slope, at 95% (Wald).
        log_likelihood: of the data, at the fit.
        null_log_likelihood: of the data under one probability for all, without goodwill or covariates.
        covariates: what one more of each adds to the linear predictor, as the slope is what a point adds.
        caveats: what is to be said wherever the slope is.
    """

    link: RetentionLink
    periods: int
    leavers: int
    accounts: int | None
    interval: tuple[float, float]
    log_likelihood: float
    null_log_likelihood: float
    covariates: Mapping[str, float] = field(default_factory=dict)
    caveats: tuple[str, ...] = ()

    def __str__(self) -> str:
        low, high = self.interval
        whose = "" if self.accounts is None else f" of {self.accounts:,} accounts"
        lines = [
            f"{self.link.form} link fitted to {self.periods:,} periods{whose}, {self.leavers:,} of them not stayed for",
            f"  base {self.link.base:.4g}, slope {self.link.slope:.4g} a point (95%: {low:.4g} to {high:.4g})",
            *(f"  {name} {weight:.4g}" for name, weight in self.covariates.items()),
            f"  log-likelihood {self.log_likelihood:.2f}, of one probability for all {self.null_log_likelihood:.2f}",
            *(f"  - {caveat}" for caveat in self.caveats),
        ]
        return "\n".join(lines)


def fit_retention(
    periods: Any,
    *,
    goodwill: str = "goodwill",
    stayed: str = "stayed",
    form: Form = "logistic",
    account: str | None = "account",
    covariates: Sequence[str] = (),
) -> Fit:
    """How staying goes with goodwill, by maximum likelihood: a binomial GLM of statsmodels, errors clustered by account.

    The logistic form is a logit of staying; the cloglog form a complementary log-log of leaving, the grouped-data version
    of proportional hazards (Prentice & Gloeckler 1978). What must be known at the start of a period is: a covariate that
    sums up all of an account's life (its number of purchases, say) knows who stayed.

    Args:
        periods: one row per account and period (pandas, polars, PyArrow, DuckDB), as `person_periods` makes it.
        goodwill: the column of points at the start of the period.
        stayed: the column of true and false, or of 1 and 0.
        form: "logistic" or "cloglog".
        account: the column of whose period it is; None, or a frame without `account`, has errors as if every period were
            somebody else's, which are too small, and says so.
        covariates: columns of numbers that are held constant, linearly.

    Raises:
        AppraisalError: for another form, where a value is null, NaN or infinite, and where the data cannot say: all
            stayed or none, everybody has the same goodwill, columns that follow from each other, or that tell the two
            sorts apart without a mistake (then no finite slope is the most likely one).
        MissingColumn: if a column is not there.
        WrongType: if a column holds no numbers.
        ImportError: without statsmodels; install goodwill[appraisal].

    Example:
        >>> import polars as pl
        >>> rows = pl.DataFrame({"goodwill": [-9.0, -4, 1, -2, 0, 3, 5, 9], "stayed": [0, 0, 0, 1, 1, 0, 1, 1]})
        >>> fit = fit_retention(rows)
        >>> round(fit.link.slope, 3), fit.leavers, fit.accounts
        (0.256, 4, None)
    """
    if form not in {"logistic", "cloglog"}:
        raise AppraisalError(f"form={form!r} is none; it is logistic or cloglog")
    data = data_of(periods, stayed, columns_of(goodwill, covariates), account)
    estimate = estimated(data, form)
    slope, error = estimate.weights[0], estimate.errors[0]
    interval = (slope - Z_95 * error, slope + Z_95 * error)
    whose = "" if data.accounts is None else f" of {data.accounts:,} accounts"
    link = RetentionLink(
        base=base_of(estimate.intercept, form),
        slope=slope,
        form=form,
        slope_error=error,
        source=f"fitted to {len(data.stayed):,} periods{whose}; an association, not an effect",
        is_fitted=True,
    )
    return Fit(
        link=link,
        periods=len(data.stayed),
        leavers=data.leavers,
        accounts=data.accounts,
        interval=interval,
        log_likelihood=estimate.log_likelihood,
        null_log_likelihood=of_one_probability(len(data.stayed), data.leavers),
        covariates=dict(zip(covariates, estimate.weights[1:], strict=True)),
        caveats=tuple(caveats_of(data, interval)),
    )


def columns_of(goodwill: str, covariates: Sequence[str]) -> list[str]:
    """Goodwill, then what is held constant.

    Raises:
        AppraisalError: if covariates are one name, or one of them is there twice.
    """
    names = [goodwill, *([] if isinstance(covariates, str) else covariates)]
    if isinstance(covariates, str) or len(set(names)) < len(names):
        raise AppraisalError(f"covariates={covariates!r} is no list of columns beside {goodwill!r}, each once")
    return names


def base_of(intercept: float, form: Form) -> float:
    """The probability of staying at a goodwill of 0.

    Raises:
        AppraisalError: if it is 0 or 1 to all digits.
    """
    try:
        base = 1.0 / (1.0 + math.exp(-intercept)) if form == "logistic" else math.exp(-math.exp(-intercept))
    except OverflowError:
        base = 0.0
    if not 0.0 < base < 1.0:
        raise AppraisalError(
            f"at a goodwill of 0 the fit says {base:g}, for 0 is far from all that was seen; fit with a policy whose points "
            "are near 0 where nothing happened"
        )
    return base


def caveats_of(data: Data, interval: tuple[float, float]) -> Iterator[str]:
    """What is to be said of a fit, the gravest first."""
    yield ASSOCIATION
    rows, (low, high) = len(data.stayed), interval
    if high < 0.0:
        yield (
            "the slope is below 0: more goodwill goes with leaving, as it does where gestures go to those who are about to "
            "leave (confounding by indication); do not use it as an effect"
        )
    elif low <= 0.0:
        yield f"the slope cannot be told from 0: its 95% interval is {low:.3g} to {high:.3g}"
    rarer = min(data.leavers, rows - data.leavers)
    if rarer < ENOUGH:
        what = "leaving" if rarer == data.leavers else "staying"
        yield f"{rarer:,} outcomes (of {what}, the rarer), fewer than {ENOUGH:,}: the data decide little"
    if data.accounts is None:
        yield "standard errors as if every period were of another account, which are too small where they are not"
    else:
        yield f"standard errors clustered by account: the periods of one are not {rows:,} customers"
        if data.accounts < FEW_CLUSTERS:
            yield f"{data.accounts} accounts, fewer than {FEW_CLUSTERS}: clustered errors are too small then"
    if data.furthest > FAR:
        yield (
            f"the furthest goodwill is {data.furthest:.0f} standard deviations from the mean: a few rows decide the slope; a Cap "
            "in the policy bounds what one entry is worth"
        )
    points = data.columns[:, 0]
    if points.min() > 0.0 or points.max() < 0.0:
        yield f"no period had a goodwill of 0 (they are {points.min():.3g} to {points.max():.3g}): the base is extrapolated"
