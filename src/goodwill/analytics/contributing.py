"""What each entry of a frame still adds to its account's balance, with the worth after each step of the valuation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, Unpack

import narwhals.stable.v2 as nw

from goodwill.analytics.expressing import term_amounts
from goodwill.analytics.folding import Read, folded_rows
from goodwill.analytics.planning import planned
from goodwill.analytics.reading import (
    Asking,
    accounts_apart,
    collected,
    prepared,
    rows_of,
)
from goodwill.analytics.returning import returned
from goodwill.analytics.schema import OPTIONAL, TIMES, Frame, MissingColumn
from goodwill.analytics.spark import from_buckets, is_spark
from goodwill.analytics.valued import ends_silence, made, moves, shaped, valued_rows
from goodwill.analytics.valuing import after
from goodwill.domain.instant import to_us
from goodwill.domain.kind import Catalog
from goodwill.policies.policy import COLUMNS, Policy

__all__ = ["KEPT", "Question", "asked", "contributed", "contributions"]

KEPT: Final = "kept:{}"
"""Under which name a column of the caller's goes along, so that it meets none of ours."""

TOLD: Final[dict[str, Any]] = {
    "account": nw.String,
    "id": nw.String,
    "reference": nw.String,
    "type": nw.String,
    "kind": nw.String,
    "occurred_us": nw.Int64,
}
READ: Final[dict[str, Any]] = {
    "worth": nw.Float64,
    "share": nw.Float64,
    "points": nw.Float64,
    "recovers": nw.String,
    "recovers_kind": nw.String,
    "is_valued": nw.Boolean,
}


class Question(NamedTuple):
    """A frame, opened, and how it is to be read.

    Attributes:
        frame: the columns that a reading looks at, and what goes along under `KEPT`; every row has account and instant.
        policy: the opinion, with kinds by the names of today.
        as_of, known_at: the two instants.
        home: the currency that a point is measured in; None where there is no money.
        catalog: whose kinds end a silence.
        kept: the columns of the caller's that go along, by the names that they have in the answer.
    """

    frame: Frame
    policy: Policy
    as_of: datetime
    known_at: datetime | None
    home: str | None
    catalog: Catalog | None
    kept: tuple[str, ...]

    @property
    def columns(self) -> dict[str, Any]:
        """The columns of the rows, and what each holds, beside those that go along."""
        steps = {after(step.tag): nw.Float64 for step in self.policy.valuation.steps}
        return {**TOLD, **steps, **READ, "counted": nw.Int64}

    @property
    def along(self) -> list[str]:
        """The columns that go along, by the names that they have on the way."""
        return [KEPT.format(name) for name in self.kept]


def contributions(
    frame: Any,
    policy: Policy,
    as_of: datetime,
    *,
    known_at: datetime | None = None,
    links: bool = True,
    columns: Mapping[str, str] | None = None,
    home: str | None = None,
    catalog: Catalog | None = None,
    keep: Sequence[str] = (),
) -> Any:
    """What every entry of a frame adds to its account's balance, and how it came to be worth that.

    For each account the points sum to what `balances` says, and to `Ledger.balance`.

    Args:
        frame: one row per entry, as `balances` reads it.
        policy: the opinion.
        as_of: entries that happened later are not read.
        known_at: nor are those recorded later, where it is given; needs `recorded_at`.
        links: False reads an answer to a withdrawal as a deposit like any other, and needs no columns for it.
        columns: what the frame calls a column of ours, such as {"account": "customer_id"}.
        home: the currency that a point is measured in, where the policy names none and the frame has several.
        catalog: whose kinds end a silence and have other names today; without one, no observation does.
        keep: columns of the frame that go along, such as ("actor", "channel").

    Returns:
        One row per deposit, withdrawal, kept promise, breach and part of an opening in force: `account`, `id`,
        `reference`, `type`, `kind`, `occurred_us` (microseconds since the epoch, UTC), `after_<step>` (points: what
        it was worth after each step of the valuation; null where it skipped the step or is unvalued), `worth` (points,
        when it happened), `share` (what remains of it, in [0, 1]), `points` (worth times share), `recovers` and
        `recovers_kind` (id, or else reference, and kind of the withdrawal that it gives back from), `is_valued`
        (false: the policy has no opinion, and it counts 0). What an account has by itself is a row of type "term"
        whose kind is the term's, without an instant.

    Raises:
        MissingColumn, NaiveDatetime, CurrencyMismatch, InvalidMagnitude: as `goodwill.analytics.balances` does.

    Example:
        >>> import polars as pl
        >>> from datetime import UTC, datetime
        >>> from goodwill import presets
        >>> entries = pl.DataFrame(
        ...     {
        ...         "account": ["ada"],
        ...         "type": ["withdrawal"],
        ...         "kind": ["late_delivery"],
        ...         "magnitude": [2.0],
        ...         "occurred_at": [datetime(2026, 3, 2, tzinfo=UTC)],
        ...         "actor": ["courier"],
        ...     }
        ... )
        >>> at = datetime(2026, 3, 2, tzinfo=UTC)
        >>> read = contributions(entries, presets.default(), at, links=False, keep=["actor"])
        >>> read.select("kind", "after_rate_card", pl.col("after_prospect").round(2), "share", "actor").rows()
        [('late_delivery', -8.0, -12.19, 1.0, 'courier')]
    """
    if is_spark(frame):
        return from_buckets(contributions, locals())
    question = asked(
        frame, policy, as_of, known_at=known_at, links=links, columns=columns, home=home, catalog=catalog, keep=keep
    )
    return bare(contributed(question).drop("counted"), question).to_native()


