"""Exports of banks and marketplaces as they came: byte order marks, code pages, semicolons, bars, decimal commas,
signs, day-first dates, preambles, footers, no header. Each is read right by a mapping of a few lines."""

from __future__ import annotations

import textwrap
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from goodwill import Ledger
from goodwill.sources import ImportMapping, import_file

RULES = """
[defaults]
account = "the customer"
occurred_at = "{day}"
reference = "{row.file}:{row.line}"
note = "{text}"

[[entries]]
kind = "refund"
when = "amount > 0"
cost = "{amount}"

[[entries]]
kind = "disputed_charge"
when = "amount < 0"
cost = { expr = "-amount" }
"""

# file: (mapping, rows in and out: came in, came out, first day, first text, encoding found or said)
FILES = {
    "20171001-20171106.csv": (
        """
        source = { zone = "Europe/Vienna", currency = "EUR" }
        [columns]
        day = { from = "Datum", as = "date" }
        amount = { from = "Betrag (EUR)", as = "number" }
        text = { from = "Empfänger" }
        """,
        ("0", "59.99", date(2017, 10, 1), "NINTENDO OF EUROPE", "utf-8"),
    ),
    "20180226-1000594757-umsatz.CSV": (
        """
        source = { zone = "Europe/Berlin", currency = "EUR", decimal = ",", thousands = "." }
        [columns]
        day = { from = "Buchungstag", as = "date", dates = "%d.%m.%y" }
        amount = { from = "Betrag", as = "number" }
        text = { from = "Buchungstext" }
        """,
        ("0", "36.99", date(2018, 2, 22), "FOLGELASTSCHRIFT", "utf-8"),
    ),
    "2019-03-02_11-50-46_bunq-statement.csv": (
        """
        source = { zone = "Europe/Amsterdam", currency = "EUR", decimal = "," }
        [columns]
        day = { from = "Date", as = "date" }
        amount = { from = "Amount", as = "number" }
        text = { from = "Name" }
        """,
        ("15.86", "39.68", date(2018, 12, 6), "CLOUDFLARE", "utf-8"),
    ),
    "MS_JANE_SMITH_01-12-2019_14-12-2019.csv": (
        """
        [source]
        zone = "Europe/London"
        currency = "GBP"
        thousands = ","
        where = 'row["Date Processed"] != "Pending"'
        [columns]
        day = { from = "Date Processed", as = "date", dates = "%d-%b-%Y" }
        charged = { from = "Amount", as = "number" }
        text = { from = "Description" }
        credit = { from = "column 4" }
        [values]
        amount = 'charged if credit == "CR" else -charged'
        """,
        ("1100.00", "1385.80", date(2019, 12, 2), "Spotify UK             London        GBR", "utf-8-sig"),
    ),
    "Movements_1234512345_201805271848.csv": (
        """
        source = { zone = "Europe/Prague", currency = "CZK", decimal = ",", encoding = "cp1250" }
        [columns]
        day = { from = "Datum provedení", as = "date", dates = "%d.%m.%Y" }
        amount = { from = "Zaúčtovaná částka", as = "number" }
        text = { from = "Typ transakce" }
        """,
        ("0", "1.00", date(2018, 5, 27), "Jednorázová platba", "cp1250"),
    ),
    "TH_20180101-20180523_strana_1.csv": (
        """
        source = { zone = "Europe/Prague", currency = "CZK", decimal = ",", encoding = "cp1250" }
        [columns]
        day = { from = "Datum zaúčtování", as = "date", dates = "%Y/%m/%d" }  # all of them 11 November 1111
        amount = { from = "Částka CZK", as = "number" }
        text = { from = "Položka" }
        """,
        ("0", "2599.99", date(1111, 11, 11), "XXXXXX XXXXXX  1111", "cp1250"),
    ),
    "TransactionHistory_20180418043121.csv": (
        """
        [source]
        zone = "Asia/Singapore"
        currency = "SGD"
        thousands = ","
        skip = 5
        ragged = true
        where = 'row["Transaction date"] is not None'  # a description goes on in rows of its own
        [columns]
        day = { from = "Transaction date", as = "date", dates = "%d/%m/%Y" }
        out = { from = "Withdrawals (SGD)", as = "number" }
        came_in = { from = "Deposits (SGD)", as = "number" }
        text = { from = "Description" }
        [values]
        amount = "came_in if out is None else -out"
        """,
        ("0", "173.28", date(2018, 4, 13), "CCY CONVERSION FEE", "utf-8"),
    ),
    "W80844_EBH_201945.202122.csv": (
        """
        source = { zone = "Europe/Budapest", currency = "HUF" }
        [columns]
        day = { from = "Tranzakció dátuma", as = "date", dates = "%Y.%m.%d." }
        amount = { from = "Tranzakció összege", as = "number" }
        text = { from = "Partner neve" }
        """,
        ("1290", "350", date(2019, 4, 17), "memo goes here", "utf-8"),
    ),
    "export_BE11123456789012_20180304_1422.csv": (
        """
        source = { zone = "Europe/Brussels", currency = "EUR", decimal = ",", trim = true }
        [columns]
        day = { from = "Datum", as = "date", dates = "%d/%m/%Y" }
        amount = { from = "Bedrag", as = "number" }
        text = { from = "Naam" }
        """,
        ("0", "3.40", date(2018, 2, 28), "SMITH JOHN", "utf-8"),
    ),
    "kta_ei.dat": (
        """
        [source]
        zone = "Europe/Vienna"
        currency = "EUR"
        delimiter = "|"
        skip = 1
        header = false
        names = ["begin", "what", "day", "who", "amount", "more"]
        trim = true
        [columns]
        day = { as = "date", dates = "%Y%m%d" }
        amount = "number"
        text = { from = "what" }
        """,
        ("0", "6152.22", date(2019, 3, 11), "POS 6,49 AT K1 09.03. 09:53", "utf-8"),
    ),
    "test_BOI_TransactionExport.csv": (
        """
        source = { zone = "Europe/Dublin", currency = "EUR" }
        [columns]
        day = { from = "Date", as = "date", dates = "%d/%m/%Y" }
        text = { from = "Details" }
        debit = { from = "Debit", as = "number" }
        credit = { from = "Credit", as = "number" }
        [values]
        amount = "coalesce(credit, -debit)"
        """,
        ("3841.22", "4260.83", date(2017, 9, 1), "Random Name      GP", "utf-8"),
    ),
    "test_headers.csv": (
        """
        [source]
        zone = "Europe/Vienna"
        currency = "EUR"
        decimal = ","
        thousands = "."
        ragged = true
        where = 'row["Currency"] is not None'  # leaves out a null transaction and the footers
        [columns]
        day = { from = "Date", as = "date", dates = "%d.%m.%Y" }
        amount = { from = "Inflow", as = "number" }
        text = { from = "Payee" }
        """,
        ("1878.20", "6458.90", date(2017, 9, 18), "HOFER DANKT  0527  K2   18.09. 17:20", "utf-8"),
    ),
    "test_raiffeisen_02.csv": (
        """
        [source]
        zone = "Europe/Vienna"
        currency = "EUR"
        decimal = ","
        thousands = "."
        header = false
        names = ["day", "text", "valued", "amount", "currency", "a", "b"]
        ragged = true
        where = "currency is not None"
        [columns]
        day = { as = "date", dates = "%d.%m.%Y" }
        amount = "number"
        """,
        ("1878.20", "6458.90", date(2017, 9, 18), "HOFER DANKT  0527  K2   18.09. 17:20", "utf-8"),
    ),
    "test_row_format_CD_flag.csv": (
        """
        [source]
        zone = "Europe/Vienna"
        currency = "EUR"
        decimal = ","
        thousands = "."
        header = false
        names = ["day", "text", "valued", "sum", "flag"]
        where = "flag in ('I', 'O')"
        [columns]
        day = { as = "date", dates = "%d.%m.%Y" }
        sum = "number"
        [values]
        amount = "-sum if flag == 'O' else sum"
        """,
        ("1878.20", "6319.36", date(2017, 9, 18), "HOFER DANKT  0527  K2   18.09. 17:20", "utf-8"),
    ),
    "test_row_format_neg_inflow.csv": (
        """
        [source]
        zone = "Europe/Vienna"
        currency = "EUR"
        decimal = ","
        thousands = "."
        header = false
        names = ["day", "text", "valued", "amount", "currency"]
        where = "amount is not None"
        [columns]
        day = { as = "date", dates = "%d.%m.%Y" }
        amount = "number"
        """,
        ("1878.20", "6458.90", date(2017, 9, 18), "HOFER DANKT  0527  K2   18.09. 17:20", "utf-8"),
    ),
    "umsatz-1234________1234-20180227.CSV": (
        """
        source = { zone = "Europe/Berlin", currency = "EUR", decimal = ",", encoding = "cp1252" }
        [columns]
        day = { from = "Buchungsdatum", as = "date", dates = "%d.%m.%y" }
        amount = { from = "Buchungsbetrag", as = "number" }
        text = { from = "Umsatz getätigt von" }
        """,
        ("0", "5.00", date(2018, 2, 20), "51_5 4400 7700 9222443", "cp1252"),
    ),
}


