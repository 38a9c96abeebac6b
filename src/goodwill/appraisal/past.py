"""Were they worth it? Every concession of a period, appraised at its own instant: cost beside value."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import narwhals.stable.v2 as nw

from goodwill import presets
from goodwill.analytics.contributing import KEPT, Question, asked
from goodwill.analytics.exporting import entries
from goodwill.analytics.folding import facts_by_account, id_of
from goodwill.analytics.grouping import Costed, added_up, rows_with_costs
from goodwill.analytics.reading import Asking, collected, rows_of
from goodwill.analytics.returning import returned
from goodwill.analytics.schema import Frame, named
from goodwill.analytics.spark import is_spark
from goodwill.analytics.waiving import COUNTS, PRICED, listed, rated
from goodwill.appraisal.appraisal import Caveat
from goodwill.appraisal.caveats import ASSOCIATED, ASSUMED, CONVERTED, NEGATIVE
from goodwill.appraisal.faults import AppraisalError
from goodwill.appraisal.leaving_out import Worth, worths
from goodwill.appraisal.looking import beyond
from goodwill.appraisal.parameters import Rates
from goodwill.appraisal.pricing import FILLED, SUMS, compared, filled, margins_of
from goodwill.appraisal.retention import RetentionLink
from goodwill.appraisal.value import CustomerValue
from goodwill.domain.instant import from_us, to_us
from goodwill.domain.kind import Catalog
from goodwill.domain.money import Money
from goodwill.domain.period import Period
from goodwill.ledger.ledger import Ledger
from goodwill.ledger.reading import Reader
from goodwill.policies.policy import Policy

__all__ = ["appraise_past", "past_caveats"]

ROW: Final = "appraisal:row"
"""The column that says which row of the caller's frame a concession is."""


