"""What a frame of entries is: which columns it has, under which names, and whether they hold what they must.

Every function of this package takes a frame of one row per entry, of pandas, polars (eager or lazy), PyArrow, DuckDB or
PySpark, and works on these columns. `occurred_at` (and `recorded_at`) are aware timestamps, or integers of
microseconds since the epoch in UTC under the names `occurred_us` and `recorded_us`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from goodwill.domain.errors import GoodwillError, InvalidCost, InvalidEntry, InvalidMagnitude, NaiveDatetime, WrongType

try:
    import narwhals.stable.v2 as nw
except ImportError as error:
    raise ImportError("goodwill.analytics needs narwhals: install goodwill[frames]") from error

__all__ = [
    "COST_LIMIT",
    "LIMITS",
    "LINK_COLUMNS",
    "OPTIONAL",
    "TIMES",
    "TYPES",
    "Frame",
    "Limits",
    "MissingColumn",
    "is_parked",
    "limits",
    "named",
    "opened",
    "refuse",
]

Frame = Any  # nw.DataFrame | nw.LazyFrame, which share these methods and no type

LINK_COLUMNS: Final = ("id", "reference", "in_response_to")
"""The columns by which a deposit finds the withdrawal that it answers; `links=False` does without them."""

TIMES: Final = {"occurred_at": "occurred_us", "recorded_at": "recorded_us", "due": "due_us"}
TYPES: Final = ("deposit", "withdrawal", "kept", "promise", "observation", "opening", "reversal")
"""What a row may be; no reading has any other."""

LARGEST: Final = sys.float_info.max
OPTIONAL: Final = (
    "recorded_at", "currency", "sincerity", "severity", "dimensions", "id", "seq", "reference", "in_response_to",
    "reverses", "amends", "due", "recurs", "tz", "positive", "negative", "read_under",
)  # fmt: skip
"""Columns that change a reading where they are there, beside those that every frame has."""


SIZES: Final = ("magnitude", "sincerity", "severity")
WORDS: Final = ("type", "kind", "currency")
TEXTS: Final = (*WORDS, "account", "id", "reference", "in_response_to", "reverses", "amends")


class MissingColumn(GoodwillError, KeyError):
    """A frame lacks a column that the policy needs; says which, and what can be done without."""

    def __init__(self, message: str, *, columns: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.columns = columns

    def __str__(self) -> str:
        return str(self.args[0])


def opened(frame: Any, needed: Sequence[str], names: Mapping[str, str] | None = None) -> Frame:
    """A caller's frame under our names, with instants as microseconds; nothing is computed yet where it is lazy.

    Args:
        frame: one row per entry.
        needed: the columns without which there is no answer.
        names: what the caller calls a column of ours, where it is not its own name.

    Raises:
        MissingColumn: if a needed column is not there.
        NaiveDatetime: if instants have no time zone.
        WrongType: if the frame is none, or a column holds what it cannot hold.
    """
    ours = named(frame, names or {})
    there = set(ours.columns)
    missing = [name for name in needed if name not in there and TIMES.get(name) not in there]
    if missing:
        raise MissingColumn(what_to_do(missing, sorted(there)), columns=tuple(missing))
    schema = dict(ours.collect_schema())
    if silent := silent_columns(ours, schema):
        ours = ours.drop(silent)
        schema = {name: dtype for name, dtype in schema.items() if name not in silent}
    for name, us in TIMES.items():
        if us in schema and not schema[us].is_numeric():
            raise WrongType(f"{us} holds {schema[us]}, not microseconds since the epoch; give instants as {name}")
        if us not in schema and name in schema:
            ours = with_microseconds(ours, name, us, schema[name])
    return checked(ours, schema)


def silent_columns(frame: Frame, schema: Mapping[str, Any]) -> list[str]:
    """The columns that say nothing at all, and whose type is none that they could have."""
    odd = [name for name in (*OPTIONAL, *TIMES.values()) if name in schema and not may_hold(name, schema[name])]
    if not odd:
        return []
    silent = in_memory(frame.select(nw.col(name).is_null().all() for name in odd)).row(0)
    return [name for name, nothing in zip(odd, silent, strict=True) if nothing]


def may_hold(name: str, dtype: Any) -> bool:
    """Whether a column of this type can say what it should."""
    if name in TIMES:
        return isinstance(dtype, nw.Datetime)
    if name in SIZES or name in TIMES.values():
        return bool(dtype.is_numeric())
    return dtype != nw.Unknown and not (name in WORDS and dtype.is_numeric())


def named(frame: Any, names: Mapping[str, str]) -> Frame:
    """The frame with the caller's columns under our names."""
    try:
        ours: Frame = nw.from_native(frame)
    except TypeError as fault:
        raise WrongType(
            f"a frame of entries is one of pandas, polars, PyArrow, DuckDB or PySpark, not {type(frame).__name__}"
        ) from fault
    there = set(ours.columns)
    unknown = sorted(set(names.values()) - there)
    if unknown:
        raise MissingColumn(f"the frame has no column {', '.join(unknown)}; it has {', '.join(sorted(there))}")
    taken = {theirs: name for name, theirs in names.items() if theirs != name}
    return ours.drop([name for name in taken.values() if name in there]).rename(taken) if taken else ours


