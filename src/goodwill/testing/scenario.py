"""A customer's story as one expression, with what a policy must make of it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Self

from dateutil.relativedelta import relativedelta

from goodwill.domain.balance import Balance
from goodwill.domain.entry import Entry, Ref
from goodwill.domain.errors import InvalidPeriod
from goodwill.domain.kind import Catalog
from goodwill.domain.money import Money
from goodwill.ledger.ledger import Ledger
from goodwill.policies.policy import Policy
from goodwill.testing.clock import FixedClock
from goodwill.testing.explaining import explained

__all__ = ["Scenario"]

UNITS = ("minutes", "hours", "days", "weeks", "months", "years")


class Scenario:
    """Tells what happened to one customer, day by day, and checks the balance on the way.

    Every step returns the scenario. A reference names an entry, so that a later one can answer it; money is written
    "14.99 USD". A failing expectation raises AssertionError and shows what each entry contributes.

    Args:
        policy: the opinion under test.
        catalog: the kinds; `presets.service_catalog()` where none is given.
        currencies: the ledger's; the first is its home.

    Example:
        >>> from goodwill import presets
        >>> story = Scenario(presets.default()).on("2026-01-05").deposit("fee_waived", cost="14.99 USD")
        >>> story = story.after("3 weeks").withdraw("late_delivery", magnitude=4, reference="late").expect_overdrawn()
        >>> story = story.after("1 day").deposit("refund", cost="20.00 USD", in_response_to="late")
        >>> story.expect_standing("positive").balance.entries
        3
    """

    def __init__(
        self, policy: Policy, *, catalog: Catalog | None = None, currencies: tuple[str, ...] = ("USD", "EUR")
    ) -> None:
        self.clock = FixedClock(datetime(2026, 1, 1, tzinfo=UTC))
        self.ledger = Ledger.in_memory(policy, catalog, clock=self.clock, currencies=currencies)
        self.account = "customer"

    def on(self, date: str) -> Self:
        """Go to a date, or an instant, in ISO 8601; without a zone it is UTC."""
        instant = datetime.fromisoformat(date)
        self.clock.set(instant if instant.tzinfo else instant.replace(tzinfo=UTC))
        return self

    def after(self, span: str) -> Self:
        """Go on by a span of time: "3 weeks", "1 day", "6 months".

        Raises:
            InvalidPeriod: if it cannot be read.
        """
        self.clock.set(self.clock.now() + span_of(span))
        return self

    def deposit(self, kind: str, magnitude: Decimal | float | None = None, **given: Any) -> Self:
        """Record a deposit now, with what `Ledger.deposit` takes."""
        self.ledger.deposit(self.account, kind, magnitude, **told(given))
        return self

    def withdraw(self, kind: str, magnitude: Decimal | float | None = None, **given: Any) -> Self:
        """Record a withdrawal now, with what `Ledger.withdraw` takes."""
        self.ledger.withdraw(self.account, kind, magnitude, **told(given))
        return self

    def observe(self, kind: str, magnitude: Decimal | float | None = None, **given: Any) -> Self:
        """Record an observation now, with what `Ledger.observe` takes."""
        self.ledger.observe(self.account, kind, magnitude, **told(given))
        return self

    def promise(self, kind: str, magnitude: Decimal | float | None = None, *, within: str, **given: Any) -> Self:
        """Record a promise now that is due within a span of time."""
        due = self.clock.now() + span_of(within)
        self.ledger.promise(self.account, kind, magnitude, due=due, **told(given))
        return self

    def keep(self, reference: str, magnitude: Decimal | float | None = None, **given: Any) -> Self:
        """Record now that the promise of a reference was kept, or a part of it."""
        self.ledger.keep(Ref(reference), magnitude, **told(given))
        return self

    def reverse(self, reference: str) -> Self:
        """Take the entry of a reference out."""
        self.ledger.reverse(Ref(reference))
        return self

    @property
    def balance(self) -> Balance:
        """The balance now."""
        return self.ledger.balance(self.account)

    def expect_balance(self, points: object) -> Self:
        """The points are these: a number, or what `pytest.approx` makes of one."""
        return self._expect(points == self.balance.points, f"a balance of {points}")

    def expect_overdrawn(self) -> Self:
        """The balance is below zero."""
        return self._expect(self.balance.is_overdrawn, "an overdrawn account")

    def expect_not_overdrawn(self) -> Self:
        """The balance is not below zero."""
        return self._expect(not self.balance.is_overdrawn, "no overdrawn account")

    def expect_standing(self, name: str) -> Self:
        """The balance is in this band."""
        return self._expect(self.balance.standing == name, f"the standing {name!r}")

    def _expect(self, holds: bool, what: str) -> Self:
        __tracebackhide__ = True  # pytest then points at the story, not in here
        if not holds:
            when = self.clock.now().isoformat()
            raise AssertionError(f"expected {what} on {when}, and there is\n{explained(self.ledger, self.account)}")
        return self


def span_of(text: str) -> relativedelta:
    """A span of time in words.

    Raises:
        InvalidPeriod: if it cannot be read.

    Example:
        >>> span_of("3 weeks").days
        21
    """
    count, _, unit = text.partition(" ")
    unit = unit if unit.endswith("s") else f"{unit}s"
    if not count.isdigit() or unit not in UNITS:
        raise InvalidPeriod(f"{text!r} is no span of time; write one such as '3 weeks', in {', '.join(UNITS)}")
    spans: dict[str, Any] = {unit: int(count)}
    return relativedelta(**spans)


def told(given: dict[str, Any]) -> dict[str, Any]:
    """What a story says, as the ledger takes it: money and references from text."""
    read = dict(given)
    if isinstance(read.get("cost"), str):
        amount, _, currency = read["cost"].partition(" ")
        read["cost"] = Money(amount, currency)
    answered = read.get("in_response_to")
    if answered is not None and not isinstance(answered, Entry | Ref):
        read["in_response_to"] = Ref(str(answered))
    return read