def appraise_past(
    book: Any,
    period: Period | str,
    *,
    value: CustomerValue,
    link: RetentionLink,
    policy: Policy | None = None,
    by: str | Sequence[str] | None = None,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
    margin: str | None = None,
    owed: Collection[str] = (),
    rates: Rates | None = None,
    links: bool = True,
    columns: Mapping[str, str] | None = None,
    home: str | None = None,
    catalog: Catalog | None = None,
    keep: Sequence[str] = (),
) -> Any:
    """What each concession of a period was worth against its cost: `waivers` with its money filled in.

    Each is appraised at its own instant, as `appraise` does it with an entry that the ledger has: the account's entries
    up to `as_of` are read with it and without it, what it taught the customer to expect included; after `as_of` nothing
    happens. Periods are counted from the concession on.

    Where every other entry is worth the same without it, what it adds by itself is the difference, and nothing is
    replayed: under a policy of single entries always, under linked recoveries where no other gesture answers the same
    failure. Else its account is replayed without it, so under every policy with a state.

    `faded` is the share of its worth that was lost to fading: 1 - value / what it were worth had it never faded. A
    decision to stay that falls k periods later counts only what is left by then; the cost times that share bought
    goodwill which had faded before it mattered.

    Nothing is measured here; `past_caveats` says what the numbers rest on. That a customer who got something stayed is
    no evidence that it was why.

    Args:
        book: a ledger (of restricted customers nothing is read), or one row per entry, as `waivers` reads it; read into
            memory.
        period: a `Period`, or text such as "2026-03" or "last 90 days" (UTC); concessions that happened in it.
        value: what a customer is worth who stays.
        link: from goodwill to staying.
        policy: the ledger's own where none is named; of a frame `presets.default()`.
        by: adds them up by "kind", "account", "recovers_kind", "month", any column of the frame, or several of these;
            None lists each.
        as_of: the present; the ledger's clock where none is named. A frame has no clock.
        known_at: what was recorded later is not read.
        margin: a column with the margin of the row's customer per period, in the currency of the value and in the place
            of its margin; where it is null, that of the value stands.
        owed: kinds that law or contract owes. What is owed is no gesture, and not to pay it was no choice: it is listed
            and added up apart (`is_owed`), with its cost and without a value.
        rates: how many units of the value's currency one unit of another buys.
        links: False reads an answer to a withdrawal as a deposit like any other.
        columns: what the frame calls a column of ours, such as {"account": "customer_id"}.
        home: the currency that a point is measured in; the ledger's own, or as `waivers` finds it.
        catalog: whose kinds end a silence and have other names today; the ledger's own.
        keep: without `by`, columns of the frame that go along.

    Returns:
        The same kind of frame; of a ledger, one of polars. Without `by` the columns of `waivers`, then `value`, `net`
        (value less cost), `is_worth_it`, `if_permanent` (the value, had it never faded), `faded` and `is_owed`; all but
        the last are null where nothing was appraised: what is owed, and what the policy has no opinion on. With `by`
        one row for each value, currency and `is_owed`: the columns of `waivers`, `appraised` (how many have a value),
        `value` and `net` (of these; null where there are none), `worth_it` and `not_worth_it` (counts), `cost_faded`
        and `share_faded` (of the cost of those that bought anything). `cost` is as exact as the frame has it, unless it
        was converted; what is computed is a float, unrounded, in the value's currency.

    Raises:
        AppraisalError: for a cost in another currency without a rate, a margin that is no finite number, a frame without
            `as_of`, a frame of PySpark, or a sum without an end.
        UnknownKind: if `owed` has a kind that the catalog has not.
        InvalidPeriod: if the period is not understood.
        MissingColumn, NaiveDatetime, CurrencyMismatch, InvalidMagnitude, InvalidCost: as `waivers` does.

    Example:
        >>> import polars as pl
        >>> from datetime import UTC, datetime
        >>> from goodwill import Money
        >>> frame = pl.DataFrame(
        ...     {
        ...         "account": ["ada", "ada", "bob"],
        ...         "type": ["deposit"] * 3,
        ...         "kind": ["fee_waived", "statutory_refund", "fee_waived"],
        ...         "magnitude": [14.99, 20.0, 1.0],
        ...         "currency": ["USD"] * 3,
        ...         "occurred_at": [datetime(2026, 3, 2, tzinfo=UTC)] * 3,
        ...     }
        ... )
        >>> link = RetentionLink(base=0.95, slope=0.02, source="an assumption")
        >>> worth = CustomerValue(margin=Money(20, "USD"), discount=0.01, period_days=30)
        >>> now = datetime(2026, 6, 1, tzinfo=UTC)
        >>> each = appraise_past(
        ...     frame, "2026-03", value=worth, link=link, as_of=now, owed=["statutory_refund"], links=False
        ... )
        >>> each.select("cost", pl.col("value", "faded").round(2), "is_worth_it", "is_owed").rows()
        [(14.99, 9.75, 0.84, False, False), (20.0, None, None, None, True), (1.0, 0.93, 0.83, False, False)]
    """
    source = opened(book, policy, as_of, columns, known_at=known_at, catalog=catalog, home=home)
    span = period if isinstance(period, Period) else Period.parse(period, as_of=source.as_of)
    keys = [by] if isinstance(by, str) else by or []
    along = list(dict.fromkeys(keep)) if by is None else [name for name in keys if name not in {"currency", "is_owed"}]
    reading: Asking = {
        "known_at": known_at, "links": links, "columns": None, "home": source.home, "catalog": source.catalog,
    }  # fmt: skip
    also = [ROW] if margin is None else [ROW, margin]
    costed = rows_with_costs(source.frame, source.policy, source.as_of, [*along, *also], **reading)
    rows = collected(costed.rows.filter(conceded(span)))
    question = asked(source.frame, source.policy, source.as_of, keep=[ROW], **reading)
    due = kinds_of(owed, source.catalog)
    rows = appraised(rows, question, value, link, margin=margin, owed=due, rates=rates or {})
    if by is None:
        answer = listed(Costed(rows, tuple(dict.fromkeys([*FILLED, *along]))))
    else:
        answer = summed(Costed(rows, (*along, "is_owed")))
    return answer.to_native() if isinstance(book, Ledger) else returned(answer, nw.from_native(book))


class Source(NamedTuple):
    """A frame in memory, with the number of each row, and how it is read."""

    frame: Frame
    policy: Policy
    as_of: datetime
    catalog: Catalog | None
    home: str | None


def opened(
    book: Any,
    policy: Policy | None,
    as_of: datetime | None,
    columns: Mapping[str, str] | None,
    *,
    known_at: datetime | None,
    catalog: Catalog | None,
    home: str | None,
) -> Source:
    """A ledger or a frame, ready to be read."""
    if isinstance(book, Ledger):
        frame = named(entries(book, known_at=known_at), columns or {}).with_row_index(ROW)
        own = catalog or book.catalog, home or book.currencies[0]
        return Source(frame, policy or book.policy, as_of or book.clock.now(), *own)
    if is_spark(book):
        raise AppraisalError(
            "a frame of PySpark is not appraised; collect the accounts that have concessions in the period, such as with "
            ".toPandas()"
        )
    frame = collected(named(book, columns or {})).with_row_index(ROW)
    if as_of is None:
        raise AppraisalError("a frame has no clock; say the present with as_of=")
    return Source(frame, policy or presets.default(), as_of, catalog, home)


def conceded(span: Period) -> Any:
    """The rows that are concessions of a period."""
    within = (nw.col("occurred_us") >= to_us(span.start)) & (nw.col("occurred_us") < to_us(span.end))
    return (nw.col("type") == "deposit") & ~nw.col("amount").is_null() & within


