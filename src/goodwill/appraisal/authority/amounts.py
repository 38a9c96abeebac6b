"""Money in a field of a model, and amounts of several currencies in one."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Context, Decimal
from typing import Annotated, Any, Final, NamedTuple

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from goodwill.domain.errors import CurrencyMismatch, GoodwillError
from goodwill.domain.money import Money

__all__ = ["Amount", "Exchange"]

# A context of our own: the caller's thread may round to five digits, and money must not notice.
EXACT: Final = Context(prec=64)


def read_amount(value: Any) -> Money:
    """Money of at least 0, or what `Money.to_dict` makes of it."""
    try:
        money = Money.from_dict(value) if isinstance(value, Mapping) else value
    except GoodwillError as fault:
        raise ValueError(str(fault)) from None
    if not isinstance(money, Money):
        raise ValueError(f"{value!r} is not money; write Money('25.00', 'USD')")  # noqa: TRY004 - what pydantic takes for a refusal
    if money.is_negative:
        raise ValueError(f"{money} is below 0")
    return money


AMOUNT_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"amount": {"type": "string"}, "currency": {"type": "string"}},
    "required": ["amount", "currency"],
    "additionalProperties": False,
}

Amount = Annotated[Money, PlainValidator(read_amount), PlainSerializer(Money.to_dict), WithJsonSchema(AMOUNT_SCHEMA)]
"""A field that holds `Money` of at least 0; in JSON {"amount": "25.00", "currency": "USD"}."""


class Exchange(NamedTuple):
    """What amounts are compared in, and what one unit of each other currency is in it.

    Attributes:
        currency: None where no amount is compared.
        rates: how many units of `currency` one unit of another buys.

    Example:
        >>> Exchange("USD", {"EUR": 1.1}).amount(Money("10.00", "EUR"))
        Decimal('11.000')
    """

    currency: str | None
    rates: Mapping[str, float]

    def amount(self, money: Money) -> Decimal:
        """An amount of money in the currency, exact.

        Raises:
            CurrencyMismatch: if there is no rate for its own.
        """
        if money.currency == self.currency:
            return money.amount
        rate = self.rates.get(money.currency)
        if rate is None:
            raise CurrencyMismatch(
                f"{money} cannot be compared with limits in {self.currency}; say with rates={{{money.currency!r}: ...}} "
                f"how many {self.currency} one {money.currency} buys"
            )
        return EXACT.multiply(money.amount, Decimal(repr(rate)))

    def total(self, amounts: list[Money]) -> Decimal:
        """The sum of amounts in the currency."""
        found = Decimal(0)
        for each in amounts:
            found = EXACT.add(found, self.amount(each))
        return found

    def shown(self, amount: Decimal) -> str:
        """An amount for people, to the hundredth or finer where it is."""
        finest = max(2, -int(amount.normalize(EXACT).as_tuple().exponent))
        return f"{amount:.{min(finest, 6)}f} {self.currency}"