@pytest.mark.parametrize("file", FILES)
def test_a_bank_s_export_is_read_as_it_was_meant(shared, file):
    written, (came_in, went_out, day, text, encoding) = FILES[file]
    mapping = ImportMapping.from_toml(textwrap.dedent(written) + RULES)
    ledger = Ledger.in_memory(currencies=(mapping.source.currency,))
    report = import_file(ledger, shared / "csv-oddities" / "bank2ynab" / file, mapping)
    assert (report.rejected, report.encoding) == (0, encoding), report
    entries = list(ledger.entries())
    totals = {"refund": Decimal(0), "disputed_charge": Decimal(0)}
    for entry in entries:
        totals[entry.kind] += entry.magnitude
    assert totals == {"refund": Decimal(came_in), "disputed_charge": Decimal(went_out)}
    first = min(entries, key=lambda entry: (entry.occurred_at, int(entry.reference.split(":")[1])))
    assert first.occurred_at.astimezone(ZoneInfo(mapping.source.zone)).date() == day
    assert first.note == text


def test_what_no_mapping_says_of_a_code_page_is_guessed_and_reported(shared):
    mapping = ImportMapping.from_toml(
        'source = { zone = "Europe/Prague", currency = "CZK", decimal = "," }\n'
        '[columns]\nday = { from = "Datum provedení", as = "date", dates = "%d.%m.%Y" }\n'
        'amount = { from = "Zaúčtovaná částka", as = "number" }\ntext = { from = "Typ transakce" }\n' + RULES
    )
    ledger = Ledger.in_memory(currencies=("CZK",))
    file = shared / "csv-oddities" / "bank2ynab" / "Movements_1234512345_201805271848.csv"
    assert import_file(ledger, file, mapping).encoding == "cp1250"


