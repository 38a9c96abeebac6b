"""What every store does with merges of names."""

# ruff: noqa: D102 - a test's name is its sentence

from __future__ import annotations

from datetime import timedelta

from goodwill.domain.instant import to_us
from goodwill.domain.merge import Merge
from goodwill.ledger.ports import Accounts, AppendMerge, Lock, Merges, Store
from goodwill.testing.asking import Contract, accounts, answer, append, raised
from goodwill.testing.drafts import NOON, deposit, draft

__all__ = ["Merging"]


def join(store: Store, account: str, into: str, **given: object) -> Merge:
    """Write a merge as the ledger does: while its names are held."""
    with store.work(write=True) as work:
        work.answer(Lock(sorted({account, into}), to_us(NOON)))
        link = Merge(**{"account": account, "into": into, "recorded_at": NOON, **given})  # type: ignore[arg-type]
        kept = work.answer(AppendMerge(link))
    assert isinstance(kept, Merge)
    return kept


class Merging(Contract):
    """Merges are kept as they are, and found along every link that hangs together."""

    def test_a_merge_is_kept_in_every_field_and_numbered_in_order(self) -> None:
        with self.fresh() as store:
            first = join(store, "A", "B", recorded_at=NOON - timedelta(microseconds=1), actor="eve", backfilled=True)
            second = join(store, "B", "B")
            found = answer(store, Merges(["A"]))
            assert found == [first, second]
            assert [(each.backfilled, each.seq) for each in found] == [(True, first.seq), (False, second.seq)]
            assert 0 < first.seq < second.seq

    def test_merges_are_found_from_every_name_that_hangs_together_and_no_other(self) -> None:
        with self.fresh() as store:
            chain = [join(store, *pair) for pair in (("A", "B"), ("C", "B"), ("B", "D"))]
            apart = join(store, "a", "a ")
            for name in "ABCD":
                assert answer(store, Merges([name])) == chain
                assert answer(store, Merges([name], latest=True)) == chain
            assert answer(store, Merges(["a "])) == [apart]
            assert answer(store, Merges(["D", "a", "nobody"])) == [*chain, apart]
            assert answer(store, Merges(["nobody"])) == answer(store, Merges([])) == []
            assert answer(store, Merges()) == [*chain, apart]

    def test_a_ledger_sees_no_merges_of_another(self) -> None:
        with self.open() as ledgers:
            ours, theirs = ledgers("ours"), ledgers("theirs")
            join(ours, "A", "B")
            assert answer(theirs, Merges()) == answer(theirs, Merges(["A", "B"])) == []

    def test_names_that_are_merged_without_entries_are_no_accounts_yet(self) -> None:
        with self.fresh() as store:
            join(store, "A", "B")
            assert accounts(store) == []
            assert answer(store, Accounts(["A", "B"])) == []
            append(store, draft(deposit("A")))
            assert [each.id for each in accounts(store)] == ["A"]

    def test_a_work_opened_for_reading_writes_no_merge(self) -> None:
        with self.fresh() as store, store.work(write=False) as work:
            link = Merge(account="A", into="B", recorded_at=NOON)
            for request in (Lock(["A"], to_us(NOON)), AppendMerge(link)):
                raised(RuntimeError, work.answer, request)
