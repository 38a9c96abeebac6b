"""Balances of a portfolio in frames, beside the best hand-written sum on the same engine (`benchmarks.rivals`).

Each way runs in a process of its own on the same seeded entries, and tells the best time of the wall and of the
processor of some runs, and the most memory that the process ever had, the frame included. Ratios are of one run.

Usage: python -m benchmarks.portfolio [ENTRIES] [CASES] [ENGINES], such as: 1000000 per_entry,linked polars,spark
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Final, NamedTuple

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks import rivals
from goodwill import Policy, presets
from goodwill.analytics import balances, trajectory
from goodwill.decays import HalfLife
from goodwill.domain.instant import to_us
from goodwill.domain.kind import Rate
from goodwill.policies.schedule import DecaySchedule
from goodwill.policies.valuation import Step, Valuation
from goodwill.valuations import Habituation, RateCard

ENTRIES: Final = 10_000_000
PER_ACCOUNT: Final = 10
RUNS: Final = 3
AS_OF: Final = datetime(2026, 3, 1, tzinfo=UTC)
START: Final = datetime(2024, 3, 1, tzinfo=UTC)
LATER: Final = timedelta(days=20)
"""Some entries happen after the instant, and are not read."""


class Case(NamedTuple):
    """A policy, what the frame must have for it, and the bound on ours by the rival's time."""

    policy: Callable[[], Policy]
    columns: Sequence[str]
    aim: float


PLAIN: Final = ("account", "type", "kind", "magnitude", "occurred_at")


def per_entry(*steps: Step) -> Policy:
    """Each kind with its worth and its half-life, and steps more where there are any."""
    card = RateCard(rates={kind: Rate(per="unit", material=worth) for kind, worth in rivals.WORTH.items()})
    schedule = DecaySchedule(default=HalfLife(days=84), by_kind={k: HalfLife(days=d) for k, d in rivals.DAYS.items()})
    return Policy(name="per_entry", valuation=Valuation(steps=(card, *steps)), decay=schedule)


CASES: Final = {
    "per_entry": Case(per_entry, PLAIN, 1.2),
    "linked": Case(presets.default, (*PLAIN, "currency", "id", "reference", "in_response_to"), 1.5),
    "folded": Case(lambda: per_entry(Habituation()), PLAIN, 1.2),
}


def main() -> None:
    """Measure all, and print tables as Markdown."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ENTRIES
    cases = sys.argv[2].split(",") if len(sys.argv) > 2 else list(CASES)
    engines = sys.argv[3].split(",") if len(sys.argv) > 3 else [name for name in LOADED if name != "spark"]
    print(f"{rows:,} entries of {rows // PER_ACCOUNT:,} accounts, best of {RUNS}\n")
    print("| policy | engine | way | wall, s | processor, s | times the rival's wall | processor | aim | peak, GiB |")
    print("|---|---|---|---:|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "entries.parquet"
        pq.write_table(entries(rows), path)
        for case in cases:
            for engine in engines:
                for line in compared(case, engine, path):
                    print(line, flush=True)


def compared(case: str, engine: str, path: Path) -> Iterator[str]:
    """Lines of the table for a case on an engine; every way must come to the rival's sum."""
    ways = OURS if engine == "spark" else WAYS[case]
    found = {way: measured(case, engine, way, path) for way in ways}
    # Nobody sums by hand on Spark; what is written for polars says what it must come to.
    by_hand = measured(case, "polars", "rival", path) if engine == "spark" else found["rival"]
    for way, one in found.items():
        floor = found.get(f"rival, {way}", by_hand)
        is_as_much = floor is not by_hand or not way.endswith(WEEKS)  # else one instant by hand beside 53
        if is_as_much and abs(one["total"] - floor["total"]) > 1e-9 * abs(floor["total"]):
            sys.exit(f"{case} on {engine}, {way}: {one['total']!r}, and by hand {floor['total']!r}")
        peak = "" if engine == "spark" else f"{one['peak']:.2f}"  # its memory is in other processes
        ratios = f"{one['wall'] / floor['wall']:.2f} | {one['cpu'] / floor['cpu']:.2f}"
        aim = CASES[case].aim if way == "balance" or floor is not by_hand else ""
        yield f"| {case} | {engine} | {way} | {one['wall']:.2f} | {one['cpu']:.2f} | {ratios} | {aim} | {peak} |"


OURS: Final = ("balance", "all columns")
WEEKS: Final = "52 weeks"
WAYS: Final = {
    "per_entry": ("rival", *OURS, WEEKS),
    "linked": ("rival", *OURS),
    "folded": ("rival", *OURS, f"rival, {WEEKS}", WEEKS),
}


