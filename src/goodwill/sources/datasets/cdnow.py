"""The first customers of a seller of CDs: what each bought, and when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from goodwill.domain.entry import Observation
from goodwill.sources.datasets.data_set import DataSet, Told

__all__ = ["CDNOW"]

FILE: Final = "CDNOW_sample.txt"


def told(folder: Path) -> Iterator[Told]:
    """A purchase for each row; several of one customer and day are counted."""
    counted: Counter[tuple[str, str]] = Counter()
    for line in (folder / FILE).read_text(encoding="ascii").splitlines():
        customer, _, day, cds, dollars = line.split()
        counted[customer, day] += 1
        purchase = Observation(
            account=customer,
            kind="purchase",
            occurred_at=datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC),
            magnitude=Decimal(dollars),
            currency="USD",
            reference=f"cdnow:{customer}:{day}:{counted[customer, day]}",
        )
        yield purchase, {"cds": int(cds)}


CDNOW: Final = DataSet("USD", {"cds": "whole"}, told)
