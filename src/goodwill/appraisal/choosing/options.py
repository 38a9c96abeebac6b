"""What could be given: gestures that are only thought of, with their costs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from goodwill.appraisal.faults import AppraisalError
from goodwill.domain.entry import ABSENT, Deposit, Ref
from goodwill.domain.money import Money

__all__ = ["Option", "checked"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """A gesture that could be given to a customer, and is not given yet.

    Attributes:
        kind: one of the catalog's deposits.
        cost: what it costs the firm, at least 0; None where it costs nothing.
        magnitude: how big, in the kind's unit; what the kind's rule says where it is left out.
        in_response_to: the id of the withdrawal that it would answer, or a `Ref` to its reference.
        name: what it is called among others; the kind, where it has no other.
        group: of options in one group at most one is given to a customer. All are in one unless they say otherwise, so
            that a customer is given one gesture at most. `recommend` recommends one gesture in any case.

    Raises:
        AppraisalError: for a cost that is no money or below 0, or a name that is no text.

    Example:
        >>> Option(kind="fee_waived", cost=Money("14.99", "USD")).name
        'fee_waived'
    """

    kind: str
    cost: Money | None = None
    magnitude: Decimal | int | None = None
    in_response_to: str | Ref | None = None
    name: str = ""
    group: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        for text in (self.kind, self.name, self.group):
            if not isinstance(text, str):
                raise AppraisalError(f"an option's kind, name and group are texts, not {text!r}")
        if self.cost is not None and not isinstance(self.cost, Money):
            raise AppraisalError(f"an option costs Money, not {self.cost!r}; write Money('14.99', 'USD')")
        if self.cost is not None and self.cost.is_negative:
            raise AppraisalError(f"{self.name or self.kind}: a cost of {self.cost} is below 0")
        object.__setattr__(self, "name", self.name or self.kind)

    def gesture(self, account: str, at: datetime) -> Deposit:
        """The deposit that it would be.

        Example:
            >>> from datetime import UTC, datetime
            >>> Option(kind="thank_you").gesture("ada", datetime(2026, 3, 1, tzinfo=UTC)).kind
            'thank_you'
        """
        return Deposit(
            account=account,
            kind=self.kind,
            cost=self.cost,
            magnitude=ABSENT if self.magnitude is None else Decimal(self.magnitude),
            in_response_to=self.in_response_to,
            occurred_at=at,
        )


def checked(options: Iterable[Option]) -> list[Option]:
    """Options that may stand beside each other.

    Raises:
        AppraisalError: if there is none, if one is no option, or if two have one name.
    """
    found = list(options)
    stranger = next((each for each in found if not isinstance(each, Option)), None)
    if stranger is not None:
        raise AppraisalError(f"options are of goodwill.appraisal.Option, not {stranger!r}")
    if not found:
        raise AppraisalError("no options: name what could be given, such as Option(kind='thank_you')")
    names = [each.name for each in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise AppraisalError(f"two options are called {twice!r}; give each a name= of its own")
    return found
