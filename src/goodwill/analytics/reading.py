"""Balances of all accounts of a frame: a frame in, the same kind of frame out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial, reduce
from math import isnan
from operator import or_
from typing import Any, Final, NamedTuple, TypedDict, Unpack

import narwhals.stable.v2 as nw

from goodwill.analytics.accounts import NEVER
from goodwill.analytics.expressing import ANSWER, READ, by_expressions
from goodwill.analytics.folding import folded
from goodwill.analytics.lookup import like
from goodwill.analytics.planning import Plan, summing
from goodwill.analytics.returning import returned
from goodwill.analytics.schema import TYPES, Frame, MissingColumn, is_parked, limits, opened, refuse
from goodwill.analytics.spark import by_buckets, from_buckets, is_spark
from goodwill.analytics.summing import by_arrays
from goodwill.analytics.valued import made, shaped
from goodwill.analytics.valuing import one_of
from goodwill.domain.balance import Balance
from goodwill.domain.errors import CurrencyMismatch
from goodwill.domain.instant import to_us
from goodwill.domain.kind import Catalog
from goodwill.policies.policy import Policy
from goodwill.policies.valuation import Valuation

__all__ = ["balances", "plan"]

BUCKET: Final = 4_000_000
"""So many rows of DuckDB, or a few more, are in memory at once; with plain texts, that is about a gigabyte."""

BY_THE_FOLD: Final = ("promise", "kept", "opening")
"""The types of entry that only the fold reads; accounts that have any go through it."""


def balances(
    frame: Any,
    policy: Policy,
    as_of: datetime,
    *,
    known_at: datetime | None = None,
    links: bool = True,
    columns: Mapping[str, str] | None = None,
    home: str | None = None,
    catalog: Catalog | None = None,
    only: Collection[str] | None = None,
) -> Any:
    """The balance of every account of a frame of entries, as `Ledger.balance` reads it; the same kind of frame.

    Args:
        frame: one row per entry (pandas, polars eager or lazy, PyArrow, DuckDB, PySpark), with the columns of
            `policy.columns`; those of `goodwill.analytics.schema.OPTIONAL` are read where they are there.
        policy: the opinion.
        as_of: entries that happened later are not read.
        known_at: nor are those recorded later, where it is given; needs `recorded_at`.
        links: False reads an answer to a withdrawal as a deposit like any other, and needs no columns for it.
        columns: what the frame calls a column of ours, such as {"account": "customer_id"}.
        home: the currency that a point is measured in, where the policy names none and the frame has several.
        catalog: whose kinds end a silence and have other names today; without one, no observation does.
        only: the columns of the answer that are wanted, beside `account`; fewer take less time.

    Returns:
        One row per account with an entry in force: `account`, `balance`, `positive`, `negative` (points), `standing`,
        `is_overdrawn`, `last_contact_us` (microseconds since the epoch, UTC), `entries`, `unvalued` (counts). Rows
        without an account or an instant are left out; `goodwill.analytics.survey` counts them.

    Raises:
        MissingColumn: if the policy reads what the frame has not.
        NaiveDatetime: if instants have no time zone.
        InvalidEntry: if a magnitude, a sincerity or a severity is beyond its limits.
        CurrencyMismatch: if money of several currencies is there, and nobody says which is home.

    Example:
        >>> import polars as pl
        >>> from datetime import UTC, datetime
        >>> from goodwill import presets
        >>> entries = pl.DataFrame(
        ...     {
        ...         "account": ["ada", "bob"],
        ...         "type": ["withdrawal", "deposit"],
        ...         "kind": ["late_delivery", "upgrade"],
        ...         "magnitude": [2.0, 1.0],
        ...         "occurred_at": [datetime(2026, 3, 2, tzinfo=UTC)] * 2,
        ...     }
        ... )
        >>> policy = presets.default()
        >>> read = balances(entries, policy, datetime(2026, 3, 9, tzinfo=UTC), links=False)
        >>> read.sort("balance")["account"].to_list()
        ['ada', 'bob']
    """
    if is_spark(frame):
        return from_buckets(balances, locals())
    columns_asked = columns_of(only)
    ours, opinion, own, has_others = prepared(
        at_once(frame), policy, known_at=known_at, links=links, columns=columns, home=home, catalog=catalog
    )
    at_us, known_us = to_us(as_of, "as_of"), None if known_at is None else to_us(known_at, "known_at")
    fold = partial(
        folded, policy=opinion, as_of=as_of, known_at=known_at, home=own or "USD", catalog=catalog or Catalog(())
    )
    read: dict[str, Any] = {
        "policy": opinion, "at_us": at_us, "known_us": known_us, "home": own, "catalog": catalog, "only": columns_asked,
        "unmixed": not has_others,
    }  # fmt: skip
    ways: dict[str, Callable[[Frame], Frame]] = {
        "fold": lambda some: as_frame(fold(rows_of(some)), ours).select("account", *columns_asked),
        "arrays": lambda some: of_arrays(some, partial(by_arrays, **read)),
        "expressions": lambda some: by_expressions(some, **read),
    }
    engine = summing(opinion, ours).engine
    apart = accounts_apart(ours) if has_others and engine != "fold" else None
    if apart is None:
        return as_asked(ways[engine](ours), frame)
    ours = ours.with_columns(nw.col("account").cast(nw.String))  # PyArrow joins no text to large text
    plain = ways[engine](ours.join(apart, on="account", how="anti"))
    rest = ways["fold"](ours.join(apart, on="account", how="semi"))
    return as_asked(nw.concat([plain, rest]), frame)


def columns_of(only: Collection[str] | None) -> list[str]:
    """The columns of the answer beside the account.

    Raises:
        MissingColumn: if there is none of a name.
    """
    every = [name for name in ANSWER if name != "account"]
    if only is None:
        return every
    unknown = [name for name in only if name not in ANSWER]
    if isinstance(only, str) or unknown:
        raise MissingColumn(
            f"balances have no {', '.join(unknown) or repr(only)}; only= takes a list of {', '.join(every)}"
        )
    return [name for name in every if name in only]


def at_once(frame: Any) -> Any:
    """A frame of polars as a lazy one, whose engine then computes all that is asked in one go; others as they are."""
    ours = nw.from_native(frame, pass_through=True)
    return ours.lazy() if isinstance(ours, nw.DataFrame) and ours.implementation.is_polars() else frame


def as_asked(answer: Frame, frame: Any) -> Any:
    """The answer, in memory where the caller's frame of polars was."""
    lazy = isinstance(answer, nw.LazyFrame) and answer.implementation.is_polars()
    asked_lazily = isinstance(nw.from_native(frame), nw.LazyFrame)
    return (answer.collect() if lazy and not asked_lazily else answer).to_native()


