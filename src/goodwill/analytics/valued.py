"""The valued rows of a frame: each entry in force with its worth, the share of it that remains and its points.

By expressions here; the fold (`goodwill.analytics.folding`) gives the same rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import narwhals.stable.v2 as nw

from goodwill.analytics.engine import engine_of
from goodwill.analytics.linking import is_answer, linked
from goodwill.analytics.lookup import like
from goodwill.analytics.schema import Frame
from goodwill.analytics.valuing import age, given, in_force, one_of, remaining, worths
from goodwill.domain.kind import Catalog
from goodwill.ledger.reading import ENDS_SILENCE
from goodwill.policies.formula import flush
from goodwill.policies.policy import Policy

__all__ = ["ends_silence", "made", "moves", "shaped", "valued_rows"]


def valued_rows(
    frame: Frame,
    policy: Policy,
    at_us: int,
    known_us: int | None,
    *,
    home: str | None,
    traced: bool = False,
    unmixed: bool = False,
    answers: bool = True,
) -> Frame:
    """The rows in force, observations among them, with what they are worth; all that the frame's engine can say.

    Args:
        frame: an opened one.
        policy: per_entry or linked, with no obstacle to expressions (`goodwill.analytics.planning`).
        at_us: as of when, in microseconds since the epoch.
        known_us: as known when; None knows all.
        home: the currency that a point is measured in.
        traced: whether to add the worth after each step, and what a recovery recovers.
        unmixed: whether every row is known to be a deposit or a withdrawal.
        answers: whether deposits that name what they answer are among them.

    Returns:
        The frame's columns, `is_valued`, `worth` (points, when it happened; 0 without an opinion), `share` (what
        remains of it, in [0, 1]) and `points`; some more that led there.
    """
    there = frozenset(frame.columns)
    engine = engine_of(frame)
    column, computed = engine.column, engine.with_columns
    formulas = worths(policy, engine, home, there, unmixed=unmixed)
    severity = given("severity", engine, there)
    share = remaining(policy, formulas.kinds, column("age"), sign=column("sign"), severity=severity)
    seen, valued = in_force(frame, at_us, known_us), partial(formulas.computed, traced=traced)
    rows = linked(seen, valued, policy, there, traced=traced) if answers else valued(seen.filter(~is_answer()))
    # One by one, since DuckDB computes an expression as often as another repeats it, and exp takes its time.
    rows = computed(rows.with_columns(age=age(at_us)), share=share)
    remains = flush(column("share"))
    return computed(rows, share=remains, points=column("worth") * remains)


def moves() -> Any:
    """Which rows may move goodwill, valued or not."""
    return one_of("type", sorted(ENDS_SILENCE))


def ends_silence(catalog: Catalog | None) -> Any:
    """Which rows end a silence."""
    contacts = [kind.name for kind in (catalog or {}).values() if kind.contact]
    return moves() | (nw.col("type") == "observation") & nw.col("kind").is_in(contacts) if contacts else moves()


def shaped(frame: Frame, columns: Mapping[str, Any], also: Sequence[str] = ()) -> Frame:
    """The columns of an answer, each of its type; instants that may be missing stay whole numbers in pandas, too.

    Args:
        frame: has them all.
        columns: their types.
        also: columns that stay as they are.
    """
    if not frame.implementation.is_pandas():
        casts = (nw.col(name).cast(dtype) for name, dtype in columns.items())  # DuckDB counts in 128 bits
        return frame.select(*casts, *also)
    whole = dict.fromkeys(instants(columns), "Int64")
    casts = (nw.col(name) if name in whole else nw.col(name).cast(dtype) for name, dtype in columns.items())
    answer = frame.select(*casts, *also)
    return nw.from_native(answer.to_native().astype(whole)) if whole else answer


def made(frame: Frame, columns: Mapping[str, list[Any]], schema: Mapping[str, Any]) -> Frame:
    """An answer that was computed in Python, as a frame on the engine of another."""
    loose = (
        schema if not frame.implementation.is_pandas() else {**schema, **dict.fromkeys(instants(schema), nw.Float64)}
    )
    return shaped(like(frame, columns, loose), schema)


def instants(schema: Mapping[str, Any]) -> list[str]:
    """The columns that hold microseconds since the epoch."""
    return [name for name in schema if name.endswith("_us")]
