"""Frames of PySpark are read in buckets of accounts, and every answer is that of the same function on a table of Arrow.

The session's time zone and that of this process are neither each other's nor UTC, in all of these tests.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from goodwill import Ledger
from goodwill.analytics import (
    MissingColumn,
    MixedCohort,
    at_risk,
    balances,
    cohorts,
    compare,
    contributions,
    drivers,
    entries,
    forecast,
    movers,
    plan,
    sensitivity,
    spark,
    statement_frame,
    survey,
    to_ledger,
    trajectory,
    waivers,
)
from goodwill.analytics.reading import as_read
from goodwill.domain.entry import Fact
from goodwill.domain.errors import (
    CurrencyMismatch,
    InvalidCost,
    InvalidMagnitude,
    InvalidPeriod,
    NaiveDatetime,
    PolicyError,
    WrongType,
)
from goodwill.testing.book import NOW
from goodwill.testing.histories import CATALOG, END
from tests.analytics.test_balances import POLICIES, agree, entry, frame_of, ledgers, read_one_by_one

START = END - timedelta(days=120)
PAGE = Path("docs/how-to/read-on-spark.md")
SETTINGS = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.extraJavaOptions": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1",  # it starts sooner
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "1g",
    "spark.log.level": "OFF",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.session.timeZone": "Asia/Tokyo",
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    """A Spark of two workers on this machine, with goodwill where this process has it."""
    java = shutil.which("java") or shutil.which("java", path=f"{os.environ.get('JAVA_HOME', '')}/bin")
    for thing, there in {"pyspark": find_spec("pyspark"), "java": java}.items():
        if not there:
            (pytest.fail if "CI" in os.environ else pytest.skip)(f"Spark needs {thing}, which is not there")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        patch.setenv("PYTHONPATH", os.pathsep.join(map(os.path.abspath, filter(None, sys.path))))
        patch.setenv("TZ", "America/New_York")
        time.tzset()
        patch.setattr(spark, "ROWS_A_BUCKET", 40)
        builder = import_module("pyspark.sql").SparkSession.builder.master("local[2]")
        for name, value in SETTINGS.items():
            builder = builder.config(name, value)
        running = builder.getOrCreate()
        yield running
        running.stop()
    time.tzset()


def drawn(strategy: st.SearchStrategy[Any], examples: int = 5) -> Any:
    """One random example; the first that is drawn is the simplest, which is too simple."""
    found = []

    @settings(max_examples=examples, database=None, phases=[Phase.generate])
    @given(strategy)
    def take(example: Any) -> None:
        found.append(example)

    take()
    return max(found, key=len)


@pytest.fixture(scope="module")
def facts() -> list[Fact]:
    """Random histories of thirty customers."""
    found: list[Fact] = drawn(ledgers(st.just([f"customer {number}" for number in range(30)])))
    return found


@pytest.fixture(scope="module")
def table(facts: list[Fact]) -> pa.Table:
    """The same as a table of Arrow, with columns of the caller's own."""
    segment = pl.col("account").str.slice(-1).replace_strict({"0": None}, default="some", return_dtype=pl.String)
    own = {"segment": segment, "channel": pl.col("kind").str.head(1), "note": pl.lit("x")}
    made = frame_of(facts).with_columns(**own).to_arrow()
    texts = (pa.types.is_large_string(field.type) for field in made.schema)  # workers have short ones
    fields = zip(made.schema, texts, strict=True)
    return made.cast(pa.schema([field.with_type(pa.string()) if is_text else field for field, is_text in fields]))


@pytest.fixture(scope="module")
def frame(session: Any, table: pa.Table) -> Any:
    """The same as a frame of PySpark."""
    return session.createDataFrame(table)


def same(found: pa.Table, expected: pa.Table) -> None:
    """That two tables have the same rows, in whatever order, within rounding."""
    assert found.schema.names == expected.schema.names
    assert len(found) == len(expected)
    exact = [field.name for field in expected.schema if not pa.types.is_floating(field.type)]
    for row, other in zip(ordered(found, exact), ordered(expected, exact), strict=True):
        assert row == {name: near(value) for name, value in other.items()}


def ordered(rows: pa.Table, by: list[str]) -> list[dict[str, Any]]:
    return sorted(rows.to_pylist(), key=lambda row: repr([row[name] for name in by]))


def near(value: Any) -> Any:
    return pytest.approx(value, rel=1e-9, abs=1e-9) if isinstance(value, float) else value