def of_arrays(frame: Frame, read: Callable[[nw.DataFrame[Any]], dict[str, Any]]) -> Frame:
    """The balances of accounts that arrays are read for, on the engine of the frame."""
    rows = frame.select(name for name in READ if name in frame.columns)
    # Of the library of the names, which from_dict would copy where it is told of one.
    parts = [nw.from_dict(read(collected(some))) for some in in_buckets(rows)]
    answer = parts[0] if len(parts) == 1 else nw.concat(parts)
    schema = {name: dtype for name, dtype in ANSWER.items() if name in answer.columns}
    if "last_contact_us" in schema:
        contact = nw.col("last_contact_us")
        answer = answer.with_columns(last_contact_us=nw.when(contact != NEVER).then(contact))
    return shaped(nw.from_native(returned(answer, frame)), schema)


def in_buckets(frame: Frame) -> Iterator[Frame]:
    """The frame; one of DuckDB, which may hold more than memory does, in buckets of whole accounts."""
    if not frame.implementation.is_duckdb():
        yield frame
        return
    rows = int(collected(frame.select(nw.len())).item())
    count = max(-(-rows // BUCKET), 1)
    relation: Any = frame.to_native()
    for place in range(count):
        yield frame if count == 1 else nw.from_native(relation.filter(f"hash(account) % {count} = {place}"))


def plan(frame: Any, policy: Policy, *, links: bool = True) -> Plan:
    """Which engine computes the balances of a frame under a policy, and why not another.

    Example:
        >>> import polars as pl
        >>> from goodwill import presets
        >>> entries = pl.DataFrame({"account": ["ada"]})
        >>> print(plan(entries, presets.habituation()))
        by arrays of NumPy, since habituation looks at the entries before
        >>> print(plan(entries, presets.loyalty()))
        account by account in Python, since calendar_expiry goes by a calendar
    """
    if is_spark(frame):
        return by_buckets(plan, locals())
    return summing(as_read(policy, links=links, catalog=None), nw.from_native(frame))


class Prepared(NamedTuple):
    """A caller's frame, the policy and the currency of a point, as every function of this package reads them.

    Attributes:
        has_others: whether there are rows that are no plain deposit or withdrawal; only then are there `accounts_apart`.
    """

    frame: Frame
    policy: Policy
    home: str | None
    has_others: bool


class Asking(TypedDict):
    """What is asked of a frame beside the policy, as `balances` takes it."""

    known_at: datetime | None
    links: bool
    columns: Mapping[str, str] | None
    home: str | None
    catalog: Catalog | None


def prepared(frame: Any, policy: Policy, **asking: Unpack[Asking]) -> Prepared:
    """What was asked, checked; without the rows that have no account or no instant.

    Raises:
        MissingColumn: if the policy reads what the frame has not.
        NaiveDatetime: if instants have no time zone.
        InvalidEntry: if a magnitude, a sincerity or a severity is beyond its limits.
        CurrencyMismatch: if money of several currencies is there, and nobody says which is home.
    """
    catalog = asking["catalog"]
    opinion = as_read(policy, links=asking["links"], catalog=catalog)
    ours = opened(frame, needed(opinion, asking["known_at"]), asking["columns"])
    bounds = limits(ours)
    parked, *crossed = are_any(ours, [is_parked(), *(limit.are_crossed(name) for name, limit in bounds.items())])
    (other,) = are_any(ours, [is_other(ours)])  # by itself: of the others, DuckDB knows that most blocks have none
    for name in (name for name, is_crossed in zip(bounds, crossed, strict=True) if is_crossed):
        refuse(ours, name, bounds[name])
    ours = ours.filter(~is_parked()) if parked else ours
    # A reversal that names nothing takes nothing out, and is no entry of its own.
    known = [name for name in TYPES if name != "reversal" or "reverses" in ours.columns]
    ours = today(ours.filter(one_of("type", known)) if other else ours, catalog)
    return Prepared(ours, opinion, opinion.currency or asking["home"] or only_currency(ours), other)


def are_any(frame: Frame, which: Sequence[Any]) -> list[bool]:
    """Whether there are rows of each description, none of which says null.

    Most frames have none of all: one filter says so, which an engine answers from what it knows of whole blocks.
    """
    lazy = isinstance(frame, nw.LazyFrame)
    if lazy and not len(frame.filter(reduce(or_, which)).select("account").head(1).collect()):
        return [False] * len(which)
    return list(map(bool, collected(frame.select(**{str(n): each.any() for n, each in enumerate(which)})).row(0)))


def as_read(policy: Policy, *, links: bool, catalog: Catalog | None) -> Policy:
    """The policy with kinds by the names of today, and without recoveries where links are not read."""
    opinion = policy if catalog is None else policy.under(catalog)
    recovery = opinion.valuation.recovery
    if links or recovery is None:
        return opinion
    return opinion.replace(valuation=Valuation(steps=tuple(s for s in opinion.valuation.steps if s is not recovery)))


def needed(policy: Policy, known_at: datetime | None) -> list[str]:
    """The columns without which there is no answer; what nobody need say may be missing."""
    spoken = {"currency", "sincerity", "severity", "dimensions"}
    return [name for name in policy.columns if name not in spoken] + (["recorded_at"] if known_at is not None else [])


def today(frame: Frame, catalog: Catalog | None) -> Frame:
    """The frame with each kind by the name that a catalog has for it today."""
    renamed = {alias: kind.name for kind in (catalog or {}).values() for alias in kind.aliases}
    kind: Any = nw.col("kind")
    for alias, name in renamed.items():
        kind = nw.when(nw.col("kind") == alias).then(nw.lit(name)).otherwise(kind)
    return frame.with_columns(kind=kind) if renamed else frame


def only_currency(frame: Frame) -> str | None:
    """The one currency that a frame has; None where it has none.

    Raises:
        CurrencyMismatch: if it has several.
    """
    if "currency" not in frame.columns:
        return None
    some = frame.select("currency").filter(~nw.col("currency").is_null())
    first = collected(some.head(1))["currency"].to_list()
    if not first or not len(collected(some.filter(nw.col("currency") != first[0]).head(1))):
        return first[0] if first else None
    # Only now are all looked at: of one, DuckDB knows of whole blocks that no other is there.
    named = collected(some.group_by("currency").agg(nw.len()))["currency"].to_list()  # unique() sorts on DuckDB
    raise CurrencyMismatch(
        f"the frame has money in {', '.join(sorted(named))}; say which a point is measured in with home=, and give the "
        "policy rates for the others"
    )


def is_other(frame: Frame) -> Any:
    """Rows that are no plain deposit or withdrawal."""
    other: Any = nw.col("type").is_null() | ((nw.col("type") != "deposit") & (nw.col("type") != "withdrawal"))
    return other | ~nw.col("amends").is_null() if "amends" in frame.columns else other


def accounts_apart(frame: Frame) -> Frame | None:
    """The accounts that only the fold reads exactly; None where there are none."""
    apart: Any = one_of("type", BY_THE_FOLD)
    if "amends" in frame.columns:
        apart |= ~nw.col("amends").is_null()
    found = frame.filter(apart).select("account").unique()
    names = collected(found)["account"].to_list()
    return like(frame, {"account": names}, {"account": nw.String}) if names else None


def rows_of(frame: Frame) -> Iterator[Mapping[str, Any]]:
    """The rows of a frame as mappings; None where nobody said anything, for which pandas has words of its own."""
    for row in collected(frame).iter_rows(named=True):
        yield {name: None if is_missing(value) else value for name, value in row.items()}


def is_missing(value: Any) -> bool:
    """Whether a value is NaN, or NA or NaT of pandas."""
    return (isinstance(value, float) and isnan(value)) or type(value).__name__ in {"NAType", "NaTType"}


def collected(frame: Frame) -> nw.DataFrame[Any]:
    """A frame in memory."""
    return frame.collect() if isinstance(frame, nw.LazyFrame) else frame


def as_frame(read: Iterable[Balance], frame: Frame) -> Frame:
    """Balances as a frame on the engine of another."""
    found = list(read)
    columns: dict[str, list[Any]] = {
        "account": [each.account for each in found],
        "balance": [each.points for each in found],
        "positive": [each.positive for each in found],
        "negative": [each.negative for each in found],
        "standing": [each.standing for each in found],
        "is_overdrawn": [each.is_overdrawn for each in found],
        "last_contact_us": [None if each.last_contact is None else to_us(each.last_contact) for each in found],
        "entries": [each.entries for each in found],
        "unvalued": [len(each.unvalued) for each in found],
    }
    return made(frame, columns, ANSWER)
