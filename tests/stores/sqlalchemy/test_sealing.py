"""What somebody with the rights of the database's owner changes is found and named, on all three databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Table, delete, event, insert, select, text, update
from sqlalchemy.orm import Session

from goodwill import Catalog, Deposit, Kind, Ledger, Money, Opening, Promise, Ref, Withdrawal, presets
from goodwill.domain.decision import Answer, Decision, Request, Ruling
from goodwill.domain.entry import Entry
from goodwill.domain.errors import RetryTransaction
from goodwill.domain.seal import Seal, Verification
from goodwill.ledger import sealing
from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, open_engine
from goodwill.stores.sqlalchemy.guards import triggers_of
from goodwill.stores.sqlalchemy.row_digests import COVERED, digest_of
from goodwill.stores.sqlalchemy.tables import Tables, tables
from goodwill.testing.clock import FixedClock
from goodwill.testing.drafts import NOON
from tests.databases import FAMILIES, Database, sqlite_in

TABLES = tables("goodwill_", None)
CATALOG = Catalog(
    [
        Kind("waiver", "deposit", unit="money"),
        Kind("heroics", "deposit", dimensions=("effort",)),
        Kind("late", "withdrawal", unit="day", typical=Decimal(1)),
        Kind("callback", "promise"),
    ]
)
POLICY = presets.default(CATALOG)


def ledger_on(bind: Any, ledger: str = "default") -> Ledger:
    store = SQLAlchemyStore(bind, ledger=ledger)
    return Ledger(store, policy=POLICY, catalog=CATALOG, clock=FixedClock(NOON))


def unguard(engine: Engine, of: Tables = TABLES) -> None:
    """Drop the triggers, as the owner of a database can."""
    with engine.begin() as connection:
        for table in of.metadata.sorted_tables:
            for name in triggers_of(engine.dialect, table):
                on = f" ON {table.name}" if engine.dialect.name == "postgresql" else ""
                connection.execute(text(f"DROP TRIGGER {name}{on}"))


@pytest.fixture(scope="module")
def unguarded(
    databases: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Engine]]:
    """A database whose owner dropped the triggers, and can write what the foreign keys let through; made once each."""
    with ExitStack() as stack:

        @cache
        def of_family(family: str) -> Engine:
            folder = tmp_path_factory.mktemp("sealing")
            engine = open_engine(sqlite_in(folder) if family == "sqlite" else databases(family))
            stack.callback(engine.dispose)
            stack.callback(TABLES.metadata.drop_all, engine)
            create_all(engine)
            unguard(engine)
            if family == "sqlite":
                event.listen(engine, "checkout", without_foreign_keys)
            return engine

        yield of_family


@pytest.fixture(params=FAMILIES)
def owner(request: pytest.FixtureRequest, unguarded: Callable[[str], Engine]) -> Engine:
    """Each of the three, without a row."""
    engine = unguarded(request.param)
    with engine.begin() as connection:
        for table in reversed(TABLES.metadata.sorted_tables):
            connection.execute(delete(table))
    return engine


def without_foreign_keys(connection: Any, *_: object) -> None:
    connection.execute("PRAGMA foreign_keys = OFF")


def one_of_everything(ledger: Ledger) -> list[Entry]:
    """Entries that fill each column at least once, a merge, something in the audit trail, and a decision."""
    late = ledger.withdraw(
        "ada", "late", magnitude="2.5", severity=0.3, reference="late", channel="phone", actor="agent-7",
        note="personal", occurred_at=NOON - timedelta(days=1),
    )  # fmt: skip
    made = ledger.record_many(
        [
            Deposit(account="ada", kind="waiver", cost=Money("14.99", "USD"), occurred_at=NOON, sincerity=0.1 + 0.2,
                    in_response_to=Ref("late"), reference="waived"),
            Deposit(account="bob", kind="heroics", occurred_at=NOON, dimensions={"effort": 0.1}),
            Opening(account="bob", occurred_at=NOON, positive=3.5, negative=-0.25, read_under="0" * 64),
            Promise(account="bob", kind="callback", occurred_at=NOON, due=NOON + timedelta(days=3), recurs="FREQ=DAILY;COUNT=2",
                    tz="Europe/Berlin"),
        ]
    )  # fmt: skip
    by_id = ledger.deposit("ada", "waiver", cost=Money("1.00", "USD"), in_response_to=late)
    ledger.amend(Ref("waived"), cost=Money("13.99", "USD"), reason="typo")
    ledger.reverse(by_id, reason="twice")
    ledger.merge("ada@example.org", into="ada", actor="eve")
    ledger.close_account("bob", reason="moved away", actor="eve")
    asked = Request(
        account="ada", kind="waiver", cost=Money("14.99", "USD"), actor="agent-7", requested_at=NOON, role="agent",
        magnitude=Decimal("14.99"), in_response_to=Ref("late"), reference="waived", note="personal",
    )  # fmt: skip
    said = (Ruling("kinds", Answer.ALLOW, "waiver is one of them"),)
    ledger.record_decision(
        Decision(
            request=asked, answer=Answer.ALLOW, rules=said, authority="a" * 64, decided_at=NOON, policy="b" * 64,
            balance=0.1 + 0.2, reference="ask",
        )
    )  # fmt: skip
    return [late, *made]


def another(value: object, column: Any) -> object:
    """A value that the column may hold, other than the one that it holds."""
    by_type = {bool: not value, bytes: b"y" * 32, str: "y", int: 77, float: 0.5}
    return by_type[column.type.python_type]


def changed(engine: Engine, table: Table, values: dict[str, Any], where: Any) -> None:
    """Change rows behind the ledger's back."""
    with engine.begin() as connection:
        assert connection.execute(update(table).where(where).values(values)).rowcount >= 1