def what_to_do(missing: Iterable[str], there: Iterable[str]) -> str:
    """The message for columns that are not there."""
    missing = list(missing)
    linked = [name for name in missing if name in LINK_COLUMNS]
    way = f"; without {', '.join(linked)} no link can be followed: links=False reads answers as plain deposits"
    return (
        f"the policy reads {', '.join(missing)}, and the frame has {', '.join(there)}; "
        f"name your own columns with columns={{{missing[0]!r}: ...}}{way if linked else ''}"
    )


def with_microseconds(frame: Frame, name: str, us: str, dtype: Any) -> Frame:
    """The frame with an instant as microseconds since the epoch, by the one line that its engine has for it."""
    if not isinstance(dtype, nw.Datetime):
        raise WrongType(f"{name} holds {dtype}, not instants; use aware timestamps, or {us} in microseconds")
    check_zone(name, dtype)
    if frame.implementation.is_duckdb():
        native = frame.to_native()
        return nw.from_native(native.project(f'*, epoch_us("{name}") AS {us}'))
    if "PYSPARK" in frame.implementation.name:
        return nw.from_native(frame.to_native().selectExpr("*", f"unix_micros(`{name}`) AS {us}"))
    return frame.with_columns(nw.col(name).dt.timestamp("us").alias(us))


def check_zone(name: str, dtype: nw.Datetime) -> None:
    """Refuse instants without a zone."""
    if dtype.time_zone is None:
        raise naive(name)


def naive(name: str) -> NaiveDatetime:
    """What is raised for them."""
    return NaiveDatetime(
        f"{name} has no time zone; say which with your engine, such as .dt.tz_localize('UTC') in pandas"
    )


def checked(frame: Frame, schema: Mapping[str, Any]) -> Frame:
    """The frame with magnitudes as floats; text where text must be.

    Args:
        frame: under our names.
        schema: what its columns hold.

    Raises:
        WrongType: for magnitudes that are no numbers, or kinds that are no text.
    """
    for name in (each for each in SIZES if each in schema):
        if not schema[name].is_numeric():
            raise WrongType(f"{name} holds {schema[name]}, not numbers")
    for name in (each for each in TEXTS if each in schema):
        check_text(name, schema[name])
    texts = [name for name in TEXTS if name in schema and schema[name] not in {nw.String, nw.Object, nw.Unknown}]
    casts = [nw.col(name).cast(nw.Float64) for name in SIZES if name in schema and schema[name] != nw.Float64]
    casts += [nw.col(name).cast(nw.String) for name in texts]
    return frame.with_columns(*casts) if casts else frame


def check_text(name: str, dtype: Any) -> None:
    """Refuse what is no text: a kind that is a number, an id that is a float and lost its digits."""
    if dtype.is_float() or dtype.is_temporal() or dtype == nw.Boolean or (name in WORDS and dtype.is_numeric()):
        raise WrongType(f"{name} holds {dtype}, not text; cast it before, so that no id loses its digits")


class Limits(NamedTuple):
    """What a column of numbers may hold, and what is raised where it holds anything else."""

    least: float
    most: float
    error: type[InvalidEntry]
    way_out: str

    def are_crossed(self, name: str) -> Any:
        """The rows that hold what they cannot; NaN is beyond every limit, but in pandas, where it says nothing."""
        size = nw.col(name).cast(nw.Float64)
        return ~nw.col(name).is_null() & ~((size >= self.least) & (size <= self.most)).fill_null(value=False)


LIMITS: Final[Mapping[str, Limits]] = {
    "magnitude": Limits(
        0.0,
        LARGEST,
        InvalidMagnitude,
        "a magnitude is never negative: say with the type (deposit or withdrawal) which way it goes",
    ),
    "sincerity": Limits(
        -1.0, 1.0, InvalidEntry, "a scripted gesture is 0, a manipulative one below it, and 1 is as if nobody said"
    ),
    "severity": Limits(0.0, LARGEST, InvalidEntry, "it is a factor, and 1 is as if nobody said"),
}
"""Of the numbers that every function reads."""

COST_LIMIT: Final = Limits(0.0, LARGEST, InvalidCost, "a cost is never negative: what a gesture brought in is no cost")


def is_parked() -> Any:
    """The rows without an account or an instant, which no reading has."""
    return nw.col("account").is_null() | nw.col("occurred_us").is_null()


def limits(frame: Frame, of: Mapping[str, Limits] = LIMITS) -> dict[str, Limits]:
    """The limits of what a frame has."""
    there = frame.columns
    return {name: limit for name, limit in of.items() if name in there}


def refuse(frame: Frame, name: str, limit: Limits) -> None:
    """Refuse numbers that cross a limit.

    Raises:
        InvalidEntry: of the limit's type; it says in how many rows, and shows the first few.
    """
    crossed = frame.filter(limit.are_crossed(name))
    shown = [column for column in ("account", "kind", name, "occurred_us") if column in frame.columns]
    first = in_memory(crossed.select(shown).head(3)).rows(named=True)
    if first:
        count = in_memory(crossed.select(nw.len())).item()
        above = "" if limit.most == LARGEST else f", above {limit.most:g}"
        raise limit.error(
            f"{name} is below {limit.least:g}{above} or not finite in {count} rows, such as "
            f"{', '.join(map(str, first))}; {limit.way_out}"
        )


def in_memory(frame: Frame) -> nw.DataFrame[Any]:
    """A frame in memory."""
    return frame.collect() if isinstance(frame, nw.LazyFrame) else frame
