"""What every store does for a host that wants optimistic control: it says which entry of an account was the last."""

# ruff: noqa: D102 - a test's name is its sentence

from __future__ import annotations

from datetime import timedelta

from goodwill import presets
from goodwill.domain.entry import Amendment, Deposit, Ref
from goodwill.domain.errors import InvalidEntry, ReferenceConflict, SeqConflict
from goodwill.ledger.ledger import Ledger
from goodwill.ledger.ports import LastSeq, Store
from goodwill.testing.asking import Contract, accounts, answer, append, listed, raised
from goodwill.testing.clock import FixedClock
from goodwill.testing.drafts import NOON, deposit, draft, reversal_of
from goodwill.testing.store_merging import join

__all__ = ["Expecting"]


def book(store: Store) -> Ledger:
    """A ledger over the store."""
    return Ledger(store, policy=presets.default(), catalog=presets.service_catalog(), clock=FixedClock(NOON))


class Expecting(Contract):
    """The last entry of an account is known, and what expects another is refused."""

    def test_the_last_entry_of_names_is_the_latest_written_of_any_of_them(self) -> None:
        with self.fresh() as store:
            assert answer(store, LastSeq(["ada"])) == answer(store, LastSeq([])) == 0
            first, of_bob = append(store, draft(deposit()), draft(deposit("bob", occurred_at=NOON - timedelta(days=9))))
            (earlier,) = append(store, draft(deposit(occurred_at=NOON - timedelta(days=1))))
            (reversal,) = append(store, draft(reversal_of(first)))
            assert first.seq < of_bob.seq < earlier.seq < reversal.seq
            assert answer(store, LastSeq(["ada"])) == answer(store, LastSeq(["bob", "ada", "nobody"])) == reversal.seq
            assert {each.id: each.last_seq for each in accounts(store)} == {"ada": reversal.seq, "bob": of_bob.seq}

    def test_what_was_expected_is_recorded_and_what_was_not_is_refused(self) -> None:
        with self.fresh() as store:
            ledger = book(store)
            first = ledger.deposit("ada", "upgrade", expected_seq=0)
            ledger.deposit("bob", "upgrade")
            assert ledger.account("ada").last_seq == first.seq
            second = ledger.withdraw("ada", "late_delivery", 1, expected_seq=first.seq)
            error = raised(SeqConflict, lambda: ledger.deposit("ada", "upgrade", expected_seq=first.seq))
            assert (error.expected, error.found) == (first.seq, second.seq)
            raised(SeqConflict, lambda: ledger.deposit("nobody", "upgrade", expected_seq=first.seq))
            assert len(listed(store)) == 3

    def test_batches_and_corrections_expect_too(self) -> None:
        with self.fresh() as store:
            ledger = book(store)
            facts = [Deposit(account="ada", kind="upgrade", occurred_at=NOON, reference=f"r{n}") for n in range(3)]
            fixed = Amendment(amends=Ref("r1"), changes={"severity": 2.0})
            *_, last = ledger.record_many([*facts, fixed], expected_seq=0)
            assert ledger.account("ada").last_seq == getattr(last, "seq", None)
            raised(SeqConflict, lambda: ledger.reverse(Ref("r0"), expected_seq=1))
            raised(SeqConflict, lambda: ledger.amend(Ref("r0"), severity=2.0, expected_seq=1))
            taken = ledger.reverse(Ref("r0"), expected_seq=ledger.account("ada").last_seq)
            assert ledger.account("ada").last_seq == taken.seq

    def test_what_was_recorded_before_is_replayed_whatever_was_written_since(self) -> None:
        with self.fresh() as store:
            ledger = book(store)
            first = ledger.deposit("ada", "upgrade", occurred_at=NOON, reference="r", expected_seq=0)
            ledger.deposit("ada", "upgrade")
            again = ledger.deposit("ada", "upgrade", occurred_at=NOON, reference="r", expected_seq=0)
            assert (again.id, again.replayed) == (first.id, True)
            raised(ReferenceConflict, lambda: ledger.withdraw("ada", "dispute", reference="r", expected_seq=0))
            fresh = Deposit(account="ada", kind="upgrade", occurred_at=NOON)
            raised(SeqConflict, lambda: ledger.record_many([first, fresh], expected_seq=0))
            assert len(listed(store)) == 2

    def test_all_names_of_a_merged_customer_are_one_account(self) -> None:
        with self.fresh() as store:
            ledger = book(store)
            ledger.deposit("A", "upgrade")
            last = ledger.deposit("B", "upgrade")
            join(store, "A", "B")
            assert ledger.account("A").last_seq == last.seq
            raised(SeqConflict, lambda: ledger.deposit("A", "upgrade", expected_seq=last.seq - 1))
            both = [Deposit(account=name, kind="upgrade", occurred_at=NOON) for name in "AB"]
            ledger.record_many(both, expected_seq=last.seq)
            assert len(listed(store)) == 4

    def test_one_call_expects_of_one_account(self) -> None:
        with self.fresh() as store:
            ledger = book(store)
            both = [Deposit(account=name, kind="upgrade", occurred_at=NOON) for name in "AB"]
            raised(InvalidEntry, lambda: ledger.record_many(both, expected_seq=0))
            kept = ledger.deposit("A", "upgrade")
            raised(InvalidEntry, lambda: ledger.amend(kept, account="B", expected_seq=kept.seq))
            assert listed(store) == [kept]