def kept_of(engine: Engine, table: Table) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(select(table).order_by(table.c.seq)).mappings()]


def test_every_column_of_an_entry_is_covered_but_its_number_and_account(owner: Engine) -> None:
    for source, covered in COVERED.items():
        table = getattr(TABLES, source)
        assert sorted(covered) == sorted({column.name for column in table.c} - {"seq", "account_id", "row_digest"})


def test_what_is_written_is_what_every_database_gives_back(owner: Engine) -> None:
    ledger = ledger_on(owner)
    one_of_everything(ledger)
    rows = kept_of(owner, TABLES.entries)
    assert all(any(row[column.name] is not None for row in rows) for column in TABLES.entries.c)
    before = ledger.verify()
    assert (bool(before), before.rows, before.unsealed, before.undigested) == (True, 12, 12, 0), before
    (seal,) = ledger.seal()
    assert seal.rows == 12
    after = ledger.verify(known=[seal.seal.upper()])
    assert (bool(after), after.rows, after.unsealed, after.latest) == (True, 12, 0, seal), after
    assert ledger.seal() == []
    assert ledger.seals() == [seal]


@pytest.mark.parametrize("sealed", [True, False], ids=["sealed", "unsealed"])
def test_a_change_of_any_column_of_an_entry_is_found_and_named(owner: Engine, sealed: bool) -> None:
    ledger = ledger_on(owner)
    one_of_everything(ledger)
    if sealed:
        ledger.seal()
    with owner.begin() as connection:  # they point at the number, which changes too
        connection.execute(delete(TABLES.details))
    accounts = {row["account_id"] for row in kept_of(owner, TABLES.entries)}
    for row in kept_of(owner, TABLES.entries)[::3]:
        (elsewhere,) = accounts - {row["account_id"]}
        mine = TABLES.entries.c.id == row["id"]
        for column in TABLES.entries.c:
            if not sealed and column.name in {"seq", "account_id", "ledger"}:
                continue  # of a row under no seal only the digest tells
            other = elsewhere if column.name == "account_id" else another(row[column.name], column)
            with back_again(owner, row, mine):
                changed(owner, TABLES.entries, {column.name: other}, mine)
                found = ledger.verify()
                assert not found, column.name
                bad = found.first_bad_row
                assert bad is not None
                assert (found.bad_rows, bad.source, bad.seq) == (1, "entries", row["seq"]), column.name
                assert bad.id == (None if column.name == "seq" else other if column.name == "id" else row["id"])
                assert bad.seal == (1 if sealed else None)
    assert ledger.verify()


