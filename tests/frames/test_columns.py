"""The columns of an entry, which every edge shares."""

from __future__ import annotations

import importlib
import sys

import pytest

from goodwill import Ledger, Money
from goodwill.analytics import entries
from goodwill.analytics.schema import OPTIONAL
from goodwill.frames import arrow
from goodwill.frames.columns import COLUMNS
from goodwill.stores.sqlalchemy import parquet


def test_a_frame_of_entries_has_every_column_that_is_read_of_one() -> None:
    assert {"account", "type", "kind", "magnitude", "occurred_at", *OPTIONAL} <= COLUMNS.keys()


def test_files_for_a_cluster_keep_what_they_share_with_a_frame_in_the_same_type() -> None:
    shared = set(parquet.SCHEMA.names) & COLUMNS.keys()
    assert len(shared) > 20
    assert {name: parquet.SCHEMA.field(name).type for name in shared} == {
        name: arrow.SCHEMA.field(name).type for name in shared
    }


def test_a_cost_is_exact_in_every_currency() -> None:
    ledger = Ledger.in_memory(currencies=("USD", "JPY", "CLF"))
    amounts = ["92233720368547758.07 USD", "1500 JPY", "0.0001 CLF"]
    for amount in amounts:
        ledger.deposit("ada", "thank_you", cost=Money(*amount.split()))
    frame = entries(ledger)
    costs = zip(frame["cost"], frame["cost_currency"], strict=True)
    assert [str(Money(amount, currency)) for amount, currency in costs] == amounts


def test_without_pyarrow_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "goodwill.frames.arrow")
    with pytest.raises(ImportError, match=r"install goodwill\[parquet\]"):
        importlib.import_module("goodwill.frames.arrow")
