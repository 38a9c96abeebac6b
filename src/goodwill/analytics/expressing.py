"""The balances of accounts, summed by the frame's own engine from expressions over its rows.

On DuckDB the answers to withdrawals are summed apart, by arrays, which need none of its windows over texts.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import narwhals.stable.v2 as nw

from goodwill.analytics.answering import answers_apart
from goodwill.analytics.bands import band_of
from goodwill.analytics.engine import expression
from goodwill.analytics.planning import has_answers_apart
from goodwill.analytics.schema import LINK_COLUMNS, Frame
from goodwill.analytics.valued import ends_silence, moves, shaped, valued_rows
from goodwill.analytics.valuing import MICROSECONDS_A_DAY
from goodwill.domain.kind import Catalog
from goodwill.policies.policy import Policy
from goodwill.policies.sums import ROUNDING

__all__ = ["ANSWER", "READ", "by_expressions", "term_amounts"]


def by_expressions(
    frame: Frame,
    policy: Policy,
    at_us: int,
    known_us: int | None,
    *,
    home: str | None,
    catalog: Catalog | None,
    only: Collection[str],
    unmixed: bool,
) -> Frame:
    """The balances of accounts, computed by the frame's engine.

    Args:
        frame: under our names, every row with an account and an instant.
        policy: one that expressions can say.
        at_us: as of when, in microseconds since the epoch.
        known_us: as known when; None knows all.
        home: the currency that a point is measured in.
        catalog: whose kinds end a silence.
        only: the columns to make, beside `account`.
        unmixed: whether every row is known to be a deposit or a withdrawal.
    """
    read = frame.select([name for name in READ if name in frame.columns])
    names, apart = wanted(policy, only), has_answers_apart(policy, read) and set(LINK_COLUMNS) <= set(read.columns)
    rows = valued_rows(read, policy, at_us, known_us, home=home, unmixed=unmixed, answers=not apart)
    summed = summed_rows(rows, names, catalog)
    if apart:
        answers = answers_apart(read, policy, at_us, known_us, home=home, catalog=catalog, names=names)
        summed = summed if answers is None else together(summed, answers, names)
    return told(with_terms(summed, policy, at_us), policy, only)


def wanted(policy: Policy, only: Collection[str]) -> Collection[str]:
    """The sums that some columns of the answer are made of."""
    if policy.terms:
        return ("balance", *PARTS, "entries", "unvalued", "opened_us", "last_contact_us")
    said = {"standing", "is_overdrawn"}
    return {"balance", *(name for name in only if name not in said), *(PARTS if "is_overdrawn" in only else ())}


def summed_rows(rows: Frame, names: Collection[str], catalog: Catalog | None) -> Frame:
    """What the valued rows of each account come to."""
    parts = {
        "balance": nw.col("points"),
        "positive": nw.col("points").clip(lower_bound=0.0),
        "negative": nw.col("points").clip(upper_bound=0.0),
        "entries": moves().cast(nw.Int64),
        "unvalued": (moves() & ~nw.col("is_valued")).cast(nw.Int64),
        "opened_us": nw.col("occurred_us"),
        "last_contact_us": nw.when(ends_silence(catalog)).then(nw.col("occurred_us")),
    }
    return added_up(rows.select("account", **{name: part for name, part in parts.items() if name in names}), names)


def added_up(parts: Frame, names: Collection[str]) -> Frame:
    """What the parts of each account come to."""
    how = {"opened_us": nw.col("opened_us").min(), "last_contact_us": nw.col("last_contact_us").max()}
    return parts.group_by("account").agg(**{name: how.get(name, nw.col(name).sum()) for name in names})


def together(some: Frame, others: Frame, names: Collection[str]) -> Frame:
    """Two parts of each account's sums as one; an account may be in one part alone."""
    both = some.join(others, on="account", how="full", suffix=":other")
    mine, theirs = ({name: nw.col(name + suffix) for name in names} for suffix in ("", ":other"))
    how: dict[str, Any] = {name: mine[name].fill_null(0) + theirs[name].fill_null(0) for name in names}
    for name, pick in (("opened_us", nw.min_horizontal), ("last_contact_us", nw.max_horizontal)):
        if name in names:
            how[name] = pick(mine[name], theirs[name])
    return both.select(account=nw.coalesce(nw.col("account"), nw.col("account:other")), **how)


def with_terms(summed: Frame, policy: Policy, at_us: int) -> Frame:
    """The sums with what the accounts have by themselves."""
    for amount in term_amounts(policy, at_us).values():
        summed = summed.with_columns(term=amount)
        summed = summed.with_columns(
            balance=nw.col("balance") + nw.col("term"),
            positive=nw.col("positive") + nw.col("term").clip(lower_bound=0.0),
            negative=nw.col("negative") + nw.col("term").clip(upper_bound=0.0),
        )
    return summed


def term_amounts(policy: Policy, at_us: int) -> dict[str, Any]:
    """What each account has by itself, by term; reads `opened_us` and `last_contact_us`."""
    silent = nw.when(nw.col("last_contact_us").is_null()).then(nw.col("opened_us")).otherwise(nw.col("last_contact_us"))
    days = {
        "open_days": (at_us - nw.col("opened_us")) / MICROSECONDS_A_DAY,
        "silent_days": (at_us - silent) / MICROSECONDS_A_DAY,
    }
    return {term.tag: expression(term.amount(**days)) for term in policy.terms}


def told(summed: Frame, policy: Policy, only: Collection[str]) -> Frame:
    """The columns of the answer."""
    size = nw.col("positive") - nw.col("negative")
    said = {"standing": band_of(policy.standing), "is_overdrawn": nw.col("balance") < -ROUNDING * size}
    asked = {name: each for name, each in said.items() if name in only}
    answered = summed.with_columns(**asked) if asked else summed
    return shaped(answered, {name: ANSWER[name] for name in ("account", *only)})


PARTS: Final = ("positive", "negative")

READ: Final = (
    "account", "type", "kind", "magnitude", "occurred_us", "recorded_us", "currency", "sincerity", "severity", "id",
    "seq", "reference", "in_response_to", "reverses",
)  # fmt: skip
"""The columns that balances are made of."""

ANSWER: Final[dict[str, Any]] = {
    "account": nw.String,
    "balance": nw.Float64,
    "positive": nw.Float64,
    "negative": nw.Float64,
    "standing": nw.String,
    "is_overdrawn": nw.Boolean,
    "last_contact_us": nw.Int64,
    "entries": nw.Int64,
    "unvalued": nw.Int64,
}
"""The columns of the answer, and what each holds."""