MARKETPLACE = """
[source]
zone = "America/Sao_Paulo"
dates = "%m/%d/%Y %H:%M"
[[entries]]
kind = "kept_promise"
when = "row['order_delivered_customer_date'] is not None"
account = "{customer_id}"
occurred_at = "{order_delivered_customer_date}"
reference = "olist:{order_id}:kept"
"""


def test_dates_that_excel_wrote_month_first_are_read_by_their_format(shared):
    ledger = Ledger.in_memory()
    file = shared / "csv-oddities" / "olist_orders_excel_us_dates.csv"
    report = import_file(ledger, file, ImportMapping.from_toml(MARKETPLACE))
    assert (report.rows, report.rejected, report.recorded + report.unmatched) == (500, 0, 500)
    (first,) = [e for e in ledger.entries() if e.reference == "olist:e481f51cbdc54678b7cc49136f2d6af7:kept"]
    assert first.occurred_at == datetime(2017, 10, 11, 0, 25, tzinfo=UTC)  # 10 October, 21:25 in Sao Paulo


def test_day_first_where_the_file_is_month_first_is_refused_and_not_guessed(shared):
    mapping = ImportMapping.from_toml(MARKETPLACE.replace("%m/%d", "%d/%m"))
    report = import_file(Ledger.in_memory(), shared / "csv-oddities" / "olist_orders_excel_us_dates.csv", mapping)
    assert report.reasons["occurred_at: not a date"] > 250


