"""The likelihood of staying given columns of numbers: when it has a maximum, and where."""

from __future__ import annotations

import math
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final, Literal, NamedTuple

try:
    import numpy as np
except ImportError as error:
    raise ImportError(f"a link is fitted with {error.name}: install goodwill[appraisal]") from error

from goodwill.appraisal.faults import AppraisalError
from goodwill.appraisal.fitting.samples import codes, numbers, sample

__all__ = ["Data", "Estimate", "Form", "data_of", "estimated", "of_one_probability"]

Form = Literal["logistic", "cloglog"]

USUAL: Final = "account"
"""The column that a frame may have or not; any other that is named must be there."""


class Data(NamedTuple):
    """What a link is fitted to.

    Attributes:
        stayed: 1 or 0, by row.
        columns: goodwill, then the covariates; a column each.
        whose: the number of each row's account.
        accounts: how many there are.
    """

    stayed: Any
    columns: Any
    whose: Any
    accounts: int | None

    @property
    def leavers(self) -> int:
        """How many rows are of those who did not stay."""
        return int(np.sum(self.stayed == 0.0))

    @property
    def furthest(self) -> float:
        """How far from the mean the furthest goodwill is, in standard deviations."""
        return float(np.max(np.abs(standardized(self.columns[:, :1])[0])))


def data_of(periods: Any, stayed: str, names: Sequence[str], account: str | None) -> Data:
    """The columns of a frame, if they can say anything.

    Raises:
        AppraisalError: if they cannot.
    """
    named = [account] if account not in {None, USUAL} else []
    rows = sample(periods, [stayed, *names, *named], besides=[USUAL] if account == USUAL else [])
    outcome = numbers(rows, stayed)
    if not np.isin(outcome, (0.0, 1.0)).all():
        raise AppraisalError(f"{stayed} is true or false, or 1 or 0, in every row")
    columns = np.column_stack([numbers(rows, name) for name in names])
    places, accounts = codes(rows, account) if account in rows.columns else (None, None)
    data = Data(outcome, columns, places, None if accounts is None else len(accounts))
    refuse_silent(data, names)
    return data


def refuse_silent(data: Data, names: Sequence[str]) -> None:
    """Refuse data from which no slope can be told.

    Raises:
        AppraisalError: says why.
    """
    rows = len(data.stayed)
    if data.leavers in {0, rows}:
        said = (
            "there are no rows"
            if not rows
            else f"in all {rows:,} rows the account {'left' if data.leavers else 'stayed'}"
        )
        raise AppraisalError(f"cannot say what goes with staying: {said}; take a longer time, or other periods")
    if data.accounts == 1:
        raise AppraisalError("cannot say how sure the slope is: all rows are of one account; give those of others too")
    same = [name for name, column in zip(names, data.columns.T, strict=True) if np.ptp(column) == 0.0]
    if same:
        raise AppraisalError(f"cannot say what goes with {', '.join(same)}: it is the same in all {rows:,} rows")
    scaled = standardized(data.columns)[0]
    if np.linalg.matrix_rank(scaled) < scaled.shape[1]:
        raise AppraisalError(f"cannot tell {', '.join(names)} apart: one follows from the others; leave one out")
    if is_separated(scaled, data.stayed):
        raise AppraisalError(
            f"{' and '.join(names)} tell those who stayed from those who left without a mistake, so the likelihood has no "
            "greatest slope; such data are too few, or a column knows the outcome (is it from the start of the period?)"
        )


def standardized(columns: Any) -> tuple[Any, Any, Any]:
    """Columns in standard deviations from their mean, with the means and deviations: no unit upsets the numbers."""
    means, deviations = columns.mean(axis=0), columns.std(axis=0)
    return (columns - means) / deviations, means, deviations


def is_separated(columns: Any, stayed: Any) -> bool:
    """Whether a plane has all who stayed on one side and all who left on the other, or on it (Albert & Anderson 1984)."""
    stay, left = columns[stayed == 1.0], columns[stayed == 0.0]
    if columns.shape[1] == 1:
        return bool(stay.min() >= left.max() or stay.max() <= left.min())
    from scipy.optimize import linprog  # noqa: PLC0415 - for those who have covariates

    sides = np.where(stayed == 1.0, 1.0, -1.0)[:, None] * np.column_stack([np.ones(len(columns)), columns])
    found = linprog(-sides.mean(axis=0), A_ub=-sides, b_ub=np.zeros(len(sides)), bounds=(-1.0, 1.0))
    return bool(found.fun is not None and found.fun < -1e-9)


class Estimate(NamedTuple):
    """What moves the linear predictor of staying.

    Attributes:
        intercept: at a goodwill of 0, and the covariates' means.
        weights: what one more of each column adds.
        errors: their standard errors, clustered by account where it is known whose rows they are.
        log_likelihood: at the estimate.
    """

    intercept: float
    weights: list[float]
    errors: list[float]
    log_likelihood: float


def estimated(data: Data, form: Form) -> Estimate:
    """The most likely weights, with columns in deviations from their means, back in the columns' own units.

    Raises:
        AppraisalError: if there are none that could be found.
    """
    scaled, means, deviations = standardized(data.columns)
    design = np.column_stack([np.ones(len(scaled)), scaled])
    outcome, sign = (data.stayed, 1.0) if form == "logistic" else (1.0 - data.stayed, -1.0)
    found, errors, log_likelihood = maximized(outcome, design, form, data.whose)
    weights = sign * found[1:] / deviations
    intercept = float(sign * found[0] - weights[0] * means[0])
    return Estimate(intercept, weights.tolist(), (errors[1:] / deviations).tolist(), log_likelihood)


def maximized(outcome: Any, design: Any, form: Form, whose: Any) -> tuple[Any, Any, float]:
    """The binomial GLM of statsmodels: weights, standard errors and log-likelihood.

    Raises:
        AppraisalError: if it finds no maximum.
        ImportError: if it is not installed.
    """
    genmod = statsmodels("genmod.generalized_linear_model")
    families = statsmodels("genmod.families")
    link = families.links.Logit() if form == "logistic" else families.links.CLogLog()
    model = genmod.GLM(outcome, design, family=families.Binomial(link=link))
    with np.errstate(all="ignore"):  # a probability that rounds to 0 or 1 is none to warn of
        result = model.fit(tol_criterion="params", tol=1e-10, maxiter=200)
        # Of a logit the observed information is the expected one, which stays finite where a probability rounds to 1.
        hessian = model.hessian(result.params, observed=form == "cloglog")
        scores = model.score_obs(result.params)
    if not (result.converged and np.isfinite(hessian).all() and np.isfinite(scores).all()):
        raise AppraisalError("the likelihood has no maximum that could be found; give more rows, or fewer covariates")
    inverse = np.linalg.inv(hessian)
    variance = (
        -inverse if whose is None else statsmodels("stats.sandwich_covariance").cov_cluster((scores, inverse), whose)
    )
    return result.params, np.sqrt(np.diag(variance)), float(result.llf)


def statsmodels(module: str) -> Any:
    """A module of statsmodels, loaded when it is needed: that takes seconds.

    Raises:
        ImportError: if it is not installed.
    """
    try:
        return import_module(f"statsmodels.{module}")
    except ModuleNotFoundError as error:
        raise ImportError(f"to fit a retention link needs {error.name}: install goodwill[appraisal]") from error


def of_one_probability(rows: int, leavers: int) -> float:
    """The log-likelihood of the data where everybody has the same probability, that of the sample."""
    stayed = rows - leavers
    return stayed * math.log(stayed / rows) + leavers * math.log(leavers / rows)
