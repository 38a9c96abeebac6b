"""The best that we could write by hand for the sums of `benchmarks.portfolio`: nothing of goodwill is in it.

Each answers the sum of all balances, after it made every one of them. What they do not do: check anything, read what a
row lacks, or say more of an account than one number.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from typing import Any, Final

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

DAY: Final = 86_400_000_000
DEPOSITS: Final = ("fee_waived", "upgrade", "thank_you", "pleasant_surprise")
WORTH: Final = {
    "fee_waived": 1.0, "upgrade": 10.0, "thank_you": 2.0, "pleasant_surprise": 10.0,
    "late_delivery": 4.0, "dispute": 15.0, "faulty_product": 12.0, "complaint": 6.0,
}  # fmt: skip
"""What a unit of each kind is worth."""

DAYS: Final = dict(zip(WORTH, (30.0, 45.0, 60.0, 84.0, 84.0, 120.0, 180.0, 365.0), strict=True))
"""The half-life of each kind."""


def polars_per_entry(frame: Any, at_us: int) -> float:
    """A join on the table of kinds; one lazy query."""
    kinds = pl.LazyFrame({"kind": list(WORTH), "worth": list(WORTH.values()), "days": [DAYS[k] for k in WORTH]})
    at = pl.lit(at_us).cast(pl.Datetime("us", "UTC"))
    age = (at - pl.col("occurred_at")).dt.total_microseconds() / DAY
    sign = pl.when(pl.col("type") == "deposit").then(1.0).otherwise(-1.0)
    worth = sign * pl.col("worth") * pl.col("magnitude") * (-np.log(2.0) * age / pl.col("days")).exp()
    query = frame.lazy().filter(pl.col("occurred_at") <= at).join(kinds, on="kind", how="left")
    balance = query.group_by("account").agg(balance=worth.sum()).collect()
    return float(balance["balance"].sum())


def duckdb_per_entry(frame: Any, at_us: int) -> float:
    """A join on the table of kinds, in SQL; the answer is handed over as Arrow."""
    kinds = ", ".join(f"('{kind}', {worth}::DOUBLE, {DAYS[kind]}::DOUBLE)" for kind, worth in WORTH.items())
    answer = frame.query(
        "entries",
        "SELECT account, sum(CASE WHEN type = 'deposit' THEN worth ELSE -worth END * magnitude * "
        f"exp(-ln(2) * ({at_us} - epoch_us(occurred_at)) / {DAY}.0::DOUBLE / days)) AS balance "
        f"FROM entries JOIN (VALUES {kinds}) AS kinds(kind, worth, days) USING (kind) "
        f"WHERE occurred_at <= make_timestamptz({at_us}) GROUP BY account",
    )
    return float(answer.pl()["balance"].sum())


def pandas_columns(frame: Any) -> tuple[Any, ...]:
    """Of each row the number of its account, the instant, the number of its kind, whether it is a deposit; the names."""
    accounts, names = pd.factorize(frame["account"])
    kinds, kind_names = pd.factorize(frame["kind"])
    at = frame["occurred_at"].dt.as_unit("us").astype("int64").to_numpy()
    return accounts, at, kinds, (frame["type"] == "deposit").to_numpy(bool), names, kind_names


def pandas_per_entry(frame: Any, at_us: int) -> float:
    """Codes of the texts, then NumPy in pieces that stay in the cache."""
    accounts, at, kinds, is_deposit, names, kind_names = pandas_columns(frame)
    days = np.array([DAYS[kind] for kind in kind_names])
    worth = np.array([WORTH[kind] for kind in kind_names])
    size = frame["magnitude"].to_numpy()
    balance = np.zeros(len(names))
    for start in range(0, len(frame), 250_000):
        part = slice(start, start + 250_000)
        kind = kinds[part]
        points = worth[kind] * size[part] * np.exp2((at[part] - at_us) / DAY / days[kind])
        points[~is_deposit[part]] *= -1.0
        points[at[part] > at_us] = 0.0
        balance += np.bincount(accounts[part], points, minlength=len(names))
    return float(pd.Series(balance, names).sum())


# A policy with links, whose recoveries are valued by the loss that they answer

BY_EVENT: Final = ("upgrade", "thank_you", "pleasant_surprise", "dispute", "faulty_product", "complaint")
"""The kinds whose magnitude is not read."""

HALF_LIFE: Final = 84.0
POWER: Final = 0.88
AVERSION: Final = 1.955
CAP: Final = 1.5
BEND: Final = 0.5


def polars_linked(frame: Any, at_us: int) -> float:
    """Two lazy queries over the same rows: those by themselves, and the few that answer another."""
    kinds = pl.LazyFrame({"kind": list(WORTH), "rate": list(WORTH.values()), "event": [k in BY_EVENT for k in WORTH]})
    at = pl.lit(at_us).cast(pl.Datetime("us", "UTC"))
    size = pl.when(pl.col("event")).then(1.0).otherwise(pl.col("magnitude")) * pl.col("rate")
    is_deposit = pl.col("type") == "deposit"
    felt = pl.when(is_deposit).then(1.0).otherwise(-AVERSION) * pl.col("size") ** POWER
    left = (-np.log(2.0) / HALF_LIFE * (at - pl.col("occurred_at")).dt.total_microseconds() / DAY).exp()
    rows = frame.lazy().filter(pl.col("occurred_at") <= at)

    def sized(some: pl.LazyFrame) -> pl.LazyFrame:
        return some.join(kinds, on="kind", how="left").with_columns(size=size)

    is_answer = is_deposit & pl.col("in_response_to").is_not_null()
    answers = sized(rows.filter(is_answer))
    lost = sized(
        rows.filter(~is_deposit).join(
            rows.filter(is_answer), left_on="reference", right_on="in_response_to", how="semi"
        )
    )
    lost = lost.select("reference", lost=AVERSION * pl.col("size") ** POWER, lost_size="size", lost_at="occurred_at")
    found = answers.join(lost, left_on="in_response_to", right_on="reference").sort("occurred_at")
    offered = (pl.col("size") / pl.col("lost_size")).cum_sum().over("in_response_to").clip(0.0, CAP)
    remains = (
        -np.log(2.0) / HALF_LIFE * (pl.col("occurred_at") - pl.col("lost_at")).dt.total_microseconds() / DAY
    ).exp()
    share = (1.0 - (-offered / BEND).exp()) / (1.0 - np.exp(-CAP / BEND))
    given = (pl.col("lost") * pl.min_horizontal(share, remains)).cum_max().over("in_response_to")
    found = found.with_columns(given=given)
    gained = pl.col("given") - pl.col("given").shift(1).over("in_response_to").fill_null(0.0)
    parts = [
        sized(rows.filter(~is_answer)).select("account", points=felt * left),
        found.select("account", points=gained * left),
    ]
    balance = pl.concat(parts).group_by("account").agg(balance=pl.col("points").sum()).collect()
    return float(balance["balance"].sum())


def duckdb_linked(frame: Any, at_us: int) -> float:
    """The same in SQL."""
    kinds = ", ".join(f"('{kind}', {worth}::DOUBLE, {kind in BY_EVENT})" for kind, worth in WORTH.items())
    left = f"exp(-ln(2) / {HALF_LIFE}::DOUBLE * ({at_us} - epoch_us(occurred_at)) / {DAY}.0::DOUBLE)"
    remains = f"exp(-ln(2) / {HALF_LIFE}::DOUBLE * (epoch_us(found.occurred_at) - epoch_us(lost_at)) / {DAY}.0::DOUBLE)"
    felt = f"CASE WHEN type = 'deposit' THEN 1.0::DOUBLE ELSE -{AVERSION}::DOUBLE END * pow(size, {POWER}::DOUBLE)"
    size = "CASE WHEN event THEN 1.0::DOUBLE ELSE magnitude END * rate AS size"
    window = "(PARTITION BY in_response_to ORDER BY occurred_at)"
    share = f"(1 - exp(-least(sum(size / lost_size) OVER {window}, {CAP}) / {BEND})) / (1 - exp(-{CAP / BEND}))"
    answer = frame.query(
        "entries",
        f"WITH kinds(kind, rate, event) AS (VALUES {kinds}), "
        f"rows AS (SELECT * FROM entries WHERE occurred_at <= make_timestamptz({at_us})), "
        "answers AS MATERIALIZED (SELECT * FROM rows WHERE type = 'deposit' AND in_response_to IS NOT NULL), "
        f"lost AS (SELECT reference, {size}, occurred_at AS lost_at FROM rows JOIN kinds USING (kind) "
        "WHERE type = 'withdrawal' AND reference IN (SELECT in_response_to FROM answers)), "
        f"found AS (SELECT a.account, a.in_response_to, a.occurred_at, a.size, lost.size AS lost_size, lost_at, "
        f"{AVERSION} * pow(lost.size, {POWER}::DOUBLE) AS lost FROM (SELECT *, {size} FROM answers JOIN kinds USING (kind)) a "
        "JOIN lost ON a.in_response_to = lost.reference), "
        f"shared AS (SELECT account, in_response_to, occurred_at, lost * least({share}, {remains}) AS upto FROM found), "
        f"given AS (SELECT account, in_response_to, occurred_at, max(upto) OVER {window} AS given FROM shared), "
        f"gained AS (SELECT account, occurred_at, given - coalesce(lag(given) OVER {window}, 0) AS points FROM given) "
        "SELECT account, sum(points) AS balance FROM ("
        f"SELECT account, {felt} * {left} AS points FROM (SELECT *, {size} FROM rows JOIN kinds USING (kind)) "
        "WHERE type = 'withdrawal' OR in_response_to IS NULL "
        f"UNION ALL SELECT account, points * {left} FROM gained) GROUP BY account",
    )
    return float(answer.pl()["balance"].sum())


def pandas_linked(frame: Any, at_us: int) -> float:
    """Arrays; the links are looked up among the references by PyArrow, which keeps the texts of pandas."""
    accounts, at, kinds, is_deposit, names, kind_names = pandas_columns(frame)
    rate = np.array([WORTH[kind] for kind in kind_names])
    by_event = np.array([kind in BY_EVENT for kind in kind_names])
    size = rate[kinds] * np.where(by_event[kinds], 1.0, frame["magnitude"].to_numpy())
    worth = size**POWER * np.where(is_deposit, 1.0, -AVERSION) * (at <= at_us)
    answers = np.flatnonzero(is_deposit & frame["in_response_to"].notna().to_numpy() & (at <= at_us))
    links = frame["in_response_to"].iloc[answers]
    lost = np.flatnonzero(~is_deposit)
    place = pc.fill_null(
        pc.index_in(pa.array(frame["reference"].iloc[lost]), value_set=pa.array(links.unique())), -1
    ).to_numpy()
    failure = np.empty(links.nunique(), np.int64)
    failure[place[place >= 0]] = lost[place >= 0]
    failure = failure[pd.factorize(links)[0]]
    order = np.lexsort((at[answers], failure))
    answers, failure = answers[order], failure[order]
    groups = pd.Series(size[answers] / size[failure]).groupby(failure)
    share = (1.0 - np.exp(-groups.cumsum().clip(upper=CAP) / BEND)) / (1.0 - np.exp(-CAP / BEND))
    remains = np.exp2((at[failure] - at[answers]) / DAY / HALF_LIFE)
    given = (-worth[failure] * np.minimum(share, remains)).groupby(failure).cummax()
    worth[answers] = given - given.groupby(failure).shift(fill_value=0.0)
    points = worth * np.exp2((at - at_us) / DAY / HALF_LIFE)
    return float(pd.Series(np.bincount(accounts, points, minlength=len(names)), names).sum())


# A policy with a state: the same gesture again and again is worth less and less

ETA: Final = 0.5


def felt(columns: Sequence[Any]) -> tuple[Any, ...]:
    """Of each row the account, the instant, the worth when it happened and the half-life.

    The worth is found by a loop over the rows of each account in their order, as one writes it in Python.

    Args:
        columns: of each row the account, the instant, the kind, whether it is a deposit, its worth and its half-life.
    """
    order = np.lexsort((columns[1], columns[0]))
    accounts, at, kinds, is_deposit, worth, days = (each[order] for each in columns)
    counts: dict[tuple[int, int], tuple[float, int]] = {}
    points = []
    for account, us, kind, gives, size in zip(
        *(each.tolist() for each in (accounts, at, kinds, is_deposit, worth)), strict=True
    ):
        if not gives:
            points.append(-size)
            continue
        count, since = counts.get((account, kind), (0.0, us))
        count *= 2.0 ** ((since - us) / DAY / HALF_LIFE)
        counts[account, kind] = count + 1.0, us
        points.append(size * exp(-ETA * count))
    return accounts, at, np.array(points), days


def balances(rows: tuple[Any, ...], at_us: int, accounts: int) -> Any:
    """The balance of each account at an instant."""
    account, at, points, days = rows
    left = points * np.exp2((at - at_us) / DAY / days)
    left[at > at_us] = 0.0
    return np.bincount(account, left, minlength=accounts)


def looped(columns: Sequence[Any], instants: Sequence[int], accounts: int) -> dict[str, Any]:
    """The balances at some instants, of entries that a loop valued: the account, the instant, the balance."""
    rows = felt(columns)
    return {
        "account": np.tile(np.arange(accounts), len(instants)),
        "as_of_us": np.repeat(np.array(instants), accounts),
        "balance": np.concatenate([balances(rows, at_us, accounts) for at_us in instants]),
    }


def pandas_folded(frame: Any, *instants: int) -> float:
    """The loop over a pandas frame's columns."""
    accounts, at, kinds, is_deposit, names, kind_names = pandas_columns(frame)
    days, rate = (np.array([table[kind] for kind in kind_names]) for table in (DAYS, WORTH))
    worth = rate[kinds] * frame["magnitude"].to_numpy()
    found = looped((accounts, at, kinds, is_deposit, worth, days[kinds]), instants, len(names))
    return float(pd.DataFrame(found | {"account": names.take(found["account"])})["balance"].sum())


def polars_folded(frame: Any, *instants: int) -> float:
    """The loop over a polars frame's columns."""
    kind_names, names = list(WORTH), frame["account"].unique()
    accounts = frame["account"].cast(pl.Enum(names)).to_physical().cast(pl.Int64).to_numpy()
    kinds = frame["kind"].cast(pl.Enum(kind_names)).to_physical().to_numpy()
    days, rate = (np.array([table[kind] for kind in kind_names]) for table in (DAYS, WORTH))
    worth = rate[kinds] * frame["magnitude"].to_numpy()
    at = frame["occurred_at"].dt.timestamp("us").to_numpy()
    is_deposit = (frame["type"] == "deposit").to_numpy()
    found = looped((accounts, at, kinds, is_deposit, worth, days[kinds]), instants, len(names))
    return float(pl.DataFrame(found | {"account": names.gather(found["account"])})["balance"].sum())


def duckdb_folded(frame: Any, *instants: int) -> float:
    """The loop over what DuckDB hands over."""
    return polars_folded(frame.pl(), *instants)