HOME: Mapping[str, Any] = {"home": "USD", "catalog": CATALOG}
PER_ENTRY = as_read(POLICIES["default"], links=False, catalog=CATALOG)
OURS = {"per entry": PER_ENTRY, "linked": POLICIES["default"], "folded": POLICIES["habituation"]}
LINKED, FOLDED = OURS["linked"], OURS["folded"]
QUESTIONS: Mapping[str, Callable[[Any], Any]] = {
    "contributions": lambda frame: contributions(
        frame, FOLDED, END, known_at=NOW, keep=["channel", "occurred_at"], **HOME
    ),
    "drivers": lambda frame: drivers(frame, PER_ENTRY, END, by=["channel", "month"], **HOME),
    "statements": lambda frame: statement_frame(frame, POLICIES["honeymoon"], START, END, **HOME),
    "trajectory": lambda frame: trajectory(frame, LINKED, START, END, "1mo", **HOME),
    "trajectory of cohorts": lambda frame: trajectory(frame, FOLDED, START, END, "1mo", by="segment", **HOME),
    "cohorts by month": lambda frame: cohorts(frame, LINKED, END, **HOME),
    "cohorts": lambda frame: cohorts(frame, PER_ENTRY, END, by=["segment"], **HOME),
    "movers": lambda frame: movers(frame, LINKED, START, END, 3, **HOME),
    "forecast": lambda frame: forecast(frame, LINKED, START, 90, **HOME),
    "at risk": lambda frame: at_risk(frame, FOLDED, START, 90, **HOME),
    "waivers": lambda frame: waivers(frame, LINKED, END, keep=["channel"], **HOME),
    "waivers by kind": lambda frame: waivers(frame, LINKED, END, by="kind", **HOME),
    "sensitivity": lambda frame: sensitivity(frame, LINKED, END, {"decay.default.days": [42]}, **HOME),
    "sensitivity to nothing": lambda frame: sensitivity(frame, LINKED, END, {}, **HOME),
}


@pytest.mark.parametrize("name", OURS)
def test_a_frame_on_spark_is_read_as_a_ledger_is(name: str, frame: Any, facts: list[Fact]) -> None:
    answer = balances(frame, OURS[name], END, **HOME)
    agree(pl.from_arrow(answer.toArrow()), read_one_by_one(facts, OURS[name], END))  # type: ignore[arg-type] # a table makes no series


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_function_says_on_spark_what_it_says_in_memory(question: str, frame: Any, table: pa.Table) -> None:
    same(QUESTIONS[question](frame).toArrow(), QUESTIONS[question](table))


def test_policies_are_compared_on_spark_as_in_memory(frame: Any, table: pa.Table) -> None:
    opinions = {"ours": LINKED, "linear": POLICIES["linear"]}
    found, expected = (compare(each, opinions, END, **HOME) for each in (frame, table))
    assert found.correlation == {pair: near(value) for pair, value in expected.correlation.items()}
    same(found.accounts.toArrow(), expected.accounts)
    same(found.entries.toArrow(), expected.entries)


def test_what_a_reading_leaves_out_is_counted_on_spark(session: Any) -> None:
    rows = [entry(id="1"), entry(id="1", account="bob"), entry(account=None), entry(kind="snub"), entry(magnitude=-1.0)]
    table = pl.DataFrame(rows, schema_overrides={"id": pl.String}).to_arrow()
    assert survey(session.createDataFrame(table), LINKED, links=False) == survey(table, LINKED, links=False)


def test_nothing_but_sizes_and_currencies_is_looked_at_before_the_answer_is_asked_for(frame: Any) -> None:
    functions = import_module("pyspark.sql.functions")
    broken = frame.repartition(2).withColumn(
        "reference", functions.raise_error(functions.lit("somebody looked")).cast("string")
    )
    answers = [question(broken) for name, question in QUESTIONS.items() if name.startswith(("contrib", "movers"))]
    for answer in answers:
        with pytest.raises(Exception, match="somebody looked"):
            answer.toArrow()


def test_accounts_are_spread_over_buckets_and_none_is_collected(frame: Any, capsys: pytest.CaptureFixture[str]) -> None:
    balances(frame, LINKED, END, **HOME).explain()
    steps = capsys.readouterr().out
    assert "FlatMapGroupsInArrow [bucket" in steps
    assert "Exchange hashpartitioning(bucket" in steps
    assert "note" not in steps  # what no function reads stays where it is


def test_a_plan_says_that_accounts_go_in_buckets(frame: Any) -> None:
    why = "since pyarrow computes one operation at a time"
    assert str(plan(frame, PER_ENTRY)) == f"buckets of accounts on Spark, each by arrays of NumPy, {why}"
    assert "each by arrays of NumPy, since habituation" in str(plan(frame, FOLDED))