@contextmanager
def back_again(engine: Engine, row: dict[str, Any], mine: Any) -> Iterator[None]:
    """Put a row in order again afterwards; it is known by its id, or by its number where that changed."""
    yield
    same = (TABLES.entries.c.seq == row["seq"]) | (TABLES.entries.c.id == row["id"])
    changed(engine, TABLES.entries, row, same)


def test_a_digest_that_was_taken_away_is_found_under_a_seal(owner: Engine) -> None:
    ledger = ledger_on(owner)
    one_of_everything(ledger)
    first = kept_of(owner, TABLES.entries)[0]
    ledger.seal()
    changed(owner, TABLES.entries, {"row_digest": None}, TABLES.entries.c.seq == first["seq"])
    found = ledger.verify()
    assert (found.bad_rows, found.undigested) == (1, 1)
    assert found.first_bad_row is not None
    assert found.first_bad_row.seq == first["seq"]


def test_a_change_with_a_digest_that_suits_it_is_found_under_a_seal(owner: Engine) -> None:
    ledger = ledger_on(owner)
    one_of_everything(ledger)
    ledger.seal()
    row = kept_of(owner, TABLES.entries)[1] | {"cost_minor": 1}
    suits = digest_of("entries", [row[name] for name in COVERED["entries"]])
    changed(owner, TABLES.entries, {"cost_minor": 1, "row_digest": suits}, TABLES.entries.c.seq == row["seq"])
    found = ledger.verify()
    assert (found.bad_rows, found.bad_seals) == (1, 0)
    assert found.first_bad_row is not None
    assert (found.first_bad_row.seq, found.first_bad_row.seal) == (row["seq"], 1)
    assert "seal 1 covers another row" in str(found.first_bad_row)


@pytest.mark.parametrize("source", ["merges", "audit", "decisions"])
def test_a_change_of_any_column_of_a_merge_a_decision_or_the_audit_trail_is_found(owner: Engine, source: str) -> None:
    ledger = ledger_on(owner)
    one_of_everything(ledger)
    ledger.seal()
    table = getattr(TABLES, source)
    (row,) = kept_of(owner, table)
    with owner.begin() as connection:  # they point at the number, which changes too
        connection.execute(delete(TABLES.rulings))
    accounts = {each["account_id"] for each in kept_of(owner, TABLES.entries)}
    for column in table.c:
        other = another(row[column.name], column)
        if column.name.endswith("_id"):
            other = min(accounts - {row[column.name]})
        changed(owner, table, {column.name: other}, table.c.seq == row["seq"])
        found = ledger.verify()
        assert found.first_bad_row is not None, column.name
        assert (found.bad_rows, found.first_bad_row.source, found.first_bad_row.seq) == (1, source, row["seq"])
        changed(owner, table, row, table.c.recorded_us.is_not(None))
    assert ledger.verify()


@pytest.mark.parametrize("source", ["entries", "merges", "audit", "decisions"])
def test_a_row_that_was_deleted_is_named(owner: Engine, source: str) -> None:
    ledger = ledger_on(owner)
    one_of_everything(ledger)
    ledger.seal()
    table = getattr(TABLES, source)
    last = kept_of(owner, table)[-1]
    with owner.begin() as connection:
        connection.execute(delete(TABLES.details))
        connection.execute(delete(TABLES.rulings))
        connection.execute(delete(table).where(table.c.seq == last["seq"]))
    found = ledger.verify()
    assert found.first_bad_row is not None
    assert (found.bad_rows, found.bad_seals) == (1, 0)
    assert str(found.first_bad_row) == f"{source} {last['seq']}: it is gone, and seal 1 covers it"


def forged_of(engine: Engine) -> dict[str, Any]:
    """A row like the first, under a number far beyond any that was given."""
    rows = kept_of(engine, TABLES.entries)
    return rows[0] | {"id": "forged", "reference": "forged", "seq": rows[-1]["seq"] + 1_000_000}


