"""What the models of this floor are made of, beside the numbers of a policy: money, and a probability."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, InstanceOf, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from goodwill.appraisal.faults import AppraisalError
from goodwill.domain.currencies import exponent_of
from goodwill.domain.errors import InvalidMoney, WrongType
from goodwill.domain.money import Money
from goodwill.policies.parameters import Number

__all__ = ["Amount", "Discount", "Price", "Probability", "Rates", "exchanged", "rounded"]


def _money(value: Any) -> Any:
    try:
        return Money.from_dict(value) if isinstance(value, Mapping) else value
    except (InvalidMoney, WrongType) as error:
        raise PydanticCustomError("money", "{message}", {"message": str(error)}) from None


def _not_negative(value: Any) -> Any:
    money = _money(value)
    if isinstance(money, Money) and money.is_negative:
        raise PydanticCustomError("money", "{message}", {"message": f"{money} is below 0; an amount here never is"})
    return money


_AS_JSON = (
    PlainSerializer(lambda money: money.to_dict(), when_used="json"),
    WithJsonSchema(
        {
            "type": "object",
            "properties": {"amount": {"type": "string"}, "currency": {"type": "string"}},
            "required": ["amount", "currency"],
            "additionalProperties": False,
        }
    ),
)

Amount = Annotated[InstanceOf[Money], BeforeValidator(_money), *_AS_JSON]
"""Money of either sign; `{"amount": "14.99", "currency": "USD"}` in JSON."""

Price = Annotated[InstanceOf[Money], BeforeValidator(_not_negative), *_AS_JSON]
"""Money of at least 0."""


class _Open(Number):
    """A number strictly between its limits."""

    def check(self, value: object) -> float:
        number = super().check(value)
        if number == self.high:
            self.refuse(value, f"is not below {self.high:g}; nothing is that certain")
        return number

    @property
    def rule(self) -> str:
        return f"must be in ({self.low:g}, {self.high:g})"


Probability = Annotated[float, _Open("probability", 0.0, 1.0, above=True)]
"""A probability that is neither 0 nor 1."""


class _Above(Number):
    """A number above its lower limit, which is below 0."""

    @property
    def rule(self) -> str:
        return f"must be finite and > {self.low:g}"


Discount = Annotated[float, _Above("discount", -1.0, 1e6, above=True)]
"""A rate per period above -1: 0.01 is 1%."""

Rates = Mapping[str, float]
"""How many units of the currency asked for one unit of another buys."""


def rounded(amount: float, currency: str) -> Money:
    """A computed amount as money, to the currency's minor unit, half to even.

    Raises:
        AppraisalError: if it is no finite number.

    Example:
        >>> rounded(9.0277, "USD")
        Money('9.03', 'USD')
    """
    step = Decimal(1).scaleb(-exponent_of(currency))
    try:
        return Money(Decimal(repr(float(amount))).quantize(step, ROUND_HALF_EVEN), currency)
    except ArithmeticError:
        raise AppraisalError(f"{amount} {currency} is beyond what money can be") from None


def exchanged(money: Money, currency: str, rates: Rates) -> float:
    """An amount in another currency, by rates that the caller gives.

    Raises:
        AppraisalError: if there is no rate for it.

    Example:
        >>> exchanged(Money("10.00", "EUR"), "USD", {"EUR": 1.25})
        12.5
    """
    if money.currency == currency:
        return float(money.amount)
    rate = rates.get(money.currency)
    if rate is None or not 0.0 < rate < float("inf"):
        raise AppraisalError(
            f"{money} and {currency} are not mixed without a rate; give rates={{{money.currency!r}: ...}}, how many "
            f"{currency} one {money.currency} buys"
        )
    return float(money.amount) * rate
