"""The Brazilian marketplace: orders promised for a day, and reviews of them; the mapping of `examples/olist`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from goodwill.domain.entry import Deposit, Entry, Observation, Withdrawal
from goodwill.domain.money import Money
from goodwill.sources.cells import Conventions, read_date, read_instant
from goodwill.sources.datasets.data_set import DataSet, Told, rows_of

__all__ = ["OLIST"]

LOCAL: Final = Conventions(zone=ZoneInfo("America/Sao_Paulo"))
CALLED_OFF: Final = {"canceled": "cancelled_order", "unavailable": "failed_promise"}


@dataclass(frozen=True, slots=True)
class Order:
    """An order as the export stood when it was made.

    Attributes:
        account: the person, whose customer_id is one per order.
        row: of the orders' file.
        paid, price: what was paid, and asked with freight; None where there is no row of it.
    """

    account: str
    row: Mapping[str, str]
    paid: Decimal | None
    price: Decimal | None

    def at(self, column: str) -> datetime | None:
        """An instant of the order."""
        return read_instant(self.row[column], LOCAL) if self.row[column] else None

    @property
    def promised(self) -> date:
        """The day by the end of which it was to be there."""
        return read_date(self.row["order_estimated_delivery_date"][:10], LOCAL)

    @property
    def days_late(self) -> int | None:
        """Calendar days after the promised one, below 0 if early; None if it never came."""
        came = self.row["order_delivered_customer_date"]
        return (read_date(came, LOCAL) - self.promised).days if came else None

    @property
    def outcomes(self) -> dict[str, Any]:
        """What became of it."""
        return {
            "order_id": self.row["order_id"],
            "status": self.row["order_status"],
            "days_late": self.days_late,
            "value": None if self.price is None else float(self.price),
        }

    def facts(self) -> Iterator[Entry]:
        """The purchase, and what became of the promise."""
        name, late, status = f"olist:{self.row['order_id']}", self.days_late, self.row["order_status"]
        bought, came = self.at("order_purchase_timestamp"), self.at("order_delivered_customer_date")
        spent = self.paid if self.paid is not None else self.price or Decimal(0)
        yield self._fact(Observation, "purchase", f"{name}:purchase", bought, magnitude=spent, currency="BRL")
        if status in CALLED_OFF:
            cost = None if self.paid is None else Money(self.paid, "BRL")
            approved = self.at("order_approved_at") or bought
            yield self._fact(Withdrawal, CALLED_OFF[status], f"{name}:status", approved, cost=cost)
        elif late is not None and late <= 0:
            yield self._fact(Deposit, "kept_promise", f"{name}:kept", came)
        else:
            broken = read_instant(self.promised + timedelta(days=1), LOCAL)
            yield self._fact(Withdrawal, "late_delivery", f"{name}:late", broken, magnitude=Decimal(1))
            if late is not None and late > 1:
                yield self._fact(Withdrawal, "late_delivery", f"{name}:later", came, magnitude=Decimal(late - 1))

    def review(self, row: Mapping[str, str]) -> Entry:
        """What the customer answered."""
        name = f"olist:{row['review_id']}:{row['order_id']}"
        answered = read_instant(row["review_answer_timestamp"], LOCAL)
        return self._fact(Observation, "review", name, answered, magnitude=Decimal(row["review_score"]))

    def _fact(self, form: type[Entry], kind: str, reference: str, at: Any, **said: Any) -> Entry:
        return form(account=self.account, kind=kind, reference=reference, occurred_at=at, channel="olist", **said)


def told(folder: Path) -> Iterator[Told]:
    """The orders, then the reviews."""
    orders = {order.row["order_id"]: order for order in orders_of(folder)}
    for order in orders.values():
        yield from ((fact, order.outcomes) for fact in order.facts())
    for row in rows_of(folder / "olist_order_reviews_dataset.csv"):
        order = orders[row["order_id"]]
        yield order.review(row), {**order.outcomes, "review_score": int(row["review_score"])}


def orders_of(folder: Path) -> Iterator[Order]:
    """The orders with what stands of them in other files."""
    person = {row["customer_id"]: row["customer_unique_id"] for row in rows_of(folder / "olist_customers_dataset.csv")}
    paid = sums(folder / "olist_order_payments_dataset.csv", "payment_value")
    price = sums(folder / "olist_order_items_dataset.csv", "price", "freight_value")
    for row in rows_of(folder / "olist_orders_dataset.csv"):
        name = row["order_id"]
        yield Order(person[row["customer_id"]], row, paid.get(name), price.get(name))


def sums(path: Path, *columns: str) -> dict[str, Decimal]:
    """Of each order the sum of columns of a file."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows_of(path):
        found[row["order_id"]] += sum(Decimal(row[column]) for column in columns)
    return found


OLIST: Final = DataSet(
    "BRL",
    {"order_id": "text", "status": "text", "days_late": "whole", "value": "number", "review_score": "whole"},
    told,
)
