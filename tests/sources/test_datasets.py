"""Public data sets as frames of entries: what was computed from the files independently is found in the frames."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pandas as pd
import polars as pl
import pytest

from goodwill import Ledger, presets
from goodwill.analytics import balances, to_ledger
from goodwill.domain.errors import MappingError, WrongType
from goodwill.sources.datasets import SETS, load


@pytest.fixture(scope="module")
def facts(shared):
    return json.loads((shared / "facts.json").read_text())


@pytest.fixture(scope="module")
def olist(shared):
    return load("olist", shared / "olist")


@pytest.fixture(scope="module")
def retail(shared):
    return load("online-retail", shared / "online-retail")


@pytest.fixture(scope="module")
def cfpb(shared):
    return load("cfpb", shared / "cfpb")


@pytest.fixture(scope="module")
def cdnow(shared):
    return load("cdnow", shared / "cdnow")


def agrees(table, expected):
    """That a table has these rows, by its first column; counts are exact, and rates to a ten-thousandth."""
    found = {row.pop(table.columns[0]): row for row in table.to_dicts()}
    assert found.keys() == expected.keys()
    for name, row in expected.items():
        for column, value in row.items():
            within = 0 if column in {"n", "disputed"} else 1e-4
            assert found[name][column] == pytest.approx(value, abs=within), (name, column)


def bucket(column, edges, labels):
    """The label of the first edge that a value does not exceed, or the last one."""
    found = pl.lit(labels[-1])
    for edge, label in zip(reversed(edges), reversed(labels[:-1]), strict=True):
        found = pl.when(pl.col(column) <= edge).then(pl.lit(label)).otherwise(found)
    return found.alias("bucket")


def of_kind(frame, *kinds):
    return frame.filter(pl.col("kind").is_in(kinds))


# Olist

DAYS_LATE = [-15, -8, -1, 0, 3, 7, 14]
BUCKETS = ["early>=15", "early 8-14", "early 1-7", "on the day", "late 1-3", "late 4-7", "late 8-14", "late >=15"]


@pytest.fixture(scope="module")
def reviewed(olist):
    """The latest answer to each order."""
    return of_kind(olist, "review").sort("occurred_at", "seq").group_by("order_id", maintain_order=True).last()


def scored(answers, by):
    score = pl.col("review_score")
    return answers.group_by(by).agg(n=pl.len(), mean=score.mean(), low=(score <= 2).mean(), five=(score == 5).mean())


def test_olist_has_the_orders_customers_and_reviews_of_the_facts(olist, reviewed, facts):
    orders, wanted = of_kind(olist, "purchase"), facts["olist"]
    delivered = orders.filter(pl.col("status") == "delivered", pl.col("days_late").is_not_null())
    late = orders.filter(pl.col("days_late") > 0)
    assert (len(orders), olist["account"].n_unique()) == (wanted["orders"], wanted["customers"])
    assert (len(of_kind(olist, "review")), len(reviewed)) == (wanted["review_rows"], wanted["reviewed_orders"])
    assert (len(delivered), len(late)) == (wanted["delivered"], wanted["late"])
    assert len(late) / len(delivered) == pytest.approx(wanted["late_share"], abs=1e-4)
    assert orders["value"].mean() == pytest.approx(wanted["order_value_mean"], abs=1e-4)


def test_olist_s_reviews_by_days_late_and_by_status_are_those_of_the_facts(reviewed, facts):
    wanted = facts["olist"]
    delivered = reviewed.filter(pl.col("status") == "delivered", pl.col("days_late").is_not_null())
    agrees(scored(delivered, bucket("days_late", DAYS_LATE, BUCKETS)), wanted["review_by_days_late"])
    agrees(scored(reviewed, "status"), wanted["review_by_status"])
    late = pl.when(pl.col("days_late") > 0).then(pl.lit("late")).otherwise(pl.lit("not late"))
    agrees(scored(delivered, late.alias("late")), wanted["review_late_vs_not"])


def test_a_promise_to_olist_s_customer_breaks_a_day_later_and_the_rest_is_known_at_delivery(olist):
    late = of_kind(olist, "late_delivery").sort("order_id", "occurred_at")
    assert late["magnitude"].min() == 1.0
    first = late.filter(pl.col("reference").str.ends_with(":late"))
    assert first["magnitude"].unique().to_list() == [1.0]
    assert first["order_id"].is_unique().all()


# Online Retail


def test_retail_s_credit_notes_by_what_they_credit_are_those_of_the_facts(retail, facts):
    amount = pl.col("amount")
    notes = of_kind(retail, "refund", "fee_waived", "credit").filter(pl.col("account").is_not_null())
    table = notes.group_by("sort").agg(n=pl.len(), sum=amount.sum(), median=amount.median())
    agrees(table, facts["online_retail"]["credit_invoices"])
    assert dict(notes.select("sort", "kind").unique().iter_rows()) == {
        "product_return": "refund", "postage_credit": "fee_waived", "discount": "credit", "manual_credit": "credit",
    }  # fmt: skip
    assert notes["cost"].cast(pl.Float64).sum() == pytest.approx(-notes["amount"].sum(), abs=0.01 * len(notes))


def test_retail_has_the_customers_purchases_and_gifts_of_the_facts_and_guests_are_nobody(retail, facts):
    wanted = facts["online_retail"]
    named = retail.filter(pl.col("account").is_not_null())
    assert named["account"].n_unique() == wanted["customers"]
    assert len(of_kind(named, "purchase")) == wanted["purchases"]
    assert len(of_kind(named, "pleasant_surprise")) == wanted["free_lines"]
    assert not named["account"].str.contains(r"nan|\.").any()
    assert retail["reference"].is_unique().all()
    assert retail["account"].null_count() > 0
    assert len(of_kind(retail, "pleasant_surprise")) == wanted["free_lines"]


# CFPB


def disputes(complaints, by):
    answered = complaints.filter(pl.col("disputed").is_not_null())
    said = (pl.col("disputed") == "Yes").cast(pl.Float64)
    return answered.group_by(by).agg(n=pl.len(), disputed=said.sum(), rate=said.mean())


def test_the_rates_of_disputes_by_response_and_by_timeliness_are_those_of_the_facts(cfpb, facts):
    complaints, wanted = of_kind(cfpb, "complaint"), facts["cfpb"]
    every = disputes(complaints, pl.lit("all").alias("all")).row(0, named=True)
    assert len(complaints) == wanted["rows"]
    assert (every["n"], every["disputed"]) == (wanted["with_dispute_answer"], wanted["disputed"])
    assert every["rate"] == pytest.approx(wanted["dispute_rate"], abs=1e-4)
    agrees(disputes(complaints, "response"), wanted["dispute_by_response"])
    agrees(disputes(complaints, "timely"), wanted["dispute_by_timely"])
    assert dict(complaints["response"].value_counts().iter_rows()) == wanted["response_counts"]
    assert complaints.filter(pl.col("timely") == "No").height == wanted["untimely_rows"]


def test_relief_answers_its_complaint(cfpb, facts):
    relief = of_kind(cfpb, "problem_resolved")
    by_response = dict(relief["response"].value_counts().iter_rows())
    wanted = facts["cfpb"]["response_counts"]
    assert by_response == {name: wanted[name] for name in by_response}
    assert len(by_response) == 2
    assert set(relief["in_response_to"]) <= set(of_kind(cfpb, "complaint")["reference"])


# CDNOW


def test_cdnow_has_the_purchases_of_the_facts(cdnow, facts):
    wanted, day = facts["cdnow"], pl.col("occurred_at").dt.date()
    rows = cdnow.select("account", "magnitude", "cds", day=day)
    days = rows.group_by("account").agg(pl.col("day").n_unique())["day"]
    assert (len(rows), rows["account"].n_unique()) == (wanted["rows"], wanted["customers"])
    assert rows["magnitude"].sum() == pytest.approx(wanted["total"], abs=1e-4)
    assert (rows["cds"].sum(), (rows["magnitude"] == 0).sum()) == (wanted["cds"], wanted["zero_amount"])
    assert len(rows) - rows.select("account", "day").n_unique() == wanted["same_day_rows"]
    assert len(rows) - rows.n_unique() == wanted["exact_duplicate_rows"]
    assert (str(rows["day"].min()), str(rows["day"].max())) == (wanted["first"], wanted["last"])
    assert (days > 1).sum() == wanted["repeat_customers_distinct_days"]
    assert (days > 1).mean() == pytest.approx(wanted["repeat_rate"], abs=1e-4)
    assert cdnow["reference"].is_unique().all()


def test_who_bought_lately_buys_again_as_the_facts_say(cdnow, facts):
    then = datetime(1997, 10, 1, tzinfo=UTC)
    at = pl.col("occurred_at")
    before = cdnow.filter(at < then).group_by("account").agg(days=(pl.lit(then) - at.max()).dt.total_days())
    after = cdnow.filter(at >= then, at < then + timedelta(weeks=13)).select("account").unique()
    table = before.with_columns(again=pl.col("account").is_in(after["account"].implode()))
    wanted = facts["cdnow"]["buys_in_13w_after_1997-10-01_by_recency_days"]
    recency = bucket("days", [28, 56, 84, 112, 140, 168, 196, 224], list(wanted))
    agrees(table.group_by(recency).agg(n=pl.len(), rate=pl.col("again").mean()), wanted)


# All of them


def test_a_set_is_recorded_and_read_like_any_frame(cfpb, shared):
    ledger = Ledger.in_memory()
    done = to_ledger(cfpb, ledger)
    assert done.recorded == len(cfpb)
    now = datetime(2020, 1, 1, tzinfo=UTC)
    read = balances(load("cfpb", shared / "cfpb", backend="pandas"), presets.default(), now, catalog=ledger.catalog)
    assert isinstance(read, pd.DataFrame)
    expected = {balance.account: balance.points for balance in ledger.balances(as_of=now)}
    assert dict(zip(read["account"], read["balance"], strict=True)) == pytest.approx(expected, abs=1e-9)


def test_a_set_that_is_none_and_a_file_that_is_not_there_are_told(tmp_path):
    with pytest.raises(MappingError, match="did you mean olist"):
        load("olists", tmp_path)
    with pytest.raises(WrongType, match="polars, pandas"):
        load("olist", tmp_path, backend="excel")
    for name in SETS.keys() - {"online-retail"}:
        with pytest.raises(FileNotFoundError):
            load(name, tmp_path)
