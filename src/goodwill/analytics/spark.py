"""PySpark: accounts in buckets, each a PyArrow table in a worker, read by the very functions of this package.

Every account is whole within one bucket, so what a function says of an account or of its entries it says there; what
it says over all accounts, Spark adds up. Nothing is collected but the few numbers by which `count_and_refuse` refuses
what no function reads. PySpark is imported where a frame of it is given, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pickle import PicklingError
from typing import Any, Final

import narwhals.stable.v2 as nw
from narwhals.stable.v2.dependencies import is_pyspark_connect_dataframe, is_pyspark_dataframe

from goodwill.analytics.planning import Plan
from goodwill.analytics.schema import LIMITS, OPTIONAL, TIMES, Frame, Limits, is_parked, limits, named, opened, refuse
from goodwill.domain.errors import PolicyError
from goodwill.domain.instant import from_us
from goodwill.policies.policy import COLUMNS

__all__ = ["by_buckets", "from_buckets", "is_spark", "rows_of", "without_rows"]

ROWS_A_BUCKET: Final = 100_000
"""About how many rows a worker has in memory at once: a bucket has more only where one account has."""

READ: Final = frozenset({*COLUMNS, *OPTIONAL, *TIMES, *TIMES.values(), "revision", "cost", "cost_currency"})
"""The columns that some function reads without being told to; others stay where they are."""


def is_spark(frame: Any) -> bool:
    """Whether a frame is one of PySpark's."""
    return is_pyspark_dataframe(frame) or is_pyspark_connect_dataframe(frame)


def from_buckets(
    function: Callable[..., Any],
    given: Mapping[str, Any],
    *,
    sizes: Mapping[str, Limits] = LIMITS,
    together: Callable[[Frame], Frame] | None = None,
) -> Any:
    """What a function says of a frame of PySpark, bucket by bucket; computed when it is asked for.

    A column of instants needs no care for time zones: Arrow has it in microseconds of UTC, whatever the session's is.

    Args:
        function: of this package; takes the frame first and answers with one of its kind. Workers import it.
        given: its arguments by name, the frame among them.
        sizes: the limits of the numbers that it reads.
        together: makes one answer of those of all buckets, by expressions; none is needed where each row is of one
            account.

    Raises:
        PolicyError: for a decay or a step that no worker can import.
        GoodwillError: what the function raises of a frame without rows, so of its columns and of what was asked; and
            for numbers beyond their limits and for several currencies. What only an account's own rows can show (an id
            that stands twice, facts that were purged) Spark raises when it gets to that account, with our message in
            its own.
    """
    frame = given["frame"]
    rest = {name: value for name, value in given.items() if name != "frame"}
    nothing = frame.sparkSession.createDataFrame(function(without_rows(frame), **rest))
    rows = count_and_refuse(opened(frame, (), rest["columns"]), rest, sizes)
    read = reading(function, {**rest, "columns": None}, without_rows(nothing).schema)
    with refused_pickles():
        answer = buckets(narrowed(frame, rest), rows).applyInArrow(read, nothing.schema)
    return answer if together is None else together(nw.from_native(answer)).to_native()


@contextmanager
def refused_pickles() -> Iterator[None]:
    """Say what is wrong where a question cannot travel.

    Raises:
        PolicyError: for a decay or a step that no worker can import.
    """
    try:
        yield
    except PicklingError as fault:
        raise PolicyError(
            "Spark cannot send this policy to its workers: a decay or step of your own belongs in a module that they "
            f"can import, not in a notebook or a script ({fault})"
        ) from fault


def without_rows(frame: Any) -> Any:
    """The columns of a frame as a table of Arrow; no row of it is computed."""
    return frame.limit(0).toArrow()


def reading(function: Callable[..., Any], given: Mapping[str, Any], schema: Any) -> Callable[[Any], Any]:
    """What a worker does with a bucket."""

    def read(bucket: Any) -> Any:
        return function(bucket, **given).select(schema.names).cast(schema)

    return read


def buckets(frame: Any, rows: int) -> Any:
    """The rows of a frame by buckets of accounts; those of nobody are left out."""
    from pyspark.sql import functions as F  # noqa: N812, PLC0415 - as everybody calls it; it is there, with the frame

    count = F.lit(max(1, -(-rows // ROWS_A_BUCKET)))
    return frame.filter(F.col("account").isNotNull()).groupBy(F.pmod(F.xxhash64("account"), count).alias("bucket"))


def narrowed(frame: Any, given: Mapping[str, Any]) -> Any:
    """The frame under our names, with the columns that a function reads or takes along."""
    ours = named(frame, given["columns"] or {})
    asked = {name for policy in policies_of(given) for name in policy.columns}
    for names in (given.get("by"), given.get("keep")):
        asked.update([names] if isinstance(names, str) else names or ())
    return ours.select([name for name in ours.collect_schema().names() if name in READ or name in asked]).to_native()


def policies_of(given: Mapping[str, Any]) -> list[Any]:
    """The opinions of a question."""
    return list(given["policies"].values()) if "policies" in given else [given["policy"]]


def count_and_refuse(ours: Frame, given: Mapping[str, Any], sizes: Mapping[str, Limits]) -> int:
    """How many rows there are, in the one look that Spark takes for what is refused.

    Raises:
        InvalidEntry: of the limit's type, for a number beyond it.
        CurrencyMismatch: if money of several currencies is there, and nobody says which is home.
    """
    there = ours.collect_schema().names()
    bounds = limits(ours, sizes)
    money = nw.when(~is_parked()).then(nw.col("currency")) if "currency" in there else nw.lit(None, nw.String)
    crossed = {name: limit.are_crossed(name).cast(nw.Int64).sum() for name, limit in bounds.items()}
    seen = ours.with_columns(money=money).select(
        rows=nw.len(), first=nw.col("money").min(), last=nw.col("money").max(), **crossed
    )
    found = seen.collect().rows(named=True)[0]
    for name, limit in bounds.items():
        if found[name]:
            refuse(ours, name, limit)
    needs_home = given["home"] is None and any(policy.currency is None for policy in policies_of(given))
    if needs_home and found["first"] != found["last"]:
        from goodwill.analytics.reading import only_currency  # noqa: PLC0415 - which asks here for what is Spark's

        only_currency(ours.filter(~is_parked()))
    return int(found["rows"])


def by_buckets(plan: Callable[..., Plan], given: Mapping[str, Any]) -> Plan:
    """The plan for a frame of PySpark: what happens to each bucket."""
    rest = {name: value for name, value in given.items() if name != "frame"}
    return replace(plan(without_rows(given["frame"]), **rest), buckets=True)


def rows_of(frame: Any) -> Iterator[Mapping[str, Any]]:
    """The rows of a frame of PySpark, a partition at a time.

    Spark's own rows tell instants by the clock of this process and without a zone; so they come as microseconds.
    """
    instants = [name for name, us in TIMES.items() if {name, us} <= set(frame.columns)]
    for row in frame.drop(*instants).toLocalIterator(prefetchPartitions=True):
        said = row.asDict()
        yield said | {name: None if said[TIMES[name]] is None else from_us(said[TIMES[name]]) for name in instants}
