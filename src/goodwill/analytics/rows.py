"""Rows of a frame as facts that a ledger can record; what cannot be is named by its row and column."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from math import isnan
from typing import Any, Final, NamedTuple

import narwhals.stable.v2 as nw

from goodwill.analytics.schema import TIMES, Frame, MissingColumn, opened
from goodwill.analytics.spark import is_spark
from goodwill.analytics.spark import rows_of as spark_rows
from goodwill.domain.entry import (
    ABSENT,
    UNRECORDED,
    Deposit,
    Entry,
    Kept,
    Observation,
    Opening,
    Promise,
    Ref,
    Withdrawal,
)
from goodwill.domain.errors import InvalidCost, InvalidEntry, InvalidReference, WrongType
from goodwill.domain.instant import from_us, to_us
from goodwill.domain.money import Money
from goodwill.frames.columns import COLUMNS, Column

__all__ = ["Row", "Rows", "differing", "instant_of"]

NEEDED: Final = ("account", "type", "kind", "occurred_at")
LINKS: Final = ("in_response_to", "reverses", "amends")
FORMS: Final[Mapping[str, type[Entry]]] = {
    form.type: form for form in (Deposit, Withdrawal, Observation, Promise, Kept, Opening)
}
NOBODY: Final = "nan"
"""What an empty cell becomes where a frame was made text; it is nobody, as in an imported file."""
NULLS: Final = frozenset({"NAType", "NaTType"})


class Row(NamedTuple):
    """A row of a frame.

    Attributes:
        number: from 0, as the frame counts.
        values: by column, under our names; None where nothing is said.
    """

    number: int
    values: Mapping[str, Any]

    @property
    def is_correction(self) -> bool:
        """Whether it says something of another row: a reversal, or what stands for an amended entry."""
        return self.values["type"] == "reversal" or self.values.get("amends") is not None

    @property
    def account(self) -> Any:
        """Whose it is; None is nobody."""
        account = self.values["account"]
        return None if isinstance(account, str) and account.strip().lower() == NOBODY else account


class Rows:
    """The rows of a frame of entries, and what they say.

    Args:
        frame: of pandas, polars (eager or lazy), PyArrow, DuckDB or PySpark.
        columns: what the frame calls a column of ours.
        home: the currency of costs that name none.

    Raises:
        MissingColumn: if it lacks what every entry says.
        NaiveDatetime: if instants have no time zone.
        WrongType: if it is no frame, or a column holds what it cannot hold.
    """

    def __init__(self, frame: Any, columns: Mapping[str, str] | None = None, home: str | None = None) -> None:
        self._frame = opened(frame, (), columns)
        self._there = check_columns(self._frame)
        self._home = home
        self._nan_is_null = self._frame.implementation.is_pandas_like()
        self._references = references_of(self._frame, self._there)

    def __iter__(self) -> Iterator[Row]:
        """The rows, read in batches where the frame is lazy."""
        twice = {us for name, us in TIMES.items() if {name, us} <= self._there}
        for number, values in enumerate(rows_of(self._frame)):
            yield Row(number, {name: self._said(value) for name, value in values.items() if name not in twice})

    def _said(self, value: Any) -> Any:
        """A value as Python has it; None where the frame's library says in its own way that there is none."""
        if type(value).__name__ in NULLS or (self._nan_is_null and isinstance(value, float) and isnan(value)):
            return None
        return value.item() if hasattr(value, "item") else value  # a number of NumPy's

    def fact(self, row: Row) -> Entry:
        """The fact of a row that is no reversal, yet to be checked by a ledger.

        Raises:
            InvalidEntry: or one of its kind, or InvalidMoney, if it cannot be one.
        """
        said = row.values
        form = FORMS.get(said["type"])
        if form is None:
            raise WrongType(f"type {said['type']!r} is none of {', '.join(FORMS)}, reversal")
        fact: dict[str, Any] = {
            "account": row.account,
            "kind": said["kind"],
            "occurred_at": required(said, "occurred_at"),
            "recorded_at": instant_of(said, "recorded_at") or UNRECORDED,
            "reference": self.reference(said),
            "attributes": mapping_of(said, "attributes"),
            **{name: said.get(name) for name in ("channel", "actor", "note")},
        }
        if form is Opening:
            fact |= {name: said.get(name) or 0.0 for name in ("positive", "negative")}
            return Opening(**fact, read_under=said.get("read_under"))
        return form(**fact, **self._size(said), **(promise_of(said) if form is Promise else {}))

    def _size(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """What an entry says that is no opening."""
        link, magnitude = said.get("in_response_to"), said.get("magnitude")
        return {
            "magnitude": ABSENT if magnitude is None else magnitude,
            "cost": self._cost(said),
            "in_response_to": None if link is None else Ref(self.named(link)),
            "dimensions": mapping_of(said, "dimensions"),
            **{name: said.get(name) for name in ("currency", "sincerity", "severity")},
        }

    def _cost(self, said: Mapping[str, Any]) -> Money | None:
        amount = said.get("cost")
        if amount is None:
            return None
        currency = said.get("cost_currency") or said.get("currency") or self._home
        if currency is None:
            raise InvalidCost("cost has no currency; say it in a column cost_currency")
        return Money(exact(amount), currency)

    def reference(self, said: Mapping[str, Any]) -> Any:
        """The reference of a row, or its id where it has none, so that it is never recorded twice."""
        named = said.get("reference")
        if named is None and said.get("id") is None:
            raise InvalidReference(
                "reference is missing, and the row has no id: recorded again, it would be there twice; give each row "
                "a reference of its own"
            )
        return str(said["id"]) if named is None else named

    def named(self, link: Any) -> str:
        """The reference of what a link names by its id or by its reference."""
        return self._references.get(str(link), str(link))


def check_columns(frame: Frame) -> frozenset[str]:
    """The columns of a frame, if they can be entries.

    Raises:
        MissingColumn: naming those that are not there.
    """
    there = frozenset(frame.collect_schema().names())
    missing = [name for name in NEEDED if name not in there and not (name == "occurred_at" and "occurred_us" in there)]
    if not there & {"reference", "id"}:
        missing.append("reference")
    if missing:
        raise MissingColumn(
            f"an entry says {', '.join(missing)}, and the frame has {', '.join(sorted(there))}; name your own columns "
            f"with columns={{{missing[0]!r}: ...}}",
            columns=tuple(missing),
        )
    return there


def references_of(frame: Frame, there: frozenset[str]) -> dict[str, str]:
    """The references of the entries that others name by their ids, by id; the frame's engine looks them up."""
    links = [name for name in LINKS if name in there]
    if not links or not {"id", "reference"} <= there:
        return {}
    text = nw.String
    named = [frame.filter(~nw.col(name).is_null()).select(id=nw.col(name).cast(text)) for name in links]
    both = frame.filter(~nw.col("id").is_null() & ~nw.col("reference").is_null())
    pairs = both.select(nw.col("id").cast(text), nw.col("reference").cast(text))
    found = pairs.join(nw.concat(named).unique(), on="id", how="semi")
    found = found.collect() if isinstance(found, nw.LazyFrame) else found
    return dict(zip(found["id"].to_list(), found["reference"].to_list(), strict=True))


def rows_of(frame: Frame, size: int = 10_000) -> Iterator[Mapping[str, Any]]:
    """The rows of a frame as mappings; of a lazy one so many at a time, where its library can."""
    if isinstance(frame, nw.DataFrame):
        yield from frame.iter_rows(named=True, buffer_size=size)
        return
    native = frame.to_native()
    if frame.implementation.is_duckdb():
        reader = getattr(native, "to_arrow_reader", None) or native.fetch_arrow_reader  # its name before DuckDB 1.4
        for batch in reader(size):
            yield from batch.to_pylist()
    elif is_spark(native):
        yield from spark_rows(native)
    elif hasattr(native, "collect_batches"):
        for batch in native.collect_batches(chunk_size=size, maintain_order=True):
            yield from batch.iter_rows(named=True)
    else:
        yield from frame.collect().iter_rows(named=True)


def instant_of(said: Mapping[str, Any], name: str) -> datetime | None:
    """An instant of a row; None where nothing is said."""
    given = said.get(name)
    if isinstance(given, datetime):
        return from_us(to_us(given, name))
    us = said.get(name.removesuffix("_at") + "_us")
    try:
        return None if us is None else from_us(int(us))
    except OverflowError:
        raise InvalidEntry(f"{name} {us} is beyond the year 9999; it counts microseconds since 1970") from None


def required(said: Mapping[str, Any], name: str) -> datetime:
    """An instant that every such entry has."""
    given = instant_of(said, name)
    if given is None:
        raise InvalidEntry(f"{name} is missing")
    return given


def promise_of(said: Mapping[str, Any]) -> dict[str, Any]:
    """What a promise says beside."""
    return {"due": required(said, "due"), "recurs": said.get("recurs"), "tz": said.get("tz")}


def mapping_of(said: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A mapping that a row holds as JSON, or as it is."""
    value = said.get(name)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as fault:
            raise InvalidEntry(f"{name} {value!r} is not JSON: {fault}") from None
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise WrongType(f"{name} holds {type(value).__name__}, not an object of JSON")
    return value


def exact(amount: Any) -> Any:
    """An amount of money; of a double the shortest decimal that reads as it, which money refuses if it is too fine."""
    return Decimal(repr(amount)) if isinstance(amount, float) else amount


def differing(entry: Entry, said: Mapping[str, Any], besides: frozenset[str]) -> str | None:
    """The first column in which a row says something else than an entry does; None if there is none."""
    asked = ((name, column) for name, column in COLUMNS.items() if name in said and name not in besides)
    return next((name for name, column in asked if not is_said(entry, name, column, said)), None)


def is_said(entry: Entry, name: str, column: Column, said: Mapping[str, Any]) -> bool:
    """Whether a row says of an entry what the entry says."""
    if name in {"dimensions", "attributes"}:
        return bool(mapping_of(said, name) == getattr(entry, name))
    given = said[name]
    if column.form == "instant":
        at = instant_of(said, name)
        given = None if at is None else to_us(at)
    return bool(exact(given) == column.of(entry)) if column.form == "amount" else bool(given == column.of(entry))
