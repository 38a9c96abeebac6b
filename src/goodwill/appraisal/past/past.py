"""Were they worth it? Every concession of a period, appraised at its own instant: cost beside value.

Each is left out by itself: the account's entries up to the present are read with it and without it, what it taught the
customer to expect included, and after the present nothing happens. Where every other entry is worth the same without
it, what it adds by itself is the difference, and nothing is replayed: under a policy of single entries always, under
linked recoveries where no other gesture answers the same failure. Else its account is replayed without it, so under
every policy with a state.

`faded` is the share of its worth that was lost to fading: 1 - value / what it were worth had it never faded. A decision
to stay that falls k periods later counts only what is left by then; the cost times that share bought goodwill which had
faded before it mattered.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, cast

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
from goodwill.appraisal.looking import beyond
from goodwill.appraisal.parameters import Rates
from goodwill.appraisal.past.leaving_out import Worth, worths
from goodwill.appraisal.past.pricing import FILLED, SUMS, compared, filled, margins_of
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

    Each row says what `appraise` says of its entry, periods counted from the concession on. Nothing is measured here;
    `past_caveats` says what the numbers rest on.

    Args:
        book: a ledger (restricted customers are left out), or one row per entry, as `waivers` reads it; read into memory.
        period: a `Period`, or text such as "2026-03" or "last 90 days" (UTC); concessions that happened in it.
        value: what a customer is worth who stays.
        link: from goodwill to staying.
        policy: the ledger's own where none is named; of a frame `presets.default()`.
        by: adds them up, as `waivers` does; None lists each.
        as_of: the present; the ledger's clock where none is named. A frame has no clock.
        known_at: what was recorded later is not read.
        margin: a column with the margin of the row's customer per period, in the value's currency; null is the value's.
        owed: kinds that law or contract owes: no gestures, since not to pay was no choice. They are listed and added up
            apart (`is_owed`), with their cost and without a value.
        rates: how many units of the value's currency one unit of another buys.
        links: as `waivers` takes it.
        columns: as `waivers` takes them.
        home: as `waivers` takes it; of a ledger its own.
        catalog: as `waivers` takes it; of a ledger its own.
        keep: as `waivers` takes it.

    Returns:
        The same kind of frame, of a ledger polars: the columns of `waivers`, then `value`, `net` (value less cost),
        `is_worth_it`, `if_permanent` (the value, had it never faded), `faded` and `is_owed`; null where nothing was
        appraised, which is what is owed and what the policy has no opinion on. With `by` the columns of `waivers` for each
        value, currency and `is_owed`, then `appraised` (how many have a value), `value` and `net` (of these), `worth_it`
        and `not_worth_it` (counts), `cost_faded` and `share_faded` (of the cost of those that bought anything). `cost` is
        as exact as in the frame unless it is converted; what is computed is a float, unrounded, in the value's currency.

    Raises:
        AppraisalError: for a cost in another currency without a rate, a margin that is no finite number, a frame without
            `as_of`, a frame of PySpark, or a sum without an end.
        UnknownKind: if `owed` has a kind that the catalog has not.
        GoodwillError: as `waivers` does.

    Example:
        >>> from goodwill import Money
        >>> ledger = Ledger.in_memory()
        >>> _ = ledger.deposit("ada", "fee_waived", cost=Money("14.99", "USD"))
        >>> link = RetentionLink(base=0.95, slope=0.02, source="an assumption")
        >>> worth = CustomerValue(margin=Money(20, "USD"), discount=0.01, period_days=30)
        >>> each = appraise_past(ledger, "last 7 days", value=worth, link=link)
        >>> each["value"].round(2).to_list(), each["faded"].round(2).to_list(), each["is_worth_it"].to_list()
        ([9.75], [0.84], [False])
    """
    asking: Asking = {"known_at": known_at, "links": links, "columns": columns, "home": home, "catalog": catalog}
    source = opened(book, policy, as_of, asking)
    keys = [by] if isinstance(by, str) else by or []
    along = list(dict.fromkeys(keep)) if by is None else [name for name in keys if name not in {"currency", "is_owed"}]
    rows, question = conceded(source, period, [*along, ROW] if margin is None else [*along, ROW, margin])
    due = kinds_of(owed, source.asking["catalog"])
    rows = appraised(rows, question, value, link, margin=margin, owed=due, rates=rates or {})
    if by is None:
        answer = listed(Costed(rows, tuple(dict.fromkeys([*FILLED, *along]))))
    else:
        answer = summed(Costed(rows, (*along, "is_owed")))
    return answer.to_native() if isinstance(book, Ledger) else returned(answer, nw.from_native(book))


class Source(NamedTuple):
    """A frame in memory, under our names and with the number of each row, and how it is read."""

    frame: Frame
    policy: Policy
    as_of: datetime
    asking: Asking


def opened(book: Any, policy: Policy | None, as_of: datetime | None, asking: Asking) -> Source:
    """A ledger or a frame, ready to be read."""
    names = asking["columns"] or {}
    asking = {**asking, "columns": None}
    if isinstance(book, Ledger):
        frame = named(entries(book, known_at=asking["known_at"]), names)
        own = {"home": asking["home"] or book.currencies[0], "catalog": asking["catalog"] or book.catalog}
        return Source(
            frame.with_row_index(ROW), policy or book.policy, as_of or book.clock.now(), cast(Asking, asking | own)
        )
    if is_spark(book):
        raise AppraisalError(
            "a frame of PySpark is not appraised; collect the accounts that have concessions in the period, such as with "
            ".toPandas()"
        )
    if as_of is None:
        raise AppraisalError("a frame has no clock; say the present with as_of=")
    return Source(collected(named(book, names)).with_row_index(ROW), policy or presets.default(), as_of, asking)


def conceded(source: Source, period: Period | str, along: Sequence[str]) -> tuple[nw.DataFrame[Any], Question]:
    """The concessions of a period with their costs, and the entries that they are among."""
    costed = rows_with_costs(source.frame, source.policy, source.as_of, along, **source.asking)
    span = period if isinstance(period, Period) else Period.parse(period, as_of=source.as_of)
    within = (nw.col("occurred_us") >= to_us(span.start)) & (nw.col("occurred_us") < to_us(span.end))
    rows = costed.rows.filter((nw.col("type") == "deposit") & ~nw.col("amount").is_null() & within)
    return collected(rows), asked(source.frame, source.policy, source.as_of, keep=[ROW], **source.asking)


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
