"""From a ledger to a frame and back: the same facts, the same balances, nothing lost and nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodwill import Ledger, Money, Ref, presets
from goodwill.analytics import MissingColumn, balances, entries, from_frame, to_ledger
from goodwill.analytics.recording import BadRow
from goodwill.domain.entry import Amendment, Deposit, Opening, Reversal
from goodwill.domain.errors import (
    InvalidEntry,
    NaiveDatetime,
    ReferenceConflict,
    RetryTransaction,
    UnknownKind,
    WrongType,
)
from goodwill.testing.clock import FixedClock
from goodwill.testing.histories import CATALOG, histories

NOW = datetime(2026, 6, 1, tzinfo=UTC)
BACKENDS = ("polars", "pandas", "pyarrow", "duckdb")
ENGINES: Mapping[str, Callable[[pl.DataFrame], Any]] = {
    "polars": lambda frame: frame,
    "lazy polars": lambda frame: frame.lazy(),
    "pandas": lambda frame: frame.to_pandas(),
    "pyarrow": lambda frame: frame.to_arrow(),
    "duckdb": lambda frame: duckdb.connect().from_arrow(frame.to_arrow()),
}
SCHEMA = {
    "account": pl.String, "type": pl.String, "kind": pl.String, "magnitude": pl.Float64, "cost": pl.Float64,
    "cost_currency": pl.String, "occurred_at": pl.Datetime("us", "UTC"), "reference": pl.String,
    "in_response_to": pl.String, "sincerity": pl.Float64, "attributes": pl.String,
}  # fmt: skip


def book(now: datetime = NOW, **options: Any) -> Ledger:
    return Ledger.in_memory(clock=FixedClock(now), currencies=("USD", "EUR"), **options)


def seen(frame: Any) -> pl.DataFrame:
    """An answer as polars has it."""
    if hasattr(frame, "to_arrow_table"):
        frame = frame.to_arrow_table()
    return frame if isinstance(frame, pl.DataFrame) else pl.DataFrame(frame)


def a_full_book() -> Ledger:
    """A ledger with every sort of entry, a merge, a restricted customer of two names, and corrections."""
    ledger = book()
    early = NOW - timedelta(days=90)
    late = ledger.withdraw("ada", "late_delivery", 3, occurred_at=early, reference="order:1:late")
    ledger.deposit("ada", "fee_waived", cost=Money("14.99", "USD"), in_response_to=late, note="sorry", actor="kim")
    ledger.deposit("ada@example.org", "upgrade", severity=2.0, attributes={"order": [1, "x"]}, occurred_at=early)
    ledger.merge("ada@example.org", into="ada")
    wrong = ledger.deposit("bob", "thank_you", reference="bob:thanks", occurred_at=early)
    ledger.reverse(wrong, reason="not ours")
    ledger.withdraw("bob", "dispute", reference="bob:dispute", occurred_at=early)
    ledger.amend(Ref("bob:dispute"), kind="complaint", occurred_at=early - timedelta(days=1), reason="no dispute")
    made = ledger.promise("bob", "callback", due=early + timedelta(days=2), occurred_at=early)
    ledger.keep(made, occurred_at=early + timedelta(days=1), reference="bob:called")
    ledger.promise("cy", "callback", due=early + timedelta(days=9), occurred_at=early, reference="cy:callback")
    ledger.record(Opening(account="cy", positive=12.5, negative=-1.0, occurred_at=early, reference="cy:opening"))
    ledger.observe("cy", "purchase", 20, occurred_at=early, currency="EUR", reference="cy:bought")
    ledger.deposit("gone", "upgrade")
    ledger.restrict_account("gone")
    ledger.deposit("gone too", "upgrade")
    ledger.merge("gone too", into="gone")
    return ledger


def agree(answer: pl.DataFrame, ledger: Ledger, **read: Any) -> None:
    expected = {balance.account: balance for balance in ledger.balances(**read)}
    # An account of which everything was taken out has no row in a frame, and a balance of 0 in a ledger.
    assert len(answer) == len(set(answer["account"]))
    for account in expected.keys() - set(answer["account"]):
        assert (expected[account].points, expected[account].entries) == (0.0, 0)
    assert set(answer["account"]) <= expected.keys()
    for row in answer.iter_rows(named=True):
        balance = expected[row["account"]]
        assert row["balance"] == pytest.approx(balance.points, abs=1e-9 * (1 + balance.positive - balance.negative))
        assert (row["entries"], row["unvalued"]) == (balance.entries, len(balance.unvalued))


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_balances_of_a_ledger_s_frame_are_those_of_the_ledger(backend: Any) -> None:
    ledger = a_full_book()
    frame = entries(ledger, backend=backend)
    for policy in (ledger.policy, presets.habituation())[: 2 if backend == "polars" else 1]:
        answer = balances(frame, policy, NOW, home="USD", catalog=ledger.catalog)
        agree(seen(answer), ledger, as_of=NOW, policy=policy)


def test_known_at_an_instant_names_are_those_of_then() -> None:
    clock = FixedClock(NOW - timedelta(days=3))
    ledger = Ledger.in_memory(clock=clock)
    ledger.deposit("A", "upgrade")
    ledger.deposit("B", "thank_you")
    clock.set(NOW)
    ledger.merge("A", into="B")
    ledger.deposit("C", "upgrade")
    then = NOW - timedelta(days=1)
    assert sorted(entries(ledger)["account"]) == ["B", "B", "C"]
    frame = entries(ledger, known_at=then)
    assert (sorted(frame["account"]), sorted(frame["name"])) == (["A", "B"], ["A", "B"])
    agree(balances(frame, ledger.policy, NOW, known_at=then), ledger, as_of=NOW, known_at=then)


def test_a_reader_reads_the_ledger_on_as_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = book()
    ledger.record_many(
        Deposit(account="ada", kind="thank_you", occurred_at=NOW - timedelta(days=day)) for day in range(7)
    )
    read: list[str] = []
    whole = ledger.entries

    def counted(**given: Any) -> Iterator[Any]:
        for entry in whole(**given):
            read.append(entry.id)
            yield entry

    monkeypatch.setattr(ledger, "entries", counted)
    reader = entries(ledger, backend="reader", rows=3)
    assert read == []
    assert (reader.read_next_batch().num_rows, len(read)) == (3, 3)
    assert (reader.read_all().num_rows, len(read)) == (4, 7)


def test_a_backend_that_is_none_is_refused() -> None:
    with pytest.raises(WrongType, match="polars, pandas, pyarrow, duckdb, reader"):
        entries(book(), backend="excel")  # type: ignore[arg-type]


# The law of the round trip.

OWN = ("id", "seq", "reverses", "amends", "in_response_to", "reference", "name")


def told(ledger: Ledger) -> list[tuple[Any, ...]]:
    """All facts of a ledger, without its own ids and numbers: what one names, it names by reference and revision."""
    rows = entries(ledger).to_dicts()
    names = {row["id"]: (row["reference"] or row["id"], row["revision"]) for row in rows}
    by_id = {row["id"]: row["reference"] or row["id"] for row in rows}
    return sorted(
        (
            repr({name: value for name, value in row.items() if name not in OWN}),
            "" if row["type"] == "reversal" else by_id[row["id"]],
            repr(names.get(row["reverses"])),
            repr(names.get(row["amends"])),
            repr(by_id.get(row["in_response_to"], row["in_response_to"])),
        )
        for row in rows
    )


@st.composite
def books(draw: st.DrawFn) -> Ledger:
    """A ledger of a history, of which some entries were taken out or amended since."""
    ledger = book(catalog=CATALOG, policy=presets.default(CATALOG))
    recorded = ledger.record_many(draw(histories()), rejects=[])
    for entry in recorded:
        match draw(st.sampled_from(["stays", "stays", "reversed", "amended"])):
            case "reversed":
                ledger.reverse(entry, reason="an error")
            case "amended":
                ledger.amend(entry, occurred_at=entry.occurred_at - timedelta(days=1), severity=0.5, reason="earlier")
    return ledger


@given(ledger=books())
@settings(max_examples=8)
def test_what_goes_through_a_frame_to_another_ledger_is_the_same_there(ledger: Ledger) -> None:
    copy = book(catalog=CATALOG, policy=presets.default(CATALOG))
    frame = entries(ledger)
    done = to_ledger(frame, copy)
    assert (done.recorded, done.rows) == (len(frame), len(frame))
    assert told(copy) == told(ledger)
    agree(balances(entries(copy), ledger.policy, NOW, home="USD", catalog=CATALOG), ledger, as_of=NOW)
    again = to_ledger(frame, copy, batch=3)
    assert (again.recorded, again.replayed) == (0, len(frame))
    assert told(copy) == told(ledger)


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_s_frame_is_recorded_alike(engine: str) -> None:
    ledger = a_full_book()
    copy = book()
    done = to_ledger(ENGINES[engine](entries(ledger)), copy, batch=4)
    assert done.recorded == done.rows == len(entries(ledger))
    at = {"as_of": NOW, "policy": presets.default()}
    assert {b.account: b.points for b in copy.balances(**at)} == pytest.approx(
        {b.account: b.points for b in ledger.balances(**at)}, abs=1e-9
    )
    assert to_ledger(ENGINES[engine](entries(ledger)), copy, batch=4).replayed == done.rows
    (waived,) = copy.entries(kind="fee_waived")
    assert (waived.cost, waived.note, waived.actor) == (Money("14.99", "USD"), "sorry", "kim")
    assert waived.in_response_to == Ref("order:1:late")
    (upgrade,) = copy.entries(kind="upgrade")
    assert upgrade.attributes == {"order": [1, "x"]}
    assert upgrade.reference == next(ledger.entries(kind="upgrade")).id  # its id, by which it is never there twice


def test_a_database_gives_and_takes_what_a_ledger_in_memory_does() -> None:
    ledger = a_full_book()
    with Ledger.open("sqlite://", clock=FixedClock(NOW), currencies=("USD", "EUR")) as kept:
        assert to_ledger(entries(ledger), kept).recorded == len(entries(ledger))
        again = book()
        to_ledger(entries(kept, backend="pandas"), again)
        assert told(again) == told(kept)
        agree(balances(entries(kept), ledger.policy, NOW, home="USD", catalog=ledger.catalog), ledger, as_of=NOW)
        assert to_ledger(entries(ledger), kept).recorded == to_ledger(entries(kept), kept).recorded == 0


def test_what_came_from_this_very_ledger_is_there_already_and_a_changed_row_is_told() -> None:
    ledger = a_full_book()
    frame = entries(ledger)
    before = len(frame)
    assert to_ledger(frame, ledger).replayed == before
    rejects: list[BadRow] = []
    changed = frame.with_columns(magnitude=pl.when(pl.col("kind") == "upgrade").then(5.0).otherwise("magnitude"))
    done = to_ledger(changed, ledger, rejects=rejects)
    assert (done.recorded, done.replayed, done.rejected) == (0, before - 1, 1)
    assert isinstance(rejects[0].error, ReferenceConflict)
    assert "another magnitude" in str(rejects[0])
    assert len(entries(ledger)) == before


def test_an_amendment_that_says_something_else_by_now_is_rejected_with_its_reversal() -> None:
    ledger, copy = a_full_book(), book()
    frame = entries(ledger)
    to_ledger(frame, copy)
    changed = frame.with_columns(severity=pl.when(pl.col("amends").is_not_null()).then(9.0).otherwise("severity"))
    rejects: list[BadRow] = []
    done = to_ledger(changed, copy, rejects=rejects)
    assert (done.recorded, done.rejected) == (0, 2)
    assert {row.values["type"] for row in rejects} == {"reversal", "withdrawal"}
    assert "differ in severity" in str(rejects[0])


# Bad input.


def row(**given: Any) -> dict[str, Any]:
    said = {"account": "ada", "type": "withdrawal", "kind": "late_delivery", "magnitude": 2.0, "occurred_at": NOW}
    return {**said, "reference": "r", **given}


def frame_of(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SCHEMA)


BAD: Mapping[str, tuple[dict[str, Any], str]] = {
    "negative magnitude": ({"magnitude": -2.0}, "magnitude"),
    "infinite magnitude": ({"magnitude": float("inf")}, "magnitude"),
    "unknown kind": ({"kind": "late_delivry"}, "kind"),
    "no kind": ({"kind": None}, "kind"),
    "unknown type": ({"type": "withdrawl"}, "type"),
    "wrong direction": ({"type": "deposit"}, "kind"),
    "in the future": ({"occurred_at": datetime(2150, 1, 1, tzinfo=UTC)}, "occurred_at"),
    "no instant": ({"occurred_at": None}, "occurred_at"),
    "no reference": ({"reference": None}, "reference"),
    "a reference used twice": ({"reference": "good", "magnitude": 7.0}, "reference"),
    "a currency of no ledger": ({"cost": 1.0, "cost_currency": "GBP"}, "currency"),
    "money too fine": ({"cost": 1.001, "cost_currency": "USD"}, "cost"),
    "negative cost": ({"cost": -1.0}, "cost"),
    "sincerity out of bounds": ({"type": "deposit", "kind": "upgrade", "sincerity": 2.0}, "sincerity"),
    "a withdrawal that answers": ({"in_response_to": "good"}, "in_response_to"),
    "no JSON": ({"attributes": "{order: 1}"}, "attributes"),
    "no object of JSON": ({"attributes": "[1]"}, "attributes"),
    "control characters": ({"account": "a\x00da"}, "account"),
}


@pytest.mark.parametrize("engine", ENGINES)
def test_good_rows_are_recorded_and_bad_ones_named_by_row_and_column(engine: str) -> None:
    made = [row(reference="good"), row(account=None, reference="nobody"), row(account="nan", reference="nan")]
    made += [row(reference=name) | bad for name, (bad, _) in BAD.items()]
    made += [row(reference="last", cost=14.99)]
    ledger, rejects = book(), list[BadRow]()
    done = to_ledger(ENGINES[engine](frame_of(*made)), ledger, rejects=rejects, batch=7)
    assert (done.recorded, done.replayed, done.parked, done.rejected) == (2, 0, 2, len(BAD))
    found = {each.row: each.column for each in rejects}
    assert found == {number: column for number, (_, column) in enumerate(BAD.values(), start=3)}
    assert all(str(each).startswith(f"row {each.row}, {each.column}: ") for each in rejects)
    unknown = next(each for each in rejects if isinstance(each.error, UnknownKind))
    assert unknown.values["kind"] == "late_delivry"
    assert [entry.cost for entry in ledger.entries()] == [None, Money("14.99", "USD")]


def test_not_a_number_is_refused_where_a_frame_tells_it_from_nothing() -> None:
    bad = frame_of(row(reference="1", magnitude=float("nan")), row(reference="2", kind="dispute", magnitude=None))
    rejects: list[BadRow] = []
    assert to_ledger(bad, book(), rejects=rejects).recorded == 1
    assert [(each.row, each.column) for each in rejects] == [(0, "magnitude")]


@pytest.mark.parametrize("name", BAD)
def test_without_a_place_for_it_the_first_bad_row_is_raised_and_its_batch_is_not_recorded(name: str) -> None:
    bad, column = BAD[name]
    rows = [row(reference="good"), row(reference="2"), row(reference="3"), row(reference="4") | bad]
    ledger = book()
    with pytest.raises(BadRow, match=f"row 3, {column}: ") as raised:
        to_ledger(frame_of(*rows), ledger, batch=2)
    assert (raised.value.row, raised.value.column) == (3, column)
    assert raised.value.__cause__ is raised.value.error
    assert [entry.reference for entry in ledger.entries()] == ["good", "2"]
    rows[3] = row(reference="4")
    done = to_ledger(frame_of(*rows), ledger, batch=2)
    assert (done.recorded, done.replayed) == (2, 2)


def test_a_closed_account_is_named_though_only_the_store_knows() -> None:
    ledger = book()
    ledger.deposit("bob", "upgrade")
    ledger.close_account("bob")
    rows = [row(reference="1"), row(reference="2", account="bob"), row(reference="3")]
    with pytest.raises(BadRow, match="row 1, account: .*closed"):
        to_ledger(frame_of(*rows), ledger)
    assert to_ledger(frame_of(*rows), ledger, rejects=[]).recorded == 2


def test_a_failing_store_is_no_fault_of_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = book()

    def fail(*_given: Any, **_options: Any) -> None:
        raise RetryTransaction("again")

    monkeypatch.setattr(ledger, "record_many", fail)
    with pytest.raises(RetryTransaction):
        to_ledger(frame_of(row()), ledger, rejects=[])


@pytest.mark.parametrize("engine", ENGINES)
def test_instants_before_1970_and_after_2100_go_through_a_frame(engine: str) -> None:
    far = [datetime(1901, 2, 3, 4, 5, 6, 7, tzinfo=UTC), datetime(2150, 2, 3, 4, 5, 6, 7, tzinfo=UTC)]
    frame = frame_of(*(row(reference=str(at), occurred_at=at) for at in far))
    ledger = book(datetime(2200, 1, 1, tzinfo=UTC))
    to_ledger(ENGINES[engine](frame), ledger)
    assert [entry.occurred_at for entry in ledger.entries()] == far
    assert entries(ledger)["occurred_at"].to_list() == far


@pytest.mark.parametrize("engine", ENGINES)
def test_an_empty_frame_records_nothing(engine: str) -> None:
    assert to_ledger(ENGINES[engine](frame_of()), book()).rows == 0
    assert to_ledger(ENGINES[engine](entries(book())), book()).rows == 0


def test_what_is_missing_or_of_a_wrong_sort_is_said_before_anything_is_recorded() -> None:
    frame = frame_of(row())
    with pytest.raises(MissingColumn, match="kind") as raised:
        to_ledger(frame.drop("kind"), book())
    assert raised.value.columns == ("kind",)
    with pytest.raises(MissingColumn, match="reference"):
        to_ledger(frame.drop("reference"), book())
    with pytest.raises(NaiveDatetime, match="no time zone"):
        to_ledger(frame.with_columns(pl.col("occurred_at").dt.replace_time_zone(None)), book())
    with pytest.raises(WrongType, match="magnitude holds String"):
        to_ledger(frame.with_columns(magnitude=pl.lit("two")), book())
    with pytest.raises(WrongType, match="pandas, polars"):
        to_ledger([row()], book())


def test_a_frame_may_have_its_own_names_and_microseconds() -> None:
    frame = frame_of(row()).rename({"account": "customer"})
    frame = frame.with_columns(occurred_us=pl.col("occurred_at").dt.timestamp("us")).drop("occurred_at")
    ledger = book()
    assert to_ledger(frame, ledger, columns={"account": "customer"}).recorded == 1
    assert next(ledger.entries()).occurred_at == NOW
    bad = frame.with_columns(occurred_us=pl.lit(2**62))
    with pytest.raises(BadRow, match="row 0, occurred_at: .*beyond the year 9999"):
        to_ledger(bad, book(), columns={"account": "customer"})


def test_accounts_are_numbers_or_texts_and_never_floats() -> None:
    numbered = frame_of(row()).with_columns(account=pl.lit(17850))
    ledger = book()
    to_ledger(numbered.to_pandas(), ledger)
    assert [account.id for account in ledger.accounts()] == ["17850"]
    with pytest.raises(InvalidEntry, match="account"):
        to_ledger(numbered.with_columns(account=pl.lit(17850.0)), book())


def test_the_facts_of_a_frame_name_one_another_by_reference() -> None:
    facts = list(from_frame(entries(a_full_book())))
    assert len(facts) == len(entries(a_full_book())) - 1  # an amendment writes the reversal that goes with it
    corrections = [fact for fact in facts if isinstance(fact, Amendment | Reversal)]
    assert facts[-2:] == corrections
    assert [fact.reverses for fact in corrections if isinstance(fact, Reversal)] == [Ref("bob:thanks")]
    (amendment,) = [fact for fact in corrections if isinstance(fact, Amendment)]
    assert (amendment.amends, amendment.reason) == (Ref("bob:dispute"), "no dispute")
    assert Decimal(1) == amendment.changes["magnitude"]
    rejects: list[BadRow] = []
    assert list(from_frame(frame_of(row(type="gift"), row(account=None)), rejects=rejects)) == []
    assert [(each.row, each.column) for each in rejects] == [(0, "type")]
