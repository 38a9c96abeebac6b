"""What every store does with seals: rows are shown as they are, each under one seal or none."""

# ruff: noqa: D102 - a test's name is its sentence

from __future__ import annotations

from typing import Any

from goodwill.domain.audit import Operation
from goodwill.domain.errors import RetryTransaction
from goodwill.domain.instant import to_us
from goodwill.domain.merge import Merge
from goodwill.domain.seal import Seal
from goodwill.ledger.ports import AppendMerge, Lock, Mark, Store
from goodwill.ledger.seal_requests import AppendSeal, KeptRow, Seals, UnderSeal, Unsealed
from goodwill.testing.asking import Contract, answer, append, raised
from goodwill.testing.drafts import NOON, deposit, draft

__all__ = ["Sealing"]


def kept(store: Store, request: Unsealed | UnderSeal) -> list[KeptRow]:
    """All rows that a request lists, two at a time."""
    found: list[KeptRow] = []
    while page := answer(store, request._replace(after=found[-1].place if found else None, limit=2)):
        found += page
    return found


def seal(store: Store, rows: list[KeptRow], previous: Seal | None = None, **given: Any) -> Seal:
    """Write a seal over rows."""
    values = {"root": bytes(32), "rows": len(rows), "sealed_at": NOON, "is_complete": True, **given}
    written = answer(store, AppendSeal(Seal.upon(previous, **values), rows))
    assert isinstance(written, Seal)
    return written


def a_row_of_each(store: Store) -> None:
    """Two entries, a merge and a record of the audit trail."""
    append(store, draft(deposit()), draft(deposit("Ada", backfilled=True)))
    with store.work(write=True) as work:
        work.answer(Lock(["A", "ada"], to_us(NOON)))
        work.answer(AppendMerge(Merge(account="A", into="ada", recorded_at=NOON)))
        work.answer(Mark(["ada"], Operation.CLOSE, to_us(NOON)))


class Sealing(Contract):
    """Each row is under one seal or none."""

    def test_rows_of_every_source_are_unsealed_until_a_seal_covers_them(self) -> None:
        with self.fresh() as store:
            a_row_of_each(store)
            rows = kept(store, Unsealed())
            assert [row.place.source for row in rows] == ["audit", "entries", "entries", "merges"]
            assert kept(store, Unsealed(strays=True)) == rows == sorted(rows, key=lambda row: row.place)
            first = seal(store, rows[:3])
            assert kept(store, Unsealed()) == kept(store, Unsealed(strays=True)) == rows[3:]
            second = seal(store, rows[3:], first)
            assert kept(store, Unsealed()) == kept(store, Unsealed(strays=True)) == []
            for each, covered in ((first, rows[:3]), (second, rows[3:])):
                assert kept(store, UnderSeal(each.seq)) == [row._replace(sealed_as=row.leaf) for row in covered]

    def test_a_row_says_what_it_is_known_by(self) -> None:
        with self.fresh() as store:
            a_row_of_each(store)
            audit, entry, imported, merge = kept(store, Unsealed())
            assert [row.id is None for row in (audit, entry, imported, merge)] == [True, False, False, True]
            assert [row.backfilled for row in (audit, entry, imported, merge)] == [False, False, True, False]
            assert {row.recorded_us for row in (audit, entry, imported, merge)} == {to_us(NOON)}
            assert entry.kept == entry.digest
            assert audit.kept is merge.kept is None
            assert not any(row.purged for row in (audit, entry, imported, merge))

    def test_equal_entries_are_different_rows(self) -> None:
        with self.fresh() as store:
            append(store, draft(deposit()), draft(deposit()))
            assert len({row.leaf for row in kept(store, Unsealed())}) == 2

    def test_a_row_is_the_same_after_its_customer_was_erased(self) -> None:
        with self.fresh() as store:
            a_row_of_each(store)
            append(store, draft(deposit("note", note="personal", attributes={"who": "Ada"})))
            before = {row.place: row for row in kept(store, Unsealed())}
            with store.work(write=True) as work:
                work.answer(Lock(["ada", "note"], to_us(NOON)))
                work.answer(Mark(["ada", "note"], Operation.ERASE, to_us(NOON)))
            after = {row.place: row for row in kept(store, Unsealed())}
            assert {place: row for place, row in after.items() if place in before} == before
            assert len(after) == len(before) + 2

    def test_a_seal_is_kept_in_every_field_and_numbered_in_order(self) -> None:
        with self.fresh() as store:
            assert answer(store, Seals()) == answer(store, Seals(latest=True)) == []
            append(store, draft(deposit()), draft(deposit()))
            one, two = kept(store, Unsealed())
            first = seal(store, [one], root=b"r" * 32, is_complete=False)
            second = seal(store, [two], first)
            assert answer(store, Seals()) == [first, second]
            assert answer(store, Seals(latest=True)) == [second]
            assert [each.seq for each in answer(store, Seals())] == [first.seq, second.seq]
            assert (first.number, first.root, first.rows, first.sealed_at) == (1, b"r".hex() * 32, 1, NOON)
            assert (first.is_complete, second.is_complete) == (False, True)
            assert second.stands_on(first)

    def test_a_second_seal_of_one_number_is_not_written(self) -> None:
        with self.fresh() as store:
            append(store, draft(deposit()), draft(deposit()))
            one, two = kept(store, Unsealed())
            first = seal(store, [one])
            for root in (bytes(32), b"r" * 32):
                raised(RetryTransaction, lambda root=root: seal(store, [two], root=root))
            assert answer(store, Seals()) == [first]
            assert kept(store, Unsealed()) == [two]

    def test_a_ledger_sees_no_seals_and_rows_of_another(self) -> None:
        with self.open() as ledgers:
            ours, theirs = ledgers("ours"), ledgers("theirs")
            append(ours, draft(deposit()))
            assert kept(theirs, Unsealed()) == kept(theirs, Unsealed(strays=True)) == []
            first = seal(ours, kept(ours, Unsealed()))
            assert answer(theirs, Seals()) == kept(theirs, UnderSeal(first.seq)) == []
            append(theirs, draft(deposit()))
            assert seal(theirs, kept(theirs, Unsealed())).number == 1

    def test_a_work_opened_for_reading_writes_no_seal(self) -> None:
        with self.fresh() as store, store.work(write=False) as work:
            made = Seal.upon(None, root=bytes(32), rows=0, sealed_at=NOON, is_complete=True)
            raised(RuntimeError, work.answer, AppendSeal(made, []))
