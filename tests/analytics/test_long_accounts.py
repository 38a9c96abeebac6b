"""One account with a million entries: nothing grows with its square, and the sum is exact to its rounding."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from goodwill.analytics import balances
from goodwill.domain.instant import from_us, to_us
from tests.analytics.test_balances import ENGINES, POLICIES, START

MINUTE = 60_000_000


def an_account_of(count: int) -> pl.DataFrame:
    """A gift or a delay every minute; each tenth gift answers the delay before it."""
    number = np.arange(count)
    is_gift = number % 2 == 1
    answers = number % 20 == 1
    return pl.DataFrame(
        {
            "account": pl.repeat("ada", count, eager=True),
            "id": number.astype(str),
            "occurred_us": to_us(START) + number * MINUTE,
            "type": np.where(is_gift, "deposit", "withdrawal"),
            "kind": np.where(is_gift, "gift", "delay"),
            "magnitude": 1.0 + number % 3,
            "reference": pl.repeat(None, count, dtype=pl.String, eager=True),
            "in_response_to": pl.Series(np.where(answers, number - 1, -1)).cast(pl.String).replace("-1", None),
        }
    )


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["polars", "lazy polars", "pandas", "duckdb"])  # PyArrow folds it: see below
def test_a_million_entries_of_one_account_are_its_parts_added_up(engine: str) -> None:
    made, seen = ENGINES[engine]
    frame, policy = an_account_of(1_000_000), POLICIES["default"]
    as_of = from_us(int(frame["occurred_us"][-1]))
    (row,) = seen(balances(made(frame), policy, as_of)).to_dicts()
    assert (row["entries"], row["unvalued"]) == (1_000_000, 0)
    # Links stay within twenty entries, so that the account may be read as a hundred of them.
    parts = frame.with_columns(account=pl.int_range(pl.len()).floordiv(10_000).cast(pl.String))
    found = balances(parts, policy, as_of)
    size = row["positive"] - row["negative"]
    for name in ("balance", "positive", "negative"):
        assert row[name] == pytest.approx(found[name].sum(), abs=1e-9 * size)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "engine"), [("default", "pyarrow"), ("habituation", "polars")])
def test_a_hundred_thousand_entries_of_one_account_are_folded(name: str, engine: str) -> None:
    made, seen = ENGINES[engine]
    frame = an_account_of(100_000)
    as_of = from_us(int(frame["occurred_us"][-1]))
    (row,) = seen(balances(made(frame), POLICIES[name], as_of)).to_dicts()
    assert (row["entries"], row["unvalued"]) == (100_000, 0)
    assert row["balance"] == pytest.approx(row["positive"] + row["negative"])
