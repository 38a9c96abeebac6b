"""Olist's export into a ledger, and what the balance just before a review says about it.

    python examples/olist/olist.py --data ../shared/data/olist --db sqlite:///olist.db

The data are read in place. `README.md` beside this script says where they come from and what was inferred.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import fmean
from typing import Any

from goodwill import Ledger
from goodwill.domain.entry import Entry
from goodwill.sources import ImportReport, import_file

HERE = Path(__file__).parent
FILES = (("olist_orders_dataset.csv", "orders.toml"), ("olist_order_reviews_dataset.csv", "reviews.toml"))
CALLED_OFF = ("canceled", "unavailable")
MOMENT = timedelta(microseconds=1)
LOW = 2
"""Reviews of so many stars, or fewer, are low."""

DAYS_LATE = (
    ("early>=15", -10_000, -15),
    ("early 8-14", -14, -8),
    ("early 1-7", -7, -1),
    ("on the day", 0, 0),
    ("late 1-3", 1, 3),
    ("late 4-7", 4, 7),
    ("late 8-14", 8, 14),
    ("late >=15", 15, 10_000),
)


@dataclass(frozen=True)
class Order:
    """What the ledger knows of one order.

    Attributes:
        account: whose it is.
        details: the attributes of its purchase, as the export said them.
        days_late: calendar days after the promised one, below zero if early; None if it never came.
        reviews: its answers, the earliest first.
    """

    account: str
    details: dict[str, Any]
    days_late: int | None
    reviews: tuple[Entry, ...]

    @property
    def status(self) -> str:
        """The last status that the export knew."""
        return str(self.details["status"])

    @property
    def review(self) -> Entry:
        """The latest answer."""
        return self.reviews[-1]


def import_olist(ledger: Ledger, data: Path) -> list[ImportReport]:
    """Record orders, then reviews."""
    return [import_file(ledger, data / file, HERE / mapping) for file, mapping in FILES]


def orders_of(ledger: Ledger) -> dict[str, Order]:
    """The orders of a ledger, by their id."""
    entries: dict[str, dict[str, Entry]] = defaultdict(dict)
    reviews: dict[str, list[Entry]] = defaultdict(list)
    for entry in ledger.entries():
        _, first, second = str(entry.reference).split(":")
        if entry.kind == "review":
            reviews[second].append(entry)
        else:
            entries[first][second] = entry
    return {
        name: Order(
            found["purchase"].account, dict(found["purchase"].attributes), days_late(found), tuple(reviews[name])
        )
        for name, found in entries.items()
    }


def days_late(entries: dict[str, Entry]) -> int | None:
    """How late an order was, from its entries: one day as the promise broke, the rest at delivery."""
    if "kept" in entries:
        return -int(entries["kept"].attributes["days_early"])
    if "late" not in entries or "delivered" not in entries["purchase"].attributes:
        return None
    return 1 + int(entries["later"].magnitude if "later" in entries else 0)


def points_before(ledger: Ledger, orders: Iterable[Order]) -> list[float]:
    """Each customer's balance in the last moment before the order's latest answer."""
    return [ledger.balance(order.account, as_of=order.review.occurred_at - MOMENT).points for order in orders]


def is_low(order: Order) -> bool:
    """Whether the latest answer has two stars or fewer."""
    return order.review.magnitude <= LOW


def area_under_curve(is_one: Sequence[bool], scores: Sequence[float]) -> float:
    """The chance that a one scores above a zero, ties counting half (Mann & Whitney 1947)."""
    ones = sum(is_one)
    ranks = sum(rank for rank, one in zip(mid_ranks(scores), is_one, strict=True) if one)
    return (ranks - ones * (ones + 1) / 2) / (ones * (len(is_one) - ones))


def mid_ranks(scores: Sequence[float]) -> list[float]:
    """The rank of each score from 1, equal ones sharing the mean of theirs."""
    places: dict[float, list[int]] = defaultdict(list)
    for place, score in enumerate(sorted(scores), 1):
        places[score].append(place)
    shared = {score: fmean(where) for score, where in places.items()}
    return [shared[score] for score in scores]


def separation(orders: Sequence[Order], points: Sequence[float]) -> float:
    """The AUC of low reviews by low balances."""
    return area_under_curve([is_low(order) for order in orders], [-value for value in points])


def summary(reviews: Iterable[Decimal]) -> dict[str, float]:
    """How many reviews, their mean, and the share of low ones."""
    scores = [float(score) for score in reviews]
    return {"n": len(scores), "mean": fmean(scores), "low": fmean(score <= LOW for score in scores)}


def by_days_late(orders: Iterable[Order]) -> dict[str, dict[str, float]]:
    """Reviews of delivered orders by how late they were."""
    delivered = [order for order in orders if order.status == "delivered" and order.days_late is not None]
    return {
        name: summary(o.review.magnitude for o in delivered if first <= (o.days_late or 0) <= last)
        for name, first, last in DAYS_LATE
    }


def by_status(orders: Iterable[Order]) -> dict[str, dict[str, float]]:
    """Reviews by the last status of the order."""
    groups: dict[str, list[Decimal]] = defaultdict(list)
    for order in orders:
        groups[order.status].append(order.review.magnitude)
    return {status: summary(groups[status]) for status in sorted(groups)}


def separations(orders: Sequence[Order], points: Sequence[float]) -> dict[str, float]:
    """The AUC over all reviewed orders, over those with dates of their own, and over delivered ones."""
    groups = {
        "all reviewed orders": lambda order: bool(order.reviews),
        "without called-off ones, whose date is inferred": lambda order: order.status not in CALLED_OFF,
        "delivered": lambda order: order.status == "delivered" and order.days_late is not None,
    }
    pairs = list(zip(orders, points, strict=True))
    chosen = {name: [pair for pair in pairs if belongs(pair[0])] for name, belongs in groups.items()}
    return {name: separation(*zip(*group, strict=True)) for name, group in chosen.items()}


def told(ledger: Ledger, baselines: dict[str, Any]) -> Iterable[str]:
    """What the ledger shows, a line at a time."""
    orders = list(orders_of(ledger).values())
    reviewed = [order for order in orders if order.reviews]
    yield f"{len(orders)} orders of {len({order.account for order in orders})} customers, {len(reviewed)} reviewed"
    for title, table in (("days late", by_days_late(reviewed)), ("last status", by_status(reviewed))):
        yield f"\n{title:<16}{'reviews':>8}{'mean':>8}{'low':>8}"
        for name, row in table.items():
            yield f"{name:<16}{row['n']:>8}{row['mean']:>8.4f}{row['low']:>8.4f}"
    points = points_before(ledger, reviewed)
    yield f"\nAUC of reviews of {LOW} stars or fewer, by the balance just before, {ledger.policy.fingerprint}:"
    for name, area in separations(reviewed, points).items():
        yield f"  {area:.4f}  {name}"
    for name in sorted(name for name in baselines if name.startswith("auc_")):
        yield f"  {baselines[name]:.4f}  baseline: {name}"


def main() -> None:
    """Import, and tell what the ledger shows."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data/olist"), help="the folder of Olist's files")
    parser.add_argument("--db", default="sqlite:///olist.db", help="where to keep the ledger")
    options = parser.parse_args()
    facts = options.data.parent / "facts.json"
    started = datetime.now().astimezone()
    with Ledger.open(options.db, currencies=("BRL",)) as ledger:
        for report in import_olist(ledger, options.data):
            print(report)
        print(f"in {(datetime.now().astimezone() - started).total_seconds():.1f} s\n")
        for line in told(ledger, json.loads(facts.read_text())["olist"] if facts.exists() else {}):
            print(line)


if __name__ == "__main__":
    main()