def asked(frame: Any, policy: Policy, as_of: datetime, *, keep: Sequence[str], **asking: Unpack[Asking]) -> Question:
    """A caller's frame as all functions over rows read it."""
    ours, opinion, own, _ = prepared(frame, policy, **asking)
    there = set(ours.collect_schema().names())
    missing = tuple(name for name in keep if name not in there)
    if missing:
        raise MissingColumn(
            f"the frame has no column {', '.join(missing)} to go along; it has {', '.join(sorted(there))}",
            columns=missing,
        )
    read = [TIMES.get(name, name) for name in (*COLUMNS, *OPTIONAL, "revision")]
    kept = (nw.col(name).alias(KEPT.format(name)) for name in dict.fromkeys(keep))
    ours = ours.select(*(name for name in read if name in there), *kept)
    return Question(ours, opinion, as_of, asking["known_at"], own, asking["catalog"], tuple(dict.fromkeys(keep)))


def contributed(question: Question) -> Frame:
    """The rows of a question, with `counted`: 1 for an entry, 0 for what is none by itself."""
    ours = question.frame
    if planned(question.policy, ours).engine == "fold":
        return by_fold(ours, question)
    apart = accounts_apart(ours)
    if apart is None:
        return by_engine(ours, question)
    plain = by_engine(ours.join(apart, on="account", how="anti"), question)
    return nw.concat([plain, by_fold(ours.join(apart, on="account", how="semi"), question)], how="diagonal")


def bare(rows: Frame, question: Question) -> Frame:
    """The rows with what goes along under the caller's names; a name that is ours already stands once."""
    there = set(rows.collect_schema().names())
    ours = {name: KEPT.format(name) for name in question.kept}
    rows = rows.drop([kept for name, kept in ours.items() if name in there])
    return rows.rename({kept: name for name, kept in ours.items() if name not in there})


def by_engine(frame: Frame, question: Question) -> Frame:
    """The rows as the frame's engine computes them."""
    at_us = to_us(question.as_of, "as_of")
    known_us = None if question.known_at is None else to_us(question.known_at, "known_at")
    rows = valued_rows(frame, question.policy, at_us, known_us, home=question.home, traced=True)
    entries = with_missing(rows.filter(moves()).with_columns(counted=nw.lit(1, nw.Int64)), question)
    own = list(terms(rows, question, at_us))
    entries = shaped(entries, question.columns, also=question.along)
    return nw.concat([entries, *own], how="diagonal") if own else entries


def terms(rows: Frame, question: Question, at_us: int) -> Iterator[Frame]:
    """A row for each term of each account that has anything in force."""
    if not question.policy.terms:
        return
    talked = rows.with_columns(talked=nw.when(ends_silence(question.catalog)).then(nw.col("occurred_us")))
    accounts = talked.group_by("account").agg(
        nw.col("occurred_us").min().alias("opened_us"), nw.col("talked").max().alias("last_contact_us")
    )
    for tag, points in term_amounts(question.policy, at_us).items():
        told = accounts.select(
            "account",
            worth=points,
            share=nw.lit(1.0),
            points=points,
            type=nw.lit("term"),
            kind=nw.lit(tag),
            is_valued=nw.lit(value=True),
            counted=nw.lit(0, nw.Int64),
        )
        yield shaped(with_missing(told, question), question.columns)


def with_missing(rows: Frame, question: Question) -> Frame:
    """The rows with a column of nulls for each that an answer has and they have not."""
    there = rows.collect_schema().names()
    # Nulls among whole numbers are no whole numbers in pandas, until the answer is shaped.
    missing = {
        name: nw.lit(None, nw.Float64 if dtype == nw.Int64 else dtype)
        for name, dtype in question.columns.items()
        if name not in there
    }
    return rows.with_columns(**missing) if missing else rows


def by_fold(frame: Frame, question: Question) -> Frame:
    """The rows as the fold of a ledger reads them, on the engine of the frame."""
    eager = collected(frame)
    read = list(
        folded_rows(
            list(rows_of(eager)),
            question.policy,
            question.as_of,
            known_at=question.known_at,
            home=question.home or "USD",
            catalog=question.catalog or Catalog(()),
        )
    )
    entries = computed([each for each in read if each.place is not None], eager, question)
    own = computed([each for each in read if each.place is None], eager, question)
    return nw.from_native(returned(nw.concat([entries, own], how="diagonal") if len(own) else entries, frame))


def computed(read: Sequence[Read], eager: nw.DataFrame[Any], question: Question) -> Frame:
    """What was read as a frame in memory, with what goes along of the rows that it came from."""
    schema = question.columns
    rows = made(eager, {name: [each.values.get(name) for each in read] for name in schema}, schema)
    places = [each.place for each in read if each.place is not None]
    if len(places) < len(read) or not question.kept:
        return rows
    along = eager.select(*question.along)
    taken = along[places] if places else along.head(0)
    return rows.with_columns(*(taken[name] for name in question.along))
