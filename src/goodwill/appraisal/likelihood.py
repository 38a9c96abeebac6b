"""The likelihood of staying given columns of numbers: when it has a maximum, and where."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final, Literal, NamedTuple

try:
    import numpy as np
except ImportError as error:
    raise ImportError(f"a link is fitted with {error.name}: install goodwill[appraisal]") from error

from goodwill.appraisal.faults import AppraisalError
from goodwill.appraisal.samples import codes, numbers, sample

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
    """What was estimated; intercept, goodwill, covariates, each as it moves the linear predictor of staying.

    Attributes:
        weights: the intercept at a goodwill of 0 and the covariates' means, then one for each column, by its own unit.
        errors: their standard errors; that of the intercept is not computed.
        log_likelihood: at the estimate.
    """

    weights: list[float]
    errors: list[float]
    log_likelihood: float


def estimated(data: Data, form: Form) -> Estimate:
    """The most likely weights, by iteratively reweighted least squares."""
    scaled, means, deviations = standardized(data.columns)
    design = np.column_stack([np.ones(len(scaled)), scaled])
    outcome, sign = (data.stayed, 1.0) if form == "logistic" else (1.0 - data.stayed, -1.0)
    result = fitted(outcome, design, form, data.whose)
    if not (result.converged and np.isfinite(result.params).all() and np.isfinite(result.bse).all()):
        raise AppraisalError("the likelihood has no maximum that could be found; give more rows, or fewer covariates")
    weights = sign * result.params[1:] / deviations
    intercept = sign * result.params[0] - weights[0] * means[0]
    errors = result.bse[1:] / deviations
    return Estimate([float(intercept), *weights.tolist()], [math.nan, *errors.tolist()], float(result.llf))


def fitted(outcome: Any, design: Any, form: Form, whose: Any) -> Any:
    """The binomial GLM of statsmodels.

    Raises:
        ImportError: if it is not installed.
    """
    try:
        from statsmodels.genmod.families import Binomial, links  # type: ignore[import-untyped]  # noqa: PLC0415 - heavy
        from statsmodels.genmod.generalized_linear_model import (  # type: ignore[import-untyped]  # noqa: PLC0415 - heavy
            GLM,
        )
    except ImportError as error:
        raise ImportError("to fit a retention link needs statsmodels: install goodwill[appraisal]") from error
    link = links.Logit() if form == "logistic" else links.CLogLog()
    errors: dict[str, Any] = {} if whose is None else {"cov_type": "cluster", "cov_kwds": {"groups": whose}}
    return GLM(outcome, design, family=Binomial(link=link)).fit(tol=1e-12, maxiter=200, **errors)


def of_one_probability(rows: int, leavers: int) -> float:
    """The log-likelihood of the data where everybody has the same probability, that of the sample."""
    stayed = rows - leavers
    return stayed * math.log(stayed / rows) + leavers * math.log(leavers / rows)
