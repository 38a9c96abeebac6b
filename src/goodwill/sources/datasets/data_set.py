"""What a data set is: files in a folder, facts that they tell, and outcomes that stand beside them."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from goodwill.domain.entry import UNRECORDED, Entry, altered
from goodwill.frames.columns import Form
from goodwill.ledger.drafting import Door
from goodwill.ledger.ports import SystemClock
from goodwill.presets import service_catalog

__all__ = ["DataSet", "Told", "rows_of"]

GUEST: Final = "guest"
"""Stands for nobody while a fact passes the door."""

Told = tuple[Entry, Mapping[str, Any]]
"""A fact, and the outcomes beside it."""


@dataclass(frozen=True, slots=True)
class DataSet:
    """A public data set, read where it lies.

    Attributes:
        currency: of its money.
        outcomes: the columns beside those of an entry, and what they hold.
        told: the facts in the files of a folder, each with its outcomes; the account None is nobody.
    """

    currency: str
    outcomes: Mapping[str, Form]
    told: Callable[[Path], Iterator[Told]]

    def rows(self, folder: Path) -> Iterator[Told]:
        """The facts as a ledger keeps them; the reference is the id, and nothing was recorded yet."""
        door, now = Door(service_catalog(), (self.currency,), timedelta(0)), SystemClock().now()
        for seq, (fact, outcomes) in enumerate(self.told(folder), start=1):
            named = replace(fact, account=GUEST) if fact.account is None else fact
            kept = door.draft(named, now).entry
            own = {"account": fact.account, "id": fact.reference, "seq": seq, "recorded_at": UNRECORDED}
            yield altered(kept, own), outcomes


def rows_of(path: Path) -> Iterator[Mapping[str, str]]:
    """The rows of a CSV file in UTF-8 with a header, gzipped or not."""
    opening: Callable[..., Any] = partial(gzip.open, mode="rt") if path.suffix == ".gz" else open
    with opening(path, encoding="utf-8-sig", newline="") as text:
        reader = csv.reader(text)
        header = next(reader, [])
        for cells in reader:  # csv.DictReader takes twice as long, and lets rows of another length pass
            yield dict(zip(header, cells, strict=True))
