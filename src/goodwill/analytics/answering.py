"""What the answers to withdrawals come to, read by arrays beside a relation of DuckDB, which sums the other rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final

import narwhals.stable.v2 as nw
import numpy as np

from goodwill.analytics.accounts import Column, by_account
from goodwill.analytics.arrays import Rows
from goodwill.analytics.linking import is_answer
from goodwill.analytics.returning import returned
from goodwill.analytics.schema import Frame
from goodwill.analytics.summing import columns
from goodwill.analytics.valuing import in_force
from goodwill.domain.kind import Catalog
from goodwill.policies.policy import Policy

__all__ = ["answers_apart"]

BUCKET: Final = 2_000_000
"""So many answers, or a few more, are in memory at once, with the withdrawals that they name."""


def answers_apart(
    frame: Frame,
    policy: Policy,
    at_us: int,
    known_us: int | None,
    *,
    home: str | None,
    catalog: Catalog | None,
    names: Collection[str],
) -> Frame | None:
    """What the answers in force of each account come to, beside the frame; None where there are none.

    Args:
        frame: a relation under our names.
        policy: one with a recovery.
        at_us: as of when.
        known_us: as known when; None knows all.
        home: the currency that a point is measured in.
        catalog: whose kinds end a silence.
        names: the sums that are asked for.
    """
    found = []
    for some in buckets(in_force(frame, at_us, known_us)):
        answers, tied = answers_of(some)
        every = columns(Rows(tied, at_us, None, unmixed=True), policy, home, catalog, names)
        theirs = {name: Column(each.values[: len(answers)], each.how) for name, each in every if name in names}
        accounts, sums = by_account(answers["account"], theirs, np.ones(len(answers), bool))
        found.append(nw.from_dict({"account": accounts, **sums}))
    return nw.from_native(returned(nw.concat(found), frame)) if found else None


def buckets(seen: Frame) -> Iterator[Frame]:
    """The rows in force, in buckets of whole accounts, each with so many answers at most."""
    answers = seen.filter(~nw.col("in_response_to").is_null()).select(nw.len()).collect().item()
    count = -(-answers // BUCKET)
    for place in range(count):
        yield seen if count == 1 else nw.from_native(seen.to_native().filter(f"hash(account) % {count} = {place}"))


def answers_of(seen: Frame) -> tuple[nw.DataFrame[Any], nw.DataFrame[Any]]:
    """The answers among some rows in force, and the same rows with the withdrawals that they name behind them."""
    answers: nw.DataFrame[Any] = seen.filter(is_answer()).with_columns(id=nothing()).collect()
    return answers, nw.concat([answers, *named(seen, answers["in_response_to"])])


def named(seen: Frame, links: nw.Series[Any]) -> Iterator[nw.DataFrame[Any]]:
    """The withdrawals that links name, each once: by reference, and those that only their id names."""
    link = nw.from_native(returned(links.alias("link").to_frame(), seen))
    withdrawals = seen.filter(nw.col("type") == "withdrawal").with_columns(in_response_to=nothing())
    by_reference, by_id = (
        withdrawals.join(link, left_on=name, right_on="link", how="semi") for name in ("reference", "id")
    )
    found = by_id.collect()
    if not len(found):  # then nobody asks for the ids, whose texts take their time
        yield by_reference.with_columns(id=nothing()).collect()
        return
    yield by_reference.collect()
    yield found.join(links.alias("link").to_frame(), left_on="reference", right_on="link", how="anti")


def nothing() -> nw.Expr:
    """A column of texts that says nothing."""
    return nw.lit(None, nw.String)