def measured(case: str, engine: str, way: str, path: Path) -> Any:
    """What a way took, in a process of its own."""
    said = subprocess.run(  # noqa: S603 - this very file
        [sys.executable, "-m", "benchmarks.portfolio", "--one", case, engine, way, str(path)],
        check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return json.loads(said.stdout.splitlines()[-1])


def one(case: str, engine: str, way: str, path: str) -> None:
    """Measure one way in this process."""
    frame = LOADED[engine](path, CASES[case].columns)
    run = way_of(case, engine, way)
    total, walls, works = run(frame), [], []
    for _ in range(RUNS):
        wall, work = perf_counter(), process_time()
        run(frame)
        walls.append(perf_counter() - wall)
        works.append(process_time() - work)
    print(json.dumps({"total": total, "wall": min(walls), "cpu": min(works), "peak": most_memory()}))


def most_memory() -> float:
    """The most memory that this process ever had, in GiB, as Linux tells it; what getrusage says counts its parent's."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    return float("nan") if found is None else int(found[1]) / 2**20


def way_of(case: str, engine: str, way: str) -> Callable[[Any], float]:
    """A function of the frame that answers the sum of all balances, after making every one of them."""
    start, week = AS_OF - timedelta(weeks=52), timedelta(weeks=1)
    if way.startswith("rival"):
        rival = getattr(rivals, f"{engine}_{case}")
        instants = [to_us(start + number * week) for number in range(53)] if way.endswith(WEEKS) else [to_us(AS_OF)]
        return lambda frame: rival(frame, *instants)
    policy, links = CASES[case].policy(), case == "linked"
    if way == WEEKS:
        return lambda frame: summed(trajectory(frame, policy, start, AS_OF, week, links=links), engine)
    only = ("balance",) if way == "balance" else None
    return lambda frame: summed(balances(frame, policy, AS_OF, links=links, only=only), engine)


def summed(answer: Any, engine: str) -> float:
    """The sum of the balances of an answer, which is computed for it."""
    if engine == "spark":
        return float(answer.agg({"balance": "sum"}).collect()[0][0])
    return float((answer.pl() if engine == "duckdb" else answer)["balance"].sum())


def load_polars(path: str, columns: Sequence[str]) -> Any:
    """A polars frame in memory."""
    return pl.read_parquet(path, columns=list(columns))


def load_pandas(path: str, columns: Sequence[str]) -> Any:
    """A pandas frame, with texts of its own kind."""
    return pd.read_parquet(path, columns=list(columns))


def load_duckdb(path: str, columns: Sequence[str]) -> Any:
    """A table of DuckDB."""
    connection = duckdb.connect()
    connection.sql(f"CREATE TABLE entries AS SELECT {', '.join(columns)} FROM '{path}'")
    return connection.table("entries")


def load_spark(path: str, columns: Sequence[str]) -> Any:
    """A frame of PySpark on two local cores, over the file."""
    from pyspark.sql import SparkSession  # noqa: PLC0415 - it takes seconds, and who measures others does without

    os.environ |= {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    builder = SparkSession.builder.master("local[2]")
    for name, value in SPARK.items():
        builder = builder.config(name, value)
    return builder.getOrCreate().read.parquet(path).select(*columns)


SPARK: Final = {
    "spark.ui.enabled": "false", "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "3g", "spark.sql.shuffle.partitions": "8",
}  # fmt: skip


LOADED: Final[dict[str, Callable[[str, Sequence[str]], Any]]] = {
    "polars": load_polars, "pandas": load_pandas, "duckdb": load_duckdb, "spark": load_spark,
}  # fmt: skip


def entries(rows: int) -> pa.Table:
    """Seeded entries in the order in which they happened; three in ten waived fees answer a failure of their account."""
    drawn = np.random.default_rng(1)
    accounts = drawn.integers(0, max(rows // PER_ACCOUNT, 1), rows)
    kind = drawn.integers(0, len(rivals.WORTH), rows)
    span = int((AS_OF + LATER - START) / timedelta(microseconds=1))
    at = np.sort(drawn.integers(0, span, rows)) + to_us(START)
    magnitude = np.round(drawn.gamma(2.0, 2.0, rows) + 0.01, 2)
    kinds = np.array(list(rivals.WORTH))
    is_deposit = np.array([name in rivals.DEPOSITS for name in rivals.WORTH])[kind]
    answers = answered(accounts, is_deposit, (kinds == "fee_waived")[kind] & (drawn.random(rows) < 0.3))
    number = pa.array(np.arange(rows))
    texts = [pc.binary_join_element_wise(prefix, pc.cast(n, pa.string()), "") for prefix, n in (
        ("customer-", pa.array(accounts)), ("i", number), ("order:", number), ("order:", pa.array(answers, mask=answers < 0)),
    )]  # fmt: skip
    words = pa.DictionaryArray.from_arrays
    return pa.table(
        {
            "account": texts[0],
            "type": words(pa.array((~is_deposit).astype(np.int8)), pa.array(["deposit", "withdrawal"])).cast(
                pa.string()
            ),
            "kind": words(pa.array(kind.astype(np.int8)), pa.array(kinds)).cast(pa.string()),
            "magnitude": magnitude,
            "occurred_at": pa.array(at).cast(pa.timestamp("us", "UTC")),
            "currency": pa.array(np.where((kinds == "fee_waived")[kind], "USD", None), pa.string()),
            "id": texts[1],
            "reference": texts[2],
            "in_response_to": texts[3],
        }
    )


def answered(accounts: Any, is_deposit: Any, answers: Any) -> Any:
    """For each row that answers, the number of its account's last failure before it; -1 where there is none."""
    order = np.argsort(accounts, kind="stable")
    number = np.where(is_deposit[order], -1, order)
    first = np.r_[True, accounts[order][1:] != accounts[order][:-1]]
    group = np.cumsum(first) - 1
    base = group * (len(accounts) + 1)  # so that a running maximum starts anew with each account
    last = np.maximum.accumulate(np.where(number >= 0, number + 1, 0) + base) - base - 1
    found = np.full(len(accounts), -1)
    found[order] = last
    return np.where(answers, found, -1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(*sys.argv[2:6])
    else:
        main()
