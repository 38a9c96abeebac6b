"""Joins: one row of another file, and aggregates of many."""

from __future__ import annotations

from decimal import Decimal

import pytest

from goodwill.domain.errors import MappingError

ORDERS = "order,customer_id,placed\n1,c1,2026-01-01\n2,c2,2026-01-02\n3,,2026-01-03\n4,c9,2026-01-04\n"
CUSTOMERS = "customer_id,person\nc1,ada\nc2,bob\n,nobody\n"
PAYMENTS = "order,sort,value\n1,card,10.50\n1,voucher,4.50\n2,card,20\n,card,99\n"

RULE = """
[[entries]]
kind = "purchase"
account = "{who.person}"
occurred_at = "{placed}"
magnitude = { expr = "coalesce(paid.total, 0)" }
reference = "shop:{order}"
attributes = { n = "{paid.n}", vouchers = "{paid.vouchers}", last = "{paid.last}", most = "{paid.most}" }
"""
SOURCE = '[source]\nzone = "UTC"\n'
WHO = '[joins.who]\nfile = "customers.csv"\non = "customer_id"\n'
PAID = """
[joins.paid]
file = "payments.csv"
on = "order"
columns = { value = "number" }
[joins.paid.aggregates]
total = { sum = "value" }
n = { count = true }
vouchers = { sum = "value", when = "sort == 'voucher'" }
last = { last = "sort" }
most = { max = "value" }
"""


@pytest.fixture
def shop(export):
    export("customers.csv", CUSTOMERS)
    export("payments.csv", PAYMENTS)
    return export("orders.csv", ORDERS)


def test_a_join_finds_one_row_and_aggregates_take_all(shop, bring, entries):
    report = bring(shop, SOURCE + WHO + PAID + RULE)
    found = {entry.reference: entry for entry in entries()}
    assert {name: entry.account for name, entry in found.items()} == {"shop:1": "ada", "shop:2": "bob"}
    assert found["shop:1"].magnitude == Decimal(15)
    assert found["shop:1"].attributes == {"n": "2", "vouchers": "4.50", "last": "voucher", "most": "10.50"}
    assert found["shop:2"].attributes == {"n": "1", "last": "card", "most": "20"}
    assert report.reasons == {"no account": 2}  # an empty key matches nothing, and neither does an unknown one


def test_the_aggregates_of_no_rows_are_empty_and_their_count_is_zero(shop, export, bring, entries):
    export("payments.csv", "order,sort,value\n")
    bring(shop, SOURCE + WHO + PAID + RULE)
    assert {(entry.magnitude, *entry.attributes.items()) for entry in entries()} == {(Decimal(0), ("n", "0"))}


def test_a_row_found_by_a_join_may_lead_to_another(export, bring, entries):
    export("orders.csv", ORDERS)
    export("customers.csv", CUSTOMERS)
    reviews = export("reviews.csv", "review,order,stars,at\nr1,1,5,2026-02-01\n")
    bring(
        reviews,
        SOURCE
        + """
        [joins.who]
        file = "customers.csv"
        on = "bought.customer_id"
        key = "customer_id"
        [joins.bought]
        file = "orders.csv"
        on = "order"
        [[entries]]
        kind = "review"
        account = "{who.person}"
        occurred_at = "{at}"
        magnitude = "{stars}"
        reference = "{review}:{order}"
        """,
    )
    assert [entry.account for entry in entries()] == ["ada"]


def test_two_rows_with_one_key_reject_the_rows_that_ask_for_them_unless_the_mapping_chooses(
    shop, export, bring, entries
):
    export("customers.csv", CUSTOMERS + "c1,eve\n")
    report = bring(shop, SOURCE + WHO + PAID + RULE)
    assert report.reasons["account: joins.who: several rows with one key"] == 1
    assert [entry.account for entry in entries()] == ["bob"]
    bring(shop, SOURCE + WHO + 'keep = "last"\n' + PAID + RULE)
    assert {entry.account for entry in entries()} == {"eve", "bob"}


