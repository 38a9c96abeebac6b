"""Public data sets as frames of entries: read where they lie, since none is bundled and none is downloaded."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Final

from goodwill.domain.errors import MappingError
from goodwill.frames.arrow import TYPES, Backend, array, as_frame, check_backend, reader_of
from goodwill.sources.datasets.cdnow import CDNOW
from goodwill.sources.datasets.cfpb import CFPB
from goodwill.sources.datasets.data_set import DataSet
from goodwill.sources.datasets.olist import OLIST
from goodwill.sources.datasets.online_retail import ONLINE_RETAIL
from goodwill.sources.wording import nearest

__all__ = ["SETS", "load"]

SETS: Final[Mapping[str, DataSet]] = {"olist": OLIST, "online-retail": ONLINE_RETAIL, "cfpb": CFPB, "cdnow": CDNOW}
"""The sets by the names that `load` takes."""


def load(name: str, path: str | PathLike[str], *, backend: Backend = "polars") -> Any:
    """A public data set as a frame of entries of `presets.service_catalog`, with the raw outcomes beside them.

    Get the files from their source, and mind the license; needs `goodwill[cli,parquet]`. Each row is a fact as
    `goodwill.analytics.entries` has it, ready for `balances` or `to_ledger`: its reference is its `id`, and nothing is
    said of `recorded_at`. The outcome columns were known later than the row happened: compare readings with them, and
    never read them. What the sets show is association.

    **"olist"**, CC BY-NC-SA 4.0: Brazilian E-Commerce Public Dataset by Olist (Kaggle), the five files
    `olist_{orders,order_reviews,order_payments,order_items,customers}_dataset.csv`. Money in BRL, local times of
    America/Sao_Paulo. A `purchase` (observation) for each order; `kept_promise` when it came by the promised day; else
    `late_delivery` of 1 day as the next day starts, and the further days at delivery; `cancelled_order` or
    `failed_promise` by its last status, at the approval (inferred: no status has a date); a `review` (observation,
    in stars) for each answer. Beside them, on each row of an order: `order_id`, `status` (the last one), `days_late`
    (calendar days, below 0 if early, null if it never came), `value` (price and freight), `review_score`.

    **"online-retail"**, CC BY 4.0: Online Retail (UCI 352), as CSV, in one file or many, gzipped or not. GBP,
    Europe/London. A `purchase` for each invoice above 0; a credit note is one deposit, with what it credits as its cost:
    `refund` of goods, `fee_waived` of postage, `credit` for a discount or by hand; a `pleasant_surprise` for a
    customer's line at price 0, at the median of what its goods cost else. Guests have no account. Beside them:
    `invoice`, `sort` (purchase, product_return, postage_credit, discount, manual_credit, free), `lines`, `amount` (the
    invoice's sum, below 0 if it credits), `country`.

    **"cfpb"**, public domain: Consumer Complaint Database (CFPB), `complaints_2013_2017.csv`, days of New York. A
    `complaint` for each row, named by its line since the file has no ids; `problem_resolved` where the company reports
    relief, on the day that it was sent the complaint (inferred). Beside them: `product`, `issue`, `company`,
    `response`, `timely`, `disputed` ("Yes", "No", null where nobody was asked or answered).

    **"cdnow"**, free for research: CDNOW (Fader & Hardie), the sample of 1 in 10 customers, `CDNOW_sample.txt`. USD,
    days in UTC. A `purchase` for each row. Beside it: `cds`, how many.

    Args:
        name: one of these.
        path: the folder of its files.
        backend: whose frame, as for `goodwill.analytics.entries`.

    Raises:
        MappingError: for another name.
        OSError: if a file is not there.

    Example:
        >>> load("olists", "olist")
        Traceback (most recent call last):
        goodwill.domain.errors.MappingError: no data set 'olists'; did you mean olist?
    """
    check_backend(backend)
    if name not in SETS:
        raise MappingError(f"no data set {name!r}{nearest(name, SETS)}")
    rows = list(SETS[name].rows(Path(path)))
    table = reader_of((entry for entry, _ in rows), rows=50_000).read_all()
    for column, form in SETS[name].outcomes.items():
        table = table.append_column(column, array([beside.get(column) for _, beside in rows], TYPES[form]))
    return as_frame(table.to_reader(), backend)
