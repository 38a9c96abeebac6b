"""An export into a ledger, in memory and in SQLite: every row accounted for, nothing half, nothing twice."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill import Ledger, Money, presets
from goodwill.domain.entry import Ref
from goodwill.domain.errors import MappingError, RetryTransaction
from goodwill.domain.kind import Direction, Kind, Rate
from goodwill.sources import ImportMapping, import_file

SHOP = """
source = { zone = "Europe/Berlin", currency = "EUR" }
[columns]
days = "number"
waived = "number"
[defaults]
account = "{customer}"
occurred_at = "{promised}"
[[entries]]
rule = "late"
kind = "late_delivery"
when = "days > 0"
magnitude = "{days}"
reference = "shop:{order}:late"
[[entries]]
rule = "waiver"
kind = "fee_waived"
when = "waived > 0"
cost = "{waived}"
in_response_to = "shop:{order}:late"
reference = "shop:{order}:waiver"
"""
HEADER = "order,customer,promised,days,waived\n"
ROWS = HEADER + "1,ada,2026-03-01,2,4.90\n2,bob,2026-03-02,1,\n3,cy,2026-03-03,0,\n4,,2026-03-04,3,\n"


@pytest.fixture
def shop(export):
    return export("orders.csv", ROWS)


def test_a_row_becomes_as_many_entries_as_rules_apply(shop, bring, ledger, entries):
    report = bring(shop, SHOP)
    assert (report.rows, report.recorded, report.unmatched, report.rejected) == (4, 3, 1, 1)
    assert report.kinds == {"late_delivery": 2, "fee_waived": 1}
    assert report.reasons == {"no account": 1}
    late, waiver = (entry for entry in entries() if entry.account == "ada")
    assert (late.magnitude, late.occurred_at) == (Decimal(2), datetime(2026, 2, 28, 23, tzinfo=UTC))
    assert (waiver.cost, waiver.in_response_to) == (Money("4.90", "EUR"), Ref("shop:1:late"))
    (recovery,) = [part for part in ledger.contributions("ada") if part.kind == "fee_waived"]
    assert recovery.recovers == late.id


def test_the_same_import_twice_records_nothing_twice(shop, bring, ledger):
    first = bring(shop, SHOP)
    before = list(ledger.entries())
    again = bring(shop, SHOP)
    assert (again.recorded, again.replayed, again.rejected) == (0, first.recorded, first.rejected)
    assert list(ledger.entries()) == before


def test_a_longer_export_of_the_same_records_only_what_is_new(shop, export, bring):
    bring(shop, SHOP)
    report = bring(export("orders.csv", ROWS + "5,eve,2026-03-05,1,\n"), SHOP)
    assert (report.recorded, report.replayed) == (1, 3)


def test_rejected_rows_go_to_a_file_with_their_line_and_reason(shop, export, bring, tmp_path):
    rejects = tmp_path / "rejects.csv"
    path = export("orders.csv", ROWS + '5,eve,soon,1,\n6,"e,ve",2026-03-06,two,"1\n2"\n')
    report = bring(path, SHOP, rejects=rejects)
    header, *rows = csv.reader(rejects.read_text(encoding="utf-8").splitlines(keepends=True))
    assert header == ["file", "line", "rule", "reason", *HEADER.strip().split(",")]
    assert [row[:3] for row in rows] == [
        ["orders.csv", "5", "late"],
        ["orders.csv", "6", "late"],
        ["orders.csv", "7", "late"],
    ]
    assert rows[0][3] == "no account (empty in this row)"
    assert rows[1][3].startswith("occurred_at: not a date ('soon'")
    assert rows[2][3].startswith("when: days: not a number ('two'")
    assert rows[2][4:] == ["6", "e,ve", "2026-03-06", "two", "1\n2"]
    assert report.to_dict()["rejects"] == str(rejects)
    assert report.to_dict()["reasons"] == {"no account": 1, "occurred_at: not a date": 1, "when: days: not a number": 1}


def test_the_rejects_of_an_earlier_run_do_not_stay(shop, export, bring, tmp_path):
    rejects = tmp_path / "rejects.csv"
    bring(shop, SHOP, rejects=rejects)
    bring(export("orders.csv", HEADER), SHOP, rejects=rejects)
    assert len(rejects.read_text().splitlines()) == 1


def test_the_rejects_never_overwrite_the_export(shop, bring):
    with pytest.raises(MappingError, match="would be overwritten"):
        bring(shop, SHOP, rejects=shop)
    assert shop.read_text() == ROWS


def test_a_row_is_all_or_nothing_where_a_fact_cannot_be_kept(export, bring, entries):
    report = bring(export("orders.csv", HEADER + "1,ada,2026-03-01,2,4.999\n"), SHOP)
    assert (report.recorded, report.reasons) == (0, {"cost: invalid money": 1})
    assert entries() == []


def test_a_row_is_all_or_nothing_where_the_ledger_knows_better(shop, export, bring, ledger, entries):
    ledger.deposit("ada", "thank_you", reference="shop:1:waiver")
    report = bring(shop, SHOP)
    assert report.reasons == {"no account": 1, "reference conflict": 1}
    assert {entry.reference for entry in entries()} == {"shop:1:waiver", "shop:2:late"}


def test_a_changed_row_is_rejected_with_what_was_recorded(shop, export, bring, entries, tmp_path):
    bring(shop, SHOP)
    rejects = tmp_path / "rejects.csv"
    report = bring(export("orders.csv", ROWS.replace("2026-03-01,2", "2026-03-01,5")), SHOP, rejects=rejects)
    assert (report.recorded, report.replayed, report.reasons["reference conflict"]) == (0, 1, 1)
    assert "magnitude recorded as 2, now 5" in rejects.read_text()
    assert entries()[0].magnitude == 2


def test_a_changed_row_amends_if_it_is_asked_to(shop, export, bring, entries, clock):
    bring(shop, SHOP)
    clock.time += timedelta(days=1)
    changed = export("orders.csv", ROWS.replace("2026-03-01,2", "2026-03-01,5"))
    report = bring(changed, SHOP, amend=True)
    assert (report.recorded, report.amended, report.replayed, report.rejected) == (0, 1, 2, 1)
    assert report.kinds == {"late_delivery": 1}
    late = next(entry for entry in entries() if entry.reference == "shop:1:late")
    assert (late.magnitude, late.revision, late.recorded_at) == (Decimal(5), 2, clock.now())
    for amend in (True, False):
        again = bring(changed, SHOP, amend=amend)
        assert (again.recorded, again.amended, again.replayed, again.rejected) == (0, 0, 3, 1)


def test_an_amendment_changes_only_what_the_mapping_speaks_of(shop, export, bring, ledger, entries):
    bring(shop, SHOP)
    ledger.amend(Ref("shop:2:late"), note="it rained", severity=2.0)
    bring(export("orders.csv", ROWS.replace("2026-03-02,1", "2026-03-02,4")), SHOP, amend=True)
    late = next(entry for entry in entries() if entry.reference == "shop:2:late")
    assert (late.magnitude, late.note, late.severity) == (Decimal(4), "it rained", 2.0)


def test_a_correction_that_is_taken_back_brings_the_first_content_back(shop, export, bring, entries):
    bring(shop, SHOP)
    bring(export("orders.csv", ROWS.replace("2026-03-01,2", "2026-03-01,5")), SHOP, amend=True)
    report = bring(export("orders.csv", ROWS), SHOP, amend=True)
    assert (report.amended, report.replayed) == (1, 2)
    assert next(entry for entry in entries() if entry.reference == "shop:1:late").magnitude == 2
    assert bring(shop, SHOP, amend=True).amended == 0


def test_two_rows_of_one_file_that_disagree_conflict_however_often_they_come(export, bring, entries):
    path = export("orders.csv", HEADER + "1,ada,2026-03-01,2,\n1,ada,2026-03-01,3,\n1,ada,2026-03-01,2,\n")
    for recorded, replayed in ((1, 1), (0, 2)):
        report = bring(path, SHOP, amend=True)
        assert (report.recorded, report.replayed, report.amended) == (recorded, replayed, 0)
        assert report.reasons == {"reference conflict": 1}
    assert [entry.magnitude for entry in entries()] == [2]


def test_two_rules_that_make_one_reference_conflict_with_each_other(shop, bring, entries):
    report = bring(shop, SHOP.replace(":waiver", ":late"), amend=True)
    assert report.reasons["reference conflict"] == 1
    assert {entry.account for entry in entries()} == {"bob"}


def test_what_was_taken_out_by_hand_stays_out(shop, bring, ledger, entries):
    bring(shop, SHOP)
    ledger.reverse(Ref("shop:2:late"))
    for amend in (False, True):
        assert bring(shop, SHOP, amend=amend).replayed == 3
    assert {entry.account for entry in entries()} == {"ada"}


def test_another_sort_of_entry_under_a_reference_is_never_an_amendment(shop, bring, ledger):
    ledger.deposit("bob", "thank_you", reference="shop:2:late")
    assert bring(shop, SHOP, amend=True).reasons["reference conflict"] == 1


def test_a_reversal_takes_out_by_reference_once(shop, export, bring, entries):
    bring(shop, SHOP)
    cancelled = export("cancelled.csv", "order\n2\n7\n")
    mapping = """
    [[entries]]
    type = "reversal"
    reverses = "shop:{order}:late"
    reference = "shop:{order}:late:undone"
    note = "booked by mistake"
    """
    report = bring(cancelled, mapping)
    assert (report.recorded, report.reasons) == (1, {"unknown entry": 1})
    assert {entry.account for entry in entries()} == {"ada"}
    assert bring(cancelled, mapping).replayed == 1


def test_an_import_keeps_its_history_if_the_export_says_when_each_row_was_known(export, bring, ledger):
    path = export("orders.csv", "order,customer,promised,days,waived,entered\n1,ada,2026-03-01,2,,2026-03-09 10:00\n")
    bring(path, SHOP.replace("[defaults]", '[defaults]\nrecorded_at = "{entered}"'))
    (late,) = ledger.entries()
    assert late.recorded_at == datetime(2026, 3, 9, 9, tzinfo=UTC)
    assert late.backfilled
    assert not ledger.balance("ada", known_at=datetime(2026, 3, 8, tzinfo=UTC)).is_known


def test_an_amendment_is_known_from_now_on_and_not_before(export, bring, ledger, clock):
    mapping = SHOP.replace("[defaults]", '[defaults]\nrecorded_at = "{entered}"')
    rows = "order,customer,promised,days,waived,entered\n1,ada,2026-03-01,{},,2026-03-09 10:00\n"
    bring(export("orders.csv", rows.format(2)), mapping)
    bring(export("orders.csv", rows.format(9)), mapping, amend=True)
    then = ledger.balance("ada", known_at=datetime(2026, 5, 1, tzinfo=UTC), as_of=datetime(2026, 4, 1, tzinfo=UTC))
    now = ledger.balance("ada", as_of=datetime(2026, 4, 1, tzinfo=UTC))
    assert now.points < then.points < 0


@pytest.mark.parametrize(
    ("mapping", "fault"),
    [
        (SHOP.replace("late_delivery", "late_delivry"), r"entries\[0\].kind: .*late_delivery"),
        (SHOP.replace('kind = "fee_waived"', 'kind = "fee_waived"\ntype = "withdrawal"'), r"entries\[1\].type: fee_waived is a deposit"),
        (SHOP.replace("{customer}", "{custmer}"), r"entries\[0\].account: no column 'custmer' in orders.csv; did you mean customer"),
        (SHOP.replace("days > 0", "dys > 0"), r"entries\[0\].when: no column.*'dys'.*did you mean days"),
        (SHOP.replace('days = "number"', 'dys = "number"'), r"columns.dys: no column 'dys' in orders.csv; did you mean days"),
        (SHOP.replace(', currency = "EUR"', ""), r"entries\[1\].cost: in which currency"),
        (SHOP.replace('"{waived}"', '"{waived}.00"'), r"entries\[1\].cost: a template of several parts is text"),
        (SHOP.replace('"{customer}"', '"{row.lin}"'), r"entries\[0\].account: no column 'lin'"),
        (SHOP + "[numbered]\nn = 'ordr'", r"numbered.n: no column 'ordr' in orders.csv; did you mean order"),
    ],
)  # fmt: skip
def test_a_mapping_that_does_not_fit_is_refused_before_anything_is_written(shop, bring, entries, mapping, fault):
    with pytest.raises(MappingError, match=fault):
        bring(shop, mapping)
    assert entries() == []


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1,ada,2027-03-01,2,", "future entry"),
        ("1,ada,2026-03-01,-2,", None),
        ("1,ada,2026-03-01,0.00000001,", "invalid magnitude"),
        (f"1,{'x' * 300},2026-03-01,2,", "invalid account"),
        ("1,a\x07da,2026-03-01,2,", "invalid account"),
        ("1,nan,2026-03-01,2,", "no account"),
        ("1, ,2026-03-01,2,", "no account"),
        ("1,ada,,2,", "no occurred_at"),
        (",ada,2026-03-01,2,", "no reference"),
        ("1,ada,2026-03-01,2", "too few cells"),
        ("1,ada,2026-03-01,2,,9", "too many cells"),
    ],
)
def test_what_is_wrong_with_a_row_is_said_in_a_word_that_can_be_counted(export, bring, row, reason):
    report = bring(export("orders.csv", HEADER + row + "\n"), SHOP)
    assert report.recorded == 0
    assert list(report.reasons) == ([] if reason is None else [reason])


def test_an_id_that_a_spreadsheet_made_a_number_is_made_an_id_again(export, bring, entries):
    mapping = SHOP.replace('account = "{customer}"', 'account = { column = "customer", as = "id" }')
    bring(export("orders.csv", HEADER + "1,17850.0,2026-03-01,2,\n2,17850,2026-03-01,2,\n"), mapping)
    assert {entry.account for entry in entries()} == {"17850"}


def test_equal_rows_are_told_apart_by_counting_them(export, bring, entries):
    path = export("scans.csv", "who,at\nada,2026-03-01\nada,2026-03-01\nbob,2026-03-01\n")
    mapping = """
    source = { zone = "UTC" }
    numbered = { n = ["who", "at"] }
    [[entries]]
    kind = "thank_you"
    account = "{who}"
    occurred_at = "{at}"
    reference = "scan:{who}:{at}:{n}"
    """
    for recorded in (3, 0):
        assert bring(path, mapping).recorded == recorded
    assert [entry.reference for entry in entries()][:2] == ["scan:ada:2026-03-01:1", "scan:ada:2026-03-01:2"]


def test_every_field_of_an_entry_can_be_mapped(export, bring, entries):
    path = export(
        "calls.jsonl", '{"id": 7, "who": {"id": 42}, "at": 1767225600, "sort": "R", "mood": -0.5, "by": "x1"}\n'
    )
    mapping = """
    source = { dates = "epoch" }
    [[entries]]
    kind = { column = "sort", map = { R = "rude_encounter", S = "scripted_encounter" } }
    account = { column = "who.id" }
    occurred_at = "{at}"
    reference = "call:{id}"
    severity = 1.5
    channel = "phone"
    actor = "{by}"
    note = "call {id}, by {by}"
    attributes = { mood = "{mood}", missing = { column = "by", map = { x2 = "y" }, default = "z" } }
    """
    report = bring(path, mapping)
    assert report.rejected == 0, report
    (entry,) = entries()
    assert (entry.kind, entry.account, entry.occurred_at) == ("rude_encounter", "42", datetime(2026, 1, 1, tzinfo=UTC))
    assert (entry.severity, entry.channel, entry.actor, entry.note) == (1.5, "phone", "x1", "call 7, by x1")
    assert entry.attributes == {"mood": "-0.5", "missing": "z"}


def test_a_value_that_a_map_does_not_know_rejects_the_row(export, bring):
    mapping = SHOP.replace('kind = "late_delivery"', 'kind = { column = "order", map = { 2 = "late_delivery" } }')
    report = bring(export("orders.csv", ROWS), mapping)
    assert report.reasons == {"kind: not in its map": 2}
    assert report.recorded == 1


def test_rows_that_where_passes_over_are_counted_apart(shop, bring):
    report = bring(shop, SHOP.replace("source = {", "source = { where = 'customer is not None', "))
    assert (report.rows, report.skipped, report.rejected) == (3, 1, 0)


def test_many_rows_go_in_batches_and_a_bad_one_costs_only_itself(export, bring, ledger):
    rows = [f"{n},c{n % 7},2026-03-01,1," for n in range(257)]
    rows[100] = "5,someone else,2026-03-01,1,"
    seen = []
    report = bring(
        export("orders.csv", HEADER + "\n".join(rows) + "\n"), SHOP, batch=50, progress=lambda *at: seen.append(at)
    )
    assert (report.recorded, report.reasons) == (256, {"reference conflict": 1})
    assert seen == sorted(seen)
    assert len(seen) == 7
    assert seen[-1][0] == seen[-1][1]


class FailingLedger(Ledger):
    """A ledger whose database goes away at the third call."""

    calls = 0

    def record_many(self, facts, **options):
        self.calls += 1
        if self.calls == 3:
            raise RetryTransaction("the database went away")
        return super().record_many(facts, **options)


@pytest.mark.parametrize("where", ["memory", "sqlite"])
def test_a_store_that_fails_stops_the_import_and_the_note_says_where(export, tmp_path, where):
    path = export("orders.csv", HEADER + "".join(f"{n},ada,2026-03-01,1,\n" for n in range(10)))
    mapping = ImportMapping.from_toml(SHOP)
    url = f"sqlite:///{tmp_path / 'a.db'}"
    failing = FailingLedger.in_memory() if where == "memory" else FailingLedger.open(url)
    with failing, pytest.raises(RetryTransaction) as stopped:
        import_file(failing, path, mapping, batch=3)
    (note,) = stopped.value.__notes__
    assert note.startswith("orders.csv: the batch with lines 8 to 10 was rolled back; the rows before are recorded.")
    ledger = failing if where == "memory" else Ledger.open(url)
    assert ledger.account("ada").entries == 6
    report = import_file(ledger, path, mapping, batch=3)
    assert (report.recorded, report.replayed) == (4, 6)
    ledger.close()


def test_a_condition_that_is_none_rejects_the_row(shop, bring):
    report = bring(shop, SHOP.replace("days > 0", "customer"))
    assert report.reasons == {"when: no condition": 3}


def test_the_currency_may_stand_in_a_column(export, bring, entries):
    path = export("waivers.csv", "id,who,sum,in\n1,ada,5,EUR\n2,bob,6,USD\n3,cy,7,\n4,eve,8,BRL\n5,fay,9,gold\n")
    report = bring(
        path,
        """
        [[entries]]
        kind = "fee_waived"
        account = "{who}"
        occurred_at = 2026-03-01T12:00:00Z
        cost = "{sum}"
        currency = "{in}"
        reference = "{id}"
        """,
    )
    assert [str(entry.cost) for entry in entries()] == ["5.00 EUR", "6.00 USD"]
    assert report.reasons == {"cost: no currency": 1, "unknown currency": 1, "cost: unknown currency": 1}


def test_the_rejects_of_json_lines_keep_the_line_as_it_was(export, bring, tmp_path):
    line = '{"id": 1, "who": {"name": ""}}'
    mapping = """
    [[entries]]
    kind = "thank_you"
    account = { column = "who.name" }
    occurred_at = 2026-03-01T12:00:00Z
    reference = "{id}"
    """
    bring(export("a.jsonl", line + "\n"), mapping, rejects=tmp_path / "rejects.csv")
    header, row = csv.reader((tmp_path / "rejects.csv").read_text().splitlines())
    assert (header[4:], row[4:]) == (["json"], [line])


def test_a_dotted_name_of_json_is_written_with_brackets_in_an_expression(export, bring):
    path = export("a.jsonl", '{"id": 1, "who": {"name": "ada"}}\n')
    mapping = """
    [[entries]]
    kind = "thank_you"
    account = { expr = "who.name" }
    occurred_at = 2026-03-01T12:00:00Z
    reference = "{id}"
    """
    with pytest.raises(MappingError, match=r'write row\["who.name"\]'):
        bring(path, mapping)
    assert bring(path, mapping.replace("who.name", "row['who.name']")).recorded == 1


def test_dimensions_are_numbers_and_words(export, clock):
    catalog = presets.service_catalog().extended(
        Kind("apology", Direction.DEPOSIT, dimensions=("warmth", "tone"), starter=Rate("event", symbolic=2))
    )
    ledger = Ledger.in_memory(catalog=catalog, policy=presets.default(catalog), clock=clock)
    mapping = """
    [[entries]]
    kind = "apology"
    account = "{who}"
    occurred_at = 2026-03-01T12:00:00Z
    reference = "{who}"
    sincerity = "{meant}"
    dimensions = { warmth = { column = "warm", as = "number" }, tone = "{tone}" }
    """
    path = export("a.csv", "who,meant,warm,tone\nada,0.5,0.25,calm\nbob,2,0.1,\n")
    report = import_file(ledger, path, ImportMapping.from_toml(mapping))
    (entry,) = ledger.entries()
    assert (entry.dimensions, entry.sincerity) == ({"warmth": 0.25, "tone": "calm"}, 0.5)
    assert report.reasons == {"invalid sincerity": 1}


def test_the_thread_s_own_decimal_context_changes_nothing(export, bring, entries):
    mapping = SHOP.replace('cost = "{waived}"', 'cost = { expr = "waived * 1" }')
    with localcontext(prec=3):
        bring(export("orders.csv", HEADER + "1,ada,2026-03-01,1,12345.67\n"), mapping)
    assert [entry.cost for entry in entries() if entry.cost] == [Money("12345.67", "EUR")]


def test_a_report_prints_as_a_sentence(shop, bring):
    assert str(bring(shop, SHOP)) == (
        "orders.csv: 4 rows, 3 entries recorded, 0 replayed, 0 amended, 1 row rejected (no account: 1)"
    )


ORDER = st.tuples(
    st.integers(1, 6),
    st.sampled_from(["ada", "bob", "", "nan"]),
    st.sampled_from(["2026-03-01", "2026-03-02", "soon"]),
    st.sampled_from(["0", "1", "2", "x"]),
    st.sampled_from(["", "1.50", "1.505"]),
)


@given(st.lists(ORDER, max_size=12), st.booleans(), st.integers(1, 5))
def test_every_row_is_accounted_for_and_a_second_import_changes_nothing(tmp_path_factory, rows, amend, batch):
    path = tmp_path_factory.mktemp("shop") / "orders.csv"
    path.write_text(HEADER + "".join(",".join(map(str, row)) + "\n" for row in rows))
    mapping = ImportMapping.from_toml(SHOP)
    ledger = Ledger.in_memory(currencies=("EUR",))
    first = import_file(ledger, path, mapping, amend=amend, batch=batch)
    before = list(ledger.entries())
    assert first.rows == len(rows)
    assert first.recorded == len(before)
    assert first.amended == 0  # nothing was there before, and rows of one file never amend each other
    assert sum(first.reasons.values()) == first.rejected
    again = import_file(ledger, path, mapping, amend=amend, batch=batch)
    assert (again.recorded, again.amended) == (0, 0)
    assert (again.rows, again.rejected, again.unmatched) == (first.rows, first.rejected, first.unmatched)
    assert again.replayed == first.recorded + first.replayed
    assert list(ledger.entries()) == before