def test_a_row_that_was_put_among_sealed_ones_is_found(owner: Engine) -> None:
    ledger = ledger_on(owner)
    one_of_everything(ledger)
    (seal,) = ledger.seal()
    row = forged_of(owner)
    forged = row | {"row_digest": digest_of("entries", [row[name] for name in COVERED["entries"]])}
    with owner.begin() as connection:
        connection.execute(insert(TABLES.entries), [forged])
        below = {"source": "entries", "row_seq": row["seq"], "seal_seq": seal.seq, "leaf": b"y" * 32}
        connection.execute(insert(TABLES.sealed), [below])
    found = ledger.verify()
    assert (found.bad_rows, found.bad_seals) == (1, 1)
    assert found.first_bad_row is not None
    assert found.first_bad_row.id == "forged"
    assert str(found.first_bad_seal) == "seal 1: it covered 12 rows, and 13 are said to be under it"


def test_a_row_that_claims_an_earlier_instant_than_a_seal_that_did_not_find_it_is_told(owner: Engine) -> None:
    ledger = ledger_on(owner)
    one_of_everything(ledger)
    ledger.seal()
    row = forged_of(owner)
    row["recorded_us"] -= 3_600_000_001
    forged = row | {"row_digest": digest_of("entries", [row[name] for name in COVERED["entries"]])}
    imported = forged | {"id": "imported", "reference": "imported", "seq": row["seq"] + 1, "backfilled": True}
    imported["row_digest"] = digest_of("entries", [imported[name] for name in COVERED["entries"]])
    with owner.begin() as connection:
        connection.execute(insert(TABLES.entries), [forged, imported])
    found = ledger.verify()
    assert (bool(found), found.belated, found.unsealed) == (True, 1, 2)
    assert found.first_belated is not None
    assert found.first_belated.id == "forged"
    ledger.seal()
    assert ledger.verify().first_belated == replace(found.first_belated, seal=2)


def several_seals(engine: Engine) -> tuple[Ledger, list[Seal]]:
    """A ledger with three seals of three, three and two rows."""
    ledger = ledger_on(engine)
    for number in range(3):
        ledger.record_many(
            Withdrawal(account=f"{each}", kind="late", magnitude=Decimal(each), occurred_at=NOON)
            for each in range(2 if number == 2 else 3)
        )
        ledger.seal()
    return ledger, ledger.seals()


def test_a_change_of_any_column_of_a_seal_is_found_and_named(owner: Engine) -> None:
    ledger, seals = several_seals(owner)
    assert [seal.rows for seal in seals] == [3, 3, 2]
    row = kept_of(owner, TABLES.seals)[1]
    for name in ("number", "rows_covered", "root", "seal", "sealed_us", "is_complete", "ledger"):
        other = another(row[name], TABLES.seals.c[name])
        changed(owner, TABLES.seals, {name: other}, TABLES.seals.c.seq == row["seq"])
        found = ledger.verify(known=[seal.seal for seal in seals])
        assert found.first_bad_seal is not None, name
        assert found.first_bad_seal.number == 2, name
        changed(owner, TABLES.seals, row, TABLES.seals.c.seq == row["seq"])
    assert ledger.verify(known=[seal.seal for seal in seals])


@pytest.mark.parametrize("name", ["source", "row_seq", "seal_seq", "leaf"])
def test_a_change_of_what_a_seal_covers_is_found(owner: Engine, name: str) -> None:
    ledger, seals = several_seals(owner)
    row = kept_of(owner, TABLES.entries)[4]
    other = {"source": "y", "row_seq": 77, "seal_seq": seals[2].seq, "leaf": b"y" * 32}[name]
    changed(owner, TABLES.sealed, {name: other}, TABLES.sealed.c.row_seq == row["seq"])
    found = ledger.verify()
    assert found.first_bad_seal is not None
    assert found.first_bad_seal.number == 2


def gone(connection: Connection, number: int, *, with_its_rows: bool) -> None:
    """Delete a seal, whatever points at it."""
    seals, sealed = TABLES.seals, TABLES.sealed
    (seq,) = connection.execute(select(seals.c.seq).where(seals.c.number == number)).one()
    if with_its_rows:
        connection.execute(delete(sealed).where(sealed.c.seal_seq == seq))
    elif connection.dialect.name != "sqlite":  # its rows point nowhere
        word = "CONSTRAINT" if connection.dialect.name == "postgresql" else "FOREIGN KEY"
        connection.execute(text(f"ALTER TABLE goodwill_sealed DROP {word} goodwill_sealed_seal_fkey"))
    connection.execute(delete(seals).where(seals.c.seq == seq))