def test_a_row_that_cannot_be_read_spoils_the_aggregate_of_its_key_and_no_other(shop, export, bring, entries):
    export("payments.csv", PAYMENTS + "1,card,1O\n")
    report = bring(shop, SOURCE + WHO + PAID + RULE)
    (reason,) = (reason for reason in report.reasons if reason != "no account")
    assert reason == "magnitude: joins.paid.aggregates.total: value: not a number"
    assert [entry.account for entry in entries()] == ["bob"]


@pytest.mark.parametrize(
    ("mapping", "fault"),
    [
        (WHO.replace("customers", "customer") + PAID + RULE, r"joins.who.file: .*customer.csv cannot be read"),
        (WHO.replace('"customer_id"', '"customer"') + PAID + RULE, r"joins.who.on: no column.* 'customer' .*did you mean customer_id"),
        (WHO + 'key = "id"\n' + PAID + RULE, r"joins.who.key: no column.* 'id' in customers.csv"),
        (WHO + PAID + RULE.replace("who.person", "who.persom"), r"entries\[0\].account: joins.who has no column 'persom' .*did you mean person"),
        (WHO + PAID + RULE.replace("paid.total", "paid.totl"), r"entries\[0\].magnitude.expr: joins.paid.aggregates has no 'totl'; did you mean total"),
        (WHO + PAID + RULE.replace("paid.total", "pad.total"), r"entries\[0\].magnitude.expr: pad.total: pad is no join; did you mean paid"),
        (WHO + PAID.replace('sum = "value" }', 'sum = "valu" }') + RULE, r"joins.paid.aggregates.total.sum: no column.* 'valu'"),
        (WHO + PAID.replace("value =", "valu =") + RULE, r"joins.paid.columns.valu: no column 'valu' in payments.csv; did you mean value"),
    ],
)  # fmt: skip
def test_a_join_that_names_what_is_not_there_is_refused_before_anything_is_written(
    shop, bring, entries, mapping, fault
):
    with pytest.raises(MappingError, match=fault):
        bring(shop, SOURCE + mapping)
    assert entries() == []


def test_a_broken_row_of_a_joined_file_stops_the_import_because_its_key_is_unknown(shop, export, bring, entries):
    export("customers.csv", CUSTOMERS + "c3\n")
    with pytest.raises(MappingError, match=r"joins.who: customers.csv, line 5: too few cells"):
        bring(shop, SOURCE + WHO + PAID + RULE)
    assert entries() == []


def test_the_order_of_texts_is_never_the_order_of_numbers(shop, bring, entries):
    report = bring(shop, SOURCE + WHO + PAID.replace('columns = { value = "number" }', "") + RULE)
    assert any("text has no order" in reason for reason in report.reasons)
    assert entries() == []


def test_a_file_joined_to_itself_makes_one_entry_of_many_rows(export, bring, entries):
    notes = export(
        "notes.csv", "note,who,sum,at\nC1,ada,-2.50,2026-01-02\nC1,ada,-1.50,2026-01-01\nC2,bob,-3,2026-01-03\n"
    )
    report = bring(
        notes,
        """
        source = { zone = "UTC", currency = "EUR" }
        [joins.whole]
        on = "note"
        aggregates = { sum = { sum = "sum" }, first = { first = "row.line" }, at = { min = "date(at)" } }
        [[entries]]
        kind = "refund"
        when = "row.line == whole.first"
        account = "{who}"
        occurred_at = "{whole.at}"
        cost = { expr = "-whole.sum" }
        reference = "note:{note}"
        """,
    )
    assert (report.recorded, report.unmatched) == (2, 1)
    assert [(entry.reference, str(entry.cost), entry.occurred_at.day) for entry in entries()] == [
        ("note:C1", "4.00 EUR", 1),
        ("note:C2", "3.00 EUR", 3),
    ]
