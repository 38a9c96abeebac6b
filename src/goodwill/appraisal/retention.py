"""How likely a customer is to stay, by the goodwill that is there."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import model_validator

from goodwill.appraisal.faults import AppraisalError
from goodwill.appraisal.parameters import Probability
from goodwill.policies.formula import Operand, exp, power
from goodwill.policies.model import Model
from goodwill.policies.parameters import Finite, NonNegative

if TYPE_CHECKING:
    from goodwill.appraisal.fitting.fitting import Fit

__all__ = ["RetentionLink", "blattberg_deighton", "shifted_beta_geometric"]


class RetentionLink(Model):
    """The probability that a customer stays for another period, given the goodwill at its end.

    `logistic` (binary logit): p = 1 / (1 + e^-(a + b G)), with a = ln(base / (1 - base)). `cloglog` (complementary
    log-log of leaving, the link that Bolton, Lemon & Bramlett (2006) use; proportional hazards, Bolton 1998):
    p = base^(e^(-b G)). Both give `base` where there is no goodwill at all.

    No slope is published for goodwill, and none is made up here: it is given, and then it is an assumption, or it is
    fitted to data (`from_data`), and then it is an association.

    Attributes:
        base: the probability of staying for a period at a balance of 0, in (0, 1).
        slope: b, in 1 / point: of the logit, or of the log-hazard, by which one more point changes it.
        form: "logistic" or "cloglog".
        slope_error: the standard error of the slope, where it is known.
        source: where the numbers are from, in words; outside the digest.
        is_fitted: whether the slope was fitted to data, which makes it an association.

    Raises:
        PolicyError: for a base that is not strictly between 0 and 1, or where no slope is given.

    Example:
        >>> link = RetentionLink(base=0.8, slope=0.05)
        >>> round(link.rate(0), 12), round(link.rate(40), 6), round(link.marginal(0), 12)
        (0.8, 0.967273, 0.008)
    """

    outside_digest: ClassVar[frozenset[str]] = frozenset({"source"})

    base: Probability
    slope: Finite
    form: Literal["logistic", "cloglog"] = "logistic"
    slope_error: NonNegative | None = None
    source: str = ""
    is_fitted: bool = False

    @model_validator(mode="before")
    @classmethod
    def _slope_is_given(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and data.get("slope") is None:
            raise ValueError(
                "no slope: how strongly goodwill weighs on staying is not published, so none is made up; give slope=, "
                "as your own assumption, or fit it with RetentionLink.from_data"
            )
        return data

    @classmethod
    def from_data(cls, periods: Any, **options: Any) -> Fit:
        """The link fitted to person-periods by maximum likelihood; see `goodwill.appraisal.fitting.fitting`."""
        from goodwill.appraisal.fitting.fitting import fit_retention  # noqa: PLC0415 - statsmodels is for those who fit

        return fit_retention(periods, **options)

    @property
    def intercept(self) -> float:
        """a, the linear predictor at a balance of 0: the logit of staying, or minus the log of the hazard."""
        if self.form == "logistic":
            return math.log(self.base / (1.0 - self.base))
        return -math.log(-math.log(self.base))

    def rate(self, goodwill: Operand, slope: Operand | None = None) -> Operand:
        """The probability of staying for a period, by the points at its end; a float or an array.

        Args:
            goodwill: in points.
            slope: another than its own, such as an array of draws.
        """
        weight = self.slope if slope is None else slope
        if self.form == "logistic":
            return 1.0 / (1.0 + exp(-(self.intercept + weight * goodwill)))
        return power(self.base, exp(-weight * goodwill))

    def marginal(self, goodwill: Operand) -> Operand:
        """By how much one more point would change the probability: b p (1 - p), or -b p ln p."""
        return self.rate(goodwill) * self.log_marginal(goodwill)

    def log_marginal(self, goodwill: Operand) -> Operand:
        """The derivative of ln p: b (1 - p), or b e^(-b G) (-ln base)."""
        if self.form == "logistic":
            return self.slope * (1.0 - self.rate(goodwill))
        return -self.slope * math.log(self.base) * exp(-self.slope * goodwill)

    def shifted(self, index: float) -> Self:
        """The link with so much added to its linear predictor, as at another base."""
        if index == 0.0:
            return self
        base = self.replace(slope=1.0).rate(index)
        return self.replace(base=base)


def shifted_beta_geometric(alpha: float, beta: float, period: int) -> float:
    """The retention rate of a cohort in its t-th period: (beta + t - 1) / (alpha + beta + t - 1).

    It rises with t though nobody changes: who was going to leave has left (Fader & Hardie 2007, sBG).

    Args:
        alpha: above 0; with beta the shape of how churn varies between customers.
        beta: above 0.
        period: t, from 1 on.

    Raises:
        AppraisalError: for parameters that are not above 0, or a period before the first.

    Example:
        >>> round(shifted_beta_geometric(0.668, 3.806, 1), 6)
        0.850693
    """
    if not (0.0 < alpha < math.inf and 0.0 < beta < math.inf):
        raise AppraisalError(f"alpha and beta are finite and above 0, not {alpha!r} and {beta!r}")
    if period < 1:
        raise AppraisalError(f"the first period is 1, not {period!r}")
    return (beta + period - 1) / (alpha + beta + period - 1)


def blattberg_deighton(spend: float, *, ceiling: float, current_spend: float, current_rate: float) -> float:
    """The retention rate that so much spend a customer buys: ceiling (1 - e^(-k spend)) (Blattberg & Deighton 1996).

    k is such that `current_spend` buys `current_rate`; both numbers, and the ceiling, are a manager's judgment.

    Args:
        spend: on keeping a customer, per period, at least 0.
        ceiling: the rate that no spend exceeds, in (0, 1].
        current_spend: above 0.
        current_rate: in (0, ceiling).

    Raises:
        AppraisalError: for a number outside of its range.

    Example:
        >>> round(blattberg_deighton(20, ceiling=0.9, current_spend=10, current_rate=0.6), 12)
        0.8
    """
    if not 0.0 < ceiling <= 1.0 or not 0.0 < current_rate < ceiling:
        raise AppraisalError(
            f"the current rate is above 0 and below the ceiling, which is at most 1; not {current_rate!r} and {ceiling!r}"
        )
    if not 0.0 < current_spend < math.inf or not 0.0 <= spend < math.inf:
        raise AppraisalError(f"what is spent is at least 0, and today above 0; not {spend!r} and {current_spend!r}")
    left = 1.0 - current_rate / ceiling
    return ceiling * (1.0 - math.pow(left, spend / current_spend))