@pytest.mark.parametrize("with_its_rows", [True, False])
def test_a_seal_that_was_removed_is_named(owner: Engine, with_its_rows: bool) -> None:
    ledger, _ = several_seals(owner)
    with owner.begin() as connection:
        gone(connection, 2, with_its_rows=with_its_rows)
    found = ledger.verify()
    assert str(found.first_bad_seal) == "seal 2: it is gone; seal 3 comes next"
    assert found.unsealed == 3
    assert found.bad_rows == (0 if with_its_rows else 3)
    if not with_its_rows:
        assert found.first_bad_row is not None
        assert found.first_bad_row.reason == "the seal that covered it is gone"


def test_a_last_seal_that_was_removed_is_found_by_whoever_kept_it(owner: Engine) -> None:
    ledger, seals = several_seals(owner)
    with owner.begin() as connection:
        gone(connection, 3, with_its_rows=True)
    assert ledger.verify()
    found = ledger.verify(known=[seals[-1].seal])
    assert found.bad_seals == 1
    assert str(found.first_bad_seal) == f"{seals[-1].seal} was kept elsewhere, and no seal here is it"


def test_seals_that_were_all_made_anew_are_found_by_whoever_kept_one(owner: Engine) -> None:
    ledger, seals = several_seals(owner)
    changed(owner, TABLES.entries, {"magnitude_e6": 0, "row_digest": None}, TABLES.entries.c.magnitude_e6 > 0)
    with owner.begin() as connection:
        connection.execute(delete(TABLES.sealed))
        connection.execute(delete(TABLES.seals))
    ledger.seal()
    assert ledger.verify()
    assert not ledger.verify(known=[seals[0].seal])


def test_erasing_merging_restricting_and_closing_leave_what_is_sealed_as_it_is(owner: Engine) -> None:
    ledger = ledger_on(owner)
    one_of_everything(ledger)
    kept = [seal.seal for seal in ledger.seal()]
    ledger.erase_account("ada", reason="asked for it")
    ledger.restrict_account("bob")
    ledger.reopen_account("bob")
    ledger.merge("robert", into="bob")
    ledger.unmerge("robert")
    found = ledger.verify(known=kept)
    assert (bool(found), found.unsealed > 0) == (True, True), found
    ledger.seal()
    assert ledger.verify(known=kept).unsealed == 0


def test_a_transaction_that_commits_late_with_a_lower_number_is_under_the_next_seal(on_server: Database) -> None:
    ledger = ledger_on(on_server.engine, on_server.ledger)
    ledger.deposit("somebody", "heroics")
    with on_server.host() as slow, Session(slow) as session:
        late = ledger_on(session, on_server.ledger).deposit("ada", "heroics")
        fast = ledger.deposit("bob", "heroics")
        assert late.seq < fast.seq
        (first,) = ledger.seal()
        session.commit()
    (second,) = ledger.seal()
    assert (first.rows, second.rows) == (2, 1)
    found = ledger.verify()
    assert (bool(found), found.rows, found.unsealed) == (True, 3, 0)


