"""The gift wholesaler: purchases, credit notes by what they credit, and goods given free."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import Any, Final
from zoneinfo import ZoneInfo

from goodwill.domain.entry import Deposit, Entry, Observation
from goodwill.domain.money import Money
from goodwill.sources.cells import Conventions, read_id, read_instant
from goodwill.sources.datasets.data_set import DataSet, Told, rows_of

__all__ = ["ONLINE_RETAIL"]

LOCAL: Final = Conventions(zone=ZoneInfo("Europe/London"))
PENNY: Final = Decimal("0.01")
POSTAGE: Final = frozenset({"POST", "C2", "DOT"})
KINDS: Final = {
    "product_return": "refund", "postage_credit": "fee_waived", "discount": "credit", "manual_credit": "credit",
}  # fmt: skip
"""What each sort of credit note is in the ready-made catalog."""

Line = Mapping[str, str]


@dataclass(frozen=True)
class Invoice:
    """All lines of one number, which are of one customer; a number that begins with C is a credit note."""

    number: str
    lines: Sequence[Line]

    @property
    def account(self) -> Any:
        """The customer; None is a guest."""
        named = self.lines[0]["CustomerID"]
        return read_id(named) if named else None

    @cached_property
    def total(self) -> Decimal:
        """What it comes to; below 0 if it credits."""
        return sum((Decimal(line["Quantity"]) * Decimal(line["UnitPrice"]) for line in self.lines), Decimal(0))

    @property
    def sort(self) -> str:
        """What a credit note credits, by the codes of its lines."""
        codes = {line["StockCode"] for line in self.lines}
        if codes <= POSTAGE:
            return "postage_credit"
        return {frozenset("D"): "discount", frozenset("M"): "manual_credit"}.get(frozenset(codes), "product_return")

    @property
    def outcomes(self) -> dict[str, Any]:
        """What stands beside its facts."""
        of = {"invoice": self.number, "lines": len(self.lines), "country": self.lines[0]["Country"]}
        return {**of, "amount": float(self.total)}

    def fact(self, form: type[Entry], kind: str, reference: str, **said: Any) -> Entry:
        """A fact of the invoice."""
        at = read_instant(self.lines[0]["InvoiceDate"], LOCAL)
        return form(account=self.account, kind=kind, reference=reference, occurred_at=at, **said)


def told(folder: Path) -> Iterator[Told]:
    """Credit notes, purchases, and what customers were given free."""
    lines: dict[str, list[Line]] = defaultdict(list)
    for path in sorted(folder.glob("*.csv*")):
        for line in rows_of(path):
            lines[line["InvoiceNo"]].append(line)
    prices = usual_prices(lines.values())
    for number, found in lines.items():
        invoice = Invoice(number, found)
        if number.startswith("C"):
            yield credited(invoice)
        elif invoice.total > 0:
            said = {"magnitude": invoice.total, "currency": "GBP"}
            yield (
                invoice.fact(Observation, "purchase", f"uci:{number}", **said),
                {**invoice.outcomes, "sort": "purchase"},
            )
        yield from given(invoice, prices)


def usual_prices(invoices: Iterable[Sequence[Line]]) -> dict[str, Decimal]:
    """The median price of each code that a customer was given free, where it had one else."""
    lines = [line for found in invoices for line in found]
    prices: dict[str, list[Decimal]] = {line["StockCode"]: [] for line in lines if is_free(line) and line["CustomerID"]}
    for line in lines:
        if line["StockCode"] in prices and not is_free(line):
            prices[line["StockCode"]].append(Decimal(line["UnitPrice"]))
    return {code: median(asked) for code, asked in prices.items() if asked}


def is_free(line: Line) -> bool:
    """Whether a line is at price 0."""
    return float(line["UnitPrice"]) == 0.0


def credited(note: Invoice) -> Told:
    """A credit note as one deposit."""
    cost = Money((-note.total).quantize(PENNY), "GBP")
    return note.fact(Deposit, KINDS[note.sort], f"uci:{note.number}", cost=cost), {**note.outcomes, "sort": note.sort}


def given(invoice: Invoice, prices: Mapping[str, Decimal]) -> Iterator[Told]:
    """The lines at price 0, each a surprise that cost its usual price; a guest's are corrections of the stock."""
    counted: Counter[str] = Counter()
    for line in invoice.lines if invoice.account is not None else ():
        if not is_free(line):
            continue
        code = line["StockCode"]
        counted[code] += 1
        usual = prices.get(code)
        cost = None if usual is None else Money((usual * int(line["Quantity"])).quantize(PENNY), "GBP")
        reference = f"uci:{invoice.number}:{code}:{counted[code]}"
        yield invoice.fact(Deposit, "pleasant_surprise", reference, cost=cost), {**invoice.outcomes, "sort": "free"}


ONLINE_RETAIL: Final = DataSet(
    "GBP", {"invoice": "text", "sort": "text", "lines": "whole", "amount": "number", "country": "text"}, told
)
