"""Deposits that answer a withdrawal: a join to the failure, and what each recovery adds over those before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import narwhals.stable.v2 as nw

from goodwill.analytics.engine import expression
from goodwill.analytics.lookup import Lookup
from goodwill.analytics.schema import LINK_COLUMNS
from goodwill.analytics.valuing import ANYONE, MICROSECONDS_A_DAY, after, shares
from goodwill.policies.formula import Operand, maximum, where
from goodwill.policies.policy import Policy

__all__ = ["RECOVERS", "is_answer", "linked"]

RECOVERS: Final = ("recovers", "recovers_kind")
"""The columns of traced rows that say what a deposit recovers: the withdrawal's id, or else its reference; its kind."""


def linked(
    seen: Any, valued: Callable[[Any], Any], policy: Policy, there: frozenset[str], *, traced: bool = False
) -> Any:
    """Rows in force with their worths, those of recoveries in force among them; any other deposit is an ordinary one.

    Args:
        seen: the rows in force.
        valued: gives rows what they are worth, links aside: `is_valued`, `plain` and `worth`.
        policy: one that expressions can say.
        there: the columns that the frame has; without those of links, every deposit is an ordinary one.
        traced: whether the rows have a column for each step; then they also say what they recover.
    """
    recovery = policy.valuation.recovery
    if recovery is None or not set(LINK_COLUMNS) <= there:
        return valued(seen)
    answers = seen.filter(is_answer())
    found = with_failures(valued(answers), failures(seen, answers, valued, there))
    rows, recovered = valued(seen.filter(~is_answer())), in_turn(found, policy, recovery, there)
    if traced:
        nothing = {after(recovery.tag): nw.lit(None, nw.Float64), **dict.fromkeys(RECOVERS, nw.lit(None, nw.String))}
        rows, recovered = rows.with_columns(**nothing), told_apart(recovered, policy, recovery)
    columns = rows.columns
    return nw.concat([rows, recovered.select(columns)])


def is_answer() -> Any:
    """Which rows are deposits that name what they answer."""
    return (nw.col("type") == "deposit") & ~nw.col("in_response_to").is_null()


def told_apart(recovered: Any, policy: Policy, recovery: Any) -> Any:
    """Each answer with what it recovers, if it does; then it went through no other step from expectation on."""
    in_force = ~nw.col("failure").is_null()
    skipped = [after(step.tag) for step in policy.valuation.from_expectation if step is not recovery]
    return recovered.with_columns(
        nw.when(in_force).then(nw.col("worth")).alias(after(recovery.tag)),
        nw.col("failure").alias("recovers"),
        nw.when(in_force).then(nw.col("lost_kind")).alias("recovers_kind"),
        *(nw.when(~in_force).then(nw.col(name)).alias(name) for name in skipped),
    )


def failures(seen: Any, answers: Any, valued: Callable[[Any], Any], there: frozenset[str]) -> Any:
    """The losses that links name, by id or by reference; only withdrawals that are named are valued, which are few."""
    wanted = answers.select("in_response_to")  # of whichever account; the join to the answers looks at that
    withdrawals = seen.filter(nw.col("type") == "withdrawal")
    named = nw.concat(
        [
            withdrawals.with_columns(in_response_to=nw.col(name)).join(wanted, on="in_response_to", how="semi")
            for name in ("id", "reference")
        ]
    )
    lost = valued(named)
    names = {
        "in_response_to": "in_response_to", "occurred_us": "lost_us", "plain": "lost_plain", "worth": "lost",
        "kind": "lost_kind", **({"severity": "lost_severity"} if "severity" in there else {}),
    }  # fmt: skip
    name = nw.coalesce(nw.col("id"), nw.col("reference")).alias("failure")
    found = lost.filter((nw.col("worth") < 0.0) & (nw.col("plain") != 0.0))
    told = found.select("account", name, *(nw.col(ours).alias(name) for ours, name in names.items()))
    return told.unique(subset=["account", "in_response_to"], keep="any")


def with_failures(answers: Any, lost: Any) -> Any:
    """Each answer with the failure that its link names; nulls where none is in force."""
    found = answers.join(lost, on=["account", "in_response_to"], how="left")
    answered = nw.col("is_valued") & ~nw.col("failure").is_null() & (nw.col("lost_us") <= nw.col("occurred_us"))
    return found.with_columns(failure=nw.when(answered).then(nw.col("failure")), unnamed=nw.col("reference").is_null())


def in_turn(found: Any, policy: Policy, recovery: Any, there: frozenset[str]) -> Any:
    """Each answer in force with what it adds to what was given back before it."""
    days = (nw.col("occurred_us") - nw.col("lost_us")) / MICROSECONDS_A_DAY
    share: Operand = recovery.compensation(nw.col("plain"), nw.col("lost_plain"), days, ANYONE, ANYONE)
    severity = nw.col("lost_severity").fill_null(1.0) if "severity" in there else 1.0
    kinds = Lookup("lost_kind", {*policy.kinds})
    remains = shares(policy, kinds, days, sign=-1.0, severity=severity)
    given: Operand = recovery.returned(nw.col("offered"), -nw.col("lost"), nw.col("remains"), kinds)
    order = ["occurred_us", "unnamed", "reference", *(["seq"] if "seq" in there else [])]
    found = kinds.joined(found)
    found = found.with_columns(
        offered=expression(share).cum_sum().over("account", "failure", order_by=order), remains=expression(remains)
    )
    found = found.with_columns(given=maximum(given, 0.0).cum_max().over("account", "failure", order_by=order))
    added = nw.col("given") - nw.col("given").shift(1).over("account", "failure", order_by=order).fill_null(0.0)
    return found.with_columns(worth=where(nw.col("failure").is_null(), nw.col("worth"), added))
