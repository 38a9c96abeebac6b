"""What every store does when it purges: what is to go is gone, and is known again."""

# ruff: noqa: D102 - a test's name is its sentence

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from goodwill import presets
from goodwill.domain.audit import AuditRecord, Operation
from goodwill.domain.entry import PURGE, Entry, Opening, Ref
from goodwill.domain.errors import Purged, ReferenceConflict, UnknownEntry
from goodwill.domain.instant import to_us
from goodwill.ledger.ledger import Ledger
from goodwill.ledger.ports import Facts, Find, Lock, Purge, Store, Trail
from goodwill.testing.asking import Contract, accounts, answer, append, listed, raised
from goodwill.testing.clock import FixedClock
from goodwill.testing.drafts import NOON, deposit, draft, made, reversal_of

__all__ = ["Purging"]

DAY = timedelta(days=1)


def put(store: Store, gone: Sequence[Entry], account: str = "ada", before: datetime = NOON + DAY) -> AuditRecord:
    """Purge entries as the ledger does, while their name is held."""
    points = {"kind": PURGE, "occurred_at": before - timedelta(microseconds=1), "read_under": "ab" * 32}
    drafts = [draft(made(Opening, account, {**points, "positive": float(n)})) for n in (1, 2)]
    with store.work(write=True) as work:
        work.answer(Lock([account], to_us(NOON)))
        seqs = [entry.seq for entry in gone]
        request = Purge(account, seqs, drafts, to_us(before), to_us(NOON + DAY), "eve", "long ago")
        record = work.answer(request)
    assert isinstance(record, AuditRecord)
    return record


class Purging(Contract):
    """Openings stand in the place of entries, and no reference comes back."""

    def test_entries_give_way_to_openings_with_a_record_of_it(self) -> None:
        with self.fresh() as store:
            old, taken, kept, other = append(
                store, *(draft(deposit(who, note="n", attributes={"a": 1})) for who in ("ada", "ada", "ada", "bob"))
            )
            (reversal,) = append(store, draft(reversal_of(taken)))
            record = put(store, [old, taken, reversal])
            assert record == AuditRecord(
                account="ada", operation=Operation.PURGE, recorded_at=NOON + DAY, actor="eve", reason="long ago",
                before=NOON + DAY,
            )  # fmt: skip
            assert answer(store, Trail(["ada"])) == [record]
            found = listed(store)
            assert found[:2] == [kept, other]
            assert [(each.type, each.kind, getattr(each, "positive", 0)) for each in found[2:]] == [
                ("opening", PURGE, 1.0), ("opening", PURGE, 2.0),
            ]  # fmt: skip
            assert all(each.seq > reversal.seq for each in found[2:])
            assert answer(store, Find([old.id, taken.id, reversal.id])) == []
            assert [(each.id, each.entries) for each in accounts(store)] == [("ada", 3), ("bob", 1)]

    def test_the_openings_of_a_purge_are_among_the_facts_of_every_reading(self) -> None:
        with self.fresh() as store:
            (old,) = append(store, draft(deposit()))
            put(store, [old])
            early = answer(store, Facts(["ada"], to_us(NOON - DAY), to_us(NOON - DAY)))
            assert [fact.kind for fact in early["ada"]] == [PURGE, PURGE]

    def test_a_purged_reference_is_not_recorded_anew(self) -> None:
        with self.fresh() as store:
            old, amended = append(store, draft(deposit(reference="r"), "x"), draft(deposit(reference="s"), "y"))
            (reversal,) = append(store, draft(reversal_of(old, reference="back"), "z"))
            put(store, [old, reversal])
            for alone in (True, False):
                others = [] if alone else [draft(deposit("bob"))]
                for reference, request in (("r", "x"), ("back", "z")):
                    raised(Purged, append, store, draft(deposit(reference=reference), request), *others)
                raised(ReferenceConflict, append, store, draft(deposit(reference="r"), "other"), *others)
                raised(Purged, append, store, draft(deposit("newcomer", reference="r"), "x"), *others)
            assert append(store, draft(deposit(reference="r", revision=2), "x"))[0].replayed is False
            assert append(store, draft(deposit(reference="s"), "y"))[0].id == amended.id

    def test_seals_know_what_was_purged(self) -> None:
        with self.fresh() as store:
            clock = FixedClock(NOON)
            ledger = Ledger(store, policy=presets.default(), catalog=presets.service_catalog(), clock=clock)
            for days in range(500, 505):
                ledger.deposit("ada", "upgrade", occurred_at=NOON - days * DAY)
            clock.advance(days=2)
            ledger.seal()
            assert ledger.purge(before=NOON - 400 * DAY)[0].entries == 3
            found = ledger.verify()
            assert (found.purged, found.bad_rows, found.bad_seals, found.unsealed) == (3, 0, 0, 2)

    def test_another_ledger_purges_nothing_of_this_one(self) -> None:
        with self.open() as ledgers:
            ours, theirs = ledgers("ours"), ledgers("theirs")
            (mine,) = append(ours, draft(deposit(reference="r"), "x"))
            (other,) = append(theirs, draft(deposit(reference="r"), "x"))
            put(theirs, [other])
            assert listed(ours) == [mine]
            assert append(ours, draft(deposit(reference="r"), "x"))[0].replayed
            assert answer(ours, Trail()) == []

    def test_a_closed_an_erased_and_a_merged_account_are_purged_too(self) -> None:
        with self.fresh() as store:
            clock = FixedClock(NOON)
            ledger = Ledger(store, policy=presets.default(), catalog=presets.service_catalog(), clock=clock)
            for name in ("closed", "erased", "merged", "into"):
                for days in range(500, 504):
                    reference = f"{name} {days}"
                    ledger.deposit(name, "upgrade", occurred_at=NOON - days * DAY, reference=reference, note="n")
            ledger.close_account("closed")
            ledger.erase_account("erased")
            ledger.merge("merged", into="into")
            before = [(each.account, each.points) for each in ledger.balances()]
            done = ledger.purge(before=NOON - 400 * DAY)
            assert [each.entries for each in done] == [2, 2, 4]
            assert [len(each.openings) for each in done] == [1, 1, 2]
            after = ledger.balances()
            assert all(
                (each.account, round(each.points, 9)) == (name, round(points, 9))
                for each, (name, points) in zip(after, before, strict=True)
            )
            assert ledger.purge(before=NOON - 400 * DAY, account="into")[0].entries == 0
            raised(Purged, lambda: ledger.balance("merged", as_of=NOON - 401 * DAY))
            raised(UnknownEntry, lambda: ledger.reverse(Ref("closed 501")))