def test_a_large_ledger_is_sealed_in_several_transactions(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = ledger_on(database.engine, database.ledger)
    ledger.record_many(Withdrawal(account="ada", kind="late", occurred_at=NOON) for _ in range(25))
    monkeypatch.setattr(sealing.seal, "__defaults__", (None, 10))
    monkeypatch.setattr(sealing, "PAGE", 7)
    seals = ledger.seal()
    assert [(seal.rows, seal.is_complete) for seal in seals] == [(10, False), (10, False), (5, True)]
    told: list[tuple[int, int]] = []
    assert ledger.verify(progress=lambda done, total: told.append((done, total)))
    assert told == [(7, 25), (10, 25), (17, 25), (20, 25), (25, 25)]


@pytest.mark.parametrize("answered", [0, 1, 2])
def test_of_two_that_seal_at_once_the_second_is_told_so(on_server: Database, answered: int) -> None:
    ledger = ledger_on(on_server.engine, on_server.ledger)
    ledger.deposit("ada", "heroics")
    with on_server.store().work(write=True) as work:
        operation = sealing.seal(NOON)
        request = next(operation)
        for _ in range(answered):
            request = operation.send(work.answer(request))
        (theirs,) = ledger.seal()
        ledger.deposit("bob", "heroics")
        with pytest.raises(RetryTransaction if answered else StopIteration) as ended:  # noqa: PT012 - to its end
            while True:
                request = operation.send(work.answer(request))
    assert theirs.rows == 1
    if answered:
        assert "somebody else is sealing" in str(ended.value)
        assert [seal.rows for seal in ledger.seal()] == [1]
    found = ledger.verify()
    assert (bool(found), found.unsealed, found.seals) == (True, 0, 2)


@pytest.mark.parametrize("named", [2, 3])
def test_a_row_that_is_gone_is_purged_if_a_purge_says_so_and_else_bad(on_sqlite: Database, named: int) -> None:
    kept_in = tables("goodwill_", None)
    unguard(on_sqlite.engine, kept_in)
    ledger = ledger_on(on_sqlite.engine)
    one_of_everything(ledger)
    ledger.seal()
    entries, purged = kept_in.entries, kept_in.purged
    copied = [column.name for column in purged.c if column.name != "audit_seq"]
    by = select(kept_in.audit.c.seq).limit(1).scalar_subquery()
    rows = select(*(entries.c[name] for name in copied), by).where(entries.c.seq == named)
    with on_sqlite.engine.begin() as connection:
        connection.execute(insert(purged).from_select([*copied, "audit_seq"], rows))
        connection.execute(delete(kept_in.details))
        connection.execute(delete(entries).where(entries.c.seq == 2))
    found = ledger.verify()
    assert (bool(found), found.purged, found.bad_rows) == ((True, 1, 0) if named == 2 else (False, 0, 1)), found


def test_further_checks_are_part_of_the_verdict(on_sqlite: Database) -> None:
    ledger = ledger_on(on_sqlite.engine)
    found: Verification = ledger.verify(also=[iter([]), iter(["ada: -3.2, a replay gives -3.1", "bob"])])
    assert (bool(found), found.differences) == (False, 2)
    assert found.first_difference == "ada: -3.2, a replay gives -3.1"
    assert ledger.verify(also=[[]])


def test_what_no_database_but_sqlite_would_take_is_found_too(on_sqlite: Database) -> None:
    unguard(on_sqlite.engine)
    ledger = ledger_on(on_sqlite.engine)
    one_of_everything(ledger)
    ledger.seal()
    for column, value in (
        ("account_id", "'who'"), ("magnitude_e6", "'many'"), ("magnitude_e6", "x'00'"), ("severity", "'3fd3333333333333'"),
        ("request_digest", "'text'"), ("row_digest", "'text'"), ("backfilled", "7"), ("recorded_us", "'then'"),
        ("actor", "x'6167656e742d37'"), ("revision", "1.5"),
    ):  # fmt: skip
        with on_sqlite.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            connection.exec_driver_sql("BEGIN")
            connection.exec_driver_sql("CREATE TABLE before AS SELECT * FROM goodwill_entries")
            connection.exec_driver_sql(f"UPDATE goodwill_entries SET {column} = {value} WHERE seq = 1")
            store = SQLAlchemyStore(connection)
            found = replace_store(ledger, store).verify()
            connection.exec_driver_sql("ROLLBACK")
        assert (found.bad_rows, found.first_bad_row and found.first_bad_row.seq) == (1, 1), column
    for column, value in (
        ("root", "'text'"), ("seal", "CAST(root || root AS BLOB)"), ("sealed_us", str(2**62)), ("sealed_us", "'then'"),
        ("rows_covered", "'many'"), ("number", "'one'"),
    ):  # fmt: skip
        with on_sqlite.engine.connect() as connection:
            connection.exec_driver_sql(f"UPDATE goodwill_seals SET {column} = {value}")
            found = replace_store(ledger, SQLAlchemyStore(connection)).verify()
            connection.rollback()
        assert found.bad_seals > 0, column
        assert found.bad_rows == 0, column


def replace_store(ledger: Ledger, store: SQLAlchemyStore) -> Ledger:
    return Ledger(store, policy=ledger.policy, catalog=ledger.catalog, clock=ledger.clock)