def kinds_of(owed: Collection[str], catalog: Catalog | None) -> frozenset[str]:
    """The kinds that are owed, by the names that the catalog has for them today; it refuses those that it has not."""
    names = [owed] if isinstance(owed, str) else owed
    return frozenset(names if catalog is None else (catalog[name].name for name in names))


def appraised(
    rows: nw.DataFrame[Any],
    question: Question,
    value: CustomerValue,
    link: RetentionLink,
    *,
    margin: str | None,
    owed: frozenset[str],
    rates: Rates,
) -> nw.DataFrame[Any]:
    """Concessions with what each was worth."""
    is_owed = [kind in owed for kind in rows["kind"].to_list()]
    wanted = [bool(valued) and not due for valued, due in zip(rows["is_valued"].to_list(), is_owed, strict=True)]
    rows = compared(rows, wanted, value.currency, rates)
    margins = margins_of(rows, margin, value)
    per_unit = found_in(rows, wanted, question, link, value.replace(margin=Money(1, value.currency)))
    changes = [None if each is None else each.times(size) for each, size in zip(per_unit, margins, strict=True)]
    return filled(rows, changes, is_owed)


def found_in(
    rows: nw.DataFrame[Any], wanted: Sequence[bool], question: Question, link: RetentionLink, value: CustomerValue
) -> list[Worth | None]:
    """What each concession changes in its customer's value; None for those that are not wanted."""
    places = list(zip(rows["account"].to_list(), rows[KEPT.format(ROW)].to_list(), wanted, strict=True))
    accounts = {account for account, _, is_wanted in places if is_wanted}
    # A reversal takes out what it names, whoever's row it is.
    own = question.frame.filter(nw.col("account").is_in(list(accounts)) | (nw.col("type") == "reversal"))
    read = list(rows_of(own))
    ids = {row[KEPT.format(ROW)]: id_of(row, place) for place, row in enumerate(read, start=1)}
    by_account: dict[str, set[str]] = {}
    for account, row, is_wanted in places:
        if is_wanted:
            by_account.setdefault(account, set()).add(ids[row])
    reader, at_us = reader_of(question, value), to_us(question.as_of)
    found: dict[str, Worth] = {}
    for account, facts in facts_by_account(read).items():
        if account in by_account:
            known = [fact for fact in facts if fact.type == "reversal" or fact.occurred_us <= at_us]
            found |= worths(known, by_account[account], reader, link, value)
    return [found.get(ids[row]) if is_wanted else None for _, row, is_wanted in places]


def reader_of(question: Question, value: CustomerValue) -> Reader:
    """Reads accounts as of an instant beyond all periods."""
    until = from_us(beyond(to_us(question.as_of, "as_of"), value))
    return Reader(question.policy, question.catalog or Catalog(()), question.home or "USD", until, question.known_at)


def summed(costed: Costed) -> Frame:
    """Concessions by what they are by, what is owed apart."""
    sums = {"concessions": nw.col("counted"), "bought": nw.col("worth"), "left": nw.col("points")}
    found = added_up(costed, sums | {name: nw.col(name) for name in SUMS})
    some, bought = nw.col("appraised") > 0, nw.col("cost_bought") > 0.0
    found = rated(found).with_columns(
        value=nw.when(some).then(nw.col("value")),
        net=nw.when(some).then(nw.col("net")),
        cost_faded=nw.when(some).then(nw.col("cost_faded")),
        share_faded=nw.when(bought).then(nw.col("cost_faded") / nw.col("cost_bought")),
    )
    counts = (nw.col(name).cast(nw.Int64) for name in (*COUNTS, "appraised"))
    judged = (nw.col(name).cast(nw.Int64) for name in ("worth_it", "not_worth_it"))
    return found.select(*costed.by, "currency", *counts, *PRICED, "value", "net", *judged, "cost_faded", "share_faded")


BY_LEAVING_OUT = Caveat(
    "nothing_else_changed",
    "each concession is left out by itself, and what the customer did since is taken to have been the same without it",
)
NOBODY_DREW_LOTS = Caveat(
    "not_an_experiment",
    "who got something was chosen, so nothing here shows that it was why they stayed",
)


def past_caveats(policy: Policy, link: RetentionLink, *, rates: Rates | None = None) -> tuple[Caveat, ...]:
    """What a reader must know before believing what `appraise_past` says, in the order in which it matters.

    Example:
        >>> link = RetentionLink(base=0.95, slope=0.02, source="an assumption")
        >>> [caveat.code for caveat in past_caveats(presets.linear(), link)][:3]
        ['slope_assumed', 'nothing_else_changed', 'not_an_experiment']
    """
    found = [ASSOCIATED if link.is_fitted else ASSUMED]
    found += [NEGATIVE] if link.slope < 0.0 else []
    found += [CONVERTED] if rates else []
    found += [BY_LEAVING_OUT, NOBODY_DREW_LOTS]
    return (*found, *(Caveat("policy", text) for text in policy.caveats))