def test_the_time_zone_of_the_session_is_of_no_matter(session: Any, frame: Any, table: pa.Table) -> None:
    session.conf.set("spark.sql.session.timeZone", "Pacific/Auckland")
    same(balances(frame, LINKED, END, **HOME).toArrow(), balances(table, LINKED, END, **HOME))
    session.conf.set("spark.sql.session.timeZone", SETTINGS["spark.sql.session.timeZone"])


def test_a_frame_may_have_its_own_names_on_spark(frame: Any, table: pa.Table) -> None:
    names = {"account": "customer", "kind": "what"}
    renamed = frame.withColumnsRenamed({"account": "customer", "kind": "what", "channel": "kind"})
    found = balances(renamed, LINKED, END, columns=names, **HOME)
    same(found.toArrow(), balances(table, LINKED, END, **HOME))


def test_rows_are_recorded_from_spark_and_are_the_same(session: Any) -> None:
    ledger, copy = Ledger.in_memory(), Ledger.in_memory()
    late = ledger.withdraw("ada", "late_delivery", magnitude=2, reference="late")
    ledger.deposit("ada", "upgrade", in_response_to=late)
    gone = ledger.withdraw("bob", "late_delivery", magnitude=1, reference="gone")
    ledger.reverse(gone)
    frame = session.createDataFrame(entries(ledger, backend="pyarrow"))
    assert to_ledger(frame, ledger).replayed == 4  # so each row says what its entry says
    assert to_ledger(frame, copy).recorded == 4
    now = ledger.clock.now()
    assert copy.balance("ada", as_of=now).points == ledger.balance("ada", as_of=now).points
    assert copy.balance("bob", as_of=now).points == 0.0


def naive(session: Any) -> Any:
    frame = session.createDataFrame(pl.DataFrame([entry()]).to_arrow())
    return balances(frame.withColumn("occurred_at", frame.occurred_at.cast("timestamp_ntz")), LINKED, END, links=False)


def asked(
    question: Callable[..., Any], *rows: dict[str, Any], policy: Any = LINKED, **given: Any
) -> Callable[[Any], Any]:
    """A question to Spark, about some rows."""
    return lambda session: question(
        session.createDataFrame(pl.DataFrame(rows).to_arrow()), policy, END, links=False, **given
    )


FAULTS: Mapping[str, tuple[type[Exception], str, Callable[[Any], Any]]] = {
    "a magnitude below 0": (
        InvalidMagnitude, "magnitude is below 0 or not finite in 1 rows", asked(balances, entry(), entry(magnitude=-2.0))
    ),
    "a cost below 0": (InvalidCost, "cost is below 0 or not finite in 1 rows", asked(drivers, entry(cost=-2.0), entry(cost=1.0))),
    "two currencies": (
        CurrencyMismatch, "money in EUR, USD", asked(balances, entry(currency="EUR"), entry(currency="USD"))
    ),
    "a time without a zone": (NaiveDatetime, "no time zone", naive),
    "a column that is not there": (MissingColumn, "the policy reads type, kind", asked(balances, {"account": "ada"})),
    "no numbers": (WrongType, "magnitude holds String", asked(balances, entry(magnitude="two"))),
    "an account of two cohorts": (
        MixedCohort, "segment differ among the rows of 'ada'",
        asked(cohorts, entry(segment="a"), entry(segment="b"), entry(account="bob", segment="c"), by="segment"),
    ),
    "no number at a path": (PolicyError, "no number at decay.days", asked(sensitivity, entry(), vary={"decay.days": 1.0})),
    "no days": (InvalidPeriod, "some days", asked(forecast, entry(), days=0)),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_is_said_in_our_words(fault: str, session: Any) -> None:
    error, message, question = FAULTS[fault]
    with pytest.raises(error, match=message):
        question(session)


def test_an_empty_frame_has_no_accounts_on_spark(frame: Any, table: pa.Table) -> None:
    for name in ("waivers by kind", "sensitivity"):
        same(QUESTIONS[name](frame.limit(0)).toArrow(), QUESTIONS[name](table.slice(0, 0)))


def test_a_policy_that_no_worker_can_have_is_refused(frame: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    own = type(LINKED.decay.default)
    monkeypatch.setattr(own, "__module__", "__main__")  # as if a cell of a notebook had defined it
    with pytest.raises(PolicyError, match="a module that they can import"):
        balances(frame, LINKED, END, **HOME)


def test_the_page_that_tells_how_to_read_on_spark_runs(session: Any, project_root: Path) -> None:
    page = (project_root / PAGE).read_text()
    namespace: dict[str, Any] = {}
    for block in re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
        exec(compile(block, str(PAGE), "exec"), namespace)  # `getOrCreate` of the page finds this session
    assert namespace["spark"] is session
