"""Complaints to the US Consumer Financial Protection Bureau: each one, and the relief that a company reports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from goodwill.domain.entry import Deposit, Ref, Withdrawal
from goodwill.sources.cells import Conventions, read_instant
from goodwill.sources.datasets.data_set import DataSet, Told, rows_of

__all__ = ["CFPB"]

LOCAL: Final = Conventions(zone=ZoneInfo("America/New_York"), dates=("%m/%d/%Y",))
FILE: Final = "complaints_2013_2017.csv"
UNKNOWN: Final = frozenset({"", "N/A"})
RELIEF: Final = frozenset({"Closed with monetary relief", "Closed with non-monetary relief"})
COLUMNS: Final = {
    "product": "Product", "issue": "Issue", "company": "Company", "response": "Company response to consumer",
    "timely": "Timely response?", "disputed": "Consumer disputed?",
}  # fmt: skip


def told(folder: Path) -> Iterator[Told]:
    """A complaint for each row, and relief where the company says so; without ids, a row's line is its name."""
    for line, row in enumerate(rows_of(folder / FILE), start=2):
        name = f"cfpb:{line}"
        said: dict[str, Any] = {"account": name, "channel": row["Submitted via"] or None}
        outcomes = {ours: None if row[theirs] in UNKNOWN else row[theirs] for ours, theirs in COLUMNS.items()}
        received, sent = (read_instant(row[column], LOCAL) for column in ("Date received", "Date sent to company"))
        yield Withdrawal(kind="complaint", reference=name, occurred_at=received, **said), outcomes
        if outcomes["response"] in RELIEF:
            said |= {"reference": f"{name}:relief", "in_response_to": Ref(name)}
            yield Deposit(kind="problem_resolved", occurred_at=sent, **said), outcomes


CFPB: Final = DataSet("USD", dict.fromkeys(COLUMNS, "text"), told)