COMPLAINTS = """
[source]
zone = "America/New_York"
dates = "%m/%d/%Y"
empty = ["N/A"]
[numbered]
same = ["Date received", "Product", "Issue", "Company", "ZIP code"]
[values]
id = "text(row.line)"
[defaults]
account = "complaint {id}"
[[entries]]
kind = "complaint"
occurred_at = "{Date received}"
reference = "cfpb:{id}"
note = "{Issue}"
[[entries]]
kind = "problem_resolved"
when = "startswith(row['Company response to consumer'], 'Closed with') and contains(row['Company response to consumer'], 'monetary')"
occurred_at = "{Date sent to company}"
reference = "cfpb:{id}:relief"
in_response_to = "cfpb:{id}"
[[entries]]
kind = "churn"
when = "row['Consumer disputed?'] == 'Yes'"
occurred_at = "{Date sent to company}"
reference = "cfpb:{id}:disputed"
"""


def test_complaints_keep_their_duplicates_and_unknown_outcomes_are_no_no(shared):
    ledger = Ledger.in_memory()
    report = import_file(ledger, shared / "cfpb" / "complaints_2013_2017.csv", ImportMapping.from_toml(COMPLAINTS))
    assert (report.rows, report.rejected) == (1612, 0)
    assert report.kinds["complaint"] == 1612  # eight rows are exact duplicates, and complaints of their own
    assert report.kinds["problem_resolved"] == 109 + 186
    assert report.kinds["churn"] == 301


def test_the_complaints_api_is_read_as_gzipped_json_lines_with_offsets(shared):
    ledger = Ledger.in_memory()
    mapping = ImportMapping.from_toml(
        """
        [source]
        empty = ["N/A"]
        [[entries]]
        kind = "complaint"
        account = "{complaint_id}"
        occurred_at = "{date_received}"
        reference = "cfpb:{complaint_id}"
        """
    )
    report = import_file(ledger, shared / "cfpb" / "complaints_2023-06_api.jsonl.gz", mapping)
    assert (report.rows, report.recorded, report.rejected) == (4888, 4888, 0)
    assert ledger.account("7073066").opened_at == datetime(2023, 6, 5, 17, tzinfo=UTC)


RETAIL = """
[source]
zone = "Europe/London"
currency = "GBP"
[columns]
customer = { from = "CustomerID", as = "id" }
Quantity = "number"
UnitPrice = "number"
[joins.note]
on = "InvoiceNo"
columns = { Quantity = "number", UnitPrice = "number" }
aggregates.total = { sum = "Quantity * UnitPrice" }
aggregates.first_line = { first = "row.line" }
aggregates.at = { min = "instant(InvoiceDate)" }
aggregates.lines = { count = true }
[[entries]]
rule = "credit note"
when = "startswith(InvoiceNo, 'C') and row.line == note.first_line"
kind = "refund"
account = "{customer}"
cost = { expr = "round(-note.total, 2)" }
occurred_at = { expr = "note.at" }
reference = "uci:{InvoiceNo}"
"""


def test_a_credit_note_of_many_lines_is_one_refund_and_guests_are_parked(shared, tmp_path):
    ledger = Ledger.in_memory(currencies=("GBP",))
    file = shared / "online-retail" / "2010-12.csv.gz"
    report = import_file(ledger, file, ImportMapping.from_toml(RETAIL), rejects=tmp_path / "rejects.csv")
    notes = [entry for entry in ledger.entries() if entry.kind == "refund"]
    assert report.recorded == len(notes) == len({entry.reference for entry in notes}) > 50
    assert set(report.reasons) <= {"no account"}
    assert report.rejected == report.reasons["no account"]
    assert not any("nan" in account.id or "." in account.id for account in ledger.accounts())
    assert all(entry.cost.amount > 0 for entry in notes)
