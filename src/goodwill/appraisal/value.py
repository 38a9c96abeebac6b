"""What a customer is worth: margins to come, while the customer stays, discounted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from goodwill.appraisal.faults import AppraisalError
from goodwill.appraisal.parameters import Amount, Discount
from goodwill.domain.errors import CurrencyMismatch
from goodwill.domain.money import Money
from goodwill.policies.model import Model
from goodwill.policies.parameters import Days

if TYPE_CHECKING:
    from goodwill.appraisal.fitting.margins import MarginFit

__all__ = ["CustomerValue", "Timing", "break_even_retention"]

Timing = Literal["end_of_period", "immediate", "first_certain"]


class CustomerValue(Model):
    """Customer lifetime value: a margin per period, while the customer stays, discounted to the present.

    With a constant retention rate r and without a horizon it is m r / (1 + i - r), the margin multiple of Gupta &
    Lehmann (2003); what is paid when is said, since it changes the number by up to a margin:

    - `end_of_period`: a margin at the end of each period, if the customer stayed for it.
    - `immediate`: one more now: m + `end_of_period`.
    - `first_certain`: the first margin at the end of the first period, whoever stays then; the decisions come after
      it: (m + `end_of_period`) / (1 + i).

    Attributes:
        margin: per customer and period, after what it cost to serve; may be below 0.
        discount: per period, above -1: 0.01 is 1%.
        period_days: how long a period is.
        timing: when margins are paid.
        horizon: how many periods of staying are counted; None counts all.

    Raises:
        PolicyError: for a discount of -100% or below, a horizon of less than one period, a margin that is no money.

    Example:
        >>> value = CustomerValue(margin=Money(100, "USD"), discount=0.1, period_days=365)
        >>> round(value.at(0.8), 2), round(value.replace(timing="immediate").at(0.8), 2)
        (266.67, 366.67)
    """

    margin: Amount
    discount: Discount
    period_days: Days
    timing: Timing = "end_of_period"
    horizon: Annotated[int, Field(ge=1, le=100_000, strict=True)] | None = None

    @classmethod
    def from_data(cls, purchases: Any, **options: Any) -> MarginFit:
        """The mean margin a customer and period of a frame; see `goodwill.appraisal.fitting.margins.fit_margin`."""
        from goodwill.appraisal.fitting.margins import fit_margin  # noqa: PLC0415 - frames are for those who fit

        return fit_margin(purchases, **options)

    @property
    def currency(self) -> str:
        """That of the margin."""
        return self.margin.currency

    @property
    def keeps(self) -> float:
        """What a margin one period later is worth today: 1 / (1 + i)."""
        return 1.0 / (1.0 + self.discount)

    def at(self, rate: float) -> float:
        """What a customer is worth who stays with the same probability every period, in the margin's currency.

        Raises:
            AppraisalError: if the rate is no probability, or the sum has no end.

        Example:
            >>> value = CustomerValue(margin=Money(100, "USD"), discount=0.1, period_days=365, horizon=5)
            >>> round(value.at(0.8), 6)
            212.409734
        """
        if not 0.0 <= rate <= 1.0:
            raise AppraisalError(f"a retention rate is in [0, 1], not {rate!r}")
        stays = rate * self.keeps
        if self.horizon is None:
            return self.timed(float(self.margin.amount) * self.tail(stays))
        if stays == 1.0:
            return self.timed(float(self.margin.amount) * self.horizon)
        return self.timed(float(self.margin.amount) * stays * (1.0 - stays**self.horizon) / (1.0 - stays))

    def marginal(self, rate: float) -> float:
        """By how much the value rises with the rate: of the infinite sum, m (1 + i) / (1 + i - r)^2.

        Raises:
            AppraisalError: with a horizon, for which it has no such form.

        Example:
            >>> value = CustomerValue(margin=Money(100, "USD"), discount=0.1, period_days=365)
            >>> round(value.marginal(0.8), 4)
            1222.2222
        """
        if self.horizon is not None:
            raise AppraisalError("the closed form is of all periods to come; leave the horizon out")
        slope = float(self.margin.amount) * self.keeps / (1.0 - rate * self.keeps) ** 2
        return slope * self.keeps if self.timing == "first_certain" else slope

    def tail(self, stays: float) -> float:
        """The sum of q + q^2 + ..., for q the probability of staying a period, discounted.

        Raises:
            AppraisalError: if it has no end.
        """
        if stays >= 1.0:
            raise AppraisalError(
                "a customer who always stays, at no discount, is worth more than any number; give a discount or a horizon"
            )
        return stays / (1.0 - stays)

    def timed(self, at_ends: float) -> float:
        """The value by when margins are paid, from that of margins at the ends of periods."""
        if self.timing == "end_of_period":
            return at_ends
        immediate = float(self.margin.amount) + at_ends
        return immediate if self.timing == "immediate" else immediate * self.keeps

    def timed_change(self, change: float) -> float:
        """The same of a change, in which the first margin takes no part."""
        return change * self.keeps if self.timing == "first_certain" else change


def break_even_retention(cost: Money, value_if_retained: Money) -> float:
    """The change in the probability of staying that is worth its cost, once: cost / value.

    Raises:
        CurrencyMismatch: if they are in two currencies.
        AppraisalError: if the customer is worth nothing.

    Example:
        >>> break_even_retention(Money(15, "USD"), Money(300, "USD"))
        0.05
    """
    if cost.currency != value_if_retained.currency:
        raise CurrencyMismatch(f"cannot compare {cost} with {value_if_retained}; convert one of them first")
    if value_if_retained.amount <= 0:
        raise AppraisalError(f"a customer who is worth {value_if_retained} is not kept at any cost")
    return float(cost.amount / value_if_retained.amount)
