"""What may be added to an appraisal, each off unless it is given: word of mouth, volatility, norms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from goodwill.appraisal.faults import AppraisalError
from goodwill.policies.model import Model
from goodwill.policies.parameters import Finite, Frozen, NonNegative, Number

__all__ = ["Norms", "VolatilityAversion", "WordOfMouth"]


class WordOfMouth(Model):
    """What a customer tells others: told x shift x the value of a customer.

    A customer who is overdrawn costs that much, one who is above zero brings it. "10 or 20 friends" is folklore: the 10
    is a median of complainers about a small-ticket item (TARP for Coca-Cola, 1981), and good word is told about three
    times as often as bad (East, Hammond & Wright 2007). How much a telling shifts, nobody published; both are yours.

    Attributes:
        told_if_overdrawn: how many hear of it where the balance is below zero.
        told_if_positive: how many where it is above.
        shift: by how much hearing it changes the probability that one becomes a customer.

    Example:
        >>> tarp = WordOfMouth(told_if_overdrawn=10, shift=0.02)
        >>> round(tarp.worth(-1.0, customer_value=266.67), 2)
        -53.33
    """

    told_if_overdrawn: NonNegative
    told_if_positive: NonNegative = 0.0
    shift: Annotated[float, Number("probability", 0.0, 1.0)]

    def worth(self, points: float, *, customer_value: float) -> float:
        """What is told is worth at a balance, in the currency of the customer's value."""
        told = -self.told_if_overdrawn if points < 0.0 else self.told_if_positive if points > 0.0 else 0.0
        return told * self.shift * customer_value


class VolatilityAversion(Model):
    """A customer whose balance has swung is less likely to stay than one at the same points who was always there.

    It lowers the linear predictor of the retention link by `weight` times the volatility of the balance
    (`goodwill.readouts.Volatility`), with and without the gesture alike. A convention, without a published weight; that
    extreme experiences count beyond their mean is published (Bolton, Lemon & Bramlett 2006).

    Attributes:
        weight: per point of volatility; yours.
    """

    weight: NonNegative

    def index(self, volatility: float | None) -> float:
        """What is added to the linear predictor; nothing for an account that is too young to have swung."""
        return 0.0 if volatility is None else -self.weight * volatility


class Norms(Model):
    """A gesture is worth more or less by the norm under which the customer sees the relation: communal or exchange.

    Money for help offends who thinks of the firm as of a friend, and is welcome to who thinks of it as of a trader
    (Aggarwal 2004, experiments); the sizes are yours. Who is not said to hold a norm is neutral: a gain of 1.

    Attributes:
        gains: of each norm, by which factor a gesture of a kind counts; kinds that are not named count in full.

    Raises:
        PolicyError: for a gain that is not a finite number.

    Example:
        >>> norms = Norms(gains={"communal": {"fee_waived": 0.5}, "exchange": {"thank_you": 0.5}})
        >>> norms.gain("communal", "fee_waived"), norms.gain("communal", "upgrade"), norms.gain(None, "fee_waived")
        (0.5, 1.0, 1.0)
    """

    gains: Frozen[str, Frozen[str, Finite]]

    def gain(self, norm: str | None, kind: str) -> float:
        """The factor for a gesture of a kind to a customer of a norm.

        Raises:
            AppraisalError: for a norm that has no gains here.
        """
        if norm is None:
            return 1.0
        table: Mapping[str, float] | None = self.gains.get(norm)
        if table is None:
            raise AppraisalError(f"no gains for the norm {norm!r}; known: {', '.join(sorted(self.gains)) or 'none'}")
        return table.get(kind, 1.0)
