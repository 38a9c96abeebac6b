"""Money: a decimal amount in one ISO 4217 currency; never a float, never two currencies mixed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, DecimalException
from functools import total_ordering
from typing import Final, Self

from goodwill.domain.currencies import exponent_of
from goodwill.domain.errors import CurrencyMismatch, InvalidMoney, WrongType

__all__ = ["Money"]

# A context of our own: the caller's thread may round to five digits, and money must not notice.
EXACT: Final = Context(prec=64)
FINEST: Final = 18
STEPS: Final = tuple(Decimal((0, (1,), -exponent)) for exponent in range(FINEST + 1))
LIMIT: Final = 2**63
"""Minor units stay below this on either side, so that every amount fits a 64-bit integer column."""


@total_ordering
@dataclass(frozen=True, slots=True, init=False, repr=False)
class Money:
    """An amount of one currency, exact to the currency's minor unit.

    Adds, subtracts, compares and negates within one currency, multiplies by whole numbers, and works with `sum`.

    Attributes:
        amount: the amount in the currency's major unit, with as many decimals as the currency has.
        currency: an active ISO 4217 code.

    Raises:
        InvalidMoney: if the amount is not finite, finer than the currency's minor unit, or beyond 2**63 minor units.
        UnknownCurrency: if ISO 4217 does not list the code.
        WrongType: if the amount is a float or a bool, or anything else but a str, an int or a Decimal.

    Example:
        >>> Money("14.99", "USD") + Money(5, "USD")
        Money('19.99', 'USD')
        >>> print(Money("1500", "JPY"))
        1500 JPY
        >>> Money("14.999", "USD")
        Traceback (most recent call last):
        goodwill.domain.errors.InvalidMoney: 14.999 USD: USD has 2 decimals
    """

    amount: Decimal
    currency: str

    def __init__(self, amount: str | int | Decimal, currency: str) -> None:
        exponent = exponent_of(currency)
        fill(self, to_decimal(amount, currency), exponent, currency)

    @classmethod
    def from_minor(cls, minor: int, currency: str, exponent: int | None = None) -> Self:
        """Money from a whole number of minor units (cents).

        Args:
            minor: how many minor units, of either sign.
            currency: an active ISO 4217 code, or any code if `exponent` is given.
            exponent: the decimals that the currency had when the amount was kept; by default those it has today.
                With it, an amount in a currency that was withdrawn since is still read.

        Example:
            >>> Money.from_minor(1499, "USD")
            Money('14.99', 'USD')
            >>> Money.from_minor(1955, "BGN", exponent=2)
            Money('19.55', 'BGN')
        """
        if isinstance(minor, bool) or not isinstance(minor, int):
            raise WrongType(f"minor units are an int, not {type(minor).__name__} {minor!r}")
        decimals = exponent_of(currency) if exponent is None else exponent
        if not 0 <= decimals <= FINEST:
            raise InvalidMoney(f"{currency}: a currency has 0 to {FINEST} decimals, not {decimals}")
        money = object.__new__(cls)
        fill(money, EXACT.scaleb(Decimal(minor), -decimals), decimals, currency)
        return money

    @classmethod
    def from_dict(cls, data: Mapping[str, str]) -> Self:
        """The reverse of `to_dict`.

        Raises:
            InvalidMoney: if "amount" or "currency" is missing, or anything else is there.

        Example:
            >>> Money.from_dict({"amount": "14.99", "currency": "USD"})
            Money('14.99', 'USD')
        """
        if set(data) != {"amount", "currency"}:
            raise InvalidMoney(f'money is {{"amount": "14.99", "currency": "USD"}}, not {dict(data)!r}')
        return cls(data["amount"], data["currency"])

    def to_dict(self) -> dict[str, str]:
        """For JSON: the amount as a string, so that no reader makes a float of it.

        Example:
            >>> Money(5, "USD").to_dict()
            {'amount': '5.00', 'currency': 'USD'}
        """
        return {"amount": f"{self.amount:f}", "currency": self.currency}

    @property
    def exponent(self) -> int:
        """How many decimals the amount has: those of its currency when it was made."""
        return -int(self.amount.as_tuple().exponent)

    @property
    def minor(self) -> int:
        """The amount in minor units: 1499 for 14.99 USD."""
        return int(EXACT.scaleb(self.amount, self.exponent))

    @property
    def is_negative(self) -> bool:
        """Whether the amount is below zero."""
        return self.amount < 0

    def __add__(self, other: Money) -> Money:
        if not isinstance(other, Money):
            return NotImplemented
        self._same(other, "add")
        return self._of(EXACT.add(self.amount, other.amount))

    def __radd__(self, other: int) -> Money:
        """`sum` starts from 0."""
        return self if type(other) is int and other == 0 else NotImplemented

    def __sub__(self, other: Money) -> Money:
        if not isinstance(other, Money):
            return NotImplemented
        self._same(other, "subtract")
        return self._of(EXACT.subtract(self.amount, other.amount))

    def __neg__(self) -> Money:
        return self._of(self.amount.copy_negate())

    def __mul__(self, times: int) -> Money:
        if isinstance(times, bool) or not isinstance(times, int):
            return NotImplemented
        return self._of(EXACT.multiply(self.amount, Decimal(times)))

    __rmul__ = __mul__

    def __lt__(self, other: Money) -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        self._same(other, "compare")
        return self.amount < other.amount

    def __repr__(self) -> str:
        return f"Money('{self.amount:f}', {self.currency!r})"

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"

    def _same(self, other: Money, verb: str) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"cannot {verb} {self} and {other}; convert one of them first")

    def _of(self, amount: Decimal) -> Money:
        money = object.__new__(type(self))
        fill(money, amount, max(0, -int(amount.as_tuple().exponent)), self.currency)
        return money


def to_decimal(amount: str | int | Decimal, currency: str) -> Decimal:
    """The amount as a finite Decimal; floats and bools are refused, for they are never meant."""
    if isinstance(amount, bool) or not isinstance(amount, str | int | Decimal):
        raise WrongType(
            f"an amount of {currency} is a str, an int or a Decimal, not {type(amount).__name__} {amount!r}; "
            f"write it in quotes"
        )
    try:
        number = Decimal(amount)
    except DecimalException:
        raise InvalidMoney(f"{amount!r} {currency}: not a number; write it like '14.99'") from None
    if not number.is_finite():
        raise InvalidMoney(f"{amount} {currency}: an amount is finite")
    return number


def fill(money: Money, amount: Decimal, exponent: int, currency: str) -> None:
    """Set the fields of new money, its amount in exactly `exponent` decimals, or refuse it."""
    try:
        exact = EXACT.quantize(amount, STEPS[exponent])
    except DecimalException:
        raise InvalidMoney(f"{amount} {currency}: too large; the limit is 2**63 minor units") from None
    if exact != amount:
        raise InvalidMoney(f"{amount} {currency}: {currency} has {exponent} decimals")
    if EXACT.scaleb(exact, exponent).copy_abs() >= LIMIT:
        raise InvalidMoney(f"{amount} {currency}: too large; the limit is 2**63 minor units")
    object.__setattr__(money, "amount", EXACT.add(exact, Decimal(0)))  # -0.00 becomes 0.00
    object.__setattr__(money, "currency", currency)
